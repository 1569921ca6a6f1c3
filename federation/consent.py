"""What we answer to those who quote us, and how we take it back (FEP-044f)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.errors import Gone, NotFound
from community.library import Library
from community.people.actors import Actor, ActorState
from community.posts import quotes
from community.posts.quotes import Consent, Quote
from federation import outbox
from federation.vocabulary import AS
from federation.wire import Wire

QUOTE_CONTEXT = [
    AS,
    {
        "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
        "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
        "gts": "https://gotosocial.org/ns#",
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    },
]


async def grant(session: AsyncSession, library: Library, author: Actor, quoter: Actor, quote: Quote, wire: Wire) -> None:
    """Say yes, and where the authorisation lies that others can check."""
    await _answer(session, library, "Accept", author, quoter, wire, {"result": library.uris.quote_authorization(quote.token)})


async def refuse(session: AsyncSession, library: Library, author: Actor, quoter: Actor, wire: Wire) -> None:
    """Say no."""
    await _answer(session, library, "Reject", author, quoter, wire, {})


async def withdraw(session: AsyncSession, library: Library, quote: Quote) -> None:
    """Take a consent back, and tell the server of whoever quotes."""
    quotes.withdraw(quote)
    author, quoter = await session.get_one(Actor, quote.post.author_id), await session.get_one(Actor, quote.quoter_id)
    activity = {
        "@context": AS,
        "id": library.uris.activity("delete", uris.token()),
        "type": "Delete",
        "actor": author.uri,
        "to": [quoter.uri],
        "object": library.uris.quote_authorization(quote.token),
    }
    await outbox.owe(session, author, activity, {quoter.shared_inbox or quoter.inbox})


async def authorization(session: AsyncSession, library: Library, token: str) -> Wire:
    """The document by which others see that a quotation has our consent. Raises Gone when it has it no more, NotFound when it never had."""
    found = await quotes.by_token(session, token)
    if found is None:
        raise NotFound("There is nothing here that you may see.")
    author = (await session.scalars(select(Actor).where(Actor.id == found.post.author_id))).one()
    if found.state is Consent.withdrawn or not found.post.is_seen or author.state is not ActorState.active:
        raise Gone("There is no consent to this quotation any more.")
    return {
        "@context": QUOTE_CONTEXT,
        "id": library.uris.quote_authorization(token),
        "type": "QuoteAuthorization",
        "attributedTo": author.uri,
        "interactingObject": found.uri,
        "interactionTarget": found.post.uri,
    }


async def _answer(session: AsyncSession, library: Library, verb: str, author: Actor, quoter: Actor, wire: Wire, more: Wire) -> None:
    asked = {name: wire.get(name) for name in ("id", "type", "actor", "object")}
    instrument = wire.get("instrument")
    asked["instrument"] = instrument.get("id") if isinstance(instrument, dict) else instrument
    asked["object"] = asked["object"].get("id") if isinstance(asked["object"], dict) else asked["object"]
    activity = {
        "@context": QUOTE_CONTEXT,
        "id": library.uris.activity(verb.lower(), uris.token()),
        "type": verb,
        "actor": author.uri,
        "to": [quoter.uri],
        "object": {name: value for name, value in asked.items() if value is not None},
        **more,
    }
    await outbox.owe(session, author, activity, {quoter.inbox})
