"""One circular that was published: its text, the numbers that were read in it, and a form to take a magnitude over."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from textwrap import shorten
from typing import Any

import ipywidgets as widgets
from skyhub.circulars import time_in
from skyhub.errors import SkyhubError

from skyhub_widgets._form import Form, form_from_schema
from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._view import Page, alert, button, may, note, row, stack

__all__ = ["PublishedCircular"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "kind", "title": "What"},
    {"field": "value", "title": "Read"},
    {"field": "filter", "title": "Filter"},
    {"field": "sentence", "title": "Sentence"},
    {"field": "confirmed", "title": "Confirmed of"},
]
_POINT: dict[str, dict[str, Any]] = {
    "object_id": {"type": "string", "title": "Object"},
    "time": {"type": "string", "title": "Time (UTC)", "description": "As 2023-08-13T04:26:55, or MJD"},
    "filter": {"type": "string", "title": "Bandpass", "description": "As sdssr, bessellr or ztfg"},
    "mag": {"type": "number", "title": "Magnitude"},
    "magerr": {"type": "number", "title": "Error", "default": None, "minimum": 0},
    "is_limit": {"type": "boolean", "title": "Upper limit", "default": False},
    "magsys": {"type": "string", "title": "System", "enum": ["ab", "vega"], "default": "ab"},
    "telescope": {"type": "string", "title": "Telescope", "default": None},
    "groups": {
        "type": "list", "title": "Groups", "default": [],
        "description": "Who shall see the point; empty: those of your groups that see the object",
    },
}  # fmt: skip
_LONGEST = 90
"""Characters of a sentence in the table; the whole one stands above the form."""
_TEXT_STYLE = "white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px;max-height:420px;overflow:auto;margin:4px 0"


class PublishedCircular:
    """A circular that was opened; hidden until then.

    Parameters
    ----------
    page
        The page that it is on.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._number, self._reading = page, 0, ""
        self._as_of: str | None = None
        self._readings: dict[str, dict[str, Any]] = {}
        self._text, self._message, self._chosen = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._table = RecordTable(
            columns=_COLUMNS, id_field="circular_reading_id", table_key="circular-readings", page_size=10,
            empty_text="No position, redshift or magnitude was read in it.",
        )  # fmt: skip
        self._table.on_click(self._choose)
        self._form: Form = form_from_schema(_POINT, submit="Confirm", folded=("magsys", "telescope", "groups"))
        self._form.on_submit(self._confirm)
        self._sources = row()
        self._asked = stack(self._chosen, self._form)
        self.box = stack(self._text, button("Close", self.hide), self._table, self._sources, self._message, self._asked)
        self.hide()

    def show(self, number: int, as_of: str | None) -> None:
        """Open a circular as it was known at a time."""
        self._number, self._as_of = number, as_of
        self._asked.layout.display, self._message.value, self._sources.children = "none", "", ()
        self.box.layout.display = None
        self._read()

    def hide(self) -> None:
        """Put it away."""
        self._number, self.box.layout.display = 0, "none"

    def _read(self) -> None:
        try:
            circular = self._page.sky.published_circulars.get(self._number, as_of=self._as_of)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._text.value = _html(circular)
        self._readings = {str(one["circular_reading_id"]): one for one in circular["readings"]}
        self._table.records = [_row(one) for one in circular["readings"]]

    def _choose(self, number: str) -> None:
        """Ask of a magnitude what else is needed; objects that it is confirmed of are offered."""
        reading = self._readings[number]
        self._message.value = ""
        self._sources.children = tuple(self._source_button(name) for name in reading["confirmed"])
        writes = reading["kind"] == "magnitude" and self._as_of is None and may(self._page, "upload")
        self._asked.layout.display = None if writes else "none"
        if writes:
            self._reading = number
            self._chosen.value = note(f"Reading {number}: {reading['sentence']}")
            told = {
                name: reading[name] for name in ("filter", "mag", "magerr", "is_limit") if reading[name] is not None
            }
            time = time_in(reading["sentence"])
            self._form.fill(**{"magerr": None, "time": "" if time is None else f"{time:.6f}", **told})

    def _source_button(self, object_id: str) -> widgets.Button:
        return button(object_id, lambda: self._page.go("source", object_id=object_id))

    def _confirm(self, values: Mapping[str, Any]) -> None:
        said = {name: value for name, value in values.items() if value not in (None, "", [])}
        place = [said.pop(name) for name in ("object_id", "time", "filter")]
        try:
            point = self._page.sky.published_circulars.confirm(self._reading, *place, **said)
        except SkyhubError as error:
            if not self._form.refuse(error.where, error.message):
                self._message.value = alert(error.message)
            return
        self._read()
        self._choose(self._reading)
        self._asked.layout.display = "none"
        self._message.value = note(f"{point['object_id']} has a point of {point['origin']} now.")


def _html(circular: Mapping[str, Any]) -> str:
    number = circular["number"]
    link = f'<a href="https://gcn.nasa.gov/circulars/{number}" target="_blank" rel="noopener noreferrer">GCN Circ. {number}</a>'
    head = f"<h3 style='margin:4px 0'>{escape(circular['subject'])}</h3>"
    said = (
        f" · {circular['status']}" + (f": {circular['reason']}" if circular["reason"] else "")
        if circular["status"]
        else ""
    )
    told = f"{circular['submitter'].partition('<')[0].strip()} · {(circular['created_at'] or '')[:16].replace('T', ' ')} UTC{said}"
    return f"{head}<p style='margin:4px 0'>{link}</p>{note(told)}<pre style='{_TEXT_STYLE}'>{escape(circular['body'])}</pre>"


def _row(reading: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "circular_reading_id": str(reading["circular_reading_id"]),
        "kind": reading["kind"],
        "value": _value(reading),
        "filter": reading["filter"],
        "sentence": shorten(reading["sentence"], _LONGEST, placeholder=" …"),
        "confirmed": ", ".join(reading["confirmed"]),
    }


def _value(reading: Mapping[str, Any]) -> str:
    if reading["kind"] == "position":
        return f"{reading['ra']:.5f}, {reading['dec']:+.5f} deg"
    if reading["kind"] == "redshift":
        return f"z {reading['relation']} {reading['redshift']:g}"
    error = "" if reading["magerr"] is None else f" ± {reading['magerr']:g}"
    return f"{'> ' if reading['is_limit'] else ''}{reading['mag']:g}{error} mag"
