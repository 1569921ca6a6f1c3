"""Somebody asks whether they may quote one of our posts (FEP-044f)."""

from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.people import blocks
from community.people.actors import Actor, ActorState
from community.posts import discussions, post, quotes
from community.posts.post import Audience, Post
from federation import consent, resolving
from federation.activities import id_of
from federation.handlers.told import Told
from moderation.verdicts import Answer


async def ask(session: AsyncSession, told: Told) -> str:
    """Say yes to whoever may read it and is welcome here, no to everyone else; asked again, the answer is the same."""
    quoted = await _quoted(session, told)
    if quoted is None or told.actor is None:
        return "left: that is no post of ours"
    instrument = id_of(told.activity.wire.get("instrument"))
    if instrument is None or len(instrument) > 500 or uris.host(instrument) != uris.host(told.actor.uri):
        return "left: it does not say which post of theirs quotes"
    author = await session.get_one(Actor, quoted.author_id)
    if not await _is_welcome(session, told, quoted, author):
        await consent.refuse(session, told.hub.library, author, told.actor, told.activity.wire)
        return "refused a quotation"
    granted = await quotes.grant(session, quoted, told.actor, instrument)
    if granted is None:
        await consent.refuse(session, told.hub.library, author, told.actor, told.activity.wire)
        return "refused a quotation: the consent to it was withdrawn"
    await consent.grant(session, told.hub.library, author, told.actor, granted, told.activity.wire)
    return "granted a quotation"


async def _quoted(session: AsyncSession, told: Told) -> Post | None:
    uri = told.activity.object_id
    if uri is None or not told.hub.uris.is_ours(uri):
        return None
    found = await post.by_uri(session, uri)
    if found is None and (work_id := await resolving.our_work(session, told.hub, uri)) is not None:
        found = await discussions.find(session, told.hub.library, work_id)
    return found if found is not None and found.is_ours and found.is_seen else None


async def _is_welcome(session: AsyncSession, told: Told, quoted: Post, author: Actor) -> bool:
    if told.actor is None or told.actor.state is not ActorState.active or told.verdict.answer in {Answer.limit, Answer.hold}:
        return False
    if author.state is not ActorState.active or quoted.audience not in {Audience.public, Audience.unlisted}:
        return False
    return not await blocks.stands(session, author, told.actor)
