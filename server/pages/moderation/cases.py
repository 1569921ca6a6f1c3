"""The queue, and one case."""

from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from community.errors import NotFound, Refusal
from community.people.accounts import Account, Role
from moderation import decisions, queue, rules
from moderation.casepage import CasePage
from moderation.casepage import Words as Kept
from moderation.queue import Filter
from moderation.rows import Person as Known
from moderation.rows import QueueRow
from moderation.tables import Action, Case, CaseState, Decision, Origin
from server import context, forms, render, sessions
from server.actions import moderating
from server.forms import Form
from server.pages.reports import action_name, policy_rules
from server.showing import Show
from themes.filters import N_
from themes.views import moderation as views
from themes.views.posts import Person
from themes.views.site import Choice, Pages

SIZE = 50
TABS = {"open": N_("Open"), "mine": N_("Mine"), "settled": N_("Settled")}
SOURCES = {"report": Origin.form, "flag": Origin.flag, "policy": Origin.policy}
SOURCE_NAMES = {"report": N_("Reports"), "flag": N_("Other servers"), "policy": N_("Policies")}
ACTIONS = {"refuse": Action.refuse_server} | {action.value: action for action in Action if action is not Action.refuse_server}


async def show_queue(request: Request) -> Response:
    """GET /moderation?state=&source=&before="""
    here, staff = context.of(request), sessions.require(request, Role.moderator)
    tab = request.query_params.get("state", "open")
    source = request.query_params.get("source", "")
    before = request.query_params.get("before", "")
    wanted = Filter(
        state=CaseState.settled if tab == "settled" else CaseState.open,
        origin=SOURCES.get(source),
        taken_by_id=staff.account_id if tab == "mine" else None,
    )

    def ask(session: Any) -> tuple[list[QueueRow], queue.Counts]:
        last = int(before) if before.isdigit() and len(before) < 18 else None
        return queue.queue(session, wanted, SIZE + 1, last), queue.counts(session, staff.account_id)

    found, counted = await here.library.database.read(ask)
    base = f"/moderation?state={tab}" + (f"&source={source}" if source in SOURCES else "")
    older = f"{base}&before={found[SIZE - 1].id}" if len(found) > SIZE else ""
    numbers = {"open": counted.open, "mine": counted.mine, "settled": counted.settled}
    return render.page(
        request,
        "moderation/queue",
        rows=tuple(_row(request, one) for one in found[:SIZE]),
        tabs=tuple(
            Choice(name, render.say(request, label), numbers[name], name == tab, f"/moderation?state={name}")
            for name, label in TABS.items()
        ),
        sources=tuple(
            Choice(
                name, render.say(request, label), counted.by_source.get(name, 0), name == source, f"/moderation?state={tab}&source={name}"
            )
            for name, label in SOURCE_NAMES.items()
        )
        if tab == "open"
        else (),
        total=numbers.get(tab, counted.open),
        pages=Pages(1, 2 if older or before else 1, "" if not before else base, older),
    )


async def show(request: Request) -> Response:
    """GET /moderation/cases/{id}"""
    sessions.require(request, Role.moderator)
    return await _page(request, forms.blank(request))


async def decide(request: Request) -> Response:
    """POST /moderation/cases/{id}/decide"""
    here = context.of(request)
    staff = sessions.require(request, Role.moderator)
    form = await forms.read(
        request,
        action=forms.required(20, forms.one_of(*ACTIONS), missing=N_("Please choose what shall happen.")),
        rule=forms.optional(40),
        reason=forms.required(5000, missing=N_("Please say why. The author reads it, and it is written into the log.")),
        version=forms.required(10, forms.number(0, 10**8)),
    )
    if form.errors:
        return await _page(request, form, 422)
    try:
        async with here.library.database.transaction() as session:
            case = await session.get(Case, _id(request))
            if case is None:
                raise NotFound("There is no such case.")
            moderator = await session.get_one(Account, staff.account_id)
            await moderating.decide(
                session, here.library, case, moderator, ACTIONS[form["action"]], form["rule"], form["reason"], form["version"]
            )
    except Refusal as cause:
        if isinstance(cause, NotFound):
            raise
        form.refuse("", cause.public)
        return await _page(request, form, cause.status)
    here.hub.delivery_bell.ring()
    return render.redirect(request, f"/moderation/cases/{_id(request)}", "decided")


async def take(request: Request) -> Response:
    """POST /moderation/cases/{id}/take"""
    here = context.of(request)
    staff = sessions.require(request, Role.moderator)
    async with here.library.database.transaction() as session:
        case = await session.get(Case, _id(request))
        if case is None:
            raise NotFound("There is no such case.")
        await decisions.take(session, case, await session.get_one(Account, staff.account_id))
    return render.redirect(request, f"/moderation/cases/{_id(request)}")


async def undo(request: Request) -> Response:
    """POST /moderation/cases/{id}/undo"""
    here = context.of(request)
    staff = sessions.require(request, Role.moderator)
    form = await forms.read(
        request,
        decision=forms.required(18, forms.number(1, 10**9)),
        reason=forms.required(5000, missing=N_("Please say why this is undone.")),
    )
    if form.errors:
        return await _page(request, form, 422)
    try:
        async with here.library.database.transaction() as session:
            query = select(Decision).where(Decision.id == form["decision"], Decision.case_id == _id(request))
            decision = (await session.scalars(query)).first()
            if decision is None:
                raise NotFound("There is no such decision.")
            await moderating.undo(session, here.library, decision, await session.get_one(Account, staff.account_id), form["reason"])
    except Refusal as cause:
        if isinstance(cause, NotFound):
            raise
        form.refuse("", cause.public)
        return await _page(request, form, cause.status)
    here.hub.delivery_bell.ring()
    return render.redirect(request, f"/moderation/cases/{_id(request)}", "undone")


def _id(request: Request) -> int:
    return int(request.path_params["id"])


async def _page(request: Request, form: Form, status: int = 200) -> Response:
    number = _id(request)
    found = await context.of(request).library.database.read(lambda session: queue.case_page(session, number))
    if found is None:
        raise NotFound("There is no such case.")
    return render.page(
        request,
        "moderation/case",
        status=status,
        case=_case(request, found),
        rules=policy_rules(request, clauses=True),
        actions=tuple(action_name(action) for action in found.actions),
        form=form,
    )


def _case(request: Request, found: CasePage) -> views.Case:
    look = Show(context.of(request).settings)
    title = rules.policy().title
    language = render.language(request)
    return views.Case(
        id=str(found.id),
        url=f"/moderation/cases/{found.id}",
        number=found.id,
        version=found.version,
        opened=look.when(found.opened),
        source=found.source,
        kind=found.kind,
        state=found.state,
        author=_person(request, found.author),
        then=_words(look, found.then),
        now=_words(look, found.now),
        where=found.where,
        where_url=f"/catalog/works/{found.work_id}" if found.work_id else "",
        uri=found.uri,
        reports=tuple(
            views.Report(look.when(one.made), one.source, _reason(request, one.source, one.reason), title(one.rule, language), one.via)
            for one in found.reports
        ),
        earlier=tuple(_row(request, one) for one in found.earlier),
        history=tuple(
            views.Decision(
                id=str(one.id),
                at=look.when(one.at),
                by=one.by,
                action=action_name(one.action),
                reason=one.reason,
                rule=title(one.rule, language),
                can_undo=one.can_undo,
                undone=f"{one.undone_by}: {one.undone_reason}" if one.undone_at else "",
            )
            for one in found.history
        ),
        taken_by=found.taken_by,
        author_since=look.when(found.author_since),
        author_posts=found.author_posts,
        author_state=found.author.state,
        server=found.server,
        pictures=look.pictures(found.pictures),
        server_state={"refuse": "refused", "limit": "limited", "hold": "limited"}.get(found.server_answer, "open"),
    )


def _reason(request: Request, source: str, reason: str) -> str:
    """Why somebody should look: people in their own words, policies in the reader's language."""
    return render.say(request, reason) if source == "policy" else reason


def _words(look: Show, words: Kept | None) -> views.Words | None:
    if words is None:
        return None
    return views.Words(Markup(words.html), look.when(words.at), words.title, words.warning, words.state, words.language)


def _person(request: Request, known: Known) -> Person:
    domain = known.domain or context.of(request).settings.domain
    handle = f"{known.username}@{domain}"
    return Person(known.name, handle, f"/@{known.username}" if known.is_local else f"/@{handle}", known.is_local, uri=known.uri)


def _row(request: Request, row: QueueRow) -> views.CaseRow:
    look = Show(context.of(request).settings)
    return views.CaseRow(
        id=str(row.id),
        url=f"/moderation/cases/{row.id}",
        opened=look.when(row.opened),
        source=row.source,
        summary=_reason(request, row.source, row.summary),
        author=_person(request, row.author),
        kind=row.kind,
        reports=row.reports,
        rule=rules.policy().title(row.rule, render.language(request)),
        urgent=row.urgent,
        taken_by=row.taken_by,
        state=row.state,
        outcome=action_name(row.outcome),
    )
