"""Coming in, going out, opening an account."""

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community.errors import Conflict, NotFound, TryLater, Unwelcome
from community.people import accounts
from community.people.accounts import Account, Role
from community.people.actors import Actor
from federation import keys
from server import clients, context, forms, mail, passwords, render, sessions
from server.actions import registering
from server.actions.registering import MINUTES, Newcomer
from server.forms import Form, email, optional, required, username
from server.letters import owe
from themes.filters import N_
from themes.views.site import Choice

SHOWN_IN_THE_DEMO = 60  # people whom one can be with one click


async def sign_in_page(request: Request, form: Form, onward: str, status: int = 200) -> Response:
    """The two ways in; in the demo a third one."""
    here = context.of(request)
    people = await here.library.database.read(_people) if here.settings.demo else ()
    works = mail.works(here.settings)
    return render.page(request, "account/sign_in", status=status, form=form, next=onward, mail_works=works, people=people)


def _people(session: Session) -> tuple[Choice, ...]:
    """Everybody who has an account, those with the most rights first."""
    query = select(Actor, Account.role).join(Account, Account.actor_id == Actor.id).where(Account.closed_at.is_(None)).order_by(Account.id)
    found = session.execute(query.limit(SHOWN_IN_THE_DEMO)).all()
    ranks = list(reversed(Role))
    return tuple(Choice(actor.username, actor.label, url=str(role)) for actor, role in sorted(found, key=lambda row: ranks.index(row[1])))


async def become(request: Request) -> Response:
    """POST /sign-in/demo: be somebody with one click. There is no such door outside the demo."""
    here = context.of(request)
    if not here.settings.demo:
        raise NotFound("There is no such page here.")
    form = await forms.read(request, who=required(320), next=optional(2000))
    async with here.library.database.snapshot() as session:
        account = await _find(session, str(form.given["who"]))
    if account is None:
        raise NotFound("There is nobody of that name here.")
    return await let_in(request, account, render.own_path(form.given["next"]))


async def sign_in(request: Request) -> Response:
    """GET /sign-in"""
    onward = render.own_path(request.query_params.get("next"))
    if sessions.signed(request) is not None:
        return render.redirect(request, onward)
    return await sign_in_page(request, forms.blank(request), onward)


async def enter(request: Request) -> Response:
    """POST /sign-in: with a password."""
    here = context.of(request)
    form = await forms.read(request, who=required(320), password=required(1000), next=optional(2000))
    onward = render.own_path(form.given["next"])
    if form.errors:
        return await sign_in_page(request, form, onward, 422)
    who = str(form["who"]).lower().removeprefix("@")
    caller = clients.address(request)
    here.limits.check("sign-in address", caller)
    here.limits.check("sign-in account", who)
    async with here.library.database.snapshot() as session:
        account = await _find(session, who)
    if not await passwords.fits(account.password_hash if account else None, str(form["password"])) or account is None:
        form.refuse("", N_("The name or the password is not right."))
        return await sign_in_page(request, form, onward, 422)
    here.limits.forgive("sign-in account", who)
    return await let_in(request, account, onward)


async def send_link(request: Request) -> Response:
    """POST /sign-in/link: a letter with a link. The answer is the same for every address."""
    here = context.of(request)
    form = await forms.read(request, email=required(320, email), next=optional(2000))
    if form.errors:
        return await sign_in_page(request, form, render.own_path(form.given["next"]), 422)
    if not mail.works(here.settings):
        raise TryLater("This library cannot send letters yet. Please sign in with a password, or ask at the desk.")
    address = str(form["email"])
    here.limits.check("letter address", clients.address(request))
    here.limits.check("letter recipient", address)
    async with here.library.database.transaction() as session:
        account = await accounts.by_email(session, address)
        if account is not None:
            actor = await session.get_one(Actor, account.actor_id)
            secret = await registering.make_link(session, address)
            _write(request, session, address, actor.label, secret, account.language)
    return render.page(request, "account/sign_in_sent", email=address)


async def sign_up(request: Request) -> Response:
    """GET /sign-up"""
    _check_open(request)
    if sessions.signed(request) is not None:
        return render.redirect(request, "/me")
    return render.page(request, "account/sign_up", form=forms.blank(request))


async def register(request: Request) -> Response:
    """POST /sign-up: the account opens when the link in the letter is followed; in the demo at once."""
    _check_open(request)
    here = context.of(request)
    form = await forms.read(
        request,
        name=required(80),
        username=required(31, username),
        email=required(320, email),
        password=optional(1000),
        agree=required(10, forms.checkbox, N_("Please read the house rules, and agree to them.")),
    )
    password = form.given["password"]
    if password is not None and len(password) < passwords.SHORTEST:
        form.refuse("password", N_("Please use at least %(count)s characters."), count=passwords.SHORTEST)
    if form.given["username"] is not None:
        async with here.library.database.snapshot() as session:
            if not await registering.is_free(session, form["username"]):
                form.refuse("username", N_("This name is taken. Please choose another one."))
    if form.errors:
        return render.page(request, "account/sign_up", status=422, form=form)
    here.limits.check("sign-up address", clients.address(request))
    here.limits.check("letter recipient", form["email"])
    kept = await passwords.digest(password) if password else None
    newcomer = Newcomer(form["email"], form["username"], form["name"], render.language(request), kept)
    if here.settings.demo:
        return await _open_now(request, newcomer, form)
    async with here.library.database.transaction() as session:
        known = await accounts.by_email(session, newcomer.email)
        # Who has an account already gets a way into that; whoever typed the address here learns nothing.
        secret = await registering.make_link(session, newcomer.email, None if known else newcomer)
        _write(request, session, newcomer.email, newcomer.name, secret, newcomer.language)
    return render.page(request, "account/sign_in_sent", email=newcomer.email)


async def follow_link(request: Request) -> Response:
    """GET /sign-in/{secret}: a page with one button, because programs that look at mail open every link."""
    here = context.of(request)
    async with here.library.database.snapshot() as session:
        if await registering.find_link(session, request.path_params["secret"]) is None:
            raise NotFound("This link has been used, or is too old. Please ask for a new one.")
    return render.page(request, "account/confirm", action=f"/sign-in/{request.path_params['secret']}")


async def use_link(request: Request) -> Response:
    """POST /sign-in/{secret}"""
    here = context.of(request)
    here.limits.check("sign-in address", clients.address(request))
    secret = request.path_params["secret"]
    async with here.library.database.snapshot() as session:
        link = await registering.find_link(session, secret)
        is_new = link is not None and link.username is not None and await accounts.by_email(session, link.email) is None
    pair = await asyncio.to_thread(keys.new_pair) if is_new else None
    async with here.library.database.transaction() as session:
        account = await registering.use_link(session, here.library, secret, render.language(request), pair)
    if account is None:
        raise NotFound("This link has been used, or is too old. Please ask for a new one.")
    return await let_in(request, account, "/me")


async def sign_out(request: Request) -> Response:
    """POST /sign-out"""
    here = context.of(request)
    found = sessions.signed(request)
    if found is not None:
        async with here.library.database.transaction() as session:
            await sessions.end(session, found.visit_id)
    line = sessions.set_cookie(here.settings, "visit", "", seconds=0)
    request.scope.setdefault("set_cookies", []).append(line)
    return render.redirect(request, "/", "goodbye")


async def let_in(request: Request, account: Account, onward: str) -> Response:
    """Open a visit for this browser; the one that it had before ends."""
    here = context.of(request)
    before = sessions.signed(request)
    async with here.library.database.transaction() as session:
        if before is not None:
            await sessions.end(session, before.visit_id)
        secret = await sessions.begin(session, account)
    line = sessions.set_cookie(here.settings, "visit", secret, seconds=int(sessions.LASTS.total_seconds()))
    request.scope.setdefault("set_cookies", []).append(line)
    return render.redirect(request, onward, "welcome")


async def _find(session: AsyncSession, who: str) -> Account | None:
    """The account of this e-mail address or name."""
    if "@" in who:
        return await accounts.by_email(session, who)
    query = select(Account).join(Actor, Actor.id == Account.actor_id).where(Actor.username == who, Actor.domain.is_(None))
    return (await session.scalars(query.where(Account.closed_at.is_(None)))).first()


async def _open_now(request: Request, newcomer: Newcomer, form: Form) -> Response:
    here = context.of(request)
    pair = await asyncio.to_thread(keys.new_pair)
    try:
        async with here.library.database.transaction() as session:
            account = await registering.open_account(session, here.library, newcomer, pair)
    except Conflict as cause:
        form.refuse("", cause.public)
        return render.page(request, "account/sign_up", status=422, form=form)
    return await let_in(request, account, "/me")


def _write(request: Request, session: AsyncSession, address: str, name: str, secret: str, language: str) -> None:
    """Owe somebody the letter with their link."""
    here = context.of(request)
    said = language if language in here.settings.languages else here.settings.language
    url = f"{here.uris.root}/sign-in/{secret}"
    owe(session, address, here.renderer.text(said, "mail/sign_in.txt", {"url": url, "minutes": MINUTES, "name": name}))


def _check_open(request: Request) -> None:
    settings = context.of(request).settings
    if not settings.open_registration:
        raise Unwelcome("Accounts are opened at the library's desk. Please ask us there.")
    if not mail.works(settings):
        raise TryLater("This library cannot send letters yet, so nobody can open an account here. Please ask at the desk.")
