"""Covers for titles that have none: drawn, never fetched."""

import asyncio

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from community.catalog import works as catalogue
from community.catalog.facts import WorkCard
from community.errors import NotFound
from community.posts import topics
from community.posts.post import SEEN_AT_ALL, Post
from community.posts.topics import DigestWork
from server import context, pictures, render
from server.pages import works
from themes.covers import cover_svg

DAY = 86400  # seconds


async def svg(request: Request) -> Response:
    """GET /covers/{id}.svg"""
    card = await _card(request)
    drawn = await asyncio.to_thread(cover_svg, card.title, ", ".join(card.authors), card.year, card.form, f"{card.id} {card.title}")
    response = render.document(request, drawn.encode(), "image/svg+xml", seconds=DAY)
    # Opened by itself, a picture may do nothing but be looked at.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


async def png(request: Request) -> Response:
    """GET /covers/{id}.png: for other servers, which do not show SVG."""
    card = await _card(request)
    drawn = await asyncio.to_thread(pictures.cover_png, card.title, ", ".join(card.authors), f"{card.id} {card.title}")
    return render.document(request, drawn, "image/png", seconds=DAY)


async def topic(request: Request) -> Response:
    """GET /covers/topics/{name}.png: the picture of something that can be followed."""
    here = context.of(request)
    name = request.path_params["name"]
    async with here.library.database.snapshot() as session:
        label = await topics.label(session, name)
    if label is None:
        raise NotFound("There is nothing of this name here.")
    drawn = await asyncio.to_thread(pictures.icon_png, label, name)
    return render.document(request, drawn, "image/png", seconds=DAY)


async def digest(request: Request) -> Response:
    """GET /covers/digests/{token}.png: the covers of the titles that a digest names, side by side."""
    token = request.path_params["token"]

    def ask(session: Session) -> tuple[WorkCard, ...]:
        query = select(DigestWork.work_id).join(Post, Post.id == DigestWork.post_id)
        query = query.where(Post.token == token, Post.standing.in_(SEEN_AT_ALL)).order_by(DigestWork.position)
        return catalogue.cards(session, list(session.scalars(query.limit(pictures.MOST_COVERS))))

    cards = await context.of(request).library.database.read(ask)
    if not cards:
        raise NotFound("There is no such picture here.")
    covers = tuple((card.title, ", ".join(card.authors), f"{card.id} {card.title}") for card in cards)
    drawn = await asyncio.to_thread(pictures.collage_png, covers)
    return render.document(request, drawn, "image/png", seconds=DAY)


async def _card(request: Request) -> WorkCard:
    work_id = works.number(request)

    def ask(session: Session) -> tuple[WorkCard, ...]:
        return catalogue.cards(session, [work_id])

    found = await context.of(request).library.database.read(ask)
    if not found:
        raise NotFound("There is no such title here.")
    return found[0]
