"""The fields of one record, the same from ISO 2709, XML and lines of text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Field:
    """A data field; each part is a subfield, its first character the code."""

    indicators: str
    parts: list[str]

    def first(self, *codes: str) -> str | None:
        """The first subfield with one of these codes that is not empty."""
        for part in self.parts:
            if part[:1] in codes and len(part) > 1:
                return part[1:]
        return None

    def all(self, *codes: str) -> list[str]:
        """All subfields with one of these codes, in their order."""
        return [part[1:] for part in self.parts if part[:1] in codes and part[1:]]


@dataclass(slots=True)
class Fields:
    """Leader and fields of one record; decoded, but with nothing taken off or made of it."""

    leader: str
    control: dict[str, str] = field(default_factory=dict)
    data: dict[str, list[Field]] = field(default_factory=dict)

    def of(self, tag: str) -> Sequence[Field]:
        """The fields with this tag."""
        return self.data.get(tag, ())

    def all(self, *tags: str) -> Iterator[Field]:
        """The fields with these tags: tag by tag, each in the record's order."""
        for tag in tags:
            yield from self.data.get(tag, ())

    def first(self, tag: str, *codes: str) -> str | None:
        """The first subfield of this tag with one of these codes."""
        for found in self.data.get(tag, ()):
            if (value := found.first(*codes)) is not None:
                return value
        return None

    def add(self, tag: str, indicators: str, parts: list[str]) -> None:
        """Put one more data field at the end."""
        self.data.setdefault(tag, []).append(Field(indicators, parts))

    def put(self, tag: str, value: str) -> None:
        """Keep a control field; the first of its tag stays."""
        self.control.setdefault(tag, value)

    @property
    def is_unimarc(self) -> bool:
        """Whether this is UNIMARC: a title in 200 and none in 245, and general data in 100 $a."""
        if "245" in self.data or "200" not in self.data:
            return False
        general = self.first("100", "a") or ""
        if len(general) >= 26 and general[:4].strip().isdigit():
            return True
        return self.leader[20:23] == "450" or "101" in self.data or "210" in self.data


class Unreadable(Exception):
    """This record cannot be read; the words say why."""
