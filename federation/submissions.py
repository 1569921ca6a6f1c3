"""What arrived, as moderation judges it."""

from community import text, uris
from community.people.actors import Actor
from federation import activities
from federation.wire import Wire
from moderation.verdicts import Submission


def of(kind: str, wire: Wire, actor: Actor | None, actor_uri: str, uri: str | None) -> Submission:
    """An activity of this kind (Create, Like ...) with its object's words, said by this actor. `uri` is what the log calls it."""
    html = text.safe_html("\n".join(part for part in map(_html, _parts(wire)) if part))
    names = [activities.words(part, name) for part in _parts(wire) for name in ("name", "summary")]
    said = "\n".join(part for part in (*names, text.plain(html)) if part)
    return Submission(
        actor=actor,
        actor_uri=actor_uri,
        host=uris.host(actor_uri),
        text=said,
        html=html,
        kind=kind.lower(),
        is_local=False,
        activity_type=kind,
        uri=uri,
        reply_to_uri=activities.id_of(wire.get("inReplyTo")),
        mentions=len(activities.mentions(wire)),
    )


def _parts(wire: Wire) -> list[Wire]:
    """The object, and its pieces that may be shown in its stead: what NeoDB and we say in `relatedWith`."""
    return [wire, *(part for part in activities.many(wire.get("relatedWith")) if isinstance(part, dict))]


def _html(part: Wire) -> str:
    return f"{activities.words(part, 'quote')}\n{activities.words(part, 'content')}".strip()
