"""The one door to jinja2: templates from a chain of folders, in one language."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from themes import filters as ours

Translate = Callable[[str], str]
TranslatePlural = Callable[[str, str, int], str]


def untranslated(message: str) -> str:
    """The message as it stands in the source."""
    return message


def untranslated_plural(one: str, many: str, count: int) -> str:
    """The English form for this many."""
    return one if count == 1 else many


def environment(
    *folders: Path,
    language: str = "en",
    gettext: Translate = untranslated,
    ngettext: TranslatePlural = untranslated_plural,
    filters: Mapping[str, Callable[..., object]] | None = None,
    watch: bool = False,
) -> Environment:
    """Templates of the first folder that has them; "default:" always means the last folder; `watch` reads changed files again."""
    chain = [FileSystemLoader(folder) for folder in folders]
    default = PrefixLoader({"default": chain[-1]}, delimiter=":")
    env = Environment(
        loader=ChoiceLoader([*chain, default]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=watch,
        cache_size=-1,
    )
    # One environment per language: nothing has to be looked up in the context for each of the hundred messages of a page.
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(ours.filters(language, gettext))
    env.filters.update(filters or {})
    env.globals["lang"] = language
    env.globals["direction"] = ours.locale_of(language).text_direction
    return env


def template_names(kind_verb: str) -> list[str]:
    """Where to look for a page, so that a new kind of post can be seen before anyone draws it."""
    kind, verb = kind_verb.split("/")
    return list(dict.fromkeys([f"{kind}/{verb}.html", f"post/{verb}.html"]))
