"""What programs ask of us: style sheets, search descriptions, site maps, health."""

import asyncio
import hmac
import mimetypes

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from community.catalog.tables import Work
from community.errors import NotFound, Unwelcome
from federation import backlog
from server import clients, context, metrics, render
from themes import manifest

YEAR = 365 * 86400  # seconds; addresses of style sheets carry their fingerprint
DAY = 86400
MOST_ADDRESSES = 20_000  # of one site map
ROBOTS = """User-agent: *
Disallow: /search
Disallow: /report
Disallow: /sign-in
Disallow: /sign-up
Disallow: /follow
Disallow: /me
Disallow: /desk
Disallow: /moderation
Disallow: /language
Sitemap: {root}/sitemap.xml
"""
CHANGE_PASSWORD = "/me/settings"


async def static(request: Request) -> Response:
    """GET /static/{path}"""
    found = manifest.static_file(context.of(request).renderer.themes, request.path_params["path"])
    if found is None:
        raise NotFound("There is no such file.")
    body = await asyncio.to_thread(found.read_bytes)
    kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    return render.document(request, body, kind, seconds=YEAR if request.query_params.get("v") else DAY)


async def library_css(request: Request) -> Response:
    """GET /static/library.css: this library's colours."""
    seconds = YEAR if request.query_params.get("v") else DAY
    return render.document(request, context.of(request).renderer.css, "text/css; charset=utf-8", seconds=seconds)


async def opensearch(request: Request) -> Response:
    """GET /opensearch.xml"""
    said = context.of(request).renderer.text(render.language(request), "opensearch.xml", {})
    return render.document(request, said.encode(), "application/opensearchdescription+xml", seconds=DAY, vary="Accept-Language")


async def sitemap(request: Request) -> Response:
    """GET /sitemap.xml: the titles that changed last."""
    here = context.of(request)

    def ask(session: Session) -> list[tuple[int, str]]:
        query = select(Work.id, Work.changed_at).where(Work.removed_at.is_(None)).order_by(Work.changed_at.desc()).limit(MOST_ADDRESSES)
        return [(row.id, f"{row.changed_at:%Y-%m-%dT%H:%M:%SZ}") for row in session.execute(query)]

    found = await here.library.database.read(ask)
    pages = "".join(f"<url><loc>{here.settings.root}{path}</loc></url>" for path in ("/", "/events", "/announcements", "/about"))
    titles = "".join(f"<url><loc>{here.uris.work(work_id)}</loc><lastmod>{changed}</lastmod></url>" for work_id, changed in found)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{pages}{titles}</urlset>\n'
    return render.document(request, body.encode(), "application/xml")


async def robots(request: Request) -> Response:
    """GET /robots.txt"""
    return PlainTextResponse(ROBOTS.format(root=context.of(request).settings.root))


async def change_password(request: Request) -> Response:
    """GET /.well-known/change-password: where password managers send people."""
    return render.redirect(request, CHANGE_PASSWORD)


async def alive(request: Request) -> Response:
    """GET /healthz: the process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> Response:
    """GET /readyz: the database and the index answer, too."""
    here = context.of(request)
    parts: dict[str, str] = {}
    try:
        await here.library.database.read(lambda session: session.execute(text("SELECT 1")).scalar())
        parts["database"] = "ok"
    except (SQLAlchemyError, OSError) as cause:
        parts["database"] = type(cause).__name__
    health = await here.index.health()
    parts["index"] = "ok" if health.ok else health.detail or "not ok"
    good = parts["database"] == "ok"  # without an index the rest of the library still works
    return JSONResponse(parts, 200 if good else 503, headers={"Cache-Control": "no-store"})


async def numbers(request: Request) -> Response:
    """GET /metrics: for whoever has the token; without one in the settings, for this machine only."""
    token = context.of(request).settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    allowed = hmac.compare_digest(given.encode(), token.encode()) if token else clients.is_loopback(request)
    if not allowed:
        raise Unwelcome("These numbers are for whoever runs this machine.")
    metrics.weigh(await context.of(request).library.database.read(backlog.look))
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
