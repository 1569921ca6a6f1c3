"""Somebody elsewhere wrote, changed or took back something."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy import update as sql_update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from community import uris
from community.clock import days, now
from community.database import table_of
from community.people.actors import Actor, ActorState
from community.posts import clubs as rules
from community.posts import conversations, kinds, pictures, post, quotes
from community.posts.clubs import Club
from community.posts.post import Audience, Post, Standing
from federation import activities, clubs, errands, flows, media, reading, submissions
from federation.activities import ids_of, type_of
from federation.handlers import joins, profiles
from federation.handlers.told import Told
from federation.reading import Said
from federation.vocabulary import ACTOR_TYPES, POST_TYPES
from federation.wire import Wire
from moderation import judge
from moderation.verdicts import Answer, Verdict

FRESH_UPDATE: timedelta = days(1)  # an Update of something unknown that is younger than this is news to us


async def create(session: AsyncSession, told: Told) -> str:
    """Keep what somebody wrote, if it is of a kind we know and concerns someone or something here."""
    wire = _object(told)
    if wire is None:
        return "left: its object could not be read"
    return await keep(session, told, wire, told.actor)


async def keep(session: AsyncSession, told: Told, wire: Wire, author: Actor | None) -> str:
    """Keep a remark by this author. Told twice, kept once."""
    kind = type_of(wire)
    if kind not in POST_TYPES:
        return f"left: we do not keep {kind}"
    if author is None:
        return f"left: its author could not be read ({'; '.join(told.known.problems)[:200]})"
    if author.uri not in ids_of(wire.get("attributedTo")):
        return "left: nobody says that they wrote it"
    if author.state is ActorState.suspended:
        return "left: its author is suspended here"
    said = await reading.read(session, told.hub, wire, told.known)
    if said is None:
        return "left: it is not a remark"
    if not said.concerns_us and told.known.later is not None:
        raise told.known.later  # we shall ask again what it speaks of
    attends = await joins.hear(session, told, wire, author)
    if said.audience in {Audience.followers, Audience.direct}:
        if attends is not None:
            return attends  # to come is a thing between a guest and the library: the words are not kept
        return "left: it was not said to everyone, and nobody here reads private posts"
    if not said.concerns_us:
        return "left: it concerns nothing and nobody here"
    if said.about_id is not None and not await flows.takes_from(session, author.domain):
        return "left: a librarian stopped taking what is said there"
    if (closed := await _shut_out(session, said, author)) is not None:
        return closed
    known = await post.by_uri(session, said.uri)
    if known is not None:
        return f"known: {known.kind}" if known.author_id == author.id else "left: somebody else wrote that"
    if await post.is_tombstone(session, said.uri):
        return "left: it has been deleted already"
    verdict = await _verdict(session, told, "Create", wire, author)
    if verdict.answer is Answer.refuse:
        return f"refused by {verdict.policy}: {verdict.reason}"
    made = kinds.KINDS[said.kind](uri=said.uri, author_id=author.id, **_columns(said))
    session.add(made)
    await session.flush()
    await judge.apply(session, made, verdict)
    await media.want(session, made, author, wire)
    await conversations.join(session, made)
    if told.activity.embedded is wire:
        await clubs.pass_on(session, told.hub.library, made, told.activity.wire)
    errands.owe(session, made)
    await post.touch(session, made)
    return f"kept as {made.kind}" + ("" if made.standing is Standing.shown else f", {made.standing}")


async def update(session: AsyncSession, told: Told) -> str:
    """Take the new words of something we have, if its author says them."""
    wire = _object(told)
    if wire is None:
        return "left: its object could not be read"
    if type_of(wire) in ACTOR_TYPES:
        return await profiles.refresh(session, told, wire)
    known = await post.by_uri(session, str(wire.get("id")))
    if known is None:
        published = activities.moment(wire.get("published"))
        if published is not None and now() - published < FRESH_UPDATE:
            return await create(session, told)
        return "left: we do not have what it changes"
    if told.actor is None or known.author_id != told.actor.id:
        return "left: somebody else wrote that"
    if known.standing is Standing.deleted:
        return "left: it has been deleted already"
    said = await reading.read(session, told.hub, wire, told.known)
    if said is None:
        return "left: it is not a remark"
    if told.known.later is not None and known.kind in {"review", "rating"}:
        raise told.known.later  # without its title it would be no review any more
    if (
        known.club_id is not None
        and (club := await rules.of_post(session, known))
        and not await rules.may_answer(session, club, told.actor)
    ):
        return "left: this club has shut them out"
    newest = known.edited_at or known.published_at
    if said.edited_at is not None and said.edited_at < newest:
        return "left: we have newer words"
    verdict = await _verdict(session, told, "Update", wire, told.actor)
    if verdict.answer is Answer.refuse:
        return f"refused by {verdict.policy}: {verdict.reason}"
    changed = await _change(session, known, said)
    await judge.apply(session, changed, verdict)
    await media.want(session, changed, told.actor, wire)
    if told.activity.embedded is wire and changed.standing is Standing.shown:
        await clubs.relay(session, told.hub.library, changed, told.activity.wire)
    return f"changed a {said.kind}"


async def delete(session: AsyncSession, told: Told) -> str:
    """Take back what its author takes back: a post, or everything when they leave."""
    uri = told.activity.object_id
    if uri is None:
        return "left: it names nothing"
    if uri == told.activity.actor:
        return await profiles.farewell(session, told)
    known = await post.by_uri(session, uri)
    if told.actor is not None and await quotes.forget(session, uri, told.actor) and known is None:
        return "forgot a quotation of ours"
    if known is None:
        # Its Create may still be on the way: remember, so that it does not come in afterwards. Only what can be theirs.
        if uris.host(uri) == uris.host(told.activity.actor):
            await post.bury(session, uri[:500], "Note")
        return "left: we do not have it"
    if told.actor is None or known.author_id != told.actor.id:
        return "left: somebody else wrote that"
    if told.activity.wire:
        await clubs.relay(session, told.hub.library, known, told.activity.wire)
    await erase(session, known)
    return f"deleted a {known.kind}"


async def erase(session: AsyncSession, known: Post) -> None:
    """Forget the words of a post and keep its place, so that the answers to it still stand somewhere."""
    if known.standing is Standing.deleted:
        return
    known.move(Standing.deleted)
    known.html, known.source, known.title, known.warning, known.half_stars = "", known.source and "", None, None, None
    await pictures.forget(session, {known.id})
    await post.bury(session, known.uri, "Event" if known.kind == "event" else "Note")
    await post.touch(session, known)


async def _shut_out(session: AsyncSession, said: Said, author: Actor) -> str | None:
    """Why somebody may not say this in a book club; None when they may, or it is said in none."""
    if said.club_id is None:
        return None
    club = (await session.scalars(select(Club).where(Club.id == said.club_id).options(joinedload(Club.actor)))).one()
    if said.kind == "thread" and not await rules.may_begin(session, club, author):
        return "left: only members begin threads in this club"
    return None if await rules.may_answer(session, club, author) else "left: this club has shut them out"


async def _verdict(session: AsyncSession, told: Told, kind: str, wire: Wire, author: Actor) -> Verdict:
    """What moderation thinks of these words: at the door it saw only those that came along, and whoever told us of them."""
    if told.activity.embedded is wire:
        return told.verdict
    return await judge.judge(session, submissions.of(kind, wire, author, author.uri, str(wire.get("id"))), told.hub.settings.policies)


def _object(told: Told) -> Wire | None:
    embedded = told.activity.embedded
    return embedded if embedded is not None else told.known.objects.get(told.activity.object_id or "")


def _columns(said: Said) -> dict[str, object]:
    return {
        "url": said.url,
        "html": said.html,
        "title": said.title,
        "warning": said.warning,
        "language": said.language,
        "half_stars": said.half_stars,
        "audience": said.audience,
        "about_id": said.about_id,
        "club_id": said.club_id,
        "reply_to_id": said.reply_to_id,
        "reply_to_uri": said.reply_to_uri,
        "published_at": said.published_at,
        "edited_at": said.edited_at,
    }


async def _change(session: AsyncSession, known: Post, said: Said) -> Post:
    columns = _columns(said) | {"edited_at": said.edited_at or now(), "published_at": known.published_at, "changed_at": now()}
    # What it answers stays: two posts that answered each other would be a thread without an end.
    columns |= {"reply_to_id": known.reply_to_id, "reply_to_uri": known.reply_to_uri, "club_id": known.club_id}
    if said.about_id is None:
        columns["about_id"] = known.about_id
    kind = said.kind if known.about_id is not None or said.about_id is not None else "comment"
    kind = "thread" if known.kind == "thread" else kind
    # A rating that got words is a review now: the kind is a column, whatever class the row was loaded as.
    await session.execute(sql_update(table_of(Post)).where(table_of(Post).c.id == known.id).values(kind=kind, **columns))
    await post.touch(session, known)
    session.expunge(known)
    return await session.get_one(Post, known.id)
