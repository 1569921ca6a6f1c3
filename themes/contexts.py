"""What every template needs, read from the comment at its top; `python -m themes.contexts` writes CONTEXTS.md."""

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TEMPLATES = HERE / "default" / "templates"
COMMENT = re.compile(r"\A\{#-?\s*(.*?)\s*-?#\}", re.DOTALL)
VARIABLE = re.compile(r"([a-z_]+): ([^-]+?)(?: - (.*))?")

INTRODUCTION = """# What every template needs

Written by `python -m themes.contexts` from the comments at the top of the templates; a test keeps it in step.

The shapes (`Work`, `Post`, `Form`...) are the frozen dataclasses in `themes/views/`: build those, or anything with the same attributes.
Every variable must be given; `None`, `""` and `()` mean "nothing". Every page also gets the page-wide values of `layout.html`.

- `themes.manifest.chain(settings.theme)` finds a theme and its parents; `template_folders(chain)` and
  `static_file(chain, path)` give what is in them; `scheme(chain, colour)` gives the
  `scheme` of `library.css`, which is served as `/static/library.css`.
- `themes.environment.environment(*folders, language="it", gettext=..., ngettext=...)` is made once per
  language: `lang` and `direction` are set by it.
- `themes.environment.template_names("review/show")` is what to ask `select_template` for.
- `themes.covers.cover_svg(title, author, year, form, seed)` draws `/covers/{work id}.svg`.
- All forms POST with `csrf`; the few GET forms (search, follow, track) need none.
- `/language/{code}?back=PATH` sets the language and goes back.
- What is HTML (`html`, `bio`, `about_html`, `excerpt`) must be `markupsafe.Markup` made safe before: plain strings are escaped.
- No page has inline scripts or styles:
  `default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'` is enough.

"""


@dataclass(frozen=True)
class Context:
    """What one template says that it needs."""

    template: str
    caption: str
    variables: dict[str, str]  # name: type and note


def of(template: str, source: str) -> Context:
    """Read the comment at the top of a template."""
    comment = COMMENT.match(source)
    caption, *lines = comment.group(1).splitlines() if comment else [""]
    variables = {}
    for line in lines:
        if said := VARIABLE.fullmatch(line):
            name, kind, note = said.groups()
            variables[name] = f"`{kind}`" + (f" {note}" if note else "")
    return Context(template, caption, variables)


def documented(folder: Path = TEMPLATES) -> dict[str, Context]:
    """Every template of a folder by its name."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {
        (name := file.relative_to(folder).as_posix()): of(name, file.read_text(encoding="utf-8"))
        for file in files
    }  # fmt: skip


def written() -> str:
    """The whole of CONTEXTS.md."""
    pieces = [INTRODUCTION]
    for context in documented().values():
        rows = "".join(f"- `{name}`: {said}\n" for name, said in context.variables.items())
        pieces.append(f"## {context.template}\n{context.caption}\n\n{rows}\n" if rows else f"## {context.template}\n{context.caption}\n\n")
    return "".join(pieces).rstrip() + "\n"


if __name__ == "__main__":
    (HERE / "CONTEXTS.md").write_text(written(), encoding="utf-8")
