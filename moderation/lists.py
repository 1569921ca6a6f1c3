"""The long lists of moderation: servers, words, people. Asked through `Database.read`, in a few statements each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from community.people.accounts import Account, Role
from community.people.actors import Actor, ActorState
from community.posts.post import SEEN_AT_ALL, Post
from moderation.rows import Person, person
from moderation.tables import Action, Case, Decision, DomainRule, ListedWord, LogEntry

RESTRICTIONS = (Action.limit, Action.suspend)


@dataclass(frozen=True, slots=True)
class ServerRow:
    """Another server, and how we treat it."""

    domain: str
    answer: str  # allow, limit, hold, refuse; empty: like everyone
    reason: str
    by: str  # who decided
    since: datetime | None
    people: int
    posts: int  # that are seen
    last_seen: datetime | None  # when somebody there last said something


@dataclass(frozen=True, slots=True)
class WordRow:
    """A listed word or phrase."""

    id: int
    phrase: str
    answer: str
    note: str
    caught: int


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody as moderators see them."""

    person: Person
    role: str  # empty: not ours
    since: datetime
    posts: int
    cases: int
    reason: str  # of a limit or suspension that stands


def servers(session: Session, limit: int = 100, after: str = "") -> list[ServerRow]:
    """The servers that we met or decided about, by name; `after` is the last name that was shown."""
    met = select(Actor.domain).where(Actor.domain.is_not(None)).union(select(DomainRule.domain)).subquery()
    names = [name for (name,) in session.execute(select(met.c.domain).where(met.c.domain > after).order_by(met.c.domain).limit(limit))]
    rules = {rule.domain: rule for rule in session.scalars(select(DomainRule).where(DomainRule.domain.in_(names)))}
    newest = select(func.max(LogEntry.id)).where(LogEntry.about.in_(rules)).group_by(LogEntry.about)
    deciders = {entry.about: entry.who for entry in session.scalars(select(LogEntry).where(LogEntry.id.in_(newest)))}
    counted = select(Actor.domain, func.count()).where(Actor.domain.in_(names)).group_by(Actor.domain)
    people = {domain: count for domain, count in session.execute(counted)}
    spoken = select(Actor.domain, func.count(), func.max(Post.published_at)).join(Post, Post.author_id == Actor.id)
    spoken = spoken.where(Actor.domain.in_(names), Post.standing.in_(SEEN_AT_ALL)).group_by(Actor.domain)
    posts = {domain: (count, last) for domain, count, last in session.execute(spoken)}
    rows = []
    for name in names:
        rule = rules.get(name)
        count, last = posts.get(name, (0, None))
        rows.append(
            ServerRow(
                domain=name,
                answer=rule.answer.value if rule else "",
                reason=rule.reason if rule else "",
                by=deciders.get(name, ""),
                since=rule.changed_at if rule else None,
                people=people.get(name, 0),
                posts=count,
                last_seen=last,
            )
        )
    return rows


def listed_words(session: Session) -> list[WordRow]:
    """All listed words, and how many posts each stopped."""
    caught = select(LogEntry.reason, func.count()).where(LogEntry.who == "policy words").group_by(LogEntry.reason)
    counts = {reason.removeprefix("Listed word: "): count for reason, count in session.execute(caught)}
    words = session.scalars(select(ListedWord).order_by(ListedWord.phrase))
    return [WordRow(word.id, word.phrase, word.answer.value, word.reason, counts.get(word.phrase, 0)) for word in words]


def people(
    session: Session,
    *,
    query: str = "",
    state: ActorState | None = None,
    only_ours: bool = False,
    limit: int = 50,
    before: int | None = None,
) -> list[PersonRow]:
    """Those who write here or are heard here, the newest first; by name or handle, by state. `before` is the last id that was shown."""
    wanted = select(Actor, Account.role).outerjoin(Account, Account.actor_id == Actor.id).order_by(Actor.id.desc()).limit(limit)
    username, _, domain = query.strip().lower().removeprefix("@").partition("@")
    if username:
        like = "%" + username.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        wanted = wanted.where(or_(func.lower(Actor.username).like(like, escape="\\"), func.lower(Actor.name).like(like, escape="\\")))
    if domain:
        wanted = wanted.where(Actor.domain == domain)
    if state is not None:
        wanted = wanted.where(Actor.state == state)
    if only_ours:
        wanted = wanted.where(Actor.domain.is_(None))
    if before is not None:
        wanted = wanted.where(Actor.id < before)
    found: list[tuple[Actor, Role | None]] = [(actor, role) for actor, role in session.execute(wanted)]
    ids = [actor.id for actor, _ in found]
    seen = select(Post.author_id, func.count()).where(Post.author_id.in_(ids), Post.standing.in_(SEEN_AT_ALL)).group_by(Post.author_id)
    posts = {author: count for author, count in session.execute(seen)}
    cases = {
        who: count
        for who, count in session.execute(select(Case.actor_id, func.count()).where(Case.actor_id.in_(ids)).group_by(Case.actor_id))
    }
    standing = select(Case.actor_id, Decision.reason).join(Case, Case.id == Decision.case_id).order_by(Decision.id)
    standing = standing.where(Case.actor_id.in_(ids), Decision.action.in_(RESTRICTIONS), Decision.reversed_at.is_(None))
    reasons = {who: reason for who, reason in session.execute(standing)}
    return [
        PersonRow(
            person=person(actor),
            role=role.value if role else "",
            since=actor.created_at,
            posts=posts.get(actor.id, 0),
            cases=cases.get(actor.id, 0),
            reason=reasons.get(actor.id, "") if actor.state in {ActorState.limited, ActorState.suspended} else "",
        )
        for actor, role in found
    ]
