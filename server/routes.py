"""Every address of the site on one screen."""

from starlette.routing import BaseRoute, Route

from server.forms import Endpoint, guarded
from server.pages import home, works


def get(path: str, endpoint: Endpoint) -> Route:
    """A page that is read."""
    return Route(path, endpoint, methods=["GET"])


def post(path: str, endpoint: Endpoint) -> Route:
    """A form that is sent: it must carry this browser's token."""
    return Route(path, guarded(endpoint), methods=["POST"])


ROUTES: list[BaseRoute] = [
    get("/", home.show),
    get("/language/{code}", home.language),
    get("/catalog/works/{id:int}", works.show),
]
