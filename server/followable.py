"""How pages offer to follow what they show."""

from starlette.requests import Request

from community.posts.topics import About
from server import context, render, showing
from themes.filters import N_
from themes.views.follow import Followable

PROMISES: dict[About, str] = {
    About.work: N_("New reviews of this title come to you, ten a day at most."),
    About.author: N_("New titles come to you, in one post a day at most."),
    About.subject: N_("New titles come to you, in one post a day at most."),
    About.series: N_("New titles come to you, in one post a day at most."),
    About.search: N_("New titles that this search finds come to you, in one post a day at most."),
}


def thing(request: Request, kind: About, number: int, feed: str, followed: bool) -> Followable:
    """A title, author, subject or series as something to follow."""
    here = context.of(request)
    name = f"{kind}-{number}"
    uri = here.uris.actor(name)
    return Followable(
        uri=uri,
        handle=f"{name}@{here.settings.domain}",
        anywhere=showing.address("/follow", {}, about=uri),
        feed=feed,
        promise=render.say(request, PROMISES[kind]),
        followed=followed,
    )


def search(request: Request, query: str, name: str | None, followed: bool) -> Followable:
    """A search in its normal form as something to follow; it gets its address when somebody wants to."""
    here = context.of(request)
    return Followable(
        uri=here.uris.actor(name) if name is not None else "",
        handle=f"{name}@{here.settings.domain}" if name is not None else "",
        anywhere=f"/follow/search?{query}",
        feed=f"/feeds/search?{query}",
        promise=render.say(request, PROMISES[About.search]),
        followed=followed,
        query=query,
    )
