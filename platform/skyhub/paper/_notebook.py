"""An executed notebook as parts of a page: its Markdown and outputs, without its code and without what it says of itself."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import mistune

from skyhub.paper._blocks import Block, image, paragraph, plain, preformatted, rows_of_images
from skyhub.paper._html import blocks_of_html
from skyhub.paper._images import image_of_bytes, image_of_svg
from skyhub.paper._mimes import FACTS_MIME, TEXT_MIME

__all__ = ["blocks_of_markdown", "blocks_of_notebook", "blocks_of_text"]

_WIDGET = "application/vnd.jupyter.widget-view+json"


@cache
def _markdown() -> mistune.Markdown:
    """Kept; HTML within Markdown is text."""
    return mistune.create_markdown(escape=True, plugins=["table", "strikethrough", "url"])


def blocks_of_markdown(text: str) -> list[Block]:
    """The parts of a text in Markdown."""
    return blocks_of_html(str(_markdown()(text)))


def blocks_of_text(text: str) -> list[Block]:
    """A text of several lines as it stands, of one line as a paragraph."""
    if "\n" in text.strip():
        return [preformatted(text)]
    return [paragraph(plain(text.strip()))] if text.strip() else []


def blocks_of_notebook(notebook: Mapping[str, Any]) -> list[Block]:
    """The parts of a notebook, in its order.

    Parameters
    ----------
    notebook
        Version 4. The first cell, which says what the report is for, is left out, as are all cells of code.
    """
    return [block for number, cell in enumerate(notebook["cells"]) for block in _cell(cell, number)]


def _cell(cell: Mapping[str, Any], number: int) -> Iterator[Block]:
    if cell["cell_type"] == "markdown" and number:
        yield from blocks_of_markdown(_joined(cell["source"]))
    for output in cell.get("outputs", ()):
        yield from _output(output)


def _output(output: Mapping[str, Any]) -> list[Block]:
    if output["output_type"] == "error":
        return [preformatted(f"{output['ename']}: {output['evalue']}", failed=True)]
    if output["output_type"] == "stream":
        return blocks_of_text(_joined(output["text"])) if output["name"] == "stdout" else []
    data = output.get("data", {})
    if TEXT_MIME in data:
        return blocks_of_text(str(data[TEXT_MIME].get("text", "")))
    if FACTS_MIME in data or _WIDGET in data:
        return []
    if "text/html" in data:
        return blocks_of_html(_joined(data["text/html"]))
    if "text/markdown" in data:
        return blocks_of_markdown(_joined(data["text/markdown"]))
    return _picture(data) or blocks_of_text(_joined(data.get("text/plain", "")))


def _picture(data: Mapping[str, Any]) -> list[Block]:
    found = image_of_svg(_joined(data["image/svg+xml"])) if "image/svg+xml" in data else None
    for kind in ("image/png", "image/jpeg"):
        if found is None and kind in data:
            try:
                found = image_of_bytes(b64decode(_joined(data[kind])))
            except (Error, ValueError):
                continue
    return rows_of_images([image(*found, alt="")]) if found else []


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)
