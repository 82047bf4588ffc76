"""Many positions against a large catalogue at once: pairs within a radius, and the nearest of each.

The catalogue is kept sorted by order-29 NESTED HEALPix index [1]_. The cells that each position's cone touches are ranges
of it, found by bisection; what lies in them is held against the exact distance [2]_.

References
----------
.. [1] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (HEALPix)
.. [2] Sinnott 1984, Sky & Telescope 68, 158 (haversine)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.science.cells import NARROWEST_DEG, cells_touched
from skyhub.science.coordinates import HPX_ORDER, hpx_index, separations

__all__ = ["Pairs", "SortedSky", "first_of_each"]


class Pairs(NamedTuple):
    """Pairs of an entry of a catalogue and the position it is near to, shape ``(n,)`` each."""

    entries: NDArray[np.int64]
    """Numbers of the entries."""
    owners: NDArray[np.int64]
    """Numbers of the positions."""
    separation: NDArray[np.float64]
    """Distance (deg)."""
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    """Where the entries are (ICRS, deg)."""

    def take(self, which: NDArray[Any]) -> Pairs:
        """Some of them, by number or by truth."""
        columns: list[Any] = [column[which] for column in self]
        return Pairs(*columns)

    @classmethod
    def joined(cls, parts: Sequence[Pairs]) -> Pairs:
        """All of several searches."""
        columns: list[Any] = [np.concatenate(found) for found in zip(_NO_PAIRS, *parts, strict=True)]
        return cls(*columns)


_NO_PAIRS = Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0))


class SortedSky(NamedTuple):
    """Positions (ICRS, deg) in ascending order of their indices.

    Examples
    --------
    >>> sky = SortedSky.of([10.0, 359.9999], [20.0, 0.0])
    >>> pairs = sky.within([0.0001], [0.0], 1 / 3600)
    >>> pairs.owners.tolist(), (pairs.separation * 3600).round(2).tolist()
    ([0], [0.72])
    """

    hpx: NDArray[np.int64]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    rows: NDArray[np.int64]
    """Their numbers as they were given."""

    @classmethod
    def of(cls, ra: ArrayLike, dec: ArrayLike) -> SortedSky:
        """Sort positions (ICRS, deg)."""
        lon, lat = np.asarray(ra, dtype=float), np.asarray(dec, dtype=float)
        hpx = hpx_index(lon, lat)
        order = np.argsort(hpx, kind="stable")
        return cls(hpx[order], lon[order], lat[order], order)

    def within(self, ra: ArrayLike, dec: ArrayLike, radius: float) -> Pairs:
        """All pairs of an entry and a position (ICRS, deg) that are no farther than a radius (deg) from each other.

        Returns
        -------
        Pairs
            Of each, `entries` are numbers as given to `of`, `owners` those of the positions.
        """
        lon, lat = np.atleast_1d(np.asarray(ra, dtype=float)), np.atleast_1d(np.asarray(dec, dtype=float))
        if not (len(self.hpx) and len(lon)):
            return _NO_PAIRS
        order = int(np.clip(np.floor(np.log2(NARROWEST_DEG / max(radius, 1e-7))), 0, HPX_ORDER))
        cells, owners = cells_touched(lon, lat, radius, order)
        width = 4 ** (HPX_ORDER - order)
        begin = np.searchsorted(self.hpx, cells * width)
        count = np.searchsorted(self.hpx, (cells + 1) * width) - begin
        places = np.repeat(begin - np.cumsum(count) + count, count) + np.arange(count.sum())
        owners = np.repeat(owners, count)
        distance = separations(self.ra[places], self.dec[places], lon[owners], lat[owners])
        near = distance <= radius
        places = places[near]
        return Pairs(self.rows[places], owners[near], distance[near], self.ra[places], self.dec[places])


def first_of_each(owners: NDArray[np.int64], *merits: NDArray[np.float64]) -> NDArray[np.intp]:
    """Of the rows of each owner, where the one with the least merit is; a later merit decides between equal ones.

    Examples
    --------
    >>> first_of_each(np.array([7, 7, 3]), np.array([2.0, 1.0, 5.0])).tolist()
    [2, 1]
    """
    order = np.lexsort((*reversed(merits), owners))
    _, first = np.unique(owners[order], return_index=True)
    return np.asarray(order[first])
