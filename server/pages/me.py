"""A member's own page and settings."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community import text, timelines
from community.catalog import works as catalogue
from community.clock import now
from community.errors import NotFound
from community.people.accounts import Account
from community.people.actors import Actor
from community.people.follows import Follow, FollowState
from community.posts.attendances import Guest
from community.posts.post import Post, Standing
from community.said import Conversation, Said
from federation import outbox
from server import context, forms, passwords, render, sessions, showing
from server.actions import registering
from server.forms import Form, optional, required
from server.pages import announcements, works
from themes.filters import N_
from themes.views import catalog

SIZE = 20


async def show(request: Request) -> Response:
    """GET /me"""
    here = context.of(request)
    member = sessions.member(request)
    page = works.page_number(request)

    def ask(session: Session) -> tuple[Conversation, list[Said], list[Said], dict[int, catalog.WorkCard]]:
        said = timelines.by_author(session, member.actor_id, reader=member.actor_id, page=page, size=SIZE)
        answers = timelines.answers_to(session, member.actor_id)
        ids = list(dict.fromkeys(one.about_id for one in [*said.posts, *answers] if one.about_id is not None))
        going = timelines.attending(session, member.actor_id, now())
        return said, answers, going, {one.id: showing.card(one) for one in catalogue.cards(session, ids)}

    said, answers, going, about = await here.library.database.read(ask)
    look = announcements.look(request)
    return render.page(
        request,
        "account/me",
        posts=tuple(look.post(one, about) for one in said.posts),
        answers=tuple(look.post(one, about) for one in answers),
        events=tuple(look.event_card(one) for one in going),
        pages=showing.pages("/me", request.query_params, page, said.count, SIZE),
        handle=f"{member.username}@{here.settings.domain}",
        profile_url=f"/@{member.username}",
    )


async def settings(request: Request) -> Response:
    """GET /me/settings"""
    return await _page(request, None)


async def save(request: Request) -> Response:
    """POST /me/settings"""
    here = context.of(request)
    member = sessions.member(request)
    languages = here.settings.languages
    form = await forms.read(request, name=required(80), bio=optional(500), language=optional(10, forms.one_of(*languages)))
    if form.errors:
        return await _page(request, form, 422)
    async with here.library.database.transaction() as session:
        actor = await sessions.writer(session, request, even_moved=True)
        actor.name = form["name"]
        actor.summary = text.render(form["bio"]) if form["bio"] else ""
        account = await session.get_one(Account, member.account_id)
        account.language = form["language"] or account.language
        await outbox.edit_actor(session, here.library, actor)
        await timelines.touch_author(session, actor.id)
    here.hub.delivery_bell.ring()
    line = sessions.set_cookie(here.settings, "language", "", seconds=0)  # what was clicked once gives way to what is set here
    request.scope.setdefault("set_cookies", []).append(line)
    return render.redirect(request, "/me/settings", "saved")


async def set_password(request: Request) -> Response:
    """POST /me/settings/password: also signs every other browser out."""
    here = context.of(request)
    member = sessions.member(request)
    here.limits.check("sign-in account", member.username)
    form = await forms.read(request, old=optional(1000), new=required(1000))
    account = await _account(request)
    if not form.errors and len(form["new"]) < passwords.SHORTEST:
        form.refuse("new", N_("Please use at least %(count)s characters."), count=passwords.SHORTEST)
    if not form.errors and account.password_hash and not await passwords.fits(account.password_hash, form["old"] or ""):
        form.refuse("old", N_("This is not the password you have now."))
    if form.errors:
        return await _page(request, form, 422)
    kept = await passwords.digest(form["new"])
    async with here.library.database.transaction() as session:
        row = await session.get_one(Account, member.account_id)
        row.password_hash = kept
        await sessions.end_all(session, row.id, but=member.visit_id)
    return render.redirect(request, "/me/settings", "saved")


async def export(request: Request) -> Response:
    """POST /me/export: everything that somebody wrote and set, in one JSON file."""
    here = context.of(request)
    member = sessions.member(request)

    def ask(session: Session) -> dict[str, Any]:
        actor = session.get_one(Actor, member.actor_id)
        account = session.get_one(Account, member.account_id)
        posts = session.scalars(select(Post).where(Post.author_id == actor.id, Post.standing != Standing.deleted).order_by(Post.id))
        followed = select(Actor.uri).join(Follow, Follow.followed_id == Actor.id).where(Follow.follower_id == actor.id)
        return {
            "account": {"name": actor.name, "handle": f"{actor.username}@{here.settings.domain}", "email": account.email},
            "about": text.plain(actor.summary),
            "since": account.created_at.isoformat(),
            "following": list(session.scalars(followed.where(Follow.state == FollowState.granted))),
            "events": [
                {"address": uri, "state": str(state), "since": since.isoformat(), "message": message}
                for uri, state, since, message in session.execute(
                    select(Post.uri, Guest.state, Guest.since, Guest.message)
                    .join(Guest, Guest.event_id == Post.id)
                    .where(Guest.actor_id == actor.id)
                    .order_by(Guest.id)
                )
            ],
            "posts": [_exported(post, here.uris.work(post.about_id) if post.about_id else None) for post in posts],
        }

    found = await here.library.database.read(ask)
    body = json.dumps(found, ensure_ascii=False, indent=1).encode()
    headers = {"Content-Disposition": f'attachment; filename="{member.username}.json"', "Cache-Control": "private, no-store"}
    return Response(body, 200, headers, "application/json")


async def delete(request: Request) -> Response:
    """POST /me/delete: the name is typed again, and everything goes."""
    here = context.of(request)
    member = sessions.member(request)
    form = await forms.read(request, username=required(60))
    if not form.errors and form["username"].removeprefix("@").lower() != member.username:
        form.refuse("username", N_("This is not your name."))
    if form.errors:
        return await _page(request, form, 422)
    async with here.library.database.transaction() as session:
        account = await session.get_one(Account, member.account_id)
        await registering.close_account(session, here.library, account)
    here.hub.delivery_bell.ring()
    line = sessions.set_cookie(here.settings, "visit", "", seconds=0)
    request.scope.setdefault("set_cookies", []).append(line)
    return render.redirect(request, "/", "closed")


def _exported(post: Post, about: str | None) -> dict[str, Any]:
    return {
        "kind": post.kind,
        "address": post.uri,
        "about": about,
        "answers": post.reply_to_uri,
        "title": post.title,
        "text": post.source,
        "warning": post.warning,
        "language": post.language,
        "stars": post.half_stars / 2 if post.half_stars else None,
        "published": post.published_at.isoformat(),
        "edited": post.edited_at.isoformat() if post.edited_at else None,
    }


async def _account(request: Request) -> Account:
    async with context.of(request).library.database.snapshot() as session:
        return await session.get_one(Account, sessions.member(request).account_id)


async def _page(request: Request, form: Form | None, status: int = 200) -> Response:
    """The settings as they are, or as they were typed just now."""
    here = context.of(request)
    member = sessions.member(request)
    async with here.library.database.snapshot() as session:
        account = await session.get(Account, member.account_id)
        actor = await session.get(Actor, member.actor_id)
    if account is None or actor is None:
        raise NotFound("There is no such account.")
    kept = {"name": actor.name, "bio": text.plain(actor.summary), "language": account.language, "email": account.email}
    if form is None:
        form = forms.blank(request, **kept)
    else:
        form.values = kept | {name: value for name, value in form.values.items() if name not in {"old", "new"}}
    return render.page(
        request,
        "account/settings",
        status=status,
        form=form,
        languages=here.settings.languages,
        has_password=account.password_hash is not None,
    )
