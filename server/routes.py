"""Every address of the site on one screen."""

from starlette.routing import BaseRoute, Route

from server.forms import Endpoint, guarded
from server.pages import accounts, authors, comments, editions, home, posts, reports, reviews, works
from server.pages.moderation import cases, logs, people, servers, words


def get(path: str, endpoint: Endpoint) -> Route:
    """A page that is read."""
    return Route(path, endpoint, methods=["GET"])


def post(path: str, endpoint: Endpoint) -> Route:
    """A form that is sent: it must carry this browser's token."""
    return Route(path, guarded(endpoint), methods=["POST"])


ROUTES: list[BaseRoute] = [
    get("/", home.show),
    get("/language/{code}", home.language),
    # the catalogue
    get("/catalog/works/{id:int}", works.show),
    get("/catalog/editions/{id:int}", editions.show),
    get("/catalog/authors/{id:int}", authors.show),
    # what members say
    get("/catalog/works/{id:int}/review", reviews.write),
    post("/catalog/works/{id:int}/review", reviews.create),
    get("/catalog/works/{id:int}/comment", comments.write),
    post("/catalog/works/{id:int}/comment", comments.create),
    get("/posts/{token}", posts.show),
    get("/posts/{token}/edit", posts.write),
    post("/posts/{token}/edit", posts.edit),
    get("/posts/{token}/delete", posts.ask_delete),
    post("/posts/{token}/delete", posts.delete),
    get("/posts/{token}/reply", comments.write_answer),
    post("/posts/{token}/reply", comments.answer),
    # accounts
    get("/sign-in", accounts.sign_in),
    post("/sign-in", accounts.enter),
    post("/sign-in/link", accounts.send_link),
    get("/sign-in/{secret}", accounts.follow_link),
    post("/sign-in/{secret}", accounts.use_link),
    get("/sign-up", accounts.sign_up),
    post("/sign-up", accounts.register),
    post("/sign-out", accounts.sign_out),
    # telling us that something is wrong
    get("/report", reports.write),
    post("/report", reports.create),
    get("/report/track", reports.track),
    # moderators
    get("/moderation", cases.show_queue),
    get("/moderation/cases/{id:int}", cases.show),
    post("/moderation/cases/{id:int}/take", cases.take),
    post("/moderation/cases/{id:int}/decide", cases.decide),
    post("/moderation/cases/{id:int}/undo", cases.undo),
    get("/moderation/log", logs.show),
    get("/moderation/servers", servers.show),
    post("/moderation/servers", servers.change),
    get("/moderation/words", words.show),
    post("/moderation/words", words.add),
    post("/moderation/words/{id:int}/delete", words.take_off),
    get("/moderation/people", people.show),
    post("/moderation/people/role", people.change_role),
]
