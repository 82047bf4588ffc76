"""What people write: Markdown, made safe HTML at output, and the people it mentions."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

__all__ = ["html_of", "mentions_in"]

_MENTION = re.compile(r"(?<![\w@./])@([A-Za-z0-9](?:[\w.+-]{0,62}\w)?)")
_PLAIN = {"softbreak": " ", "hardbreak": " ", "code_inline": " "}
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def html_of(text: str) -> str:
    """Markdown as HTML that is safe to show.

    HTML within the text is shown as text, images become links, and links lead to http, https and mail addresses only.
    """
    import nh3

    return nh3.clean(
        _markdown().render(text),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def mentions_in(text: str) -> list[str]:
    """The names that a text mentions as ``@name``, each once, in order; what stands in code or in a link does not count."""
    if "@" not in text:
        return []
    found: dict[str, None] = {}
    for token in _markdown().parse(text):
        plain = "".join(_PLAIN.get(child.type, child.content) for child in token.children or ())
        found |= dict.fromkeys(_MENTION.findall(plain))
    return list(found)


@cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
