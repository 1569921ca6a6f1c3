"""Any post at its own address: read, changed, deleted."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from community import timelines
from community.catalog import works as catalogue
from community.errors import Gone, NotFound
from community.library import Library
from community.people.accounts import Role
from community.people.actors import Actor
from community.posts import quotes
from community.posts.post import Post, Standing
from community.said import Said
from federation import documents
from federation.wire import Wire
from moderation.verdicts import Answer
from server import context, forms, negotiating, render, sessions, showing
from server.actions import publishing
from server.pages import comments, reviews, writing
from server.showing import Show
from themes.views import catalog

AFTER = {"event": "/events", "announcement": "/announcements"}  # where one goes after deleting
GONE = frozenset({Standing.deleted, Standing.removed})


async def show(request: Request) -> Response:
    """GET /posts/{token}: the post, what it answers, and what was answered to it."""
    here = context.of(request)
    token = request.path_params["token"]
    reader = sessions.reader(request)

    def ask(session: Session) -> tuple[Said | None, Said | None, dict[int, catalog.WorkCard], int]:
        found = timelines.one(session, token)
        if found is None or not timelines.may_see(found, reader):
            return found, None, {}, 0
        parent = timelines.by_id(session, found.reply_to_id) if found.reply_to_id is not None else None
        about = catalogue.cards(session, [found.about_id]) if found.about_id is not None else ()
        cards = {one.id: showing.card(one) for one in about}
        return timelines.with_thread(session, found, reader), parent, cards, quotes.count(session, token)

    found, parent, about, quoted = await here.library.database.read(ask)
    check(found, reader)
    assert found is not None
    if negotiating.wants_activity(request):
        return await negotiating.document(request, lambda session, library: wire(session, library, found))
    if found.kind in {"event", "announcement"}:
        return RedirectResponse(showing.path(found.kind, token), 308)
    if found.kind == "discussion":
        return RedirectResponse(f"/catalog/works/{found.about_id}", 308)
    look = Show(here.settings, reader)
    answered = look.post(parent) if parent is not None and timelines.may_see(parent, reader) else None
    post = look.post(found, about)
    return render.page(request, "post/show", link=negotiating.alternate(found.uri), post=post, parent=answered, quoted=quoted)


def check(found: Said | None, reader: int | None) -> None:
    """Raises Gone for what was taken away, NotFound for what this reader may not see."""
    if found is not None and found.standing in GONE:
        raise Gone("These words have been deleted.")
    if found is None or not timelines.may_see(found, reader):
        raise NotFound("There is nothing here, or nothing that you may see.")


async def wire(session: AsyncSession, library: Library, found: Said) -> Wire:
    """What servers get at the page of a post: ours in full; those of others live at home."""
    if not found.author.is_local:
        raise NotFound("This post lives on another server; please ask there.")
    return await documents.post_by_uri(session, library, found.uri)


async def write(request: Request) -> Response:
    """GET /posts/{token}/edit"""
    here = context.of(request)
    member = sessions.member(request)
    async with here.library.database.snapshot() as session:
        author = await session.get_one(Actor, member.actor_id)
        post = await publishing.own(session, author, request.path_params["token"], is_librarian=member.has(Role.librarian))
    if post.kind in publishing.LIBRARYS:
        return RedirectResponse(f"{showing.path(post.kind, post.token)}/edit", 303)
    return await _form(request, post, reviews.filled(request, post))


async def edit(request: Request) -> Response:
    """POST /posts/{token}/edit"""
    here = context.of(request)
    writing.pace(request)
    async with here.library.database.transaction() as session:
        author = await sessions.writer(session, request)
        post = await publishing.own(session, author, request.path_params["token"])
        is_opinion = post.kind in {"review", "rating"}
        form = await (reviews.read(request) if is_opinion else comments.read(request))
        if form.errors:
            answer = None
        elif is_opinion and post.about_id is not None:
            answer = await reviews.save(session, request, author, post, post.about_id, form)
        else:
            answer = await publishing.edit(session, here.library, author, post, writing.words(form))
    if answer is None or answer is Answer.refuse:
        if answer is Answer.refuse:
            form.refuse("", writing.REFUSED)
        return await _form(request, post, form, 422)
    return writing.onward(request, answer, _home(post))


async def ask_delete(request: Request) -> Response:
    """GET /posts/{token}/delete: asks once."""
    here = context.of(request)
    member = sessions.member(request)
    found = await comments.seen(request)
    async with here.library.database.snapshot() as session:
        author = await session.get_one(Actor, member.actor_id)
        await publishing.own(session, author, found.token, is_librarian=member.has(Role.librarian))
    work = await comments.card(request, found.about_id)
    about = {found.about_id: work} if work is not None and found.about_id is not None else None
    return render.page(request, "post/delete", post=Show(here.settings, member.actor_id).post(found, about))


async def delete(request: Request) -> Response:
    """POST /posts/{token}/delete"""
    here = context.of(request)
    member = sessions.member(request)
    async with here.library.database.transaction() as session:
        author = await session.get_one(Actor, member.actor_id)  # also for the suspended: taking back is always allowed
        post = await publishing.own(session, author, request.path_params["token"], is_librarian=member.has(Role.librarian))
        where = f"/catalog/works/{post.about_id}" if post.about_id is not None else AFTER.get(post.kind, "/me")
        await publishing.take_back(session, here.library, post)
    here.hub.delivery_bell.ring()
    return render.redirect(request, where, "deleted")


def _home(post: Post) -> str:
    """Where one sees what one has written."""
    if post.about_id is not None and post.reply_to_id is None:
        return f"/catalog/works/{post.about_id}#readers"
    return showing.path(post.kind, post.token)


async def _form(request: Request, post: Post, form: forms.Form, status: int = 200) -> Response:
    action = f"/posts/{post.token}/edit"
    if post.kind in {"review", "rating"} and post.about_id is not None:
        return await reviews.form_page(request, post.about_id, form, is_edit=True, action=action, status=status)
    work = await comments.card(request, post.about_id)
    return comments.form_page(request, form, action, _home(post), work=work, is_edit=True, status=status)
