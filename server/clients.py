"""Where a request really comes from."""

from starlette.requests import Request

from server import context


def address(request: Request) -> str:
    """The caller's address; what a proxy says is believed only from the proxies in the settings."""
    client = request.client.host if request.client else ""
    trusted = context.of(request).settings.trusted_proxies
    if client not in trusted:
        return client
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if hop not in trusted), client)


def is_loopback(request: Request) -> bool:
    """Whether somebody on this machine asks, without a proxy between."""
    client = request.client.host if request.client else ""
    return client in {"127.0.0.1", "::1"} and "x-forwarded-for" not in request.headers
