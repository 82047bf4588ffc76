"""Circulars: the drafts and what became of them, a new one from a run of a report, and one circular."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._circular import CircularPanel
from skyhub_widgets.dashboard._circular_texts import event_name
from skyhub_widgets.dashboard._event_circulars import EventCirculars
from skyhub_widgets.dashboard._fields import dropdown, several, text_field
from skyhub_widgets.dashboard._view import Page, alert, button, header, heading, may, note, row, stack

__all__ = ["CircularsView"]

_COLUMNS: list[dict[str, Any]] = [
    {"field": "name", "title": "Draft"},
    {"field": "event", "title": "Event"},
    {"field": "subject", "title": "Subject"},
    {"field": "state", "title": "State"},
    {"field": "version", "title": "Version", "kind": "integer"},
    {"field": "edited_by", "title": "Edited by"},
    {"field": "approved_by", "title": "Approved by"},
    {"field": "number", "title": "GCN Circ.", "kind": "integer"},
    {"field": "known_at", "title": "Edited", "unit": "UTC", "kind": "time"},
]
_LISTED = ("circulars", "report", "published_circulars", "circular_statuses")
"""Kinds of live changes after which the list may differ."""
_WRITING = ("gcn_circular_", "event_summary")
"""How the names of reports begin that write circulars."""


class CircularsView:
    """The page of circulars.

    Parameters
    ----------
    page
        The page that the view is on.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._shown = page, ""
        self._event: str | None = None
        self._message = widgets.HTML()
        self._table = RecordTable(
            columns=_COLUMNS, id_field="circular_id", table_key="circulars",
            empty_text="No circular is drafted yet: run a report that writes one, and make a draft of it.",
        )  # fmt: skip
        self._table.on_click(lambda number: page.go("circulars", circular=number))
        self._run = dropdown("From", [])
        self._name = text_field("Name", "first look")
        self._groups = several("For", [(name, name) for name in page.me["groups"]])
        self._make = button("Make a draft", self._draft)
        new = row(self._run, self._name, self._groups, self._make)
        self._new = stack(
            widgets.HTML(note("A draft is made from what a report wrote; its groups write in it and sign it.")), new
        )
        self._published = EventCirculars(page)
        self._others = stack(heading("Published"), self._published.box)
        self._list = stack(self._table, *([self._new] if may(page, "report") else []), self._others)
        self._panel = CircularPanel(page)
        self._all = button("← All circulars", lambda: page.go("circulars"))
        reports = button("Reports", lambda: page.go("reports"))
        accounts = button("Accounts", lambda: page.go("circular_accounts"))
        self.box = widgets.VBox(
            [header("Circulars", self._all, reports, accounts), self._message, self._list, self._panel.box]
        )

    def show(self, params: Mapping[str, str]) -> None:
        """List them (those about the ``event`` of the address), or show the ``circular`` of the address."""
        self._shown, self._event = params.get("circular", ""), params.get("event")
        self._list.layout.display = "none" if self._shown else None
        self._panel.box.layout.display = self._all.layout.display = None if self._shown else "none"
        self._message.value = ""
        if not self._shown:
            self._refresh()
            return
        try:
            self._panel.show(self._shown)
        except SkyhubError as error:
            self._panel.box.layout.display = "none"
            self._message.value = alert(error.message)

    def hear(self, event: Mapping[str, Any]) -> None:
        """Somebody has written or signed, or a run has ended."""
        if event["kind"] == "report" and self._shown:
            self._panel.ran(str(event.get("report_id")), str(event.get("state")))
        if self.box.layout.display == "none":
            return
        if event["kind"] == "circulars" and self._shown and self._panel.is_about(event):
            self._panel.refresh()
        elif event["kind"] in _LISTED and not self._shown:
            self._refresh()

    def _refresh(self) -> None:
        where: dict[str, Any] = {"event": self._event} if self._event else {}
        rows = self._page.sky.circulars.rows(**where)
        self._others.layout.display = None if self._event else "none"
        if self._event:
            self._published.show(self._event, None)
        self._table.records = [{**row, "event": event_name(row["event"] or "")} for row in rows]
        self._list_runs()

    def _list_runs(self) -> None:
        runs = [run for run in self._page.sky.reports.runs() if _writes(run)]
        ids, chosen = [run["report_id"] for run in runs], self._run.value
        self._run.options = [(_run_title(run), run["report_id"]) for run in runs]
        self._run.value = chosen if chosen in ids else next(iter(ids), None)
        self._make.disabled = not runs
        self._make.tooltip = "" if runs else "run a report that writes a circular first"

    def _draft(self) -> None:
        name = self._name.value.strip() or "draft"
        try:
            made = self._page.sky.circulars.draft(self._run.value, name, list(self._groups.value) or None)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._page.go("circulars", circular=made["circular_id"])


def _writes(run: Mapping[str, Any]) -> bool:
    return bool(run["state"] == "done" and run["name"].rpartition("/")[2].startswith(_WRITING))


def _run_title(run: Mapping[str, Any]) -> str:
    about = run["parameters"].get("event") or run["parameters"].get("object_id") or ""
    return f"{run['name']} {about} · {str(run['changed_at'])[:16].replace('T', ' ')}"
