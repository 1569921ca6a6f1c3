"""What all pages have in common on which somebody writes."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from community import text
from moderation.verdicts import Answer
from server import context, forms, render, sessions
from server.forms import Field, Form, optional
from server.sessions import Signed
from themes.filters import N_

LONGEST = 20_000  # characters of one post
LANGUAGES = ("en", "it", "ro", "sv", "de", "fr", "es", "pt", "nl", "pl", "uk", "ru", "ar", "tr", "zh", "sq")
REFUSED = N_("We cannot publish this here: it breaks one of our house rules, or comes too fast after the last one.")
NOTICES: dict[Answer, str] = {Answer.allow: "published", Answer.limit: "published", Answer.hold: "held"}


def languages(request: Request) -> tuple[str, ...]:
    """The languages that one can say one writes in, the library's own first."""
    return tuple(dict.fromkeys((*context.of(request).settings.languages, *LANGUAGES)))


def fields(request: Request, **more: Field) -> dict[str, Field]:
    """What every such form asks for."""
    return {
        "text": optional(LONGEST),
        "language": optional(10, forms.one_of(*languages(request))),
        "warning": optional(200),
        **more,
    }


def words(form: Form) -> dict[str, Any]:
    """The columns of a post that such a form fills."""
    source = form.given["text"] or ""
    return {
        "source": source,
        "html": text.render(source) if source else "",
        "language": form.given["language"],
        "warning": form.given["warning"],
    }


def pace(request: Request) -> Signed:
    """The member who writes, unless they write too fast; raises SignInFirst or TooFast."""
    found = sessions.member(request)
    context.of(request).limits.check("write account", str(found.account_id))
    return found


def onward(request: Request, answer: Answer, where: str) -> Response:
    """Where to go after something was said: there, with a word about what became of it. The worker hears that there is work."""
    context.of(request).hub.delivery_bell.ring()
    return render.redirect(request, where, NOTICES[answer])
