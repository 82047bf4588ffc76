"""Events of the sky: the list, and one event of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._event import EventPanel
from skyhub_widgets.dashboard._fields import words_of
from skyhub_widgets.dashboard._view import Page, alert, button, header, row, stack

__all__ = ["EventsView"]

_ANY = "any"
_COLUMNS: list[dict[str, Any]] = [
    {"field": "event", "title": "Event", "unit": "UTC"},
    {"field": "names", "title": "Names"},
    {"field": "tags", "title": "Tags"},
    {"field": "per_year", "title": "False alarms", "unit": "1/yr", "kind": "number", "digits": 6},
    {"field": "retracted", "title": "Retracted", "kind": "boolean"},
    {"field": "n_notices", "title": "Notices", "kind": "integer"},
    {"field": "missions", "title": "By"},
    {"field": "role", "title": "Role", "hidden": True},
]
_YEAR = 31_557_600.0
_LISTED = {"events", "counterparts"}
"""Kinds of live changes after which there may be more to list,"""
_SAID = {"comments", "advocates", "event_triggers"}
"""and after which one event alone may have more to tell."""
_PUBLISHED = {"published_circulars", "circular_statuses"}
"""Circulars have come, which may be about any event, or something is said of one."""


class EventsView:
    """The page of events.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._name = page, ""
        self._message = widgets.HTML()
        self._role = _choice("Role", ["observation", "mock", "test", _ANY])
        self._tag = widgets.Text(description="Tags", placeholder="such as GW, BNS", continuous_update=False)
        self._retracted = _choice("Retracted", [_ANY, "no", "yes"])
        for control in (self._role, self._tag, self._retracted):
            control.observe(lambda _: self._refresh(), "value")
        self._table = RecordTable(
            columns=_COLUMNS, id_field="event_id", table_key="events", empty_text="No event is like that."
        )
        self._table.on_click(lambda number: page.go("events", event=self._events[number]))
        self._events: dict[str, str] = {}
        self._list = stack(row(self._role, self._tag, self._retracted), self._table)
        self._panel = EventPanel(page)
        self._all = button("← All events", lambda: page.go("events"))
        self.box = widgets.VBox([header("Events", self._all), self._message, self._list, self._panel.box])

    def show(self, params: Mapping[str, str]) -> None:
        """List them, or show the ``event`` of the address (with its ``localization`` and ``level``)."""
        self._name = params.get("event", "")
        self._list.layout.display = "none" if self._name else None
        self._panel.box.layout.display = self._all.layout.display = None if self._name else "none"
        if self._name:
            self._panel.show(self._name, params)
        else:
            self._refresh()

    def hear(self, event: Mapping[str, Any]) -> None:
        """A notice or a circular has come, or somebody has said what an object is held for."""
        kind = event["kind"]
        if kind not in _LISTED | _SAID | _PUBLISHED or self.box.layout.display == "none":
            return
        if kind in _PUBLISHED:
            if self._name:
                self._panel.refresh_circulars()
            return
        if self._name and not self._panel.is_about(event):
            return
        if kind in _LISTED:
            self._panel.refresh(talk=False) if self._name else self._refresh()
        elif self._name:
            self._panel.refresh_talk()

    def _refresh(self) -> None:
        roles = ["observation", "mock", "test", "utility"] if self._role.value == _ANY else [self._role.value]
        tags, retracted = words_of(self._tag.value), {_ANY: None, "no": False, "yes": True}[self._retracted.value]
        try:
            rows = self._page.sky.events(roles=roles, tags=tags, retracted=retracted, limit=1000).to_rows()
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._message.value = ""
        self._events = {str(record["event_id"]): _address(record) for record in rows}
        self._table.records = [_row(record) for record in rows]


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    names = [alias.partition("#")[2] for alias in record["aliases"]]
    texts = {"names": ", ".join(names), "tags": ", ".join(record["tags"]), "missions": ", ".join(record["missions"])}
    kept = {name: record[name] for name in ("event", "role", "retracted", "n_notices")}
    far = record["far"]
    return {**kept, **texts, "event_id": str(record["event_id"]), "per_year": None if far is None else far * _YEAR}


def _address(record: Mapping[str, Any]) -> str:
    """How the event is called in the address: by a name of its own, which no other event of the second has."""
    return str(next(iter(record["aliases"]), record["event"]))


def _choice(label: str, options: list[str]) -> widgets.Dropdown:
    return widgets.Dropdown(description=label, options=options, layout=widgets.Layout(width="240px"))
