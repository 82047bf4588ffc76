"""Two sky maps as one: their product, their mixture, and how much they agree.

The cells of both maps are cut at each other's edges. HEALPix cells hold one another or are apart, so that nothing is
resampled and the sums over the pieces are exact.

References
----------
.. [1] Ashton et al. 2018, ApJ 860, 6. doi:10.3847/1538-4357/aabfd2 (overlap integral of two localizations)
.. [2] Singer et al. 2016, ApJL 829, L15. doi:10.3847/2041-8205/829/1/L15 (distances along lines of sight)
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science._sky_map import PIXEL_SR, MapFacts, SkyMap
from skyhub.science._sky_map_volume import Distances, log_square_of
from skyhub.science.cells import cells_of_ranges
from skyhub.science.coordinates import HPX_ORDER

__all__ = ["Combination", "combined", "mixture", "overlap_integral", "product"]

Combination: TypeAlias = Literal["product", "mixture"]
"""How two maps become one."""


class _Pieces(NamedTuple):
    """Ranges of order-29 indices, ascending, with the number of the cell of each map that holds each (−1: none)."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    first: NDArray[np.intp]
    second: NDArray[np.intp]

    def take(self, which: NDArray[np.bool_]) -> _Pieces:
        return _Pieces(*(column[which] for column in self))

    @property
    def solid_angle(self) -> NDArray[np.float64]:
        """Of each piece (sr)."""
        return np.asarray((self.high - self.low) * PIXEL_SR, dtype=float)


def overlap_integral(first: SkyMap, second: SkyMap) -> float:
    """How much more likely one source made both maps than two sources anywhere on the sky [1]_: 4π ∫ p₁ p₂ dΩ.

    It is the integral of both densities over that of a source that may be anywhere, 1 / 4π: above one the maps support a
    common source, one if either says nothing, zero if nowhere both have probability.

    Parameters
    ----------
    first, second
        The maps; the sequence does not matter.

    Examples
    --------
    >>> north = SkyMap.of_cells(order=0, cells=[0, 1, 2, 3], density=np.full(4, 3 / (4 * np.pi)))
    >>> round(overlap_integral(north, north), 12)
    3.0
    """
    common = _common(first, second)
    return float(4 * np.pi * _joint_density(first, second, common) @ common.solid_angle)


def product(first: SkyMap, second: SkyMap) -> SkyMap:
    """Where a source is that made both maps: the product of the densities, normalised again.

    Parameters
    ----------
    first, second
        The maps. If both tell distances, they are multiplied too (see notes); those of one map alone stay.

    Raises
    ------
    InvalidInput
        If nowhere both maps have probability.

    Notes
    -----
    Along a line of sight both densities are ρ N r² times a Gaussian [2]_, where r² is the prior, uniform in volume. The source
    is one, and so is its prior: p₁ p₂ / r² is again r² times a Gaussian, with 1/σ² = 1/σ₁² + 1/σ₂² and μ/σ² = μ₁/σ₁² + μ₂/σ₂²,
    and ρ gains the factor N₁ N₂ / N times a Gaussian of μ₁ − μ₂ with the variance σ₁² + σ₂²: lines of sight along which the
    distances disagree lose.
    """
    common = _common(first, second)
    joint = _joint_density(first, second, common)
    overlap = 4 * np.pi * float(joint @ common.solid_angle)
    distances = _distances(first, common.first) or _distances(second, common.second)
    if first.distances and second.distances:
        factor, distances = _joint_distances(first.distances.take(common.first), second.distances.take(common.second))
        joint = joint * factor
    total = float(joint @ common.solid_angle)
    if not total > 0:
        raise InvalidInput(
            "the maps have no place in common: where one has probability the other has none, so that no source made both. "
            "Look at both before you combine them, or make a mixture.",
            "map",
        )
    facts = _facts(first, second, f"product; overlap integral {overlap:.6g}")
    return SkyMap(common.low, common.high, joint / total, distances, facts)


def mixture(first: SkyMap, second: SkyMap, weight: float = 0.5) -> SkyMap:
    """Where a source is that made one of two maps: the weighted mean of the densities.

    Parameters
    ----------
    first, second
        The maps. The mixture is one of the sky only: it has no distances.
    weight
        Probability that the source is that of the first map.

    Raises
    ------
    InvalidInput
        If the weight is not between 0 and 1.
    """
    if not 0 < weight < 1:
        raise InvalidInput(
            f"the weight {weight} of the first map is none: more than 0 and less than 1 is permitted.", "weight"
        )
    pieces = _pieces(first, second)
    pieces = pieces.take((pieces.first >= 0) | (pieces.second >= 0))
    mean = weight * _density(first, pieces.first) + (1 - weight) * _density(second, pieces.second)
    orders, cells, owners = cells_of_ranges(pieces.low, pieces.high, HPX_ORDER)
    facts = _facts(first, second, f"mixture, {weight:g} of the first")
    return SkyMap.of_cells(orders, cells, mean[owners], None, facts)


def combined(first: SkyMap, second: SkyMap, how: Combination) -> SkyMap:
    """The `product` of two maps, or their `mixture` in equal parts. Raises `InvalidInput` as these do."""
    return product(first, second) if how == "product" else mixture(first, second)


def _pieces(first: SkyMap, second: SkyMap) -> _Pieces:
    edges = np.unique(np.concatenate([first.low, first.high, second.low, second.high]))
    low, high = edges[:-1], edges[1:]
    return _Pieces(low, high, first.cell_of(low), second.cell_of(low))


def _common(first: SkyMap, second: SkyMap) -> _Pieces:
    """The pieces where both maps have a cell: each is the smaller cell of the two."""
    pieces = _pieces(first, second)
    return pieces.take((pieces.first >= 0) & (pieces.second >= 0))


def _joint_density(first: SkyMap, second: SkyMap, common: _Pieces) -> NDArray[np.float64]:
    return np.asarray(first.density[common.first] * second.density[common.second])


def _joint_distances(first: Distances, second: Distances) -> tuple[NDArray[np.float64], Distances]:
    """The distances that both tell of, and by what, but for a constant, the density gains where they agree."""
    known = first.known & second.known
    variance = np.where(known, first.sigma**2 + second.sigma**2, 1.0)
    away = np.where(known, first.mu - second.mu, 0.0)
    one, other = (np.where(known, by.sigma**2, 1.0) for by in (second, first))
    mu = (np.where(known, first.mu, 0.0) * one + np.where(known, second.mu, 0.0) * other) / variance
    sigma = np.sqrt(one * other / variance)
    square = log_square_of(mu, sigma)
    with np.errstate(divide="ignore"):
        norms = np.log(np.where(known, first.norm * second.norm, 0.0))
    gain = norms + square - 0.5 * away**2 / variance - 0.5 * np.log(variance)
    highest = gain.max(initial=-np.inf)
    factor = np.exp(gain - highest) if np.isfinite(highest) else np.zeros(len(gain))
    nowhere = (np.full(len(mu), np.inf), np.ones(len(mu)), np.zeros(len(mu)))
    told = (mu, sigma, np.exp(-square))
    return factor, Distances(*(np.where(known, *pair) for pair in zip(told, nowhere, strict=True)))


def _density(sky_map: SkyMap, cell: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.where(cell >= 0, sky_map.density[cell], 0.0)


def _distances(sky_map: SkyMap, cell: NDArray[np.intp]) -> Distances | None:
    return sky_map.distances.take(cell) if sky_map.distances else None


def _facts(first: SkyMap, second: SkyMap, note: str) -> MapFacts:
    """What is known of a map made of two: names and detectors of both, the time of the first that has one."""
    one, other = first.facts, second.facts
    return MapFacts(
        object_id=_both(one.object_id, other.object_id, " and "),
        date_obs=one.date_obs or other.date_obs,
        creator="skyhub",
        instruments=_both(one.instruments, other.instruments, ","),
        notes=(note,),
    )


def _both(one: str | None, other: str | None, between: str) -> str | None:
    return between.join(dict.fromkeys(said for said in (one, other) if said)) or None
