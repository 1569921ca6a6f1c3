"""Nobody needs to write that fast."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import case, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from community.clock import hours, minutes, now
from community.database import Base
from community.people.accounts import Account, Role
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts.post import Post
from moderation import domains
from moderation.tables import DomainAnswer, Judged
from moderation.verdicts import ALLOWED, Answer, Example, Submission, Verdict

SHORT, LONG = minutes(5), hours(24)
# How many posts in a window pass before the next one waits for a person. People who type do not reach these numbers.
ACTOR: tuple[tuple[timedelta, int], ...] = ((SHORT, 12), (LONG, 100))
HOST: tuple[tuple[timedelta, int], ...] = ((SHORT, 120), (LONG, 2000))
FORGET_EVERY = 256  # rows; then those older than LONG go


def _wave(count: int, *, actors: int = 1, follows_us: bool = False, what: str = "Create") -> tuple[Submission, Sequence[Base]]:
    home = "https://harbour.example"
    rows: list[Base] = [Judged(actor_uri=f"{home}/users/cleo{n % actors}", host="harbour.example") for n in range(count)]
    if follows_us:
        ada, library = _actor("https://our.example/ap/actors/ada", None), _actor(f"{home}/actor", "harbour.example")
        rows += [ada, library, _Followed(ada, library).row]
    actor = f"{home}/users/cleo0"
    uri, kind = f"{actor}/{count}", what.lower()
    return Submission(actor=None, actor_uri=actor, host="harbour.example", text="Hi", kind=kind, activity_type=what, uri=uri), rows


def _actor(uri: str, domain: str | None) -> Actor:
    return Actor(uri=uri, kind="Person", username=uri.rpartition("/")[2], domain=domain, inbox=f"{uri}/inbox")


class _Followed:
    def __init__(self, follower: Actor, followed: Actor) -> None:
        self.row = Follow(follower=follower, followed=followed, uri=f"{follower.uri}#follow", state=FollowState.granted)


class Pace:
    """Too many posts in a short time by one author, or from one server that nobody here follows anyone on: the next one waits."""

    name = "pace"
    examples = (
        Example("the thirteenth post within five minutes", Answer.hold, lambda: _wave(12)),
        Example("the twelfth", Answer.allow, lambda: _wave(11)),
        Example("a wave from one server by many authors", Answer.hold, lambda: _wave(120, actors=60)),
        Example("a busy server that we follow somebody on", Answer.allow, lambda: _wave(120, actors=60, follows_us=True)),
        Example("a flood of changes to what we never had", Answer.hold, lambda: _wave(12, what="Update")),
        Example("a like after many posts", Answer.allow, lambda: _wave(12, what="Like")),
    )

    async def judge(self, session: AsyncSession, submission: Submission) -> Verdict:
        """Whether this one comes too soon after the ones before."""
        if not submission.says_something or await self._is_edit(session, submission):
            return ALLOWED
        counts = await self._count(session, submission)
        passed = [limit for limit, count in zip((*ACTOR, *HOST), counts, strict=True) if count >= limit[1]]
        if not passed:
            return ALLOWED
        by_author = any(count >= most for (_, most), count in zip(ACTOR, counts, strict=False))
        if await (self._is_staff(session, submission) if submission.host is None else self._is_known(session, submission, by_author)):
            return ALLOWED
        window, most = passed[0]
        spoken = "author" if by_author else "server"
        return Verdict(Answer.hold, self.name, f"More than {most} posts of this {spoken} within {_said(window)}")

    async def _is_edit(self, session: AsyncSession, submission: Submission) -> bool:
        """Whether it only changes something that we have; an Update of what we never had is news."""
        if submission.activity_type != "Update":
            return False
        return await session.scalar(select(Post.id).where(Post.uri == submission.uri)) is not None

    async def _count(self, session: AsyncSession, submission: Submission) -> Sequence[int]:
        """How many there were in each window; this one is counted from now on."""
        moment = now()
        mine, theirs = Judged.actor_uri == submission.actor_uri[:500], Judged.host == (submission.host or "")[:255]
        sums: list[Any] = [func.sum(case((mine & (Judged.at > moment - window), 1), else_=0)) for window, _ in ACTOR]
        sums += [func.sum(case((theirs & (Judged.at > moment - window), 1), else_=0)) for window, _ in HOST]
        counts = (await session.execute(select(*sums).where(or_(mine, theirs), Judged.at > moment - LONG))).one()
        row = Judged(actor_uri=submission.actor_uri[:500], host=submission.host[:255] if submission.host else None, at=moment)
        session.add(row)
        await session.flush()
        if row.id % FORGET_EVERY == 0:
            await session.execute(delete(Judged).where(Judged.at < moment - LONG))
        return [count or 0 for count in counts]

    async def _is_staff(self, session: AsyncSession, submission: Submission) -> bool:
        """Ours, and not a reader: librarians publish a week of events at once, and the library itself does what it does."""
        if submission.actor is None:
            return False
        role = await session.scalar(select(Account.role).where(Account.actor_id == submission.actor.id))
        return role is not Role.reader

    async def _is_known(self, session: AsyncSession, submission: Submission, by_author: bool) -> bool:
        """A server that we chose to know may be busy; one author of it may still not flood us."""
        if by_author:
            return False
        host = submission.host or ""
        if await domains.answer_for(session, host) is DomainAnswer.allow:
            return True
        followed, follower = aliased(Actor), aliased(Actor)
        query = (
            exists()
            .where(Follow.state == FollowState.granted)
            .where(followed.id == Follow.followed_id, followed.domain == host)
            .where(follower.id == Follow.follower_id, follower.domain.is_(None))
        )
        return bool(await session.scalar(select(query)))


def _said(window: timedelta) -> str:
    return f"{int(window.total_seconds() // 60)} minutes" if window < hours(1) else f"{int(window.total_seconds() // 3600)} hours"
