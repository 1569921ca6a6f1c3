"""Formats: as a reader of each language expects them."""

from datetime import UTC, datetime

import pytest

from themes.environment import environment
from themes.filters import filters, host, initial
from themes.manifest import chain, template_folders

WHEN = datetime(2026, 5, 4, 18, 30, tzinfo=UTC)


def said(language: str, template: str, **values: object) -> str:
    return environment(*template_folders(chain("default")), language=language).from_string(template).render(values)


@pytest.mark.parametrize(("language", "day"), [("en", "May 4, 2026"), ("it", "4 maggio 2026"), ("de", "4. Mai 2026")])
def test_a_day_is_written_as_people_there_write_it(language: str, day: str) -> None:
    assert said(language, "{{ when|date }}", when=WHEN) == day


def test_an_evening_names_its_day_once_and_two_days_twice() -> None:
    evening = said("it", "{{ a|span(b) }}", a=WHEN, b=WHEN.replace(hour=20))
    weekend = said("it", "{{ a|span(b) }}", a=WHEN, b=WHEN.replace(day=5))

    assert evening == "lunedì 4 maggio 2026, 18:30–20:30"
    assert weekend.count("maggio") == 2
    assert said("it", "{{ a|span(none) }}", a=WHEN) == "lunedì 4 maggio 2026, 18:30"


def test_numbers_and_ratings_use_the_right_marks() -> None:
    assert said("en", "{{ 12045|number }}") == "12,045"
    assert said("it", "{{ 12045|number }}") == "12.045"
    assert said("it", "{{ 7.5|out_of_five }}") == "3,8"


@pytest.mark.parametrize("half_stars", range(1, 11))
def test_five_stars_are_drawn_however_many_are_given(half_stars: int) -> None:
    drawn = filters("en", str)["stars"](half_stars)

    assert str(drawn).count('<span class="s') - 1 == 5
    assert str(drawn).count('"s1"') * 2 + str(drawn).count('"s2"') == half_stars
    assert f"{half_stars / 2} out of 5 stars" in str(drawn)


def test_languages_have_their_names_here_and_their_own() -> None:
    assert said("en", "{{ 'it'|language }} {{ 'it'|own_language }} {{ 'xx-nobody'|language }}") == "Italian Italiano xx-nobody"


def test_a_plural_is_chosen_by_the_number_and_shows_it() -> None:
    template = '{{ ngettext("%(num)s like", "%(num)s likes", n) }}'

    assert said("en", template, n=1) == "1 like"
    assert said("en", template, n=2) == "2 likes"


def test_small_helpers_answer_for_odd_input_too() -> None:
    assert host("https://harbour.example/notes/1") == "harbour.example"
    assert host("no address") == "no address"
    assert initial("«ada»") == "A"
    assert initial("…") == "?"
    assert said("en", "{{ 'book'|form }} {{ 'wax_cylinder'|form }} {{ 'moderator'|role }} {{ 'hide'|action }}") == (
        "Book Wax cylinder Moderator Hide the words"
    )
