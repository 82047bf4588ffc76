"""The galaxies inside an event's localization, ranked by probability times mass, and how complete the catalogue is there."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
from skyhub.client import SkyTable

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._view import note, stack

__all__ = ["GalaxyPanel"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "title": "Galaxy"},
    {"field": "catalog", "title": "Catalogue"},
    {"field": "percent", "title": "Share", "unit": "%", "kind": "number", "digits": 2,
     "description": "Probability times stellar mass, of the sum over all inside"},
    {"field": "distance", "title": "Distance", "unit": "Mpc", "kind": "number", "digits": 1},
    {"field": "log_mass", "title": "log mass", "unit": "M☉", "kind": "number", "digits": 2},
    {"field": "mag_b", "title": "B", "unit": "mag", "kind": "number", "digits": 2},
    {"field": "level", "title": "Level 2-D", "kind": "number", "digits": 3},
    {"field": "level_volume", "title": "Level 3-D", "kind": "number", "digits": 3},
    {"field": "ra", "title": "RA", "unit": "deg", "kind": "number", "digits": 5},
    {"field": "dec", "title": "Dec", "unit": "deg", "kind": "number", "digits": 5},
]  # fmt: skip


class GalaxyPanel:
    """A table of galaxies, and a line about all of them."""

    def __init__(self) -> None:
        self._told = widgets.HTML()
        self._table = RecordTable(
            columns=_COLUMNS, id_field="galaxy_id", table_key="event-galaxies", page_size=10,
            empty_text="No galaxy of a catalogue lies inside.",
        )  # fmt: skip
        self.box = stack(self._told, self._table)

    def show(self, found: SkyTable | None) -> list[dict[str, Any]]:
        """Show galaxies as `sky.events.galaxies` gives them, and return their rows; none without a localization."""
        rows: list[dict[str, Any]] = []
        about: dict[str, str] = {}
        if found is not None:
            rows = found.to_rows()
            told = found.arrow.schema.metadata or {}
            about = {name.decode(): value.decode() for name, value in told.items()}
        self._table.records = [
            {**one, "galaxy_id": str(one["galaxy_id"]), "percent": 100 * one["share"]} for one in rows
        ]
        self._told.value = note(_said(about, len(rows)))
        return rows


def _said(about: dict[str, str], shown: int) -> str:
    if not about:
        return "Galaxies are looked for inside a localization: none has come yet."
    count = int(about["total"])
    told = f"{count:,} galaxies inside" + (f", the first {shown} are shown" if count > shown else "")
    if complete := about.get("completeness"):
        told += f". In the volume of the level they have {float(complete):.0%} of the blue light that is expected there"
    return f"{told}."
