"""The steps that a moderator can take, mildest first, each with its way back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from community import states, uris
from community.clock import now
from community.errors import Conflict, Unprocessable, Unwelcome
from community.people import actors
from community.people.accounts import Account, Role
from community.people.actors import Actor, ActorState
from community.posts import post as posts
from community.posts.post import SEEN_AT_ALL, Post, Standing
from moderation import cutting, domains, lowering
from moderation.effects import DeletePost, Effect, PublishPost, UpdateActor
from moderation.tables import Action, Case, DomainAnswer

LATER = "A later decision stands on this one. Undo that one first."


@dataclass(frozen=True)
class Subject:
    """What can be decided about."""

    post: Post | None
    author: Actor
    account: Account | None  # of the author, when ours


@dataclass(frozen=True)
class Matter(Subject):
    """What is decided about, by whom, and why."""

    case: Case
    moderator: Account
    reason: str


@dataclass(frozen=True)
class Change:
    """What a step did: what it was before, and what others must be told."""

    before: dict[str, Any]
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class Step:
    """One rung: whether it can be taken, how, and how it is taken back."""

    fits: Callable[[Subject], bool]
    do: Callable[[AsyncSession, Matter], Awaitable[Change]]
    undo: Callable[[AsyncSession, Matter, dict[str, Any]], Awaitable[tuple[Effect, ...]]]


def _post(matter: Matter) -> Post:
    if matter.post is None:
        raise Unprocessable("This case is about somebody, not about words.")
    return matter.post


async def _move(session: AsyncSession, matter: Matter, to: Standing) -> tuple[Effect, ...]:
    """Move the post; when ours comes into sight, the world is told, unless its author must not be heard."""
    post = _post(matter)
    before = post.standing
    post.move(to)
    await session.flush()
    await posts.touch(session, post)
    if to not in SEEN_AT_ALL:
        return ()
    await domains.lower_again(session, matter.author)
    was_unknown = before in {Standing.held, Standing.removed}
    return (PublishPost(post, matter.author),) if was_unknown and matter.author.is_local and post.is_seen else ()


async def _nothing(session: AsyncSession, matter: Matter) -> Change:
    return Change({})


async def _nothing_back(session: AsyncSession, matter: Matter, before: dict[str, Any]) -> tuple[Effect, ...]:
    return ()


async def _dismiss(session: AsyncSession, matter: Matter) -> Change:
    """No rule is broken: what was held appears, everything else stays as it is."""
    if matter.post is not None and matter.post.standing is Standing.held:
        return await _release(session, matter)
    return Change({})


async def _release(session: AsyncSession, matter: Matter) -> Change:
    return Change({"standing": Standing.held}, await _move(session, matter, Standing.shown))


async def _hold_again(session: AsyncSession, matter: Matter, before: dict[str, Any]) -> tuple[Effect, ...]:
    """What was let out is held again here; other servers keep their copies until it is removed."""
    if "standing" not in before:
        return ()
    if not _post(matter).is_seen:
        raise Conflict(LATER)
    return await _move(session, matter, Standing.held)


async def _hide(session: AsyncSession, matter: Matter) -> Change:
    before = _post(matter).standing
    return Change({"standing": before}, await _move(session, matter, Standing.hidden))


async def _show_again(session: AsyncSession, matter: Matter, before: dict[str, Any]) -> tuple[Effect, ...]:
    if _post(matter).standing is not Standing.hidden:
        raise Conflict(LATER)
    return await _back_to(session, matter, Standing(before["standing"]))


async def _back_to(session: AsyncSession, matter: Matter, to: Standing) -> tuple[Effect, ...]:
    if to is not Standing.held:
        return await _move(session, matter, to)
    # The table has no way from hidden back to held for anybody else: only an undo goes there.
    post = _post(matter)
    post.standing, post.changed_at = Standing.held, now()
    await session.flush()
    return ()


async def _remove(session: AsyncSession, matter: Matter) -> Change:
    """Take a post away. Ours leaves a tombstone at its address, which answers 410 for ever."""
    post = _post(matter)
    before = {"standing": post.standing, "uri": post.uri}
    await _move(session, matter, Standing.removed)
    if not matter.author.is_local:
        return Change(before)
    former_type = "Event" if post.kind == "event" else "Note"
    await posts.bury(session, post.uri, former_type)
    return Change(before, (DeletePost(post, matter.author, post.uri, former_type),))


async def _put_back(session: AsyncSession, matter: Matter, before: dict[str, Any]) -> tuple[Effect, ...]:
    """Show a removed post again. Peers never take a deleted address back, so ours gets a new one; the old stays gone."""
    post = _post(matter)
    if post.standing is not Standing.removed:
        raise Conflict(LATER)
    if matter.author.is_local:
        former, post.token = post.token, uris.token()
        post.uri = _renamed(post.uri, former, post.token)
        post.url = _renamed(post.url, former, post.token) if post.url else None
    return await _back_to(session, matter, Standing(before["standing"]))


def _renamed(address: str, former: str, fresh: str) -> str:
    start, slash, last = address.rpartition("/")
    if last != former:
        raise Conflict("This cannot be shown again under another address.", private=address)
    return f"{start}{slash}{fresh}"


def _spare(matter: Matter) -> None:
    if matter.author.is_local and matter.account is None:
        raise Unwelcome("The library's own accounts cannot be limited or suspended.")
    if matter.account is not None and matter.account.is_administrator and matter.moderator.role is not Role.administrator:
        raise Unwelcome("Only an administrator can decide this about an administrator.")


async def _limit(session: AsyncSession, matter: Matter) -> Change:
    return await _restrict(session, matter, ActorState.limited)


async def _suspend(session: AsyncSession, matter: Matter) -> Change:
    change = await _restrict(session, matter, ActorState.suspended)
    return Change(change.before, (*change.effects, *await cutting.cut(session, Actor.id == matter.author.id)))


async def _restrict(session: AsyncSession, matter: Matter, to: ActorState) -> Change:
    _spare(matter)
    author = matter.author
    before = author.state
    if before in lowering.LOWERS:
        await lowering.restore(session, lowering.author(author.id), lowering.LOWERS[before])
    states.move(author, to, actors.MOVES)
    await session.flush()
    await lowering.lower(session, Actor.id == author.id, lowering.LOWERS[to], lowering.author(author.id))
    return Change({"actor_state": before, "set": to}, (UpdateActor(author),) if author.is_local else ())


async def _unrestrict(session: AsyncSession, matter: Matter, before: dict[str, Any]) -> tuple[Effect, ...]:
    """The author is as before, and so are their posts. Follows that were cut have to be asked again."""
    author = matter.author
    set_to, back_to = ActorState(before["set"]), ActorState(before["actor_state"])
    if author.state is not set_to:
        raise Conflict(LATER)
    await lowering.restore(session, lowering.author(author.id), lowering.LOWERS[set_to])
    states.move(author, back_to, actors.MOVES)
    await session.flush()
    await domains.lower_again(session, author)
    return (UpdateActor(author),) if author.is_local else ()


async def _refuse_server(session: AsyncSession, matter: Matter) -> Change:
    domain = matter.author.domain
    if domain is None:
        raise Unprocessable("This is our own server.")
    rule = await domains.rule_for(session, domain)
    if rule is not None and rule.answer is DomainAnswer.refuse:
        raise Conflict("This server is refused already.")
    before = {"domain": domain, "server": rule.answer if rule else None, "server_reason": rule.reason if rule else ""}
    return Change(before, await domains.change(session, domain, DomainAnswer.refuse, matter.reason))


async def _accept_server(session: AsyncSession, matter: Matter, before: dict[str, Any]) -> tuple[Effect, ...]:
    rule = await domains.rule_for(session, before["domain"])
    if rule is None or rule.answer is not DomainAnswer.refuse:
        raise Conflict(LATER)
    former = DomainAnswer(before["server"]) if before["server"] else None
    return await domains.change(session, before["domain"], former, before["server_reason"])


def _always(matter: Subject) -> bool:
    return True


def _is_held(matter: Subject) -> bool:
    return matter.post is not None and matter.post.standing is Standing.held


def _can_hide(matter: Subject) -> bool:
    return matter.post is not None and matter.post.standing in {Standing.shown, Standing.limited, Standing.held}


def _can_remove(matter: Subject) -> bool:
    # The post that opens a title's conversation has an address that cannot be given anew: it can be hidden.
    gone = {Standing.removed, Standing.deleted}
    return matter.post is not None and matter.post.standing not in gone and matter.post.kind != "discussion"


def _can_restrict(to: ActorState) -> Callable[[Subject], bool]:
    def fits(matter: Subject) -> bool:
        ours_without_person = matter.author.is_local and matter.account is None
        return not ours_without_person and to in actors.MOVES[matter.author.state]

    return fits


def _is_elsewhere(matter: Subject) -> bool:
    return not matter.author.is_local


STEPS: dict[Action, Step] = {
    Action.dismiss: Step(_always, _dismiss, _hold_again),
    Action.warn: Step(_always, _nothing, _nothing_back),
    Action.release: Step(_is_held, _release, _hold_again),
    Action.hide: Step(_can_hide, _hide, _show_again),
    Action.remove: Step(_can_remove, _remove, _put_back),
    Action.limit: Step(_can_restrict(ActorState.limited), _limit, _unrestrict),
    Action.suspend: Step(_can_restrict(ActorState.suspended), _suspend, _unrestrict),
    Action.refuse_server: Step(_is_elsewhere, _refuse_server, _accept_server),
}


def possible(subject: Subject) -> tuple[Action, ...]:
    """The steps that a form offers from here. To release what is held is to dismiss the doubt, so it is offered once."""
    return tuple(action for action, step in STEPS.items() if action is not Action.release and step.fits(subject))
