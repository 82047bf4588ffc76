"""HEALPix cells that cones touch: all of them, for many cones at once.

A cone that is no wider than a cell lies in the cell of its centre and the cells around it; these are halved as often as
needed, and those too far away are dropped. (The cone search of astropy-healpix 2.0 misses cells of about one cone in a
hundred.)

References
----------
.. [1] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (HEALPix)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.science.vectors import unit_vectors

__all__ = [
    "NARROWEST_DEG",
    "PIXEL_DEG",
    "cells_between",
    "cells_of_ranges",
    "cells_touched",
    "directions",
    "joined_ranges",
    "merged_siblings",
    "united_ranges",
]

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
    axes = unit_vectors(np.atleast_1d(ra), np.atleast_1d(dec))
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
    [axis] = unit_vectors([ra], [dec])
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


def united_ranges(low: ArrayLike, high: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The fewest half-open ranges, ascending and apart, that cover what others cover.

    Examples
    --------
    >>> [ends.tolist() for ends in united_ranges([5, 0, 14, 30], [15, 10, 20, 30])]
    [[0], [20]]
    """
    begin, end = np.asarray(low, dtype=np.int64), np.asarray(high, dtype=np.int64)
    order = np.argsort(begin, kind="stable")
    order = order[(begin < end)[order]]
    begin, reach = begin[order], np.maximum.accumulate(end[order])
    first = np.concatenate([[True], begin[1:] > reach[:-1]])[: len(begin)]
    last = np.concatenate([first[1:], [True]])[: len(begin)]
    return begin[first], reach[last]


def cells_of_ranges(
    low: ArrayLike, high: ArrayLike, deepest: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The fewest cells that fill half-open ranges of the indices of an order.

    Returns
    -------
    orders, cells, owners
        HEALPix orders, NESTED indices, and the number of the range that each is part of; in no particular sequence.

    Examples
    --------
    >>> [part.tolist() for part in cells_of_ranges([3], [9], deepest=1)]
    [[0, 1, 1], [1, 3, 8], [0, 0, 0]]
    """
    begin, end = np.asarray(low, dtype=np.int64), np.asarray(high, dtype=np.int64)
    owner = np.arange(len(begin))
    found: list[tuple[NDArray[np.int64], ...]] = []
    for order in range(deepest + 1):
        width = np.int64(4) ** (deepest - order)
        first, last = -(-begin // width), end // width
        count = np.maximum(last - first, 0)
        cells = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        found.append((np.full(len(cells), order), cells, np.repeat(owner, count)))
        whole = count > 0
        begin, end, owner = (
            np.concatenate([begin[whole], (last * width)[whole], begin[~whole]]),
            np.concatenate([(first * width)[whole], end[whole], end[~whole]]),
            np.concatenate([owner[whole], owner[whole], owner[~whole]]),
        )
        left = begin < end
        begin, end, owner = begin[left], end[left], owner[left]
    orders, all_cells, owners = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return orders, all_cells, owners


def merged_siblings(
    order: int, cells: NDArray[np.int64], columns: Sequence[NDArray[Any]] = (), levels: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[NDArray[Any]]]:
    """Fewer cells that say the same: four of one parent become the parent where all columns are equal, and so on.

    Parameters
    ----------
    order
        HEALPix order of the cells.
    cells
        NESTED indices in ascending order, shape ``(n,)``.
    columns
        What is known of each cell, shape ``(n,)`` each.
    levels
        How many orders a cell may become coarser; as many as there are by default.

    Returns
    -------
    orders, cells, columns
        The finest cells come first.

    Examples
    --------
    >>> merged_siblings(1, np.arange(9), [np.array([1, 1, 1, 1, 5, 5, 5, 6, 7])])[:2]
    (array([1, 1, 1, 1, 1, 0]), array([4, 5, 6, 7, 8, 0]))
    """
    found: list[tuple[NDArray[Any], ...]] = []
    for _ in range(order if levels is None else min(order, levels)):
        same = (cells[:-3] % 4 == 0) & (cells[3:] == cells[:-3] + 3)
        for column in columns:
            equal = column[1:] == column[:-1]
            same &= equal[:-2] & equal[1:-1] & equal[2:]
        whole = np.flatnonzero(same)
        alone = np.ones(len(cells), dtype=bool)
        alone[(whole[:, None] + np.arange(4)).ravel()] = False
        found.append((np.full(alone.sum(), order), cells[alone], *(column[alone] for column in columns)))
        cells, columns, order = cells[whole] // 4, [column[whole] for column in columns], order - 1
    found.append((np.full(len(cells), order), cells, *columns))
    orders, merged, *kept = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return orders, merged, kept


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
