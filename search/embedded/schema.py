"""The fields of the embedded index."""

from typing import Any

import tantivy
from tantivy import Document

from search.documents import WorkDocument
from search.query import number
from search.words import tokens

VERSION = "v1"  # an index of another version is not read, and filled anew

# Where a word is looked for, and what it weighs there.
WEIGHTS = {"title": 6.0, "other": 3.5, "agent": 3.0, "subject": 2.0, "series": 1.5, "text": 0.6}


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True, indexed=True, fast=True)
    builder.add_unsigned_field("visible", indexed=True)
    for name in WEIGHTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("number", "whole"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("format", "language", "audience", "decade", "sort_title"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("subject_is", "author_is"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_text_field("label", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("year", indexed=True, fast=True)
    builder.add_integer_field("added", fast=True)
    builder.add_float_field("rating", fast=True)
    return builder.build()


SCHEMA = _schema()


def document(work: WorkDocument) -> Any:
    def words(*texts: str) -> list[str]:
        return [" ".join(tokens(text)) for text in texts]

    told: dict[str, Any] = {
        "id": work.id,
        "visible": int(work.is_visible),
        "title": words(work.title),
        "whole": words(work.title, *work.other_titles),
        "other": words(*work.subtitles, *work.other_titles),
        "agent": words(*work.agents),
        "subject": words(*work.subjects),
        "series": words(*work.series),
        "text": words(work.description),
        "number": list(dict.fromkeys([*map(number, work.all_numbers), *work.all_numbers])),
        "format": list(work.forms),
        "language": list(work.languages),
        "audience": list(work.audiences),
        "decade": [work.decade] if work.decade else [],
        "subject_is": list(work.subjects),
        "author_is": list(work.agents),
        "label": [work.title, *work.other_titles],
        "sort_title": work.sort_title,
        "added": int(work.added_at.timestamp() * 1000),
    }
    if work.year is not None:
        told["year"] = work.year
    if work.rating is not None:
        told["rating"] = work.rating
    return Document.from_dict(told, SCHEMA)
