"""Text as the words that an index compares: accents, case and punctuation put aside."""

import re
from collections.abc import Iterable, Sequence

from community.catalog.folding import fold

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
NOT_WORDS = re.compile(r"[\W_]+")
# Scripts that write without spaces: two characters at a time find what a reader types.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
LONGEST = 60  # characters of a word; longer ones are addresses and noise

# Articles and little words that a reader adds or leaves out without meaning anything by it.
LITTLE_WORDS = """
a an and at by for from in of on or the to with
il lo la i gli le un uno una l d di del della dei delle degli da dal dalla e ed nel nella su sul sulla per con
les des du de et une au aux dans sur par pour
der die das den dem ein eine und von zu im mit
el los las y o al en ett och att om av pa si cu din pe
"""
LITTLE = frozenset(LITTLE_WORDS.split())


def tokens(text: str) -> list[str]:
    """The words of a text, folded.

    >>> tokens("L’Étranger / Albert CAMUS"), tokens("東京物語")
    (['l', 'etranger', 'albert', 'camus'], ['東京', '京物', '物語'])
    """
    found: list[str] = []
    for word in NOT_WORDS.sub(" ", fold(text)).split():
        if not word.isascii() and UNSPACED.search(word):
            found += [word[place : place + 2] for place in range(max(1, len(word) - 1))]
        elif len(word) <= LONGEST:
            found.append(word)
    return found


def spellings(text: str) -> dict[str, str]:
    """The words of a text as it spells them, in small letters, by their folded form.

    >>> spellings("L'Étranger")
    {'l': 'l', 'etranger': 'étranger'}
    """
    found: dict[str, str] = {}
    for match in WORD.finditer(text):
        word = match[0].lower()
        parts = tokens(word)
        for part in parts:
            shown = word if len(parts) == 1 else next((one for one in re.split(r"['’]", word) if tokens(one) == [part]), word)
            found.setdefault(part, shown)
    return found


def completions(texts: Iterable[str], begun: Sequence[str], limit: int) -> tuple[str, ...]:
    """Those of the texts that have all the words that were typed and one that begins like the last, the nearest first.

    >>> completions(["The whale", "Moby-Dick", "Whales of the sea"], ["wha"], 8)
    ('Whales of the sea', 'The whale')
    """
    found: dict[str, tuple[bool, int]] = {}
    for text in texts:
        words = tokens(text)
        if all(word in words for word in begun[:-1]) and any(word.startswith(begun[-1]) for word in words):
            found[text] = (not words[0].startswith(begun[0]), len(text))
    return tuple(sorted(found, key=lambda text: found[text])[:limit])


def distance(one: str, other: str, most: int = 2) -> int:
    """How many letters must be changed, added, left out or swapped to make one word the other; `most` + 1 means more than that.

    >>> distance("calvio", "calvino"), distance("melvlile", "melville"), distance("sea", "whale")
    (1, 1, 3)
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def reach(word: str) -> int:
    """How many letters of a word of this length may be wrong.

    >>> reach("sea"), reach("whale"), reach("melville")
    (0, 1, 2)
    """
    if len(word) < 4 or word.isdigit() or UNSPACED.search(word):
        return 0
    return 1 if len(word) < 7 else 2
