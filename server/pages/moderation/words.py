"""Words that make a moderator look."""

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community.errors import NotFound, Refusal
from community.people.accounts import Role
from moderation import listed
from moderation.tables import DomainAnswer, ListedWord, LogEntry
from server import context, forms, render, sessions
from server.forms import Form
from server.pages import works
from themes.filters import N_
from themes.views.moderation import WordRow

ANSWERS = ("limit", "hold", "refuse")
POLICY = "policy words"


async def show(request: Request) -> Response:
    """GET /moderation/words"""
    sessions.require(request, Role.moderator)
    return await _page(request, forms.blank(request))


async def add(request: Request) -> Response:
    """POST /moderation/words"""
    here, staff = context.of(request), sessions.require(request, Role.moderator)
    form = await forms.read(
        request,
        pattern=forms.required(200, missing=N_("Please write a word or a phrase.")),
        answer=forms.required(10, forms.one_of(*ANSWERS)),
        note=forms.optional(1000),
    )
    if form.errors:
        return await _page(request, form, 422)
    try:
        async with here.library.database.transaction() as session:
            await listed.add(session, form["pattern"], DomainAnswer(form["answer"]), form["note"] or "", who=staff.username)
    except Refusal as cause:
        form.refuse("pattern", cause.public)
        return await _page(request, form, cause.status)
    return render.redirect(request, "/moderation/words", "added")


async def take_off(request: Request) -> Response:
    """POST /moderation/words/{id}/delete"""
    here, staff = context.of(request), sessions.require(request, Role.moderator)
    async with here.library.database.transaction() as session:
        word = await session.get(ListedWord, works.number(request))
        if word is None:
            raise NotFound("There is no such word on the list.")
        await listed.take_off(session, word, who=staff.username)
    return render.redirect(request, "/moderation/words", "removed")


def rows(session: Session) -> list[WordRow]:
    """The list, and how often each word stopped something."""
    words = session.scalars(select(ListedWord).order_by(ListedWord.phrase)).all()
    reasons = session.scalars(select(LogEntry.reason).where(LogEntry.who == POLICY).order_by(LogEntry.id.desc()).limit(5000)).all()
    return [
        WordRow(str(word.id), word.phrase, word.answer.value, word.reason, sum(word.phrase in reason for reason in reasons))
        for word in words
    ]


async def _page(request: Request, form: Form, status: int = 200) -> Response:
    found = await context.of(request).library.database.read(rows)
    return render.page(request, "moderation/words", status=status, words=tuple(found), form=form)
