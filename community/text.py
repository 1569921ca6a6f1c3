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
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|li|blockquote|pre|div|h[1-6])>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable(["strikethrough"])


def safe_html(strange: str) -> str:
    """What is harmless of a stranger's HTML. Never raises; what it cannot understand becomes text.

    >>> safe_html('<p onclick="x()">Hi <script>alert(1)</script><a href="javascript:x">you</a></p>')
    '<p>Hi <a rel="nofollow noopener ugc">you</a></p>'
    """
    strange = _HEADINGS.sub(lambda found: "</strong></p>" if found[1] else "<p><strong>", strange[:MOST])
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
    lines = escaping.unescape(_TAG.sub("", _BREAKS.sub("\n", html))).splitlines()
    words = "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)
    if most is None or len(words) <= most:
        return words
    return re.sub(r"\s+\S*$", "", words[:most]) + "…"


def escape(words: str) -> str:
    """Words as HTML that shows exactly them."""
    return escaping.escape(words, quote=True)
