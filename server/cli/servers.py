"""Other servers: whom we follow, and from whom we take nothing."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from community.errors import Refusal
from community.library import Library
from community.people.actors import Actor
from federation import resolving
from moderation import blocklist as lists
from moderation import domains
from moderation.blocklist import Fate, Preview
from moderation.tables import DomainAnswer
from server import app as application
from server.actions import following, moderating, publishing
from server.cli import opening

WHO = "command line"  # in the moderation log: whoever may use it has the whole machine

app = typer.Typer(help="Lists of servers, in the form that Mastodon reads and writes.", no_args_is_help=True)


def block(
    domain: Annotated[str, typer.Argument(help="The server; its subdomains are meant too.")],
    reason: Annotated[str, typer.Option(help="Why; it is written into the log.")] = "Blocked from the command line.",
    limit: Annotated[bool, typer.Option("--limit", help="Only keep what they say off our public pages.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Treat them like everyone again.")] = False,
) -> None:
    """Take nothing more from a server, hide what it said here, and cut the follows between it and us."""
    if limit and lift:
        raise typer.BadParameter("choose one of --limit and --lift.")
    answer = None if lift else DomainAnswer.limit if limit else DomainAnswer.refuse
    opening.run(_treat(domain, answer, reason))
    done = {None: "is treated like everyone again", DomainAnswer.limit: "is limited now", DomainAnswer.refuse: "is refused now"}
    print(f"{domain} {done[answer]}.")


def follow(
    handle: Annotated[str, typer.Argument(help="@library@other.example, or the address of an actor.")],
    stop: Annotated[bool, typer.Option("--stop", help="Follow them no longer.")] = False,
) -> None:
    """Let the library follow another one (or anybody): their reviews of our titles then appear here."""
    found = opening.run(_follow(handle, stop))
    if stop:
        print(f"The library no longer follows {found}.")
    else:
        print(f"The library asks to follow {found}; the running worker sends it.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file of servers.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")] = False,
) -> None:
    """Take over a list of servers; what we decided more strictly ourselves, or allowed, stays."""
    found = opening.run(_take_over(_read(file), dry_run))
    for line in found.lines:
        if line.fate is Fate.refused:
            print(f"line {line.number}: {line.domain}: {line.why}", file=sys.stderr)
    counts = found.counts
    if dry_run:
        print("Nothing was changed: this is what would happen.")
    same = counts[Fate.same] + counts[Fate.kept] + counts[Fate.nothing]
    print(f"{counts[Fate.new]} new, {counts[Fate.stricter]} stricter, {same} unchanged, {counts[Fate.refused]} refused")


@app.command()
def export(file: Annotated[Path, typer.Argument(help="The file to write; - for standard output.")]) -> None:
    """Write our rules for servers as such a list."""
    words = opening.run(_export())
    if str(file) == "-":
        sys.stdout.write(words)
        return
    try:
        file.write_text(words, encoding="utf-8")
    except OSError as cause:
        raise Refusal(f"{file} cannot be written: {cause.strerror}.") from cause


async def _treat(domain: str, answer: DomainAnswer | None, reason: str) -> None:
    async with opening.library() as library, library.database.transaction() as session:
        effects = await domains.treat(session, domain, answer, reason, who=WHO, own_domain=library.settings.domain)
        await moderating.carry_out(session, library, effects)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as cause:
        raise Refusal(f"{file} is not a list of servers: it is not text in UTF-8.") from cause
    except OSError as cause:
        raise Refusal(f"{file} cannot be read: {cause.strerror}.") from cause


async def _take_over(words: str, dry_run: bool) -> Preview:
    async with opening.library() as library, library.database.transaction() as session:
        found = await lists.preview(session, words, library.settings.domain)
        if not dry_run:
            await moderating.carry_out(session, library, await lists.take_over(session, found, who=WHO))
        return found


async def _export() -> str:
    async with opening.library() as library, library.database.snapshot() as session:
        return await lists.export(session)


async def _follow(handle: str, stop: bool) -> str:
    async with opening.library() as library:
        target = await _find(library, handle)
        async with library.database.transaction() as session:
            host = await publishing.voice(session)
            await (following.unfollow if stop else following.follow)(session, library, host, target)
        return target.handle


async def _find(library: Library, handle: str) -> Actor:
    hub = application.open_hub(library)
    try:
        return await resolving.find_handle(hub, handle)
    finally:
        await hub.remote.close()
