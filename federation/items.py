"""Catalogue items as documents: BookWyrm's and NeoDB's names side by side (interop D.2)."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from community import timelines
from community.catalog.identifiers import isbn10
from community.catalog.languages import TWO_LETTERS, english_name
from community.catalog.tables import Agent, Contribution, Edition, Work
from community.errors import Gone, NotFound
from community.library import Library
from federation.renditions import facts
from federation.renditions.note import moment
from federation.vocabulary import ITEM_CONTEXT
from federation.wire import Wire

FORMATS = {"ebook": ("EBook", "ebook"), "audiobook": ("AudiobookFormat", "audiobook"), "comic": ("GraphicNovel", "paperback")}

# Addresses by which NeoDB recognises a title that others know, too.
RESOURCES = (
    ("openlibrary", "https://openlibrary.org/books/{}"),
    ("wikidata", "https://www.wikidata.org/wiki/{}"),
    ("oclc", "https://www.worldcat.org/oclc/{}"),
    ("imdb", "https://www.imdb.com/title/{}/"),
)


async def work(session: AsyncSession, library: Library, work_id: int) -> Wire:
    """A work, as BookWyrm reads it."""
    row = await session.get(Work, work_id, options=[selectinload(Work.editions), selectinload(Work.subjects)])
    if row is None:
        raise NotFound("There is no such title here.")
    if row.removed_at is not None:
        raise Gone("This title is no longer in the catalogue.")
    authors = await _agents(session, Contribution.work_id == work_id)
    return {
        "@context": ITEM_CONTEXT,
        "id": library.uris.work(work_id),
        "type": "Work",
        "title": row.title,
        "sortTitle": row.sort_title,
        "description": row.description,
        "languages": [english_name(row.language)] if row.language else [],
        "authors": list(dict.fromkeys(library.uris.author(agent.id) for agent, role in authors if role in facts.MAKERS)),
        "firstPublishedDate": str(row.first_year or ""),
        "publishedDate": "",
        "subjects": [subject.label for subject in row.subjects],
        "subjectPlaces": [subject.label for subject in row.subjects if subject.kind == "place"],
        "editions": [library.uris.edition(edition.id) for edition in row.editions if edition.removed_at is None],
        "cover": {"type": "Document", "mediaType": "image/png", "url": library.uris.cover(work_id, "png"), "name": row.title},
        "replies": f"{library.uris.discussion(work_id)}/replies",
        "context": library.uris.context(work_id),
    }


async def edition(session: AsyncSession, library: Library, edition_id: int) -> Wire:
    """An edition with BookWyrm's and NeoDB's keys side by side; a film or an album with NeoDB's (interop D.2)."""
    options = [selectinload(Edition.identifiers), selectinload(Edition.work).selectinload(Work.subjects)]
    row = await session.get(Edition, edition_id, options=options)
    if row is None:
        raise NotFound("There is no such edition here.")
    if row.removed_at is not None:
        raise Gone("This edition is no longer in the catalogue.")
    agents = await _agents(session, Contribution.edition_id == edition_id)
    names: dict[str, list[str]] = {}
    for agent, role in agents:
        names.setdefault(role, []).append(agent.name)
    known = {identifier.scheme: identifier.value for identifier in row.identifiers}
    physical, plain_format = FORMATS.get(row.form, ("Paperback", "paperback"))
    address = library.uris.edition(edition_id)
    cover = library.uris.cover(row.work_id, "png")
    languages = [TWO_LETTERS.get(code, code) for code in row.languages]
    titles = [{"lang": languages[0] if languages else library.settings.language, "text": row.title}]
    original = row.work.original_title
    resources = [template.format(known[scheme]) for scheme, template in RESOURCES if scheme in known]
    rated = await session.run_sync(lambda inner: timelines.ratings(inner, row.work_id))
    wire: Wire = {
        "@context": ITEM_CONTEXT,
        "id": address,
        "type": {"film": "Movie", "music": "Album", "game": "Game"}.get(row.form, "Edition"),
        "url": address,
        "attributedTo": library.uris.library,
        "published": moment(row.created_at),
        "updated": moment(row.changed_at),
        "name": row.title,
        "title": row.title,
        "sortTitle": row.work.sort_title,
        "subtitle": row.subtitle or "",
        "description": row.description,
        "display_title": row.title,
        "orig_title": original or row.title,
        "localized_title": titles,
        "localized_description": [{"lang": titles[0]["lang"], "text": row.description}] if row.description else [],
        "work": library.uris.work(row.work_id),
        "authors": list(dict.fromkeys(library.uris.author(agent.id) for agent, role in agents if role in facts.MAKERS)),
        "author": names.get("aut", names.get("", [])),
        "translator": names.get("trl", []),
        "languages": [english_name(code) for code in row.languages],
        "language": languages,
        "publishers": [row.publisher] if row.publisher else [],
        "publisher": [row.publisher] if row.publisher else [],
        "pub_house": row.publisher or "",
        "publishedDate": str(row.year or ""),
        "firstPublishedDate": str(row.work.first_year or ""),
        "pub_year": row.year,
        "pub_month": None,
        "pages": row.pages,
        "physicalFormat": physical,
        "physicalFormatDetail": "",
        "format": plain_format,
        "binding": physical,
        "series": row.series[0].partition(" ; ")[0] if row.series else "",
        "seriesNumber": row.series[0].partition(" ; ")[2] if row.series else "",
        "subjects": [subject.label for subject in row.work.subjects],
        "subjectPlaces": [subject.label for subject in row.work.subjects if subject.kind == "place"],
        "cover": {"type": "Document", "mediaType": "image/png", "url": cover, "name": row.title},
        "image": {"type": "Image", "mediaType": "image/png", "url": cover},
        "cover_image_url": cover,
        "category": {"film": "movie", "music": "music", "game": "game"}.get(row.form, "book"),
        "uuid": str(edition_id),
        "api_url": address,
        "parent_uuid": None,
        "external_resources": [{"url": resource} for resource in resources],
        "rating": round(rated.mean, 1) if rated.mean is not None else None,
        "rating_count": rated.count,
        "tags": [],
        "fileLinks": [],
        "replies": f"{library.uris.discussion(row.work_id)}/replies",
        "context": library.uris.context(row.work_id),
    }
    if "isbn" in known:
        wire |= {"isbn13": known["isbn"], "isbn": known["isbn"]}
        if (short := isbn10(known["isbn"])) is not None:
            wire["isbn10"] = short
    for name, scheme in (
        ("oclcNumber", "oclc"),
        ("lccn", "lccn"),
        ("openlibraryKey", "openlibrary"),
        ("wikidata", "wikidata"),
        ("imdb", "imdb"),
        ("barcode", "ean"),
    ):
        if scheme in known:
            wire[name] = known[scheme]
    if row.form == "film":
        wire |= {
            "director": names.get("drt", []),
            "playwright": names.get("aus", []),
            "actor": names.get("act", []),
            "year": row.year,
            "genre": [],
        }
    if row.form == "music":
        wire |= {"artist": names.get("prf", names.get("cmp", names.get("", []))), "company": wire["publisher"], "genre": []}
    return wire


async def author(session: AsyncSession, library: Library, agent_id: int) -> Wire:
    """Somebody who made something, as BookWyrm reads them."""
    row = await session.get(Agent, agent_id)
    if row is None:
        raise NotFound("There is nobody of that name in the catalogue.")
    known = dict(pair.partition(" ")[::2] for pair in row.identifiers)
    born, _, died = (row.dates or "").strip("().").partition("-")
    return {
        "@context": ITEM_CONTEXT,
        "id": library.uris.author(agent_id),
        "type": "Author",
        "name": row.name,
        "aliases": [row.sort_name] if row.sort_name != row.name else [],
        "bio": "",
        "born": born if born.isdigit() else "",
        "died": died if died.isdigit() else "",
        "isni": known.get("isni", ""),
        "viafId": known.get("viaf", ""),
        "wikidata": known.get("wikidata", ""),
        "wikipediaLink": "",
        "website": "",
    }


async def _agents(session: AsyncSession, where: ColumnElement[bool]) -> list[tuple[Agent, str]]:
    query = (
        select(Agent, Contribution.role).join(Contribution, Contribution.agent_id == Agent.id).where(where).order_by(Contribution.position)
    )
    return [(agent, role) for agent, role in (await session.execute(query)).all()]
