"""What executed exposures saw of the sky: how often each place was seen, and how deep.

One sweep over the edges of all footprints cuts the sky into ranges of HEALPix indices that the same exposures saw; what is
asked of a localization are sums over these ranges, so that no area counts twice.

References
----------
.. [1] Górski et al. 2005, ApJ 622, 759. doi:10.1086/427976 (HEALPix)
.. [2] Singer et al. 2016, ApJL 829, L15. doi:10.3847/2041-8205/829/1/L15 (distances along lines of sight)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.cells import cells_of_ranges, united_ranges
from skyhub.science.coordinates import HPX_ORDER
from skyhub.science.field_tiles import FieldRanges
from skyhub.science.skymaps import PIXEL_DEG2, Coverage, SkyMap

__all__ = ["ObservedSky", "flat_map", "observed_sky", "remaining_map", "seen_volume"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_FINEST_FLAT = 2048


@dataclass(frozen=True, eq=False)
class ObservedSky:
    """The places that were seen.

    Parameters
    ----------
    low, high
        Half-open ranges of order-29 NESTED indices, ascending and apart, shape ``(n,)``.
    visits
        How many exposures saw each.
    depth
        The deepest limiting magnitude of these; NaN where none is known.
    """

    low: Indices
    high: Indices
    visits: Indices
    depth: Floats

    def __len__(self) -> int:
        return len(self.low)

    def at_least(self, visits: int) -> ObservedSky:
        """What was seen so often."""
        often = self.visits >= visits
        return ObservedSky(self.low[often], self.high[often], self.visits[often], self.depth[often])

    @property
    def area(self) -> float:
        """Of all that was seen (deg²)."""
        return float((self.high - self.low).sum() * PIXEL_DEG2)

    def coverage(self, sky_map: SkyMap) -> Coverage:
        """The probability and the area (deg²) of what was seen."""
        return Coverage(float(sky_map.probability_of(self.low, self.high).sum()), self.area)

    def place_of(self, hpx: ArrayLike) -> NDArray[np.intp]:
        """Number of the range that holds each order-29 index; −1 where nothing was seen."""
        at = np.asarray(hpx, dtype=np.int64)
        found = np.searchsorted(self.low, at, side="right") - 1
        seen = found >= 0
        seen[seen] = at[seen] < self.high[found[seen]]
        return np.where(seen, found, -1)


def observed_sky(tiles: Sequence[FieldRanges], place: ArrayLike, depth: ArrayLike) -> ObservedSky:
    """What exposures saw.

    Parameters
    ----------
    tiles
        What the pointings cover; their places count on from one to the next.
    place
        The pointing of each exposure, by its place in `tiles`, shape ``(n,)``.
    depth
        Limiting magnitude of each exposure; NaN where it is not known, shape ``(n,)``.

    Examples
    --------
    >>> two = FieldRanges(np.array([1, 2]), np.array([0, 1, 2]), np.array([0, 5]), np.array([10, 15]))
    >>> sky = observed_sky([two], [0, 0, 1], [20.0, 21.0, np.nan])
    >>> sky.low.tolist(), sky.high.tolist(), sky.visits.tolist(), sky.depth.tolist()
    ([0, 5, 10], [5, 10, 15], [2, 3, 1], [21.0, 21.0, nan])
    """
    at, limits = np.asarray(place, dtype=np.int64), np.asarray(depth, dtype=float)
    n_places = sum(len(part) for part in tiles)
    visits = np.bincount(at, minlength=n_places)
    deepest = np.full(n_places, -np.inf)
    np.fmax.at(deepest, at, limits)
    low, high, owner = _ranges(tiles, visits)
    edges = _edges(low, high)
    count = np.zeros(len(edges) + 1, dtype=np.int64)
    first, last = np.searchsorted(edges, low), np.searchsorted(edges, high)
    np.add.at(count, first, visits[owner])
    np.add.at(count, last, -visits[owner])
    times = np.cumsum(count)[: max(0, len(edges) - 1)]
    depths = _painted(len(times), first, last, deepest[owner])
    seen = times > 0
    return ObservedSky(edges[:-1][seen], edges[1:][seen], times[seen], depths[seen])


def _ranges(tiles: Sequence[FieldRanges], visits: Indices) -> tuple[Indices, Indices, Indices]:
    """All ranges of the places that were visited, and whose they are."""
    before = np.cumsum([0, *(len(part) for part in tiles)])
    low = np.concatenate([np.empty(0, dtype=np.int64), *(part.low for part in tiles)])
    high = np.concatenate([np.empty(0, dtype=np.int64), *(part.high for part in tiles)])
    owners = [part.fields + start for part, start in zip(tiles, before, strict=False)]
    owner = np.concatenate([np.empty(0, dtype=np.int64), *owners])
    wanted = visits[owner] > 0
    return low[wanted], high[wanted], owner[wanted]


def _painted(n: int, first: Indices, last: Indices, value: Floats) -> Floats:
    """The largest value of the ranges over each piece, NaN without one: painted one over the other, the largest last."""
    order = np.argsort(value, kind="stable")
    first, length, value = first[order], (last - first)[order], value[order]
    piece = np.repeat(first - np.cumsum(length) + length, length) + np.arange(length.sum())
    painted = np.full(n, -np.inf)
    painted[piece] = np.repeat(value, length)
    return np.where(np.isfinite(painted), painted, np.nan)


def _edges(*bounds: Indices) -> Indices:
    """All bounds, each once, ascending (`numpy.unique` hashes them, which takes ten times as long)."""
    found = np.sort(np.concatenate(bounds))
    return np.asarray(found[np.append(True, found[1:] != found[:-1])[: len(found)]])


def remaining_map(sky_map: SkyMap, seen: ObservedSky) -> SkyMap:
    """The map without what was seen: densities stay as they are, so that its probability is what remains.

    Cells that were seen in part are cut.

    Raises
    ------
    InvalidInput
        If nothing remains.
    """
    low, high = united_ranges(seen.low, seen.high)
    gap_low, gap_high = np.concatenate([[0], high]), np.concatenate([low, [12 * 4**HPX_ORDER]])
    edges = _edges(sky_map.low, sky_map.high, gap_low, gap_high)
    begin, end = edges[:-1], edges[1:]
    cell = sky_map.cell_of(begin)
    gap = np.searchsorted(gap_low, begin, side="right") - 1
    kept = (cell >= 0) & (begin < gap_high[gap]) & (sky_map.density[cell] > 0)
    if not kept.any():
        raise InvalidInput(
            "all probability of the map was observed: ask for more visits, or a deeper limit.", "subtract"
        )
    orders, cells, owner = cells_of_ranges(begin[kept], end[kept], HPX_ORDER)
    source = cell[kept][owner]
    distances = sky_map.distances.take(source) if sky_map.distances else None
    left = SkyMap.of_cells(orders, cells, sky_map.density[source], distances)
    facts = replace(sky_map.facts, distmean=None, diststd=None, prob_sum=float(left.probability.sum()))
    return replace(left, facts=facts)


def seen_volume(sky_map: SkyMap, seen: ObservedSky, absolute_magnitude: float) -> float:
    """The probability, in three dimensions [2]_, of where a source of constant magnitude was bright enough to be seen.

    Parameters
    ----------
    sky_map
        A map with distances.
    seen
        What was seen, and how deep; places without a known limit do not count.
    absolute_magnitude
        Of the source, in the system of the limits.

    Raises
    ------
    InvalidInput
        If the map has no distances.
    """
    if sky_map.distances is None:
        raise InvalidInput("the map has no distances: leave the absolute magnitude out.", "absolute_magnitude")
    known = np.isfinite(seen.depth)
    edges = _edges(sky_map.low, sky_map.high, seen.low[known], seen.high[known])
    begin, end = edges[:-1], edges[1:]
    cell, place = sky_map.cell_of(begin), seen.place_of(begin)
    both = (cell >= 0) & (place >= 0)
    both[both] = known[place[both]]
    cell, place = cell[both], place[both]
    horizon = 10 ** ((seen.depth[place] - absolute_magnitude - 25) / 5)
    within = sky_map.distances.take(cell).within(horizon)
    return float((sky_map.probability_of(begin[both], end[both]) * within).sum())


def flat_map(seen: ObservedSky, values: ArrayLike, nside: int, missing: float = np.nan) -> Floats:
    """Values of what was seen at the centres of the pixels of a flat NESTED map, shape ``(12 nside²,)``.

    Raises
    ------
    InvalidInput
        If `nside` is no power of two from 2 to 2048.
    """
    if nside not in [2**k for k in range(1, _FINEST_FLAT.bit_length())]:
        raise InvalidInput(f"nside is {nside!r}: a power of two from 2 to {_FINEST_FLAT} is permitted.", "nside")
    deeper = HPX_ORDER + 1 - int(nside).bit_length()
    centres = np.arange(12 * nside**2, dtype=np.int64) * 4**deeper + 3 * 4 ** (deeper - 1)
    place = seen.place_of(centres)
    told = np.append(np.asarray(values, dtype=float), missing)
    return np.asarray(told[place])
