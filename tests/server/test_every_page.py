"""Every address of the site, reached by whoever may and refused to whoever may not."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import Route

from community.clock import days, now
from community.people.accounts import Account, Role
from community.people.actors import Actor
from community.posts.kinds import Announcement, Event, Review
from moderation import reports
from moderation.tables import Origin
from server.actions import gathering, publishing
from server.routes import ROUTES
from tests.server.client import Browser, browser
from tests.world import Town, town

READER, LIBRARIAN, MODERATOR, ADMINISTRATOR = Role.reader, Role.librarian, Role.moderator, Role.administrator
ANYONE = None
NAMES = {READER: "ada", LIBRARIAN: "lena", MODERATOR: "ben", ADMINISTRATOR: "agatha"}

# address, who may, what they get. `{work}`, `{edition}` and so on are filled in from the world below.
PAGES: list[tuple[str, Role | None, int]] = [
    ("/", ANYONE, 200),
    ("/language/it?back=/about", ANYONE, 303),
    ("/search", ANYONE, 200),
    ("/search?q=moby&format=book&sort=title", ANYONE, 200),
    ("/search/suggest?q=mo", ANYONE, 200),
    ("/browse/authors", ANYONE, 200),
    ("/browse/subjects?letter=W", ANYONE, 200),
    ("/browse/planets", ANYONE, 404),
    ("/catalog/works/{work}", ANYONE, 200),
    ("/catalog/works/{work}?order=liked&page=2", ANYONE, 200),
    ("/catalog/works/999999", ANYONE, 404),
    ("/catalog/works/99999999999999999999", ANYONE, 404),
    ("/catalog/editions/{edition}", ANYONE, 200),
    ("/catalog/authors/{author}", ANYONE, 200),
    ("/catalog/subjects/{subject}", ANYONE, 200),
    ("/catalog/series/999999", ANYONE, 404),
    ("/covers/topics/work-{work}.png", ANYONE, 200),
    ("/covers/topics/nothing.png", ANYONE, 404),
    ("/covers/digests/nothing.png", ANYONE, 404),
    ("/covers/{work}.svg", ANYONE, 200),
    ("/covers/{work}.png", ANYONE, 200),
    ("/media/nothing.webp", ANYONE, 404),
    ("/catalog/works/{work}/review", READER, 200),
    ("/catalog/works/{work}/comment", READER, 200),
    ("/posts/{post}", ANYONE, 200),
    ("/posts/{post}/edit", READER, 200),
    ("/posts/{post}/delete", READER, 200),
    ("/posts/{post}/reply", READER, 200),
    ("/posts/{post}/quotes", ANYONE, 200),
    ("/announcements", ANYONE, 200),
    ("/announcements/new", LIBRARIAN, 200),
    ("/announcements/{announcement}", ANYONE, 200),
    ("/announcements/{announcement}/edit", LIBRARIAN, 200),
    ("/events", ANYONE, 200),
    ("/events?past=1&category=film", ANYONE, 200),
    ("/events.ics", ANYONE, 200),
    ("/events/new", LIBRARIAN, 200),
    ("/events/{event}.ics", ANYONE, 200),
    ("/events/{event}", ANYONE, 200),
    ("/events/{event}/comment", ANYONE, 303),
    ("/events/{event}/guests", LIBRARIAN, 200),
    ("/events/{event}/edit", LIBRARIAN, 200),
    ("/groups", ANYONE, 200),
    ("/groups/new", LIBRARIAN, 200),
    ("/groups/northport", ANYONE, 200),
    ("/groups/nowhere", ANYONE, 404),
    ("/groups/northport/edit", LIBRARIAN, 200),
    ("/groups/northport/begin", READER, 200),
    ("/@northport", ANYONE, 303),
    ("/feeds/groups/northport", ANYONE, 200),
    ("/events/{event}.png", ANYONE, 200),
    ("/events/{event}/poster", LIBRARIAN, 200),
    ("/posters/nothing.webp", ANYONE, 404),
    ("/@ada", ANYONE, 200),
    ("/@library", ANYONE, 200),
    ("/@nobody", ANYONE, 404),
    ("/me", READER, 200),
    ("/me/following", READER, 200),
    ("/me/settings", READER, 200),
    ("/me/move", READER, 200),
    ("/sign-in", ANYONE, 200),
    ("/sign-in/not-a-secret", ANYONE, 404),
    ("/sign-up", ANYONE, 200),
    ("/follow", ANYONE, 200),
    ("/follow/search?q=moby", ANYONE, 200),
    ("/follow/search", ANYONE, 422),
    ("/follow?handle=nonsense", ANYONE, 422),
    ("/authorize_interaction?uri=@library@{domain}", READER, 200),
    ("/report?about={root}/posts/{post}", ANYONE, 200),
    ("/report/track", ANYONE, 200),
    ("/moderation", MODERATOR, 200),
    ("/moderation/cases/{case}", MODERATOR, 200),
    ("/moderation/cases/999", MODERATOR, 404),
    ("/moderation/log", MODERATOR, 200),
    ("/moderation/servers", MODERATOR, 200),
    ("/moderation/words", MODERATOR, 200),
    ("/moderation/people", MODERATOR, 200),
    ("/moderation/deliveries", ADMINISTRATOR, 200),
    ("/moderation/deliveries?state=trouble", ADMINISTRATOR, 200),
    ("/moderation/deliveries/nowhere.example", ADMINISTRATOR, 404),
    ("/desk", LIBRARIAN, 200),
    ("/desk/import", LIBRARIAN, 200),
    ("/desk/imports", LIBRARIAN, 200),
    ("/desk/partners", LIBRARIAN, 200),
    ("/catalog/works/{work}/reviews", ANYONE, 200),
    ("/catalog/editions/{edition}/reviews", ANYONE, 200),
    ("/desk/imports/999", LIBRARIAN, 404),
    ("/desk/imports/999/refused", LIBRARIAN, 404),
    ("/about", ANYONE, 200),
    ("/about/privacy", ANYONE, 200),
    ("/about/accessibility", ANYONE, 200),
    ("/about/federation", ANYONE, 200),
    ("/policy", ANYONE, 200),
    ("/feeds", ANYONE, 200),
    ("/feeds/new", ANYONE, 200),
    ("/feeds/reviews", ANYONE, 200),
    ("/feeds/news", ANYONE, 200),
    ("/feeds/works/{work}", ANYONE, 200),
    ("/feeds/subjects/{subject}", ANYONE, 200),
    ("/feeds/series/999999", ANYONE, 404),
    ("/feeds/authors/{author}", ANYONE, 200),
    ("/feeds/search?q=moby&format=book", ANYONE, 200),
    ("/opensearch.xml", ANYONE, 200),
    ("/sitemap.xml", ANYONE, 200),
    ("/robots.txt", ANYONE, 200),
    ("/.well-known/change-password", ANYONE, 303),
    ("/static/library.css", ANYONE, 200),
    ("/static/bookmobile.css", ANYONE, 200),
    ("/static/../theme.toml", ANYONE, 404),
    ("/healthz", ANYONE, 200),
    ("/readyz", ANYONE, 200),
    ("/metrics", ANYONE, 200),
]

# Forms, who may send them. None of them is let through without the browser's token.
FORMS: list[tuple[str, Role | None]] = [
    ("/catalog/works/{work}/review", READER),
    ("/catalog/works/{work}/comment", READER),
    ("/posts/{post}/edit", READER),
    ("/posts/{post}/delete", READER),
    ("/posts/{post}/reply", READER),
    ("/posts/{post}/quotes/1/withdraw", READER),
    ("/announcements/new", LIBRARIAN),
    ("/announcements/{announcement}/edit", LIBRARIAN),
    ("/events/new", LIBRARIAN),
    ("/events/{event}/edit", LIBRARIAN),
    ("/desk/poster", LIBRARIAN),
    ("/events/{event}/join", READER),
    ("/events/{event}/leave", READER),
    ("/events/{event}/guests/1/accept", LIBRARIAN),
    ("/events/{event}/guests/1/refuse", LIBRARIAN),
    ("/groups/new", LIBRARIAN),
    ("/groups/northport/edit", LIBRARIAN),
    ("/groups/northport/join", READER),
    ("/groups/northport/leave", READER),
    ("/groups/northport/shut-out", LIBRARIAN),
    ("/groups/northport/begin", READER),
    ("/me/settings", READER),
    ("/me/settings/password", READER),
    ("/me/export", READER),
    ("/me/move", READER),
    ("/me/move/alias", READER),
    ("/me/move/alias/delete", READER),
    ("/me/move/undo", READER),
    ("/me/delete", READER),
    ("/sign-in", ANYONE),
    ("/sign-in/link", ANYONE),
    ("/sign-in/demo", ANYONE),
    ("/sign-in/not-a-secret", ANYONE),
    ("/sign-up", ANYONE),
    ("/sign-out", ANYONE),
    ("/follow", READER),
    ("/follow/search", ANYONE),
    ("/unfollow", READER),
    ("/report", ANYONE),
    ("/moderation/cases/1/take", MODERATOR),
    ("/moderation/cases/1/decide", MODERATOR),
    ("/moderation/cases/1/undo", MODERATOR),
    ("/moderation/servers", MODERATOR),
    ("/moderation/words", MODERATOR),
    ("/moderation/words/1/delete", MODERATOR),
    ("/moderation/people/role", ADMINISTRATOR),
    ("/moderation/deliveries/harbour.example/try-again", ADMINISTRATOR),
    ("/moderation/deliveries/harbour.example/give-up", ADMINISTRATOR),
    ("/moderation/deliveries/harbour.example/owe-again", ADMINISTRATOR),
    ("/desk/import", LIBRARIAN),
    ("/desk/partners/1", LIBRARIAN),
    ("/desk/suggestions/1", LIBRARIAN),
]


@dataclass
class Site:
    """A library with one of everything, and people of every role."""

    here: Town
    people: dict[Role, Account]
    names: dict[str, object]

    def path(self, pattern: str) -> str:
        """The address that a row of the table means."""
        return pattern.format(**self.names)


@asynccontextmanager
async def one_of_everything(folder: Path) -> AsyncIterator[Site]:
    """A title with a review, news, an event, and somebody of every role."""
    async with town(folder, contact="desk@library.example", smtp_url="smtp://127.0.0.1:1") as here:
        book = await here.book()
        people = {role: await here.person(name, role) for role, name in NAMES.items()}
        async with here.database.transaction() as session:
            review = Review(about_id=book.id, source="Good.", html="<p>Good.</p>", half_stars=8)
            author = await session.get_one(Actor, people[READER].actor_id)
            await publishing.publish(session, here.library, author, review)
            news = Announcement(title="We are open", source="Come in.", html="<p>Come in.</p>", category="news", language="en")
            await publishing.announce(session, here.library, news)
            event = Event(title="Reading aloud", source="", html="", starts_at=now() + days(3), category="book club", timezone="UTC")
            await publishing.announce(session, here.library, event)
            case = await reports.open_report(session, post=review, origin=Origin.form, reason="Look at this")
            case_id = case.case_id
        keeper = people[LIBRARIAN].actor_id
        await gathering.found(here.library, "northport", "Northport reads", "", reading=book.id, hosts_only=False, host=keeper)
        names = {
            "work": book.id,
            "edition": 1,
            "author": 1,
            "subject": 1,
            "case": case_id,
            "post": review.token,
            "announcement": news.token,
            "event": event.token,
            "root": here.root,
            "domain": here.library.settings.domain,
        }
        yield Site(here, people, names)


async def test_every_page_is_reached_by_those_who_may(tmp_path: Path) -> None:
    wrong: list[str] = []
    async with one_of_everything(tmp_path) as site, AsyncExitStack() as stack:
        visitors: dict[Role | None, Browser] = {None: await stack.enter_async_context(browser(site.here))}
        for worker, account in site.people.items():
            visitors[worker] = await (await stack.enter_async_context(browser(site.here))).sign_in(account)

        for pattern, role, status in PAGES:
            page = await visitors[role].get(site.path(pattern))
            if page.status != status:
                wrong.append(f"{pattern} for {role or 'anyone'}: {page.status} instead of {status}")

    assert not wrong, "\n".join(wrong)


async def test_no_page_opens_for_those_who_may_not(tmp_path: Path) -> None:
    wrong: list[str] = []
    async with one_of_everything(tmp_path) as site, browser(site.here) as cleo, browser(site.here) as reader:
        await reader.sign_in(await site.here.person("cleo"))
        for pattern, role, _ in PAGES:
            if role is None:
                continue
            page = await cleo.get(site.path(pattern))
            if page.status != 303 or not page.onward.startswith("/sign-in?next="):
                wrong.append(f"{pattern} for a stranger: {page.status}")
            page = await reader.get(site.path(pattern))
            if role is not READER and page.status != 403:
                wrong.append(f"{pattern} for a reader: {page.status}")

    assert not wrong, "\n".join(wrong)


async def test_no_form_is_taken_from_strangers_wrong_roles_or_without_the_token(tmp_path: Path) -> None:
    wrong: list[str] = []
    async with one_of_everything(tmp_path) as site, AsyncExitStack() as stack:
        stranger = await stack.enter_async_context(browser(site.here))
        reader = await (await stack.enter_async_context(browser(site.here))).sign_in(site.people[READER])
        staff = await (await stack.enter_async_context(browser(site.here))).sign_in(site.people[ADMINISTRATOR])
        tokens = {id(stranger): (await stranger.get("/sign-in")).token, id(reader): (await reader.get("/me/settings")).token}
        for pattern, role in FORMS:
            path = site.path(pattern)
            if (await staff.post(path, {"csrf": "forged"})).status != 403:
                wrong.append(f"{pattern} without the token")
            if (await stranger.post(path, {"csrf": tokens[id(stranger)]}, {"Origin": "https://evil.example"})).status != 403:
                wrong.append(f"{pattern} from another site")
            if role is None:
                continue
            answer = await stranger.post(path, {"csrf": tokens[id(stranger)]})
            if answer.status != 303 or not answer.onward.startswith("/sign-in"):
                wrong.append(f"{pattern} from a stranger: {answer.status}")
            if role is not READER and (await reader.post(path, {"csrf": tokens[id(reader)]})).status != 403:
                wrong.append(f"{pattern} from a reader")

    assert not wrong, "\n".join(wrong)


def test_every_route_has_a_row_in_the_tables() -> None:
    def pattern(path: str) -> str:
        return re.sub(r"\{[^}]*\}", "[^/?]+", re.sub(r"\{path:path\}", ".+", path))

    asked = {row[0].partition("?")[0] for row in PAGES}
    sent = {row[0] for row in FORMS}
    missing = [
        f"{method} {route.path}"
        for route in ROUTES
        if isinstance(route, Route)
        for method in route.methods or ()
        if method in {"GET", "POST"} and not any(re.fullmatch(pattern(route.path), one) for one in (asked if method == "GET" else sent))
    ]
    assert missing == []
