"""What a record shows besides its fields: a tree of classes, a footprint, what is near a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.client import SkyTable
from skyhub.errors import SkyhubError

from skyhub_widgets._form import form_from_schema
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._view import Page, alert, heading, note

__all__ = ["footprint", "galaxies_near", "inside_of", "taxonomy_tree"]

_SIDE = 260
_MARGIN = 1.08


def galaxies_near(page: Page, record: Mapping[str, Any]) -> widgets.Widget:
    """Galaxies of a catalogue near a place."""
    places = {
        "ra": {"type": "number", "title": "Right ascension (deg)", "minimum": 0, "maximum": 360},
        "dec": {"type": "number", "title": "Declination (deg)", "minimum": -90, "maximum": 90},
        "radius": {"type": "number", "title": "Radius (arcsec)", "default": 600},
    }
    return _search(
        places,
        lambda v: page.sky.galaxies(cone=(v["ra"], v["dec"], v["radius"]), catalog=record["name"]),
        "There is no galaxy of this catalogue within the radius.",
    )


def inside_of(page: Page, record: Mapping[str, Any]) -> widgets.Widget:
    """Entries of a spatial catalogue in which a place lies."""
    places = {
        "ra": {"type": "number", "title": "Right ascension (deg)", "minimum": 0, "maximum": 360},
        "dec": {"type": "number", "title": "Declination (deg)", "minimum": -90, "maximum": 90},
    }
    return _search(
        places,
        lambda v: page.sky.catalogs.inside(v["ra"], v["dec"], catalog=record["name"]),
        "The place lies in no entry of this catalogue.",
    )


def _search(
    places: Mapping[str, Mapping[str, Any]], find: Callable[[dict[str, Any]], SkyTable], nothing: str
) -> widgets.Widget:
    form, found = form_from_schema(places, submit="Find"), widgets.VBox()

    def look(values: dict[str, Any]) -> None:
        try:
            rows = find(values).to_rows()
            found.children = (RecordTable(rows, table_key="places"),) if rows else (widgets.HTML(note(nothing)),)
        except SkyhubError as error:
            found.children = (widgets.HTML(alert(error.message)),)

    form.on_submit(look)
    form.layout.max_width = "420px"
    return widgets.VBox([heading("Find by place"), form, found])


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
