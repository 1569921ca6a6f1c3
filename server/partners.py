"""The libraries that we read with: those that we know and that run what we run, or that somebody here follows."""

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.posts.post import Post, Standing
from community.uris import LIBRARY
from federation.tables import Instance
from themes.views.posts import Partner


def all_of(session: Session, most: int = 50) -> tuple[Partner, ...]:
    """Partner libraries, those with the most reviews of our titles first."""
    reviews = (
        select(func.count())
        .select_from(Post)
        .join(author := Actor.__table__.alias("author"), author.c.id == Post.author_id)
        .where(author.c.domain == Actor.domain, Post.kind == "review", Post.about_id.is_not(None), Post.standing == Standing.shown)
        .correlate(Actor)
        .scalar_subquery()
        .label("reviews")
    )
    ours = select(Follow.id).where(Follow.state == FollowState.granted, or_(Follow.followed_id == Actor.id, Follow.follower_id == Actor.id))
    query = (
        select(Actor.name, Actor.username, Actor.domain, reviews)
        .join(Instance, Instance.host == Actor.domain)
        .where(and_(Actor.username == LIBRARY, Actor.domain.is_not(None), Actor.state == ActorState.active))
        .where(Instance.software == "bookmobile", ours.exists())
        .order_by(reviews.desc(), Actor.domain)
        .limit(most)
    )
    found = session.execute(query)
    return tuple(Partner(name or str(domain), str(domain), f"/@{username}@{domain}", count) for name, username, domain, count in found)
