"""Saying something, changing it, taking it back: judged, kept, and owed to other servers, all in one transaction."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from community import text, uris
from community.clock import now
from community.errors import Misconfigured, NotFound, Unwelcome
from community.library import Library
from community.people import actors
from community.people.actors import Actor
from community.posts import attendances
from community.posts import post as posts
from community.posts.post import SEEN_AT_ALL, Post, Standing
from federation import clubs, outbox
from moderation import judge
from moderation.verdicts import Answer, Submission

_LINKS = re.compile(r'href="(https?://[^"]+)"')
_MENTIONS = re.compile(r"(?<![\w/])@[\w.-]+@[\w.-]+\w")
WORDS = ("title", "warning", "place", "html")  # the columns in which somebody says something
LIBRARYS = frozenset({"announcement", "event"})
OWN = frozenset({*SEEN_AT_ALL, Standing.held})


async def announce(session: AsyncSession, library: Library, post: Post) -> None:
    """Say something in the library's own name. Nobody judges it: whoever may do this works here."""
    host = await voice(session)
    post.author_id = host.id
    _name(library, post)
    session.add(post)
    await session.flush()
    await posts.touch(session, post)
    await outbox.publish(session, library, post)


async def correct(session: AsyncSession, library: Library, post: Post, changes: Mapping[str, Any]) -> None:
    """Change what the library said. Who is on the list of an event hears of it when it falls out, or moves in time or place."""
    was, starts, was_off = _what_guests_know(post), post.starts_at, post.cancelled
    for name, value in changes.items():
        setattr(post, name, value)
    if post.kind == "event":
        post.revision += 1
        if post.starts_at != starts:
            post.reminded_at = None
        if _what_guests_know(post) != was and not attendances.is_over(post):
            await attendances.owe_news(session, post)
    post.edited_at = post.changed_at = now()
    await session.flush()
    await posts.touch(session, post)
    await outbox.edit(session, library, post, returns=was_off and not post.cancelled)


def _what_guests_know(post: Post) -> tuple[object, ...]:
    return post.cancelled, post.starts_at, post.ends_at, post.place, post.place_address


async def voice(session: AsyncSession) -> Actor:
    """The library's own actor."""
    host = await actors.local(session, uris.LIBRARY)
    if host is None:
        raise Misconfigured("This library has no keys yet: run `bookmobile migrate`.")
    return host


async def of_the_library(session: AsyncSession, token: str, kind: str) -> Post:
    """An event or announcement of ours, as far as it stands; raises NotFound."""
    query = select(Post).join(Actor, Actor.id == Post.author_id).where(Post.token == token, Post.kind == kind, Actor.domain.is_(None))
    post = (await session.scalars(query.where(Post.standing.in_(OWN)))).first()
    if post is None:
        raise NotFound("There is no such page here.")
    return post


async def publish(session: AsyncSession, library: Library, author: Actor, post: Post) -> Answer:
    """Let a new post be judged, and keep it unless it is refused; what may be seen is owed to everyone concerned."""
    post.author_id = author.id
    _name(library, post)
    said = {name: getattr(post, name) for name in WORDS}
    verdict = await judge.judge(session, _submission(author, post, "Create", said), library.settings.policies)
    if verdict.answer is Answer.refuse:
        return verdict.answer
    session.add(post)
    await session.flush()
    await judge.apply(session, post, verdict)
    await session.flush()
    await posts.touch(session, post)
    await outbox.publish(session, library, post)
    await clubs.tell_new(session, library, post)
    return _outcome(post, verdict.answer)


async def edit(session: AsyncSession, library: Library, author: Actor, post: Post, changes: Mapping[str, Any]) -> Answer:
    """Let changed words be judged, and keep them unless they are refused. `changes` are new values of its columns.

    While new words wait for a person, other servers keep the old ones: a Delete could never be taken back there.
    """
    wanted = {name: changes.get(name, getattr(post, name)) for name in WORDS}
    verdict = await judge.judge(session, _submission(author, post, "Update", wanted), library.settings.policies)
    if verdict.answer is Answer.refuse:
        return verdict.answer
    for name, value in changes.items():
        setattr(post, name, value)
    post.edited_at = post.changed_at = now()
    await judge.apply(session, post, verdict)
    await session.flush()
    await posts.touch(session, post)
    await outbox.edit(session, library, post)  # tells nobody of a held one
    await clubs.tell_changed(session, library, post)
    return _outcome(post, verdict.answer)


def _outcome(post: Post, answer: Answer) -> Answer:
    """What its author is told: harmless new words do not let out what waits already."""
    return Answer.hold if post.standing is Standing.held else answer


async def take_back(session: AsyncSession, library: Library, post: Post) -> None:
    """Delete a post as its author wants: the words go, the address answers 410 for ever, other servers are told."""
    was_told = post.standing in {*SEEN_AT_ALL, Standing.hidden}
    await posts.touch(session, post)
    if was_told:
        await outbox.delete(session, library, post)
        await clubs.tell_gone(session, library, post, post.uri)
    await posts.bury(session, post.uri, "Event" if post.kind == "event" else "Note")
    post.move(Standing.deleted)
    post.title, post.html, post.source, post.warning, post.half_stars = None, "", "", None, None
    post.poster, post.poster_alt = None, None
    await session.flush()


async def opinion(session: AsyncSession, author: Actor, work_id: int) -> Post | None:
    """The one review or rating that this author has on a work, as far as they may still change it."""
    query = select(Post).where(Post.author_id == author.id, Post.about_id == work_id, Post.kind.in_(["review", "rating"]))
    query = query.where(Post.standing.in_(OWN)).order_by(Post.published_at.desc()).limit(1)
    return (await session.scalars(query)).first()


async def turn_into(session: AsyncSession, post: Post, kind: str) -> Post:
    """The same post as another kind: stars that got words are a review from now on."""
    if post.kind == kind:
        return post
    await session.flush()
    await session.execute(update(Post.__table__).where(Post.__table__.c.id == post.id).values(kind=kind))  # type: ignore[arg-type]
    session.expunge(post)
    return await session.get_one(Post, post.id)


async def own(session: AsyncSession, author: Actor, token: str, *, is_librarian: bool = False) -> Post:
    """The author's own post with this token, or news and events of the library for those who work there; raises Unwelcome otherwise."""
    post = (await session.scalars(select(Post).where(Post.token == token))).first()
    if post is not None and post.standing in OWN:
        if post.author_id == author.id:
            return post
        if is_librarian and post.kind in LIBRARYS and post.author_id == (await voice(session)).id:
            return post
    raise Unwelcome("Only its author can change this, and only while it stands.")


def _name(library: Library, post: Post) -> None:
    """Give a new post its token and its addresses."""
    post.token = post.token or uris.token()
    post.uri = library.uris.event(post.token) if post.kind == "event" else library.uris.note(post.token)
    if post.kind in {"event", "announcement"}:
        post.url = f"{library.uris.root}/{post.kind}s/{post.token}"
    else:
        post.url = library.uris.post_page(post.token)


def _submission(author: Actor, post: Post, activity: str, words: Mapping[str, Any]) -> Submission:
    html = words["html"] or ""
    said = "\n".join(part for part in (words["title"], words["warning"], words["place"], text.plain(html)) if part)
    return Submission(
        actor=author,
        actor_uri=author.uri,
        host=None,
        text=said,
        html=html,
        kind=post.kind,
        is_local=True,
        activity_type=activity,
        uri=post.uri,
        reply_to_uri=post.reply_to_uri,
        mentions=len(_MENTIONS.findall(said)),
        links=tuple(dict.fromkeys(_LINKS.findall(html))),
    )
