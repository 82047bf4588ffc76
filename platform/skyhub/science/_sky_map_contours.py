"""Borders of credible levels as smooth lines, for drawing.

Each island of a region is looked at in a frame of its own, turned so that it lies along the equator: there a grid has no pole and
no edge, and is as fine as the island's cells.

References
----------
.. [1] Maire 2023, contourpy. doi:10.5281/zenodo.8430543 (marching squares)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skyhub.science._sky_map import PIXEL_DEG2, SkyMap
from skyhub.science.coordinates import HPX_ORDER, hpx_index
from skyhub.science.vectors import lonlat, unit_vectors

__all__ = ["contours_of"]

Floats = NDArray[np.float64]

_ACROSS = 320
"""Cells of the grid along the longer side of an island, at most."""
_MARGIN = 6
_NO_LENGTH = 1e-6
_COARSE = 5
_MOST_ISLANDS = 64
_SMOOTHED = 1.5
"""Standard deviation of what smooths the grid, in its cells."""
_JUMP = 180.0


def contours_of(sky_map: SkyMap, level: float) -> list[Floats]:
    """The lines around a credible level.

    Parameters
    ----------
    sky_map, level
        The map, and a probability.

    Returns
    -------
    list of ndarray
        Right ascension and declination (ICRS, deg), shape ``(n, 2)`` each; a line that crosses right ascension 0 is cut there.
    """
    cells = _cells_inside(sky_map, level)
    lines: list[Floats] = []
    for island in _islands(sky_map, cells)[:_MOST_ISLANDS]:
        for line in _around(sky_map, island, level):
            lines += _cut(line)
    return lines


def _cells_inside(sky_map: SkyMap, level: float) -> NDArray[np.intp]:
    """The cells of the region of a level."""
    region = sky_map.region(level)
    place = np.searchsorted(region[:, 0], sky_map.low, side="right") - 1
    return np.flatnonzero((place >= 0) & (sky_map.low < region[place, 1]))


def _islands(sky_map: SkyMap, cells: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Cells that hang together as coarse neighbours do, the most probable islands first."""
    from astropy_healpix import neighbours
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    order = min(_COARSE, int(sky_map.orders[cells].max()))
    shift = 2 * (HPX_ORDER - order)
    first, last = sky_map.low[cells] >> shift, (sky_map.high[cells] - 1) >> shift
    count = last - first + 1
    coarse = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
    numbers = np.unique(coarse)
    with np.errstate(invalid="ignore"):
        around = neighbours(numbers, 2**order, order="nested") if order else np.tile(numbers, (len(numbers), 1))
    at = np.minimum(np.searchsorted(numbers, around), len(numbers) - 1)
    rows = np.broadcast_to(np.arange(len(numbers)), at.shape)
    joined = numbers[at] == around
    links = coo_array((np.ones(joined.sum()), (rows[joined], at[joined])), shape=(len(numbers),) * 2)
    _, label = connected_components(links, directed=False)
    owner = label[np.searchsorted(numbers, first)]
    weight = np.bincount(owner, sky_map.probability[cells])
    return [cells[owner == island] for island in np.argsort(-weight) if weight[island] > 0]


def _around(sky_map: SkyMap, island: NDArray[np.intp], level: float) -> list[Floats]:
    """Closed lines of an island on the sky."""
    from contourpy import contour_generator
    from scipy.ndimage import gaussian_filter

    vectors = unit_vectors(*(v[island] for v in sky_map.centres))
    weights = sky_map.probability[island]
    axes = _axes(vectors, weights)
    x, y, z = (vectors @ axes.T).T
    lon, lat = np.degrees(np.arctan2(y, x)), np.degrees(np.arcsin(np.clip(z, -1, 1)))
    side = np.sqrt((sky_map.high - sky_map.low)[island] * PIXEL_DEG2)
    reach = side.max()
    extent = max(np.ptp(lon), np.ptp(lat)) + 2 * reach
    step = max(extent / _ACROSS, float(np.median(side)) / 3)
    reach += _MARGIN * step
    xs = np.arange(max(lon.min() - reach, -180.0), min(lon.max() + reach, 180.0) + step, step)
    ys = np.arange(max(lat.min() - reach, -90.0), min(lat.max() + reach, 90.0) + step, step)
    values = gaussian_filter(_levels(sky_map, island, xs, ys, axes, level), _SMOOTHED, mode="nearest")
    found = contour_generator(xs, ys, values).lines(level)
    return [_on_the_sky(np.asarray(line), axes) for line in found]


def _axes(vectors: Floats, weights: Floats) -> Floats:
    """Middle, long side and short side of an island as rows."""
    middle = weights @ vectors
    norm = float(np.linalg.norm(middle))
    x = middle / norm if norm > _NO_LENGTH * weights.sum() else vectors[np.argmax(weights)]
    apart = vectors - (vectors @ x)[:, None] * x
    _, _, turned = np.linalg.svd(apart * np.sqrt(weights)[:, None], full_matrices=False)
    long = turned[0] - (turned[0] @ x) * x
    if np.linalg.norm(long) < _NO_LENGTH:  # a single cell
        long = np.cross(x, np.eye(3)[np.argmin(np.abs(x))])
    y = long / np.linalg.norm(long)
    return np.stack([x, y, np.cross(x, y)])


def _levels(sky_map: SkyMap, island: NDArray[np.intp], lon: Floats, lat: Floats, axes: Floats, level: float) -> Floats:
    """Credible level on a grid, shape ``(n_lat, n_lon)``; other islands are drowned."""
    positions = _on_the_sky(np.column_stack([v.ravel() for v in np.meshgrid(lon, lat)]), axes)
    cell = sky_map.cell_of(hpx_index(*positions.T))
    levels = np.where(cell >= 0, sky_map.levels[cell], 1.0)
    levels[(levels <= level) & ~np.isin(cell, island)] = 1.0
    return levels.reshape(len(lat), len(lon))


def _on_the_sky(points: Floats, axes: Floats) -> Floats:
    return np.column_stack(lonlat(unit_vectors(points[:, 0], np.clip(points[:, 1], -90, 90)) @ axes))


def _cut(line: Floats) -> list[Floats]:
    """A line in parts that do not jump from right ascension 0 to 360; each part ends at the edge."""
    jumps = np.flatnonzero(np.abs(np.diff(line[:, 0])) > _JUMP)
    parts: list[Floats] = []
    begin: list[Floats] = []
    start = 0
    for jump in jumps.tolist():
        before, after = line[jump], line[jump + 1]
        up = before[0] > _JUMP
        reach = (360 - before[0], after[0]) if up else (before[0], 360 - after[0])
        share = reach[0] / sum(reach) if sum(reach) > 0 else 0.5
        dec = before[1] + share * (after[1] - before[1])
        edge = 360.0 if up else 0.0
        parts.append(np.vstack([*begin, line[start : jump + 1], [[edge, dec]]]))
        begin, start = [np.array([[360.0 - edge, dec]])], jump + 1
    parts.append(np.vstack([*begin, line[start:]]))
    return parts
