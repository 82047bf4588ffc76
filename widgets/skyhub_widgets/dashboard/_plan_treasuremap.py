"""The Treasure Map on the page of a plan: what is planned or was executed is shown, reported, cancelled, given a DOI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError
from skyhub.science.nights import datetime_of_mjd

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._fields import dropdown, text_field
from skyhub_widgets.dashboard._request_panel import allocations_for
from skyhub_widgets.dashboard._view import Page, alert, button, may, note, row, stack

__all__ = ["TreasureMapPanel"]

_TOKEN = "treasuremap_token"
_COLUMNS: list[dict[str, Any]] = [
    {"field": "pointing_id", "title": "Pointing"},
    {"field": "status", "title": "Status"},
    {"field": "start", "title": "Time", "unit": "UTC", "kind": "time"},
    {"field": "ra", "title": "RA", "unit": "deg", "kind": "number", "digits": 4},
    {"field": "dec", "title": "Dec", "unit": "deg", "kind": "number", "digits": 4},
    {"field": "band", "title": "Band"},
    {"field": "depth", "title": "Depth", "unit": "mag", "kind": "number", "digits": 2},
    {"field": "doi_url", "title": "DOI"},
]


class TreasureMapPanel:
    """Pointings of a kept plan at the Treasure Map: ``box``.

    Parameters
    ----------
    page
        The page that it is on.
    plan
        The kept plan.
    """

    def __init__(self, page: Page, plan: Mapping[str, Any]) -> None:
        self._page, self._plan, self._shown = page, plan, ""
        self._allocation = dropdown("Allocation", self._usable())
        self._event = text_field("Event", "S190425z")
        self._event.value = self._graceid()
        executed = [("what was executed since the event", "localization")] if plan["localization_id"] else []
        self._what = dropdown("Report", [("what is planned", "plan"), *executed])
        for control in (self._allocation, self._event, self._what):
            control.observe(lambda _: self._forget(), "value")
        self._report = button("Report it", lambda: self._share(self._shown))
        self._said = widgets.HTML()
        self._table = RecordTable(
            columns=_COLUMNS, id_field="pointing_id", table_key="treasuremap", selectable=True, page_size=10,
            title="Reported", empty_text="Nothing was reported that you may see.",
        )  # fmt: skip
        marked = (button("Cancel the marked", self._cancel), button("Ask for a DOI of the marked", self._ask_doi))
        others = button("Bring in what others observed", self._fetch)
        self.box = stack(
            row(self._allocation, self._event, self._what),
            row(button("Show what would be reported", lambda: self._share(None)), self._report, others),
            self._said, self._table, row(*marked),
        )  # fmt: skip
        self._forget()
        if not self._allocation.options:
            self._said.value = note(self._why_not())
        self.refresh()

    def refresh(self) -> None:
        """List what was reported of the event."""
        rows = self._page.sky.treasuremap(self._event.value.strip() or None).to_rows()
        mine = [each for each in rows if each["instrument"] == self._plan["instrument"]]
        self._table.records = [
            {**each, "pointing_id": str(each["pointing_id"]), "start": datetime_of_mjd(each["mjd"]).isoformat()}
            for each in mine
        ]

    def _usable(self) -> list[tuple[str, str]]:
        """Allocations of the plan's instrument that have an account of the Treasure Map."""
        found = allocations_for(self._page) if may(self._page, "trigger") else []
        return [
            (f"{each['title']} ({each['instrument']})", each["allocation_id"])
            for each in found
            if each["instrument"] == self._plan["instrument"] and _TOKEN in each["secret_names"]
        ]

    def _why_not(self) -> str:
        if not may(self._page, "trigger"):
            return "To report pointings one needs the right to trigger."
        return (
            f"None of your allocations of {self._plan['instrument']} has the secret {_TOKEN}: nothing can be reported."
        )

    def _graceid(self) -> str:
        """The name of the plan's event as the Treasure Map has it, if it is known."""
        with suppress(SkyhubError):
            dateobs = self._page.sky.localizations.get(self._plan["localization_id"] or 0).get("dateobs")
            if dateobs:
                aliases = self._page.sky.events.get(dateobs)["aliases"]
                names = [str(alias).partition("#")[2] for alias in aliases]
                return next((name for name in names if re.fullmatch(r"[A-Z]{1,3}\w*\d{6}\w*", name)), "")
        return ""

    def _forget(self) -> None:
        """What was shown is not what would be reported any more."""
        self._shown, self._report.disabled = "", True
        self._report.tooltip = "Look at what would be reported first."

    def _asked(self) -> dict[str, Any]:
        name = f"{self._what.value}_id"
        return {name: int(self._plan[name])}

    def _share(self, approved: str | None) -> None:
        if self._allocation.value is None:
            self._said.value = alert(self._why_not())
            return
        try:
            found = self._page.sky.treasuremap.share(
                int(self._allocation.value), self._event.value.strip(), approved=approved, **self._asked()
            )
        except SkyhubError as error:
            self._forget()
            self._said.value = alert(error.message)
            return
        self._said.value = note(_told(found))
        if found["sent"]:
            self._forget()
            self.refresh()
        elif found["pointings"]:
            self._shown, self._report.disabled, self._report.tooltip = found["digest"], False, "Report what is shown"

    def _cancel(self) -> None:
        self._do(
            lambda number, marked: f"{self._page.sky.treasuremap.cancel(number, marked)} pointings were cancelled."
        )

    def _ask_doi(self) -> None:
        self._do(lambda number, marked: f"DOI: {self._page.sky.treasuremap.request_doi(number, marked)}")

    def _fetch(self) -> None:
        if self._allocation.value is None:
            self._said.value = alert(self._why_not())
            return
        try:
            found = self._page.sky.treasuremap.fetch(int(self._allocation.value), self._event.value.strip())
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        self._said.value = note(
            f"{found['read']} pointings are there: {found['stored']} that were executed are new here. A plan that subtracts "
            "what was observed counts them."
        )

    def _do(self, deed: Any) -> None:
        marked = [int(number) for number in self._table.selected]
        if not marked or self._allocation.value is None:
            self._said.value = alert(self._why_not() if marked else "No pointing is marked: mark some in the table.")
            return
        try:
            self._said.value = note(deed(int(self._allocation.value), marked))
        except SkyhubError as error:
            self._said.value = alert(error.message)
            return
        self.refresh()


def _told(found: Mapping[str, Any]) -> str:
    """What would be reported, or was."""
    if found["sent"]:
        refused = f"; refused: {'; '.join(map(str, found['refused']))}" if found["refused"] else ""
        return f"{len(found['pointing_ids'])} pointings were reported{refused}."
    parts = [f"{len(found['pointings'])} pointings would be reported"]
    if found["already"]:
        parts.append(f"{found['already']} are there already")
    if found["left_out"]:
        parts.append(f"{found['left_out']} say no limit and are left out")
    return "; ".join(parts) + "."
