"""The kinds of post. Each is a small class; the table is one."""

from community.posts.post import Post


class Review(Post):
    """An opinion on one work of the catalogue, in words, with or without stars."""

    __mapper_args__ = {"polymorphic_identity": "review"}


class Rating(Post):
    """Stars for a work, without words."""

    __mapper_args__ = {"polymorphic_identity": "rating"}


class Comment(Post):
    """A remark about a work, or an answer to any other post."""

    __mapper_args__ = {"polymorphic_identity": "comment"}


class Discussion(Post):
    """The library's post about a title, that people elsewhere answer. Made when somebody first needs it."""

    __mapper_args__ = {"polymorphic_identity": "discussion"}


class Announcement(Post):
    """The library tells its readers something."""

    __mapper_args__ = {"polymorphic_identity": "announcement"}


class Digest(Post):
    """What is new about something that people follow: said by its own actor, once a day at most."""

    __mapper_args__ = {"polymorphic_identity": "digest"}


class Thread(Post):
    """A conversation that somebody begins in a book club."""

    __mapper_args__ = {"polymorphic_identity": "thread"}


class Event(Post):
    """Something happens at a place and a time."""

    __mapper_args__ = {"polymorphic_identity": "event"}


KINDS: dict[str, type[Post]] = {
    "review": Review,
    "rating": Rating,
    "comment": Comment,
    "discussion": Discussion,
    "announcement": Announcement,
    "digest": Digest,
    "thread": Thread,
    "event": Event,
}
