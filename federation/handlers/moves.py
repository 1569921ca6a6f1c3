"""Somebody elsewhere moved to another account."""

from sqlalchemy.ext.asyncio import AsyncSession

from community.clock import now
from community.people import actors
from community.people.actors import Actor, ActorState
from federation import moving, resolving
from federation.activities import id_of
from federation.handlers.told import Told
from moderation import domains
from moderation.tables import DomainAnswer


async def move(session: AsyncSession, told: Told) -> str:
    """Let those of ours who follow them follow the new account, when both say that they are one person's. Words stay where they are."""
    old, target = told.actor, id_of(told.activity.wire.get("target"))
    if old is None or old.is_local or told.activity.object_id != old.uri or target is None or target == old.uri:
        return "left: only an account itself can move, and to another one"
    if old.state is not ActorState.active:
        return "left: what we decided about them stays with them"
    if old.moved_at is not None and old.moved_to != target and now() - old.moved_at < moving.COOL_DOWN:
        return "left: they moved only lately"
    new = await _target(session, told, target)
    if new is None:
        return f"left: we do not know where they moved to ({'; '.join(told.known.problems)[:200]})"
    if old.uri not in new.also_known_as:
        return "left: the new account does not say that it is theirs"
    if new.state is not ActorState.active or await domains.answer_for(session, new.domain or "") is DomainAnswer.refuse:
        return "left: the new account is not welcome here"
    if old.moved_to != target or old.moved_at is None:
        old.moved_to, old.moved_at = target, now()
    count = await moving.carry(session, told.hub.library, old, new)
    return f"moved, and {count} of ours follow the new account"


async def _target(session: AsyncSession, told: Told, target: str) -> Actor | None:
    """The new account as its own server showed it just now; ours from our own rows."""
    if told.hub.uris.is_ours(target):
        return await actors.by_uri(session, target)
    wire = told.known.actors.get(target)
    return await resolving.keep_actor(session, wire) if wire is not None else None
