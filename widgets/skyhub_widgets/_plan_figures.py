"""A plan as linked figures: the sky, the timeline and the table of observations; a field lit in one is lit in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._plan_data import joint_label, order_colours, telescope_colours
from skyhub_widgets._plan_timeline import PlanTimeline
from skyhub_widgets._skyplot import SkyPlot
from skyhub_widgets._static import StaticHtml
from skyhub_widgets._table import RecordTable

__all__ = ["PlanFigures"]

_FIELDS = "Fields"
_COLUMNS: list[dict[str, Any]] = [
    {"field": "number", "title": "No.", "kind": "integer"},
    {"field": "field_id", "title": "Field"},
    {"field": "filter", "title": "Filter"},
    {"field": "start", "title": "Start", "unit": "UTC", "kind": "time"},
    {"field": "exposure_s", "title": "Exposure", "unit": "s", "kind": "number", "digits": 0},
    {"field": "ra", "title": "RA", "unit": "deg", "kind": "number", "digits": 4},
    {"field": "dec", "title": "Dec", "unit": "deg", "kind": "number", "digits": 4},
    {"field": "airmass", "title": "Airmass", "kind": "number", "digits": 2},
    {"field": "probability", "title": "Probability", "kind": "number", "digits": 4,
     "description": "Within the fields that have all visits when the exposure ends"},
]  # fmt: skip


_TOGETHER: list[dict[str, Any]] = [_COLUMNS[0], {"field": "instrument", "title": "Instrument"}, *_COLUMNS[1:]]
"""Of plans of several telescopes."""


class PlanFigures(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The figures of a plan: `sky`, `timeline` and `table`.

    Parameters
    ----------
    plan, timeline
        What ``sky.plans.draft`` or ``load``, and ``sky.plans.timeline`` give; none are empty figures.
    contours
        By their names, contours of the localization: lines of shape ``(n, 2)`` (ICRS, deg).
    table_key
        Under this name the browser remembers the table's columns; downloads are called so.

    Attributes
    ----------
    selected
        The field that is lit, by its number as text; empty for none.
    """

    def __init__(
        self,
        plan: Mapping[str, Any] | None = None,
        timeline: Mapping[str, Any] | None = None,
        contours: Mapping[str, Sequence[Any]] | None = None,
        table_key: str = "plan",
    ) -> None:
        self.sky = SkyPlot("Fields of the plan", height=420, layout=_part("420px"))
        self.timeline = PlanTimeline(layout=_part("480px"))
        self.table = RecordTable(
            columns=_COLUMNS, id_field="number", table_key=table_key, page_size=10, empty_text="There is no plan yet."
        )
        self._shown: list[str] = []
        self.sky.on_click(self._chosen_on_sky)
        self.table.on_click(self._chosen_in_table)
        self.timeline.observe(self._lit, "selected")
        plots = widgets.HBox([self.sky, self.timeline], layout=widgets.Layout(flex_flow="row wrap", grid_gap="8px"))
        super().__init__([plots, self.table], layout=widgets.Layout(overflow="visible", grid_gap="8px"))
        self.draw_contours(contours or {})
        if plan is not None:
            self.show(plan, timeline or {})

    @property
    def selected(self) -> str:
        return str(self.timeline.selected)

    @selected.setter
    def selected(self, field: str) -> None:
        self.timeline.selected = field

    def on_select(self, callback: Callable[[str], object]) -> None:
        """Call ``callback(field)`` when another field is lit, or none (an empty text)."""
        self.timeline.observe(lambda change: callback(change["new"]), "selected")

    def show(self, plan: Mapping[str, Any], timeline: Mapping[str, Any]) -> None:
        """Show another plan. Raises `InvalidInput` if the timeline is not its own."""
        self.timeline.show(plan, timeline)
        fields = timeline["fields"]
        self._draw(fields, [str(each["field_id"]) for each in fields], order_colours(len(fields)))
        pairs = zip(plan["observations"], timeline["observations"], strict=True)
        self._list([_row(*pair) for pair in pairs], _COLUMNS)
        self._shown = [str(row["field_id"]) for row in plan["observations"]]

    def show_together(self, joint: Mapping[str, Any], timelines: Mapping[str, Any]) -> None:
        """Show plans of several telescopes, each in its colour; fields are called by instrument and number.

        Parameters
        ----------
        joint, timelines
            What ``sky.plans.together`` or ``load_together``, and ``sky.plans.timelines`` give.

        Raises
        ------
        InvalidInput
            If the timelines are not those of the plans.
        """
        self.timeline.show_together(joint, timelines)
        drawn: list[tuple[Mapping[str, Any], str, str]] = []
        rows: list[tuple[float, dict[str, Any]]] = []
        parts = zip(joint["plans"], timelines["timelines"], telescope_colours(len(joint["plans"])), strict=True)
        for plan, timeline, colour in parts:
            name = plan["instrument"]
            drawn += [(each, joint_label(name, each["field_id"]), colour) for each in timeline["fields"]]
            pairs = zip(plan["observations"], timeline["observations"], strict=True)
            rows += [(timed["start"], {"instrument": name, **_row(row, timed)}) for row, timed in pairs]
        self._draw([field for field, _, _ in drawn], [name for _, name, _ in drawn], [colour for *_, colour in drawn])
        rows.sort(key=lambda row: row[0])
        self._shown = [joint_label(row["instrument"], row["field_id"]) for _, row in rows]
        self._list([row for _, row in rows], _TOGETHER)

    def _draw(self, fields: Sequence[Any], names: list[str], colours: list[str]) -> None:
        with self.sky.hold_sync():
            self.sky.set_outlines("Camera", [each["outline"] for each in fields], names, "accent", colours)
            ra, dec = ([each[axis] for each in fields] for axis in ("ra", "dec"))
            self.sky.set_points(_FIELDS, ra, dec, names, "accent", colours)

    def _list(self, rows: list[dict[str, Any]], columns: list[dict[str, Any]]) -> None:
        with self.table.hold_sync():
            if [column["field"] for column in self.table.columns] != [column["field"] for column in columns]:
                self.table.columns = columns
            self.table.records = [{"number": number, **row} for number, row in enumerate(rows, start=1)]

    def clear(self) -> None:
        """Show no plan."""
        self.timeline.clear()
        for name in ("Camera", _FIELDS):
            self.sky.remove(name)
        self.table.records = []

    def draw_contours(self, contours: Mapping[str, Sequence[Any]]) -> None:
        """Draw contours of the localization, by their names."""
        for name, colour in zip(contours, ("bad", "warning", "muted", "text"), strict=False):
            self.sky.set_lines(name, contours[name], colour=colour)

    def static(self) -> StaticHtml:
        """Sky, timeline and observations for a report."""
        return StaticHtml("".join(part.static().html for part in (self.sky, self.timeline, self.table)))

    def _chosen_on_sky(self, label: str) -> None:
        self.selected = label

    def _chosen_in_table(self, number: str) -> None:
        self.selected = self._shown[int(number) - 1]

    def _lit(self, change: Mapping[str, Any]) -> None:
        self.sky.selected = [change["new"]] if change["new"] else []


def _row(row: Mapping[str, Any], timed: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: row[name] for name in ("filter", "start", "exposure_s", "ra", "dec")}
    return {
        "field_id": str(row["field_id"]),
        **shown,
        "airmass": timed["airmass"],
        "probability": timed["probability"],
    }


def _part(basis: str) -> widgets.Layout:
    return widgets.Layout(flex=f"1 1 {basis}", min_width="0", overflow="visible")
