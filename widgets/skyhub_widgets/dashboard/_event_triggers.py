"""What was done about an event with each allocation: triggered or passed on, its plans and how far their requests are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._view import Page, alert, button, may, note, row, stack

__all__ = ["TriggerPanel", "trigger_rows"]

_MOST_LOOKED_AT = 500
_COLUMNS: list[dict[str, Any]] = [
    {"field": "title", "title": "Allocation"},
    {"field": "instrument", "title": "Instrument"},
    {"field": "pi", "title": "PI"},
    {"field": "decision", "title": "Decision"},
    {"field": "reason", "title": "Why"},
    {"field": "by", "title": "By"},
    {"field": "at", "title": "At", "unit": "UTC", "kind": "time"},
    {"field": "plans", "title": "Plans"},
    {"field": "requests", "title": "Requests"},
]
Rows = Sequence[Mapping[str, Any]]


class TriggerPanel:
    """A table with one row an allocation, and buttons that say what is decided with the chosen one.

    Parameters
    ----------
    page
        The page that it is on.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._event_id, self._chosen = page, "", ""
        self._as_of: str | None = None
        self._localizations: Collection[str] = ()
        self._held: dict[str, str] = {}
        self._table = RecordTable(
            columns=_COLUMNS, id_field="allocation_id", table_key="event-triggers", page_size=10,
            empty_text="There is no allocation that you may see.",
        )  # fmt: skip
        self._table.on_click(self._choose)
        self._said, self._message = widgets.HTML(), widgets.HTML()
        self._reason = widgets.Text(placeholder="Why, in a few words", layout=widgets.Layout(width="min(420px, 100%)"))
        buttons = [
            button(text, partial(self._decide, decision))
            for decision, text in (("triggered", "Triggered"), ("passed", "Passed on"))
        ]
        self._form = stack(self._said, row(self._reason, *buttons), self._message)
        self._form.layout.display = "none"
        self.box = stack(self._table, self._form)

    def show(self, event: Mapping[str, Any], as_of: str | None) -> None:
        """Show what is known of an event (by a time)."""
        if str(event["event_id"]) != self._event_id:
            self._chosen = ""
        self._event_id, self._as_of = str(event["event_id"]), as_of
        self._localizations = {str(one["localization_id"]) for one in event["localizations"]}
        self._list()

    def _list(self) -> None:
        sky, then = self._page.sky, self._as_of
        decisions = sky.event_triggers.rows(event_id=self._event_id, as_of=then)
        plans = sky.plans.rows(as_of=then, limit=_MOST_LOOKED_AT) if self._localizations else []
        plans = [one for one in plans if str(one["localization_id"]) in self._localizations]
        requests = sky.requests.rows(as_of=then, limit=_MOST_LOOKED_AT) if plans else []
        self._held = {one["allocation_id"]: one["event_trigger_id"] for one in decisions}
        self._table.records = trigger_rows(sky.allocations.rows(as_of=then), decisions, plans, requests)
        self._choose(self._chosen)

    def _choose(self, allocation: str) -> None:
        chosen = next((one for one in self._table.records if one["allocation_id"] == allocation), None)
        self._chosen = allocation if chosen else ""
        offered = chosen is not None and self._as_of is None and may(self._page, "trigger")
        self._form.layout.display = None if offered else "none"
        self._message.value = ""
        if chosen is not None:
            self._said.value = note(f"{chosen['title']}: {chosen['decision'] or 'nothing was decided yet'}")

    def _decide(self, decision: str) -> None:
        records, reason = self._page.sky.event_triggers, self._reason.value.strip() or None
        try:
            if known := self._held.get(self._chosen):
                records.edit(known, decision=decision, reason=reason)
            else:
                records.add(event_id=self._event_id, allocation_id=self._chosen, decision=decision, reason=reason)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._reason.value = ""
        self._list()


def trigger_rows(allocations: Rows, decisions: Rows, plans: Rows, requests: Rows) -> list[dict[str, Any]]:
    """One row an allocation: the decision about the event, plans for its instrument, and requests on its time for them.

    Parameters
    ----------
    allocations, decisions
        All that are seen, and what was decided about the event with some.
    plans, requests
        Plans of the event's localizations, and requests of which some are for these.
    """
    decided = {str(one["allocation_id"]): one for one in decisions}
    numbers = {str(one["plan_id"]) for one in plans}
    sent = [one for one in requests if str(one["plan_id"]) in numbers]
    rows = []
    for one in allocations:
        number = str(one["allocation_id"])
        found = decided.get(number, {})
        rows.append(
            {
                **{name: one[name] for name in ("title", "instrument", "pi")},
                "allocation_id": number,
                "decision": found.get("decision"),
                "reason": found.get("reason"),
                "by": found.get("edited_by"),
                "at": found.get("known_at"),
                "plans": _counted(each["state"] for each in plans if each["instrument"] == one["instrument"]),
                "requests": _counted(each["state"] for each in sent if str(each["allocation_id"]) == number),
            }
        )
    return rows


def _counted(states: Iterable[str]) -> str:
    """How many are in which state, such as ``2 draft, 1 sent``."""
    told = list(states)
    return ", ".join(f"{told.count(state)} {state}" for state in dict.fromkeys(told))
