"""Numbers for whoever runs the machine; docs/metrics.md explains them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from federation import backlog, counters
from federation.backlog import Backlog

REGISTRY = CollectorRegistry()
REQUESTS = Counter("bookmobile_requests", "Requests answered", ["method", "status"], registry=REGISTRY)
SECONDS = Histogram("bookmobile_request_seconds", "Time to answer", registry=REGISTRY, buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0))
CACHE = Counter("bookmobile_page_cache", "Anonymous pages asked for", ["outcome"], registry=REGISTRY)
OWED = Gauge("bookmobile_owed", "Rows that wait to be worked off", ["queue"], registry=REGISTRY)
OLDEST = Gauge("bookmobile_owed_oldest_seconds", "How long the oldest of them has waited", ["queue"], registry=REGISTRY)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})
EVERY = (REGISTRY, counters.REGISTRY)


def observe(method: str, status: int, seconds: float) -> None:
    """Count one answer."""
    REQUESTS.labels(method if method in METHODS else "other", f"{status // 100}xx").inc()
    SECONDS.observe(seconds)


def weigh(found: dict[str, Backlog]) -> None:
    """Note how much waits, and for how long; asked of the database when somebody wants the numbers."""
    for queue in backlog.QUEUES:
        OWED.labels(queue).set(found[queue].count)
        OLDEST.labels(queue).set(found[queue].oldest_seconds)


def exposition() -> bytes:
    """All of it, as Prometheus reads it."""
    return b"".join(generate_latest(registry) for registry in EVERY)
