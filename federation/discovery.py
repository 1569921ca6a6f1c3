"""How others find us: WebFinger, NodeInfo, host-meta."""

import re
from importlib.metadata import version
from urllib.parse import unquote

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from community.clock import days, now
from community.errors import Gone, NotFound, Refusal
from community.library import Library
from community.people.accounts import Account
from community.people.actors import Actor, ActorState
from community.posts import topics
from community.posts.post import Post, Standing
from community.posts.topics import Topic
from federation import lights
from federation.vocabulary import MEDIA_TYPE
from federation.wire import Wire

SOFTWARE = "bookmobile"
PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
# What one of ours can do here with something that they saw elsewhere (FEP-3b86): follow its author, answer it, or see it.
INTENTS = ("https://w3id.org/fep/3b86/Follow", "https://w3id.org/fep/3b86/Object")
_RESOURCE = re.compile(r"(?:acct:)?@?(?P<name>[^@/\s\0]+)@(?P<server>[^@/\s\0]+)", re.IGNORECASE)


async def webfinger(session: AsyncSession, library: Library, resource: str | None, rels: list[str]) -> Wire:
    """Who an address of ours is (RFC 7033). Raises Refusal for none, NotFound for nobody here, Gone for one who left."""
    if not resource:
        raise Refusal("Say whom you look for: ?resource=acct:name@server.")
    username = _username(library, unquote(resource) if "%" in resource else resource)
    if username is None:
        raise NotFound("There is nobody of that name here.")
    if username == "":
        uri = library.uris.instance
        row = (await session.scalars(select(Actor).where(Actor.uri == uri))).first()
        subject, page = f"acct:{library.settings.domain}@{library.settings.domain}", f"{library.uris.root}/about"
    else:
        row = await lights.find(session, library, username)
        uri = library.uris.actor(username)
        page = (row.url if row is not None and topics.is_topic(username) else None) or library.uris.profile(username)
        subject = f"acct:{username}@{library.settings.domain}"
    if row is None:
        raise NotFound("There is nobody of that name here.")
    if row.state is ActorState.gone:
        raise Gone("They are no longer here.")
    links: list[Wire] = [
        {"rel": "self", "type": MEDIA_TYPE, "href": uri},
        {"rel": PROFILE_PAGE, "type": "text/html", "href": page},
        {"rel": SUBSCRIBE, "template": f"{library.uris.root}/authorize_interaction?uri={{uri}}"},
        *({"rel": intent, "template": f"{library.uris.root}/authorize_interaction?uri={{object}}"} for intent in INTENTS),
    ]
    return {"subject": subject, "aliases": [page, uri], "links": [link for link in links if not rels or link["rel"] in rels]}


def _username(library: Library, resource: str) -> str | None:
    """The name that a resource means; empty for the instance actor, None for nobody here."""
    root = library.uris.root
    if resource.rstrip("/") in {root, library.uris.instance}:
        return ""
    if resource.startswith(("http://", "https://")):
        found = re.fullmatch(re.escape(root) + r"/(?:@|ap/actors/)([a-zA-Z0-9_.-]+)", resource)
        return found[1].lower() if found else None
    named = _RESOURCE.fullmatch(resource)
    if named is None or named["server"].lower() != library.settings.domain:
        return None
    return "" if named["name"].lower() == library.settings.domain else named["name"].lower()


def nodeinfo_links(library: Library) -> Wire:
    """Where our NodeInfo lies. The schema link comes first: BookWyrm reads no other."""
    root = library.uris.root
    return {
        "links": [
            {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": f"{root}/nodeinfo/2.1"},
            {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{root}/nodeinfo/2.0"},
            {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": library.uris.instance},
        ]
    }


async def nodeinfo(session: AsyncSession, library: Library, schema: str) -> Wire:
    """What we run and how much is said here (FEP-f1d5, FEP-0151)."""
    who = Actor.domain.is_(None) & Actor.id.not_in(select(Topic.actor_id).where(Topic.actor_id.is_not(None)))
    active = select(func.count(func.distinct(Post.author_id))).join(Actor, Actor.id == Post.author_id).where(who)
    month = await session.scalar(active.where(Post.published_at > now() - days(30)))
    halfyear = await session.scalar(active.where(Post.published_at > now() - days(180)))
    total = await session.scalar(select(func.count()).select_from(Account).where(Account.closed_at.is_(None)))
    said = select(func.count()).select_from(Post).where(Post.source.is_not(None), Post.standing == Standing.shown)
    software = {"name": SOFTWARE, "version": version("bookmobile")}
    if schema == "2.1":
        software["homepage"] = f"{library.uris.root}/about"
    return {
        "version": schema,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": library.settings.open_registration,
        "usage": {
            "users": {"total": total or 0, "activeMonth": month or 0, "activeHalfyear": halfyear or 0},
            "localPosts": await session.scalar(said) or 0,
        },
        "metadata": {
            "nodeName": library.settings.name,
            "nodeDescription": library.settings.description,
            "staffAccounts": [library.uris.library],
            "federation": {"enabled": True},
        },
    }


def host_meta(library: Library) -> str:
    """The old signpost to WebFinger (RFC 6415)."""
    template = f"{library.uris.root}/.well-known/webfinger?resource={{uri}}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="application/jrd+json" template="{template}"/>\n</XRD>\n'
    )
