"""Who we are, what the rules are, and how we treat what we know."""

from pathlib import Path

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import text, timelines
from community.catalog.tables import Edition, Work
from community.people.accounts import Account, Role
from community.people.actors import Actor, ActorState
from community.people.follows import Follow, FollowState
from community.uris import LIBRARY
from federation import health
from federation.tables import Instance
from moderation import rules
from moderation.tables import DomainAnswer, DomainRule
from server import context, partners, render
from server.showing import Show
from themes.filters import N_
from themes.views.moderation import Rule, ServerRow
from themes.views.posts import Partner, Person

STATES = {DomainAnswer.limit: "limited", DomainAnswer.hold: "limited", DomainAnswer.refuse: "refused"}


async def show(request: Request) -> Response:
    """GET /about"""
    here = context.of(request)
    look = Show(here.settings)

    def ask(session: Session) -> tuple[list[tuple[str, int]], tuple[Person, ...], tuple[Partner, ...]]:
        staff = session.execute(
            select(Actor, Account.role)
            .join(Account, Account.actor_id == Actor.id)
            .where(Account.role != Role.reader, Account.closed_at.is_(None), Actor.discoverable, Actor.state == ActorState.active)
            .order_by(Actor.username)
        )
        return counts(session), tuple(look.actor(actor, role) for actor, role in staff), partners.all_of(session)

    found, people, libraries = await here.library.database.read(ask)
    return render.page(
        request,
        "about/show",
        about_html=Markup(_own_words(here.settings.data_dir, render.language(request), here.settings.language)),
        counts=tuple((render.say(request, label), count) for label, count in found),
        people=people,
        partners=libraries,
    )


def counts(session: Session) -> list[tuple[str, int]]:
    """How much there is of everything."""
    followers = (
        select(func.count())
        .select_from(Follow)
        .join(Actor, Actor.id == Follow.followed_id)
        .where(Actor.username == LIBRARY, Actor.domain.is_(None), Follow.state == FollowState.granted)
    )
    return [
        (N_("Titles"), session.scalar(select(func.count()).select_from(Work).where(Work.removed_at.is_(None))) or 0),
        (N_("Editions"), session.scalar(select(func.count()).select_from(Edition).where(Edition.removed_at.is_(None))) or 0),
        (N_("Reviews"), timelines.count(session, ["review"])),
        (N_("Followers"), session.scalar(followers) or 0),
    ]


async def policy(request: Request) -> Response:
    """GET /policy"""
    found = rules.policy()
    return render.page(
        request,
        "about/policy",
        rules=tuple(policy_rules(render.language(request))),
        version=found.version,
        valid_from=found.date,
    )


def policy_rules(language: str) -> list[Rule]:
    """The house rules in their order, as people read them."""
    return [Rule(one.key, f"{one.number}.", one.said(language).title, one.said(language).text) for one in rules.policy().rules]


async def privacy(request: Request) -> Response:
    """GET /about/privacy"""
    return render.page(request, "about/privacy")


async def accessibility(request: Request) -> Response:
    """GET /about/accessibility"""
    return render.page(request, "about/accessibility")


async def federation(request: Request) -> Response:
    """GET /about/federation: with which servers we speak and with which we do not, and why."""

    def ask(session: Session) -> tuple[tuple[Partner, ...], tuple[ServerRow, ...], int, int]:
        ruled = session.scalars(select(DomainRule).where(DomainRule.answer != DomainAnswer.allow).order_by(DomainRule.domain))
        servers = tuple(ServerRow(one.domain, STATES[one.answer], one.reason, since=one.created_at) for one in ruled)
        known = session.scalar(select(func.count()).select_from(Instance)) or 0
        return partners.all_of(session), servers, known, health.in_trouble(session)

    libraries, servers, known, silent = await context.of(request).library.database.read(ask)
    return render.page(request, "about/federation", partners=libraries, servers=servers, known=known, silent=silent)


def _own_words(data_dir: str, *languages: str) -> str:
    """What the library says about itself: `about.LANGUAGE.md` or `about.md` in its folder."""
    names = [*(f"about.{language}.md" for language in languages), "about.md"]
    file = next((Path(data_dir) / name for name in names if (Path(data_dir) / name).is_file()), None)
    return text.render(file.read_text(encoding="utf-8")) if file else ""
