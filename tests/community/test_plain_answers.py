"""Stars in a plain answer: what is a rating, and what is plain talk."""

import pytest

from community.posts import plain_answers

RATINGS = [
    ("★★★★☆ bellissimo", 8, "bellissimo"),
    ("★★★★★", 10, ""),
    ("★☆☆☆☆ No.", 2, "No."),
    ("★★★½ mi è piaciuto", 7, "mi è piaciuto"),
    ("⭐⭐⭐ ok", 6, "ok"),
    ("⭐️⭐️⭐️⭐️ carino", 8, "carino"),
    ("🌕🌕🌕🌕🌗 read it", 9, "read it"),
    ("Loved it. ★★★★☆", 8, "Loved it."),
    ("4/5", 8, ""),
    ("4/5 loved it", 8, "loved it"),
    ("4.5/5: nästan perfekt", 9, "nästan perfekt"),
    ("3,5/5 bene", 7, "bene"),
    ("4½/5 wow", 9, "wow"),
    ("8/10 - super", 8, "super"),
    ("10/10!!", 10, ""),
    ("1/10", 1, ""),
    ("½/5", 1, ""),
]
TALK = [
    "I give it to my sister, 5 of us came",
    "4/5/2026 we met",
    "4/5 of us came",
    "4/5 dei lettori non lo finisce",
    "14/5 is my birthday",
    "11/10 would read again",
    "★★★★★★ six stars",
    "I read 4/5 of it and stopped",
    "The ★ on the cover is lovely, isn't it",
    "Chapter 3/5 drags",
    "0/5",
    "☆☆☆☆☆",
    "",
]


@pytest.mark.parametrize(("said", "half_stars", "words"), RATINGS)
def test_a_rating_is_read_with_its_words(said: str, half_stars: int, words: str) -> None:
    assert plain_answers.read(said) == plain_answers.PlainAnswer(half_stars, words)


@pytest.mark.parametrize("said", TALK)
def test_plain_talk_is_never_a_rating(said: str) -> None:
    assert plain_answers.read(said) == plain_answers.PlainAnswer(None, said.strip())
