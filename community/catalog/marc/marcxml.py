"""MARCXML and MarcXchange: each <record> by itself, in any namespace, bare or inside SRU and OAI-PMH answers."""

from collections.abc import Collection, Iterator
from typing import BinaryIO

from lxml import etree

from community.catalog.marc.encodings import mend
from community.catalog.marc.fields import Fields, Unreadable


def records(stream: BinaryIO, wanted: Collection[str]) -> Iterator[tuple[bytes, Fields | Unreadable]]:
    """Every record with its XML, one in memory at a time; damage to one does not reach the next.

    A wrapper that holds no MARC record comes as Unreadable, and so does an end that comes too early.
    """
    walk = etree.iterparse(
        stream, events=("end",), tag="{*}record", recover=True, no_network=True, resolve_entities=False, load_dtd=False, huge_tree=True
    )
    inner = False
    try:
        for _, element in walk:
            fields = _fields(element, wanted)
            if fields is not None:
                inner = True
                yield _bytes(element), fields
            elif inner:
                inner = False  # an answer's own <record> around the one that we have just read
            elif _is_deleted(element):
                yield _bytes(element), Unreadable("The source has deleted this record.")
            else:
                yield _bytes(element), Unreadable("There is no MARC record inside.")
            _forget(element)
    except etree.XMLSyntaxError as cause:
        yield b"", Unreadable(f"The file is no readable XML: {str(cause)[:200]}.")


def _fields(element: etree._Element, wanted: Collection[str]) -> Fields | None:
    """The fields below a <record>, None if there are none."""
    fields = Fields("")
    found = False
    for child in element:
        if not isinstance(child.tag, str):
            continue
        kind = child.tag.rpartition("}")[2]
        if kind == "datafield":
            found = True
            tag = child.get("tag", "").strip()
            if tag in wanted:
                parts = [mend((part.get("code") or " ")[:1] + _text(part)) for part in child if isinstance(part.tag, str)]
                fields.add(tag, (child.get("ind1") or " ")[:1] + (child.get("ind2") or " ")[:1], parts)
        elif kind == "controlfield":
            found = True
            fields.put(child.get("tag", "").strip(), mend(_text(child)))
        elif kind == "leader":
            fields.leader = _text(child)
    if not found:
        return None
    fields.leader = fields.leader.ljust(24)[:24]
    return fields


def _text(element: etree._Element) -> str:
    """The text of an element, what is nested in it included; entities stay unresolved and are left out."""
    if len(element) == 0:
        return element.text or ""
    nested = [((child.text or "") if isinstance(child.tag, str) else "") + (child.tail or "") for child in element]
    return (element.text or "") + "".join(nested)


def _is_deleted(element: etree._Element) -> bool:
    """Whether an OAI-PMH answer says that this record is gone."""
    return any(isinstance(child.tag, str) and child.tag.endswith("header") and child.get("status") == "deleted" for child in element)


def _bytes(element: etree._Element) -> bytes:
    """The record's own XML, in UTF-8."""
    return etree.tostring(element, encoding="UTF-8", with_tail=False)


def _forget(element: etree._Element) -> None:
    """Free what has been read, and what stood before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
