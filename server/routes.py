"""Every address of the site on one screen."""

from starlette.routing import BaseRoute, Route

from server.forms import Endpoint, guarded
from server.pages import (
    about,
    accounts,
    actors,
    announcements,
    authors,
    browse,
    comments,
    covers,
    desk,
    editions,
    events,
    feeds,
    follow,
    home,
    machines,
    me,
    moves,
    posts,
    quotes,
    reports,
    reviews,
    search,
    subjects,
    works,
)
from server.pages.moderation import cases, deliveries, logs, people, servers, words


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
    get("/search", search.show),
    get("/search/suggest", search.suggest),
    get("/browse/{kind}", browse.show),
    get("/catalog/works/{id:int}", works.show),
    get("/catalog/editions/{id:int}", editions.show),
    get("/catalog/authors/{id:int}", authors.show),
    get("/catalog/subjects/{id:int}", subjects.show),
    get("/covers/{id:int}.svg", covers.svg),
    get("/covers/{id:int}.png", covers.png),
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
    get("/posts/{token}/quotes", quotes.show),
    post("/posts/{token}/quotes/{id:int}/withdraw", quotes.withdraw),
    get("/posts/{token}/reply", comments.write_answer),
    post("/posts/{token}/reply", comments.answer),
    # what the library says
    get("/announcements", announcements.index),
    get("/announcements/new", announcements.write),
    post("/announcements/new", announcements.create),
    get("/announcements/{token}", announcements.show),
    get("/announcements/{token}/edit", announcements.change),
    post("/announcements/{token}/edit", announcements.edit),
    get("/events", events.index),
    get("/events.ics", events.calendar),
    get("/events/new", events.write),
    post("/events/new", events.create),
    get("/events/{token}.ics", events.one_calendar),
    get("/events/{token}", events.show),
    get("/events/{token}/comment", events.comment),
    get("/events/{token}/edit", events.change),
    post("/events/{token}/edit", events.edit),
    # people
    get("/@{handle}", actors.show),
    get("/me", me.show),
    get("/me/settings", me.settings),
    post("/me/settings", me.save),
    post("/me/settings/password", me.set_password),
    get("/me/move", moves.show),
    post("/me/move", moves.leave),
    post("/me/move/alias", moves.add),
    post("/me/move/alias/delete", moves.take_off),
    post("/me/move/undo", moves.come_back),
    post("/me/export", me.export),
    post("/me/delete", me.delete),
    get("/sign-in", accounts.sign_in),
    post("/sign-in", accounts.enter),
    post("/sign-in/link", accounts.send_link),
    post("/sign-in/demo", accounts.become),
    get("/sign-in/{secret}", accounts.follow_link),
    post("/sign-in/{secret}", accounts.use_link),
    get("/sign-up", accounts.sign_up),
    post("/sign-up", accounts.register),
    post("/sign-out", accounts.sign_out),
    # following us from anywhere, and others from here
    get("/follow", follow.anywhere),
    post("/follow", follow.follow),
    post("/unfollow", follow.unfollow),
    get("/authorize_interaction", follow.interact),
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
    # administrators
    get("/moderation/deliveries", deliveries.show),
    get("/moderation/deliveries/{host}", deliveries.one),
    post("/moderation/deliveries/{host}/try-again", deliveries.try_again),
    post("/moderation/deliveries/{host}/give-up", deliveries.give_up),
    post("/moderation/deliveries/{host}/owe-again", deliveries.owe_again),
    # librarians
    get("/desk", desk.show),
    get("/desk/import", desk.choose),
    post("/desk/import", desk.start),
    get("/desk/imports", desk.imports),
    get("/desk/imports/{id:int}", desk.one),
    get("/desk/imports/{id:int}/refused", desk.refused),
    # who we are
    get("/about", about.show),
    get("/about/privacy", about.privacy),
    get("/about/accessibility", about.accessibility),
    get("/about/federation", about.federation),
    get("/policy", about.policy),
    # programs
    get("/feeds", feeds.index),
    get("/feeds/new", feeds.new),
    get("/feeds/reviews", feeds.reviews),
    get("/feeds/news", feeds.news),
    get("/feeds/works/{id:int}", feeds.work),
    get("/feeds/subjects/{id:int}", feeds.subject),
    get("/opensearch.xml", machines.opensearch),
    get("/sitemap.xml", machines.sitemap),
    get("/robots.txt", machines.robots),
    get("/.well-known/change-password", machines.change_password),
    get("/static/library.css", machines.library_css),
    get("/static/{path:path}", machines.static),
    get("/healthz", machines.alive),
    get("/readyz", machines.ready),
    get("/metrics", machines.numbers),
]
