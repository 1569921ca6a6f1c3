"""The index in a folder: several processes, crashes, and rebuilding."""

import asyncio
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from community.errors import Conflict, TryLater
from search.folder import CURRENT, EmbeddedIndex
from search.query import parse
from tests.search.conftest import BOOKS, work


def generations(folder: Path) -> list[Path]:
    """The indexes that lie in the folder, in use or not."""
    return [one for one in folder.iterdir() if one.is_dir()]


def empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


async def test_a_reader_in_another_process_sees_what_a_writer_has_written(tmp_path: Path) -> None:
    writer, reader = EmbeddedIndex(tmp_path), EmbeddedIndex(tmp_path, read_only=True)
    assert (await reader.search(parse("moby"))).total == 0
    assert not (await reader.health()).ok, "there is no index yet, and a reader does not make one"

    await writer.put(BOOKS)
    assert (await reader.search(parse("moby"))).ids == [1]
    await writer.drop([1])
    assert (await reader.search(parse("moby"))).ids == []

    fresh = await writer.beside()
    await fresh.put(BOOKS[:1])
    await writer.swap(fresh)
    assert (await reader.search(parse(""))).ids == [1]
    for one in (writer, reader, fresh):
        await one.close()


async def test_a_reader_may_not_write(tmp_path: Path) -> None:
    reader = EmbeddedIndex(tmp_path, read_only=True)

    with pytest.raises(TypeError):
        await reader.put(BOOKS)
    await reader.close()


def _write(folder: str, first: int) -> None:
    async def put() -> None:
        index = EmbeddedIndex(Path(folder))
        for number in range(first, first + 40):
            await index.put([work(number, f"Book {number}")])
        await index.close()

    asyncio.run(put())


async def test_two_processes_that_write_do_not_lose_each_others_works(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(str(tmp_path), first)) for first in (1000, 2000)]
    for one in writers:
        one.start()
    for one in writers:
        await asyncio.to_thread(one.join, 60)
    assert [one.exitcode for one in writers] == [0, 0]

    index = EmbeddedIndex(tmp_path)
    assert (await index.health()).documents == 80
    await index.close()


async def test_two_cannot_rebuild_at_once_and_what_a_crash_left_is_cleared_away(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path)
    await index.put(BOOKS)
    first = await index.beside()
    with pytest.raises(Conflict):
        await index.beside()

    await first.close()  # as a process does that ends in the middle
    second = await index.beside()
    await second.put(BOOKS[:2])
    await index.swap(second)
    await second.close()

    assert (await index.search(parse(""))).total == 2
    assert len(generations(tmp_path)) == 1
    await index.close()


async def test_an_index_of_an_older_form_is_left_and_begun_anew(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path)
    await index.put(BOOKS)
    await index.close()
    (tmp_path / CURRENT).write_text("v0-20200101")

    later = EmbeddedIndex(tmp_path)

    assert (await later.health()).documents == 0
    await later.put(BOOKS[:1])
    assert (await later.search(parse("moby"))).ids == [1]
    await later.close()


async def test_a_broken_folder_is_told_and_does_not_crash(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path)
    await index.put(BOOKS)
    empty(generations(tmp_path)[0])

    with pytest.raises(TryLater):
        await index.search(parse("moby"))
    assert not (await index.health()).ok
    await index.close()


async def test_searching_goes_on_while_somebody_writes(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path)
    await index.put(BOOKS)

    async def write() -> None:
        for number in range(20):
            await index.put([replace(BOOKS[0], description=f"Version {number}")])

    writing = asyncio.create_task(write())
    while not writing.done():
        assert (await index.search(parse("moby"))).ids == [1]
    await writing
    await index.close()
