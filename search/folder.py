"""The index in a folder of our own, by tantivy: nothing to install, nothing to run beside us."""

import asyncio
import fcntl
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from community.clock import now
from community.errors import Conflict, TryLater
from community.uris import token
from search import embedded, spelling
from search.documents import WorkDocument
from search.embedded import NARROW, VERSION, WEIGHTS
from search.index import FEW, VALUES, Health, Hit, Results, SearchIndex
from search.query import Query
from search.words import completions, spellings, tokens

T = TypeVar("T")

CURRENT, WRITING, REBUILDING = "CURRENT", "writing.lock", "rebuilding.lock"
WAIT = 30.0  # seconds for another process to finish writing
HEAP, BIG_HEAP = 20_000_000, 80_000_000
# Which kept texts hold the words of a field.
KEPT = {"title": ("label",), "other": ("label",), "agent": ("author_is",), "subject": ("subject_is",)}
PLENTY = 20  # hits; with fewer, the last word may be the beginning of another
MANY = 20_000  # hits; with more, makers are not counted
REMEMBERED = 500  # answers; the same few questions are asked again and again
SAMPLE = 60  # works looked at for words like one that is not known


class EmbeddedIndex:
    """An index in a folder. One process at a time writes, for as long as one batch takes; all others read what it has written."""

    name = "embedded"

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.read_only = read_only
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="search")
        self._opening = threading.Lock()
        self._generation: str | None = None
        self._index: Any = None
        self._written = b""
        self._answers: dict[Query, Results] = {}
        self._answered: tuple[str | None, bytes] = (None, b"")

    async def search(self, query: Query) -> Results:
        """The works that fit; with fewer than a handful, those too that are spelt almost so."""
        return await self._run(lambda: self._remembered(query))

    async def suggest(self, prefix: str, limit: int = 8) -> tuple[str, ...]:
        """Titles and names that go on as the reader has begun."""
        return await self._run(lambda: self._suggest(prefix, limit))

    async def put(self, documents: Sequence[WorkDocument]) -> None:
        """Add these, or replace what is there of the same id."""
        await self._run(lambda: self._write(documents, [one.id for one in documents]))

    async def drop(self, ids: Iterable[int]) -> None:
        """Take these out."""
        gone = list(ids)
        await self._run(lambda: self._write([], gone))

    async def beside(self) -> SearchIndex:
        """A new, empty index to be filled. Raises Conflict when somebody else is filling one."""
        return await self._run(lambda: _Fresh(self.folder))

    async def swap(self, other: SearchIndex) -> None:
        """Answer from the other from now on."""
        if not isinstance(other, _Fresh):
            raise TypeError("Only what `beside` has made can take this one's place.")
        await self._run(lambda: self._take_over(other))

    async def health(self) -> Health:
        """How many works it holds."""
        try:
            searcher = await self._run(self._searcher)
        except TryLater as cause:
            return Health(self.name, ok=False, detail=str(cause))
        if searcher is None:
            return Health(self.name, ok=False, detail="No index has been made yet.")
        return Health(self.name, ok=True, documents=searcher.num_docs)

    async def close(self) -> None:
        """Let the threads end."""
        await asyncio.to_thread(self._pool.shutdown)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except (OSError, ValueError, RuntimeError) as cause:
            raise TryLater(
                "The search does not answer just now. Please try again in a while.", f"{type(cause).__name__}: {cause}"
            ) from cause

    # -- files ---------------------------------------------------------------------------------------------------------

    def _open(self) -> Any:
        """The index that is current; None when there is none yet and we may not make one."""
        with self._opening:
            generation = _current(self.folder)
            if generation is None or not generation.startswith(VERSION):
                if self.read_only:
                    return None
                with _locked(self.folder / WRITING):
                    generation = _current(self.folder)
                    if generation is None or not generation.startswith(VERSION):
                        generation = _new_generation(self.folder)
                        _make_current(self.folder, generation)
            if generation != self._generation:
                self._index = embedded.open_at(self.folder / generation)
                self._generation, self._written = generation, b""
            # Its words, and not its time: a clock of the file system ticks every four milliseconds, and two commits fit into one tick.
            written = (self.folder / generation / "meta.json").read_bytes()
            if written != self._written:
                self._index.reload()
                self._written = written
            return self._index

    def _searcher(self) -> Any:
        index = self._open()
        return None if index is None else index.searcher()

    def _write(self, documents: Sequence[WorkDocument], replaced: Sequence[int]) -> None:
        if self.read_only:
            raise TypeError("This index was opened to be read.")
        if not replaced:
            return
        self._open()  # makes the folder, if need be
        with _locked(self.folder / WRITING):
            writer = self._open().writer(heap_size=HEAP, num_threads=1)
            embedded.send(writer, documents, replaced)
            writer.wait_merging_threads()

    def _take_over(self, other: "_Fresh") -> None:
        other.finish()
        with _locked(self.folder / WRITING):
            _make_current(self.folder, other.generation)
        _sweep_out(self.folder)
        other.release()

    # -- reading -------------------------------------------------------------------------------------------------------

    def _remembered(self, query: Query) -> Results:
        searcher = self._searcher()
        if searcher is None:
            return Results()
        state = (self._generation, self._written)
        with self._opening:
            if self._answered != state:
                self._answers.clear()
                self._answered = state
            known = self._answers.get(query)
        if known is None:
            known = self._answer(searcher, query)
            with self._opening:
                if self._answered == state:
                    if len(self._answers) >= REMEMBERED:
                        del self._answers[next(iter(self._answers))]
                    self._answers[query] = known
        return known

    def _answer(self, searcher: Any, query: Query) -> Results:
        compose = embedded.exact
        found = self._page(searcher, query, compose)
        if found.count < PLENTY and query.words:
            again = self._page(searcher, query, embedded.begun)
            if again.count > found.count:
                found, compose = again, embedded.begun
        total, better = found.count, None
        if total < FEW and query.words and (not total or _is_doubtful(searcher, query)):
            better = _did_you_mean(searcher, query, total)
            for looser in (embedded.almost, embedded.mostly):
                if found.count < FEW:
                    again = self._page(searcher, query, looser)
                    if again.count > found.count:
                        found, compose = again, looser
        by_score = embedded.order(query) is None
        ids = searcher.fast_field_values("id", [address for _, address in found.hits])
        hits = tuple(Hit(int(one), float(score) if by_score else 0.0) for (score, _), one in zip(found.hits, ids, strict=True))
        return Results(hits, found.count, _facets(searcher, query, compose, found.count), better)

    def _page(self, searcher: Any, query: Query, compose: Callable[[Query], Any]) -> Any:
        order = embedded.order(query)
        if order is None:
            return searcher.search(compose(query), limit=query.size, offset=query.offset)
        return searcher.search(compose(query), limit=query.size, offset=query.offset, order_by_field=order[0], order=order[1])

    def _suggest(self, prefix: str, limit: int) -> tuple[str, ...]:
        searcher, words = self._searcher(), tokens(prefix)
        if searcher is None or not words:
            return ()
        return completions(_texts(searcher, embedded.going_on(words), ("label", "author_is"), SAMPLE), words, limit)


class _Fresh(EmbeddedIndex):
    """An index that is being filled beside the one that answers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._alone = (folder / REBUILDING).open("w")
        try:
            fcntl.flock(self._alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            self._alone.close()
            raise Conflict("The index is being rebuilt already.") from cause
        _sweep_out(folder)
        self.generation = _new_generation(folder)
        self._made = embedded.open_at(folder / self.generation)
        self._writer: Any = self._made.writer(heap_size=BIG_HEAP, num_threads=1)

    def _open(self) -> Any:
        self._made.reload()
        return self._made

    def _write(self, documents: Sequence[WorkDocument], replaced: Sequence[int]) -> None:
        embedded.send(self._writer, documents, replaced)

    def finish(self) -> None:
        """Put everything in order on the disk."""
        self._writer.wait_merging_threads()
        self._writer = None

    def release(self) -> None:
        """Let others rebuild."""
        self._alone.close()

    async def close(self) -> None:
        """Give up, unless it has taken the other's place."""
        await super().close()
        self._writer = None
        self._alone.close()


def _current(folder: Path) -> str | None:
    try:
        return (folder / CURRENT).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def _make_current(folder: Path, generation: str) -> None:
    new = folder / f"{CURRENT}.new"
    new.write_text(generation, encoding="ascii")
    new.replace(folder / CURRENT)


def _new_generation(folder: Path) -> str:
    generation = f"{VERSION}-{now():%Y%m%d%H%M%S}-{token(6)}"
    (folder / generation).mkdir(parents=True)
    embedded.make(folder / generation)
    return generation


def _sweep_out(folder: Path) -> None:
    """Remove what is not current. Whoever still reads it has it open, and keeps it until the next look."""
    current = _current(folder)
    for one in folder.glob("v*-*"):
        if one.is_dir() and one.name != current:
            shutil.rmtree(one, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes from writing. Raises TryLater when one does so for too long."""
    path.parent.mkdir(parents=True, exist_ok=True)
    patience = time.monotonic() + WAIT
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as cause:
                if time.monotonic() > patience:
                    raise TryLater("The index is busy. Please try again in a while.") from cause
                time.sleep(0.02)
        yield


def _facets(searcher: Any, query: Query, compose: Callable[[Query], Any], total: int) -> dict[str, tuple[tuple[str, int], ...]]:
    """How many works each value would give; of a filter in use, what its other values would give."""
    filtered = {name for name, _ in query.filters}
    # To count the makers of very many works takes long, and a list of a few of thousands helps nobody.
    names = [name for name in query.facets if name != "author" or name in filtered or total <= MANY]
    groups = [(query, [name for name in names if name not in filtered])]
    groups += [(query.without(name), [name]) for name in names if name in filtered]
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    for asked, names in groups:
        if names:
            wanted = {name: {"terms": {"field": NARROW[name], "size": VALUES}} for name in names}
            counted = searcher.aggregate(compose(asked), wanted)
            for name in names:
                pairs = [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in counted[name]["buckets"]]
                found[name] = tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))
    return {name: found.get(name, ()) for name in query.facets}


def _is_doubtful(searcher: Any, query: Query) -> bool:
    """Whether what was found may not be what was meant: one word that stands alone and is rare, perhaps a misprint of ours."""
    return len(query.words) == 1 and 0 < _frequency(searcher, query.words[0]) <= spelling.RARE


def _frequency(searcher: Any, word: str) -> int:
    """In how many works a word is, at least."""
    return max(int(searcher.doc_freq(place, word)) for place in WEIGHTS)


def _did_you_mean(searcher: Any, query: Query, total: int) -> str | None:
    """What was typed, better spelt, if more is found by it."""

    def near(word: str, wrong: int) -> Iterable[str]:
        for place, names in KEPT.items():
            for text in _texts(searcher, embedded.near(place, word, wrong), names, SAMPLE):
                yield from tokens(text)

    better = spelling.better_words(query.words, partial(_frequency, searcher), near)
    if not better:
        return None
    found = searcher.search(embedded.begun(query.with_words(better)), limit=1)
    if found.count <= total:
        return None
    return spelling.corrected(query.text, better, {word: _spelt(searcher, word) for words in better.values() for word in words.split()})


def _spelt(searcher: Any, word: str) -> str:
    """A word with its accents, as the catalogue mostly writes it."""
    ways: dict[str, int] = {}
    for place, names in KEPT.items():
        for text in _texts(searcher, embedded.near(place, word, 0), names, 5):
            if way := spellings(text).get(word):
                ways[way] = ways.get(way, 0) + 1
    return max(ways, key=lambda way: ways[way], default=word)


def _texts(searcher: Any, asked: Any, names: Iterable[str], most: int) -> Iterator[str]:
    """What the first works that fit say in these fields."""
    for _, address in searcher.search(asked, limit=most, count=False).hits:
        stored = searcher.doc(address)
        for name in names:
            yield from stored.get_all(name)
