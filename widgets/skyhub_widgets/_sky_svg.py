"""A sky plot as SVG: the whole sky in the Mollweide projection, east to the left.

References
----------
.. [1] Snyder 1987, Map Projections: A Working Manual, USGS Professional Paper 1395, p. 249. doi:10.3133/pp1395
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from skyhub_widgets._sky_layers import Layer

__all__ = ["mollweide", "sky_svg"]

Floats = npt.NDArray[np.float64]

_WIDTH = 720.0
_ROUNDS = 25
_COLOURS = {"accent": "#0b5cad", "good": "#1a7042", "warning": "#8a5a00", "bad": "#b3261e", "muted": "#54616f",
            "text": "#17202a"}  # fmt: skip
_GRID = "#c9d1da"


def mollweide(lon: Floats, lat: Floats, centre: float = 180.0) -> tuple[Floats, Floats]:
    """Positions (deg) in the plane [1]_: x from −2 to 2, growing to the west, y from −1 to 1.

    Examples
    --------
    >>> x, y = mollweide(np.array([180.0, 90.0]), np.array([90.0, 0.0]))
    >>> x.round(6).tolist(), y.round(6).tolist()
    ([-0.0, 1.0], [1.0, 0.0])
    """
    away = (lon - centre + 180.0) % 360.0 - 180.0
    wanted = np.pi * np.sin(np.radians(lat))
    theta = np.radians(lat)
    for _ in range(_ROUNDS):  # Newton's method for 2 theta + sin 2 theta
        slope = np.maximum(2 + 2 * np.cos(2 * theta), 1e-12)
        theta = np.clip(theta - (2 * theta + np.sin(2 * theta) - wanted) / slope, -np.pi / 2, np.pi / 2)
    return -2 * away / 180.0 * np.cos(theta), np.sin(theta)


def sky_svg(layers: Sequence[Layer], frame: str, centre: float, title: str) -> str:
    """Layers on the whole sky, as an inline SVG image with a legend."""
    parts = [*_graticule(centre)]
    for layer in layers:
        parts += _drawn(layer, frame, centre)
    legend = " · ".join(
        f'<tspan fill="{_paint(layer)}">■</tspan> {escape(layer.name)}' for layer in layers if layer.name
    )
    return (
        f'<svg role="img" aria-label="{escape(title, quote=True)}" viewBox="-2.05 -1.05 4.1 2.25" width="{_WIDTH:.0f}" '
        f'style="max-width:100%;height:auto" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}'
        f'<text x="-2" y="1.16" font-size="0.07" fill="#54616f">{legend}</text></svg>'
    )


def _graticule(centre: float) -> Iterator[str]:
    yield f'<ellipse rx="2" ry="1" fill="none" stroke="{_GRID}" stroke-width="0.01"/>'
    lat = np.linspace(-90, 90, 61)
    for away in range(-150, 151, 30):
        yield _path(*mollweide(np.full(61, centre + away), lat, centre), _GRID, 0.004)
    for parallel in range(-60, 61, 30):
        x, y = mollweide(centre + np.array([-179.999, 179.999]), np.full(2, float(parallel)), centre)
        yield _path(x, y, _GRID, 0.004)


def _drawn(layer: Layer, frame: str, centre: float) -> Iterator[str]:
    colour = _paint(layer)
    if layer.kind == "points":
        x, y = mollweide(*layer.positions(frame), centre)
        labels = layer.labels or [""] * len(x)
        paints = [_paint_of(each) for each in layer.colours] or [colour] * len(x)
        for a, b, label, paint in zip(x.tolist(), y.tolist(), labels, paints, strict=True):
            told = f"<title>{escape(label)}</title>" if label else ""
            yield f'<circle cx="{a:.4f}" cy="{-b:.4f}" r="0.012" fill="{paint}" fill-opacity="0.75">{told}</circle>'
        return
    for number, (lon, lat) in enumerate(layer.lines(frame)):
        paint = _paint_of(layer.colours[number]) if layer.colours else colour
        closed = layer.kind == "outlines"
        ring = [np.append(v, v[0]) if closed else v for v in (lon, lat)]
        x, y = mollweide(ring[0], ring[1], centre)
        yield _path(x, y, paint, 0.006 if layer.kind == "guide" else 0.012, 0.5 if layer.kind == "guide" else 1.0)


def _path(x: Floats, y: Floats, colour: str, width: float, opacity: float = 1.0) -> str:
    """A line, interrupted where it leaves the map on one side and comes back on the other."""
    jumps = np.append(True, np.abs(np.diff(x)) > 1.5)
    steps = [f"{'M' if jump else 'L'}{a:.4f} {-b:.4f}" for jump, a, b in zip(jumps, x, y, strict=True)]
    return (
        f'<path d="{"".join(steps)}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}"/>'
    )


def _paint(layer: Layer) -> str:
    return _paint_of(layer.colour)


def _paint_of(colour: str) -> str:
    return _COLOURS.get(colour, colour)
