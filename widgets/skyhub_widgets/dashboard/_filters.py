"""Filters: what makes candidates of alerts; written, tried, taken live and off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._filter_detail import FilterDetail
from skyhub_widgets.dashboard._filter_editor import FilterEditor
from skyhub_widgets.dashboard._filter_texts import percent
from skyhub_widgets.dashboard._view import Page, button, header, may, note, stack

__all__ = ["FiltersView"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "title": "Filter"},
    {"field": "state", "title": "State"},
    {"field": "n_passed", "title": "Passed", "kind": "integer", "description": "Alerts of the newest night"},
    {"field": "n_objects", "title": "Objects", "kind": "integer"},
    {"field": "percent", "title": "Of all"},
    {
        "field": "n_faults",
        "title": "Faults",
        "kind": "integer",
        "description": "Alerts on which it could not be computed",
    },
    {"field": "group", "title": "Group"},
    {"field": "survey", "title": "Survey"},
    {"field": "newest_version", "title": "Newest version", "kind": "integer"},
    {"field": "author", "title": "Author"},
    {"field": "live_since", "title": "Live since", "unit": "UTC", "kind": "time"},
]


class FiltersView:
    """The page of filters.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._params: dict[str, str] = {}
        self._night = ""
        self._text, self._detail = widgets.HTML(), widgets.VBox()
        self._table = RecordTable(
            columns=_COLUMNS, id_field="filter_id", table_key="filters", empty_text="No filters yet."
        )
        self._table.on_click(lambda number: page.go("filters", id=number))
        add = button("+ Write a filter", lambda: page.go("filters", id="new"))
        add.layout.display = None if self._may("save") and (page.me["groups"] or self._may("administer")) else "none"
        self._list = stack(self._text, add, self._table)
        self._all = button("← All filters", lambda: page.go("filters"))
        up = button("← Library", lambda: page.go("library"))
        self.box = widgets.VBox([header("Filters", up, self._all), self._list, self._detail])

    def show(self, params: Mapping[str, str]) -> None:
        """List them anew, or show the one whose ``id`` is in the address (``new``, or with ``edit``: its editor)."""
        self._params = dict(params)
        number = params.get("id", "")
        if not number or not self._night:
            self._refresh()
        detail: tuple[widgets.Widget, ...] = ()
        if number == "new":
            detail = (FilterEditor(self._page, None, self._night, self._open).box,)
        elif number:
            known = self._page.sky.filters.get(number)
            detail = (self._shown(known, bool(params.get("edit"))),)
        self._detail.children = detail
        self._list.layout.display = "none" if detail else None
        self._all.layout.display = None if detail else "none"

    def hear(self, event: Mapping[str, Any]) -> None:
        """Somebody wrote a filter or took one live, or alerts have passed; what is being written is left alone."""
        if self.box.layout.display == "none" or self._params.get("edit") or self._params.get("id") == "new":
            return
        if event["kind"] == "filters" and event.get("user") != self._page.me["name"]:
            self.show(self._params)
        elif event["kind"] == "candidates" and not self._params.get("id"):
            self._refresh()

    def _refresh(self) -> None:
        told = self._page.sky.filters.passes()
        self._night = told["dayobs"] or ""
        passes = {row["filter_id"]: row for row in told["filters"]}
        rows = [{**row, **passes.get(row["filter_id"], {})} for row in self._page.sky.filters.list(every=True)]
        self._table.records = [
            {**row, "group": row["group"] or "everybody", "state": _state(row), "percent": percent(row["fraction"])}
            for row in rows
        ]
        night = self._night or "none yet"
        self._text.value = note(f"What makes candidates of alerts. Counts are those of the newest night: {night}.")

    def _shown(self, known: Mapping[str, Any], editing: bool) -> widgets.Widget:
        number = known["filter_id"]
        if editing:
            return FilterEditor(self._page, known, self._night, self._open).box
        mine = known["group"] in self._page.me["groups"] or self._may("administer")

        def edit() -> None:
            self._page.go("filters", id=number, edit="1")

        return FilterDetail(self._page, known, mine and self._may("save"), edit, lambda: self.show({"id": number})).box

    def _open(self, known: Mapping[str, Any]) -> None:
        self._page.go("filters", id=known["filter_id"])

    def _may(self, scope: str) -> bool:
        return may(self._page, scope)


def _state(row: Mapping[str, Any]) -> str:
    if not row["live"]:
        return "not live"
    return "failing" if row.get("failing") else f"version {row['version']} live"
