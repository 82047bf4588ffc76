"""The objects that may be the counterpart of an event: a table, and what one says of the chosen one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets.dashboard._view import Page, alert, button, note, row, stack

__all__ = ["CounterpartPanel"]

_STATUSES = {"pending": "… Pending", "confirmed": "✓ Confirm", "ambiguous": "? Ambiguous", "rejected": "✕ Reject"}
_NOTHING_INSIDE = "Nothing of that kind lies inside that was first detected in these days after the event."
_KINDS = [("all objects", "all"), ("sources", "sources"), ("candidates", "candidates"), ("known transients", "known")]
_NO_MAP = "Counterparts are looked for inside a localization: none has come yet."
_DAYS, _MOST_DAYS = 30, 3650
_COLUMNS: list[dict[str, Any]] = [
    {"field": "object_id", "title": "Object"},
    {"field": "status", "title": "Status"},
    {"field": "reason", "title": "Why"},
    {"field": "days_from_t0", "title": "T − T0", "unit": "d", "kind": "number", "digits": 2},
    {"field": "level", "title": "Level 2-D", "kind": "number", "digits": 3},
    {"field": "level_volume", "title": "Level 3-D", "kind": "number", "digits": 3},
    {"field": "host_name", "title": "Host"},
    {"field": "host_distance", "title": "Host away", "unit": "Mpc", "kind": "number", "digits": 0},
    {"field": "distance", "title": "Map", "unit": "Mpc", "kind": "number", "digits": 0},
    {"field": "host_sigmas", "title": "Host − map", "unit": "σ", "kind": "number", "digits": 1},
    {"field": "limit_from_t0", "title": "Last limit", "unit": "d from T0", "kind": "number", "digits": 2},
    {"field": "rise_rate", "title": "Rise", "unit": "mag/d", "kind": "number", "digits": 2},
    {"field": "n_detections", "title": "Detections", "kind": "integer"},
    {"field": "last_mag", "title": "Last", "unit": "AB", "kind": "number", "digits": 2},
    {"field": "tns_name", "title": "Known as"},
    {"field": "saved", "title": "Saved", "kind": "boolean"},
    {"field": "ra", "title": "RA", "unit": "deg", "kind": "number", "digits": 5, "hidden": True},
    {"field": "dec", "title": "Dec", "unit": "deg", "kind": "number", "digits": 5, "hidden": True},
    {"field": "notes", "title": "Notes", "hidden": True},
]


class CounterpartPanel:
    """A table of counterparts, and buttons for the one that is chosen.

    Parameters
    ----------
    page
        The page that it is on.
    changed
        Called when a status was set.
    """

    def __init__(self, page: Page, changed: Callable[[], object]) -> None:
        self._page, self._changed = page, changed
        self._event, self._chosen = "", ""
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._table = RecordTable(
            columns=_COLUMNS, id_field="object_id", table_key="counterparts", empty_text=_NOTHING_INSIDE
        )
        self._table.on_click(self.choose)
        self._said, self._message = widgets.HTML(), widgets.HTML()
        wide = widgets.Layout(width="auto", flex="1 1 240px", max_width="420px")
        self._reason = widgets.Text(placeholder="Why, in a few words", layout=wide)
        self._notes = widgets.Text(placeholder="More about it", layout=wide)
        buttons = [button(text, partial(self._hold, status)) for status, text in _STATUSES.items()]
        self._open = button("Open source", lambda: page.go("source", object_id=self._chosen))
        self._decide = stack(self._said, row(self._reason, self._notes), row(*buttons, self._open), self._message)
        self._decide.layout.display = "none"
        self._of = widgets.Dropdown(
            description="Of", options=_KINDS, layout=widgets.Layout(width="240px", max_width="100%")
        )
        self._days = widgets.BoundedIntText(
            _DAYS,
            min=1,
            max=_MOST_DAYS,
            description="Days ≤",
            layout=widgets.Layout(width="180px"),
            continuous_update=False,
        )
        self._before = widgets.Checkbox(
            description="also detected before T0", indent=False, layout=widgets.Layout(width="auto")
        )
        self._hosts = widgets.BoundedFloatText(
            0,
            min=0,
            max=100,
            step=0.5,
            description="Host σ ≤",
            layout=widgets.Layout(width="180px"),
            continuous_update=False,
        )
        self._hosts.tooltip = "Host's distance from the map's, at most; 0 for any. Hosts that are not known stay."
        for control in (self._of, self._days, self._before, self._hosts):
            control.observe(lambda _: changed(), "value")
        self.box = stack(row(self._of, self._days, self._before, self._hosts), self._table, self._decide)

    def asked(self, trigger_time: str) -> dict[str, Any]:
        """Which objects are wanted, for an event of a T0."""
        t0 = datetime.fromisoformat(trigger_time).replace(tzinfo=UTC)
        host = {"max_host_sigmas": self._hosts.value} if self._hosts.value else {}
        return {
            "of": self._of.value, "first_before": t0 + timedelta(days=self._days.value),
            "with_predetections": self._before.value, **host,
        }  # fmt: skip

    def show(self, event: str, rows: Sequence[Mapping[str, Any]], located: bool) -> None:
        """List the counterparts of an event that is `located` or not; the chosen one stays chosen while it is among them."""
        self._table.empty_text = _NO_MAP if not located else _NOTHING_INSIDE
        self._event, self._rows = event, {str(record["object_id"]): record for record in rows}
        self._table.records = rows
        self.choose(self._chosen)

    def choose(self, object_id: str) -> None:
        """Choose one; nothing is chosen by a name that is not listed."""
        record = self._rows.get(object_id)
        self._decide.layout.display = None if record else "none"
        self._message.value = ""
        if record is None:
            self._chosen = ""
            return
        if object_id != self._chosen:
            self._reason.value, self._notes.value = record["reason"] or "", record["notes"] or ""
        self._chosen = object_id
        held = record["status"] or "nothing yet"
        self._said.value = f"<b>{escape(object_id)}</b>{note(f'held for: {held}')}"

    def _hold(self, status: str) -> None:
        said = {"reason": self._reason.value or None, "notes": self._notes.value or None}
        try:
            self._page.sky.events.hold(self._event, self._chosen, status, **said)
        except SkyhubError as error:
            self._message.value = alert(error.message)
            return
        self._changed()
