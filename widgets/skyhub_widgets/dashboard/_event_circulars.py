"""Circulars about an event, as far as they are here: a table, and the one that was opened."""

from __future__ import annotations

from functools import partial
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._fields import dropdown, text_field
from skyhub_widgets.dashboard._published import PublishedCircular
from skyhub_widgets.dashboard._view import Page, alert, button, may, row, stack

__all__ = ["EventCirculars"]

_MOST = 1000
_STATUSES = ("related", "unrelated", "retracted")
_BY = {"subject": "its subject", "burst": "the burst's name", "mentioned": "its text", "person": "people here"}
_SHOWN: dict[str, tuple[str, ...]] = {
    "All": (),
    "Not unrelated": ("related", "unsaid"),
    "Related": ("related",),
    "Unrelated": ("unrelated",),
    "Retracted": ("retracted",),
    "Nothing said": ("unsaid",),
}
"""What can be listed, and the statuses that it is."""
_COLUMNS: list[dict[str, Any]] = [
    {"field": "number", "title": "GCN Circ.", "kind": "integer"},
    {"field": "created_at", "title": "Published", "unit": "UTC", "kind": "time"},
    {"field": "subject", "title": "Subject"},
    {"field": "submitter", "title": "By"},
    {"field": "status", "title": "Status", "description": "What people say of it"},
    {"field": "reason", "title": "Reason"},
    {"field": "said_by", "title": "Said by", "hidden": True},
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
        self._table.on_click(lambda number: self._open(int(number)))
        self._opened, self._message = PublishedCircular(page), widgets.HTML()
        self._listed = dropdown("Show", [(name, name) for name in _SHOWN])
        self._listed.observe(lambda _: self._read(), "value")
        self._number, self._reason = 0, text_field("Reason", "why it is what it is to the event")
        buttons = [button(status.capitalize(), partial(self._mark, status)) for status in _STATUSES]
        self._said = row(self._reason, *buttons)
        self._said.layout.display = "none"
        self.box = stack(self._listed, self._message, self._table, self._said, self._opened.box)

    def show(self, event: str, as_of: str | None) -> None:
        """List those about an event that were known at a time; one that is open of another event or time is put away."""
        if (event, as_of) != (self._event, self._as_of):
            self._opened.hide()
            self._said.layout.display = "none"
        self._event, self._as_of = event, as_of
        self._read()

    def _open(self, number: int) -> None:
        self._number, self._reason.value = number, ""
        self._reason.description = f"GCN Circ. {number}"
        self._opened.show(number, self._as_of)
        self._said.layout.display = None if self._as_of is None and may(self._page, "save") else "none"

    def _mark(self, status: str) -> None:
        event = None if status == "retracted" else self._event
        try:
            self._page.sky.published_circulars.mark(self._number, status, event, reason=self._reason.value or None)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._read()
        self._opened.show(self._number, self._as_of)

    def _read(self) -> None:
        statuses = _SHOWN[self._listed.value]
        try:
            found = self._page.sky.published_circulars(
                event=self._event, statuses=statuses, limit=_MOST, as_of=self._as_of
            ).to_rows()
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
        "status": one["status"],
        "reason": one["reason"],
        "said_by": one["said_by"],
        "linked_by": _BY[one["linked_by"]],
    }
