"""The HEALPix cells of shapes on the sky, as fine as each shape needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from skyhub.science._sky_map import PIXEL_SR, SkyMap
from skyhub.science.cells import PIXEL_DEG, cells_between, directions, merged_siblings
from skyhub.science.coordinates import HPX_ORDER, Position, separations
from skyhub.science.footprints import offsets_of

__all__ = ["annulus_map", "cone_map", "ellipse_map", "inside_map"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_CUT = 6.0
"""Gaussians end at so many standard deviations: 1.5e-8 of one in two dimensions lie beyond."""
_RING_CUT = 4.5
"""Those across a ring at so many: 7e-6 of one in one dimension lie beyond."""
_CORE = 3.0
"""Within so many standard deviations cells are half as wide as farther out."""
_CELLS_PER_SIGMA = 10
_MOST_CELLS = 500_000
_CELLS_INSIDE = 16_384
"""Of a uniform shape, before equal neighbours are merged."""
_MERGED_LEVELS = 3
"""Merged so often, a cell still is a small part of its shape, and a credible level a fine cut."""


def cone_map(centre: Position, sigma: float) -> SkyMap:
    """A Gaussian of the angular distance (deg) from a position."""
    order = _order(sigma / _CELLS_PER_SIGMA, 1)
    outer = cells_between(*centre, -1.0, min(_CUT * sigma, 180.0), order - 1)
    fine = _distance(outer, order - 1, centre) < _CORE * sigma
    cells = [outer[~fine], _children(outer[fine])]
    orders = np.repeat([order - 1, order], [len(part) for part in cells])
    distance = np.concatenate([_distance(part, order - 1 + n, centre) for n, part in enumerate(cells)])
    return _normalised(orders, np.concatenate(cells), np.exp(-0.5 * (distance / sigma) ** 2))


def ellipse_map(centre: Position, major: float, minor: float, angle: float, *, uniform: bool) -> SkyMap:
    """An ellipse: uniform within its semi-axes (deg), or a Gaussian with them as standard deviations.

    Offsets are taken on a sphere about the centre: distance and position angle.
    """
    if uniform:
        area = float(np.pi * major * minor)
        return inside_map([(centre, major)], area, lambda a, d: _elliptic(a, d, centre, major, minor, angle) <= 1)
    area = float(np.pi * _CUT**2 * major * minor)
    order = _order(max(minor / _CELLS_PER_SIGMA, 2 * np.sqrt(area / _MOST_CELLS)), 0)
    cells = cells_between(*centre, -1.0, min(_CUT * major, 180.0), order)
    radius = _elliptic(*_positions(cells, order), centre, major, minor, angle)
    near = radius <= _CUT
    return _normalised(order, cells[near], np.exp(-0.5 * radius[near] ** 2))


def annulus_map(centre: Position, radius: float, width: float, *, uniform: bool) -> SkyMap:
    """A ring: uniform to a width (deg) on both sides of a radius (deg), or a Gaussian across with it as standard deviation.

    The profile is averaged over each cell, so that a ring narrower than the cells is not lost between their centres; its
    areas are then those of the cells.
    """
    from scipy.special import ndtr

    reach = width if uniform else _RING_CUT * width
    area = 4 * np.pi * reach * (np.degrees(np.sin(np.radians(radius))) + reach)
    order = _order(max(width / _CELLS_PER_SIGMA, 2 * np.sqrt(area / _MOST_CELLS)), 0)
    side = PIXEL_DEG / 2**order
    cells = cells_between(*centre, radius - reach, min(radius + reach, 180.0), order)
    cells = cells[np.abs(_distance(cells, order, centre) - radius) <= reach + side / 2]
    edges = (_distance(cells, order, centre) - radius + np.array([[-0.5], [0.5]]) * side) / width
    inner, outer = np.clip(edges, -1, 1) if uniform else ndtr(edges)
    return _normalised(order, cells, outer - inner)


def inside_map(
    circles: Sequence[tuple[Position, float]], area: float, inside: Callable[[Floats, Floats], NDArray[np.bool_]]
) -> SkyMap:
    """As likely everywhere inside a shape that some circles cover; `area` (deg²) is that of its smallest part."""
    order = _order(np.sqrt(area / _CELLS_INSIDE), 0)
    found = [cells_between(*centre, -1.0, radius, order) for centre, radius in circles]
    cells = np.unique(np.concatenate(found))
    cells = cells[inside(*_positions(cells, order))]
    orders, merged, _ = merged_siblings(order, cells, levels=_MERGED_LEVELS)
    return _normalised(orders, merged, np.ones(len(merged)))


def _order(side: float, lowest: int) -> int:
    """The order whose cells are as wide as a side (deg) or narrower."""
    return int(np.clip(np.ceil(np.log2(PIXEL_DEG / side)), lowest, HPX_ORDER))


def _children(cells: Indices) -> Indices:
    return (cells[:, None] * 4 + np.arange(4)).ravel()


def _positions(cells: Indices, order: int) -> tuple[Floats, Floats]:
    x, y, z = directions(cells, order).T
    return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arctan2(z, np.hypot(x, y)))


def _distance(cells: Indices, order: int, centre: Position) -> Floats:
    return separations(*_positions(cells, order), *centre)


def _elliptic(a: Floats, d: Floats, centre: Position, major: float, minor: float, angle: float) -> Floats:
    """Distance from the centre in units of the ellipse's radius in that direction."""
    distance = separations(a, d, *centre)
    turn = np.arctan2(*_tangent(a, d, centre)) - np.radians(angle)
    return np.asarray(distance * np.hypot(np.cos(turn) / major, np.sin(turn) / minor))


def _tangent(a: Floats, d: Floats, centre: Position) -> tuple[Floats, Floats]:
    """Parts to the east and to the north of the direction from the centre."""
    lon, lat = (np.radians(v) for v in offsets_of(a, d, *centre))
    return np.cos(lat) * np.sin(lon), np.sin(lat)


def _normalised(orders: Indices | int, cells: Indices, weights: Floats) -> SkyMap:
    """A map of densities in these proportions that sums to one."""
    some = weights > 0
    kept = np.broadcast_to(orders, cells.shape)[some]
    total = float((weights[some] * 4.0 ** (HPX_ORDER - kept)).sum() * PIXEL_SR)
    return SkyMap.of_cells(kept, cells[some], weights[some] / total)
