"""May this signer say this? Origin rules of FEP-fe34 and interop 7."""

from community import uris
from community.errors import Refusal
from federation.activities import Activity, id_of, type_of

# These speak of something that must belong to whoever speaks.
OWN_OBJECT = frozenset({"Create", "Update"})


class NotTheirs(Refusal):
    """The signature is good, but it is not this actor's to say."""

    status = 401


def check(owner: str, activity: Activity) -> None:
    """Refuse what the owner of the signing key has no right to say. Raises NotTheirs.

    The signer is the actor; the activity's id lies on the actor's host; what they create or update is attributed to them
    and lies there too.
    """
    if activity.actor != owner:
        raise NotTheirs(
            "The key that signed this does not belong to its actor. Sign with the actor's own key.", f"{owner} for {activity.actor}"
        )
    home = uris.host(owner)
    if activity.id is not None and uris.host(activity.id) != home:
        raise NotTheirs("The id of this activity is not on its actor's server.", f"{activity.id} by {owner}")
    wire = activity.embedded
    if wire is None or activity.type not in OWN_OBJECT:
        return
    found = id_of(wire)
    if found is None or uris.host(found) != home:
        raise NotTheirs("The object of this activity is not on its actor's server.", f"{found} by {owner}")
    if found == owner:
        return
    authors = wire.get("attributedTo")
    if authors is None:
        raise NotTheirs("The object says nobody wrote it: it needs attributedTo.", f"{found} by {owner}")
    listed = authors if isinstance(authors, list) else [authors]
    if owner not in [id_of(author) for author in listed] and type_of(wire) not in {"Edition", "Work", "Author"}:
        raise NotTheirs("The object is attributed to somebody else.", f"{found} by {owner}")
