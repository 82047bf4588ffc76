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

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._cell_table import CellTable
from skyhub.science._sky_map_volume import Distances, Volumes, distance_moments
from skyhub.science.cells import directions, united_ranges
from skyhub.science.coordinates import HPX_ORDER, Position, hpx_index

__all__ = ["PIXEL_DEG2", "PIXEL_SR", "MapFacts", "SkyMap"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

PIXEL_SR = np.pi / 3 / 4.0**HPX_ORDER
"""Solid angle of a cell of order 29 (sr)."""
PIXEL_DEG2 = float(np.degrees(np.degrees(PIXEL_SR)))
"""Solid angle of a cell of order 29 (deg²)."""
_MANY = 1000
"""Positions from which on a table is quicker than one bisection each."""


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
        many = at.ndim == 1 and len(at) > _MANY
        found = self._table.last_begun(at) if many else np.searchsorted(self.low, at, side="right") - 1
        return np.where((found >= 0) & (at < self.high[found]), found, -1)

    def density_at(self, ra: ArrayLike, dec: ArrayLike) -> Floats:
        """Probability density (sr⁻¹) at positions (ICRS, deg)."""
        return self.density_in(self.cell_of(hpx_index(ra, dec)))

    def density_in(self, cell: NDArray[np.intp]) -> Floats:
        """Probability density (sr⁻¹) in cells by number, as `cell_of` gives them."""
        return np.where(cell >= 0, self.density[cell], 0.0)

    def credible_level(self, ra: ArrayLike, dec: ArrayLike) -> Floats:
        """The smallest credible level whose region holds each position (ICRS, deg); 1 where there is no cell."""
        return self.credible_level_in(self.cell_of(hpx_index(ra, dec)))

    def credible_level_in(self, cell: NDArray[np.intp]) -> Floats:
        """The same in cells by number."""
        return np.where(cell >= 0, self.levels[cell], 1.0)

    def holds(self, hpx: ArrayLike, level: float) -> NDArray[np.bool_]:
        """Whether each order-29 index lies where the credible level is no more than a level; nowhere without probability."""
        _check_level(level)
        within = (self.levels <= level) & (self.density > 0)
        bounds = np.ravel(united_ranges(self.low[within], self.high[within]), order="F")
        return np.asarray(np.searchsorted(bounds, np.asarray(hpx, dtype=np.int64), side="right") % 2 == 1)

    def volume_level(self, ra: ArrayLike, dec: ArrayLike, distance: ArrayLike) -> Floats:
        """The smallest credible level in volume [3]_ that holds each position (ICRS, deg) and distance (Mpc).

        It is 1 where the map says nothing of the distance, NaN for a distance that is not known or for a map of the sky only.
        """
        return self.volume_level_in(self.cell_of(hpx_index(ra, dec)), distance)

    def volume_level_in(self, cell: NDArray[np.intp], distance: ArrayLike) -> Floats:
        """The same in cells by number."""
        far = np.broadcast_to(np.asarray(distance, dtype=float), cell.shape)
        if self.volumes is None:
            return np.full(cell.shape, np.nan)
        levels = self.volumes.levels(self.volumes.log_density(cell, far))
        return np.where(np.isnan(far), np.nan, np.where(cell >= 0, levels, 1.0))

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
        return np.column_stack(united_ranges(self.low[inside], self.high[inside]))

    @property
    def mode(self) -> Position:
        """Centre of the densest cell (ICRS, deg)."""
        ra, dec = self.centres
        best = self.ranking[0]
        return Position(float(ra[best]), float(dec[best]))

    @cached_property
    def centres(self) -> tuple[Floats, Floats]:
        """Centres of the cells (ICRS, deg)."""
        vectors = np.empty((len(self), 3))
        for order in np.unique(self.orders).tolist():
            some = self.orders == order
            vectors[some] = directions(self.low[some] >> 2 * (HPX_ORDER - order), order)
        x, y, z = vectors.T
        return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arctan2(z, np.hypot(x, y)))

    def kept(self, which: NDArray[np.bool_]) -> SkyMap:
        """The map of some of its cells, normalised again; what its header says of distances no longer holds.

        Raises
        ------
        InvalidInput
            If they have no probability.
        """
        total = float(self.probability[which].sum())
        if not total > 0:
            raise InvalidInput("nothing is left of the map: at least one of its cells must have probability.", "map")
        return SkyMap(
            self.low[which],
            self.high[which],
            self.density[which] / total,
            self.distances.take(which) if self.distances else None,
            replace(self.facts, distmean=None, diststd=None, prob_sum=total),
        )

    @cached_property
    def distance(self) -> tuple[float, float] | None:
        """Mean and standard deviation of the distance (Mpc): the header's, else those of the lines of sight."""
        if self.facts.distmean is not None and self.facts.diststd is not None:
            return self.facts.distmean, self.facts.diststd
        if self.distances is None or not self.distances.known.any():
            return None
        return distance_moments(self.probability, self.distances)

    @cached_property
    def volumes(self) -> Volumes | None:
        """Credible levels in volume; None for a map in two dimensions."""
        solid_angle = np.asarray((self.high - self.low) * PIXEL_SR, dtype=float)
        return Volumes(self.density, solid_angle, self.distances) if self.distances else None

    def probability_of(self, low: ArrayLike, high: ArrayLike) -> Floats:
        """Probability of each half-open range of order-29 indices, shape of `low`."""
        return self.probability_before(high) - self.probability_before(low)

    def probability_before(self, hpx: ArrayLike) -> Floats:
        """Probability of all order-29 indices before some."""
        index = np.asarray(hpx, dtype=np.int64)
        cell = np.searchsorted(self.low, index, side="right") - 1
        part = np.clip(index - self.low[cell], 0, (self.high - self.low)[cell])
        return np.where(cell >= 0, self._sums[cell] + self.density[cell] * part * PIXEL_SR, 0.0)

    @cached_property
    def _table(self) -> CellTable:
        return CellTable(self.low)

    @cached_property
    def _sums(self) -> Floats:
        """Probability of all cells before each, in order of their indices."""
        return np.concatenate([[0.0], np.cumsum(self.probability)])

    @cached_property
    def _accumulated(self) -> tuple[Floats, Floats]:
        """Probability and area (deg²) of the first cells of the ranking: none, one, two, …"""
        area = (self.high - self.low)[self.ranking] * PIXEL_DEG2
        sums = (np.cumsum(self.probability[self.ranking]), np.cumsum(area))
        return np.concatenate([[0.0], sums[0]]), np.concatenate([[0.0], sums[1]])


def _check_level(level: float) -> None:
    if not 0 < level <= 1:
        raise InvalidInput(f"the level {level} is no probability: more than 0 and at most 1 is permitted.", "level")
