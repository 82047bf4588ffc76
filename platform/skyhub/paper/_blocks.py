"""The parts of a page: what is left of HTML, Markdown and outputs of notebooks when nothing is fetched and nothing runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["Block", "heading", "image", "paragraph", "plain", "preformatted", "rows_of_images", "table"]

Block = dict[str, Any]
"""A part as the template takes it: its ``kind``, and what that has."""


def plain(text: str) -> list[dict[str, Any]]:
    """One run of text without a style."""
    return [{"text": text}]


def heading(level: int, runs: list[dict[str, Any]]) -> Block:
    """A heading; the title of the document is level 0."""
    return {"kind": "heading", "level": level, "runs": runs}


def paragraph(runs: list[dict[str, Any]], indent: int = 0, mark: str = "") -> Block:
    """A paragraph, or an item of a list with its mark."""
    return {"kind": "paragraph", "runs": runs, "indent": indent, "mark": mark}


def preformatted(text: str, *, failed: bool = False) -> Block:
    """Lines as they are, in letters of one width."""
    return {"kind": "pre", "text": text, "failed": failed}


def image(svg: str, width_pt: float, alt: str, caption: str = "") -> Block:
    """An image as SVG that names nothing outside of it."""
    return {"kind": "image", "svg": svg, "width": width_pt, "alt": alt, "caption": caption}


def table(caption: str, head: list[list[Block]], rows: list[list[list[Block]]]) -> Block:
    """A table; each cell is a list of parts. Rows are filled up to the widest."""
    width = max((len(row) for row in [head, *rows]), default=0)
    filled = [row + [[]] * (width - len(row)) for row in rows]
    return {
        "kind": "table",
        "caption": caption,
        "width": width,
        "head": head + [[]] * (width - len(head)) if head else [],
        "rows": filled,
    }


def rows_of_images(blocks: Iterable[Block]) -> list[Block]:
    """The parts, with images that follow each other side by side."""
    found: list[Block] = []
    for block in blocks:
        if block["kind"] != "image":
            found.append(block)
        elif found and found[-1]["kind"] == "images":
            found[-1]["images"].append(block)
        else:
            found.append({"kind": "images", "images": [block]})
    return found
