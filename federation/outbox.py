"""What we tell other servers: rows that are owed, written with what caused them."""

import json

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from community import uris
from community.clock import now
from community.due import Owed
from community.errors import Misconfigured
from community.library import Library
from community.people import actors
from community.people.actors import Actor, ActorKey, ActorState
from community.people.follows import Follow, FollowState
from community.posts.post import Audience, Post, Reaction, Standing
from community.uris import LIBRARY, PUBLIC
from federation import documents, keys, overtaking, proofs, routing
from federation.renditions import facts, note
from federation.renditions.note import tombstone
from federation.renditions.table import RENDITIONS
from federation.routing import Dialect
from federation.tables import Delivery, Instance, Outgoing, Partner
from federation.vocabulary import AS, CONTEXT
from federation.wire import Wire, read_json
from moderation import domains
from moderation.tables import DomainAnswer

SOFTWARE = "bookmobile"
DEAF_TO_FAREWELLS = ("snac",)  # they delete single posts, but leave the Delete of a person alone
MOST_ABOVE = 30  # posts up a thread whose authors hear of an answer
TOLD = frozenset({Standing.shown, Standing.limited})


async def publish(session: AsyncSession, library: Library, post: Post) -> None:
    """Tell everyone concerned of a new post of ours. A held or hidden one is told to nobody."""
    if post.standing not in TOLD or post.kind == "discussion":
        return
    author = await session.get_one(Actor, post.author_id)
    inboxes = await audience_of(session, library, post, author)
    if not _is_readers_review(library, post, author):
        await _tell(session, library, "Create", author, post, post.token, inboxes)
        return
    host = await session.get_one(Actor, await _library_id(session))
    # BookWyrm puts a review on the page of its book, whoever sends it; what was only passed on, it may leave.
    pages = await routing.hearing(session, await followers_of(session, host), frozenset({Dialect.bookwyrm}))
    await _tell(session, library, "Create", author, post, post.token, inboxes | pages)
    await _boost(session, library, post, without=inboxes)


async def edit(session: AsyncSession, library: Library, post: Post, *, returns: bool = False) -> None:
    """Tell everyone who heard of it that a post of ours has new words, or, a cancelled event, `returns`. `edited_at` must be set."""
    if post.standing not in TOLD or post.kind == "discussion":
        return
    author = await session.get_one(Actor, post.author_id)
    inboxes = await audience_of(session, library, post, author) | await reached(session, post, post.uri)
    await _tell(session, library, "Update", author, post, f"{post.token}-{uris.token(8)}", inboxes, returns=returns)
    await pass_on(session, library, post)


async def tell_calendars(session: AsyncSession, library: Library, event: Post) -> None:
    """Tell the servers that show how many come to an event; to everybody else nothing has changed."""
    if event.standing not in TOLD:
        return
    author = await session.get_one(Actor, event.author_id)
    inboxes = await audience_of(session, library, event, author) | await reached(session, event, event.uri)
    calendars = await routing.hearing(session, inboxes, frozenset({Dialect.events}))
    await _tell(session, library, "Update", author, event, f"{event.token}-{uris.token(8)}", calendars)


async def delete(session: AsyncSession, library: Library, post: Post, uri: str | None = None) -> None:
    """Take back a post of ours (or the address that it had) everywhere it went, in its author's name."""
    author = await session.get_one(Actor, post.author_id)
    gone = uri or post.uri
    inboxes = await audience_of(session, library, post, author) | await reached(session, post, gone)
    await owe(session, author, deletion(library, author, post, gone), inboxes)


async def delete_actor(session: AsyncSession, library: Library, actor: Actor) -> None:
    """Tell everyone who ever heard of them that an actor of ours has left."""
    activity = {
        "@context": AS,
        "id": library.uris.activity("delete", f"{actor.username}-{uris.token(8)}"),
        "type": "Delete",
        "actor": actor.uri,
        "to": [PUBLIC],
        "object": actor.uri,
    }
    inboxes = await _heard(session, actor)
    await owe(session, actor, activity, inboxes)
    hosts = set(await session.scalars(select(Instance.host).where(Instance.software.in_(DEAF_TO_FAREWELLS))))
    if deaf := {inbox for inbox in inboxes if uris.host(inbox) in hosts}:
        for post in await session.scalars(select(Post).where(Post.author_id == actor.id, Post.kind != "discussion")):
            await owe(session, actor, deletion(library, actor, post, post.uri), deaf & await reached(session, post, post.uri))


async def edit_actor(session: AsyncSession, library: Library, actor: Actor) -> None:
    """Tell everyone who ever heard of them that an actor of ours has a new profile, or is suspended."""
    wire = await documents.actor(session, library, actor)
    activity = activity_of(library, "Update", actor, wire | {"to": [PUBLIC], "cc": []}, f"{actor.username}-{uris.token(8)}")
    await owe(session, actor, activity, await routing.hearing(session, await _heard(session, actor), routing.HEAR_PROFILES))


async def follow(session: AsyncSession, library: Library, follower: Actor, followed: Actor, uri: str) -> None:
    """Ask somebody elsewhere whether one of ours may follow; `uri` is the follow's own address."""
    activity = {"@context": AS, "id": uri, "type": "Follow", "actor": follower.uri, "object": followed.uri, "to": [followed.uri]}
    await owe(session, follower, activity, {followed.inbox})


async def unfollow(session: AsyncSession, library: Library, follower: Actor, followed: Actor, uri: str) -> None:
    """Say that one of ours follows no longer."""
    inner = {"id": uri, "type": "Follow", "actor": follower.uri, "object": followed.uri}
    activity = {"@context": AS, "id": f"{uri}-undo", "type": "Undo", "actor": follower.uri, "object": inner, "to": [followed.uri]}
    await owe(session, follower, activity, {followed.inbox})


async def accept_follow(session: AsyncSession, library: Library, followed: Actor, follower: Actor, wire: Wire) -> None:
    """Say yes; the Follow travels back whole, as BookWyrm needs it."""
    await _answer(session, library, "Accept", followed, follower, wire)


async def refuse_follow(session: AsyncSession, library: Library, followed: Actor, follower: Actor, wire: Wire) -> None:
    """Say no, or no longer."""
    await _answer(session, library, "Reject", followed, follower, wire)


async def remove_follower(session: AsyncSession, library: Library, row: Follow) -> None:
    """Say no to a follow that was granted before."""
    follower, followed = await session.get_one(Actor, row.follower_id), await session.get_one(Actor, row.followed_id)
    wire = {"id": row.uri, "type": "Follow", "actor": follower.uri, "object": followed.uri}
    await _answer(session, library, "Reject", followed, follower, wire)


async def like(session: AsyncSession, library: Library, actor: Actor, post: Post, uri: str) -> None:
    """Tell its author that one of ours likes a post."""
    author = await session.get_one(Actor, post.author_id)
    if not author.is_local:
        activity = {"@context": AS, "id": uri, "type": "Like", "actor": actor.uri, "object": post.uri, "to": [author.uri]}
        await owe(session, actor, activity, {author.inbox})


async def flag(session: AsyncSession, library: Library, about: Actor, objects: list[str], reason: str) -> None:
    """Report somebody elsewhere to their own server: in the name of our server, the account first, nobody else named."""
    reporter = await actors.by_uri(session, library.uris.instance)
    if reporter is None:
        raise Misconfigured("This library has no keys yet: run `bookmobile migrate`.")
    activity = {
        "@context": AS,
        "id": library.uris.activity("flag", uris.token()),
        "type": "Flag",
        "actor": reporter.uri,
        "content": reason,
        "to": [about.uri],
        "object": [about.uri, *objects],
    }
    await owe(session, reporter, activity, {about.inbox})


async def _tell(
    session: AsyncSession, library: Library, verb: str, author: Actor, post: Post, name: str, inboxes: set[str], *, returns: bool = False
) -> None:
    """Owe a post to each of these inboxes in the rendition that its server understands, if there is one."""
    groups = await routing.sort(session, inboxes)
    known = await facts.facts(session, post) if groups else None
    for dialect, rendition in RENDITIONS.items():
        if known is None or dialect not in groups:
            continue
        if dialect is Dialect.gancio and post.cancelled and verb == "Update":
            # It shows no state of an event: what does not take place has to go.
            await owe(session, author, deletion(library, author, post, post.uri), groups[dialect])
        elif (wire := rendition(library, known)) is not None:
            # Gancio changes nothing that it does not have: what it was told to delete has to be made again.
            what = "Create" if dialect is Dialect.gancio and returns else verb
            await owe(session, author, activity_of(library, what, author, wire, name), groups[dialect])


def activity_of(library: Library, verb: str, author: Actor, wire: Wire, name: str) -> Wire:
    """What `author` does with this object, as an activity of ours; `name` makes its address the only one."""
    bare = {key: value for key, value in wire.items() if key != "@context"}
    return {
        "@context": wire["@context"],
        "id": library.uris.activity(verb.lower(), name),
        "type": verb,
        "actor": author.uri,
        "published": note.moment(now()),
        "to": wire.get("to", [PUBLIC]),
        "cc": wire.get("cc", []),
        "object": bare,
    }


def deletion(library: Library, author: Actor, post: Post, uri: str) -> Wire:
    """That a post of ours is gone, as its author says it."""
    return {
        "@context": CONTEXT,
        "id": library.uris.activity("delete", f"{post.token}-{uris.token(8)}"),
        "type": "Delete",
        "actor": author.uri,
        "to": [PUBLIC],
        "cc": [author.followers or f"{author.uri}/followers"],
        "object": {key: value for key, value in tombstone(uri, "Event" if post.kind == "event" else "Note").items() if key != "@context"},
    }


async def _answer(session: AsyncSession, library: Library, verb: str, followed: Actor, follower: Actor, wire: Wire) -> None:
    inner = {"id": wire.get("id"), "type": "Follow", "actor": follower.uri, "object": followed.uri}
    activity = {
        "@context": AS,
        "id": library.uris.activity(verb.lower(), uris.token()),
        "type": verb,
        "actor": followed.uri,
        "to": [follower.uri],
        "object": {key: value for key, value in inner.items() if value is not None},
    }
    await owe(session, followed, activity, {follower.inbox})


def _is_readers_review(library: Library, post: Post, author: Actor) -> bool:
    is_review = post.kind == "review" and post.audience is Audience.public and post.standing is Standing.shown
    return is_review and author.username != LIBRARY and library.settings.announce_reviews


async def pass_on(session: AsyncSession, library: Library, post: Post) -> None:
    """Let the library stand behind a reader's review as long as everyone may see it here: pass it on, or take back that it did."""
    if post.kind not in {"review", "rating", "comment"} or not post.is_ours:
        return
    author = await session.get_one(Actor, post.author_id)
    standing = await boosts(session, post, await _library_id(session))
    if not _is_readers_review(library, post, author):
        for row in standing:
            await unboost(session, row)
    elif not standing:
        await _boost(session, library, post, without=await audience_of(session, library, post, author))


async def _boost(session: AsyncSession, library: Library, post: Post, *, without: set[str]) -> None:
    """Let the library's account pass a reader's review on to those who follow the library and do not get it anyway."""
    host = await session.get_one(Actor, await _library_id(session))
    author = await session.get_one(Actor, post.author_id)
    stopped = set(await session.scalars(select(Partner.host).where(~Partner.gives)))
    inboxes = {inbox for inbox in await followers_of(session, host) - without if uris.host(inbox) not in stopped}
    await announce(session, library, host, post, author, inboxes)


async def announce(session: AsyncSession, library: Library, host: Actor, post: Post, author: Actor, inboxes: set[str]) -> None:
    """Let an actor of ours pass somebody's post on to these inboxes, as far as that means something there."""
    activity = {
        "@context": AS,
        "id": library.uris.activity("announce", f"{post.token}-{uris.token(8)}"),
        "type": "Announce",
        "actor": host.uri,
        "published": note.moment(now()),
        "to": [PUBLIC],
        "cc": [host.followers or f"{host.uri}/followers", author.uri],
        "object": post.uri,
    }
    await owe(session, host, activity, await routing.hearing(session, inboxes, routing.HEAR_BOOSTS))


async def boosts(session: AsyncSession, post: Post, signer_id: int) -> list[Outgoing]:
    """The announcements of a post by this actor of ours that were not taken back."""
    undone = aliased(Outgoing)
    query = select(Outgoing).where(
        Outgoing.object_uri == post.uri,
        Outgoing.kind == "Announce",
        Outgoing.signer_id == signer_id,
        ~select(undone.id).where(undone.object_uri == Outgoing.uri, undone.kind == "Undo").exists(),
    )
    return list(await session.scalars(query))


async def unboost(session: AsyncSession, row: Outgoing) -> None:
    """Take an announcement back, wherever it went."""
    announce = read_json(row.body)
    inner = {name: announce[name] for name in ("id", "type", "actor", "object", "to", "cc")}
    undo = {"@context": AS, "id": f"{row.uri}-undo", "type": "Undo", "actor": announce["actor"], "object": inner, "to": inner["to"]}
    told = set(await session.scalars(select(Delivery.inbox).where(Delivery.outgoing_id == row.id)))
    await owe(session, await session.get_one(Actor, row.signer_id), undo, told)


async def _library_id(session: AsyncSession) -> int:
    found = await session.scalar(select(Actor.id).where(Actor.username == LIBRARY, Actor.domain.is_(None)))
    if found is None:
        raise Misconfigured("This library has no keys yet: run `bookmobile migrate`.")
    return found


async def audience_of(session: AsyncSession, library: Library, post: Post, author: Actor) -> set[str]:
    """The inboxes that a post of ours concerns: followers, whom it answers, and partner libraries for what is said of a title."""
    inboxes: set[str] = set()
    if post.audience is not Audience.direct:
        inboxes |= await followers_of(session, author)
    if post.reply_to_id is not None:
        # What only one person shall read goes to them alone, not to everyone who spoke before.
        for spoken_to in await _above(session, post, 1 if post.audience is Audience.direct else MOST_ABOVE):
            if not spoken_to.is_local:
                inboxes.add(spoken_to.shared_inbox or spoken_to.inbox)
    if post.about_id is not None and post.audience in {Audience.public, Audience.unlisted}:
        inboxes |= await partners(session)
    return inboxes


async def _above(session: AsyncSession, post: Post, most: int) -> list[Actor]:
    """Who wrote what a post answers, and what that answers, so many steps up."""
    found: list[Actor] = []
    above = post.reply_to_id
    while above is not None and len(found) < most:
        answered = await session.get_one(Post, above)
        found.append(await session.get_one(Actor, answered.author_id))
        above = answered.reply_to_id
    return found


async def followers_of(session: AsyncSession, actor: Actor) -> set[str]:
    """One inbox for each server that follows: the shared one where there is one."""
    query = (
        select(func.coalesce(Actor.shared_inbox, Actor.inbox))
        .join(Follow, Follow.follower_id == Actor.id)
        .where(Follow.followed_id == actor.id, Follow.state == FollowState.granted, Actor.domain.is_not(None))
        .where(Actor.state.not_in([ActorState.suspended, ActorState.gone]))
        .distinct()
    )
    return set(await session.scalars(query))


async def partners(session: AsyncSession) -> set[str]:
    """Libraries on our own software that follow our library."""
    query = (
        select(func.coalesce(Actor.shared_inbox, Actor.inbox))
        .join(Follow, Follow.follower_id == Actor.id)
        .join(Instance, Instance.host == Actor.domain)
        .where(Follow.state == FollowState.granted, Instance.software == SOFTWARE, Actor.username == LIBRARY)
        .where(Actor.domain.not_in(select(Partner.host).where(~Partner.gives)))
        .where(Follow.followed_id == select(Actor.id).where(Actor.username == LIBRARY, Actor.domain.is_(None)).scalar_subquery())
        .distinct()
    )
    return set(await session.scalars(query))


async def reached(session: AsyncSession, post: Post, uri: str) -> set[str]:
    """Every inbox that was ever owed this post; of a public one also of whoever answered, liked or boosted it unasked."""
    owed = select(Delivery.inbox).join(Outgoing, Outgoing.id == Delivery.outgoing_id).where(Outgoing.object_uri == uri)
    inboxes = set(await session.scalars(owed.distinct()))
    if post.audience in {Audience.public, Audience.unlisted}:
        people = (
            select(Post.author_id).where(Post.reply_to_id == post.id).union(select(Reaction.actor_id).where(Reaction.post_id == post.id))
        )
        query = select(func.coalesce(Actor.shared_inbox, Actor.inbox)).where(Actor.id.in_(people), Actor.domain.is_not(None))
        inboxes |= set(await session.scalars(query.distinct()))
    return inboxes


async def _heard(session: AsyncSession, actor: Actor) -> set[str]:
    """Every inbox that was ever owed something by this actor, or a boost of theirs by the library; and their followers now."""
    theirs = select(Post.uri).where(Post.author_id == actor.id)
    owed = select(Delivery.inbox).join(Outgoing, Outgoing.id == Delivery.outgoing_id)
    heard = owed.where((Outgoing.signer_id == actor.id) | Outgoing.object_uri.in_(theirs))
    return set(await session.scalars(heard.distinct())) | await followers_of(session, actor)


async def _proven(session: AsyncSession, signer: Actor, activity: Wire) -> Wire:
    """What everyone may read carries a proof, made once however many it goes to: partners can keep it, and know later that it is true."""
    if PUBLIC not in activity.get("to", []) and PUBLIC not in activity.get("cc", []):
        return activity
    pem = await session.scalar(select(ActorKey.proof_key).where(ActorKey.actor_id == signer.id))
    return proofs.sign(activity, f"{signer.uri}#{proofs.KEY}", keys.proof_key(pem), now()) if pem is not None else activity


async def owe(session: AsyncSession, signer: Actor, activity: Wire, inboxes: set[str]) -> None:
    """Owe this to each inbox once, except on servers that we refuse. The body is kept once, however many there are."""
    for host in {uris.host(inbox) for inbox in inboxes}:
        if await domains.answer_for(session, host) is DomainAnswer.refuse:
            inboxes = {inbox for inbox in inboxes if uris.host(inbox) != host}
    if not inboxes:
        return
    activity = await _proven(session, signer, activity)
    target = activity.get("object")
    object_uri = target.get("id") if isinstance(target, dict) else target
    outgoing = Outgoing(
        uri=activity["id"],
        kind=activity["type"],
        object_uri=object_uri if isinstance(object_uri, str) else None,
        signer_id=signer.id,
        body=json.dumps(activity, ensure_ascii=False, separators=(",", ":")).encode(),
    )
    session.add(outgoing)
    await session.flush()
    moment = overtaking.due(outgoing.kind)
    rows = [
        {"outgoing_id": outgoing.id, "inbox": inbox, "host": uris.host(inbox), "state": Owed.waiting, "due_at": moment, "attempts": 0}
        for inbox in sorted(inboxes)
    ]
    await session.execute(insert(Delivery), rows)
    await overtaking.overtake(session, outgoing)
