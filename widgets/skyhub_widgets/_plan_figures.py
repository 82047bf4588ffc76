"""A plan as linked figures: the sky, the timeline and the table of observations; a field lit in one is lit in all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from skyhub_widgets._plan_data import order_colours
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
        names, colours = [str(each["field_id"]) for each in fields], order_colours(len(fields))
        with self.sky.hold_sync():
            self.sky.set_outlines("Camera", [each["outline"] for each in fields], names, "accent", colours)
            ra, dec = ([each[axis] for each in fields] for axis in ("ra", "dec"))
            self.sky.set_points(_FIELDS, ra, dec, names, "accent", colours)
        pairs = zip(plan["observations"], timeline["observations"], strict=True)
        self.table.records = [_row(number, *pair) for number, pair in enumerate(pairs, start=1)]

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
        self.selected = str(self.table.records[int(number) - 1]["field_id"])

    def _lit(self, change: Mapping[str, Any]) -> None:
        self.sky.selected = [change["new"]] if change["new"] else []


def _row(number: int, row: Mapping[str, Any], timed: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: row[name] for name in ("filter", "start", "exposure_s", "ra", "dec")}
    return {
        "number": number,
        "field_id": str(row["field_id"]),
        **shown,
        "airmass": timed["airmass"],
        "probability": timed["probability"],
    }


def _part(basis: str) -> widgets.Layout:
    return widgets.Layout(flex=f"1 1 {basis}", min_width="0", overflow="visible")
