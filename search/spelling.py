"""What a reader may have meant, when what they typed is hardly found."""

from collections.abc import Callable, Iterable, Mapping

from search.words import WORD, distance, reach, tokens

RARE = 2  # works: a word in so few may be a misprint of the catalogue itself
OFTENER = 20  # times as often must another word be there to be preferred to a rare one


def better_words(words: Iterable[str], frequency: Callable[[str], int], near: Callable[[str, int], Iterable[str]]) -> dict[str, str]:
    """For each word that the catalogue hardly knows, the one like it that most works have.

    `frequency` tells in how many works a word is; `near` gives words of the catalogue within so many letters of it.
    """
    found: dict[str, str] = {}
    for word in dict.fromkeys(words):
        known = frequency(word)
        if known <= RARE and (better := _better(word, known, frequency, near)):
            found[word] = better
    return found


def _better(word: str, known: int, frequency: Callable[[str], int], near: Callable[[str, int], Iterable[str]]) -> str | None:
    most = reach(word)
    if len(word) in (5, 6) and most:
        most = 2
    for wrong in range(1, most + 1):
        close = {other: frequency(other) for other in near(word, wrong) if other != word and distance(word, other, wrong) <= wrong}
        close = {other: count for other, count in close.items() if count > (known * OFTENER if known else 0)}
        if close:
            # The same first letter weighs as much as being four times as common: there people seldom go wrong.
            return max(close, key=lambda other: (close[other] * (4 if other[0] == word[0] else 1), other))
    return None if known else _split(word, frequency)


def _split(word: str, frequency: Callable[[str], int]) -> str | None:
    """Two words that were typed as one."""
    best, count = None, 0
    for place in range(2, len(word) - 2):
        both = min(frequency(word[:place]), frequency(word[place:]))
        if both > count:
            best, count = f"{word[:place]} {word[place:]}", both
    return best


def corrected(text: str, better: Mapping[str, str], shown: Mapping[str, str]) -> str:
    """What was typed, with the better words in their usual spelling.

    >>> corrected("author:calvio  cita", {"calvio": "calvino", "cita": "citta"}, {"citta": "città"})
    'author:calvino  città'
    """

    def exchange(word: str) -> str:
        parts = tokens(word)
        if not any(part in better for part in parts):
            return word
        return " ".join(" ".join(shown.get(one, one) for one in better.get(part, part).split()) for part in parts)

    return WORD.sub(lambda match: exchange(match[0]), text)
