"""Reviews and ratings: words and stars that a member gives a title, one voice each."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from community.catalog import works as catalogue
from community.catalog.facts import WorkCard
from community.catalog.tables import Work
from community.errors import NotFound
from community.people.actors import Actor
from community.posts.kinds import KINDS
from community.posts.post import Post
from moderation.verdicts import Answer
from server import context, forms, render, sessions, showing
from server.actions import publishing
from server.forms import Form, optional
from server.pages import works, writing
from themes.filters import N_


async def write(request: Request) -> Response:
    """GET /catalog/works/{id}/review: empty, or with what one said before."""
    here = context.of(request)
    member = sessions.member(request)
    work_id = works.number(request)
    async with here.library.database.snapshot() as session:
        known = await publishing.opinion(session, await session.get_one(Actor, member.actor_id), work_id)
    return await form_page(request, work_id, filled(request, known), is_edit=known is not None)


async def create(request: Request) -> Response:
    """POST /catalog/works/{id}/review: said for the first time or changed, there is one review for each reader and title."""
    here = context.of(request)
    writing.pace(request)
    work_id = works.number(request)
    form = await read(request)
    if form.errors:
        return await form_page(request, work_id, form, status=422)
    async with here.library.database.transaction() as session:
        author = await sessions.writer(session, request)
        work = await session.get(Work, work_id)
        if work is None or work.removed_at is not None:
            raise NotFound("There is no such title here.")
        known = await publishing.opinion(session, author, work_id)
        answer = await save(session, request, author, known, work_id, form)
    if answer is Answer.refuse:
        form.refuse("", writing.REFUSED)
        return await form_page(request, work_id, form, status=422)
    return writing.onward(request, answer, f"/catalog/works/{work_id}#readers")


async def save(session: AsyncSession, request: Request, author: Actor, known: Post | None, work_id: int, form: Form) -> Answer:
    """Keep what the form says, in a new post or in the one that there is."""
    library = context.of(request).library
    values: dict[str, Any] = writing.words(form) | {"half_stars": form.given["rating"], "title": form.given["title"]}
    kind = "review" if values["source"] else "rating"
    if kind == "rating":
        values["title"] = values["warning"] = None
    if known is None:
        return await publishing.publish(session, library, author, KINDS[kind](about_id=work_id, **values))
    before = known.kind, known.half_stars
    if kind == "rating":
        known.half_stars = values["half_stars"]  # a rating without stars would not be one, not even for a moment
    known = await publishing.turn_into(session, known, kind)
    answer = await publishing.edit(session, library, author, known, values)
    if answer is Answer.refuse:
        known = await publishing.turn_into(session, known, before[0])
        known.half_stars = before[1]
    return answer


async def read(request: Request) -> Form:
    """The form: stars or words, or both."""
    fields = writing.fields(request, title=optional(200), rating=optional(2, forms.number(1, 10)))
    form = await forms.read(request, **fields)
    if not form.errors and not form.given["text"] and form.given["rating"] is None:
        form.refuse("text", N_("Please write a few words, or give some stars."))
    return form


def filled(request: Request, post: Post | None) -> Form:
    """The form with what the post says."""
    if post is None:
        return forms.blank(request)
    return forms.blank(request, title=post.title, rating=post.half_stars, text=post.source, language=post.language, warning=post.warning)


async def form_page(
    request: Request, work_id: int, form: Form, *, is_edit: bool = False, action: str | None = None, status: int = 200
) -> Response:
    """The page on which one writes, with how it will look elsewhere."""

    def ask(session: Any) -> tuple[WorkCard, ...]:
        return catalogue.cards(session, [work_id])

    found = await context.of(request).library.database.read(ask)
    if not found:
        raise NotFound("There is no such title here.")
    return render.page(
        request,
        "review/write",
        status=status,
        work=showing.card(found[0]),
        form=form,
        action=action or f"/catalog/works/{work_id}/review",
        is_edit=is_edit,
        languages=writing.languages(request),
    )
