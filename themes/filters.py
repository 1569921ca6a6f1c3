"""Numbers, dates, stars and names, said as a reader of this language expects."""

from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup


def N_(message: str) -> str:
    """Mark a message for translation without translating it here."""
    return message


AUDIENCES = {
    "child": N_("Children"),
    "teen": N_("Young people"),
    "adult": N_("Adults"),
}
FORMATS = {
    "book": N_("Book"),
    "comic": N_("Comic"),
    "ebook": N_("E-book"),
    "audiobook": N_("Audiobook"),
    "film": N_("Film"),
    "music": N_("Music"),
    "score": N_("Sheet music"),
    "map": N_("Map"),
    "periodical": N_("Magazine or newspaper"),
    "article": N_("Article"),
    "game": N_("Game"),
    "software": N_("Software"),
    "picture": N_("Picture"),
    "object": N_("Object"),
    "kit": N_("Kit"),
    "manuscript": N_("Manuscript"),
    "website": N_("Website"),
    "other": N_("Something else"),
}
ROLES = {
    "reader": N_("Reader"),
    "librarian": N_("Librarian"),
    "moderator": N_("Moderator"),
    "administrator": N_("Administrator"),
    "library": N_("Library"),
}
ACTIONS = {
    "dismiss": N_("Leave it as it is"),
    "warn": N_("Write to the author"),
    "release": N_("Let the words appear"),
    "hide": N_("Hide the words"),
    "remove": N_("Remove the words"),
    "limit": N_("Limit the author"),
    "suspend": N_("Suspend the author"),
    "refuse": N_("Refuse the whole server"),
    "restore": N_("Undo"),
    "hold": N_("Held for a person to look"),
    "lift": N_("Treat the server like everyone"),
    "allow": N_("Trust the server"),
    "list": N_("Put a word on the list"),
    "unlist": N_("Take a word off the list"),
    "retry": N_("Try to deliver again"),
    "abandon": N_("Give up what waits for the server"),
    "owe": N_("Owe the server again what was given up"),
}


def locale_of(language: str) -> Locale:
    """The locale of a language tag; English where babel does not know it."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def host(address: str) -> str:
    """Whose server an address is on."""
    return urlsplit(address).netloc or address


def initial(name: str) -> str:
    """The first letter of a name, for the round mark beside it."""
    return next((letter.upper() for letter in name if letter.isalnum()), "?")


def iso(moment: date | datetime) -> str:
    """The form that machines read."""
    return moment.isoformat()


def filters(language: str, gettext: Callable[[str], str]) -> dict[str, Callable[..., object]]:
    """Every filter of the templates, bound to one language."""
    locale = locale_of(language)

    @lru_cache(4096)
    def day(value: date | datetime, form: str = "long") -> str:
        return format_date(value, format=form, locale=locale)

    @lru_cache(4096)
    def moment(value: datetime) -> str:
        return gettext(N_("%(day)s, %(time)s")) % {"day": day(value, "medium"), "time": clock(value)}

    @lru_cache(4096)
    def clock(value: datetime | time) -> str:
        zone = value.tzinfo if isinstance(value, datetime) else None
        return format_time(value, format="short", tzinfo=zone, locale=locale)

    @lru_cache(1024)
    def month(value: date | datetime) -> str:
        return format_skeleton("yMMMM", value, locale=locale)

    @lru_cache(1024)
    def weekday(value: date | datetime) -> str:
        return format_date(value, format="EEEE", locale=locale)

    @lru_cache(1024)
    def short_month(value: date | datetime) -> str:
        return format_date(value, format="LLL", locale=locale)

    @lru_cache(4096)
    def span(starts: datetime, ends: datetime | None) -> str:
        """When something happens, with no more words than needed."""
        first = gettext(N_("%(day)s, %(time)s")) % {"day": format_date(starts, format="full", locale=locale), "time": clock(starts)}
        if ends is None or ends <= starts:
            return first
        if ends.date() == starts.date():
            return f"{first}\N{EN DASH}{clock(ends)}"
        return f"{first} \N{EN DASH} {gettext(N_('%(day)s, %(time)s')) % {'day': day(ends, 'full'), 'time': clock(ends)}}"

    @lru_cache(1024)
    def number(value: int | float) -> str:
        return format_decimal(value, locale=locale)

    @lru_cache(1024)
    def percent(value: int | float) -> str:
        return format_percent(value / 100, locale=locale)

    @lru_cache(256)
    def out_of_five(half_stars: float) -> str:
        """A rating of 1 to 10 half stars as a number of stars."""
        return format_decimal(half_stars / 2, format="0.0", locale=locale)

    @lru_cache(32)
    def stars(half_stars: int) -> Markup:
        """A rating of 1 to 10 half stars, drawn, and said for those who do not see it."""
        full, half = divmod(half_stars, 2)
        said = gettext(N_("%(stars)s out of 5 stars")) % {"stars": out_of_five(half_stars)}
        drawn = Markup('<span class="s1"></span>') * full + Markup('<span class="s2"></span>') * half
        rest = Markup('<span class="s0"></span>') * (5 - full - half)
        return Markup('<span class="stars" role="img" aria-label="{}">{}</span>').format(said, drawn + rest)

    @lru_cache(512)
    def language_name(code: str) -> str:
        """What a language is called here; the code itself where nobody knows."""
        try:
            name = Locale.parse(code.replace("-", "_")).get_display_name(locale)
        except (UnknownLocaleError, ValueError):
            return code
        return name[:1].upper() + name[1:] if name else code

    @lru_cache(512)
    def own_language_name(code: str) -> str:
        """What a language calls itself."""
        try:
            name = Locale.parse(code.replace("-", "_")).get_display_name()
        except (UnknownLocaleError, ValueError):
            return code
        return name[:1].upper() + name[1:] if name else code

    def named(table: dict[str, str]) -> Callable[[str], str]:
        return lambda value: gettext(table[value]) if value in table else value.replace("_", " ").capitalize()

    return {
        "host": host, "initial": initial, "iso": iso,
        "date": day, "datetime": moment, "time": clock, "month": month, "weekday": weekday, "short_month": short_month, "span": span,
        "number": number, "percent": percent, "out_of_five": out_of_five, "stars": stars,
        "language": language_name, "own_language": own_language_name,
        "form": named(FORMATS), "role": named(ROLES), "action": named(ACTIONS),
    }  # fmt: skip
