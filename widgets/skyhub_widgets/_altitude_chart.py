"""Altitudes along a night: of a target from several telescopes, or of several targets, with the Moon and the twilights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, ClassVar

from skyhub.errors import InvalidInput

from skyhub_widgets._chart import Chart
from skyhub_widgets._static import StaticHtml, html_table, text_of

__all__ = ["AltitudeChart"]

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM = 720, 280, 34, 8, 22
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8f00", "#7b5ea7")
"""Of curves in their order: told apart by the colour-blind (Okabe & Ito, and two more)."""
_GAP = 0.01
"""Points farther apart (d) are not joined."""
_NEEDED = ("mjd", "altitude", "observable")
Rows = Sequence[Mapping[str, Any]]


class AltitudeChart(Chart):
    """Altitude against time (UTC), thick while all conditions are kept; over it a line reads all curves off.

    Parameters
    ----------
    curves
        Rows of ``sky.observability.night`` by the name of each curve.
    **traits
        Any of the attributes below.

    Attributes
    ----------
    selected
        The curve that is lit, by its name; empty for none.
    title
        What is shown; screen readers say it.
    """

    user_api: ClassVar[list[str]] = ["show", "selected", "title", "on_select", "static", "table", "observe", "close"]

    def __init__(self, curves: Mapping[str, Rows] | None = None, **traits: Any) -> None:
        self._shown: dict[str, Rows] = {}
        super().__init__(**{"title": "Altitude along the night", **traits})
        self.show(curves or {})

    def show(self, curves: Mapping[str, Rows]) -> None:
        """Show other curves, by their names.

        Raises
        ------
        InvalidInput
            If a row is none of ``sky.observability.night``.
        """
        for name, rows in curves.items():
            if rows and (missing := [field for field in _NEEDED if field not in rows[0]]):
                raise InvalidInput(
                    f"the curve {name} has no {', '.join(missing)}: give rows of sky.observability.night.", "curves"
                )
        self._shown = {name: rows for name, rows in curves.items() if rows}
        times = [row["mjd"] for rows in self._shown.values() for row in rows]
        if not times:
            self._draw("")
            return
        begin, end = min(times), max(times)
        told = [
            {"name": name, "x": [row["mjd"] for row in rows], "y": [round(row["altitude"], 1) for row in rows]}
            for name, rows in self._shown.items()
        ]
        frame = {"begin": begin, "end": end, "left": _LEFT, "right": _WIDTH - _RIGHT, "width": _WIDTH}
        self._draw(self._svg(begin, end), {**frame, "lines": told})

    def table(self) -> StaticHtml:
        """Of each curve the highest time at which all conditions are kept, as an HTML table."""
        rows = []
        for name, points in self._shown.items():
            kept = [point for point in points if point["observable"]]
            best = max(kept, key=lambda point: point["altitude"]) if kept else None
            rows.append([name, text_of(best and best["mjd"], 4), text_of(best and best["altitude"], 1)])
        return StaticHtml(html_table(["curve", "best at (MJD)", "altitude (deg)"], rows, self.title))

    def _svg(self, begin: float, end: float) -> str:
        def x(mjd: float) -> float:
            return _LEFT + (mjd - begin) / (end - begin) * (_WIDTH - _LEFT - _RIGHT)

        first = next(iter(self._shown.values()))
        parts = [_twilight(first, x), *_grid(begin, end, x)]
        if "moon_altitude" in first[0]:
            moon = [{**row, "altitude": row["moon_altitude"]} for row in first]
            parts.append(
                _path(moon, x, 'stroke="currentColor" stroke-opacity=".6" stroke-dasharray="2 3" data-tip="Moon"')
            )
        for number, (name, rows) in enumerate(self._shown.items()):
            colour, said = _COLOURS[number % len(_COLOURS)], escape(name, quote=True)
            parts.append(_path(rows, x, f'stroke="{colour}" stroke-width="1.2"'))
            thick = [row for row in rows if row["observable"]]
            parts.append(_path(thick, x, f'stroke="{colour}" stroke-width="3.5" data-id="{said}"'))
        parts.append(
            f'<path data-cursor d="M0 0V{_HEIGHT - _BOTTOM}" transform="translate(-9 0)" stroke="currentColor"/>'
        )
        legend = "".join(_entry(number, name) for number, name in enumerate(self._shown))
        height = _HEIGHT + 16 * ((len(self._shown) + 3) // 4) + 6
        return (
            f'<svg class="skyhub-static" role="img" aria-label="{escape(self.title, quote=True)}, UTC, thick while observable" '
            f'viewBox="0 0 {_WIDTH} {height}" style="max-width:100%" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}{legend}</svg>'
        )


def _entry(number: int, name: str) -> str:
    """One entry of the legend, four to a line."""
    across, down = _LEFT + 6 + 170 * (number % 4), _HEIGHT + 14 + 16 * (number // 4)
    return (
        f'<text x="{across}" y="{down}" font-size="12" fill="{_COLOURS[number % len(_COLOURS)]}">▬ '
        f'<tspan fill="currentColor">{escape(name)}</tspan></text>'
    )


def _y(altitude: float) -> float:
    return (_HEIGHT - _BOTTOM) * (1 - altitude / 90)


def _twilight(rows: Rows, x: Any) -> str:
    """What is not astronomical night, shaded."""
    if "sun_altitude" not in rows[0]:
        return ""
    half = (x(rows[1]["mjd"]) - x(rows[0]["mjd"])) / 2 if len(rows) > 1 else 1.0
    strips = "".join(
        f"M{x(row['mjd']) - half:.1f} 0h{2 * half:.2f}v{_HEIGHT - _BOTTOM}h-{2 * half:.2f}z"
        for row in rows
        if row["sun_altitude"] > -18
    )
    return (
        f'<path d="{strips}" fill="currentColor" fill-opacity=".12" shape-rendering="crispEdges" data-tip="twilight"/>'
    )


def _grid(begin: float, end: float, x: Any) -> list[str]:
    lines = [
        f'<path d="M{_LEFT} {_y(a):.1f}H{_WIDTH - _RIGHT}" stroke="currentColor" stroke-opacity=".25"/>'
        f'<text x="2" y="{_y(a) + 4:.1f}" font-size="11" fill="currentColor">{a}°</text>'
        for a in (0, 30, 60)
    ]
    return lines + [
        f'<text x="{x(hour / 24):.1f}" y="{_HEIGHT - 5}" font-size="11" text-anchor="middle" '
        f'fill="currentColor">{hour % 24:02d}h</text>'
        for hour in range(int(begin * 24) + 1, int(end * 24) + 1, 2)
    ]


def _path(rows: Rows, x: Any, look: str) -> str:
    """A line through what stands above the horizon."""
    drawn, last = "", None
    for row in rows:
        if row["altitude"] > 0:
            joined = last is not None and row["mjd"] - last < _GAP
            drawn += f"{'L' if joined else 'M'}{x(row['mjd']):.1f} {_y(row['altitude']):.1f}"
            last = row["mjd"]
    return f'<path d="{drawn}" fill="none" {look}/>' if drawn else ""
