"""Sources: what the viewer's groups have saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._columns import OBJECT_AND_POSITION
from skyhub_widgets.dashboard._view import Page, heading

__all__ = ["SourcesView"]

_COLUMNS: list[dict[str, Any]] = [
    *OBJECT_AND_POSITION,
    {"field": "groups", "title": "Groups"},
    {"field": "saved_by", "title": "Saved by"},
    {"field": "saved_at", "title": "Saved at", "unit": "UTC", "kind": "time"},
]


class SourcesView:
    """The list of sources.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._table = RecordTable(
            columns=_COLUMNS,
            id_field="object_id",
            table_key="sources",
            empty_text="No sources yet: save candidates in Scan.",
        )
        self._table.on_click(lambda object_id: page.go("source", object_id=object_id))
        self.box = widgets.VBox([heading("Sources"), self._table])

    def show(self, params: Mapping[str, str]) -> None:
        """List them anew."""
        self._table.records = _by_object(self._page.sky.sources().to_rows())

    def hear(self, event: Mapping[str, Any]) -> None:
        """A decision may have made or ended a source."""
        if event["kind"] == "decision":
            self.show({})


def _by_object(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per object, with the groups that saved it; what was saved last comes first."""
    objects: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = objects.setdefault(row["object_id"], {**row, "groups": []})
        known["groups"].append(row["group"])
    return [{**row, "groups": ", ".join(sorted(row["groups"]))} for row in objects.values()]
