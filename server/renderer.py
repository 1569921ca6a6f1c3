"""The templates of one library's theme, in each of its languages."""

import hashlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from community import messages
from community.errors import Misconfigured
from community.settings import Settings
from themes import manifest
from themes.environment import environment, template_names
from themes.views.site import Site

VERSION = "0.1.0"


@cache
def _gettext(language: str, message: str) -> str:
    return messages.gettext(language, message)


def _ngettext(language: str, one: str, many: str, count: int) -> str:
    return messages.translations(language).ngettext(one, many, count)


def _quick(language: str) -> Callable[..., Markup]:
    """`_` for templates: what jinja2's own does, without looking everything up anew for each of the hundred messages of a page."""
    plain: dict[str, Markup] = {}

    def say(message: str, **values: object) -> Markup:
        if values:
            return Markup(_gettext(language, message)) % values
        said = plain.get(message)
        if said is None:
            said = plain[message] = Markup(_gettext(language, message)) % {}
        return said

    return say


def _themes(settings: Settings) -> tuple[manifest.Manifest, ...]:
    """The chosen theme and its parents; THEME is a name, or a folder that holds a theme."""
    chosen = Path(settings.theme)
    try:
        if chosen.name != settings.theme:
            return manifest.chain(chosen.name, chosen.parent)
        return manifest.chain(settings.theme)
    except manifest.ThemeError as cause:
        raise Misconfigured(f"THEME: {cause}") from cause


class Renderer:
    """The templates of one library's theme, one environment for each of its languages."""

    def __init__(self, settings: Settings, *, watch: bool = False) -> None:
        self.settings = settings
        self.themes = _themes(settings)
        folders = manifest.template_folders(self.themes)
        self._environments = {
            language: environment(
                *folders,
                language=language,
                gettext=partial(_gettext, language),
                ngettext=partial(_ngettext, language),
                watch=watch,
            )
            for language in settings.languages
        }
        for language, made in self._environments.items():
            made.globals["_"] = _quick(language)
        scheme = manifest.scheme(self.themes, settings.colour)
        self.css = self._environments[settings.language].get_template("library.css").render(scheme=scheme).encode()
        self.assets = self._fingerprint()
        self.site = Site(
            name=settings.name,
            domain=settings.domain,
            handle=f"@library@{settings.domain}",
            description=settings.description,
            colour=settings.colour,
            languages=settings.languages,
            version=VERSION,
            contact_email=settings.contact,
            source_url=settings.source_url,
            asset_version=self.assets,
            sign_up_open=settings.open_registration,
            base_url=settings.root,
            place=settings.address,
            hours=settings.hours,
        )

    def _fingerprint(self) -> str:
        """Changes when a style sheet, a script or a colour does."""
        seen = hashlib.blake2b(self.css, digest_size=5)
        for theme in self.themes:
            for file in sorted((theme.folder / "static").rglob("*")):
                if file.is_file():
                    seen.update(file.read_bytes())
        return seen.hexdigest()

    def html(self, language: str, name: str, values: dict[str, Any]) -> str:
        """A page (`work/show`, `review/write`) as HTML; by its full name (`errors/404.html`), exactly that template."""
        names = [name] if name.endswith(".html") else template_names(name)
        return self._environments[language].select_template(names).render(values)

    def text(self, language: str, template: str, values: dict[str, Any]) -> str:
        """A letter or another file by its full name."""
        return self._environments[language].get_template(template).render(site=self.site, **values)

    def filter(self, language: str, name: str, value: object) -> str:
        """What a filter of the templates makes of a value, for words that are put together in Python."""
        return str(self._environments[language].filters[name](value))
