"""What a record shows besides its fields: a tree of classes, a footprint on the sky."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets.dashboard._view import Page, note

__all__ = ["footprint", "taxonomy_tree"]

_SIDE = 260
_MARGIN = 1.08


def taxonomy_tree(page: Page, record: Mapping[str, Any]) -> widgets.Widget:
    """The classes of a taxonomy as a tree that unfolds."""
    return widgets.HTML(
        f'<div style="font-size:13px;max-width:720px">{_branch(record["hierarchy"], unfolded=True)}</div>'
    )


def _branch(node: Mapping[str, Any], unfolded: bool = False) -> str:
    name = escape(str(node.get("class", "")))
    others = node.get("other names") or node.get("aliases") or ()
    also = f' <span style="opacity:.7">({escape(", ".join(map(str, others)))})</span>' if others else ""
    below = node.get("subclasses") or ()
    if not below:
        return f'<div style="margin-left:18px">{name}{also}</div>'
    inner = "".join(_branch(child) for child in below)
    return (
        f'<details style="margin-left:6px"{" open" if unfolded else ""}><summary>{name}{also}</summary>'
        f'<div style="margin-left:12px">{inner}</div></details>'
    )


def footprint(page: Page, record: Mapping[str, Any]) -> widgets.Widget:
    """What an instrument sees at once, north up and east left, and how many fields it has."""
    try:
        seen = page.sky.instruments.footprint(record["name"])
        fields = len(page.sky.instruments.fields(record["name"]))
    except SkyhubError as error:
        return widgets.HTML(note(error.message))
    words = f"{seen['area']:.3g} deg² at once, within {seen['radius']:.3g} deg of its centre; {fields} fields."
    return widgets.HTML(f"{_drawing(seen['polygons'], seen['radius'])}{note(words)}")


def _drawing(polygons: Sequence[Sequence[Sequence[float]]], radius: float) -> str:
    scale = _SIDE / 2 / (radius * _MARGIN)

    def path(polygon: Sequence[Sequence[float]]) -> str:
        points = " ".join(f"{_SIDE / 2 - x * scale:.2f},{_SIDE / 2 - y * scale:.2f}" for x, y in polygon)
        return f'<polygon points="{points}" fill="currentColor" fill-opacity=".18" stroke="currentColor"/>'

    shapes = "".join(path(polygon) for polygon in polygons)
    return (
        f'<svg viewBox="0 0 {_SIDE} {_SIDE}" width="{_SIDE}" height="{_SIDE}" role="img" '
        f'aria-label="Footprint, north up, east left">{shapes}'
        f'<text x="{_SIDE / 2}" y="11" font-size="11" text-anchor="middle" fill="currentColor">N</text>'
        f'<text x="3" y="{_SIDE / 2 + 4}" font-size="11" fill="currentColor">E</text></svg>'
    )
