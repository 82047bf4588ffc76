"""Pages for paper: what is written stands in the PDF, and nothing that others wrote reaches files, network or the template."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import nbformat
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skyhub.errors import InvalidInput, Unavailable
from skyhub.paper import FACTS_MIME, TEXT_MIME, Labels, _print, pdf_of_notebook, pdf_of_text
from skyhub.paper._html import blocks_of_html
from skyhub.paper._images import image_of_svg
from skyhub.paper._notebook import blocks_of_notebook

MADE_AT = datetime(2026, 11, 22, 16, 0, 1, 250, tzinfo=UTC)
LABELS = Labels("A title", (("Parameters", "a = 1"),), "run-7 · as of 2026-11-22", "SHA-256: 12ab", MADE_AT)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="40">{}</svg>'
)


def _notebook(*html: str, **data: Any) -> dict[str, Any]:
    outputs = [nbformat.v4.new_output("display_data", {"text/html": one}) for one in html]
    outputs += [nbformat.v4.new_output("display_data", data)] if data else []
    cells = [
        nbformat.v4.new_markdown_cell("# What it is for"),
        nbformat.v4.new_markdown_cell("### A *heading*\n\nSome `code`, <b>bold</b>.\n\n- one\n- two"),
        nbformat.v4.new_code_cell("1 / 0", outputs=outputs),
    ]
    return json.loads(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))  # type: ignore[no-any-return]


def _pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def _said(blocks: list[dict[str, Any]]) -> str:
    return "".join(run["text"] for block in blocks for run in block.get("runs", ()))


def test_what_is_no_notebook_is_refused() -> None:
    for content in (b"", b"[]", b"{}", b"\xff", b'{"cells": [1]}'):
        with pytest.raises(InvalidInput, match="no PDF can be made of A title"):
            pdf_of_notebook(content, LABELS)


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_print, "MOST_BYTES", 10)
    with pytest.raises(InvalidInput, match="11 bytes: a PDF is made of at most 10"):
        pdf_of_text("x" * 11, LABELS)


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_print, "find_spec", lambda name: None)
    with pytest.raises(Unavailable, match="pip install typst"):
        pdf_of_text("x", LABELS)


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_print, "_SECONDS", 0.0)
    with pytest.raises(Unavailable, match="it took more than 0 s"):
        pdf_of_text("x\n" * 20_000, LABELS)


def test_a_notebook_as_pages() -> None:
    rows = "".join(f"<tr><td>{n}</td><td>{n * 0.5:.2f} ± 0.01</td></tr>" for n in range(150))
    table = (
        f"<table><caption>Points</caption><thead><tr><th>mjd</th><th>mag</th></tr></thead><tbody>{rows}</tbody></table>"
    )
    png = io.BytesIO()
    Image.new("L", (6, 6), 128).save(png, "PNG")
    image = f'<img alt="a" src="data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}">'
    notebook = _notebook(table, image, SVG.format('<text x="1" y="20">drawn</text>'))
    pages = _pages(pdf_of_notebook(json.dumps(notebook).encode(), LABELS))
    assert 2 <= len(pages) <= 4
    for number, page in enumerate(pages, 1):
        assert f"page {number} of {len(pages)}" in page
        assert "run-7 · as of 2026-11-22" in page
        assert "SHA-256: 12ab" in page
    whole = "\n".join(pages)
    assert all(f"{n * 0.5:.2f} ± 0.01" in whole for n in range(150))
    assert whole.count("mjd") == sum("± 0.01" in page for page in pages)  # the head stands on each page of the table
    assert "A heading" in whole
    assert "<b>bold</b>" in whole
    assert "1 / 0" not in whole
    assert "What it is for" not in whole


def test_facts_are_left_out_and_text_stands_as_it_is() -> None:
    said = _notebook(**{TEXT_MIME: {"text": "SUBJECT: x\n\n  a | b"}, "text/plain": "other"})
    assert {"kind": "pre", "text": "SUBJECT: x\n\n  a | b", "failed": False} in blocks_of_notebook(said)
    assert not [
        b for b in blocks_of_notebook(_notebook(**{FACTS_MIME: {"a": 1}, "text/plain": "fact"})) if "fact" in str(b)
    ]


def test_a_cell_that_failed_is_told() -> None:
    notebook = _notebook()
    notebook["cells"][2]["outputs"] = [{"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}]
    assert blocks_of_notebook(notebook)[-1] == {"kind": "pre", "text": "ValueError: no", "failed": True}


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def _attacks(origin: str, secret: Path) -> list[str]:
    drawn = [
        f'<image href="{origin}/a.png" width="9" height="9"/>',
        f'<image xlink:href="file://{secret}" width="9" height="9"/>',
        f'<image xlink:href="{secret}" width="9" height="9"/>',
        f'<use href="{origin}/b.svg#x"/>',
        f'<style>@import url({origin}/c.css); @font-face {{ src: url("{origin}/d.ttf") }}</style>',
        f'<rect width="9" height="9" fill="url({origin}/e.svg#x)" style="filter:url(\'{origin}/f.svg#x\')"/>',
        f"<script>fetch('{origin}/g')</script><foreignObject><iframe src='{origin}/h'/></foreignObject>",
    ]
    entity = f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{secret}">]>{SVG.format("<text>&x;</text>")}'
    plain = [
        f'<img src="{origin}/i.png"><img src="file://{secret}"><img src="{secret}" srcset="{origin}/j.png 1x">',
        f'<link rel="stylesheet" href="{origin}/k.css"><style>body{{background:url({origin}/l.png)}}</style>',
        f'<iframe src="file://{secret}"></iframe><object data="{secret}"></object><embed src="{origin}/m">',
        f'<p style="background:url({origin}/n.png)">#read("{secret}") #image("{secret}") $x$ #eval("1")</p>',
        f'#import "@preview/x:1.0.0" {chr(34)} )) #read("{secret}") //',
        f'<img src="data:image/svg+xml;base64,{base64.b64encode(SVG.format(drawn[0]).encode()).decode()}">',
        f'<a href="file://{secret}">a link</a>',
    ]
    return [*map(SVG.format, drawn), entity, *plain]


def test_nothing_is_fetched_or_read(tmp_path: Path, listener: tuple[str, list[str]]) -> None:
    origin, asked = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret-itself")
    attacks = _attacks(origin, secret)
    whole = "\n".join(_pages(pdf_of_notebook(json.dumps(_notebook(*attacks)).encode(), LABELS)))
    assert asked == []
    assert "the-secret-itself" not in whole
    assert "#read(" in whole
    for attack in attacks:
        kept = [image["svg"] for block in blocks_of_html(attack) for image in block.get("images", ())]
        assert not [svg for svg in kept if origin in svg or str(secret) in svg], attack


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_text_that_speaks_to_the_template_is_text(tmp_path: Path, form: Any) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret-itself")
    labels = Labels(f'#read("{secret}")', footer=f'#read("{secret}") \\ */')
    whole = "\n".join(_pages(pdf_of_text(f'"]) #read("{secret}")\n![a](file://{secret})', labels, form)))
    assert "the-secret-itself" not in whole
    assert whole.count("#read(") == 3


def test_what_is_drawn_keeps_its_colours() -> None:
    drawn = '<path id="p" fill="var(--skyhub-line, #1b7f4d)"/><use xlink:href="#p" style="stroke: var(--x)"/>'
    found = image_of_svg(SVG.format(drawn))
    assert found is not None
    svg, width = found
    assert 'fill="#1b7f4d"' in svg
    assert 'xlink:href="#p"' in svg
    assert "currentColor" in svg
    assert width == 30.0
    assert image_of_svg("<svg><p>") is None
    assert image_of_svg("<html/>") is None


def test_images_stand_side_by_side_with_their_captions() -> None:
    figure = f"<figure>{SVG.format('')}<figcaption>Science</figcaption></figure>"
    [block] = blocks_of_html(f"<div>{figure}{figure}</div>")
    assert [(one["caption"], one["width"]) for one in block["images"]] == [("Science", 30.0)] * 2


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60))
def test_what_is_said_is_told(text: str) -> None:
    assert _said(blocks_of_html(f"<p>{escape(text)}</p>")).split() == text.split()


@given(
    st.lists(
        st.sampled_from(
            ["<td>", "<table>", "</tr>", "<b", "<svg", "</svg>", "<li>", "<ul>", "x", "&", "\0", "<p>", "'>"]
        )
    )
)
def test_any_markup_is_read(parts: list[str]) -> None:
    for block in blocks_of_html("".join(parts)):
        assert block["kind"] in ("heading", "paragraph", "pre", "images", "table")
