"""HEALPix cells that cones touch: all of them, for many cones at once.

A cone that is no wider than a cell lies in the cell of its centre and the cells around it; these are halved as often as
needed, and those too far away are dropped. (The cone search of astropy-healpix 2.0 misses cells of about one cone in a
hundred.)

References
----------
.. [1] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (HEALPix)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["NARROWEST_DEG", "PIXEL_DEG", "cells_between", "cells_touched", "directions", "joined_ranges"]

PIXEL_DEG = 58.6323
"""Side of a base cell (deg): the square root of a twelfth of the sky."""

NARROWEST_DEG = 40.0
"""Cells of order k are nowhere narrower than this many degrees over 2^k, from edge to opposite edge."""
_FARTHEST = 61.5
"""No corner of a cell of order k is farther from its centre than this many degrees over 2^k."""
_ROUNDING = 4e-16
"""Of the cosine of a distance."""


def cells_touched(
    ra: ArrayLike, dec: ArrayLike, radius: float, order: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells of an order that cones touch, and some that they nearly touch.

    Parameters
    ----------
    ra, dec
        Axes of the cones (ICRS, deg), shape ``(n,)``.
    radius
        Of all cones (deg).
    order
        HEALPix order of the cells.

    Returns
    -------
    cells, owners
        NESTED indices and the cone that touches each; a cell occurs once for each of its cones.
    """
    axes = _unit(np.atleast_1d(np.asarray(ra, dtype=float)), np.atleast_1d(np.asarray(dec, dtype=float)))
    level = int(np.clip(np.floor(np.log2(NARROWEST_DEG / max(radius, 1e-9))), 0, order))
    cells, owners = _around(axes, level)
    while True:
        reach = np.radians(min(180.0, radius + _FARTHEST / 2**level))
        near = np.einsum("ij,ij->i", directions(cells, level), axes[owners]) >= np.cos(reach)
        cells, owners = cells[near], owners[near]
        if level == order:
            return cells, owners
        cells = (cells[:, None] * 4 + np.arange(4)).ravel()
        owners = np.repeat(owners, 4)
        level += 1


def cells_between(ra: float, dec: float, inner: float, outer: float, order: int) -> NDArray[np.int64]:
    """Cells of an order that a ring touches, ascending, and some that it nearly touches.

    Parameters
    ----------
    ra, dec
        Centre of the ring (ICRS, deg).
    inner, outer
        Its radii (deg); it is a cone if the inner one is negative.
    order
        HEALPix order of the cells.
    """
    [axis] = _unit(np.array([ra], dtype=float), np.array([dec], dtype=float))
    cells = np.arange(12)
    for level in range(order + 1):
        reach = _FARTHEST / 2**level
        least, most = np.cos(np.radians([min(180.0, outer + reach), max(0.0, inner - reach)]))
        height = directions(cells, level) @ axis
        cells = cells[(height >= least - _ROUNDING) & (height <= most + _ROUNDING)]
        if level < order:
            cells = (cells[:, None] * 4 + np.arange(4)).ravel()
    return cells


def directions(cells: NDArray[np.int64], order: int) -> NDArray[np.float64]:
    """Unit vectors of the centres of cells, shape ``(n, 3)``."""
    from astropy_healpix import healpix_to_xyz

    return np.stack(healpix_to_xyz(cells, 2**order, order="nested"), axis=-1)


def joined_ranges(cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Begin and end of the runs of consecutive numbers among ascending ones."""
    gaps = np.flatnonzero(np.diff(cells) != 1)
    return cells[np.concatenate([[0], gaps + 1])], cells[np.concatenate([gaps, [-1]])] + 1


def _around(axes: NDArray[np.float64], order: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cells of directions and those around them; all cells where there are few."""
    from astropy_healpix import neighbours, xyz_to_healpix

    if order == 0:
        return np.tile(np.arange(12), len(axes)), np.repeat(np.arange(len(axes)), 12)
    own = xyz_to_healpix(*axes.T, 2**order, order="nested")
    with np.errstate(invalid="ignore"):  # where a corner has no eighth neighbour
        cells = np.concatenate([own[None], neighbours(own, 2**order, order="nested")]).T
    owners = np.repeat(np.arange(len(axes)), 9)
    there = cells.ravel() >= 0
    return cells.ravel()[there], owners[there]


def _unit(ra: NDArray[np.float64], dec: NDArray[np.float64]) -> NDArray[np.float64]:
    a, d = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=-1)
