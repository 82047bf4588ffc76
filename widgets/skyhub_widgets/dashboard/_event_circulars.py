"""Circulars about an event, as far as they are here: a table, and the one that was opened."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._published import PublishedCircular
from skyhub_widgets.dashboard._view import Page, alert, stack

__all__ = ["EventCirculars"]

_MOST = 1000
_BY = {"subject": "its subject", "burst": "the burst's name", "mentioned": "its text"}
_COLUMNS: list[dict[str, Any]] = [
    {"field": "number", "title": "GCN Circ.", "kind": "integer"},
    {"field": "created_at", "title": "Published", "unit": "UTC", "kind": "time"},
    {"field": "subject", "title": "Subject"},
    {"field": "submitter", "title": "By"},
    {"field": "linked_by", "title": "Known by", "description": "Where the event is named"},
]


class EventCirculars:
    """The circulars that others published about an event.

    Parameters
    ----------
    page
        The page that it is on.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._event = page, ""
        self._as_of: str | None = None
        self._table = RecordTable(
            columns=_COLUMNS, id_field="number", table_key="event-circulars", page_size=10,
            empty_text="No circular about it is here.",
        )  # fmt: skip
        self._table.on_click(lambda number: self._opened.show(int(number), self._as_of))
        self._opened, self._message = PublishedCircular(page), widgets.HTML()
        self.box = stack(self._message, self._table, self._opened.box)

    def show(self, event: str, as_of: str | None) -> None:
        """List those about an event that were known at a time; one that is open of another event or time is put away."""
        if (event, as_of) != (self._event, self._as_of):
            self._opened.hide()
        self._event, self._as_of = event, as_of
        try:
            found = self._page.sky.published_circulars(event=event, limit=_MOST, as_of=as_of).to_rows()
        except SkyhubError as error:
            self._message.value, self._table.records = alert(error.message), []
            return
        self._message.value = ""
        self._table.records = [_row(one) for one in found]


def _row(one: dict[str, Any]) -> dict[str, Any]:
    created = one["created_at"]
    return {
        "number": one["number"],
        "created_at": created and created.isoformat(),
        "subject": one["subject"],
        "submitter": one["submitter"].partition("<")[0].strip(),
        "linked_by": _BY[one["linked_by"]],
    }
