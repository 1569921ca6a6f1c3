"""The content policy is data: whole, in two languages, and checked when it is read."""

from pathlib import Path

import pytest

from community.errors import Misconfigured
from moderation import rules


def test_hate_speech_comes_first_with_its_eight_clauses() -> None:
    hate = rules.policy().rules[0]
    assert hate.key == "hate"
    assert [clause.key for clause in hate.clauses] == [f"H{number}" for number in range(1, 9)]
    assert hate.number == 1


@pytest.mark.parametrize("language", ["en", "it"])
def test_every_rule_and_clause_has_words(language: str) -> None:
    for rule in rules.policy().rules:
        for cited in (rule, *rule.clauses):
            assert cited.words[language].title
            assert cited.words[language].text
        assert rule.words[language].example


def test_a_clause_is_cited_with_its_rule() -> None:
    policy = rules.policy()
    assert policy.title("H2", "it") == "Incitamento all'odio, H2: Paragoni disumanizzanti"
    assert policy.title("spam", "sv") == "Spam and scams"  # a language that is missing falls back
    assert policy.title("nothing", "en") == policy.title(None, "en") == ""
    assert rules.rule("H2") == rules.rule("hate")
    assert (policy.severity("H1"), policy.severity("H2"), policy.severity(None)) == (1, 2, 3)


HEAD = 'version = "1"\ndate = 2026-01-01\n'
WORDS = '[rules.en]\ntitle = "T"\ntext = "X"\n'


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("version = ", "malformed"),
        (HEAD + '[[rules]]\nkey = "a"\nseverity = 5\n' + WORDS, "severity must be"),
        (
            HEAD + '[[rules]]\nkey = "a"\nseverity = 1\n[rules.it]\ntitle = "T"\ntext = "X"\n',
            "no words in English",
        ),
        (HEAD + "[[rules]]\nseverity = 1\n" + WORDS, "'key'"),
        (HEAD + ('[[rules]]\nkey = "a"\nseverity = 1\n' + WORDS) * 2, "two rules"),
        (HEAD + '[[rules]]\nkey = "a"\nseverity = 1\n[rules.en]\ntitel = "T"\n', "titel"),
    ],
)
def test_a_policy_with_a_mistake_says_which(tmp_path: Path, file: str, said: str) -> None:
    (tmp_path / "rules.toml").write_text(file, encoding="utf-8")
    with pytest.raises(Misconfigured, match=said):
        rules.load(tmp_path / "rules.toml")


def test_a_policy_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.toml"):
        rules.load(tmp_path / "nowhere.toml")
