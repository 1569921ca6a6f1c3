"""What the library tells its readers."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import timelines
from community.people.accounts import Role
from community.posts.kinds import Announcement
from community.said import Said
from server import categories, context, forms, negotiating, render, sessions, showing
from server.actions import publishing
from server.forms import Form, optional, required
from server.pages import posts, works, writing
from server.showing import Show

SIZE = 20


def look(request: Request) -> Show:
    """How this reader sees posts, with the names of categories in their language."""
    here = context.of(request)
    return Show(here.settings, sessions.reader(request), lambda key: categories.label(key, lambda words: render.say(request, words)))


async def index(request: Request) -> Response:
    """GET /announcements"""
    here = context.of(request)
    page = works.page_number(request)
    chosen = request.query_params.get("category", "")

    def ask(session: Session) -> tuple[list[Said], int, list[str]]:
        narrowed = chosen if chosen in categories.NEWS else None
        return (
            timelines.stream(session, ["announcement"], page=page, size=SIZE, ours=True, category=narrowed),
            timelines.count(session, ["announcement"], ours=True, category=narrowed),
            timelines.categories(session, "announcement"),
        )

    found, total, used = await here.library.database.read(ask)
    shown = look(request)
    member = sessions.signed(request)
    return render.page(
        request,
        "announcement/list",
        posts=tuple(shown.post(one) for one in found),
        categories=categories.choices(categories.NEWS, used, chosen, "/announcements", lambda words: render.say(request, words)),
        pages=showing.pages("/announcements", request.query_params, page, total, SIZE),
        feed_url="/feeds/news",
        may_write=member is not None and member.has(Role.librarian),
    )


async def show(request: Request) -> Response:
    """GET /announcements/{token}"""
    here = context.of(request)
    token = request.path_params["token"]
    reader = sessions.reader(request)

    def ask(session: Session) -> Said | None:
        found = timelines.one(session, token)
        return timelines.with_thread(session, found, reader) if found is not None else None

    found = await here.library.database.read(ask)
    posts.check(found, reader)
    assert found is not None
    if found.kind != "announcement":
        return render.redirect(request, showing.path(found.kind, token))
    if negotiating.wants_activity(request):
        return await negotiating.document(request, lambda session, library: posts.wire(session, library, found))
    return render.page(
        request, "announcement/show", link=negotiating.alternate(found.uri), post=with_rights(request, look(request).post(found))
    )


def with_rights(request: Request, post: Any) -> Any:
    """What the library said, its staff may change."""
    member = sessions.signed(request)
    if member is None or not member.has(Role.librarian) or post.author.badge != "library" or not post.author.is_local:
        return post
    return showing.may_edit(post)


async def write(request: Request) -> Response:
    """GET /announcements/new"""
    sessions.require(request, Role.librarian)
    return _form(request, forms.blank(request), "/announcements/new")


async def create(request: Request) -> Response:
    """POST /announcements/new"""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    form = await _read(request)
    if form.errors:
        return _form(request, form, "/announcements/new", status=422)
    async with here.library.database.transaction() as session:
        await sessions.writer(session, request)
        post = Announcement(**_values(request, form))
        await publishing.announce(session, here.library, post)
    here.hub.delivery_bell.ring()
    return render.redirect(request, showing.path("announcement", post.token), "published")


async def change(request: Request) -> Response:
    """GET /announcements/{token}/edit"""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    async with here.library.database.snapshot() as session:
        post = await publishing.of_the_library(session, request.path_params["token"], "announcement")
    category = categories.label(post.category, lambda words: render.say(request, words))
    form = forms.blank(request, title=post.title, category=category, text=post.source, language=post.language, warning=post.warning)
    return _form(request, form, f"/announcements/{post.token}/edit", is_edit=True)


async def edit(request: Request) -> Response:
    """POST /announcements/{token}/edit"""
    here = context.of(request)
    sessions.require(request, Role.librarian)
    token = request.path_params["token"]
    form = await _read(request)
    if form.errors:
        return _form(request, form, f"/announcements/{token}/edit", is_edit=True, status=422)
    async with here.library.database.transaction() as session:
        await sessions.writer(session, request)
        post = await publishing.of_the_library(session, token, "announcement")
        await publishing.correct(session, here.library, post, _values(request, form))
    here.hub.delivery_bell.ring()
    return render.redirect(request, showing.path("announcement", token), "saved")


async def _read(request: Request) -> Form:
    fields = writing.fields(request, title=required(200), category=optional(60), text=required(writing.LONGEST))
    return await forms.read(request, **fields)


def _values(request: Request, form: Form) -> dict[str, Any]:
    category = categories.key(categories.NEWS, form.given["category"], lambda words: render.say(request, words))
    return writing.words(form) | {"title": form.given["title"], "category": category}


def _form(request: Request, form: Form, action: str, *, is_edit: bool = False, status: int = 200) -> Response:
    return render.page(
        request,
        "announcement/write",
        status=status,
        form=form,
        action=action,
        is_edit=is_edit,
        categories=categories.labels(categories.NEWS, lambda words: render.say(request, words)),
        languages=writing.languages(request),
    )
