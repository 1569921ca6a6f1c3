"""One sample context for every page, written once: what the tests render and the pictures show."""

from dataclasses import replace
from datetime import date, timedelta

from markupsafe import Markup

from tests.themes.shelf import (
    ADA,
    AGATHA,
    ANSWERS,
    BARE,
    BEN,
    CARDS,
    CASE,
    CODES,
    DECISIONS,
    DRAWINGS,
    EDITIONS,
    EMPTY,
    EVENT,
    EVENTS,
    FACETS,
    FACTS,
    FEED,
    FEW,
    HELD,
    HOME,
    MANY,
    MELVILLE,
    NEWS,
    NOW,
    NUMBERS,
    PARCELS,
    PARTNERS,
    PEERS,
    RATING,
    REVIEWS,
    ROWS,
    RULES,
    RUNS,
    SERVERS,
    SITE,
    SORTS,
    SUMMARY,
    THIS_MONTH,
    WHALE,
    WORDS,
    WORK,
    WRONG,
    ada,
    ben,
    card,
    cleo,
    library,
)
from themes import manifest
from themes.views.catalog import Author, Edition, Entry, Rating, Subject, SubjectLink
from themes.views.deliveries import Understood
from themes.views.desk import Matter, PartnerRow, SuggestionRow
from themes.views.follow import Followable, Followed
from themes.views.moderation import Case, PersonRow, WordRow
from themes.views.posts import ClubCard, ClubPage, Invitation, Month, Profile
from themes.views.site import Choice, Form, Link, Member, Pages

Context = dict[str, object]


def page_wide(member: Member | None = None, path: str = "/", notice: str | None = None) -> Context:
    """What every page gets."""
    return {"site": SITE, "member": member, "csrf": "c5rf", "path": path, "notice": notice}


def followable(name: str, query: str = "", *, followed: bool = False) -> Followable:
    """Something that can be followed."""
    uri, promise = f"{HOME}/ap/actors/{name}", "New titles come to you, in one post a day at most."
    return Followable(uri, f"{name}@quay.example", f"/follow?about={uri}", "/feeds/new", promise, followed, query)


def work_page(**changes: object) -> Context:
    """The page of a title, changed here and there."""
    return {
        "work": WORK,
        "rating": RATING,
        "posts": tuple(replace(said, about=None) for said in REVIEWS),
        "posts_count": 52,
        "sorts": SORTS,
        "pages": MANY,
        "my_review": None,
        "similar": CARDS[1:7],
        "feed_url": "/feeds/works/1",
        "followable": followable("work-1"),
    } | changes


def search_page(**changes: object) -> Context:
    """What was found, changed here and there."""
    found = tuple(
        card(number, Markup("… the <mark>sea</mark> and nothing but the <mark>sea</mark> …") if number % 3 == 0 else "")
        for number in range(8)
    )
    return {
        "query": "sea",
        "total": 1204,
        "works": found,
        "did_you_mean": Link("seal", "/search?q=seal"),
        "chips": (Choice("film", "Film", url="/search?q=sea"),),
        "facets": FACETS,
        "sorts": SORTS,
        "pages": MANY,
        "suggestions": (Link("Sea stories", "/catalog/subjects/2"),),
        "feed_url": "/feeds/search?q=sea",
        "followable": followable("search-0123456789", "q=sea"),
    } | changes


def error(member: Member | None = None) -> Context:
    """What an error page gets."""
    return page_wide(member, "/nowhere") | {"message": "", "reference": ""}


CLUB = ClubPage(
    "Northport reads",
    "northport",
    "northport@north.example",
    f"{HOME}/ap/actors/northport",
    "/groups/northport",
    Markup("<p>One book a month. Come as you are.</p>"),
    41,
    (library,),
    WHALE,
    is_member=True,
    may_begin=True,
    may_edit=True,
)

SAMPLES: dict[str, Context] = {
    "home/show.html": page_wide()
    | {"titles_count": 9790, "new_works": CARDS, "events": EVENTS, "reviews": REVIEWS[:4], "announcements": NEWS, "partners": PARTNERS},
    "home/show.html#empty": page_wide(BEN, notice="Welcome back.")
    | {"titles_count": 0, "new_works": (), "events": (), "reviews": (), "announcements": (), "partners": ()},
    "search/show.html": page_wide(path="/search?q=sea") | search_page(),
    "search/show.html#nothing": page_wide() | search_page(works=(), total=0, facets=(), query="whlae"),
    "search/show.html#bare": page_wide() | search_page(works=(), total=0, query="", did_you_mean=None, chips=(), suggestions=()),
    "work/show.html": page_wide(path="/catalog/works/1") | work_page(),
    "work/show.html#mine": page_wide(ADA) | work_page(my_review=HELD, posts=(replace(HELD, about=None),), rating=FEW),
    "work/show.html#bare": page_wide()
    | work_page(work=BARE, rating=Rating(), posts=(), posts_count=0, sorts=(), pages=Pages(), similar=()),
    "edition/show.html": page_wide()
    | {
        "edition": Edition(
            "1",
            f"{HOME}/catalog/editions/1",
            "/catalog/editions/1",
            "Moby-Dick",
            "/covers/1.svg",
            WHALE,
            "or, The Whale",
            (MELVILLE,),
            2003,
            "book",
            "en",
            SUMMARY,
            WORK.holdings,
            WORK.online,
            FACTS,
        ),
        "others": EDITIONS[1:],
    },
    "author/show.html": page_wide()
    | {
        "feed_url": "/feeds/authors/1",
        "followable": followable("author-1"),
        "author": Author(
            "1",
            f"{HOME}/catalog/authors/1",
            "/catalog/authors/1",
            "Herman Melville",
            "1819–1891",
            "American novelist and customs officer.",
            ("Melville, H.",),
            (Link("VIAF", "https://viaf.example/1"),),
        ),
        "works": CARDS[:5],
        "total": 5,
        "pages": Pages(),
    },
    "subject/show.html": page_wide()
    | {
        "subject": Subject(
            "2",
            "/catalog/subjects/2",
            "Sea stories",
            "",
            (SubjectLink("Fiction", "/catalog/subjects/9"),),
            (SubjectLink("Whaling", "/catalog/subjects/1"),),
        ),
        "works": CARDS,
        "total": 112,
        "pages": MANY,
        "feed_url": "/feeds/subjects/2",
        "followable": followable("subject-2", followed=True),
    },
    "browse/show.html": page_wide()
    | {
        "kind": "authors",
        "letters": tuple(Choice(a, a, chosen=a == "M", url=f"?letter={a}") for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "entries": tuple(Entry(card.authors, f"/catalog/authors/{card.id}", card.ratings) for card in CARDS),
        "pages": MANY,
    },
    "event/show.html": page_wide(ADA)
    | {
        "event": EVENT,
        "invitation": Invitation("open", capacity=20, coming=18, waiting=2, mine="coming", is_open=True),
        "posts": (REVIEWS[4],),
        "pages": Pages(),
    },
    "event/show.html#external": page_wide()
    | {"event": EVENT, "invitation": Invitation("external", url="https://tickets.example/7"), "posts": (), "pages": Pages()},
    "event/poster.html": page_wide(BEN) | {"event": EVENT, "form": Form()},
    "event/poster.html#up": page_wide(BEN)
    | {
        "event": replace(EVENT, poster="/covers/1.svg", poster_alt="A white whale", poster_width=400, poster_height=600),
        "form": Form(values={"alt": ""}, errors={"alt": "Please say what is on it.", "file": "Please choose a file."}),
    },
    "event/guests.html": page_wide(BEN)
    | {
        "event": EVENT,
        "door": "approved",
        "capacity": 20,
        "asked": ((1, "asked", cleo, "I bring my own copy.", NOW),),
        "coming": ((2, "coming", library, "", NOW),),
        "waiting": ((3, "waiting", cleo, "", NOW),),
    },
    "event/calendar.html": page_wide(BEN)
    | {
        "months": (THIS_MONTH, Month(NOW + timedelta(days=40), EVENTS[2:])),
        "categories": (Choice("club", "Book club", url="?category=club"),),
        "past": (),
        "past_url": "?past=1",
        "may_write": True,
    },
    "event/calendar.html#past": page_wide() | {"months": (), "categories": (), "past": (THIS_MONTH,), "past_url": "", "may_write": False},
    "event/write.html": page_wide(BEN)
    | {"form": WRONG, "action": "/events/new", "is_edit": True, "categories": ("Book club", "Children"), "languages": CODES},
    "announcement/show.html": page_wide() | {"post": NEWS[0]},
    "announcement/list.html": page_wide(BEN)
    | {
        "posts": NEWS,
        "categories": (Choice("house", "The house", url="?category=house"),),
        "pages": MANY,
        "feed_url": "/feeds/news",
        "may_write": True,
    },
    "announcement/write.html": page_wide(BEN)
    | {"form": EMPTY, "action": "/announcements/new", "is_edit": False, "categories": ("The house",), "languages": CODES},
    "post/show.html": page_wide() | {"post": REVIEWS[0], "parent": None, "quoted": 2},
    "post/show.html#answer": page_wide(ADA) | {"post": ANSWERS[0], "parent": REVIEWS[0], "quoted": 0},
    "post/quotes.html": page_wide(ADA)
    | {"post": REVIEWS[0], "quotes": ((7, "https://reading.example/@cleo/77", cleo, NOW),), "may_withdraw": True},
    "post/delete.html": page_wide(ADA) | {"post": REVIEWS[0]},
    "review/write.html": page_wide(ADA)
    | {"work": WHALE, "form": EMPTY, "action": "/catalog/works/1/review", "is_edit": False, "languages": CODES},
    "review/write.html#wrong": page_wide(ADA)
    | {"work": WHALE, "form": WRONG, "action": "/posts/1/edit", "is_edit": True, "languages": CODES},
    "comment/write.html": page_wide(ADA)
    | {
        "form": EMPTY,
        "action": "/posts/1/reply",
        "back": "/posts/1",
        "is_edit": False,
        "work": WHALE,
        "answering": REVIEWS[2],
        "languages": CODES,
    },
    "comment/write.html#work": page_wide(ADA)
    | {
        "form": WRONG,
        "action": "/catalog/works/1/comment",
        "back": "/catalog/works/1",
        "is_edit": False,
        "work": WHALE,
        "answering": None,
        "languages": CODES,
    },
    "account/sign_in.html": page_wide()
    | {"form": EMPTY, "next": "/catalog/works/1", "mail_works": True, "people": (Choice("ada", "Ada", url="librarian"),)},
    "account/confirm.html": page_wide() | {"action": "/sign-in/link?token=abc"},
    "follow/confirm.html": page_wide(ADA) | {"person": cleo, "bio": "Reads on trains."},
    "account/sign_in_sent.html": page_wide() | {"email": "ada@mail.example"},
    "account/sign_up.html": page_wide() | {"form": EMPTY},
    "account/me.html": page_wide(ADA, notice="Your review is published.")
    | {
        "posts": REVIEWS[:2],
        "answers": ANSWERS[:1],
        "events": EVENTS[:2],
        "pages": Pages(),
        "handle": "ada@north.example",
        "profile_url": "/@ada",
    },
    "account/settings.html": page_wide(ADA)
    | {"form": Form({"name": "Ada Lindqvist", "email": "ada@mail.example"}), "languages": ("en", "it"), "has_password": True},
    "account/move.html": page_wide(ADA)
    | {
        "form": WRONG,
        "handle": "ada@north.example",
        "aliases": (("https://reading.example/users/ada", "ada@reading.example"),),
        "moved_to": "",
    },
    "account/move.html#away": page_wide(ADA)
    | {"form": EMPTY, "handle": "ada@north.example", "aliases": (), "moved_to": "ada@reading.example"},
    "actor/show.html": page_wide()
    | {
        "profile": Profile(library, Markup("<p>Your library, in your timeline.</p>"), NOW, kind="library", links=(Link("Website", HOME),)),
        "posts": NEWS,
        "pages": Pages(),
        "is_me": False,
    },
    "actor/show.html#remote": page_wide()
    | {"profile": Profile(cleo, limited="limited", moved_to="https://new.example/@cleo"), "posts": (), "pages": Pages(), "is_me": False},
    "follow/anywhere.html": page_wide() | {"about_uri": f"{HOME}/ap/actors/library", "about_label": "North Quay Library", "form": WRONG},
    "group/list.html": page_wide(BEN)
    | {
        "clubs": (
            ClubCard("Northport reads", "/groups/northport", "One book a month. Come as you are.", 41, 12, WHALE),
            ClubCard("Poems", "/groups/poems"),
        ),
        "may_found": True,
    },
    "group/show.html": page_wide(ADA)
    | {"club": CLUB, "posts": (replace(REVIEWS[0], about=None, rating=None),), "pages": Pages(), "feed_url": "/feeds/groups/northport"},
    "group/show.html#stranger": page_wide()
    | {
        "club": replace(CLUB, is_member=False, may_begin=False, may_edit=False, reading=None),
        "posts": (),
        "pages": Pages(),
        "feed_url": "/feeds/groups/northport",
    },
    "group/write.html": page_wide(BEN) | {"form": WRONG, "action": "/groups/new", "is_edit": False},
    "group/begin.html": page_wide(ADA)
    | {"form": WRONG, "action": "/groups/northport/begin", "back": "/groups/northport", "club_name": "Northport reads", "languages": CODES},
    "follow/search.html": page_wide()
    | {"query": "q=sea&language=swe", "label": "sea, swe", "feed_url": "/feeds/search?q=sea&language=swe"},
    "follow/list.html": page_wide(ADA, "/me/following")
    | {
        "posts": REVIEWS[:1],
        "followed": (
            Followed("Whales – North Quay", "subject-2@quay.example", f"{HOME}/ap/actors/subject-2", "/catalog/subjects/2", NOW, True),
            Followed("Cleo", "cleo@harbour.example", "https://harbour.example/users/cleo", "/@cleo@harbour.example", NOW, waits=True),
        ),
        "pages": Pages(),
    },
    "series/show.html": page_wide()
    | {
        "title": "Library of the sea",
        "works": (replace(CARDS[0], volume="3"), *CARDS[1:3]),
        "total": 3,
        "pages": Pages(),
        "feed_url": "/feeds/series/4",
        "followable": followable("series-4"),
    },
    "follow/go.html": page_wide()
    | {
        "target_url": "https://reading.example/authorize_interaction?uri=x",
        "server": "reading.example",
        "about_uri": f"{HOME}/ap/actors/library",
        "about_label": "North Quay Library",
    },
    "report/write.html": page_wide()
    | {
        "about_uri": "https://reading.example/notes/77",
        "about": WORDS,
        "author": cleo,
        "where": "Comment on Middlemarch",
        "rules": RULES,
        "form": EMPTY,
        "may_forward": True,
    },
    "report/done.html": page_wide() | {"code": "K7Q4-M2XD", "track_url": "/report/track?code=K7Q4-M2XD", "email_sent": True},
    "report/track.html": page_wide()
    | {
        "code": "K7Q4-M2XD",
        "found": True,
        "made": NOW,
        "state": "settled",
        "outcome": "The words were hidden.",
        "reason": "They attacked readers.",
        "rule": "Hate speech",
    },
    "report/track.html#unknown": page_wide()
    | {"code": "NO", "found": False, "made": None, "state": "", "outcome": "", "reason": "", "rule": ""},
    "moderation/queue.html": page_wide(BEN)
    | {
        "rows": ROWS,
        "tabs": (
            Choice("open", "Open", 3, True, "?"),
            Choice("mine", "Mine", 1, url="?state=mine"),
            Choice("settled", "Settled", url="?state=settled"),
        ),
        "sources": (
            Choice("", "All", None, True, "?"),
            Choice("report", "Our readers", 1, url="?source=report"),
            Choice("policy", "Held", 1, url="?source=policy"),
        ),
        "total": 4,
        "pages": MANY,
    },
    "moderation/case.html": page_wide(BEN)
    | {
        "case": replace(CASE, pictures=DRAWINGS),
        "rules": RULES,
        "actions": ("dismiss", "warn", "hide", "remove", "limit", "suspend", "refuse"),
        "form": EMPTY,
    },
    "moderation/case.html#gone": page_wide(BEN)
    | {
        "case": Case("2", "/moderation/cases/2", 42, NOW, "policy", "review", "settled", None, None, None),
        "rules": RULES,
        "actions": (),
        "form": EMPTY,
    },
    "moderation/log.html": page_wide(BEN) | {"decisions": DECISIONS, "pages": MANY},
    "moderation/servers.html": page_wide(BEN) | {"servers": SERVERS, "form": EMPTY, "pages": Pages()},
    "moderation/deliveries.html": page_wide(AGATHA)
    | {
        "peers": PEERS,
        "tabs": (Choice("all", "All", None, True, "?state=all"), Choice("trouble", "In trouble", 1, False, "?state=trouble")),
        "pages": MANY,
    },
    "moderation/delivery.html": page_wide(AGATHA)
    | {
        "peer": PEERS[0],
        "waiting": PARCELS,
        "dropped": PARCELS[:1],
        "dropped_count": 1,
        "spoken": "like BookWyrm: typed reviews of books, and answers",
        "understood": (
            Understood("Review with stars", "whole", "a review on the page of the book"),
            Understood("Announcement", "part", "only answers and mentions"),
            Understood("Event", "none", "nothing"),
        ),
    },
    "moderation/words.html": page_wide(BEN)
    | {"words": (WordRow("1", "buy now", "hold", "advertising", 12), WordRow("2", "casino", "refuse")), "form": EMPTY},
    "moderation/people.html": page_wide(BEN)
    | {
        "people": (
            PersonRow(ada, "active", "reader", NOW, 12),
            PersonRow(cleo, "limited", since=NOW, posts=17, cases=2, reason="Twice warned"),
        ),
        "query": "",
        "tabs": (Choice("all", "All", 2, True, "?"),),
        "pages": Pages(),
        "may_change_roles": True,
    },
    "librarian/desk.html": page_wide(BEN)
    | {
        "matters": (Matter("Cases in the queue", "The oldest waits since Monday.", "/moderation", 3),),
        "counts": NUMBERS,
        "runs": RUNS,
        "debts": (Matter("No mail yet", "Nobody can get a sign-in link until a mail server is named.", "/desk/settings", is_warning=True),),
    },
    "librarian/partners.html": page_wide(BEN)
    | {
        "partners": (
            PartnerRow(1, "Harbour Library", "harbour.example", "/@library@harbour.example", NOW, NOW, 1204, 310, behind=40),
            PartnerRow(2, "Shoal Library", "shoal.example", "/@library@shoal.example", NOW, takes=False, trouble="It does not answer."),
        ),
        "suggestions": (SuggestionRow(1, "oclc", "24668901", "harbour.example", "Moby-Dick", "/catalog/editions/1"),),
    },
    "librarian/imports.html": page_wide(BEN) | {"runs": RUNS, "pages": Pages()},
    "librarian/import.html": page_wide(BEN)
    | {"run": None, "form": EMPTY, "formats": (Choice("auto", "Find out"), Choice("marc21", "MARC 21"))},
    "librarian/import.html#running": page_wide(BEN) | {"run": RUNS[0], "form": EMPTY, "formats": ()},
    "librarian/import.html#done": page_wide(BEN) | {"run": RUNS[1], "form": EMPTY, "formats": ()},
    "about/show.html": page_wide()
    | {"about_html": Markup("<p>Since 1902, in the old customs house.</p>"), "counts": NUMBERS, "people": (ben,), "partners": PARTNERS},
    "about/policy.html": page_wide() | {"rules": RULES, "version": "1", "valid_from": date(2026, 1, 1)},
    "about/privacy.html": page_wide(),
    "about/accessibility.html": page_wide(),
    "about/federation.html": page_wide() | {"partners": PARTNERS, "servers": SERVERS[1:], "known": 212, "silent": 3},
    "errors/error.html": error() | {"message": "The kettle boils over.", "reference": "a1b2"},
    "errors/403.html": error(),
    "errors/404.html": error(),
    "errors/410.html": error(),
    "errors/413.html": error(),
    "errors/422.html": error(BEN),
    "errors/429.html": error(),
    "errors/500.html": error() | {"reference": "a1b2c3"},
    "feeds/atom.xml": page_wide() | {"feed": FEED},
    "feeds/show.html": page_wide() | {"feeds": (Link("Latest reviews", "/feeds/reviews", "every review of our readers"),)},
    "opensearch.xml": page_wide(),
    "library.css": {"scheme": manifest.scheme(manifest.chain("default"))},
    "mail/sign_in.txt": page_wide() | {"url": f"{HOME}/sign-in/link?t=abc&next=/me", "minutes": 30, "name": "Ada"},
    "mail/receipt.txt": page_wide() | {"code": "K7Q4-M2XD", "track_url": f"{HOME}/report/track?code=K7Q4-M2XD"},
}
