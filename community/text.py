"""Markdown or a stranger's HTML in, safe HTML out."""

import html as escaping
import re

import nh3
from markdown_it import MarkdownIt

# What Mastodon keeps (interop 1.9): nothing that loads, runs, or lays out a page.
TAGS = {
    "p",
    "br",
    "span",
    "a",
    "del",
    "s",
    "pre",
    "blockquote",
    "code",
    "b",
    "strong",
    "u",
    "i",
    "em",
    "ul",
    "ol",
    "li",
    "ruby",
    "rt",
    "rp",
}
ATTRIBUTES = {
    "a": {"href", "class", "translate", "hreflang"},
    "span": {"class", "translate"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "*": {"lang"},
}
CLASSES = {name: {"mention", "hashtag", "ellipsis", "invisible", "u-url", "h-card", "quote-inline"} for name in ("a", "span", "p")}
SCHEMES = {"http", "https"}
MOST = 100_000  # characters; longer text is cut before anything looks at it

_HEADINGS = re.compile(r"<(/?)h[1-6][^>]*>", re.IGNORECASE)
# A parser of HTML opens again in each paragraph whatever of these was not closed; of those that are the same, three at most.
_DRESSED = re.compile(r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b[^>]+>", re.IGNORECASE | re.ASCII)
MOST_DRESSED = 20  # of these that may carry a language or the like
MOST_GROWN = 4  # times as long as it was: nobody's honest HTML grows so when it is closed properly
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|li|blockquote|pre|div|h[1-6])>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable(["strikethrough"])


def safe_html(strange: str) -> str:
    """What is harmless of a stranger's HTML. Never raises; what it cannot understand becomes text.

    >>> safe_html('<p onclick="x()">Hi <script>alert(1)</script><a href="javascript:x">you</a></p>')
    '<p>Hi <a rel="nofollow noopener ugc">you</a></p>'
    """
    closed, rest = _closed(strange[:MOST])
    strange = _HEADINGS.sub(lambda found: "</strong></p>" if found[1] else "<p><strong>", closed) + rest
    if sum(1 for _ in _DRESSED.finditer(closed)) > MOST_DRESSED:
        strange = _DRESSED.sub(r"<\1>", strange)
    clean = _clean(strange)
    return clean if len(clean) <= MOST_GROWN * len(strange) + 1000 else f"<p>{escape(plain(strange))}</p>"


def _clean(strange: str) -> str:
    return nh3.clean(
        strange,
        tags=TAGS,
        attributes={name: set(kept) - {"class"} for name, kept in ATTRIBUTES.items()},
        allowed_classes=CLASSES,
        url_schemes=SCHEMES,
        link_rel="nofollow noopener ugc",
        strip_comments=True,
    )


def render(markdown: str) -> str:
    """A member's Markdown as safe HTML.

    >>> render("A *whale* of a book")
    '<p>A <em>whale</em> of a book</p>'
    """
    return safe_html(str(_markdown.render(markdown[:MOST])).strip())


def plain(html: str, most: int | None = None) -> str:
    """The words of some HTML, a paragraph a line; cut at a word, with an ellipsis, after `most` characters.

    >>> plain("<p>Call me<br>Ishmael.</p><p>Some years ago</p>", most=24)
    'Call me\\nIshmael.\\nSome…'
    """
    closed, rest = _closed(_BREAKS.sub("\n", html))
    lines = escaping.unescape(_TAG.sub("", closed) + rest).splitlines()
    words = "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)
    if most is None or len(words) <= most:
        return words
    return re.sub(r"\s+\S*$", "", words[:most]) + "…"


def _closed(html: str) -> tuple[str, str]:
    """The part in which every tag that begins may end, and the rest.

    In the rest, a search for tags would look from each `<` to the very end: a minute for a megabyte of them.
    """
    end = html.rfind(">") + 1
    return html[:end], html[end:]


def escape(words: str) -> str:
    """Words as HTML that shows exactly them."""
    return escaping.escape(words, quote=True)
