"""Where the detections of an object lie: offsets from their median, north up and east left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from skyhub.science.coordinates import Position, offsets

from skyhub_widgets._styles import filter_style
from skyhub_widgets.dashboard._view import note

__all__ = ["positions_html"]

_SIDE = 280.0
_LEAST_RADIUS = 0.5
"""Arcsec: a scatter of hundredths shall look small."""
_RINGS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
_MARGIN = 1.15


def positions_html(alerts: Sequence[Mapping[str, Any]], place: Position) -> str:
    """A plot of positions about their median, with the scatter in words.

    Parameters
    ----------
    alerts
        Rows with ``ra, dec`` (ICRS, deg) and ``filter``.
    place
        The position of the object, which is marked with a cross.
    """
    seen = [alert for alert in alerts if alert["ra"] is not None and alert["dec"] is not None]
    if not seen:
        return note("There is no alert with a position.")
    east, north = offsets([alert["ra"] for alert in seen], [alert["dec"] for alert in seen], place)
    middle = float(np.median(east)), float(np.median(north))
    east, north = east - middle[0], north - middle[1]
    distance = np.hypot(east, north)
    radius = _MARGIN * max(_LEAST_RADIUS, float(distance.max()), float(np.hypot(*middle)))
    dots = "".join(
        _dot(x, y, radius, alert["filter"]) for x, y, alert in zip(east, north, seen, strict=True)
    )  # fmt: skip
    cross_x, cross_y = _on_plot(-middle[0], -middle[1], radius)
    cross = f'<path d="M{cross_x - 6:.1f} {cross_y:.1f}h12M{cross_x:.1f} {cross_y - 6:.1f}v12" stroke="currentColor"/>'
    scatter = f", scatter {np.sqrt(np.mean(distance**2)):.2f}″ about their median" if len(seen) > 1 else ""
    counted = "1 position" if len(seen) == 1 else f"{len(seen)} positions"
    words = f"{counted}{scatter}; + is where the object is kept, {np.hypot(*middle):.2f}″ from it."
    return (
        f'<svg viewBox="0 0 {_SIDE} {_SIDE}" width="{_SIDE}" height="{_SIDE}" role="img" style="max-width:100%" '
        f'aria-label="Positions of {len(seen)} detections, north up, east left">{_rings(radius)}{cross}{dots}'
        f"{_letter(_SIDE / 2 - 4, 12, 'N')}{_letter(2, _SIDE / 2 + 4, 'E')}</svg>{note(words)}"
    )


def _on_plot(east: float, north: float, radius: float) -> tuple[float, float]:
    return _SIDE / 2 * (1 - east / radius), _SIDE / 2 * (1 - north / radius)


def _dot(east: float, north: float, radius: float, filter_name: str) -> str:
    x, y = _on_plot(east, north, radius)
    style = filter_style(filter_name)
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{style["colour"]}" fill-opacity=".75">'
        f"<title>{escape(str(style['label']))}: {east:+.2f}″ east, {north:+.2f}″ north</title></circle>"
    )


def _rings(radius: float) -> str:
    sizes = {ring: ring / radius * _SIDE / 2 for ring in _RINGS if ring < radius}
    return "".join(
        f'<circle cx="{_SIDE / 2}" cy="{_SIDE / 2}" r="{size:.1f}" fill="none" stroke="currentColor" stroke-opacity=".25"/>'
        f"{_letter(_SIDE / 2 + size * 0.71 + 2, _SIDE / 2 + size * 0.71 + 9, f'{ring:g}″')}"
        for ring, size in list(sizes.items())[-3:]
    )


def _letter(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" fill="currentColor">{text}</text>'
