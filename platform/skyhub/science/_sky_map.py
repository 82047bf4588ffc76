"""Sky maps as sorted HEALPix cells, each with the probability that the source lies there.

A map of any resolution is a list of cells that do not overlap, in ascending order of their first order-29 NESTED index [1]_:
a position is found by one bisection, and the probability of any set of ranges of indices by interpolating cumulative sums.

References
----------
.. [1] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (HEALPix)
.. [2] Fernique et al. 2014, IVOA Recommendation, MOC 1.0. doi:10.5479/ADS/bib/2014ivoa.spec.0602F (UNIQ numbers)
.. [3] Singer et al. 2016, ApJL 829, L15. doi:10.3847/2041-8205/829/1/L15 (distance along lines of sight, credible volumes)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.cells import directions
from skyhub.science.coordinates import HPX_ORDER, Position, hpx_index

__all__ = ["PIXEL_DEG2", "PIXEL_SR", "Distances", "MapFacts", "SkyMap"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

PIXEL_SR = np.pi / 3 / 4.0**HPX_ORDER
"""Solid angle of a cell of order 29 (sr)."""
PIXEL_DEG2 = float(np.degrees(np.degrees(PIXEL_SR)))
"""Solid angle of a cell of order 29 (deg²)."""


class Distances(NamedTuple):
    """The distance along the line of sight of each cell [3]_, shape ``(n,)`` each.

    The probability of a distance r is proportional to r² times a Gaussian.
    """

    mu: Floats
    """Location of the Gaussian (Mpc)."""
    sigma: Floats
    """Scale of the Gaussian (Mpc)."""
    norm: Floats
    """What makes the integral over r one (Mpc⁻²)."""

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Distances:
        """Those of some cells, by number or by truth."""
        return Distances(self.mu[which], self.sigma[which], self.norm[which])


@dataclass(frozen=True)
class MapFacts:
    """What a map's header says, and what was done to the map.

    Parameters
    ----------
    object_id, date_obs, creator, instruments
        Of the event: name, time (ISO, UTC), program and detectors; None where the header is silent.
    distmean, diststd
        Mean and standard deviation of the distance over the whole sky (Mpc).
    log_bci, log_bsn
        Logarithms of the Bayes factors coherent against incoherent and signal against noise.
    prob_sum
        Sum of the probabilities as they were given.
    notes
        What was mended on the way in, a sentence each.
    """

    object_id: str | None = None
    date_obs: str | None = None
    creator: str | None = None
    instruments: str | None = None
    distmean: float | None = None
    diststd: float | None = None
    log_bci: float | None = None
    log_bsn: float | None = None
    prob_sum: float = 1.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SkyMap:
    """Where a source may be, and how far away.

    Parameters
    ----------
    low, high
        Half-open ranges of order-29 NESTED indices, one a HEALPix cell, ascending and apart, shape ``(n,)``. Where there is
        no cell the probability is zero.
    density
        Probability density (sr⁻¹) in each cell.
    distances
        Of a map in three dimensions, those of each cell.
    facts
        What is known of the map as a whole.

    Examples
    --------
    >>> north = SkyMap.of_cells(order=0, cells=[0, 1, 2, 3], density=np.full(4, 3 / (4 * np.pi)))
    >>> float(north.density_at([10.0, 10.0], [80.0, -80.0]).round(4)[0]), round(north.area_within(1.0))
    (0.2387, 13751)
    """

    low: Indices
    high: Indices
    density: Floats
    distances: Distances | None = None
    facts: MapFacts = field(default_factory=MapFacts)

    @classmethod
    def of_cells(
        cls,
        order: ArrayLike,
        cells: ArrayLike,
        density: ArrayLike,
        distances: Distances | None = None,
        facts: MapFacts | None = None,
    ) -> SkyMap:
        """A map of NESTED cells of one order, or of an order each, in any sequence.

        Raises
        ------
        InvalidInput
            If cells overlap.
        """
        width = np.int64(4) ** (HPX_ORDER - np.asarray(order, dtype=np.int64))
        low = np.asarray(cells, dtype=np.int64) * width
        first = np.argsort(low, kind="stable")
        low, high = low[first], (low + width)[first]
        if np.any(low[1:] < high[:-1]):
            raise InvalidInput("cells of the map overlap: each place on the sky may have one probability.", "map")
        given = np.asarray(density, dtype=float)[first]
        return cls(low, high, given, distances.take(first) if distances else None, facts or MapFacts())

    def __len__(self) -> int:
        return len(self.low)

    @cached_property
    def orders(self) -> Indices:
        """HEALPix order of each cell."""
        return np.asarray(HPX_ORDER - np.round(np.log2(self.high - self.low) / 2), dtype=np.int64)

    @cached_property
    def uniq(self) -> Indices:
        """UNIQ number [2]_ of each cell."""
        return np.asarray((self.low >> 2 * (HPX_ORDER - self.orders)) + 4 * np.int64(4) ** self.orders)

    @cached_property
    def probability(self) -> Floats:
        """Probability of each cell."""
        return np.asarray(self.density * (self.high - self.low) * PIXEL_SR)

    @cached_property
    def ranking(self) -> NDArray[np.intp]:
        """Numbers of the cells from the densest on; of equally dense ones the smallest, then the last comes first."""
        return np.lexsort((-self.uniq, -self.density))

    @cached_property
    def levels(self) -> Floats:
        """Credible level of each cell: the probability of all cells that rank before it, and its own."""
        levels = np.empty(len(self))
        levels[self.ranking] = np.minimum(np.cumsum(self.probability[self.ranking]), 1.0)
        return levels

    def cell_of(self, hpx: ArrayLike) -> NDArray[np.intp]:
        """Number of the cell that holds each order-29 index; −1 where there is none."""
        at = np.asarray(hpx, dtype=np.int64)
        found = np.searchsorted(self.low, at, side="right") - 1
        return np.where((found >= 0) & (at < self.high[found]), found, -1)

    def density_at(self, ra: ArrayLike, dec: ArrayLike) -> Floats:
        """Probability density (sr⁻¹) at positions (ICRS, deg)."""
        cell = self.cell_of(hpx_index(ra, dec))
        return np.where(cell >= 0, self.density[cell], 0.0)

    def credible_level(self, ra: ArrayLike, dec: ArrayLike) -> Floats:
        """The smallest credible level whose region holds each position (ICRS, deg); 1 where there is no cell."""
        cell = self.cell_of(hpx_index(ra, dec))
        return np.where(cell >= 0, self.levels[cell], 1.0)

    def area_within(self, level: float) -> float:
        """Area (deg²) of the smallest region of a credible level, interpolated within its last cell."""
        _check_level(level)
        probability, area = self._accumulated
        return float(np.interp(level, probability, area))

    def probability_within(self, area: float) -> float:
        """Probability of the densest part of an area (deg²), interpolated within its last cell."""
        probability, accumulated = self._accumulated
        return float(np.interp(area, accumulated, probability))

    def region(self, level: float) -> NDArray[np.int64]:
        """The smallest set of cells that holds a credible level, as sorted ranges of order-29 indices, shape ``(n, 2)``.

        The cell that crosses the level belongs to it: the region holds at least the level, and is empty for no map.
        """
        _check_level(level)
        before = self.levels - self.probability
        inside = (before < level - 1e-12) & (self.density > 0)
        low, high = self.low[inside], self.high[inside]
        apart = low[1:] != high[:-1]
        begins, ends = np.concatenate([[True], apart]), np.concatenate([apart, [True]])
        return np.column_stack([low[begins[: len(low)]], high[ends[: len(high)]]])

    @property
    def mode(self) -> Position:
        """Centre of the densest cell (ICRS, deg)."""
        best = self.ranking[0]
        order = int(self.orders[best])
        [(x, y, z)] = directions(self.low[best : best + 1] >> 2 * (HPX_ORDER - order), order)
        return Position(float(np.degrees(np.arctan2(y, x)) % 360), float(np.degrees(np.arctan2(z, np.hypot(x, y)))))

    @cached_property
    def _accumulated(self) -> tuple[Floats, Floats]:
        """Probability and area (deg²) of the first cells of the ranking: none, one, two, …"""
        area = (self.high - self.low)[self.ranking] * PIXEL_DEG2
        sums = (np.cumsum(self.probability[self.ranking]), np.cumsum(area))
        return np.concatenate([[0.0], sums[0]]), np.concatenate([[0.0], sums[1]])


def _check_level(level: float) -> None:
    if not 0 < level <= 1:
        raise InvalidInput(f"the level {level} is no probability: more than 0 and at most 1 is permitted.", "level")
