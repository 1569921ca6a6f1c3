"""Book clubs: made, changed, joined, left, kept."""

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text, uris
from community.errors import Conflict, Unwelcome
from community.library import Library
from community.people import actors, blocks, follows
from community.people.actors import Actor
from community.people.blocks import Block
from community.people.follows import FollowState
from community.posts import clubs
from community.posts.clubs import GROUP, Club, Host
from community.posts.kinds import Thread
from federation import keys, outbox, residents
from moderation.verdicts import Answer
from server.actions import following, publishing
from server.actions.registering import RESERVED


async def found(library: Library, username: str, name: str, about: str, *, reading: int | None, hosts_only: bool, host: int) -> Club:
    """Make a club with keys of its own; whoever makes it keeps it. Raises Conflict when the name is taken."""
    pair = await asyncio.to_thread(keys.new_pair)
    async with library.database.transaction() as session:
        if username in RESERVED or await actors.local(session, username) is not None:
            raise Conflict("This name is taken. Please choose another one.")
        actor = await residents.add(session, library, library.uris.actor(username), GROUP, username, pair, name)
        actor.summary, actor.discoverable, actor.indexable = text.render(about), True, True
        actor.url = f"{library.uris.root}/groups/{username}"
        club = Club(actor_id=actor.id, source=about, reading_id=reading, hosts_only=hosts_only)
        session.add(club)
        await session.flush()
        session.add(Host(club_id=club.id, actor_id=host))
        await join(session, library, await session.get_one(Actor, host), actor)
    return club


async def change(
    session: AsyncSession, library: Library, club: Club, name: str, about: str, *, reading: int | None, hosts_only: bool
) -> None:
    """Change what a club is about or reads, and tell its members elsewhere."""
    actor = await session.get_one(Actor, club.actor_id)
    actor.name, actor.summary = name, text.render(about)
    club.source, club.reading_id, club.hosts_only = about, reading, hosts_only
    await session.flush()
    await outbox.edit_actor(session, library, actor)


async def join(session: AsyncSession, library: Library, reader: Actor, group: Actor) -> None:
    """A reader of ours becomes a member. Raises Conflict when the club has shut them out."""
    await following.follow(session, library, reader, group)


async def leave(session: AsyncSession, library: Library, reader: Actor, group: Actor) -> None:
    """A reader of ours has had enough."""
    await following.unfollow(session, library, reader, group)


async def begin(session: AsyncSession, library: Library, club: Club, author: Actor, words: dict[str, object]) -> tuple[Thread, Answer]:
    """Begin a thread. Raises Unwelcome for whoever may not."""
    if not await clubs.may_begin(session, club, author):
        raise Unwelcome("Only members of this club can begin a conversation in it.")
    thread = Thread(club_id=club.id, about_id=None, **words)
    return thread, await publishing.publish(session, library, author, thread)


async def shut_out(session: AsyncSession, library: Library, club: Club, member: Actor) -> None:
    """A host shuts somebody out: they are no member any more, and what they write in the club is left."""
    group = await session.get_one(Actor, club.actor_id)
    if await session.scalar(select(Host.id).where(Host.club_id == club.id, Host.actor_id == member.id)) is not None:
        raise Conflict("A host cannot be shut out.")
    row = await follows.find(session, member, group)
    if row is not None and row.state in {FollowState.asked, FollowState.granted}:
        follows.refuse(row)
        if not member.is_local:
            await outbox.remove_follower(session, library, row)
    if not await blocks.stands(session, group, member):
        session.add(Block(blocker_id=group.id, blocked_id=member.id, uri=library.uris.activity("block", uris.token())))
