"""When an object can be observed tonight, from the telescopes that one chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
from skyhub.errors import SkyhubError

from skyhub_widgets._static import html_table, text_of
from skyhub_widgets.dashboard._view import Page, alert, note, row, stack

__all__ = ["observability_panel"]

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 240, 34, 22
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of telescopes in their order: told apart by the colour-blind (Okabe & Ito)."""
_SHOWN = 6


def observability_panel(page: Page, object_id: str) -> widgets.Widget:
    """Hours, best times and the altitude along the night; of all telescopes at first, longest first."""
    names = sorted(t["nickname"] for t in page.sky.telescopes.rows() if t["latitude"] is not None)
    telescopes = widgets.TagsInput(allowed_tags=names, allow_duplicates=False, placeholder="telescopes; all")
    night = widgets.DatePicker(description="Night", layout=widgets.Layout(width="220px"))
    airmass = widgets.BoundedFloatText(
        2.0, min=1, max=10, step=0.1, description="Airmass", layout=widgets.Layout(width="170px")
    )
    shown = widgets.HTML()

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
        shown.value = altitude_svg(curves, best) + _table(rows)

    for control in (telescopes, night, airmass):
        control.observe(draw, "value")
    draw()
    return stack(row(telescopes, night, airmass), shown)


def altitude_svg(curves: Sequence[Mapping[str, Any]], telescopes: Sequence[str]) -> str:
    """Altitude against time (UTC), thick while observable, from the telescopes in their order; nothing without curves.

    Parameters
    ----------
    curves
        Rows of ``Sky.observability.night``.
    telescopes
        Names, which give the colours.
    """
    if not curves:
        return note("It cannot be observed from any of these telescopes tonight.")
    begin, end = min(c["mjd"] for c in curves), max(c["mjd"] for c in curves)

    def place(mjd: float, altitude: float) -> str:
        x = _LEFT + (mjd - begin) / (end - begin) * (_WIDTH - _LEFT - 8)
        return f"{x:.1f},{(_HEIGHT - _BOTTOM) * (1 - altitude / 90):.1f}"

    lines = "".join(_lines(curves, name, _COLOURS[n % len(_COLOURS)], place) for n, name in enumerate(telescopes))
    grid = "".join(
        f'<path d="M{place(begin, a)} L{place(end, a)}" stroke="currentColor" stroke-opacity=".25"/>'
        f'<text x="2" y="{float(place(begin, a).split(",")[1]) + 4}" font-size="11" fill="currentColor">{a}°</text>'
        for a in (0, 30, 60)
    )
    hours = "".join(
        f'<text x="{place(hour / 24, 0).split(",")[0]}" y="{_HEIGHT - 5}" font-size="11" text-anchor="middle" '
        f'fill="currentColor">{hour % 24:02d}h</text>'
        for hour in range(int(begin * 24) + 1, int(end * 24) + 1, 2)
    )
    legend = " ".join(
        f'<span style="white-space:nowrap"><b style="color:{_COLOURS[n % len(_COLOURS)]}">▬</b> {escape(name)}</span>'
        for n, name in enumerate(telescopes)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" style="width:100%;max-width:{_WIDTH}px" role="img" '
        f'aria-label="Altitude along the night, UTC, thick while observable">{grid}{hours}{lines}</svg>'
        f'<p style="margin:0">{legend}</p>'
    )


def _lines(curves: Sequence[Mapping[str, Any]], name: str, colour: str, place: Any) -> str:
    own = [c for c in curves if c["telescope"] == name and c["altitude"] > 0]
    parts, last = {False: "", True: ""}, None
    for thick in parts:
        last = None
        for c in own:
            if c["observable"] or not thick:
                joined = last is not None and c["mjd"] - last < 0.01
                parts[thick] += f"{'L' if joined else 'M'}{place(c['mjd'], c['altitude'])} "
                last = c["mjd"]
    return "".join(
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{3.5 if thick else 1}"/>'
        for thick, d in parts.items()
        if d
    )


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
