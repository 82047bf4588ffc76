"""Objects with light curves like that of the one that is shown."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
from skyhub.errors import InvalidInput

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._columns import OBJECT_AND_POSITION
from skyhub_widgets.dashboard._view import Page, note, stack

__all__ = ["similar_panel"]


def _number(field: str, title: str, unit: str = "", digits: int | None = None) -> dict[str, Any]:
    kind = "integer" if digits is None else "number"
    return {"field": field, "title": title, "unit": unit, "kind": kind, "digits": digits}


_COLUMNS = [
    OBJECT_AND_POSITION[0],
    {**_number("distance", "Distance", "", 2), "description": "0 is the same, 1 the scatter of all objects"},
    _number("n_shared", "Compared in"),
    _number("n_detections", "Detections"),
    _number("peak_mag", "Peak", "AB", 2),
    _number("rise_rate", "Rise", "mag/day", 3),
    _number("decay_rate", "Fading", "mag/day", 3),
    _number("g_r", "g − r", "mag", 2),
    *OBJECT_AND_POSITION[1:],
]


def similar_panel(page: Page, object_id: str) -> widgets.Widget:
    """The most similar objects that the viewer may see; a click leads to one.

    Parameters
    ----------
    page
        The page.
    object_id
        The object that they are compared with.
    """
    try:
        found = page.sky.search.similar(object_id)
    except InvalidInput as error:
        return widgets.HTML(note(error.message))
    table = RecordTable(
        found.to_rows(), _COLUMNS, id_field="object_id", table_key="similar", page_size=10, empty_text="There is none."
    )
    table.on_click(lambda name: page.go("source", object_id=name))
    return stack(widgets.HTML(note("By light curve: brightness, duration, scatter, rise, fading and colour.")), table)
