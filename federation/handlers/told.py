"""What a handler is told: who said what, what was fetched for it, and what moderation thinks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from community.people import actors
from community.people.actors import Actor
from federation.activities import Activity
from federation.hub import Hub
from federation.resolving import Known
from moderation.verdicts import Verdict


@dataclass(frozen=True)
class Told:
    """One activity, ready to be acted upon. `actor` is None when nobody could say who they are."""

    hub: Hub
    activity: Activity
    actor: Actor | None
    known: Known
    verdict: Verdict

    async def local_object(self, session: AsyncSession) -> Actor | None:
        """The actor of ours that the activity's object names."""
        uri = self.activity.object_id
        if uri is None or not self.hub.uris.is_ours(uri):
            return None
        found = await actors.by_uri(session, uri)
        return found if found is not None and found.is_local else None


Handler = Callable[[AsyncSession, Told], Awaitable[str]]
