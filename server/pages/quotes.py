"""Who quotes a post elsewhere, and taking the consent to it back."""

from collections.abc import Sequence

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.errors import NotFound, Unwelcome
from community.people.accounts import Role
from community.posts import quotes
from community.posts.quotes import Quote
from community.said import Said
from federation import consent
from server import context, render, sessions
from server.pages import posts
from server.showing import Show


async def show(request: Request) -> Response:
    """GET /posts/{token}/quotes"""
    here = context.of(request)
    token = request.path_params["token"]
    reader = sessions.reader(request)

    def ask(session: Session) -> tuple[Said | None, Sequence[Quote]]:
        return timelines.one(session, token), quotes.of_post(session, token)

    found, known = await here.library.database.read(ask)
    posts.check(found, reader)
    assert found is not None
    look = Show(here.settings, reader)
    return render.page(
        request,
        "post/quotes",
        post=look.post(found),
        quotes=tuple((one.id, one.uri, look.actor(one.quoter), look.when(one.created_at)) for one in known),
        may_withdraw=_may_withdraw(request, found),
    )


async def withdraw(request: Request) -> Response:
    """POST /posts/{token}/quotes/{id}/withdraw: by its author, or a librarian for what the library said."""
    here = context.of(request)
    token = request.path_params["token"]
    sessions.member(request)
    found = await here.library.database.read(lambda session: timelines.one(session, token))
    posts.check(found, sessions.reader(request))
    if found is None or not _may_withdraw(request, found):
        raise Unwelcome("Only whoever wrote these words can take their consent back.")
    async with here.library.database.transaction() as session:
        row = await session.get(Quote, request.path_params["id"])
        quote = await quotes.by_token(session, row.token) if row is not None else None
        if quote is None or quote.post.token != token:
            raise NotFound("There is no such quotation.")
        await consent.withdraw(session, here.library, quote)
    here.hub.delivery_bell.ring()
    return render.redirect(request, f"/posts/{token}/quotes", "removed")


def _may_withdraw(request: Request, found: Said) -> bool:
    member = sessions.signed(request)
    if member is None:
        return False
    is_library = found.author.uri == context.of(request).uris.library
    return found.author.id == member.actor_id or (is_library and member.has(Role.librarian))
