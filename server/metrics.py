"""Numbers for whoever runs the machine; docs/metrics.md explains them."""

import os
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from federation import backlog, counters
from federation.backlog import Backlog

REGISTRY = CollectorRegistry()
REQUESTS = Counter("bookmobile_requests", "Requests answered", ["method", "status"], registry=REGISTRY)
SECONDS = Histogram("bookmobile_request_seconds", "Time to answer", registry=REGISTRY, buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0))
CACHE = Counter("bookmobile_page_cache", "Anonymous pages asked for", ["outcome"], registry=REGISTRY)
# Asked of the database by whichever process is asked: the newest answer is the right one.
NEWEST: Literal["mostrecent"] = "mostrecent"
OWED = Gauge("bookmobile_owed", "Rows that wait to be worked off", ["queue"], registry=REGISTRY, multiprocess_mode=NEWEST)
OLDEST = Gauge(
    "bookmobile_owed_oldest_seconds", "How long the oldest of them has waited", ["queue"], registry=REGISTRY, multiprocess_mode=NEWEST
)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client looks for this when it is first imported
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
    """All of it, as Prometheus reads it; of all processes that count in one folder, when the environment names one."""
    if SHARED in os.environ:
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
    return b"".join(generate_latest(registry) for registry in EVERY)
