"""The content policy: what may not be said here, in words that a decision can cite."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from community.errors import Misconfigured

DEFAULT_FILE = Path(__file__).parent / "rules.toml"
FALLBACK = "en"
WITHOUT_RULE = 3  # severity of a report that names no rule


@dataclass(frozen=True)
class Wording:
    """A rule or clause in one language."""

    title: str
    text: str
    example: str = ""


@dataclass(frozen=True)
class Clause:
    """One thing that a rule means. Cited by its key, such as H2."""

    key: str
    severity: int
    words: Mapping[str, Wording]

    def said(self, language: str) -> Wording:
        """In this language, or in English."""
        return self.words.get(language) or self.words[FALLBACK]


@dataclass(frozen=True)
class Rule(Clause):
    """One rule. Severity 1 wants a person at once, 2 within a day, 3 within three days, 4 within a week."""

    number: int = 0
    clauses: tuple[Clause, ...] = ()


@dataclass(frozen=True)
class Policy:
    """All rules of a library, as of one day."""

    version: str
    date: date
    rules: tuple[Rule, ...]
    _by_key: Mapping[str, tuple[Rule, Clause]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, tuple[Rule, Clause]] = {}
        for rule, cited in self._all():
            if cited.key in found:
                raise Misconfigured(f"The content policy has two rules with the key {cited.key!r}.")
            found[cited.key] = (rule, cited)
        object.__setattr__(self, "_by_key", found)

    def _all(self) -> Iterator[tuple[Rule, Clause]]:
        for rule in self.rules:
            yield rule, rule
            for clause in rule.clauses:
                yield rule, clause

    def find(self, key: str | None) -> Clause | None:
        """The rule or clause with this key."""
        return self._by_key[key][1] if key is not None and key in self._by_key else None

    def rule(self, key: str | None) -> Rule | None:
        """The rule with this key, or the one that the clause with this key belongs to."""
        return self._by_key[key][0] if key is not None and key in self._by_key else None

    def severity(self, key: str | None) -> int:
        """How urgent a report is that names this rule or clause."""
        found = self.find(key)
        return found.severity if found else WITHOUT_RULE

    def title(self, key: str | None, language: str) -> str:
        """What people call it: `Hate speech`, or `Hate speech, H2: Dehumanising comparison`; empty when there is no such rule."""
        if key is None or key not in self._by_key:
            return ""
        rule, cited = self._by_key[key]
        title = rule.said(language).title
        return title if cited is rule else f"{title}, {cited.key}: {cited.said(language).title}"


def load(file: Path) -> Policy:
    """Read a policy from TOML. Raises Misconfigured, which names the file and what is wrong in it."""
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
        rules = tuple(_rule(number, one) for number, one in enumerate(read["rules"], start=1))
        return Policy(str(read["version"]), read["date"], rules)
    except OSError as cause:
        raise Misconfigured(f"The content policy {file} cannot be read: {cause.strerror}.") from cause
    except (KeyError, TypeError, ValueError) as cause:
        raise Misconfigured(f"The content policy {file} is malformed: {type(cause).__name__}: {cause}") from cause


def _rule(number: int, read: Mapping[str, Any]) -> Rule:
    severity = read["severity"]
    clauses = tuple(Clause(one["key"], _checked(one.get("severity", severity)), _words(one)) for one in read.get("clauses", ()))
    return Rule(read["key"], _checked(severity), _words(read), number, clauses)


def _checked(severity: Any) -> int:
    if severity not in (1, 2, 3, 4):
        raise ValueError(f"severity must be 1, 2, 3 or 4, not {severity!r}")
    return int(severity)


def _words(read: Mapping[str, Any]) -> dict[str, Wording]:
    words = {language: Wording(**said) for language, said in read.items() if isinstance(said, dict)}
    if FALLBACK not in words:
        raise ValueError(f"{read['key']!r} has no words in English")
    return words


@lru_cache(8)
def policy(file: Path | None = None) -> Policy:
    """The policy of a file, read once; ours when none is named."""
    return load(file or DEFAULT_FILE)


def rule(key: str | None) -> Rule | None:
    """The rule of our default policy that this key names or belongs to."""
    return policy().rule(key)
