"""A small library to try the pages on: its titles, readers, words, events and cases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from markupsafe import Markup

from themes.views.catalog import (
    AuthorLink,
    EditionCard,
    Holding,
    Rating,
    Share,
    SubjectLink,
    Work,
    WorkCard,
)
from themes.views.deliveries import Parcel, Peer
from themes.views.desk import ImportRun, Refused
from themes.views.feeds import Feed, FeedEntry
from themes.views.moderation import Case, CaseRow, Decision, Report, Rule, ServerRow, Words
from themes.views.posts import Event, EventCard, Month, Partner, Person, Picture, Post
from themes.views.site import Choice, Facet, Form, Link, Member, Pages, Site

NOW = datetime(2026, 5, 4, 18, 30, tzinfo=UTC)
HOME = "https://north.example"

SITE = Site(
    name="North Quay Library",
    domain="north.example",
    handle="@library@north.example",
    description="The public library between the harbour and the old mill: books, films, music, and people to talk with about them.",
    languages=("en", "it"),
    version="0.1.0",
    contact_email="desk@north.example",
    source_url="https://code.example/bookmobile",
    base_url=HOME,
    place="Northport",
    hours="Open today from 10 to 19.",
)
ADA = Member("Ada Lindqvist", "ada")
AGATHA = Member("Agatha Moss", "agatha", "administrator", is_librarian=True, is_moderator=True, open_cases=3)
BEN = Member("Ben Okafor", "ben", "moderator", is_librarian=True, is_moderator=True, open_cases=3)

TITLES = (
    ("Moby-Dick; or, The Whale", "Herman Melville", 1851, "book", "en"),
    ("Middlemarch", "George Eliot", 1871, "book", "en"),
    ("Il barone rampante", "Italo Calvino", 1957, "book", "it"),
    ("The Left Hand of Darkness", "Ursula K. Le Guin", 1969, "book", "en"),
    ("Kind of Blue", "Miles Davis", 1959, "music", "en"),
    ("Ladri di biciclette", "Vittorio De Sica", 1948, "film", "it"),
    ("Se questo è un uomo", "Primo Levi", 1947, "book", "it"),
    ("Things Fall Apart", "Chinua Achebe", 1958, "book", "en"),
    ("Война и мир", "Лев Толстой", 1869, "book", "ru"),
    ("Pippi Långstrump", "Astrid Lindgren", 1945, "audiobook", "sv"),
    ("紅樓夢", "曹雪芹", 1791, "book", "zh"),
    ("Frankenstein; or, The Modern Prometheus", "Mary Shelley", 1818, "ebook", "en"),
)


def card(number: int, excerpt: str = "") -> WorkCard:
    """A title of the sample catalogue."""
    title, authors, year, form, language = TITLES[number]
    known = number % 3 != 1
    return WorkCard(
        id=str(number + 1),
        title=title,
        url=f"/catalog/works/{number + 1}",
        cover=f"/covers/{number + 1}.svg",
        authors=authors,
        year=year,
        form=form,
        language=language,
        mean=7.4 + number / 10 if known else None,
        ratings=number * 3 + 4 if known else 2,
        reviews=number % 5,
        excerpt=excerpt,
        shelf_mark=f"8{number}3 {authors.split()[-1][:3].upper()}",
    )


CARDS = tuple(card(number) for number in range(len(TITLES)))
WHALE = CARDS[0]

ada = Person("Ada Lindqvist", "ada@north.example", "/@ada", uri=f"{HOME}/ap/actors/ada")
ben = Person("Ben Okafor", "ben@north.example", "/@ben", badge="librarian", uri=f"{HOME}/ap/actors/ben")
cleo = Person(
    "Cleo",
    "cleo@reading.example",
    "/@cleo@reading.example",
    is_local=False,
    uri="https://reading.example/users/cleo",
    face="/media/cleo.webp",
)
dina = Person(
    "Dina Haddad",
    "dina@harbour.example",
    "/@dina@harbour.example",
    is_local=False,
    library="Harbour Library",
    uri="https://harbour.example/ap/actors/dina",
)
library = Person("North Quay Library", "library@north.example", "/@library", badge="library", uri=f"{HOME}/ap/actors/library")


def post(
    number: int,
    author: Person,
    text: str,
    *,
    kind: str = "review",
    title: str = "",
    rating: int | None = None,
    language: str = "en",
    warning: str = "",
    likes: int = 0,
    boosts: int = 0,
    about: WorkCard | None = None,
    depth: int = 0,
    answers: str = "",
    replies: tuple[Post, ...] = (),
    hidden: str = "",
    may_edit: bool = False,
    category: str = "",
    edited: bool = False,
    pictures: tuple[Picture, ...] = (),
) -> Post:
    """Something that somebody said."""
    return Post(
        id=str(number),
        uri=f"{HOME}/ap/notes/{number}" if author.is_local else f"https://{author.handle.split('@')[1]}/notes/{number}",
        url=f"/posts/{number}",
        kind=kind,
        author=author,
        html=Markup("".join(f"<p>{part}</p>" for part in text.split("\n"))),
        published=NOW - timedelta(days=number, hours=number),
        edited=NOW if edited else None,
        title=title,
        rating=rating,
        language=language,
        warning=warning,
        likes=likes,
        boosts=boosts,
        origin="" if author.is_local else f"https://{author.handle.split('@')[1]}/notes/{number}",
        about=about,
        category=category,
        depth=depth,
        answers=answers,
        replies=replies,
        reply_count=len(replies),
        may_edit=may_edit,
        hidden=hidden,
        pictures=pictures,
    )


ANSWERS = (
    post(11, cleo, "The chapter on whiteness alone! I read it twice, aloud.", kind="comment", likes=2),
    post(12, ben, "We read it aloud too: every second Thursday, see the events.", kind="comment", depth=1, answers="Cleo"),
    post(13, dina, "Da noi la leggiamo in primavera. Venite!", kind="comment", language="it", depth=2, answers="Ben Okafor"),
    post(14, cleo, "These words are gone.", kind="comment", hidden="removed"),
)
DRAWINGS = (
    Picture("/media/one.webp", "Pippi lifts a horse; pen and ink, on yellowed paper.", 1280, 853),
    Picture("/media/two.webp", "", 640, 960),
    Picture("", "The back of the book, with the price in crowns."),
)
REVIEWS = (
    post(
        1,
        ada,
        "I had been afraid of it for twenty years. It turns out to be <em>funny</em>: by somebody who cannot stop talking, about a man"
        " who cannot stop at all.\nSkip nothing. The chapters about rope are the ones you will remember.",
        title="Funnier than they tell you",
        rating=9,
        likes=14,
        boosts=3,
        about=WHALE,
        replies=ANSWERS,
        may_edit=True,
        edited=True,
    ),
    post(2, dina, "Un mare di parole, e sotto le parole il mare.", title="Il mare", rating=10, language="it", likes=6, about=CARDS[2]),
    post(3, cleo, "They all die but one. I still cannot believe how gently he tells it.", warning="the end", rating=7, about=CARDS[1]),
    post(4, ben, "★★½ for me: the first third could be half as long. Take the audiobook for the sermon.", rating=5, about=CARDS[3]),
    post(5, cleo, "Is there an edition with the drawings? My son asks.", kind="comment", about=CARDS[9], pictures=DRAWINGS),
    post(7, dina, "What I saw on the way home.", kind="comment", about=CARDS[9], pictures=(replace(DRAWINGS[0], sensitive=True),)),
)
HELD = post(6, ada, "This has to wait a little.", hidden="held", rating=2, about=WHALE, may_edit=True)
NEWS = (
    post(
        21,
        library,
        "The roof over the reading room is new, and the room is open again. Which chair shall stand at the window?",
        kind="announcement",
        title="The reading room is open again",
        category="The house",
        likes=21,
        boosts=8,
        replies=ANSWERS[:1],
    ),
    post(
        22,
        library,
        "Two hundred films from the estate of the Odeon cinema.",
        kind="announcement",
        title="The Odeon’s films",
        category="New titles",
    ),
)
EVENTS = (
    EventCard(
        "/events/1",
        "Reading Moby-Dick aloud, chapters 41 and 42",
        NOW + timedelta(days=3),
        NOW + timedelta(days=3, hours=2),
        "Reading room",
        "Book club",
    ),
    EventCard("/events/2", "Repair café: bring your bicycle", NOW + timedelta(days=5), None, "Courtyard", "Workshop"),
    EventCard(
        "/events/3",
        "Storytime in Arabic and English",
        NOW + timedelta(days=9),
        NOW + timedelta(days=9, hours=1),
        "Children’s corner",
        "Children",
        cancelled=True,
    ),
)
EVENT = Event(
    id="1",
    uri=f"{HOME}/ap/events/1",
    url="/events/1",
    title="Reading Moby-Dick aloud, chapters 41 and 42",
    starts=EVENTS[0].starts,
    ends=EVENTS[0].ends,
    html=Markup("<p>We read in turns, as long as the voice lasts. Come as you are.</p><p>What does the colour white do to you?</p>"),
    place="Reading room",
    address="Quay Street 1, Northport",
    online_url="https://meet.example/whale",
    category="Book club",
    language="en",
    host=library,
    works=CARDS[:2],
    may_edit=True,
)
PARTNERS = (
    Partner("Harbour Library", "harbour.example", "https://harbour.example", 37, "Porto Vecchio"),
    Partner("Biblioteca del Mulino", "mulino.example", "https://mulino.example"),
)
FACTS = (("Publisher", "Harper & Brothers"), ("Extent", "635 pages"), ("ISBN", "9780142437247"))
EDITIONS = (
    EditionCard("1", "/catalog/editions/1", "Moby-Dick", 2003, "Penguin", "en", "book", "9780142437247"),
    EditionCard("2", "/catalog/editions/2", "Moby Dick", 1986, "Adelphi", "it", "book", "9788845900099"),
    EditionCard("3", "/catalog/editions/3", "Moby-Dick", 2014, "", "en", "audiobook"),
)
SUMMARY = (
    "A schoolmaster goes to sea and finds himself on a ship whose captain wants one thing only: to kill the white whale that took his leg."
    " A story of work, friendship, obsession, and of everything that can be known about whales."
)
MELVILLE = AuthorLink("Herman Melville", "/catalog/authors/1")
WORK = Work(
    id="1",
    uri=f"{HOME}/catalog/works/1",
    url="/catalog/works/1",
    title="Moby-Dick",
    subtitle="or, The Whale",
    cover="/covers/1.svg",
    authors=(MELVILLE, AuthorLink("Rockwell Kent", "/catalog/authors/2", "illustrator")),
    year=1851,
    form="book",
    language="en",
    summary=SUMMARY,
    holdings=(Holding("Main library, first floor", "813 MEL", copies=2), Holding("Harbour branch", "Cl. MEL", "large print")),
    online=(Link("Read online", "https://books.example/whale", "free of charge, for everybody"),),
    subjects=tuple(
        SubjectLink(label, f"/catalog/subjects/{n}") for n, label in enumerate(("Whaling", "Sea stories", "Ship captains", "Obsession"), 1)
    ),
    editions=EDITIONS,
    facts=FACTS,
    original_title="The Whale",
    series="The Quay Classics, 4",
)
BARE = Work(id="2", uri=f"{HOME}/catalog/works/2", url="/catalog/works/2", title="Untitled pamphlet", cover="/covers/2.svg")
RATING = Rating(48, 8.3, (Share(5, 24, 50), Share(4, 13, 27), Share(3, 7, 15), Share(2, 3, 6), Share(1, 1, 2)))
FEW = Rating(2, None, (Share(5, 1, 50), Share(4, 1, 50), Share(3, 0, 0), Share(2, 0, 0), Share(1, 0, 0)))
SORTS = (Choice("helpful", "Most helpful", chosen=True, url="?sort=helpful"), Choice("new", "Newest", url="?sort=new"))
MANY = Pages(2, 7, "?page=1", "?page=3")
FACETS = (
    Facet(
        "format",
        "Kind",
        (
            Choice("book", "Book", 812, url="?format=book"),
            Choice("film", "Film", 120, True, "?"),
            Choice("music", "Music", 74, url="?format=music"),
        ),
    ),
    Facet("language", "Language", (Choice("en", "English", 640, url="?language=en"), Choice("it", "Italian", 211, url="?language=it"))),
    Facet("year", "Year", tuple(Choice(f"{y}s", f"{y}s", y % 90, url=f"?year={y}s") for y in range(1850, 1950, 10))),
    Facet("subject", "Subject", (Choice("1", "Sea stories", 12, url="?subject=1"),)),
)
RULES = (
    Rule(
        "hate",
        "1",
        "Hate speech",
        "Words that attack, belittle or threaten people for what they are: origin, religion, sex, disability, love.",
    ),
    Rule("harassment", "2", "Harassment", "Following somebody around with words they do not want."),
    Rule("spam", "3", "Advertising", "Links and offers that have nothing to do with the library."),
    Rule("private", "4", "Private things of others", "Addresses, photographs, stories that are not yours to tell."),
)
ROW = CaseRow(
    "1",
    "/moderation/cases/1",
    NOW,
    "report",
    "Comment on Middlemarch: “people like you should…”",
    cleo,
    "comment",
    3,
    "Hate speech",
    urgent=True,
)
ROWS = (
    ROW,
    CaseRow(
        "2",
        "/moderation/cases/2",
        NOW - timedelta(hours=5),
        "policy",
        "First words of a stranger, with four links",
        None,
        "review",
        rule="Advertising",
    ),
    CaseRow("3", "/moderation/cases/3", NOW - timedelta(days=1), "flag", "Review of Moby-Dick", dina, "review", 1, taken_by="Ben Okafor"),
    CaseRow(
        "4", "/moderation/cases/4", NOW - timedelta(days=9), "report", "Profile of Cleo", cleo, "actor", 1, state="settled", outcome="warn"
    ),
)
WORDS = Words(Markup("<p>People like you should not be let into a library.</p>"), NOW - timedelta(hours=9), "Leave", "", "visible", "en")
DECISIONS = (
    Decision(
        "2",
        NOW,
        "Ben Okafor",
        "hide",
        "Attacks readers for where they come from.",
        "Hate speech",
        "Comment on Middlemarch",
        "/moderation/cases/1",
        True,
    ),
    Decision("1", NOW - timedelta(days=2), "Ben Okafor", "warn", "A first, friendly word.", undone="Ada Lindqvist: it was a quotation"),
)
CASE = Case(
    id="1",
    url="/moderation/cases/1",
    number=41,
    opened=NOW,
    source="report",
    kind="comment",
    state="open",
    author=cleo,
    then=WORDS,
    now=Words(Markup("<p>Changed since.</p>"), NOW, state="edited"),
    where="Middlemarch",
    where_url="/catalog/works/2",
    uri="https://reading.example/notes/77",
    reports=(
        Report(NOW, "visitor", "This is aimed at my daughter.", "Hate speech"),
        Report(NOW, "server", "Please look.", via="harbour.example"),
    ),
    earlier=(ROWS[3],),
    history=DECISIONS,
    author_since=NOW - timedelta(days=90),
    author_posts=17,
    server="reading.example",
)
SERVERS = (
    ServerRow("harbour.example", "partner", people=41, posts=180, last_seen=NOW),
    ServerRow("spam.example", "refused", "Sells pills in every answer", "Ben Okafor", NOW, 3, 0),
    ServerRow("loud.example", "limited", "Many first posts with links"),
)
PEERS = (
    Peer(
        "harbour.example",
        "/moderation/deliveries/harbour.example",
        "failing",
        "bookwyrm 0.7.5",
        "draft-cavage",
        1204,
        NOW - timedelta(days=4),
        NOW - timedelta(days=3),
        NOW + timedelta(hours=6),
        "503: HTTP 503 the other server has troubles of its own",
    ),
    Peer("reading.example", "/moderation/deliveries/reading.example", "well", "mastodon 4.5.0", "RFC 9421", 0, NOW),
    Peer("quay.example", "/moderation/deliveries/quay.example", "new", owed=1),
)
PARCELS = (
    Parcel("Delete", f"{HOME}/ap/notes/1", "https://harbour.example/inbox", NOW, NOW + timedelta(hours=1)),
    Parcel("Create", f"{HOME}/ap/notes/2", "https://harbour.example/inbox", NOW - timedelta(days=2), NOW, 4, "503: HTTP 503"),
)
RUNS = (
    ImportRun("2", "/desk/imports/2", "spring.mrc", NOW, "running", "MARC 21", "Ben Okafor", 640, 1200, 590, 20, 25, 5),
    ImportRun(
        "1",
        "/desk/imports/1",
        "all-titles.xml.gz",
        NOW - timedelta(days=2),
        "done",
        "MARCXML",
        "Ben Okafor",
        9800,
        9800,
        9790,
        0,
        0,
        10,
        41.2,
        refused_records=(Refused(17, "Of Mice and", "The record ends in the middle of a field."), Refused(80, "", "It has no title.")),
        refused_url="/desk/imports/1/refused",
    ),
)
EMPTY = Form()
WRONG = Form(
    {"title": "Funnier", "rating": "9", "text": "", "language": "en", "who": "ada", "handle": "ada"},
    {"text": "Please write at least a few words.", "handle": "We found nobody of this name there."},
)
FEED = Feed(
    f"{HOME}/feeds/reviews",
    f"{HOME}/",
    "Latest reviews",
    NOW,
    (FeedEntry(REVIEWS[0].uri, f"{HOME}/posts/1", "Funnier & shorter <than> they say", NOW, NOW, "Ada", REVIEWS[0].html, ("review",)),),
)
CODES = ("en", "it", "ar")
NUMBERS = (("Titles", 9790), ("Reviews", 412), ("Followers elsewhere", 1204))
THIS_MONTH = Month(NOW, EVENTS[:2])
