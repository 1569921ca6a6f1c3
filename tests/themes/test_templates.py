"""Every page of every theme, in front of everybody it is made for."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from jinja2 import Environment, UndefinedError
from lxml import etree, html

from tests.themes.samples import SAMPLES, page_wide
from tests.themes.shelf import BEN
from themes import contexts, manifest
from themes.environment import environment, template_names

THEMES = sorted(folder.parent.name for folder in manifest.HERE.glob("*/theme.toml"))
PAGES = [name for name in SAMPLES if name.split("#")[0].endswith(".html")]
INLINE = re.compile(r"<[^>]*\s(?:style|on[a-z]+)=")


def pages_of(theme: str) -> Environment:
    return environment(*manifest.template_folders(manifest.chain(theme)))


@pytest.fixture(scope="module", params=THEMES)
def theme(request: pytest.FixtureRequest) -> Iterator[Environment]:
    yield pages_of(request.param)


def drawn(text: str) -> Any:
    return html.document_fromstring(text)


def parsed(text: bytes) -> Any:
    return etree.fromstring(text)


def rendered(env: Environment, name: str) -> str:
    return env.get_template(name.split("#")[0]).render(SAMPLES[name])


def test_there_are_at_least_two_themes() -> None:
    assert {"default", "harbour"} <= set(THEMES)


def test_every_template_has_a_sample_or_is_part_of_one() -> None:
    shown = {name.split("#")[0] for name in SAMPLES}
    alone = {name for name in contexts.documented() if not name.rpartition("/")[2].startswith("_")}

    assert alone - shown == {"layout.html"}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_page_of_every_theme_can_be_drawn(theme: Environment, name: str) -> None:
    assert rendered(theme, name).strip()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_html_with_one_heading_and_a_way_to_its_content(theme: Environment, name: str) -> None:
    page = drawn(rendered(theme, name))

    assert page.get("lang") == "en"
    assert len(page.findall(".//h1")) == 1
    assert page.find(".//main").get("id") == "main"
    assert page.find(".//a[@class='skip']").get("href") == "#main"
    assert page.findtext(".//title").strip().endswith("North Quay Library")
    identities = page.xpath("//@id")
    assert len(identities) == len(set(identities)), sorted(i for i in identities if identities.count(i) > 1)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_nothing_of_others_and_needs_no_inline_script(theme: Environment, name: str) -> None:
    text = rendered(theme, name)
    page = drawn(text)

    assert not INLINE.search(text)
    assert not page.xpath("//style | //script[not(@src)] | //iframe")
    asked = page.xpath("//img/@src | //script/@src | //link[@rel='stylesheet' or @rel='icon']/@href | //form/@action")
    assert asked and all(address.startswith("/") and not address.startswith("//") for address in asked)


@pytest.mark.parametrize("name", PAGES)
def test_every_form_that_changes_something_carries_its_token_and_every_field_a_name(theme: Environment, name: str) -> None:
    page = drawn(rendered(theme, name))

    for form in page.xpath("//form[@method='post']"):
        assert form.xpath(".//input[@type='hidden'][@name='csrf']/@value") == ["c5rf"], etree.tostring(form)
    for form in page.xpath("//form[not(@method='post')]"):
        assert form.get("method") == "get"
        assert not form.xpath(".//input[@name='csrf']")
    labelled = set(page.xpath("//label/@for"))
    for field in page.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        in_label = any(parent.tag == "label" for parent in field.iterancestors())
        assert in_label or field.get("aria-label") or field.get("id") in labelled, etree.tostring(field)
    for image in page.xpath("//img"):
        assert image.get("alt") is not None and image.get("width") and image.get("height")


def test_words_of_strangers_are_escaped() -> None:
    env = pages_of("default")

    page = env.get_template("search/show.html").render({**SAMPLES["search/show.html"], "query": '"><script>alert(1)</script>'})

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_forgotten_value_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(UndefinedError):
        pages_of("default").get_template("work/show.html").render(page_wide())


def test_cleo_sees_no_way_into_the_moderators_rooms_and_ben_does() -> None:
    env = pages_of("default")
    context = SAMPLES["about/privacy.html"]

    strangers = env.get_template("about/privacy.html").render(context)
    moderators = env.get_template("about/privacy.html").render(context | page_wide(BEN))

    assert 'href="/moderation"' not in strangers and 'href="/desk"' not in strangers
    assert 'href="/moderation"' in moderators and 'href="/desk"' in moderators


def test_no_average_is_shown_under_three_ratings() -> None:
    page = drawn(rendered(pages_of("default"), "work/show.html#mine"))

    assert page.find_class("rating-mean")[0].text_content() == "An average is shown from three ratings on."
    assert not page.find_class("rating-line")


def test_the_place_on_the_shelf_comes_before_what_people_say() -> None:
    page = rendered(pages_of("default"), "work/show.html")

    assert page.index("813 MEL") < page.index("A schoolmaster goes to sea") < page.index("Funnier than they tell you")


def test_words_in_a_case_are_covered_until_somebody_asks() -> None:
    page = drawn(rendered(pages_of("default"), "moderation/case.html"))

    words = next(part for part in page.iter("p") if "should not be let into" in (part.text or ""))
    covers = [parent for parent in words.iterancestors("details")]
    assert covers and covers[0].get("open") is None


def test_a_page_in_another_language_says_so_and_speaks_it() -> None:
    said = {"Catalogue": "Catalogo", "%(stars)s out of 5 stars": "%(stars)s stelle su 5"}
    folders = manifest.template_folders(manifest.chain("default"))
    env = environment(*folders, language="it", gettext=lambda message: said.get(message, message), ngettext=lambda one, many, n: many)

    page = drawn(env.get_template("home/show.html").render(SAMPLES["home/show.html"]))

    assert page.get("lang") == "it"
    assert any(link.text == "Catalogo" for link in page.iter("a"))
    assert page.find_class("stars")[0].get("aria-label") == "4,5 stelle su 5"


def test_a_page_in_arabic_runs_from_right_to_left() -> None:
    env = environment(*manifest.template_folders(manifest.chain("default")), language="ar")

    page = drawn(env.get_template("about/privacy.html").render(SAMPLES["about/privacy.html"]))

    assert page.get("dir") == "rtl"


def test_a_theme_may_change_one_block_and_keep_the_rest() -> None:
    ours, harbour = (drawn(rendered(pages_of(name), "home/show.html")) for name in ("default", "harbour"))

    assert harbour.find_class("hero-next") and not ours.find_class("hero-next")
    assert harbour.xpath("//link[contains(@href, 'harbour.css')]") and not ours.xpath("//link[contains(@href, 'harbour.css')]")
    assert [h.text_content() for h in harbour.iter("h2")] == [h.text_content() for h in ours.iter("h2")]


def test_a_kind_that_nobody_has_drawn_is_shown_as_a_post() -> None:
    env = pages_of("default")

    assert template_names("review/show") == ["review/show.html", "post/show.html"]
    assert template_names("post/show") == ["post/show.html"]
    assert env.select_template(template_names("review/show")).name == "post/show.html"
    assert env.select_template(template_names("announcement/show")).name == "announcement/show.html"


@pytest.mark.parametrize("name", ["feeds/atom.xml", "opensearch.xml"])
def test_what_machines_read_is_well_formed(theme: Environment, name: str) -> None:
    document = parsed(rendered(theme, name).encode())

    assert document.tag.endswith(("feed", "OpenSearchDescription"))


def test_html_in_a_feed_arrives_as_it_was() -> None:
    feed = parsed(rendered(pages_of("default"), "feeds/atom.xml").encode())
    entry = feed.find("{*}entry")

    assert entry.findtext("{*}title") == "Funnier & shorter <than> they say"
    assert "<em>funny</em>" in entry.findtext("{*}content")


def test_a_letter_keeps_its_addresses_whole_and_begins_with_its_subject() -> None:
    letter = rendered(pages_of("default"), "mail/sign_in.txt")

    assert letter.splitlines()[0] == "Your way into North Quay Library"
    assert "https://north.example/sign-in/link?t=abc&next=/me" in letter.splitlines()


def test_contexts_are_written_down_as_they_are() -> None:
    assert (manifest.HERE / "CONTEXTS.md").read_text(encoding="utf-8") == contexts.written(), "run python -m themes.contexts"


def test_every_documented_variable_is_in_its_sample_and_the_other_way_round() -> None:
    everywhere = set(page_wide()) | {"lang", "section"}
    for name, sample in SAMPLES.items():
        said = set(contexts.documented()[name.split("#")[0]].variables)
        extra = {"message", "reference"} if name.startswith("errors/") else set()
        assert set(sample) - everywhere == said | extra, name


def test_every_message_can_be_found_by_the_translators() -> None:
    found = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(
            contexts.TEMPLATES, method_map=[("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.xml", "jinja2")], options_map={}
        )
    }

    assert {"Skip to the content", "%(num)s like", "Follow %(name)s from your own server", "Search %(num)s title"} <= found
    assert len(found) > 350
    for file in Path(contexts.TEMPLATES).rglob("*.html"):
        text = re.sub(r"\{% trans.*?\{% endtrans %\}|\{[{%#].*?[}%#]\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        bare = [word for word in re.findall(r">([^<>]*[A-Za-z]{3}[^<>]*)<", text) if "ISBN" not in word]
        assert not bare, (file.name, bare)
