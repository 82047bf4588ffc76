"""Who can see a localization: the Earth at a time that a slider moves, and the telescopes with what each sees then and tonight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._table import RecordTable
from skyhub_widgets._world_map import WorldMap
from skyhub_widgets.dashboard._contours import contours_of
from skyhub_widgets.dashboard._newest_answer import NewestAnswer
from skyhub_widgets.dashboard._view import Page, alert, note, row, stack

__all__ = ["ObserversPanel"]

_LEVEL = 0.9
_COLUMNS: list[dict[str, Any]] = [
    {"field": "telescope", "title": "Telescope"},
    {"field": "now", "title": "Sees then", "kind": "number", "digits": 3, "description": "Probability at the time of the slider"},
    {"field": "tonight", "title": "In its night", "kind": "number", "digits": 3,
     "description": "Probability that it can observe at any time of the night that is or comes next"},
    {"field": "begin", "title": "From", "unit": "UTC", "kind": "time"},
    {"field": "end", "title": "Until", "unit": "UTC", "kind": "time"},
    {"field": "best_time", "title": "Best", "unit": "UTC", "kind": "time"},
    {"field": "sun_altitude", "title": "Sun", "unit": "deg", "kind": "number", "digits": 0},
]  # fmt: skip
_SUN = [("astronomical night", -18.0), ("nautical night", -12.0)]


class ObserversPanel:
    """The telescopes of the Earth for one localization: ``box``.

    Parameters
    ----------
    page
        The page that it is on.
    localization
        Its number.
    t0
        The time of its event (ISO, UTC), if there is one.
    """

    def __init__(self, page: Page, localization: str, t0: str | None) -> None:
        self._page, self._number = page, localization
        self._t0 = None if t0 is None else datetime.fromisoformat(t0.replace("Z", "")[:19]).replace(tzinfo=UTC)
        self._lines: list[Any] | None = None
        self._answers = NewestAnswer(page.in_main, 0.1)
        begins = [("from now", "now")] + ([("from T0", "t0")] if self._t0 else [])
        self._from = widgets.Dropdown(options=begins, layout=widgets.Layout(width="140px"))
        self._hours = widgets.FloatSlider(
            min=0, max=24, step=0.25, value=0, description="Hours", readout_format=".2f", continuous_update=False,
            layout=widgets.Layout(width="320px", max_width="100%"),
        )  # fmt: skip
        self._airmass = widgets.BoundedFloatText(
            2.0, min=1, max=10, step=0.1, description="Airmass", layout=widgets.Layout(width="170px")
        )
        self._sun = widgets.Dropdown(options=_SUN, layout=widgets.Layout(width="180px"))
        self._said = widgets.HTML(note("The first look at all telescopes takes a moment."))
        self.map = WorldMap()
        self._table = RecordTable(
            columns=_COLUMNS, id_field="telescope", table_key="observers", page_size=10, title="Telescopes"
        )
        self._table.on_click(self._select)
        self.map.on_select(self._tell)
        for control in (self._from, self._hours, self._airmass, self._sun):
            control.observe(lambda _: self.refresh(), "value")
        self.box = stack(row(self._hours, self._from, self._airmass, self._sun), self._said, self.map, self._table)
        self.refresh()

    def refresh(self) -> None:
        """Look anew, at the time of the slider."""
        base = self._t0 if self._from.value == "t0" and self._t0 is not None else datetime.now(UTC)
        moment = base + timedelta(hours=self._hours.value)
        asked = {"airmass": self._airmass.value, "sun_altitude": self._sun.value}
        self._answers.ask(lambda _: self._found(moment, asked), self._show, self._refuse)

    def _found(self, moment: datetime, asked: dict[str, Any]) -> tuple[Any, list[Any]]:
        if self._lines is None:
            self._lines = [
                line for lines in contours_of(self._page.sky, self._number, (_LEVEL,)).values() for line in lines
            ]
        return self._page.sky.observability.observers(self._number, moment, **asked), self._lines

    def _show(self, answer: tuple[Any, list[Any]]) -> None:
        found, lines = answer
        self.map.show(found, lines)
        self._table.records = rows = found["telescopes"]
        seeing = sum(one["now"] > 0 for one in rows)
        self._said.value = note(
            f"{found['time'][:16].replace('T', ' ')} UTC: {seeing} of {len(rows)} telescopes can see some of it, "
            f"{sum(one['tonight'] > 0 for one in rows)} in their night. The line is the border of its {_LEVEL:.0%} region, "
            "where it stands at the zenith."
        )
        if self.map.selected:
            self._tell(self.map.selected)

    def _refuse(self, error: SkyhubError) -> None:
        self._said.value = alert(error.message)

    def _select(self, name: str) -> None:
        self.map.selected = name

    def _tell(self, name: str) -> None:
        one = next((each for each in self._table.records if each["telescope"] == name), None)
        if one is None:
            return
        begin, end, best = (str(one[field] or "")[11:16] for field in ("begin", "end", "best_time"))
        when = f"{begin} to {end} UTC, best at {best} with {one['best_probability']:.1%}" if begin else "never"
        self._said.value = note(f"{name}: sees {one['now']:.1%} then, {one['tonight']:.1%} in its night ({when}).")
