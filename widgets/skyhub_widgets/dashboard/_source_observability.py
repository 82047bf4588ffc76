"""When an object can be observed tonight, from the telescopes that one chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._altitude_chart import AltitudeChart
from skyhub_widgets._static import html_table, text_of
from skyhub_widgets.dashboard._view import Page, alert, note, row, stack

__all__ = ["curves_of", "observability_panel"]

_SHOWN = 6


def observability_panel(page: Page, object_id: str) -> widgets.Widget:
    """Hours, best times and the altitude along the night; of all telescopes at first, longest first."""
    names = sorted(t["nickname"] for t in page.sky.telescopes.rows() if t["latitude"] is not None)
    telescopes = widgets.TagsInput(allowed_tags=names, allow_duplicates=False, placeholder="telescopes; all")
    night = widgets.DatePicker(description="Night", layout=widgets.Layout(width="220px"))
    airmass = widgets.BoundedFloatText(
        2.0, min=1, max=10, step=0.1, description="Airmass", layout=widgets.Layout(width="170px")
    )
    shown, chart = widgets.HTML(), AltitudeChart()

    def draw(change: object = None) -> None:
        asked: dict[str, Any] = {
            "telescopes": telescopes.value,
            "night": night.value and night.value.isoformat(),
            "airmass": airmass.value,
        }
        try:
            rows = page.sky.observability(object_id, **asked).to_rows()
            best = [found["telescope"] for found in rows if found["hours"] > 0][:_SHOWN]
            curves = page.sky.observability.night(object_id, **{**asked, "telescopes": best}).to_rows() if best else []
        except SkyhubError as error:
            shown.value = alert(error.message)
            return
        chart.show(curves_of(curves, best))
        chart.layout.display = None if best else "none"
        never = "" if best else note("It cannot be observed from any of these telescopes in this night.")
        shown.value = never + _table(rows)

    for control in (telescopes, night, airmass):
        control.observe(draw, "value")
    draw()
    return stack(row(telescopes, night, airmass), chart, shown)


def curves_of(rows: Sequence[Mapping[str, Any]], telescopes: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
    """Rows of ``sky.observability.night`` by telescope, in their order."""
    return {name: [row for row in rows if row["telescope"] == name] for name in telescopes}


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    numbers = {"hours": 1, "best_airmass": 2, "best_moon_separation": 0}
    listed = [[r["telescope"], *(text_of(r[n], d) for n, d in numbers.items()), _clock(r["best_mjd"])] for r in rows]
    head = ["telescope", "hours", "least airmass", "Moon (deg)", "best at (UTC)"]
    return f'<div style="max-height:260px;overflow:auto;max-width:640px">{html_table(head, listed)}</div>'


def _clock(mjd: float | None) -> str:
    if mjd is None:
        return text_of(None)
    minutes = round((mjd % 1) * 1440) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
