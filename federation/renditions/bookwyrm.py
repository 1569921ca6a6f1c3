"""A post as BookWyrm shows it on the page of a book: same id, another type (interop 2.3, D.4 to D.6).

BookWyrm drops a Note that neither answers nor mentions somebody there, and keeps a Review, a Rating and a Comment of a book from anyone.
"""

from community.library import Library
from community.posts.post import Audience
from community.uris import PUBLIC
from federation.renditions.facts import Facts, Item
from federation.renditions.note import moment, note
from federation.vocabulary import ITEM_CONTEXT
from federation.wire import Wire

LONGEST_NAME = 255


def bookwyrm(library: Library, facts: Facts) -> Wire | None:
    """The typed status of a post about a book, the Note of an answer, None for what BookWyrm would drop or stumble over."""
    post, item = facts.post, facts.item
    if post.kind in {"event", "announcement", "digest", "discussion", "thread"}:
        return None
    if facts.parent_uri is not None and post.kind == "comment":
        return note(library, facts)
    if item is None or item.wire_type != "Edition" or item.edition_id is None or post.audience is not Audience.public:
        return None
    match post.kind:
        case "review":
            return _status(library, facts, item, "Review") | {
                "name": (post.title or "")[:LONGEST_NAME],
                "rating": post.half_stars / 2 if post.half_stars else None,
            }
        case "rating" if post.half_stars:
            return _status(library, facts, item, "Rating") | {"rating": post.half_stars / 2}
        case "comment":
            return _status(library, facts, item, "Comment")
        case _:
            return None


def _status(library: Library, facts: Facts, item: Item, kind: str) -> Wire:
    """What all of them have. Only these properties: BookWyrm builds a row of each that it knows."""
    post, author = facts.post, facts.author
    wire: Wire = {
        "@context": ITEM_CONTEXT,
        "id": post.uri,
        "type": kind,
        "url": post.url or post.uri,
        "published": moment(post.published_at),
        "attributedTo": author.uri,
        "inReplyToBook": library.uris.edition(item.edition_id or 0),
        "content": post.html,
        "sensitive": post.warning is not None,
        "to": [PUBLIC],
        "cc": [author.followers or f"{author.uri}/followers"],
        "tag": [],
        "attachment": [],
        "replies": {
            "id": f"{post.uri}/replies",
            "type": "Collection",
            "first": {"type": "CollectionPage", "partOf": f"{post.uri}/replies", "items": []},
        },
    }
    if post.warning is not None:
        wire["summary"] = post.warning
    if post.edited_at is not None:
        wire["updated"] = moment(post.edited_at)
    return wire
