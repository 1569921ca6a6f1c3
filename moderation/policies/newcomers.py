"""The first post of somebody whom nobody here knows."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from community import uris
from community.database import Base
from community.people.accounts import Account, Role
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts.kinds import Comment
from community.posts.post import SEEN_AT_ALL, Post, Standing
from moderation import domains
from moderation.tables import DomainAnswer, DomainRule
from moderation.verdicts import ALLOWED, Answer, Example, Submission, Verdict

LIBRARIES = ("Organization", "Service", "Group", "Application")


def _person(name: str, domain: str | None = "harbour.example", kind: str = "Person") -> Actor:
    uri = f"https://{domain or 'our.example'}/users/{name}"
    return Actor(uri=uri, kind=kind, username=name, domain=domain, inbox=f"{uri}/inbox")


def _says(author: Actor, *rows: Base, what: str = "Create") -> tuple[Submission, Sequence[Base]]:
    kind = what.lower() if author.domain else "comment"
    submission = Submission(
        actor=author, actor_uri=author.uri, host=author.domain, is_local=author.domain is None, text="Hi", kind=kind, activity_type=what
    )
    return submission, [author, *rows]


def _after(standing: Standing, domain: str | None = "harbour.example") -> tuple[Submission, Sequence[Base]]:
    cleo = _person("cleo", domain)
    return _says(cleo, Comment(author=cleo, uri=f"{cleo.uri}/1", html="<p>Hi</p>", standing=standing))


def _followed_by_ada() -> tuple[Submission, Sequence[Base]]:
    ada, cleo = _person("ada", None), _person("cleo")
    return _says(cleo, ada, Follow(follower=ada, followed=cleo, uri=f"{ada.uri}#f", state=FollowState.granted))


def _follower_of_the_library() -> tuple[Submission, Sequence[Base]]:
    ours, cleo = _person(uris.LIBRARY, None, "Organization"), _person("cleo")
    return _says(cleo, ours, Follow(follower=cleo, followed=ours, uri=f"{cleo.uri}#f", state=FollowState.granted))


def _of_a_partner(kind: str) -> tuple[Submission, Sequence[Base]]:
    ours, theirs, cleo = _person(uris.LIBRARY, None, "Organization"), _person(uris.LIBRARY, kind=kind), _person("cleo")
    return _says(cleo, ours, theirs, Follow(follower=ours, followed=theirs, uri=f"{ours.uri}#f", state=FollowState.granted))


def _account(role: Role) -> tuple[Submission, Sequence[Base]]:
    ada = _person("ada", None)
    return _says(ada, Account(actor=ada, email="ada@our.example", role=role))


async def _has_been_seen(session: AsyncSession, submission: Submission) -> bool:
    """Whether a post of theirs already stands here: somebody let it through."""
    if submission.actor is None:
        return False
    query = exists().where(Post.author_id == submission.actor.id, Post.standing.in_(SEEN_AT_ALL))
    return bool(await session.scalar(select(query)))


class Newcomers:
    """A stranger elsewhere: no post of theirs stands here, they do not follow us nor we them, and our library does not follow theirs."""

    name = "newcomers"
    examples = (
        Example("the first post of a stranger", Answer.hold, lambda: _says(_person("cleo"))),
        Example("the second, while the first still waits", Answer.hold, lambda: _after(Standing.held)),
        Example("somebody whose only post was removed", Answer.hold, lambda: _after(Standing.removed)),
        Example("somebody on a server where our library follows only a person", Answer.hold, lambda: _of_a_partner("Person")),
        Example("somebody whose post stands here", Answer.allow, lambda: _after(Standing.shown)),
        Example("somebody whom Ada follows", Answer.allow, _followed_by_ada),
        Example("somebody who follows the library", Answer.allow, _follower_of_the_library),
        Example("a reader of a library that we follow", Answer.allow, lambda: _of_a_partner("Organization")),
        Example(
            "somebody on a server that a moderator allowed",
            Answer.allow,
            lambda: _says(_person("cleo"), DomainRule(domain="harbour.example", answer=DomainAnswer.allow)),
        ),
        Example("a stranger who changes what we never had", Answer.hold, lambda: _says(_person("cleo"), what="Update")),
        Example("a stranger's like", Answer.allow, lambda: _says(_person("cleo"), what="Like")),
        Example("a reader of ours", Answer.allow, lambda: _account(Role.reader)),
    )

    async def judge(self, session: AsyncSession, submission: Submission) -> Verdict:
        """Whether a person should look before this stranger is heard."""
        if submission.host is None or not submission.says_something or await _has_been_seen(session, submission):
            return ALLOWED
        if await self._is_known(session, submission) or await domains.answer_for(session, submission.host) is DomainAnswer.allow:
            return ALLOWED
        return Verdict(Answer.hold, self.name, "First post of a stranger")

    async def _is_known(self, session: AsyncSession, submission: Submission) -> bool:
        ours, theirs = aliased(Actor), aliased(Actor)
        # The library follows other libraries, and vouches for their readers; it does not vouch for a server by following a person on it.
        wanted: ColumnElement[bool] = (ours.username == uris.LIBRARY) & (theirs.domain == submission.host) & theirs.kind.in_(LIBRARIES)
        if submission.actor is not None:
            wanted |= theirs.id == submission.actor.id
        query = (
            exists()
            .where(Follow.state == FollowState.granted)
            .where(ours.id == Follow.follower_id, ours.domain.is_(None))
            .where(theirs.id == Follow.followed_id, wanted)
        )
        if bool(await session.scalar(select(query))):
            return True
        # Whoever follows us has come to stay: their answers stand at once, as the library promises on its pages.
        follower = (
            exists().where(Follow.follower_id == submission.actor.id, Follow.state == FollowState.granted) if submission.actor else None
        )
        return follower is not None and bool(await session.scalar(select(follower)))


class NewcomersHere:
    """The first post of a reader of ours; for libraries that choose to look at it."""

    name = "newcomers_here"
    examples = (
        Example("a reader's first post", Answer.hold, lambda: _account(Role.reader)),
        Example("a reader whose post stands here", Answer.allow, lambda: _after(Standing.shown, None)),
        Example("a librarian's first post", Answer.allow, lambda: _account(Role.librarian)),
        Example("a stranger elsewhere", Answer.allow, lambda: _says(_person("cleo"))),
    )

    async def judge(self, session: AsyncSession, submission: Submission) -> Verdict:
        """Whether a person should look before this reader is heard."""
        if submission.host is not None or submission.actor is None or not submission.says_something:
            return ALLOWED
        role = await session.scalar(select(Account.role).where(Account.actor_id == submission.actor.id))
        if role is not Role.reader or await _has_been_seen(session, submission):
            return ALLOWED
        return Verdict(Answer.hold, self.name, "First post of a reader")
