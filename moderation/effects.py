"""What must be told to others after a decision. We decide; the roof sends, in the same transaction."""

from dataclasses import dataclass

from community.people.actors import Actor
from community.people.follows import Follow
from community.posts.post import Post


@dataclass(frozen=True)
class DeletePost:
    """Ask everyone who got this post of ours to delete it: Delete with a Tombstone, signed by its author's key."""

    post: Post
    author: Actor
    uri: str
    former_type: str


@dataclass(frozen=True)
class PublishPost:
    """This post of ours may be seen from now on: Create. After an undone removal it has a new address."""

    post: Post
    author: Actor


@dataclass(frozen=True)
class UpdateActor:
    """An actor of ours was limited or suspended, or is so no longer."""

    actor: Actor


@dataclass(frozen=True)
class RejectFollow:
    """Somebody elsewhere follows one of ours no longer, because we say so: Reject."""

    follow: Follow
    follower: Actor
    followed: Actor


@dataclass(frozen=True)
class EndFollow:
    """One of ours follows somebody elsewhere no longer, because we say so: Undo of the Follow."""

    follow: Follow
    follower: Actor
    followed: Actor


@dataclass(frozen=True)
class Notify:
    """Tell an author what was decided, on which ground, and what they can do. Ours by mail and on their page."""

    actor: Actor
    subject: str
    text: str


@dataclass(frozen=True)
class AnswerReporter:
    """Tell somebody who left an address what came of their report; without a word about the author."""

    email: str
    code: str
    upheld: bool


Effect = DeletePost | PublishPost | UpdateActor | RejectFollow | EndFollow | Notify | AnswerReporter
