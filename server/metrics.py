"""Numbers for whoever runs the machine."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

REGISTRY = CollectorRegistry()
REQUESTS = Counter("bookmobile_requests", "Requests answered", ["method", "status"], registry=REGISTRY)
SECONDS = Histogram("bookmobile_request_seconds", "Time to answer", registry=REGISTRY, buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0))
CACHE = Counter("bookmobile_page_cache", "Anonymous pages asked for", ["outcome"], registry=REGISTRY)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})


def observe(method: str, status: int, seconds: float) -> None:
    """Count one answer."""
    REQUESTS.labels(method if method in METHODS else "other", f"{status // 100}xx").inc()
    SECONDS.observe(seconds)


def exposition() -> bytes:
    """All of it, as Prometheus reads it."""
    return generate_latest(REGISTRY)
