"""What a moderator decides, carried out: the decision, and all that must be told because of it, in one transaction."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.library import Library
from community.messages import gettext
from community.people.accounts import Account
from community.posts.kinds import Comment
from community.posts.post import SEEN_AT_ALL, Audience, Post, Standing
from federation import clubs, outbox
from federation.tables import Outgoing
from moderation import decisions
from moderation.effects import AnswerReporter, DeletePost, Effect, EndFollow, Notify, PublishPost, RejectFollow, UpdateActor
from moderation.tables import Action, Case, Decision
from server import letters
from server.actions import publishing
from themes.filters import N_

AWAY = frozenset({Standing.hidden, Standing.held})  # not shown, and not taken back either: others still have it

UPHELD = N_(
    "Thank you. We have looked at what you reported and done something about it. You can read more with your code %(code)s at %(url)s."
)
LEFT = N_(
    "Thank you. We have looked at what you reported and found that it does not break our rules. "
    "You can read more with your code %(code)s at %(url)s."
)


async def decide(
    session: AsyncSession, library: Library, case: Case, moderator: Account, action: Action, rule: str | None, reason: str, version: int
) -> Decision:
    """Decide a case and tell everyone concerned. Raises what `moderation.decisions.decide` raises."""
    outcome = await decisions.decide(session, case, moderator, action, rule, reason, version)
    await carry_out(session, library, outcome.effects, about=case)
    await _stand_behind(session, library, case)
    return outcome.decision


async def undo(session: AsyncSession, library: Library, decision: Decision, moderator: Account, reason: str) -> None:
    """Take a decision back, and tell everyone concerned."""
    outcome = await decisions.undo(session, decision, moderator, reason)
    await carry_out(session, library, outcome.effects)
    await _stand_behind(session, library, await session.get_one(Case, decision.case_id))


async def carry_out(session: AsyncSession, library: Library, effects: Iterable[Effect], *, about: Case | None = None) -> None:
    """Owe everyone what follows from a decision, or from a rule for a whole server."""
    for effect in effects:
        match effect:
            case DeletePost():
                await outbox.delete(session, library, effect.post, effect.uri)
                await clubs.tell_gone(session, library, effect.post, effect.uri)
            case PublishPost():
                await _publish(session, library, effect.post)
            case UpdateActor():
                await outbox.edit_actor(session, library, effect.actor)
            case RejectFollow():
                await outbox.remove_follower(session, library, effect.follow)
            case EndFollow():
                await outbox.unfollow(session, library, effect.follower, effect.followed, effect.follow.uri)
            case Notify():
                await _notify(session, library, effect, about)
            case AnswerReporter():
                url = f"{library.uris.root}/report/track"
                subject = gettext(library.settings.language, N_("About your report"))
                said = gettext(library.settings.language, UPHELD if effect.upheld else LEFT, code=effect.code, url=url)
                letters.owe(session, effect.email, f"{subject}\n{said}")


async def _stand_behind(session: AsyncSession, library: Library, case: Case) -> None:
    """What the library passed on and does not show any more, it passes on no more; what it shows again, it does."""
    if case.post_id is not None and (post := await session.get(Post, case.post_id)) is not None and post.standing in {*SEEN_AT_ALL, *AWAY}:
        await outbox.pass_on(session, library, post)


async def _publish(session: AsyncSession, library: Library, post: Post) -> None:
    """A post that others know already, and that was changed and held then, is an update to them."""
    told = select(Outgoing.id).where(Outgoing.object_uri == post.uri, Outgoing.kind == "Create").limit(1)
    if await session.scalar(told) is None:
        await outbox.publish(session, library, post)
        await clubs.tell_new(session, library, post)
    else:
        await outbox.edit(session, library, post)
        await clubs.tell_changed(session, library, post)


async def _notify(session: AsyncSession, library: Library, notice: Notify, about: Case | None) -> None:
    """Our own people hear by letter; somebody elsewhere by an answer to their words that only they can read."""
    account = (await session.scalars(select(Account).where(Account.actor_id == notice.actor.id, Account.closed_at.is_(None)))).first()
    if account is not None:
        letters.owe(session, account.email, f"{notice.subject}\n{notice.text}")
    elif not notice.actor.is_local and about is not None and about.post_id is not None:
        answered = await session.get_one(Post, about.post_id)
        words = f"{notice.subject}\n\n{notice.text}"
        answer = Comment(
            reply_to_id=answered.id,
            reply_to_uri=answered.uri,
            audience=Audience.direct,
            source=words,
            html="".join(f"<p>{text.escape(part)}</p>" for part in words.split("\n\n")),
            language=answered.language or library.settings.language,
        )
        await publishing.announce(session, library, answer)
