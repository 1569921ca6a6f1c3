"""Words and phrases that the library has listed, found through the disguises that people put on them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from community import text
from community.database import Base
from moderation import folding
from moderation.policies.domains import ANSWERS
from moderation.remembered import Remembered
from moderation.tables import DomainAnswer, ListedWord
from moderation.verdicts import ALLOWED, Answer, Example, Submission, Verdict

LONGEST = 12  # words in a phrase; keeps the search linear

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Listed:
    """All listed phrases, by their first word."""

    by_first: Mapping[str, Mapping[int, Mapping[Phrase, DomainAnswer]]] = field(default_factory=dict)

    @classmethod
    def of(cls, phrases: Mapping[Phrase, DomainAnswer]) -> "Listed":
        """From folded phrases and their answers."""
        table: dict[str, dict[int, dict[Phrase, DomainAnswer]]] = defaultdict(lambda: defaultdict(dict))
        for phrase, answer in phrases.items():
            if 0 < len(phrase) <= LONGEST:
                table[phrase[0]][len(phrase)][phrase] = answer
        return cls(table)

    def find(self, words: str) -> tuple[DomainAnswer, str] | None:
        """The strictest answer to these words, and the phrase that gave it."""
        if not self.by_first:
            return None
        found = [hit for reading in folding.readings(words) for hit in self._read(reading)]
        return max(found, key=lambda hit: ANSWERS[hit[0]], default=None)

    def _read(self, words: Phrase) -> list[tuple[DomainAnswer, str]]:
        hits: list[tuple[int, int, Phrase, DomainAnswer]] = []
        for start, first in enumerate(words):
            for length, phrases in self.by_first[first].items() if first in self.by_first else ():
                phrase = words[start : start + length]
                if phrase in phrases:
                    hits.append((start, start + length, phrase, phrases[phrase]))
        spared = {place for start, end, _, answer in hits if answer is DomainAnswer.allow for place in range(start, end)}
        return [(answer, " ".join(phrase)) for start, end, phrase, answer in hits if not spared.issuperset(range(start, end))]


def _listed(rows: Sequence[ListedWord]) -> Listed:
    return Listed.of({folding.tokens(row.phrase): row.answer for row in rows})


_REMEMBERED: Remembered[ListedWord, Listed] = Remembered(ListedWord, _listed)


def _says(words: str, *listed: str, **answers: DomainAnswer) -> tuple[Submission, Sequence[Base]]:
    actor = "https://harbour.example/users/cleo"
    rows = [ListedWord(phrase=phrase) for phrase in (listed or ("landlubber", "walk the plank"))]
    rows += [ListedWord(phrase=phrase.replace("_", " "), answer=answer) for phrase, answer in answers.items()]
    return Submission(actor=None, actor_uri=actor, host="harbour.example", text=words, kind="create", uri=f"{actor}/1"), rows


class Words:
    """Listed words, at word borders: through case, accents, other alphabets, invisible signs, digits, gaps and drawn-out letters."""

    name = "words"
    examples = (
        Example("a listed word", Answer.hold, lambda: _says("You landlubber, you.")),
        Example("in capitals", Answer.hold, lambda: _says("LANDLUBBER!")),
        Example("with accents", Answer.hold, lambda: _says("Lándlübbêr")),
        Example("with invisible signs", Answer.hold, lambda: _says("land\u200blub\u00adber")),
        Example("with letters of another alphabet", Answer.hold, lambda: _says("lаndlubbеr")),
        Example("in fancy letters", Answer.hold, lambda: _says("𝓵𝓪𝓷𝓭𝓵𝓾𝓫𝓫𝓮𝓻")),
        Example("with digits for letters", Answer.hold, lambda: _says("l4ndlubb3r")),
        Example("with signs for letters", Answer.hold, lambda: _says("l@ndlubber")),
        Example("letter by letter", Answer.hold, lambda: _says("l a n d l u b b e r")),
        Example("with points between", Answer.hold, lambda: _says("l.a.n.d.l.u.b.b.e.r")),
        Example("drawn out", Answer.hold, lambda: _says("laaaandlubber")),
        Example("a phrase over two lines", Answer.hold, lambda: _says("Walk\nthe   plank")),
        Example("as a hashtag", Answer.hold, lambda: _says("#landlubber")),
        Example("in a language without spaces", Answer.hold, lambda: _says("我讨厌海盗的船", "海盗")),
        Example("in Cyrillic as it should be", Answer.hold, lambda: _says("Ты сухопутная крыса", "сухопутная крыса")),
        Example("a word that is refused", Answer.refuse, lambda: _says("Scurvy dog", scurvy_dog=DomainAnswer.refuse)),
        Example("a word inside another", Answer.allow, lambda: _says("landlubberly", "landlubber")),
        Example("a listed word inside a harmless one", Answer.allow, lambda: _says("The class assessed Middlesex.", "ass", "sex")),
        Example("half of a phrase", Answer.allow, lambda: _says("A walk on the plank bridge")),
        Example("a title that is an exception", Answer.allow, lambda: _says("I love Moby-Dick.", "dick", moby_dick=DomainAnswer.allow)),
        Example("the same word outside the title", Answer.hold, lambda: _says("Moby-Dick? Dick!", "dick", moby_dick=DomainAnswer.allow)),
        Example("numbers that are numbers", Answer.allow, lambda: _says("ISBN 9780142437247, 1851, p. 455", "iss", "as")),
        Example("nothing said", Answer.allow, lambda: _says("")),
    )

    async def judge(self, session: AsyncSession, submission: Submission) -> Verdict:
        """What the strictest listed word asks for."""
        words = submission.text or text.plain(submission.html)
        found = (await _REMEMBERED.get(session)).find(words) if words else None
        if found is None:
            return ALLOWED
        return Verdict(ANSWERS[found[0]], self.name, f"Listed word: {found[1]}")
