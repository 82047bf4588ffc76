"""The Earth as SVG: coasts, day and night, a region of the sky where it stands at the zenith, and telescopes by what they see."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
from skyhub.science.vectors import lonlat, unit_vectors

from skyhub_widgets._coast import coastlines

__all__ = ["Site", "sites_of", "world_svg"]

Floats = npt.NDArray[np.float64]
Site = list[Mapping[str, Any]]
"""Telescopes that stand together, the one that sees most first."""

_SCALE = 2.0
_TOGETHER = 1.5
"""Telescopes nearer than this (deg) are one mark."""
_NIGHTS = (("the Sun is down", 0.0), ("astronomical night", -18.0))
_STEP = 1
_PAINTS = {"now": "var(--sw-good,#1a7042)", "tonight": "var(--sw-accent,#0b5cad)", "not": "var(--sw-muted,#54616f)"}
_SKY = "var(--sw-warning,#8a5a00)"


def sites_of(telescopes: Iterable[Mapping[str, Any]]) -> list[Site]:
    """Telescopes by the places where they stand, in their order."""
    sites: list[Site] = []
    for one in telescopes:
        for site in sites:
            first = site[0]
            away = (one["longitude"] - first["longitude"] + 180) % 360 - 180
            if math.hypot(away, one["latitude"] - first["latitude"]) < _TOGETHER:
                site.append(one)
                break
        else:
            sites.append([one])
    return sites


def world_svg(found: Mapping[str, Any], lines: Sequence[Any], title: str) -> str:
    """The Earth at the time of what was found, in the plate carrée projection.

    Parameters
    ----------
    found
        What ``sky.observability.observers`` gives.
    lines
        Borders of a region on the sky, each of shape ``(n, 2)`` (ICRS, deg).
    title
        What is shown.
    """
    parts = [*_nights(found["sun"]), *_grid(), *_coast(), *_region(lines, np.array(found["to_earth"]))]
    for name, mark, radius in (("sun", "var(--sw-warning,#8a5a00)", 6), ("moon", "var(--sw-muted,#54616f)", 5)):
        x, y = _place(*found[name])
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" style="fill:{mark}" '
            f'data-tip="{name.title()} at the zenith"/>'
        )
    parts += [_mark(site) for site in sites_of(found["telescopes"])]
    return (
        f'<svg class="skyhub-static" role="img" aria-label="{escape(title, quote=True)}" viewBox="0 0 {360 * _SCALE:.0f} '
        f'{180 * _SCALE:.0f}" style="max-width:100%" xmlns="http://www.w3.org/2000/svg" font-size="11">{"".join(parts)}</svg>'
    )


def _place(lon: float, lat: float) -> tuple[float, float]:
    return (lon + 180) * _SCALE, (90 - lat) * _SCALE


def _nights(sun: Sequence[float]) -> Iterator[str]:
    """Where the Sun stands below altitudes: strips of some degrees of longitude."""
    lon, lat = np.radians(sun)
    middles = np.radians(np.arange(-180 + _STEP / 2, 180, _STEP))
    along, across = np.full(len(middles), np.sin(lat)), np.cos(lat) * np.cos(middles - lon)
    height, peak = np.hypot(along, across), np.degrees(np.arctan2(along, across))
    for name, altitude in _NIGHTS:
        share = np.sin(np.radians(altitude)) / height
        width = np.degrees(np.arccos(np.clip(share, -1, 1)))
        strips = []
        for number, (best, half) in enumerate(zip(peak.tolist(), width.tolist(), strict=True)):
            x = number * _STEP * _SCALE
            for low, high in _dark(best, half):
                top_y, low_y, wide = (90 - high) * _SCALE, (90 - low) * _SCALE, _STEP * _SCALE
                strips.append(f"M{x:.0f} {top_y:.1f}h{wide:.0f}V{low_y:.1f}h-{wide:.0f}z")
        yield (
            f'<path d="{"".join(strips)}" shape-rendering="crispEdges" data-tip="{name}" '
            'style="fill:var(--sw-text,#17202a);fill-opacity:.13"/>'
        )


def _dark(peak: float, half: float) -> list[tuple[float, float]]:
    """Latitudes farther than an angle from the one where the Sun stands highest on a meridian, around the whole circle."""
    ranges = [(peak - 360 + half, peak - half), (peak + half, peak + 360 - half)]
    return [(max(low, -90.0), min(high, 90.0)) for low, high in ranges if min(high, 90.0) > max(low, -90.0)]


def _grid() -> Iterator[str]:
    lines = [f"M{x * _SCALE:.0f} 0v{180 * _SCALE:.0f}" for x in range(60, 360, 60)]
    lines += [f"M0 {y * _SCALE:.0f}h{360 * _SCALE:.0f}" for y in range(30, 180, 30)]
    yield f'<path d="{"".join(lines)}" style="fill:none;stroke:var(--sw-border,#c9d1da);stroke-width:.6"/>'


def _coast() -> Iterator[str]:
    parts = [_line(np.array(one)) for one in coastlines()]
    yield f'<path d="{"".join(parts)}" style="fill:none;stroke:var(--sw-muted,#54616f);stroke-width:.8"/>'


def _region(lines: Sequence[Any], to_earth: Floats) -> Iterator[str]:
    parts = []
    for line in lines:
        ra, dec = np.asarray(line, dtype=float).T
        parts.append(_line(np.column_stack(lonlat(unit_vectors(ra, dec) @ to_earth.T, 180.0))))
    if parts:
        yield (
            f'<path d="{"".join(parts)}" data-tip="Where the localization stands at the zenith" '
            f'style="fill:none;stroke:{_SKY};stroke-width:1.8"/>'
        )


def _line(points: Floats) -> str:
    """A line, lifted where it leaves the map at one side and comes back at the other."""
    moves = np.abs(np.diff(points[:, 0], prepend=points[0, 0])) > 180
    moves[0] = True
    places = ((x, y, lifted) for (x, y), lifted in zip(points.tolist(), moves.tolist(), strict=True))
    return "".join(
        f"{'M' if lifted else 'L'}{(x + 180) * _SCALE:.1f} {(90 - y) * _SCALE:.1f}" for x, y, lifted in places
    )


def _mark(site: Site) -> str:
    best = site[0]
    state = "now" if best["now"] > 0 else "tonight" if best["tonight"] > 0 else "not"
    x, y = _place(best["longitude"], best["latitude"])
    radius = 3 + 7 * math.sqrt(best["now"] or best["tonight"])
    hollow = "" if state == "now" else ";fill-opacity:.25"
    tip = "\n".join(f"{one['telescope']}: {one['now']:.0%} now, {one['tonight']:.0%} tonight" for one in site)
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" data-id="{escape(best["telescope"], quote=True)}" '
        f'data-tip="{escape(tip, quote=True)}" style="fill:{_PAINTS[state]};stroke:{_PAINTS[state]}{hollow}">'
        f"<title>{escape(tip)}</title></circle>"
    )
