"""A post as a Note: readable by everyone, with the data for those who understand them (interop D.3 to D.6)."""

from community import text
from community.clock import now
from community.library import Library
from community.messages import gettext
from community.posts.post import Audience
from community.uris import PUBLIC
from federation.renditions.facts import Facts, Item
from federation.vocabulary import ANYONE_MAY_QUOTE, CONTEXT
from federation.wire import Wire

FULL, HALF, EMPTY = "★", "½", "☆"


def stars(half_stars: int) -> str:
    """Stars as text: no server drops them.

    >>> stars(9), stars(4)
    ('★★★★½', '★★☆☆☆')
    """
    full, half = divmod(half_stars, 2)
    return FULL * full + HALF * half + EMPTY * (5 - full - half)


def note(library: Library, facts: Facts) -> Wire:
    """The Note of a review, rating, comment, announcement or discussion."""
    post, author, item = facts.post, facts.author, facts.item
    language = post.language or library.settings.language
    html = content(library, facts, language)
    to, cc = addressed(library, facts)
    wire: Wire = {
        "@context": CONTEXT,
        "id": post.uri,
        "type": "Note",
        "attributedTo": author.uri,
        "url": post.url or post.uri,
        "published": moment(post.published_at),
        "to": to,
        "cc": cc,
        "content": html,
        "contentMap": {language: html},
        "sensitive": post.warning is not None,
        "attachment": pictures(library, facts),
        "tag": tags(library, facts),
        "replies": {
            "id": f"{post.uri}/replies",
            "type": "Collection",
            "first": {"type": "CollectionPage", "partOf": f"{post.uri}/replies", "items": []},
        },
        "likes": {"id": f"{post.uri}/likes", "type": "Collection", "totalItems": facts.likes},
        "shares": {"id": f"{post.uri}/shares", "type": "Collection", "totalItems": facts.boosts},
        "interactionPolicy": ANYONE_MAY_QUOTE,
    }
    if post.warning is not None:
        wire["summary"] = post.warning
    if post.edited_at is not None:
        wire["updated"] = moment(post.edited_at)
    if facts.club is not None:
        wire["audience"] = facts.club.uri
        if post.kind == "thread":
            wire |= {"name": post.title or "", "mediaType": "text/html"}  # what a forum calls it; reviews and news have no name
    if facts.parent_uri is not None:
        wire["inReplyTo"] = facts.parent_uri
    if item is not None:
        wire["context"] = library.uris.context(item.work_id)
        if post.kind in {"review", "rating"} and item.edition_id is not None:
            wire |= _opinion(library, facts, item)
    return wire


def moment(when: object) -> str:
    """A time as ActivityPub writes it, in UTC."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def addressed(library: Library, facts: Facts) -> tuple[list[str], list[str]]:
    """To whom, and for whose notice: `to` is exactly the public for public posts (BookWyrm reads no other)."""
    author = facts.author
    followers = author.followers or f"{author.uri}/followers"
    # The group stands before the followers: Lemmy takes the first address that is one for the community.
    first = [facts.club.uri] if facts.club is not None else []
    notice = [facts.parent_author.uri] if facts.parent_author is not None and facts.parent_author.id != author.id else []
    if facts.post.kind in {"review", "rating"} and author.uri != library.uris.library:
        notice.append(library.uris.library)
    match facts.post.audience:
        case Audience.public:
            return [PUBLIC], list(dict.fromkeys([*first, followers, *notice]))
        case Audience.unlisted:
            return [followers], list(dict.fromkeys([PUBLIC, *notice]))
        case Audience.followers:
            return [followers], list(dict.fromkeys(notice))
        case _:
            return notice, []


def tags(library: Library, facts: Facts) -> list[Wire]:
    """Each with type, href and name: some servers break on less."""
    found: list[Wire] = []
    if facts.item is not None and facts.item.edition_id is not None:
        found.append(
            {
                "type": facts.item.wire_type,
                "href": library.uris.edition(facts.item.edition_id),
                "name": facts.item.title,
                "image": library.uris.cover(facts.item.work_id, "png"),
            }
        )
    if facts.club is not None and facts.post.kind == "thread":
        name = f"@{facts.club.username}@{library.settings.domain}"
        found.append({"type": "Mention", "href": facts.club.uri, "name": name})
    answered = facts.parent_author
    if answered is not None and answered.id != facts.author.id:
        domain = answered.domain or library.settings.domain
        found.append({"type": "Mention", "href": answered.uri, "name": f"@{answered.username}@{domain}"})
    return found


def pictures(library: Library, facts: Facts) -> list[Wire]:
    """The cover beside a review and a title's discussion; a server that shows it makes no preview of the link."""
    item = facts.item
    if facts.post.kind == "digest":
        language = facts.post.language or library.settings.language
        name = gettext(language, "Covers: %(titles)s", titles=", ".join(title for _, title in facts.works))
        return [{"type": "Document", "mediaType": "image/png", "url": library.uris.covers(facts.post.token), "name": name}]
    if item is None or facts.post.kind not in {"review", "discussion"}:
        return []
    language = facts.post.language or library.settings.language
    name = gettext(language, "Cover of %(title)s", title=item.title)
    return [{"type": "Document", "mediaType": "image/png", "url": library.uris.cover(item.work_id, "png"), "name": name}]


def content(library: Library, facts: Facts, language: str) -> str:
    """The words that people read, whatever their server understands beyond them."""
    post, item = facts.post, facts.item

    match post.kind:
        case "discussion" if item is not None:
            return _discussion(library, item, language)
        case "review" if item is not None:
            title = f"<strong>{text.escape(post.title)}</strong> – " if post.title else ""
            head = gettext(language, "my review of %(title)s", title=_link(library, item))
            head = head if title else head[:1].upper() + head[1:]
            rated = f"<p>{stars(post.half_stars)} ({post.half_stars / 2:g}/5)</p>" if post.half_stars else ""
            return f"<p>{title}{head}{_by(item, language)}</p>{rated}{post.html}"
        case "rating" if item is not None and post.half_stars:
            head = gettext(language, "Rated %(title)s", title=_link(library, item))
            return f"<p>{head}{_by(item, language)} {stars(post.half_stars)} ({post.half_stars / 2:g}/5)</p>"
        case "thread":
            return f"<p><strong>{text.escape(post.title or '')}</strong></p>{post.html}"
        case "digest":
            return f"<p><strong>{text.escape(post.title or '')}</strong></p>{post.html}"
        case "announcement":
            head = f"<p><strong>{text.escape(post.title)}</strong></p>" if post.title else ""
            return f"{head}{post.html}<p>{_anchor(post.url or post.uri)}</p>"
        case "comment":
            if facts.parent_uri or item is None:
                return _spoken_to(facts, post.html)
            head = gettext(language, "About %(title)s", title=_link(library, item))
            return f"<p>{head}</p>{_spoken_to(facts, post.html)}"
        case _:
            return post.html


def _discussion(library: Library, item: Item, language: str) -> str:
    year = f" ({item.year})" if item.year else ""
    about = f"<p>{text.escape(text.plain(item.description, 400))}</p>" if item.description else ""
    ask = gettext(
        language,
        "Have you read, seen or heard it? Answer this post and your words stand on the title's page. "
        "Begin with stars, like ★★★★☆, to rate it.",
    )
    return (
        f"<p><strong>{text.escape(item.title)}</strong>{_by(item, language)}{year}</p>{about}<p>{text.escape(ask)}</p>"
        f"<p>{_anchor(library.uris.work(item.work_id))}</p>"
    )


def _by(item: Item, language: str) -> str:
    if not item.makers:
        return ""
    return " " + gettext(language, "by %(names)s", names=text.escape(", ".join(item.makers)))


def _link(library: Library, item: Item) -> str:
    return f'<a href="{library.uris.work(item.work_id)}" rel="nofollow noopener" target="_blank">{text.escape(item.title)}</a>'


def _anchor(address: str) -> str:
    shown = address.partition("://")[2]
    return f'<a href="{text.escape(address)}" rel="nofollow noopener" target="_blank">{text.escape(shown)}</a>'


def _spoken_to(facts: Facts, html: str) -> str:
    """The words, and before them the name of somebody elsewhere whom they answer."""
    answered = facts.parent_author
    if answered is None or answered.id == facts.author.id or answered.is_local:
        return html
    page = text.escape(answered.url or answered.uri)
    name = text.escape(answered.username)
    mention = f'<span class="h-card" translate="no"><a href="{page}" class="u-url mention">@<span>{name}</span></a></span>'
    return f"<p>{mention} {html[3:]}" if html.startswith("<p>") else f"<p>{mention}</p>{html}"


def _opinion(library: Library, facts: Facts, item: Item) -> Wire:
    """The same opinion for machines: NeoDB's pieces, and BookWyrm's two properties."""
    post = facts.post
    edition = library.uris.edition(item.edition_id or 0)
    page = post.url or post.uri
    shared = {
        "href": page,
        "published": moment(post.published_at),
        "updated": moment(post.edited_at or post.published_at),
        "attributedTo": facts.author.uri,
        "withRegardTo": edition,
    }
    pieces: list[Wire] = []
    if post.kind == "review":
        pieces.append(
            {
                "type": "Review",
                "id": f"{page}#review",
                "name": post.title or item.title,
                "content": post.html,
                "mediaType": "text/html",
                **shared,
            }
        )
    wire: Wire = {"relatedWith": pieces}
    if item.wire_type == "Edition":
        wire["inReplyToBook"] = edition
    if post.half_stars:
        pieces.append({"type": "Rating", "id": f"{page}#rating", "value": post.half_stars, "best": 10, "worst": 1, **shared})
        wire["rating"] = post.half_stars / 2
    return wire


def tombstone(uri: str, former_type: str) -> Wire:
    """What is left of something deleted; Gancio needs to hear what it was."""
    return {"@context": CONTEXT, "id": uri, "type": "Tombstone", "formerType": former_type, "deleted": moment(now())}
