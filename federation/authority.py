"""May this signer say this? Origin rules of FEP-fe34 and interop 7."""

from community import uris
from community.errors import Refusal
from federation.activities import Activity, id_of, ids_of
from federation.wire import Wire

# These speak of something that must belong to whoever speaks.
OWN_OBJECT = frozenset({"Create", "Update"})


class NotTheirs(Refusal):
    """The signature is good, but it is not this actor's to say."""

    status = 401


def check(owner: str, activity: Activity) -> None:
    """Refuse what the owner of the signing key has no right to say. Raises NotTheirs.

    The signer is the actor; the activity's id lies on the actor's host, and so does the object that they create or update;
    what they create is not attributed to somebody of another server. Whether it is theirs among their neighbours, its handler decides.
    """
    if activity.actor != owner:
        private = f"{owner} for {activity.actor}"
        raise NotTheirs("The key that signed this does not belong to its actor. Sign with the actor's own key.", private)
    home = uris.host(owner)
    if activity.id is not None and uris.host(activity.id) != home:
        raise NotTheirs("The id of this activity is not on its actor's server.", f"{activity.id} by {owner}")
    wire = activity.embedded
    if wire is None or activity.type not in OWN_OBJECT:
        return
    found = id_of(wire)
    if found is not None and uris.host(found) != home:
        raise NotTheirs("The object of this activity is not on its actor's server.", f"{found} by {owner}")
    if activity.type == "Create" and not may_have_come_from(home, wire):
        raise NotTheirs("The object is attributed to somebody else.", f"{found} by {owner}")


def may_have_come_from(home: str, wire: Wire) -> bool:
    """Whether the object names an author on this server, or names none."""
    authors = ids_of(wire.get("attributedTo"))
    return not authors or home in map(uris.host, authors)
