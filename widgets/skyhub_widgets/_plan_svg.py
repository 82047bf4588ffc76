"""The timeline of a plan as SVG, for reports: exposures by filter, airmass, and the growing probability, over one time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from skyhub_widgets._plan_data import PlannedNight

__all__ = ["timeline_svg"]

_WIDTH, _LEFT, _RIGHT, _LANE, _PLOT, _GAP = 720, 54, 10, 22, 120, 14
_INK, _LINE, _ACCENT = "#17202a", "#8a96a3", "#0b5cad"
_SHADES = (("sunset", 0.10), ("civil", 0.08), ("nautical", 0.07), ("astronomical", 0.05))
"""Of the time outside of each twilight; they add up to the day."""

Place = Callable[[float], float]
Floats = npt.NDArray[np.float64]


def timeline_svg(night: PlannedNight, title: str) -> str:
    """The plots of a plan as an inline SVG image.

    Parameters
    ----------
    night
        The plan.
    title
        What is shown.
    """
    if not len(night.start):
        return '<p class="skyhub-static">There is no plan.</p>'
    begin, end = float(night.nights[0]["begin"]), float(night.nights[-1]["end"])

    def x(mjd: float) -> float:
        return _LEFT + (mjd - begin) / (end - begin) * (_WIDTH - _LEFT - _RIGHT)

    lanes = len(night.bands) + (not night.sites)
    tops = [4.0, 4.0 + lanes * _LANE + _GAP, 4.0 + lanes * _LANE + 2 * _GAP + _PLOT]
    height = tops[2] + _PLOT + 34
    parts = [
        *_sites(night, x, tops[0]),
        *([] if night.sites else _shades(night.nights, (begin, end), x, tops[0], tops[2] + _PLOT)),
        *_hours(begin, end, x, tops[2] + _PLOT),
        *_lanes(night, x, tops[0]),
        *_airmass(night, x, tops[1]),
        *_probability(night, x, tops[2]),
    ]
    return (
        f'<svg class="skyhub-static" role="img" aria-label="{escape(title, quote=True)}" viewBox="0 0 {_WIDTH} {height:.0f}" '
        f'width="{_WIDTH}" style="max-width:100%;height:auto;background:#fff" xmlns="http://www.w3.org/2000/svg" '
        f'font-family="system-ui, sans-serif" font-size="11" fill="{_INK}">{"".join(parts)}</svg>'
    )


def _sites(night: PlannedNight, x: Place, top: float) -> Iterator[str]:
    """Twilights and the Moon of each of several telescopes, in its lane."""
    span = night.nights[0]["begin"], night.nights[-1]["end"]
    for number, site in enumerate(night.sites):
        above = top + number * _LANE
        yield from _shades(site.nights, span, x, above, above + _LANE)
        yield _moon(site.mjd, site.moon, x, above)


def _moon(mjd: Floats, altitude: Floats, x: Place, top: float) -> str:
    up = np.clip(altitude, 0, None) / 90 * (_LANE - 4)
    line = " ".join(f"{x(t):.1f},{top + _LANE - h:.1f}" for t, h in zip(mjd, up, strict=True))
    return f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>'


def _shades(
    nights: Sequence[Mapping[str, Any]], span: tuple[float, float], x: Place, top: float, bottom: float
) -> Iterator[str]:
    left, right = span
    for name, opacity in _SHADES:
        at = left
        dark = [each["twilights"][name] for each in nights if name in each["twilights"]]
        for begin, end in [*dark, (right, right)]:
            if begin > at:
                yield (
                    f'<rect x="{x(at):.1f}" y="{top}" width="{x(begin) - x(at):.1f}" height="{bottom - top}" '
                    f'fill="{_INK}" fill-opacity="{opacity}"/>'
                )
            at = max(at, end)


def _hours(begin: float, end: float, x: Place, bottom: float) -> Iterator[str]:
    step = next(step for step in (1, 2, 3, 6, 12, 24, 72) if (end - begin) * 24 / step <= 12 or step == 72)
    for hour in range(math.ceil(begin * 24 / step) * step, math.floor(end * 24) + 1, step):
        at = x(hour / 24)
        yield f'<path d="M{at:.1f} 4V{bottom + 4}" stroke="{_LINE}" stroke-opacity=".35"/>'
        yield f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle">{hour % 24:02d}h</text>'
    yield f'<text x="{(_LEFT + _WIDTH) / 2:.0f}" y="{bottom + 30}" text-anchor="middle">UTC</text>'


def _lanes(night: PlannedNight, x: Place, top: float) -> Iterator[str]:
    if not night.sites:
        yield f'<text x="{_LEFT - 6}" y="{top + 15}" text-anchor="end">Moon</text>'
        yield _moon(night.mjd, night.moon, x, top)
    for number, band in enumerate(night.bands, start=not night.sites):
        y = top + number * _LANE
        yield f'<text x="{_LEFT - 6}" y="{y + 15}" text-anchor="end">{escape(band)}</text>'
        for n in (n for n, own in enumerate(night.lanes) if own == band):
            wide = max(x(night.end[n]) - x(night.start[n]), 1.0)
            yield (
                f'<rect x="{x(night.start[n]):.1f}" y="{y + 3}" width="{wide:.1f}" height="{_LANE - 6}" '
                f'fill="{night.colours[n]}"><title>{escape(night.fields[n])}</title></rect>'
            )


def _airmass(night: PlannedNight, x: Place, top: float) -> Iterator[str]:
    highest = max(night.limit or 1.0, float(night.airmass.max())) + 0.1
    yield from _frame(top, "airmass", ["1", f"{highest:.2f}"])
    for n, colour in enumerate(night.colours):
        y = top + (night.airmass[n] - 1) / (highest - 1) * _PLOT
        yield f'<circle cx="{x((night.start[n] + night.end[n]) / 2):.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>'
    if night.limit:
        yield _level(top + (night.limit - 1) / (highest - 1) * _PLOT, f"limit {night.limit:g}")


def _probability(night: PlannedNight, x: Place, top: float) -> Iterator[str]:
    most = max(night.bound or 0.0, float(night.probability.max()), 1e-9) * 1.1
    yield from _frame(top, "probability", [f"{most:.3f}", "0"])
    for each in night.growths[::-1]:  # that of all is drawn last, above the others
        steps, last = [f"M{x(night.nights[0]['begin']):.1f} {top + _PLOT}"], 0.0
        for end, value in zip(each.end, each.probability, strict=True):
            if value > last:
                steps.append(f"H{x(end):.1f}V{top + _PLOT * (1 - value / most):.1f}")
                last = value
        yield (
            f'<path d="{"".join(steps)}H{_WIDTH - _RIGHT}" fill="none" stroke="{each.colour or _ACCENT}" stroke-width="2">'
            f"<title>{escape(each.name)}</title></path>"
        )
    yield (
        f'<text x="{_WIDTH - _RIGHT - 4}" y="{top + _PLOT * (1 - last / most) + 13:.1f}" text-anchor="end">{last:.3f}</text>'
    )
    if night.bound is not None:
        yield _level(top + _PLOT * (1 - night.bound / most), f"at most {night.bound:.3f}")


def _frame(top: float, title: str, ends: list[str]) -> Iterator[str]:
    yield (
        f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH - _LEFT - _RIGHT}" height="{_PLOT}" fill="none" stroke="{_LINE}"/>'
        f'<text transform="translate(12 {top + _PLOT / 2}) rotate(-90)" text-anchor="middle">{title}</text>'
    )
    for text, y in zip(ends, (top + 10, top + _PLOT), strict=True):
        yield f'<text x="{_LEFT - 6}" y="{y}" text-anchor="end">{text}</text>'


def _level(y: float, text: str) -> str:
    return (
        f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="{_INK}" stroke-dasharray="5 4"/>'
        f'<text x="{_LEFT + 6}" y="{y - 4:.1f}">{text}</text>'
    )
