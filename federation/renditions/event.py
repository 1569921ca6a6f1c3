"""An event, as Mobilizon, Gancio and FEP-8a8e read it, with a summary by hand for Mastodon (interop D.7)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from community import text
from community.library import Library
from community.messages import gettext
from federation.renditions.facts import Facts
from federation.renditions.note import addressed, moment, tags
from federation.vocabulary import ANYONE_MAY_QUOTE, CONTEXT
from federation.wire import Wire


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
    wire: Wire = {
        "@context": CONTEXT,
        "id": post.uri,
        "type": "Event",
        "uuid": post.token,
        "url": post.url or post.uri,
        "actor": facts.author.uri,
        "attributedTo": facts.author.uri,
        "organizers": None,
        "name": name,
        "summary": f"<p>{text.escape(when_and_where(library, facts, language))}</p><p>{text.escape(text.plain(post.html, 500))}</p>",
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
        "category": "MEETING",
        "inLanguage": language,
        "joinMode": "external",
        "externalParticipationUrl": post.url or post.uri,
        "isOnline": False,
        "onlineLink": None,
        "commentsEnabled": True,
        "draft": False,
        "contacts": [],
        "attachment": [{"type": "Link", "mediaType": "text/html", "href": post.url or post.uri, "name": "Website"}],
        "tag": tags(library, facts),
        "to": to,
        "cc": cc,
        "replies": f"{post.uri}/replies",
        "interactionPolicy": ANYONE_MAY_QUOTE,
    }
    if post.edited_at is not None:
        wire["updated"] = moment(post.edited_at)
    return wire


def when_and_where(library: Library, facts: Facts, language: str) -> str:
    """One line: day, hours, place. Mastodon shows no other."""
    post = facts.post
    zone = ZoneInfo(post.timezone or library.settings.timezone)
    starts = (post.starts_at or datetime.now(UTC)).astimezone(zone)
    day = format_date(starts, "full", locale=language)
    hours = format_time(starts, "short", locale=language)
    if post.ends_at is not None:
        hours += "–" + format_time(post.ends_at.astimezone(zone), "short", locale=language)
    return " · ".join(part for part in (f"{day}, {hours}", post.place or library.settings.name, post.place_address or "") if part)


def _place(library: Library, facts: Facts) -> Wire:
    return {
        "type": "Place",
        "name": facts.post.place or library.settings.name,
        "address": facts.post.place_address or library.settings.address or library.settings.name,
    }
