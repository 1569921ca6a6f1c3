"""Actors that are made when they are first needed: of titles, authors, subjects, series and searches. They share the library's key."""

from babel import Locale, UnknownLocaleError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.catalog.languages import TWO_LETTERS
from community.library import Library
from community.messages import gettext
from community.people import actors
from community.people.actors import Actor
from community.posts import topics
from community.posts.topics import NAME, Topic
from community.uris import LIBRARY
from themes.filters import AUDIENCES, FORMATS

MOST_LABEL = 200  # characters
N_ = str  # marks messages that are said in the library's language

SUMMARIES: dict[str, str] = {
    "work": N_("New reviews of “%(label)s”, from %(library)s."),
    "author": N_("New titles by %(label)s at %(library)s, once a day at most."),
    "subject": N_("New titles about “%(label)s” at %(library)s, once a day at most."),
    "series": N_("New titles of the series “%(label)s” at %(library)s, once a day at most."),
    "search": N_("New titles at %(library)s found by “%(label)s”, once a day at most."),
}


async def find(session: AsyncSession, library: Library, username: str) -> Actor | None:
    """Our own actor of that name: a row, or what would be one if somebody followed it."""
    known = (await session.scalars(select(Actor).where(Actor.username == username, Actor.domain.is_(None)))).first()
    return known if known is not None or not topics.is_topic(username) else await _unwritten(session, library, username)


async def settle(session: AsyncSession, library: Library, uri: str) -> Actor | None:
    """The actor of something that is followed now for the first time; None for nothing of ours."""
    username = library.uris.username(uri)
    if username is None or not topics.is_topic(username):
        return None
    topic = await topics.settle(session, username)
    if topic is None:
        return None
    actor = await _unwritten(session, library, username)
    if topic.actor_id is not None:
        known = await session.get_one(Actor, topic.actor_id)
        for name in ("name", "summary", "icon_url") if actor is not None else ():
            if getattr(known, name) != getattr(actor, name):  # the catalogue may call it otherwise by now
                setattr(known, name, getattr(actor, name))
        return known
    if actor is None:
        return None
    session.add(actor)
    await session.flush()
    topic.actor_id = actor.id
    return actor


def page(library: Library, username: str, topic: Topic | None) -> str:
    """The page that the actor stands for."""
    name = NAME.fullmatch(username)
    if name is None or name["token"]:
        return f"{library.uris.root}/search?{topic.query if topic is not None else ''}"
    number = int(name["number"])
    return {"work": library.uris.work, "author": library.uris.author, "subject": library.uris.subject, "series": library.uris.series}[
        name["kind"]
    ](number)


def words(language: str, query: str) -> str:
    """A search in words for people: what was typed, and by what it is narrowed.

    >>> words("en", "q=crime&format=book&language=ita&year=1990-1999")
    'crime · Book · Italian · 1990-1999'
    """
    return " · ".join(_value(language, name, value) for name, value in topics.pairs(query))


def _value(language: str, name: str, value: str) -> str:
    known = {"format": FORMATS, "audience": AUDIENCES}.get(name, {})
    if value in known:
        return gettext(language, known[value])
    if name == "language":
        try:
            return Locale.parse(TWO_LETTERS.get(value, value)).get_display_name(language) or value
        except (UnknownLocaleError, ValueError):
            return value
    return value


def bare(library: Library, actor: Actor) -> str:
    """What a thing is called, without the library's name after it."""
    return actor.label.removesuffix(f" – {library.settings.name}")


async def _unwritten(session: AsyncSession, library: Library, username: str) -> Actor | None:
    label = await topics.label(session, username)
    host = await actors.local(session, LIBRARY)
    if label is None or host is None:
        return None
    uri = library.uris.actor(username)
    topic = await topics.find(session, username)
    if topic is not None and topic.query is not None:
        label = words(library.settings.language, topic.query)
    kind = username.partition("-")[0]
    summary = gettext(library.settings.language, SUMMARIES[kind], label=label, library=library.settings.name)
    return Actor(
        uri=uri,
        kind="Service",
        username=username,
        domain=None,
        name=f"{label[:MOST_LABEL]} – {library.settings.name}"[:300],
        summary=f"<p>{text.escape(summary)}</p>",
        url=page(library, username, topic),
        inbox=f"{uri}/inbox",
        shared_inbox=library.uris.shared_inbox,
        outbox=f"{uri}/outbox",
        followers=f"{uri}/followers",
        icon_url=library.uris.cover(int(username.partition("-")[2]), "png") if kind == "work" else library.uris.icon(username),
        key_id=f"{uri}#main-key",
        public_key=host.public_key,
        also_known_as=[],
        manually_approves=False,
        discoverable=True,
        indexable=True,
        state=host.state,
        created_at=topic.created_at if topic is not None else host.created_at,
        changed_at=host.changed_at,
    )
