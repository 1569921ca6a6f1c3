"""The one door to jinja2: templates from a chain of folders, in one language."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer

from themes import filters as ours

Translate = Callable[[str], str]
TranslatePlural = Callable[[str, str, int], str]


def untranslated(message: str) -> str:
    """The message as it stands in the source."""
    return message


def untranslated_plural(one: str, many: str, count: int) -> str:
    """The English form for this many."""
    return one if count == 1 else many


class Spoken(NodeTransformer):
    """Says every plain message while a template is compiled: what never changes costs a page nothing."""

    def __init__(self, gettext: Translate) -> None:
        self.gettext = gettext

    def visit_Call(self, call: nodes.Call) -> nodes.Node:
        self.generic_visit(call)
        match call:
            case nodes.Call(node=nodes.Name(name="_"), args=[nodes.Const(value=str(message))], kwargs=[], dyn_args=None, dyn_kwargs=None):
                return nodes.MarkSafeIfAutoescape(nodes.Const(self.gettext(message) % {}), lineno=call.lineno, environment=call.environment)
        return call


class OneLanguage(Environment):
    """An environment whose templates all speak the same language."""

    gettext: Translate = staticmethod(untranslated)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        spoken: nodes.Template = Spoken(self.gettext).visit(template)
        return spoken


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
    env = OneLanguage(
        loader=ChoiceLoader([*chain, default]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=watch,
        cache_size=-1,
    )
    # One environment per language: plain messages become part of the compiled template, and formats are bound once.
    env.gettext = gettext
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
