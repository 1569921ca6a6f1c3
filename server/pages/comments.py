"""Comments on a title, and answers to any post."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.catalog import works as catalogue
from community.catalog.tables import Work
from community.errors import NotFound, Unwelcome
from community.posts import clubs
from community.posts.kinds import Comment
from community.posts.post import Post
from community.said import Said
from moderation.verdicts import Answer
from server import context, forms, render, sessions, showing
from server.actions import publishing
from server.forms import Form
from server.pages import works, writing
from server.showing import Show
from themes.filters import N_
from themes.views.catalog import WorkCard


async def write(request: Request) -> Response:
    """GET /catalog/works/{id}/comment"""
    sessions.member(request)
    return await _on_work(request, works.number(request), forms.blank(request))


async def create(request: Request) -> Response:
    """POST /catalog/works/{id}/comment"""
    here = context.of(request)
    writing.pace(request)
    work_id = works.number(request)
    form = await read(request)
    if form.errors:
        return await _on_work(request, work_id, form, 422)
    async with here.library.database.transaction() as session:
        author = await sessions.writer(session, request)
        work = await session.get(Work, work_id)
        if work is None or work.removed_at is not None:
            raise NotFound("There is no such title here.")
        answer = await publishing.publish(session, here.library, author, Comment(about_id=work_id, **writing.words(form)))
    if answer is Answer.refuse:
        form.refuse("", writing.REFUSED)
        return await _on_work(request, work_id, form, 422)
    return writing.onward(request, answer, f"/catalog/works/{work_id}#readers")


async def write_answer(request: Request) -> Response:
    """GET /posts/{token}/reply"""
    sessions.member(request)
    return await _on_post(request, await seen(request), forms.blank(request))


async def answer(request: Request) -> Response:
    """POST /posts/{token}/reply"""
    here = context.of(request)
    writing.pace(request)
    said = await seen(request)
    form = await read(request)
    if form.errors:
        return await _on_post(request, said, form, 422)
    async with here.library.database.transaction() as session:
        author = await sessions.writer(session, request)
        parent = (await session.scalars(select(Post).where(Post.id == said.id))).one()
        if not parent.is_seen:
            raise NotFound("What you want to answer is no longer here.")
        club = await clubs.of_post(session, parent)
        if club is not None and not await clubs.may_answer(session, club, author):
            raise Unwelcome("This book club has shut you out.")
        reply = Comment(
            about_id=parent.about_id,
            edition_id=parent.edition_id,
            club_id=parent.club_id,
            reply_to_id=parent.id,
            reply_to_uri=parent.uri,
            audience=parent.audience,
            **writing.words(form),
        )
        verdict = await publishing.publish(session, here.library, author, reply)
    if verdict is Answer.refuse:
        form.refuse("", writing.REFUSED)
        return await _on_post(request, said, form, 422)
    return writing.onward(request, verdict, showing.path(said.kind, said.token))


async def read(request: Request) -> Form:
    """The form: some words."""
    form = await forms.read(request, **writing.fields(request))
    if not form.errors and not form.given["text"]:
        form.refuse("text", N_("Please write a few words."))
    return form


async def seen(request: Request) -> Said:
    """The post of this address, if this reader may see it; raises NotFound."""
    here = context.of(request)
    token = request.path_params["token"]
    found = await here.library.database.read(lambda session: timelines.one(session, token))
    if found is None or not timelines.may_see(found, sessions.reader(request)):
        raise NotFound("There is nothing here, or nothing that you may see.")
    return found


async def card(request: Request, work_id: int | None) -> WorkCard | None:
    """The title that something is about."""
    if work_id is None:
        return None

    def ask(session: Session) -> Any:
        return catalogue.cards(session, [work_id])

    found = await context.of(request).library.database.read(ask)
    return showing.card(found[0]) if found else None


async def _on_work(request: Request, work_id: int, form: Form, status: int = 200) -> Response:
    work = await card(request, work_id)
    if work is None:
        raise NotFound("There is no such title here.")
    return form_page(request, form, f"/catalog/works/{work_id}/comment", work.url, work=work, status=status)


async def _on_post(request: Request, said: Said, form: Form, status: int = 200) -> Response:
    look = Show(context.of(request).settings, sessions.reader(request))
    work = await card(request, said.about_id)
    action, back = f"/posts/{said.token}/reply", showing.path(said.kind, said.token)
    return form_page(request, form, action, back, work=work, answering=look.post(said), status=status)


def form_page(
    request: Request,
    form: Form,
    action: str,
    back: str,
    *,
    work: WorkCard | None = None,
    answering: object = None,
    is_edit: bool = False,
    status: int = 200,
) -> Response:
    """The page on which one writes a comment or an answer."""
    return render.page(
        request,
        "comment/write",
        status=status,
        form=form,
        action=action,
        back=back,
        is_edit=is_edit,
        work=work,
        answering=answering,
        languages=writing.languages(request),
    )
