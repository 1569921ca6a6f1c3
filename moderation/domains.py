"""Servers that somebody decided about: look one up, refuse, limit or allow it, and take that back."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community.database import Database
from community.errors import Unprocessable
from community.people.actors import Actor
from community.posts.post import Standing
from moderation import cutting, hosts, log, lowering
from moderation.effects import Effect
from moderation.remembered import Remembered
from moderation.tables import DomainAnswer, DomainRule

LOWERS: dict[DomainAnswer, Standing] = {DomainAnswer.limit: Standing.limited, DomainAnswer.refuse: Standing.hidden}

Table = Mapping[str, tuple[DomainAnswer, str]]


def _table(rows: Sequence[DomainRule]) -> Table:
    return {row.domain: (row.answer, row.reason) for row in rows}


REMEMBERED: Remembered[DomainRule, Table] = Remembered(DomainRule, _table)


def find(table: Table, host: str) -> tuple[str, DomainAnswer, str] | None:
    """The rule that speaks of this server, with the most exact name: domain, answer, reason."""
    if not table:
        return None
    return next(((name, *table[name]) for name in hosts.candidates(host) if name in table), None)


async def answer_for(session: AsyncSession, host: str) -> DomainAnswer | None:
    """What we decided about this server; None when nothing."""
    found = find(await REMEMBERED.get(session), host)
    return found[1] if found else None


async def refuses(database: Database, host: str) -> bool:
    """Whether we take nothing from this server and send it nothing; for who has no session yet. At most a second old."""
    found = find(await REMEMBERED.peek(database), host)
    return found is not None and found[1] is DomainAnswer.refuse


async def rule_for(session: AsyncSession, domain: str) -> DomainRule | None:
    """The rule of exactly this name."""
    return (await session.scalars(select(DomainRule).where(DomainRule.domain == domain))).first()


async def treat(
    session: AsyncSession, domain: str, answer: DomainAnswer | None, reason: str, *, who: str, own_domain: str
) -> tuple[Effect, ...]:
    """From now on answer like this to everything from a server and its subdomains; None: like to everyone. Written into the log.

    What they already said here is hidden or limited with it, and comes back when this is taken back; follows that are cut do not.
    """
    name = checked(domain, own_domain)
    if not reason.strip():
        raise Unprocessable("Please say why: it is written into the log.")
    effects = await change(session, name, answer, reason.strip())
    log.write(session, who, answer.value if answer else "lift", name, reason=reason.strip())
    return effects


async def refuse(session: AsyncSession, domain: str, reason: str, *, who: str, own_domain: str) -> tuple[Effect, ...]:
    """Take nothing more from a server, hide what it said here, and cut the follows between it and us."""
    return await treat(session, domain, DomainAnswer.refuse, reason, who=who, own_domain=own_domain)


async def limit(session: AsyncSession, domain: str, reason: str, *, who: str, own_domain: str) -> tuple[Effect, ...]:
    """Keep what a server says off our public pages."""
    return await treat(session, domain, DomainAnswer.limit, reason, who=who, own_domain=own_domain)


async def allow(session: AsyncSession, domain: str, reason: str, *, who: str, own_domain: str) -> tuple[Effect, ...]:
    """Take a server's people as known: their first posts do not wait, and it may be busy."""
    return await treat(session, domain, DomainAnswer.allow, reason, who=who, own_domain=own_domain)


async def lift(session: AsyncSession, domain: str, reason: str, *, who: str, own_domain: str) -> tuple[Effect, ...]:
    """Treat a server like everyone again."""
    return await treat(session, domain, None, reason, who=who, own_domain=own_domain)


def checked(domain: str, own_domain: str) -> str:
    """The name of a server that a rule may speak of: not ours, not one that we are part of, not a whole top-level domain."""
    name = hosts.plain(domain)
    if name in hosts.candidates(own_domain):
        raise Unprocessable("This is our own server, or we are part of it.")
    if "." not in name.partition(":")[0] and ":" not in name and name != "localhost":
        raise Unprocessable("This would speak of every server under it. Please give a whole name.")
    return name


async def change(session: AsyncSession, domain: str, answer: DomainAnswer | None, reason: str) -> tuple[Effect, ...]:
    """Put a rule in place of the one there was, with all that follows from it; writes no log."""
    rule = await rule_for(session, domain)
    former = rule.answer if rule else None
    if former is answer:
        if rule:
            rule.reason = reason
        return ()
    if rule is None and answer is not None:
        session.add(DomainRule(domain=domain, answer=answer, reason=reason))
    elif rule is not None and answer is None:
        await session.delete(rule)
    elif rule is not None and answer is not None:
        rule.answer, rule.reason = answer, reason
    await session.flush()
    if former in LOWERS:
        await lowering.restore(session, lowering.server(domain), LOWERS[former])
        for author in await session.scalars(select(Actor).where(hosts.covers(domain), Actor.state.in_(list(lowering.LOWERS)))):
            await lowering.lower(session, Actor.id == author.id, lowering.LOWERS[author.state], lowering.author(author.id))
    effects: tuple[Effect, ...] = ()
    if answer in LOWERS:
        await lowering.lower(session, hosts.covers(domain), LOWERS[answer], lowering.server(domain))
    if answer is DomainAnswer.refuse:
        effects = await cutting.cut(session, hosts.covers(domain))
    return effects


async def lower_again(session: AsyncSession, author: Actor) -> None:
    """After posts of this author came back into sight: what else was decided about them and their server still stands."""
    if author.state in lowering.LOWERS:
        await lowering.lower(session, Actor.id == author.id, lowering.LOWERS[author.state], lowering.author(author.id))
    found = find(await REMEMBERED.get(session), author.domain) if author.domain else None
    if found is not None and found[1] in LOWERS:
        await lowering.lower(session, Actor.id == author.id, LOWERS[found[1]], lowering.server(found[0]))
