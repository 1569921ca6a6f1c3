"""What arrived, as moderation judges it."""

from community import text, uris
from community.people.actors import Actor
from federation import activities
from federation.wire import Wire
from moderation.verdicts import Submission


def of(kind: str, wire: Wire, actor: Actor | None, actor_uri: str, uri: str | None) -> Submission:
    """An activity of this kind (Create, Like ...) with its object's words, said by this actor. `uri` is what the log calls it."""
    html = text.safe_html(activities.words(wire, "content"))
    said = "\n".join(part for part in (activities.words(wire, "name"), activities.words(wire, "summary"), text.plain(html)) if part)
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
