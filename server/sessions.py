"""Who is asking: the visit of a signed-in browser, and the tokens that forms carry."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.requests import Request, cookie_parser
from starlette.types import Scope

from community.clock import days, now
from community.errors import SignInFirst, Unwelcome
from community.people.accounts import Account, Role, SignInLink, Visit
from community.people.actors import Actor, ActorState
from community.settings import Settings
from moderation.tables import Case, CaseState

LASTS = days(60)
ALLOWED: dict[Role, frozenset[Role]] = {
    Role.reader: frozenset(Role),
    Role.librarian: frozenset({Role.librarian, Role.administrator}),
    Role.moderator: frozenset({Role.moderator, Role.administrator}),
    Role.administrator: frozenset({Role.administrator}),
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A member who is signed in, as every page needs them."""

    visit_id: int
    account_id: int
    actor_id: int
    username: str
    name: str
    email: str
    role: Role
    language: str
    state: ActorState
    open_cases: int

    def has(self, role: Role) -> bool:
        """Whether they may do what this role may."""
        return self.role in ALLOWED[role]


def digest(secret: str) -> str:
    """What we keep of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def cookie_name(settings: Settings, name: str) -> str:
    """The name of a cookie of ours; the prefix makes browsers refuse it from anywhere but this host over https."""
    return f"__Host-bookmobile-{name}" if settings.root.startswith("https:") else f"bookmobile-{name}"


def cookies(scope: Scope) -> dict[str, str]:
    """The cookies that came with a request."""
    # Not SimpleCookie: one malformed cookie of somebody else's would hide all of ours.
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            found |= cookie_parser(value.decode("latin-1"))
    return found


def set_cookie(settings: Settings, name: str, value: str, *, seconds: int | None = None, strict: bool = False) -> str:
    """A Set-Cookie line; without `seconds` it ends with the browser, with 0 at once."""
    jar: SimpleCookie = SimpleCookie()
    full = cookie_name(settings, name)
    jar[full] = value
    jar[full]["path"] = "/"
    jar[full]["httponly"] = True
    jar[full]["samesite"] = "Strict" if strict else "Lax"
    if settings.root.startswith("https:"):
        jar[full]["secure"] = True
    if seconds is not None:
        jar[full]["max-age"] = seconds
    return jar[full].OutputString()


async def begin(session: AsyncSession, account: Account) -> str:
    """Open a visit for this account and return its secret, which only the browser keeps."""
    secret = secrets.token_urlsafe(32)
    session.add(Visit(secret_hash=digest(secret), account_id=account.id, expires_at=now() + LASTS))
    return secret


async def end(session: AsyncSession, visit_id: int) -> None:
    """Sign this browser out."""
    await session.execute(delete(Visit).where(Visit.id == visit_id))


async def end_all(session: AsyncSession, account_id: int, but: int | None = None) -> None:
    """Sign every browser of an account out, except perhaps one."""
    query = delete(Visit).where(Visit.account_id == account_id)
    await session.execute(query if but is None else query.where(Visit.id != but))


async def forget_old(session: AsyncSession) -> None:
    """Drop the visits that have run out, and the links by mail, with the address and the name of whoever asked for them."""
    for table in (Visit, SignInLink):
        await session.execute(delete(table).where(table.expires_at < now()))


def find(session: Session, secret: str) -> Signed | None:
    """Whose visit this is, if it still holds."""
    row = session.execute(
        select(Visit.id, Account, Actor)
        .join(Account, Account.id == Visit.account_id)
        .join(Actor, Actor.id == Account.actor_id)
        .where(Visit.secret_hash == digest(secret), Visit.expires_at > now(), Account.closed_at.is_(None))
    ).first()
    if row is None or row.Actor.state is ActorState.gone:
        return None
    account, actor = row.Account, row.Actor
    waiting = 0
    if account.is_moderator:
        waiting = session.scalar(select(func.count()).select_from(Case).where(Case.state == CaseState.open)) or 0
    return Signed(
        visit_id=row.id,
        account_id=account.id,
        actor_id=actor.id,
        username=actor.username,
        name=actor.label,
        email=account.email,
        role=account.role,
        language=account.language,
        state=actor.state,
        open_cases=waiting,
    )


def signed(request: Request) -> Signed | None:
    """Who is signed in, if anybody."""
    found = request.scope.get("member")
    return found if isinstance(found, Signed) else None


def member(request: Request) -> Signed:
    """Who is signed in; raises SignInFirst."""
    found = signed(request)
    if found is None:
        raise SignInFirst("Please sign in first.")
    return found


def require(request: Request, role: Role) -> Signed:
    """The member, if they have this role; raises SignInFirst or Unwelcome."""
    found = member(request)
    if not found.has(role):
        raise Unwelcome("This page is for people who work here.", private=f"{found.username} is no {role}")
    return found


def reader(request: Request) -> int | None:
    """The actor whose own posts may be shown to them."""
    found = signed(request)
    return found.actor_id if found else None


async def writer(session: AsyncSession, request: Request, *, even_moved: bool = False) -> Actor:
    """The member's actor, theirs alone until the transaction ends, if they may write; raises SignInFirst or Unwelcome.

    Whoever has moved away writes elsewhere; `even_moved` is for what belongs to the account itself.
    """
    found = member(request)
    # Whoever sends a form twice at once says it once: the second waits here (PostgreSQL; SQLite has one writer).
    actor = await session.get(Actor, found.actor_id, with_for_update={"key_share": True})
    if actor is None or actor.state in {ActorState.suspended, ActorState.gone}:
        raise Unwelcome("Your account is suspended: you can read, but not write.", private=f"{found.username} is suspended")
    if actor.moved_to is not None and not even_moved:
        raise Unwelcome("You have moved to another account. Write there, or take the move back in your settings.")
    return actor


def form_token(secret_key: str, secret: str) -> str:
    """What a form must carry, so that no other site can send it in this browser's name."""
    return hmac.new(secret_key.encode(), f"form:{secret}".encode(), hashlib.sha256).hexdigest()[:40]


class FormToken:
    """The token of this browser, made when a template first writes it: only then a new browser is given a cookie for it."""

    def __init__(self, scope: Scope, settings: Settings) -> None:
        self._scope = scope
        self._settings = settings

    def __html__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        secret = self._scope.get("form_secret")
        if secret is None:
            secret = secrets.token_urlsafe(16)
            self._scope["form_secret"] = secret
            self._scope.setdefault("set_cookies", []).append(set_cookie(self._settings, "form", secret, strict=True))
        self._scope["is_personal"] = True
        return form_token(self._settings.secret_key, secret)


def check_token(scope: Scope, settings: Settings, token: str) -> None:
    """Raises Unwelcome unless a form carried the token of this browser."""
    secret = scope.get("form_secret")
    if secret is None or not hmac.compare_digest(form_token(settings.secret_key, secret), token):
        raise Unwelcome("This form has expired. Please go back, load the page again, and send it once more.", private="form token")
