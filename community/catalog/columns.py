"""What the columns of a spreadsheet of books mean, and a row of them as a record."""

import re
from collections.abc import Iterator, Mapping, Sequence

from community.catalog import identifiers, names, values
from community.catalog.folding import fold, strip_isbd, tidy, words
from community.catalog.identifiers import Identifier
from community.catalog.languages import language
from community.catalog.record import FORMS, Agent, Record, Subject, derived_key
from community.catalog.relators import role

# column: the headers that mean it, in English, Italian, Swedish, Romanian and the exports of other programs.
HEADERS = {
    "key": "key, id, slug, record id, record number, control number, 001, bibid, biblionumber, book id, numero inventario, inventario, "
    "codice, inventarienummer, postnummer, cod, nr inventar, identificator",
    "title": "title, titolo, titel, titlu, title proper, titlul, book title, name, nome, namn, 245a, 200a",
    "subtitle": "subtitle, sottotitolo, undertitel, subtitlu, complemento del titolo, other title, remainder of title",
    "creators": "creators, creator, authors, author, autori, autore, upphov, upphovsperson, författare, forfattare, autor, creatori, "
    "responsabilita, by, contributors, autore principale, author l f, forfatter",
    "more creators": "additional authors, other authors, altri autori, medförfattare, coautori, secondary author",
    "publisher": "publisher, editore, casa editrice, förlag, forlag, editura, editor casa",
    "place": "place, place of publication, luogo, luogo di pubblicazione, utgivningsort, ort, loc, locul publicarii, loc publicare",
    "year": "year, date, anno, anno di pubblicazione, data, år, utgivningsår, utgivningsar, an, anul, anul publicarii, an publicare, "
    "publication year, year published, publication date, data di pubblicazione, pubdate, copyright",
    "languages": "languages, language, lingua, lingue, språk, sprak, limba, limbi, lang",
    "original languages": "original language, original languages, lingua originale, originalspråk, limba originala",
    "original title": "original title, titolo originale, originaltitel, titlu original, titlul original, uniform title, titolo uniforme",
    "format": "format, form, formato, tipo, type, material, materiale, tipo di materiale, item type, medium, mediatyp, materialtyp, "
    "tip, tip material, binding, rilegatura, kind, media",
    "pages": "pages, page count, number of pages, num pages, pagine, numero di pagine, sidor, antal sidor, sidantal, pagini, "
    "numar pagini, nr pagini",
    "minutes": "minutes, running time, duration, durata, durata minuti, minuti, minuter, speltid, längd, minute",
    "extent": "extent, physical description, descrizione fisica, omfång, omfang, descriere fizica, collation",
    "isbn": "isbn, isbn13, isbn 13, isbn10, isbn 10, isbn issn, isbns, isbn ean",
    "issn": "issn",
    "ean": "ean, ean13, upc, codice a barre ean, barcode ean, gtin",
    "identifiers": "identifiers, identifier, other identifiers, identificativi, identifikatorer, identificatori, oclc, lccn, imdb, "
    "wikidata, doi",
    "subjects": "subjects, subject, keywords, topics, soggetti, soggetto, parole chiave, ämnen, amnen, ämne, ämnesord, subiecte, "
    "subiect, cuvinte cheie, tags, categories, categoria, categorie, subject headings",
    "genres": "genres, genre, generi, genere, genrer, genuri, gen",
    "series": "series, serie, collana, collane, seria, serietitel, colectie, colectia, ciclo",
    "series number": "series number, volume, numero collana, volume number, numero di serie, nummer, delnummer, numar serie, nr serie, "
    "vol",
    "audience": "audience, target audience, age, pubblico, destinatari, fascia d eta, eta, målgrupp, malgrupp, publik, varsta, public",
    "description": "description, summary, abstract, descrizione, sommario, trama, riassunto, beskrivning, sammanfattning, descriere, "
    "rezumat, blurb, synopsis",
    "contents": "contents, table of contents, indice, contenuto, innehåll, innehall, cuprins, tracks, brani",
    "shelf mark": "shelf mark, shelfmark, call number, callnumber, location, collocazione, segnatura, hyllsignum, signum, placering, "
    "hylla, cota, raft, shelf",
    "classification": "classification, dewey, ddc, dewey decimal, classe, cdd, klassifikation, dewey code, clasificare",
    "udc": "udc, cdu, czu, udk",
    "link": "link, url, links, web, länk, lank, indirizzo, website, adresa",
}  # fmt: skip
# Headers that name one kind of contributor: theirs is the role.
ROLES = {
    "trl": "translator, translators, traduttore, traduttori, traduzione, översättare, oversattare, traducator, traducatori",
    "ill": "illustrator, illustrators, illustratore, illustratori, illustrazioni, illustratör, illustrator illustratori, ilustrator",
    "edt": "editor, editors, curatore, a cura di, redaktör, redaktor, redactor",
    "drt": "director, directors, regista, regia, regissör, regissor, regizor",
    "cmp": "composer, compositore, kompositör, kompositor, compozitor",
    "prf": "performer, performers, artist, artista, interprete, interpreti, artister, interpret",
    "act": "actors, cast, attori, skådespelare, actori",
    "nrt": "narrator, reader, read by, narratore, letto da, uppläsare, inläsare, narator",
}  # fmt: skip
FORM_WORDS = {
    "book": "book, libro, libri, bok, böcker, carte, carti, print, printed book, paperback, hardcover, hardback, "
    "mass market paperback, brossura, rilegato, copertina rigida, tascabile, pocket, inbunden, häftad, danskt band, brosata, "
    "cartonata, board book, text, a stampa, monografia, large print, grandi caratteri, storstil, livre, buch, libro a stampa, "
    "tryckt bok, monograph, saggio, romanzo",
    "ebook": "ebook, e book, e bok, ebok, epub, kindle, kindle edition, libro elettronico, carte electronica, digital book, pdf, ebooks",
    "audiobook": "audiobook, audio book, audiolibro, audiolibri, ljudbok, carte audio, audio cd book, e audiobook, talking book, "
    "libro parlato",
    "film": "film, films, dvd, movie, video, blu ray, bluray, movies, videocassetta, vhs, pellicola, feature film, dvd video, filmer",
    "music": "music, cd, musica, musik, muzica, lp, vinyl, vinile, album, audio cd, disc, skiva, cd musicale, cd audio, compact disc, "
    "sound recording",
    "score": "score, spartito, partitura, noter, partituri, sheet music, musica a stampa",
    "periodical": "periodical, magazine, journal, newspaper, serial, periodico, rivista, giornale, tidskrift, tidning, periodic, "
    "revista, ziar",
    "map": "map, maps, mappa, carta geografica, karta, kartor, harta, atlas, carta",
    "comic": "comic, comics, graphic novel, manga, fumetto, fumetti, serie album, seriealbum, tecknad serie, benzi desenate, bd, "
    "graphic novels",
    "game": "game, games, gioco, giochi, board game, gioco da tavolo, spel, tv spel, joc, jocuri, video game, videogioco, brädspel",
    "kit": "kit, kits, multimedia kit, book bag, materiale misto, väska, läspåse",
    "manuscript": "manuscript, manoscritto, handskrift, manuscris, archive, archivio",
    "website": "website, web, sito, sito web, webbplats, site",
    "other": "other, altro, annat, altele, object, oggetto, tool, föremål, obiect",
}  # fmt: skip
AUDIENCE_WORDS = {
    "child": "child, children, kids, juvenile, bambini, bambino, ragazzi, 0 6, 6 10, infanzia, barn, copii, copil, prima infanzia, "
    "early readers",
    "teen": "teen, teens, teenagers, young adult, ya, adolescenti, giovani adulti, giovani, ungdom, unga, ungdomar, tineri, "
    "adolescenti si tineri",
    "adult": "adult, adults, adulti, adulto, vuxna, vuxen, adult general",
}  # fmt: skip
UNSAID_ROLES = {"film": "drt", "music": "prf", "score": "cmp", "game": "inv", "map": "", "kit": "", "other": "", "periodical": ""}

ROLE_BEHIND = re.compile(r"\s*[(\[](?P<role>[^()\[\]]{2,40})[)\]]\s*$")
YEARS_BEHIND = re.compile(r"[(<]?(?P<years>(?:ca\.? ?)?\d{3,4}\s*[-–]\s*(?:\d{4})?)\s*[)>]?$")
NUMBER_BEHIND = re.compile(
    r"^(?P<name>.+?)\s*(?:[,;:]|,?\s+(?:no|nr|n|vol|volume|book|libro|del|band|bok)\.?|\s#|,?\s\(#?)\s*(?P<number>\d{1,4}[a-z]?)\)?$", re.I
)
SCHEMES = (
    "oclc",
    "lccn",
    "imdb",
    "wikidata",
    "doi",
    "viaf",
    "sbn",
    "bnf",
    "dnb",
    "libris",
    "openlibrary",
    "ean",
    "issn",
    "isbn",
    "goodreads",
    "asin",
)


def _index(table: Mapping[str, str]) -> dict[str, str]:
    """Folded words to what they mean; the first line that names one has it."""
    found: dict[str, str] = {}
    for meaning, listed in table.items():
        for word in listed.split(","):
            found.setdefault(words(word), meaning)
    return found


COLUMNS = {**_index(HEADERS), **{word: f"role {code}" for word, code in _index(ROLES).items()}}
FORM_OF = _index(FORM_WORDS)
AUDIENCE_OF = _index(AUDIENCE_WORDS)
# Cells that may be long; all others are names, numbers and lists of them.
LONG = ("description", "contents")
LONGEST_CELL = 4000
# Headers that are an identifier's own name: the cell needs no "oclc:" in front.
NAMED_NUMBERS = frozenset(("oclc", "lccn", "imdb", "wikidata", "doi"))


def meanings(header: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Which column means what: position to (meaning, the header's own word)."""
    found: dict[int, tuple[str, str]] = {}
    for position, cell in enumerate(header):
        word = words(cell)
        if meaning := COLUMNS.get(word) or COLUMNS.get(re.sub(r"\s*\b(?:s|es|i)$", "", word)):
            found[position] = (meaning, word)
    return found


class Sheet:
    """A spreadsheet being read: it learns from its rows how it writes names."""

    def __init__(self, header: Sequence[str]) -> None:
        self.columns = meanings(header)
        self.has_title = any(meaning == "title" for meaning, _ in self.columns.values())
        self.surname_first = False

    def record(self, row: Sequence[str], raw: bytes) -> Record:
        """The row as a record. Raises ValueError with words when it has no title."""
        cells, numbers, shares = self._cells(row)
        title, sort_title = values.split_title(cells.get("title", ""), italian=True)
        title, sort_title = strip_isbd(title), strip_isbd(sort_title)
        if not title:
            raise ValueError("The row has no title.")
        form = _form(cells.get("format", ""), cells)
        agents = self._agents(shares, form)
        languages = _languages(cells.get("languages", ""))
        year = values.year(cells.get("year", ""))
        identifiers = _identifiers(cells, numbers)
        return Record(
            source_key=cells.get("key", "")[:200] or derived_key(title, agents, year, identifiers),
            title=title,
            sort_title=values.sort_form(sort_title, 0, languages if sort_title == title else ()),
            subtitle=strip_isbd(cells.get("subtitle", "")) or None,
            uniform_title=strip_isbd(cells.get("original title", "")) or None,
            agents=agents,
            publisher=values.name_of_place(cells.get("publisher")),
            place=values.name_of_place(cells.get("place")),
            year=year,
            year_text=cells.get("year", "")[:100] or None,
            languages=languages,
            original_languages=_languages(cells.get("original languages", "")),
            form=form,
            extent=_extent(cells),
            pages=_whole(cells.get("pages", "")) or values.pages(cells.get("extent", "")),
            description=cells.get("description", ""),
            contents=cells.get("contents", ""),
            audience=AUDIENCE_OF.get(words(cells.get("audience", ""))),
            subjects=_subjects(cells),
            series=_series(cells),
            identifiers=identifiers,
            links=tuple((link, "") for text in _several(cells.get("link", "")) if (link := values.address(text))),
            classification=tuple(
                (scheme, tidy(text))
                for column, scheme in (("classification", "ddc"), ("udc", "udc"))
                for text in _several(cells.get(column, ""))
            ),
            shelf_mark=cells.get("shelf mark", "")[:200] or None,
            raw=raw,
            raw_format="csv",
        )

    def _cells(self, row: Sequence[str]) -> tuple[dict[str, str], list[str], list[tuple[str, str]]]:
        """The cells by meaning; numbers in columns of their own as scheme:number; who is named, with the column's role."""
        cells: dict[str, str] = {}
        numbers: list[str] = []
        shares: list[tuple[str, str]] = []
        for position, (meaning, word) in self.columns.items():
            cell = tidy(row[position]) if position < len(row) else ""
            cell = cell if meaning in LONG else cell[:LONGEST_CELL]
            if not cell:
                continue
            if meaning == "identifiers" and word in NAMED_NUMBERS:
                numbers.append(f"{word}:{cell}")
            elif meaning in ("creators", "more creators") or meaning.startswith("role "):
                shares.append((meaning, cell))
            elif meaning == "isbn" and meaning in cells:
                cells[meaning] += " ; " + cell
            else:
                cells.setdefault(meaning, cell)
        return cells, numbers, sorted(shares, key=lambda share: share[0] != "creators")

    def _agents(self, shares: list[tuple[str, str]], form: str) -> tuple[Agent, ...]:
        """Who made it, as the creators' cells list them."""
        found: list[Agent] = []
        for meaning, cell in shares:
            unsaid = meaning.removeprefix("role ") if meaning.startswith("role ") else UNSAID_ROLES.get(form, "aut")
            for text in _people(cell):
                found.extend(self._agent(text, "" if meaning == "more creators" else unsaid))
        return values.once(found)

    def _agent(self, text: str, unsaid: str) -> Iterator[Agent]:
        """The person or body in one entry: "Melville, Herman (aut)", "Herman Melville", "Queen (performer)"."""
        said = unsaid
        if (match := ROLE_BEHIND.search(text)) and (code := role(match["role"])):
            said, text = code, text[: match.start()]
        years = None
        if match := YEARS_BEHIND.search(text):
            years, text = names.dates(match["years"]), text[: match.start()]
        text = strip_isbd(text)
        if not text:
            return
        if ", " in text:
            self.surname_first = True
            yield Agent(names.direct(text)[:500], text[:500], years, said)
        elif self.surname_first or said == "prf":
            # In a list that writes "Surname, Name", one without a comma is a band or goes by one name.
            yield Agent(text[:500], text[:500], years, said)
        else:
            yield Agent(text[:500], names.inverted(text)[:500], years, said)


def _people(cell: str) -> list[str]:
    """The names in a cell: between semicolons or bars; else between commas if all are whole names; else joined by "and"."""
    if parts := _parts(cell, ";|\n"):
        return parts
    commas = [part.strip() for part in cell.split(",")]
    if len(commas) > 2 and all(" " in part for part in commas):
        return commas
    if len(commas) == 1:
        return [part.strip() for part in re.split(r"\s+(?:and|&)\s+", cell) if part.strip()] if not names.BODIES.search(cell) else [cell]
    return [cell]


def _parts(cell: str, separators: str) -> list[str]:
    """The pieces between these separators, nothing if none of them is there."""
    if not any(c in cell for c in separators):
        return []
    return [part.strip() for part in re.split(f"[{re.escape(separators)}]", cell) if part.strip()]


def _several(cell: str) -> list[str]:
    return _parts(cell, ";|") or ([cell] if cell else [])


def _form(cell: str, cells: Mapping[str, str]) -> str:
    """The form that a word names; running minutes without pages make it no book."""
    word = words(cell)
    if word in FORMS:
        return word
    if form := FORM_OF.get(word):
        return form
    if word:
        return next((form for known, form in FORM_OF.items() if len(known) > 2 and re.search(rf"\b{re.escape(known)}\b", word)), "other")
    return "film" if cells.get("minutes") and not cells.get("pages") and not cells.get("isbn") else "book"


def _languages(cell: str) -> tuple[str, ...]:
    return values.once(filter(None, (language(part) for part in re.split(r"[;,|/]", cell))))


def _whole(cell: str) -> int | None:
    match = re.search(r"\d{1,5}", cell)
    return int(match.group()) if match and int(match.group()) > 0 else None


def _extent(cells: Mapping[str, str]) -> str | None:
    if cells.get("extent"):
        return cells["extent"][:300]
    parts = []
    if pages := _whole(cells.get("pages", "")):
        parts.append(f"{pages} p.")
    if minutes := cells.get("minutes"):
        parts.append(f"{minutes} min" if minutes.isdigit() else minutes)
    return ", ".join(parts)[:300] or None


def _subjects(cells: Mapping[str, str]) -> tuple[Subject, ...]:
    """Subjects and genres, the first of those that read the same."""
    found: dict[str, Subject] = {}
    for column, kind in (("subjects", "topic"), ("genres", "genre")):
        cell = cells.get(column, "")
        for label in _parts(cell, ";|") or _parts(cell, ",") or [cell]:
            label = strip_isbd(label)[:500]
            if label:
                found.setdefault(fold(label), Subject(label, kind))
    return tuple(found.values())


def _series(cells: Mapping[str, str]) -> tuple[tuple[str, str | None], ...]:
    """Series with their numbers: "Name, 3", or the number in a column of its own."""
    found: list[tuple[str, str | None]] = []
    for text in _several(cells.get("series", "")):
        if match := NUMBER_BEHIND.match(text):
            found.append((strip_isbd(match["name"]), match["number"]))
        else:
            found.append((strip_isbd(text), cells.get("series number")))
    return values.once((name, number) for name, number in found if name)


def _identifiers(cells: Mapping[str, str], numbers: list[str]) -> tuple[Identifier, ...]:
    """All numbers that others may know it by."""
    found: list[Identifier | None] = [identifiers.isbn(text) for text in re.split(r"[;|,]| / ", cells.get("isbn", "")) if text.strip()]
    if number := identifiers.issn(cells.get("issn", "")):
        found.append(("issn", number))
    if number := identifiers.ean(cells.get("ean", "")):
        found.append(("ean", number))
    for text in [*numbers, *_several(cells.get("identifiers", ""))]:
        scheme, colon, value = text.partition(":")
        scheme, value = scheme.strip().lower(), value.strip()
        if colon and scheme in SCHEMES and value:
            found.append(_named(scheme, value))
        else:
            found.append(identifiers.authority(text))
    return values.once((scheme, value[:200]) for scheme, value in filter(None, found))


def _named(scheme: str, value: str) -> Identifier | None:
    """A number whose scheme is told, in its normal form."""
    if scheme == "isbn":
        return identifiers.isbn(value)
    normal = {"issn": identifiers.issn, "ean": identifiers.ean, "lccn": identifiers.lccn}.get(scheme)
    if normal is not None:
        return (scheme, number) if (number := normal(value)) else None
    if scheme == "oclc":
        return ("oclc", value.lstrip("ocmn0 "))
    return identifiers.authority(value) or (scheme, value)
