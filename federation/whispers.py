"""A word to one person elsewhere that nobody else reads: a private Note, kept nowhere here."""

from sqlalchemy.ext.asyncio import AsyncSession

from community import text, uris
from community.clock import now
from community.library import Library
from community.people.actors import Actor
from federation import outbox
from federation.renditions.note import moment
from federation.vocabulary import CONTEXT
from federation.wire import Wire


async def whisper(
    session: AsyncSession, library: Library, sender: Actor, to: Actor, words: str, *, about: str, answering: str | None = None
) -> None:
    """Tell somebody elsewhere something in private; each line is a paragraph, an address a link.

    `about` is the token of the post that it is about: who answers the whisper, speaks of that. `answering` is the address of their words.
    """
    token = f"{about}-{uris.token(8)}"
    handle = f"@{to.username}@{to.domain}"
    page = text.escape(to.url or to.uri)
    mention = (
        f'<span class="h-card" translate="no"><a href="{page}" class="u-url mention">@<span>{text.escape(to.username)}</span></a></span>'
    )
    said = "".join(f"<p>{_line(line)}</p>" for line in words.splitlines() if line.strip())
    note: Wire = {
        "@context": CONTEXT,
        "id": library.uris.note(token),
        "type": "Note",
        "attributedTo": sender.uri,
        "url": library.uris.profile(sender.username),
        "published": moment(now()),
        "to": [to.uri],
        "cc": [],
        "content": f"<p>{mention} {said[3:]}" if said else f"<p>{mention}</p>",
        "sensitive": False,
        "attachment": [],
        "tag": [{"type": "Mention", "href": to.uri, "name": handle}],
    }
    if answering is not None:
        note["inReplyTo"] = answering
    await outbox.owe(session, sender, outbox.activity_of(library, "Create", sender, note, token), {to.inbox})


def about(library: Library, uri: str) -> str | None:
    """The token of the post that a whisper of ours was about, by the address of the whisper."""
    name = uri.removeprefix(library.uris.note(""))
    token, dash, _ = name.partition("-")
    return token if dash and name != uri else None


def _line(line: str) -> str:
    if not line.startswith(("https://", "http://")):
        return text.escape(line)
    return f'<a href="{text.escape(line)}" rel="nofollow noopener" target="_blank">{text.escape(line.partition("://")[2])}</a>'
