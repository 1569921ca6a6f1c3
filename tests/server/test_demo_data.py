"""What the demo libraries promise: whole, real, varied, and with nothing that points nowhere."""

import csv
import re
import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from stdnum import isbn

from community.catalog.columns import Sheet
from moderation import rules
from moderation.tables import Action

DEMO = Path(__file__).resolve().parents[2] / "server" / "demo"
LIBRARIES = ("a", "b")
FORMATS = {"book", "audiobook", "ebook", "film", "music", "comic", "map", "game"}
ROLE = re.compile(r".+ \([a-z]{3}\)")
WHITE_CONTRAST = 4.5

Row = dict[str, str]
Table = dict[str, Any]


@lru_cache
def catalogue(library: str) -> dict[str, Row]:
    with (DEMO / f"library_{library}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_key = {row["key"]: row for row in rows}
    assert len(by_key) == len(rows), "two rows share a key"
    return by_key


@lru_cache
def told(name: str) -> Table:
    return tomllib.loads((DEMO / f"{name}.toml").read_text(encoding="utf-8"))


def people(library: str, *roles: str) -> set[str]:
    return {one["username"] for one in told("people")["person"] if one["library"] == library and (not roles or one["role"] in roles)}


def entries() -> dict[str, Table]:
    listed = told("reviews")["entry"]
    by_id = {one["id"]: one for one in listed}
    assert len(by_id) == len(listed), "two entries share an id"
    return by_id


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_demo_library_holds_at_least_a_hundred_and_seventy_titles_with_films_and_music(library: str) -> None:
    rows = catalogue(library).values()

    formats = Counter(row["format"] for row in rows)
    assert len(rows) >= 170
    assert set(formats) <= FORMATS
    assert formats["film"] >= 18
    assert formats["music"] >= 13
    assert formats["comic"] >= 5
    assert {"map", "game", "audiobook"} <= set(formats)


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_row_of_the_catalogue_says_what_a_reader_wants_to_know(library: str) -> None:
    for row in catalogue(library).values():
        assert row["title"] and row["original_title"] and row["description"] and row["subjects"] and row["shelf_mark"], row["key"]
        assert re.fullmatch(r"[a-z0-9-]+", row["key"])
        assert row["audience"] in {"children", "teens", "adults", "all"}, row["key"]
        assert all(re.fullmatch("[a-z]{3}", language) for language in row["languages"].split(";")), row["key"]
        assert not row["year"] or 1880 <= int(row["year"]) <= 2025, row["key"]
        assert all(ROLE.fullmatch(creator) for creator in filter(None, row["creators"].split("; "))), row["key"]
        assert all(re.fullmatch(r"imdb:tt\d{7,8}", one) for one in filter(None, row["identifiers"].split(";"))), row["key"]
        assert all(not row[number] or int(row[number]) > 0 for number in ("pages", "minutes")), row["key"]
        assert None not in row and None not in row.values(), row["key"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_isbn_is_thirteen_digits_with_a_valid_checksum_and_belongs_to_one_title(library: str) -> None:
    numbers = [row["isbn"] for row in catalogue(library).values() if row["isbn"]]

    assert len(numbers) >= 90
    assert len(set(numbers)) == len(numbers)
    for number in numbers:
        assert re.fullmatch(r"97[89]\d{10}", number)
        assert isbn.is_valid(number), number


def test_the_two_libraries_share_enough_editions_for_reviews_to_travel() -> None:
    ours, theirs = catalogue("a"), catalogue("b")
    shared = ours.keys() & theirs.keys()

    assert len(shared) >= 60
    assert sum(1 for key in shared if ours[key]["isbn"]) >= 45
    for key in shared:
        for column in ("isbn", "identifiers", "original_title", "creators", "format", "languages", "year"):
            assert ours[key][column] == theirs[key][column], f"{key}: {column}"
    # And nothing else is the same edition under two names.
    assert {row["isbn"] for key, row in ours.items() if key not in shared if row["isbn"]}.isdisjoint(
        row["isbn"] for key, row in theirs.items() if key not in shared
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_catalogue_speaks_seven_languages(library: str) -> None:
    spoken = Counter(language for row in catalogue(library).values() for language in row["languages"].split(";"))

    assert spoken["ita"] >= 15 and spoken["eng"] >= 40
    assert all(spoken[language] >= 3 for language in ("rum", "swe", "ger", "fre", "spa")), spoken


def test_translations_of_one_work_can_meet() -> None:
    works = Counter(row["original_title"] for row in {**catalogue("a"), **catalogue("b")}.values())
    wanted = {"Moby-Dick": 3, "Il nome della rosa": 3, "L'amica geniale": 2, "Le Petit Prince": 3, "Pippi Långstrump": 3}

    assert {title: works[title] for title, editions in wanted.items() if works[title] < editions} == {}


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_importer_understands_every_row_as_it_is_meant(library: str) -> None:
    with (DEMO / f"library_{library}.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    sheet = Sheet(header)

    for line in lines:
        record = sheet.record(line, b"")
        row = dict(zip(header, line, strict=True))
        assert record.source_key == row["key"]
        assert record.title == row["title"]
        assert record.form == row["format"], row["key"]
        assert record.year == (int(row["year"]) if row["year"] else None), row["key"]
        assert len(record.agents) == len([one for one in row["creators"].split("; ") if one]), row["key"]
        assert len(record.subjects) == len(row["subjects"].split("; ")), row["key"]
        assert ("isbn" in {scheme for scheme, _ in record.identifiers}) == bool(row["isbn"]), row["key"]
        assert ("imdb" in {scheme for scheme, _ in record.identifiers}) == bool(row["identifiers"]), row["key"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_has_a_town_hours_and_a_colour_that_can_be_read_on_white(library: str) -> None:
    about = told("libraries")[library]

    assert all(about[field] for field in ("name", "town", "description", "address", "timezone", "language", "opening_hours"))
    assert all(day["open"] < day["close"] for day in about["opening_hours"])
    assert 1.05 / (luminance(about["colour"]) + 0.05) >= WHITE_CONTRAST


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_has_its_staff_and_at_least_ten_readers(library: str) -> None:
    listed = [one["username"] for one in told("people")["person"] if one["library"] == library]

    assert len(set(listed)) == len(listed)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{1,29}", username) for username in listed)
    assert len(people(library, "administrator")) == 1
    assert len(people(library, "librarian")) == 2
    assert len(people(library, "moderator")) == 1
    assert len(people(library, "reader")) >= 10
    assert all(one["name"] and one["bio"] and one["language"] for one in told("people")["person"])


def test_every_review_is_by_somebody_about_something_and_every_comment_answers_an_entry() -> None:
    said = entries()

    for one in said.values():
        assert one["by"] in people(one["library"]), one["id"]
        assert one["about"] in catalogue(one["library"]), one["id"]
        assert one["days_ago"] >= 0
        if one["kind"] == "comment":
            answered = said[one["reply_to"]]
            assert (answered["library"], answered["about"]) == (one["library"], one["about"]), one["id"]
            assert answered["days_ago"] >= one["days_ago"], one["id"]
            assert "half_stars" not in one
        else:
            assert one["kind"] in {"review", "rating"}
            assert 1 <= one["half_stars"] <= 10, one["id"]
            assert "reply_to" not in one
        assert bool(one.get("text")) == (one["kind"] != "rating"), one["id"]


def test_one_person_rates_a_title_once() -> None:
    rated = Counter((one["library"], one["by"], one["about"]) for one in entries().values() if one["kind"] != "comment")

    assert [who for who, times in rated.items() if times > 1] == []


def test_the_readers_are_many_and_do_not_sound_alike() -> None:
    said = list(entries().values())
    languages = Counter(one["language"] for one in said)
    texts = [one["text"] for one in said if one.get("text")]

    assert len(said) >= 90
    assert languages["it"] >= 30 and languages["en"] >= 30 and languages["ro"] >= 5 and languages["sv"] >= 5
    assert len(set(texts)) == len(texts)
    assert len({text.strip()[:12] for text in texts}) >= 0.95 * len(texts)
    assert min(map(len, texts)) < 60 and max(map(len, texts)) > 400
    assert {one["half_stars"] for one in said if "half_stars" in one} >= {3, 4, 6, 8, 10}
    assert any(one.get("cw", "").startswith("Spoiler") for one in said)
    assert all(sum(1 for one in said if one["library"] == library) >= 40 for library in LIBRARIES)


def test_a_disagreement_of_four_comments_hangs_under_one_review() -> None:
    said = entries()

    def root(one: Table) -> str:
        return root(said[one["reply_to"]]) if "reply_to" in one else str(one["id"])

    threads = Counter(root(one) for one in said.values() if one["kind"] == "comment")
    assert max(threads.values()) >= 4


def test_a_librarian_answers_a_question_in_the_comments() -> None:
    said = entries()
    answers = [one for one in said.values() if one["kind"] == "comment" and one["by"] in people(one["library"], "librarian")]

    assert any(said[one["reply_to"]]["kind"] == "comment" for one in answers)


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_has_six_events_of_different_kinds(library: str) -> None:
    planned = [one for one in told("events")["event"] if one["library"] == library]

    assert len(planned) == 6
    assert {one["category"] for one in planned} == {"book club", "children", "repair", "film", "author", "languages"}
    for one in planned:
        assert one["in_days"] > 0 and one["minutes"] >= 30
        assert re.fullmatch(r"[012]\d:[0-5]\d", one["start"])
        assert one["place"] and one["address"] and len(one["description"]) > 100
        assert one["by"] in people(library)
        assert "about" not in one or one["about"] in catalogue(library), one["id"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_has_an_event_with_a_waiting_list_and_one_where_a_librarian_decides(library: str) -> None:
    doors = [one for one in told("events")["event"] if one["library"] == library and one.get("guests")]

    assert any(one["door"] == "open" and len(one["guests"]) > one["capacity"] for one in doors)
    assert any(one["door"] == "approved" for one in doors)
    for one in doors:
        assert set(one["guests"]) <= people(library, "reader") and len(set(one["guests"])) == len(one["guests"]), one["id"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_has_news_in_every_category_and_ends_with_a_question(library: str) -> None:
    news = [one for one in told("announcements")["announcement"] if one["library"] == library]

    assert len(news) >= 6
    assert {one["category"] for one in news} == {"news", "new titles", "service notice", "story", "call for help"}
    for one in news:
        assert one["by"] in people(library, "administrator", "librarian")
        assert "?" in one["text"].split("\n\n")[-1], one["id"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_queue_has_an_open_and_a_settled_case(library: str) -> None:
    policy = rules.policy()
    cases = [one for one in told("moderation")["case"] if one["library"] == library]

    assert {one["state"] for one in cases} == {"open", "settled"}
    for case in cases:
        assert ("post" in case) != ("entry" in case), case["id"]
        assert ("decision" in case) == (case["state"] == "settled"), case["id"]
        if "entry" in case:
            assert case["entry"] in entries()
        else:
            assert case["post"]["by"] in people(library, "reader")
            assert case["post"]["about"] in catalogue(library)
        assert case["reports"]
        for report in case["reports"]:
            assert report["reason"] and policy.find(report["rule"]), case["id"]
            assert report["origin"] in {"form", "flag", "policy"}
            assert "by" not in report or report["by"] in people(library)
        if decision := case.get("decision"):
            assert decision["by"] in people(library, "moderator")
            assert decision["reason"] and Action(decision["action"])
            assert "rule" not in decision or policy.find(decision["rule"])


def test_no_invented_address_leads_to_a_real_place() -> None:
    for file in sorted(DEMO.glob("*.toml")):
        text = file.read_text(encoding="utf-8")
        assert re.findall(r"https?://", text) == [], file.name
        assert all(address.endswith(".example") for address in re.findall(r"[\w.]+@([\w.]+\w)", text)), file.name


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_demo_club_is_kept_and_filled_by_people_of_the_library_and_reads_a_title_of_it(library: str) -> None:
    (club,) = [one for one in told("clubs")["club"] if one["library"] == library]
    said = [*club["thread"], *(answer for thread in club["thread"] for answer in thread.get("answer", ()))]

    assert {club["host"], *club["members"], *(one["by"] for one in said)} <= people(library)
    assert {one["by"] for one in club["thread"]} <= {club["host"], *club["members"]}
    assert club["reading"] in catalogue(library)
    assert len({one["id"] for one in said}) == len(said) >= 3
