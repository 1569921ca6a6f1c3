"""Who asks for a document of ours, and whether they may see it (authorized fetch; interop 7 rule 17).

A signature is looked at whenever there is one. What is private, missing, or kept from whoever asks looks the same: 404.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.errors import NotFound, Refusal
from community.people import actors, blocks
from community.people.actors import ActorState
from federation import signatures
from federation.hub import Hub
from federation.received import Received, Unsigned
from moderation import domains
from moderation.tables import DomainAnswer

LED_ON = re.compile(r"/ap/(actors|notes|events)/[^/]+")  # people and posts; what hangs on them has no page of its own
SIGNED = (b"signature", b"signature-input")


async def who(hub: Hub, scope: Mapping[str, Any]) -> str | None:
    """The actor who signed this GET. None for nobody, and for a signature that does not hold where none is needed.

    Raises what `signatures.verify` raises where AUTHORIZED_FETCH asks for one.
    """
    needs = hub.settings.authorized_fetch and not is_led_on(scope)
    if not any(name in SIGNED for name, _ in scope["headers"]):
        if needs:
            raise Unsigned("Sign your request: this library shows its posts and people to servers that say who they are.")
        return None
    try:
        return (await signatures.verify(Received.of(scope, b""), hub.keyring, hub.uris.root)).owner
    except Refusal:
        if needs:
            raise
        return None


def is_led_on(scope: Mapping[str, Any]) -> bool:
    """Whether this is a browser at an address that has a page: it is led there, and sees no document."""
    wants_page = any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
    return wants_page and LED_ON.fullmatch(scope["path"]) is not None


async def refuse_unwelcome(session: AsyncSession, asker: str | None, owner: str) -> None:
    """Raises NotFound when whoever asks is refused or suspended here, or blocked by the owner of what they ask for."""
    if asker is None:
        return
    hidden = NotFound("There is nothing here that you may see.")
    if await domains.answer_for(session, uris.host(asker)) is DomainAnswer.refuse:
        raise hidden
    known = await actors.by_uri(session, asker)
    if known is None:
        return
    if known.state is ActorState.suspended:
        raise hidden
    mine = await actors.by_uri(session, owner)
    if mine is not None and await blocks.stands(session, mine, known):
        raise hidden
