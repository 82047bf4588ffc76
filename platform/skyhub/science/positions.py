"""Positions on the sky in memory: cones and nearest neighbours among millions, without the database.

A position is kept as its order-29 NESTED HEALPix index, which is exact to 0.2 mas, in a sorted array: 16 bytes each.
A cone is a few ranges of indices [1]_, found by bisection.

References
----------
.. [1] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (HEALPix)
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.science.coordinates import HPX_ORDER, Position, hpx_index, hpx_ranges, separation

__all__ = ["Near", "SkyIndex"]

_MERGE_AT = 65_536


class Near(NamedTuple):
    """What lies near a position: row numbers, indices and distances (deg), nearest first."""

    rows: NDArray[np.int64]
    hpx: NDArray[np.int64]
    separation: NDArray[np.float64]


class SkyIndex:
    """Positions that can be added to and searched by several threads.

    Examples
    --------
    >>> index = SkyIndex()
    >>> index.add([10.0, 10.0, 200.0], [20.0, 20.0 + 3 / 3600, -5.0])
    >>> index.cone(10.0, 20.0, 4 / 3600).rows.tolist()
    [0, 1]
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: tuple[_Part, ...] = (_EMPTY, _EMPTY)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, ra: ArrayLike, dec: ArrayLike) -> None:
        """Add positions (ICRS, deg); their rows are numbered from 0 in the order they come."""
        self.add_hpx(hpx_index(ra, dec))

    def add_hpx(self, hpx: ArrayLike) -> None:
        """Add positions by their order-29 NESTED indices."""
        values = np.asarray(hpx, dtype=np.int64)
        with self._lock:
            rows = np.arange(self._count, self._count + len(values))
            main, recent = self._parts
            recent = _joined(recent, _Part(values, rows))
            if len(recent.hpx) > max(_MERGE_AT, len(main.hpx) // 8):
                main, recent = _joined(main, recent), _EMPTY
            self._parts = main, recent
            self._count += len(values)

    def cone(self, ra: float, dec: float, radius: float) -> Near:
        """Positions within a radius (deg) of a position (ICRS, deg)."""
        ranges = hpx_ranges(Position(ra, dec), radius)
        found = [part.between(low, high) for low, high in ranges for part in self._parts]
        hpx, rows = (np.concatenate([f[k] for f in found]) for k in range(2))
        distance = separation(*_lonlat(hpx), Position(ra, dec))
        nearest = np.argsort(distance, kind="stable")
        nearest = nearest[: np.searchsorted(distance[nearest], radius, side="right")]
        return Near(rows[nearest], hpx[nearest], distance[nearest])

    def nearest(self, ra: float, dec: float, count: int = 1, radius: float = 1.0) -> Near:
        """The `count` nearest positions within a radius (deg); the search widens only as far as needed."""
        tried = min(radius, 1 / 60)
        while True:
            near = self.cone(ra, dec, tried)
            if len(near.rows) >= count or tried >= radius:
                return Near(near.rows[:count], near.hpx[:count], near.separation[:count])
            tried = min(4 * tried, radius)


class _Part(NamedTuple):
    """Indices in ascending order, and the rows that they belong to."""

    hpx: NDArray[np.int64]
    rows: NDArray[np.int64]

    def between(self, low: int, high: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        begin, end = np.searchsorted(self.hpx, [low, high])
        return self.hpx[begin:end], self.rows[begin:end]


_EMPTY = _Part(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


def _joined(one: _Part, other: _Part) -> _Part:
    hpx = np.concatenate([one.hpx, other.hpx])
    order = np.argsort(hpx, kind="stable")
    return _Part(hpx[order], np.concatenate([one.rows, other.rows])[order])


def _lonlat(hpx: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from astropy_healpix import healpix_to_lonlat

    lon, lat = healpix_to_lonlat(hpx, 2**HPX_ORDER, order="nested")
    return lon.to_value("deg"), lat.to_value("deg")
