"""Facts of the community as the values that templates show."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from markupsafe import Markup

from community import shelves
from community.catalog.facts import WorkCard
from community.catalog.languages import TWO_LETTERS
from community.people.accounts import Role
from community.people.actors import Actor
from community.posts.post import Standing
from community.said import Ratings, Said, Speaker, Tally
from community.settings import Settings
from themes.views import catalog, posts, site

FEW = 3  # below this many ratings a mean says more about chance than about the book
LIBRARY_KINDS = frozenset({"Organization", "Service", "Group"})
HIDDEN = {Standing.held: "held", Standing.hidden: "hidden", Standing.removed: "removed", Standing.deleted: "removed"}


class Show:
    """Makes views for one reader: their own posts carry what only they may do."""

    def __init__(self, settings: Settings, reader: int | None = None, category: Callable[[str], str] = str) -> None:
        self.domain = settings.domain
        self.root = settings.root
        self.zone = ZoneInfo(settings.timezone)
        self.reader = reader
        self.media = settings.media_url.rstrip("/") or "/media"
        self.category = category  # what a kind of event or news is called in the reader's language

    def when(self, moment: datetime) -> datetime:
        """A moment on the library's clock."""
        return moment.astimezone(self.zone)

    def person(self, speaker: Speaker) -> posts.Person:
        """Who said it."""
        badge = ""
        if speaker.kind in LIBRARY_KINDS:
            badge = "library"
        elif speaker.role not in {None, Role.reader}:
            badge = str(speaker.role)
        at_home = f"{speaker.username}@{speaker.domain or self.domain}"
        return posts.Person(
            name=speaker.name,
            handle=at_home,
            url=f"/@{speaker.username}" if speaker.domain is None else f"/@{at_home}",
            is_local=speaker.domain is None,
            library=speaker.library if badge != "library" else "",
            badge=badge,
            uri=speaker.uri,
            face=self.copy(speaker.face),
        )

    def copy(self, name: str | None) -> str:
        """Where our copy of a picture is served; empty when there is none."""
        return f"{self.media}/{name}{shelves.ENDING}" if name else ""

    def pictures(self, noted: Iterable[Mapping[str, Any]] | None) -> tuple[posts.Picture, ...]:
        """What stands beside somebody's words."""
        return tuple(
            posts.Picture(self.copy(one["content"]), one["alt"], one["width"], one["height"], one["sensitive"]) for one in noted or ()
        )

    def actor(self, actor: Actor, role: Role | None = None) -> posts.Person:
        """The same for a row."""
        return self.person(
            Speaker(
                *(actor.id, actor.uri, actor.url, actor.username, actor.domain, actor.label, actor.kind, actor.state, role, ""),
                face=actor.face,
            )
        )

    def post(self, said: Said, about: Mapping[int, catalog.WorkCard] | None = None) -> posts.Post:
        """A post, and what was answered to it."""
        return posts.Post(
            id=said.token,
            uri=said.uri,
            url=self.path(said),
            kind=said.kind,
            author=self.person(said.author),
            html=Markup(said.html),
            published=self.when(said.published_at),
            edited=self.when(said.edited_at) if said.edited_at else None,
            title=said.title or "",
            rating=said.half_stars,
            language=said.language or "",
            warning=said.warning or "",
            likes=said.likes,
            boosts=said.boosts,
            origin="" if said.is_ours or said.author.is_local else (said.url or said.uri),
            about=about.get(said.about_id) if about and said.about_id is not None else None,
            category=self.category(said.category or ""),
            depth=said.depth,
            answers=said.answers,
            replies=tuple(self.post(reply, about) for reply in said.replies),
            reply_count=said.reply_count,
            may_edit=self.reader is not None and said.author.id == self.reader,
            hidden=HIDDEN.get(said.standing, ""),
            pictures=self.pictures(said.pictures),
        )

    def path(self, said: Said) -> str:
        """The page of a post here."""
        return path(said.kind, said.token)

    def event_card(self, said: Said) -> posts.EventCard:
        """An event in a list."""
        assert said.starts_at is not None
        return posts.EventCard(
            url=self.path(said),
            title=said.title or "",
            starts=self.at_place(said, said.starts_at),
            ends=self.at_place(said, said.ends_at) if said.ends_at else None,
            place=said.place or "",
            category=self.category(said.category or ""),
            cancelled=said.cancelled,
        )

    def at_place(self, said: Said, moment: datetime) -> datetime:
        """A moment on the clock of the place where it happens."""
        return moment.astimezone(ZoneInfo(said.timezone)) if said.timezone else self.when(moment)

    def event(self, said: Said, may_edit: bool) -> posts.Event:
        """An event in full."""
        assert said.starts_at is not None
        return posts.Event(
            id=said.token,
            uri=said.uri,
            url=self.path(said),
            title=said.title or "",
            starts=self.at_place(said, said.starts_at),
            html=Markup(said.html),
            ends=self.at_place(said, said.ends_at) if said.ends_at else None,
            place=said.place or "",
            address=said.place_address or "",
            online_url=said.online_url or "",
            poster=f"/posters/{said.poster}.webp" if said.poster else "",
            poster_alt=said.poster_alt or "",
            poster_width=said.poster_width or 0,
            poster_height=said.poster_height or 0,
            image=f"{self.root}/posters/{said.poster}.webp" if said.poster else f"{self.root}/events/{said.token}.png",
            category=self.category(said.category or ""),
            language=said.language or "",
            cancelled=said.cancelled,
            host=self.person(said.author),
            may_edit=may_edit,
            likes=said.likes,
            boosts=said.boosts,
        )

    def months(self, events: Iterable[Said]) -> tuple[posts.Month, ...]:
        """Events by month, in the order given."""
        months: dict[tuple[int, int], list[posts.EventCard]] = {}
        for card in (self.event_card(one) for one in events):
            months.setdefault((card.starts.year, card.starts.month), []).append(card)
        return tuple(posts.Month(cards[0].starts.replace(day=1), tuple(cards)) for cards in months.values())


def path(kind: str, token: str) -> str:
    """The page of a post of this kind."""
    return f"/{'events' if kind == 'event' else 'announcements' if kind == 'announcement' else 'posts'}/{token}"


def card(fact: WorkCard, tally: Tally | None = None, excerpt: str = "") -> catalog.WorkCard:
    """A title in a list."""
    return catalog.WorkCard(
        id=str(fact.id),
        title=fact.title,
        url=f"/catalog/works/{fact.id}",
        cover=f"/covers/{fact.id}.svg",
        authors=", ".join(fact.authors),
        year=fact.year,
        form=fact.form,
        language=TWO_LETTERS.get(fact.language, fact.language) if fact.language else "",
        mean=tally.mean if tally and tally.ratings >= FEW else None,
        ratings=tally.ratings if tally else 0,
        reviews=tally.reviews if tally else 0,
        excerpt=excerpt,
        shelf_mark=fact.shelf_mark or "",
    )


def cards(facts: Sequence[WorkCard], tallies: Mapping[int, Tally] | None = None) -> tuple[catalog.WorkCard, ...]:
    """Several titles."""
    return tuple(card(one, tallies.get(one.id) if tallies else None) for one in facts)


def rating(given: Ratings, mine: int | None) -> catalog.Rating:
    """The stars of a title, half stars counted up to the next whole one."""
    people = [sum(given.counts[stars * 2 - 1 : stars * 2 + 1]) for stars in range(1, 6)]
    shares = tuple(
        catalog.Share(stars, people[stars - 1], round(100 * people[stars - 1] / given.count) if given.count else 0)
        for stars in range(5, 0, -1)
    )
    return catalog.Rating(given.count, given.mean if given.count >= FEW else None, shares, mine)


def pages(path: str, query: Mapping[str, str], number: int, total: int, size: int) -> site.Pages:
    """Where one is in a list of `total` things, `size` a page."""
    count = max(1, -(-total // size))

    def to(page: int) -> str:
        return address(path, query, page=str(page) if page > 1 else None)

    return site.Pages(number, count, to(number - 1) if number > 1 else "", to(number + 1) if number < count else "")


def address(path: str, query: Mapping[str, Any] | Sequence[tuple[str, str]], **changes: str | None) -> str:
    """A path with a query; None takes a value away."""
    pairs = [(key, value) for key, value in (query.items() if isinstance(query, Mapping) else query) if key not in changes]
    pairs += [(key, value) for key, value in changes.items() if value is not None]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def may_edit(post: posts.Post) -> posts.Post:
    """The same post, with the right to change it."""
    return replace(post, may_edit=True)
