"""Likes and boosts."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from community.clock import now
from community.people import actors
from community.posts import discussions, post
from community.posts.post import Post, Reaction, ReactionKind
from federation import clubs, resolving
from federation.activities import Activity, announced, id_of
from federation.handlers import posts
from federation.handlers.told import Told


async def like(session: AsyncSession, told: Told) -> str:
    """Somebody likes a post that we have."""
    return await _react(session, told, ReactionKind.like, told.activity.object_id)


async def boost(session: AsyncSession, told: Told) -> str:
    """Somebody passes a post on. A library that we follow may thereby show us a review that we do not have yet."""
    uri = announced(told.activity)
    wire = told.known.objects.get(uri or "")
    outcome = ""
    if wire is not None and not told.hub.uris.is_ours(uri or "") and wire.get("id") == uri:
        author = id_of(wire.get("attributedTo")) or ""
        row = (
            await resolving.keep_actor(session, told.known.actors[author])
            if author in told.known.actors
            else await actors.by_uri(session, author)
        )
        outcome = await posts.keep(session, told, wire, row)
    reacted = await _react(session, told, ReactionKind.boost, uri)
    return f"{outcome}; {reacted}" if outcome else reacted


async def take_back(session: AsyncSession, told: Told, inner: Activity) -> str:
    """They no longer like it, or no longer pass it on."""
    if told.actor is None:
        return "left: we do not know them"
    kind = ReactionKind.boost if inner.type == "Announce" else ReactionKind.like
    condition = Reaction.uri == (inner.id or "")
    if (about := await _post(session, told, inner.object_id)) is not None:
        condition = (Reaction.post_id == about.id) & (Reaction.kind == kind)
        await _show_anew(session, about)
    gone = await session.execute(delete(Reaction).where(condition, Reaction.actor_id == told.actor.id).returning(Reaction.id))
    return f"took back a {kind}" if gone.first() is not None else "left: there was nothing to take back"


async def _react(session: AsyncSession, told: Told, kind: ReactionKind, uri: str | None) -> str:
    about = await _post(session, told, uri)
    if about is None or told.actor is None:
        return "left: we do not have that post"
    known = await session.scalar(
        select(Reaction.id).where(Reaction.post_id == about.id, Reaction.kind == kind, Reaction.actor_id == told.actor.id)
    )
    if known is None:
        session.add(Reaction(post_id=about.id, kind=kind, actor_id=told.actor.id, uri=(told.activity.id or told.activity.actor)[:500]))
        await _show_anew(session, about)
        if kind is ReactionKind.like:
            await clubs.relay(session, told.hub.library, about, told.activity.wire)
    return f"kept a {kind}"


async def _show_anew(session: AsyncSession, about: Post) -> None:
    """The count is part of the pages that show a post, its own and that of its title: those that are kept are to be made again."""
    about.changed_at = now()
    await post.touch(session, about)


async def _post(session: AsyncSession, told: Told, uri: str | None) -> Post | None:
    if uri is None:
        return None
    found = await post.by_uri(session, uri)
    if found is None and told.hub.uris.is_ours(uri) and (work_id := await resolving.our_work(session, told.hub, uri)) is not None:
        found = await discussions.find(session, told.hub.library, work_id)
    return found if found is not None and found.is_seen else None
