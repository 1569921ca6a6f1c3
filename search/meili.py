"""The index on a Meilisearch server, for catalogues that one machine should not hold alone."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from meilisearch import Client
from meilisearch.errors import MeilisearchApiError, MeilisearchError

from community.errors import TryLater
from community.uris import token
from search import spelling
from search.documents import WorkDocument
from search.index import VALUES, Health, Hit, Results, SearchIndex
from search.query import MOST_PAGES, MOST_SIZE, Query, Sort, number, years
from search.words import LITTLE, completions, distance, spellings, tokens

T = TypeVar("T")

TIMEOUT = 10  # seconds for one answer
PATIENCE = 120_000  # milliseconds for one task
BEGIN, END = "\x02", "\x03"  # around the words that were found
PLACES = {"title": ("title", "other"), "author": ("agent",), "subject": ("subject",), "series": ("series",)}
NARROW = {
    "format": "format",
    "language": "language",
    "subject": "subject_is",
    "author": "author_is",
    "audience": "audience",
    "year": "decade",
}
WORDS = ("title_words", "agent_words", "subject_words", "series_words")
ORDER = {
    Sort.newest: "added:desc",
    Sort.recent: "year:desc",
    Sort.oldest: "year:asc",
    Sort.alphabet: "sort_title:asc",
    Sort.rating: "rating:desc",
}
SETTINGS: dict[str, Any] = {
    # We fold text ourselves, so that both engines find the same; the order of fields is their weight.
    "searchableAttributes": ["title", "other", "agent", "subject", "series", "number", "text"],
    "filterableAttributes": ["id", "visible", "year", "number", *WORDS, *NARROW.values()],
    "sortableAttributes": ["added", "year", "sort_title", "rating"],
    "rankingRules": ["sort", "words", "typo", "proximity", "attribute", "exactness"],
    "stopWords": sorted(LITTLE),
    "typoTolerance": {"enabled": True, "minWordSizeForTypos": {"oneTypo": 4, "twoTypos": 7}, "disableOnAttributes": ["number"]},
    "faceting": {"maxValuesPerFacet": VALUES, "sortFacetValuesBy": {"*": "count"}},
    "pagination": {"maxTotalHits": MOST_PAGES * MOST_SIZE},
}


class MeiliIndex:
    """An index on a Meilisearch server. Its client is synchronous, so every question has a thread."""

    name = "meilisearch"

    def __init__(self, url: str, key: str = "", *, uid: str = "works") -> None:
        self.url, self.key, self.uid = url, key, uid
        self._clients = threading.local()
        self._is_ready = False

    async def search(self, query: Query) -> Results:
        """The works that fit; words that are spelt almost so count too."""
        return await self._run(lambda: self._answer(query))

    async def suggest(self, prefix: str, limit: int = 8) -> tuple[str, ...]:
        """Titles and names that go on as the reader has begun."""
        words = tokens(prefix)
        if not words:
            return ()
        asked = {
            "filter": ["visible = 1"],
            "attributesToSearchOn": ["title", "other", "agent"],
            "attributesToRetrieve": ["label", "author_is"],
            "limit": 60,
        }
        try:
            hits = (await self._run(lambda: self._client.index(self.uid).search(" ".join(words), asked)))["hits"]
        except TryLater as cause:
            if _is_missing(cause.__cause__):
                return ()
            raise
        return completions((text for hit in hits for text in [*hit["label"], *hit["author_is"]]), words, limit)

    async def put(self, documents: Sequence[WorkDocument]) -> None:
        """Add these, or replace what is there of the same id."""
        if documents:
            told = [_document(one) for one in documents]
            await self._run(lambda: self._task(lambda: self._ready().add_documents(told, "id")))

    async def drop(self, ids: Iterable[int]) -> None:
        """Take these out."""
        gone = sorted(ids)
        if gone:
            await self._run(lambda: self._task(lambda: self._ready().delete_documents(filter=f"id IN [{', '.join(map(str, gone))}]")))

    async def beside(self) -> SearchIndex:
        """A new, empty index to be filled."""
        fresh = MeiliIndex(self.url, self.key, uid=f"{self.uid}-{token(8)}")
        await self._run(fresh._ready)
        return fresh

    async def swap(self, other: SearchIndex) -> None:
        """Answer from the other from now on, and delete the old contents."""
        if not isinstance(other, MeiliIndex):
            raise TypeError("Only what `beside` has made can take this one's place.")
        await self._run(self._ready)
        await self._run(lambda: self._task(lambda: self._client.swap_indexes([{"indexes": [self.uid, other.uid]}])))
        await self._run(lambda: self._task(lambda: self._client.delete_index(other.uid)))

    async def health(self) -> Health:
        """Whether the server answers, and how much it holds."""
        try:
            documents = await self._run(lambda: self._client.index(self.uid).get_stats().number_of_documents)
        except TryLater as cause:
            if _is_missing(cause.__cause__):
                return Health(self.name, ok=True, detail="No index has been made yet.")
            return Health(self.name, ok=False, detail=str(cause))
        return Health(self.name, ok=True, documents=int(documents))

    async def close(self) -> None:
        """Nothing is kept open: each question is a connection of its own."""

    # -- the server ----------------------------------------------------------------------------------------------------

    @property
    def _client(self) -> Any:
        # One for each thread: a client keeps the headers of the question it is asking.
        if not hasattr(self._clients, "one"):
            self._clients.one = Client(self.url, self.key or None, timeout=TIMEOUT)
        return self._clients.one

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except MeilisearchError as cause:
            raise TryLater("The search does not answer just now. Please try again in a while.", str(cause)) from cause

    def _ready(self) -> Any:
        """The index, made and set up when it is not there yet."""
        if not self._is_ready:
            try:
                self._client.get_raw_index(self.uid)
            except MeilisearchApiError as cause:
                if not _is_missing(cause):
                    raise
                # Another process may be making it at this moment: that is as good.
                self._task(lambda: self._client.create_index(self.uid, {"primaryKey": "id"}), but="index_already_exists")
            self._task(lambda: self._client.index(self.uid).update_settings(SETTINGS))
            self._is_ready = True
        return self._client.index(self.uid)

    def _task(self, begin: Callable[[], Any], *, but: str = "") -> None:
        """Begin something and wait until it is done; raises TryLater with the server's words when it fails."""
        task = self._client.wait_for_task(begin().task_uid, timeout_in_ms=PATIENCE, interval_in_ms=20)
        error: Mapping[str, Any] = task.error or {}
        if task.status != "succeeded" and error.get("code") != but:
            raise TryLater(
                "The index could not be changed.", f"task {task.uid} ({task.type}) {task.status}: {error.get('message', 'no reason told')}"
            )

    # -- reading -------------------------------------------------------------------------------------------------------

    def _answer(self, query: Query) -> Results:
        filtered = [name for name in query.facets if name in dict(query.filters)]
        asked = [_question(self.uid, query, [name for name in query.facets if name not in filtered])]
        # Of a filter in use: what its other values would give.
        asked += [{**_question(self.uid, query.without(name), [name]), "hitsPerPage": 0, "page": 1} for name in filtered]
        try:
            answers = self._client.multi_search(asked)["results"]
            if answers[0]["totalHits"] == 0 and len(query.words) > 2:
                answers = self._client.multi_search([{**one, "matchingStrategy": "last"} for one in asked])["results"]
        except MeilisearchApiError as cause:
            if _is_missing(cause):
                return Results()
            raise
        counted: dict[str, tuple[tuple[str, int], ...]] = {}
        for answer in answers:
            for place, values in answer.get("facetDistribution", {}).items():
                pairs = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
                counted[next(name for name, field in NARROW.items() if field == place)] = tuple(pairs)
        hits = answers[0]["hits"]
        by_score = query.sort is Sort.relevance and query.clauses
        return Results(
            hits=tuple(Hit(int(hit["id"]), float(hit.get("_rankingScore", 0.0)) if by_score else 0.0) for hit in hits),
            total=int(answers[0]["totalHits"]),
            facets={name: counted.get(name, ()) for name in query.facets},
            did_you_mean=_did_you_mean(query, hits),
        )


def _is_missing(cause: BaseException | None) -> bool:
    """Whether the server says that there is no such index: nobody has written to it yet."""
    return isinstance(cause, MeilisearchApiError) and cause.code == "index_not_found"


def _document(work: WorkDocument) -> dict[str, Any]:
    def words(*texts: str) -> list[str]:
        return [" ".join(tokens(text)) for text in texts]

    return {
        "id": work.id,
        "visible": int(work.is_visible),
        "title": words(work.title),
        "other": words(*work.subtitles, *work.other_titles),
        "agent": words(*work.agents),
        "subject": words(*work.subjects),
        "series": words(*work.series),
        "text": words(*work.publishers, work.description),
        "title_words": sorted({word for text in (work.title, *work.subtitles, *work.other_titles) for word in tokens(text)}),
        "agent_words": sorted({word for text in work.agents for word in tokens(text)}),
        "subject_words": sorted({word for text in work.subjects for word in tokens(text)}),
        "series_words": sorted({word for text in work.series for word in tokens(text)}),
        "number": list(dict.fromkeys([*map(number, work.all_numbers), *work.all_numbers])),
        "format": list(work.forms),
        "language": list(work.languages),
        "audience": list(work.audiences),
        "decade": work.decade,
        "subject_is": list(work.subjects),
        "author_is": list(work.agents),
        "label": [work.title, *work.other_titles],
        "sort_title": work.sort_title,
        "added": int(work.added_at.timestamp() * 1000),
        "year": work.year,
        "rating": work.rating,
    }


def _question(uid: str, query: Query, facets: Sequence[str]) -> dict[str, Any]:
    """A query in the engine's own terms."""
    where: list[str | list[str]] = [] if query.hidden else ["visible = 1"]
    for name, values in query.filters:
        where.append([_period(value) if name == "year" else f"{NARROW[name]} = {_quoted(value)}" for value in values])
    where += [f"number = {_quoted(clause.words[0])}" for clause in query.clauses if clause.field == "number"]
    words = [clause for clause in query.clauses if clause.field != "number"]
    fields = {clause.field for clause in words}
    asked: dict[str, Any] = {
        "indexUid": uid,
        "filter": where,
        "facets": [NARROW[name] for name in facets],
        "page": query.page,
        "hitsPerPage": query.size,
        "matchingStrategy": "all",
        "showRankingScore": True,
        "attributesToRetrieve": ["id", "label", "author_is", "subject_is"],
        "attributesToHighlight": ["title", "other", "agent", "subject", "series"],
        "highlightPreTag": BEGIN,
        "highlightPostTag": END,
    }
    if len(fields) > 1 or (fields and "" not in fields):
        # The engine looks for all words in the same fields: those of the first kind are words, the others must be there to the letter.
        first = "" if "" in fields else words[0].field
        for clause in words:
            if clause.field != first:
                where += [f"{PLACES[clause.field][0]}_words = {_quoted(word)}" for word in clause.words]
        words = [clause for clause in words if clause.field == first]
        if first:
            asked["attributesToSearchOn"] = list(PLACES[first])
    asked["q"] = " ".join(f'"{" ".join(clause.words)}"' if clause.phrase else " ".join(clause.words) for clause in words)
    if query.sort is not Sort.relevance:
        asked["sort"] = [ORDER[query.sort]]
    elif not query.clauses:
        asked["sort"] = [ORDER[Sort.newest]]
    return asked


def _period(value: str) -> str:
    first, last = years(value) or (None, None)
    ends = [*([f"year >= {first}"] if first is not None else []), *([f"year <= {last}"] if last is not None else [])]
    return "(" + " AND ".join(ends) + ")"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _did_you_mean(query: Query, hits: Sequence[Mapping[str, Any]]) -> str | None:
    """The words that were found in place of words that were not, when these are nowhere among the hits."""
    found: dict[str, int] = {}
    shown: dict[str, str] = {}
    for hit in hits:
        for texts in hit.get("_formatted", {}).values():
            for text in texts if isinstance(texts, list) else [texts]:
                for piece in str(text).split(BEGIN)[1:]:
                    word = piece.split(END)[0]
                    found[word] = found.get(word, 0) + 1
        for name in ("label", "author_is", "subject_is"):
            for text in hit.get(name) or ():
                for folded, spelt in spellings(text).items():
                    shown.setdefault(folded, spelt)
    better: dict[str, str] = {}
    for word in query.words:
        if word in LITTLE or any(other.startswith(word) for other in found):
            continue
        close = [other for other in found if distance(word, other) <= 2]
        if close:
            better[word] = max(close, key=lambda other: found[other])
    return spelling.corrected(query.text, better, shown) if better else None
