"""What we say to a Meilisearch server, and what we make of its answers: against a small server that keeps its documented contract.

It knows the documented routes, parameters and errors, refuses what it does not know, and searches hardly at all: what is found is the
business of test_engines.py, on a real server.
"""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from community.errors import TryLater
from search.meili import MeiliIndex
from search.query import parse
from tests.search.conftest import BOOKS

PARAMETERS = {
    "indexUid", "q", "filter", "facets", "sort", "page", "hitsPerPage", "limit", "matchingStrategy", "showRankingScore",
    "attributesToRetrieve", "attributesToSearchOn", "attributesToHighlight", "highlightPreTag", "highlightPostTag",
}  # fmt: skip
SETTINGS = {
    "searchableAttributes", "filterableAttributes", "sortableAttributes", "rankingRules",
    "stopWords", "typoTolerance", "faceting", "pagination",
}  # fmt: skip
ATTRIBUTE = re.compile(r"\(?\b([a-z_]+) (?:=|>=|<=|IN) ")
MOMENT = "2026-01-01T00:00:00.000000Z"


class Refused(Exception):
    """The server answers with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Pretender(ThreadingHTTPServer):
    """A server that answers as Meilisearch's documentation says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        self.indexes: dict[str, dict[int, dict[str, Any]]] = {}
        self.settings: dict[str, dict[str, Any]] = {}
        self.tasks: list[dict[str, Any]] = []
        self.heard: list[tuple[str, str, Any]] = []
        self.keys: set[str] = set()
        self.fail_next: tuple[str, str] | None = None
        self.highlight: dict[str, list[str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.heard.append((method, path, body))
        parts = path.partition("?")[0].strip("/").split("/")
        match (method, parts):
            case ("GET", ["tasks", number]):
                task = self.tasks[int(number)]
                asked, task["asked"] = task["asked"], task["asked"] + 1
                shown = {name: value for name, value in task.items() if name != "asked"}
                return 200, shown if asked else {**shown, "status": "processing", "error": None}
            case ("GET", ["indexes", uid]):
                return 200, {"uid": uid, "primaryKey": "id", "createdAt": MOMENT, "updatedAt": MOMENT} if self._index(
                    uid
                ) is not None else None
            case ("POST", ["indexes"]):
                if body["uid"] in self.indexes:
                    return 202, self._task("indexCreation", body["uid"], ("index_already_exists", "it is there"))
                self.indexes[body["uid"]] = {}
                return 202, self._task("indexCreation", body["uid"])
            case ("DELETE", ["indexes", uid]):
                self._index(uid)
                del self.indexes[uid]
                return 202, self._task("indexDeletion", uid)
            case ("PATCH", ["indexes", uid, "settings"]):
                assert set(body) <= SETTINGS, f"no such setting: {set(body) - SETTINGS}"
                self.settings[uid] = body
                return 202, self._task("settingsUpdate", uid)
            case ("POST", ["indexes", uid, "documents"]):
                self._index(uid).update({one["id"]: one for one in body})
                return 202, self._task("documentAdditionOrUpdate", uid)
            case ("POST", ["indexes", uid, "documents", "delete"]):
                found = re.fullmatch(r"id IN \[([\d, ]+)\]", body["filter"])
                assert found, body
                for one in found[1].split(", "):
                    self._index(uid).pop(int(one), None)
                return 202, self._task("documentDeletion", uid)
            case ("GET", ["indexes", uid, "stats"]):
                return 200, {"numberOfDocuments": len(self._index(uid)), "isIndexing": False, "fieldDistribution": {}}
            case ("POST", ["indexes", uid, "search"]):
                return 200, self._search({**body, "indexUid": uid})
            case ("POST", ["multi-search"]):
                return 200, {"results": [self._search(one) for one in body["queries"]]}
            case ("POST", ["swap-indexes"]):
                [[one, other]] = [pair["indexes"] for pair in body]
                self.indexes[one], self.indexes[other] = self._index(other), self._index(one)
                self.settings[one], self.settings[other] = self.settings[other], self.settings[one]
                return 202, self._task("indexSwap", None)
        raise Refused(404, "not_found", f"no route {method} {path}")

    def _index(self, uid: str) -> dict[int, dict[str, Any]]:
        if uid not in self.indexes:
            raise Refused(404, "index_not_found", f"Index `{uid}` not found.")
        return self.indexes[uid]

    def _task(self, kind: str, uid: str | None, error: tuple[str, str] | None = None) -> dict[str, Any]:
        error, self.fail_next = error or self.fail_next, None
        told = None if error is None else {"code": error[0], "message": error[1], "type": "invalid_request", "link": ""}
        number = len(self.tasks)
        status = "succeeded" if error is None else "failed"
        self.tasks.append({"uid": number, "indexUid": uid, "status": status, "type": kind, "error": told, "enqueuedAt": MOMENT, "asked": 0})
        return {"taskUid": number, "indexUid": uid, "status": "enqueued", "type": kind, "enqueuedAt": MOMENT}

    def _search(self, asked: dict[str, Any]) -> dict[str, Any]:
        uid = asked["indexUid"]
        documents, settings = self._index(uid), self.settings[uid]
        if unknown := set(asked) - PARAMETERS:
            raise Refused(400, "bad_request", f"Unknown field {unknown}")
        told = " ".join(part if isinstance(part, str) else " ".join(part) for part in asked["filter"])
        filtered = set(ATTRIBUTE.findall(re.sub(r'"[^"]*"', '""', told)))
        for name in filtered | set(asked.get("facets", [])):
            if name not in settings["filterableAttributes"]:
                raise Refused(400, "invalid_search_filter", f"{name} is not filterable")
        for name in asked.get("sort", []):
            if name.partition(":")[0] not in settings["sortableAttributes"]:
                raise Refused(400, "invalid_search_sort", f"{name} is not sortable")
        for name in asked.get("attributesToSearchOn", []):
            if name not in settings["searchableAttributes"]:
                raise Refused(400, "invalid_search_attributes_to_search_on", f"{name} is not searchable")
        hits = [one for one in documents.values() if one["visible"] or "visible = 1" not in asked["filter"]]
        counts: dict[str, dict[str, int]] = {name: {} for name in asked.get("facets", [])}
        for name, values in counts.items():
            for one in hits:
                for value in one[name] if isinstance(one[name], list) else [one[name]]:
                    values[value] = values.get(value, 0) + 1
        size = asked.get("hitsPerPage", asked.get("limit", 20))
        start = (asked.get("page", 1) - 1) * size
        kept = asked["attributesToRetrieve"]
        shown = [
            {name: one[name] for name in kept} | {"_rankingScore": 0.5, "_formatted": self.highlight} for one in hits[start : start + size]
        ]
        return {
            "indexUid": uid,
            "hits": shown,
            "query": asked["q"],
            "totalHits": len(hits),
            "facetDistribution": counts,
            "processingTimeMs": 0,
        }


class Door(BaseHTTPRequestHandler):
    """HTTP around it."""

    server: Pretender

    def _do(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        self.server.keys.add(self.headers.get("Authorization", ""))
        try:
            status, answer = self.server.answer(self.command, self.path, body)
        except Refused as cause:
            status, answer = cause.status, {"message": str(cause), "code": cause.code, "type": "invalid_request", "link": ""}
        told = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_PATCH = do_DELETE = _do

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def pretender() -> Iterator[Pretender]:
    """A running server of our own."""
    server = Pretender()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def index(pretender: Pretender) -> MeiliIndex:
    return MeiliIndex(pretender.url, "a-key", uid="works-test")


async def test_the_first_document_makes_the_index_and_sets_it_up(pretender: Pretender, index: MeiliIndex) -> None:
    await index.put(BOOKS)
    await index.put(BOOKS[:1])

    assert set(pretender.indexes) == {"works-test"}
    assert len(pretender.indexes["works-test"]) == 10
    assert sum(method == "PATCH" for method, _, _ in pretender.heard) == 1
    assert pretender.keys == {"Bearer a-key"}
    assert (await index.health()).documents == 10


async def test_a_document_is_folded_and_keeps_what_people_read(pretender: Pretender, index: MeiliIndex) -> None:
    await index.put([BOOKS[1]])

    document = pretender.indexes["works-test"][2]
    assert document["title"] == ["le citta invisibili"]
    assert document["label"] == ["Le città invisibili"]
    assert "8806219413" in document["number"] or "9788806219413" in document["number"]
    assert (document["decade"], document["language"], document["author_is"]) == ("1970-1979", ["ita"], ["Italo Calvino"])


async def test_a_task_that_fails_is_told_in_the_servers_words(pretender: Pretender, index: MeiliIndex) -> None:
    await index.put(BOOKS[:1])
    pretender.fail_next = ("no_space_left_on_device", "there is no more room on the disk")

    with pytest.raises(TryLater, match="no more room") as told:
        await index.put(BOOKS)
    assert "room" not in told.value.public


async def test_two_processes_may_make_the_index_at_the_same_moment(
    pretender: Pretender, index: MeiliIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = MeiliIndex(pretender.url, "a-key", uid="works-test")
    await other.put(BOOKS[:1])
    # What it hears is of the moment before.
    real = Pretender.answer

    def a_moment_ago(self: Pretender, method: str, path: str, body: Any) -> tuple[int, Any]:
        if (method, path) == ("GET", "/indexes/works-test"):
            raise Refused(404, "index_not_found", "Index `works-test` not found.")
        return real(self, method, path, body)

    monkeypatch.setattr(Pretender, "answer", a_moment_ago)
    await index.put(BOOKS[:2])

    assert len(pretender.indexes["works-test"]) == 2


async def test_a_question_is_one_request_with_documented_parameters(pretender: Pretender, index: MeiliIndex) -> None:
    await index.put(BOOKS)
    pretender.heard.clear()

    results = await index.search(
        parse('calvino "le città" subject:cities', filters=[("format", "book"), ("year", "1950-1979"), ("language", 'a"b')], page=2, size=3)
    )

    [(method, path, body)] = pretender.heard
    assert (method, path) == ("POST", "/multi-search")
    first, *others = body["queries"]
    assert first["q"] == 'calvino "le citta"'
    assert first["filter"] == [
        "visible = 1",
        ['format = "book"'],
        ["(year >= 1950 AND year <= 1979)"],
        ['language = "a\\"b"'],
        'subject_words = "cities"',
    ]
    assert (first["page"], first["hitsPerPage"]) == (2, 3)
    assert [one["facets"] for one in others] == [["format"], ["language"], ["decade"]], "a filter in use is counted without itself"
    assert all(one["hitsPerPage"] == 0 for one in others)
    assert results.total == 9
    assert results.facets["format"] == (("book", 6), ("film", 2), ("music", 1))
    assert set(results.facets) == {"format", "language", "year", "subject", "author", "audience"}


async def test_a_field_alone_is_searched_by_the_engine_itself(pretender: Pretender, index: MeiliIndex) -> None:
    await index.put(BOOKS)
    pretender.heard.clear()

    await index.search(parse("author:calvio"))
    await index.search(parse("", sort="rating"))
    await index.search(parse("isbn:0142437247"))

    asked = [body["queries"][0] for _, _, body in pretender.heard]
    assert (asked[0]["q"], asked[0]["attributesToSearchOn"]) == ("calvio", ["agent"])
    assert asked[1]["sort"] == ["rating:desc"]
    assert (asked[2]["q"], asked[2]["filter"][1]) == ("", 'number = "9780142437247"')


async def test_words_found_in_place_of_the_typed_ones_are_offered(pretender: Pretender, index: MeiliIndex) -> None:
    await index.put(BOOKS)
    pretender.highlight = {"agent": ["italo \x02calvino\x03"]}

    assert (await index.search(parse("calvio"))).did_you_mean == "calvino"
    assert (await index.search(parse("calv"))).did_you_mean is None
    assert (await index.search(parse("calvino"))).did_you_mean is None


async def test_a_rebuilt_index_is_swapped_in_and_the_old_one_deleted(pretender: Pretender, index: MeiliIndex) -> None:
    await index.put(BOOKS)
    fresh = await index.beside()
    assert len(pretender.indexes) == 2
    await fresh.put(BOOKS[:3])
    assert (await index.health()).documents == 10

    await index.swap(fresh)

    assert set(pretender.indexes) == {"works-test"}
    assert (await index.health()).documents == 3


async def test_dropped_works_are_named_by_a_filter(pretender: Pretender, index: MeiliIndex) -> None:
    await index.put(BOOKS)

    await index.drop([2, 1])
    await index.drop([])

    assert (await index.health()).documents == 8


async def test_a_server_that_is_away_is_told_as_such(index: MeiliIndex) -> None:
    nobody = MeiliIndex("http://127.0.0.1:9", "")

    with pytest.raises(TryLater):
        await nobody.search(parse("whale"))
    assert not (await nobody.health()).ok


async def test_a_server_without_our_index_answers_with_nothing(index: MeiliIndex) -> None:
    assert (await index.search(parse("whale"))).total == 0
    health = await index.health()
    assert health.ok and health.documents == 0
    assert await index.suggest("wha") == ()
