"""An event, as Mobilizon, Gancio and FEP-8a8e read it, with a summary by hand for Mastodon (interop D.7)."""

import uuid
from datetime import UTC, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from community import text
from community.library import Library
from community.messages import gettext
from community.posts.post import Door, Post
from federation.renditions.facts import Facts
from federation.renditions.note import addressed, moment, tags
from federation.vocabulary import ANYONE_MAY_QUOTE, CONTEXT
from federation.wire import Wire

# What Mobilizon calls kinds of events of ours.
CATEGORIES: dict[str, str] = {
    "book club": "BOOK_CLUBS",
    "author": "BOOK_CLUBS",
    "children": "FAMILY_EDUCATION",
    "languages": "LANGUAGE_CULTURE",
    "film": "FILM_MEDIA",
    "music": "MUSIC",
    "repair": "CRAFTS",
    "walk": "OUTDOORS_ADVENTURE",
    "course": "LEARNING",
    "exhibition": "ARTS",
}
# Mobilizon knows no door that is not there: whoever wants to come looks at our page then.
JOIN_MODES: dict[Door, str] = {Door.none: "external", Door.open: "free", Door.approved: "restricted", Door.external: "external"}


def event(library: Library, facts: Facts) -> Wire:
    """The Event of an event post."""
    post = facts.post
    language = post.language or library.settings.language
    zone = ZoneInfo(post.timezone or library.settings.timezone)
    starts = (post.starts_at or post.published_at).astimezone(zone)
    ends = post.ends_at.astimezone(zone) if post.ends_at else None
    to, cc = addressed(library, facts)
    name = post.title or ""
    if post.cancelled:
        name = gettext(language, "Cancelled: %(title)s", title=name)
    # GoToSocial shows no name, folds the summary, and shows what follows: nobody there would know what happens.
    told = f"<p><strong>{text.escape(name)}</strong></p>{post.html}"
    if post.online_url:
        page = text.escape(post.online_url)
        told += f'<p><a href="{page}" rel="nofollow noopener" target="_blank">{page}</a></p>'
    poster = _poster(library, facts, language)
    wire: Wire = {
        "@context": CONTEXT,
        "id": post.uri,
        "type": "Event",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, post.uri)),  # Mobilizon takes no event whose uuid is none
        "url": post.url or post.uri,
        "actor": facts.author.uri,
        "attributedTo": facts.author.uri,
        "organizers": None,
        "name": name,
        "summary": f"<p>{text.escape(when_and_where(library, post, language))}</p><p>{text.escape(text.plain(post.html, 500))}</p>",
        "content": told,
        "contentMap": {language: told},
        "mediaType": "text/html",
        "published": moment(post.published_at),
        "startTime": starts.isoformat(timespec="seconds"),
        "endTime": (ends or starts).isoformat(timespec="seconds"),
        "displayEndTime": ends is not None,
        "timezone": zone.key,
        "location": _place(library, facts),
        "status": "CANCELLED" if post.cancelled else "CONFIRMED",
        "ical:status": "CANCELLED" if post.cancelled else "CONFIRMED",
        "eventStatus": "EventCancelled" if post.cancelled else "EventScheduled",
        "category": CATEGORIES.get(post.category or "", "MEETING"),
        "inLanguage": language,
        "joinMode": JOIN_MODES[post.door],
        "externalParticipationUrl": (post.door_url or post.url or post.uri) if JOIN_MODES[post.door] == "external" else None,
        "maximumAttendeeCapacity": post.capacity,
        "remainingAttendeeCapacity": max(0, post.capacity - facts.coming) if post.capacity is not None else None,
        "participantCount": facts.coming,
        "anonymousParticipationEnabled": False,
        "anonymousParticipation": False,
        "buyTicketsLink": None,
        "feeCurrency": None,
        "feeAmount": 0,
        "isOnline": post.online_url is not None,
        "onlineLink": post.online_url,
        "commentsEnabled": True,
        "repliesModerationOption": "allow_all",
        "draft": False,
        "contacts": [],
        "image": {"type": "Image", "mediaType": poster["mediaType"], "url": poster["url"], "name": poster["summary"]},
        # The picture comes first: Gancio stumbles over what has no mediaType on the way to it.
        "attachment": [
            poster,
            {"type": "Link", "mediaType": "text/html", "href": post.online_url or post.url or post.uri, "name": "Website"},
        ],
        "tag": [*_hashtags(library, post), *tags(library, facts)],
        "to": to,
        "cc": cc,
        "replies": f"{post.uri}/replies",
        "interactionPolicy": ANYONE_MAY_QUOTE,
    }
    if post.edited_at is not None:
        wire["updated"] = moment(post.edited_at)
    return wire


def gancio(library: Library, facts: Facts) -> Wire:
    """The same for Gancio: it takes every tag for a hashtag, the name of a picture for its description, and each end for a real one."""
    wire = event(library, facts)
    poster, *others = wire["attachment"]
    said = wire | {
        "attachment": [poster | {"name": poster["summary"]}, *others],
        "tag": [tag for tag in wire["tag"] if tag["type"] == "Hashtag"],
    }
    if facts.post.ends_at is None:
        del said["endTime"]
    return said


def when_and_where(library: Library, post: Post, language: str) -> str:
    """One line: day, hours, place. Mastodon shows no other."""
    where = (post.place or library.settings.name, post.place_address or "")
    return " · ".join(part for part in (when(library, post, language), *where) if part)


def when(library: Library, post: Post, language: str) -> str:
    """Day and hours, on the clock of the place."""
    zone = ZoneInfo(post.timezone or library.settings.timezone)
    starts = (post.starts_at or datetime.now(UTC)).astimezone(zone)
    day = format_date(starts, "full", locale=language)
    hours = format_time(starts, "short", locale=language)
    if post.ends_at is not None:
        hours += "–" + format_time(post.ends_at.astimezone(zone), "short", locale=language)
    return f"{day}, {hours}"


def _hashtags(library: Library, post: Post) -> list[Wire]:
    """The kind of event, so that those who follow such things find it."""
    if post.category not in CATEGORIES:
        return []
    href = f"{library.uris.root}/events?category={quote(post.category)}"
    return [{"type": "Hashtag", "href": href, "name": f"#{post.category.replace(' ', '')}"}]


def _place(library: Library, facts: Facts) -> Wire:
    post = facts.post
    place: Wire = {
        "type": "Place",
        "id": f"{post.uri}#place",
        "name": post.place or library.settings.name,
        "address": {"type": "PostalAddress", "streetAddress": post.place_address or library.settings.address},
    }
    if post.latitude is not None and post.longitude is not None:
        place |= {"latitude": float(post.latitude), "longitude": float(post.longitude)}
    return place


def _poster(library: Library, facts: Facts, language: str) -> Wire:
    """The picture of an event: the library's own, or one drawn from its words. “Banner” is the name by which Mobilizon knows it."""
    post = facts.post
    if post.poster is not None:
        kind, url = "image/webp", library.uris.poster(post.poster)
        words = post.poster_alt or gettext(language, "Poster of %(title)s", title=post.title or "")
    else:
        # The address changes with the words: others keep what they have fetched once.
        kind, url = "image/png", f"{library.uris.root}/events/{post.token}.png?v={post.revision}"
        words = gettext(language, "Poster of %(title)s", title=post.title or "")
    return {"type": "Document", "mediaType": kind, "url": url, "name": "Banner", "summary": words}
