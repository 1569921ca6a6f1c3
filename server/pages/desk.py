"""The librarian's desk: what waits, and bringing in titles."""

import asyncio
import shutil
from pathlib import PurePath
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from community.catalog.importing import Tally
from community.catalog.marc.reading import FORMATS
from community.catalog.tables import ImportRun, RefusedRecord, RunState
from community.clock import now
from community.errors import NotFound
from community.people.accounts import Role
from moderation.tables import Case, CaseState
from server import context, forms, mail, render, sessions, showing
from server.actions.importing import Upload
from server.forms import Form, optional
from server.pages import about, works
from themes.filters import N_
from themes.views import desk as views
from themes.views.site import Choice

SIZE = 30
SHOWN = 200  # refused records on the page; the file has them all
MOST_REFUSED = 50_000
LABELS: dict[str, str] = {
    "auto": N_("Find out"),
    "marc21": "MARC 21",
    "unimarc": "UNIMARC",
    "marcxml": "MARCXML",
    "marctext": N_("MARC as lines of text"),
    "csv": N_("Table (CSV)"),
    "tsv": N_("Table (TSV)"),
    "xlsx": N_("Spreadsheet (XLSX)"),
}


async def show(request: Request) -> Response:
    """GET /desk"""
    here = context.of(request)
    sessions.require(request, Role.librarian)

    def ask(session: Session) -> tuple[list[tuple[str, int]], list[ImportRun], int]:
        waiting = session.scalar(select(func.count()).select_from(Case).where(Case.state == CaseState.open)) or 0
        return about.counts(session), _runs(session, 5, 0), waiting

    counts, runs, waiting = await here.library.database.read(ask)
    return render.page(
        request,
        "librarian/desk",
        matters=_matters(request, waiting),
        debts=_debts(request, dict(counts)),
        counts=tuple((render.say(request, label), count) for label, count in counts),
        runs=tuple(_run(request, one) for one in runs),
    )


async def imports(request: Request) -> Response:
    """GET /desk/imports"""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    page = works.page_number(request)

    def ask(session: Session) -> tuple[list[ImportRun], int]:
        total = session.scalar(select(func.count()).select_from(ImportRun)) or 0
        return _runs(session, SIZE, (page - 1) * SIZE), total

    runs, total = await here.library.database.read(ask)
    return render.page(
        request,
        "librarian/imports",
        runs=tuple(_run(request, one) for one in runs),
        pages=showing.pages("/desk/imports", request.query_params, page, total, SIZE),
    )


async def choose(request: Request) -> Response:
    """GET /desk/import"""
    sessions.require(request, Role.librarian)
    return _form(request, forms.blank(request))


async def start(request: Request) -> Response:
    """POST /desk/import: begins, and shows how far it is; a dry run says what would happen."""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    form = await forms.read(request, format=optional(20, forms.one_of(*FORMATS)), source=optional(100), dry_run=optional(5, forms.checkbox))
    file = form.files.get("file")
    if file is None or not file.filename or not file.size:
        form.refuse("file", N_("Please choose a file."))
    if form.errors or file is None:
        return _form(request, form, 422)
    name = PurePath(file.filename or "records").name[:200]
    upload = Upload(here.imports.place(name), name, form.given["format"] or "auto", form.given["source"] or name[:100])
    await asyncio.to_thread(_keep, file, upload)
    if form.given["dry_run"]:
        tally = await here.imports.look(upload)
        return _form(request, form, run=_forecast(request, upload, tally))
    run_id = await here.imports.start(upload)
    return render.redirect(request, f"/desk/imports/{run_id}" if run_id else "/desk/imports")


async def one(request: Request) -> Response:
    """GET /desk/imports/{id}: renews itself while the import runs."""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    run_id = works.number(request)

    def ask(session: Session) -> tuple[ImportRun | None, list[RefusedRecord]]:
        run = session.get(ImportRun, run_id)
        query = select(RefusedRecord).where(RefusedRecord.run_id == run_id).order_by(RefusedRecord.position).limit(SHOWN)
        return run, list(session.scalars(query))

    run, refused = await here.library.database.read(ask)
    if run is None:
        raise NotFound("There is no such import.")
    return _form(request, forms.blank(request), run=_run(request, run, refused))


async def refused(request: Request) -> Response:
    """GET /desk/imports/{id}/refused: the records that we could not take, as they came."""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    run_id = works.number(request)

    def ask(session: Session) -> tuple[str, list[bytes]]:
        query = select(RefusedRecord.raw).where(RefusedRecord.run_id == run_id).order_by(RefusedRecord.position)
        name = session.scalar(select(ImportRun.file).where(ImportRun.id == run_id)) or ""
        return name, list(session.scalars(query.limit(MOST_REFUSED)))

    name, found = await here.library.database.read(ask)
    if not found:
        raise NotFound("Nothing was refused in this import.")
    suffix = PurePath(name.removesuffix(".gz")).suffix.lower()
    kind = suffix if suffix in {".csv", ".tsv", ".xml", ".txt"} else ".csv" if suffix == ".xlsx" else ".mrc"
    headers = {"Content-Disposition": f'attachment; filename="refused-{run_id}{kind}"', "Cache-Control": "private, no-store"}
    return Response(_together(found), 200, headers, "application/octet-stream")


def _together(records: list[bytes]) -> bytes:
    """Records as one file that can be mended and brought in again: rows of a table share their header."""
    lines: list[bytes] = []
    header = b""
    for raw in records:
        first, _, rest = raw.partition(b"\n")
        lines.append(rest if rest and first == header else raw)
        header = first
    return b"".join(one if one.endswith((b"\x1d", b"\n")) else one + b"\n" for one in lines if one)


def _keep(file: UploadFile, upload: Upload) -> None:
    source: BinaryIO = file.file
    source.seek(0)
    with upload.path.open("wb") as target:
        shutil.copyfileobj(source, target)


def _runs(session: Session, limit: int, offset: int) -> list[ImportRun]:
    return list(session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(limit).offset(offset)))


def _run(request: Request, run: ImportRun, refused: list[RefusedRecord] | None = None) -> views.ImportRun:
    here = context.of(request)
    url = f"/desk/imports/{run.id}"
    seconds = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
    return views.ImportRun(
        id=str(run.id),
        url=url,
        source=run.file if run.file == run.source else f"{run.file} ({run.source})",
        started=here.local(run.started_at),
        state=str(run.state),
        read=run.new + run.changed + run.unchanged + run.refused,
        new=run.new,
        changed=run.changed,
        unchanged=run.unchanged,
        refused=run.refused,
        seconds=seconds,
        error=render.say(request, run.error) if run.error else "",
        refused_records=tuple(views.Refused(one.position, "", render.say(request, one.reason)) for one in refused or ()),
        refused_url=f"{url}/refused" if run.refused else "",
    )


def _forecast(request: Request, upload: Upload, tally: Tally) -> views.ImportRun:
    """What an import would do, as if it had been done."""
    said = render.say(request, N_("Only looked: %(file)s"), file=upload.name)
    run = ImportRun(
        id=0,
        source=said,
        file=said,
        new=tally.new,
        changed=tally.changed,
        unchanged=tally.unchanged,
        refused=tally.refused,
        state=RunState.done,
    )
    run.started_at = run.finished_at = now()
    return _run(request, run)


def _form(request: Request, form: Form, status: int = 200, run: views.ImportRun | None = None) -> Response:
    return render.page(
        request,
        "librarian/import",
        status=status,
        run=run,
        form=form,
        formats=tuple(Choice(name, render.say(request, LABELS[name])) for name in FORMATS),
    )


def _matters(request: Request, waiting: int) -> tuple[views.Matter, ...]:
    """What waits for somebody here."""
    found: list[views.Matter] = []
    if waiting and sessions.member(request).has(Role.moderator):
        found.append(_matter(request, N_("Cases"), N_("Somebody should look at these."), "/moderation", waiting))
    return (
        *found,
        _matter(request, N_("New event"), N_("Invite your readers."), "/events/new"),
        _matter(request, N_("Write news"), N_("Everyone who follows us hears it."), "/announcements/new"),
        _matter(request, N_("Bring in titles"), N_("From your library system, or a table."), "/desk/import"),
    )


def _debts(request: Request, counts: dict[str, int]) -> tuple[views.Matter, ...]:
    """What is not set up yet."""
    settings = context.of(request).settings
    found = (
        (not counts.get("Titles"), N_("No titles yet"), N_("Bring in your catalogue: nothing else makes people come."), "/desk/import"),
        (not mail.works(settings), N_("No mail"), N_("SMTP_URL is not set: nobody can open an account or sign in by link."), "/about"),
        (not settings.contact, N_("No address to write to"), N_("CONTACT is not set: people must be able to reach you."), "/about"),
        (not settings.description, N_("No description"), N_("DESCRIPTION is not set: other servers show an empty profile."), "/about"),
    )
    return tuple(_matter(request, title, words, url, is_warning=True) for is_missing, title, words, url in found if is_missing)


def _matter(request: Request, title: str, words: str, url: str, count: int | None = None, *, is_warning: bool = False) -> views.Matter:
    return views.Matter(render.say(request, title), render.say(request, words), url, count, is_warning)
