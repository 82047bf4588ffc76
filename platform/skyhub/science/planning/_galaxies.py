"""Pointing at galaxies: a map with probability at their places alone, and pointings that see several at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._sky_map import PIXEL_SR
from skyhub.science.coordinates import HPX_ORDER
from skyhub.science.footprints import Footprint
from skyhub.science.planning._tiling import Tiling
from skyhub.science.skymaps import SkyMap
from skyhub.science.vectors import lonlat, unit_vectors

__all__ = ["galaxy_map", "galaxy_tiles"]

_MOST_GALAXIES = 5_000
"""The heaviest, at which pointings may aim."""
_MOST_TILES = 500
_NEIGHBOURS = 5
"""With how many others, the nearest, a galaxy may share a pointing between them."""
_ACROSS = 0.9
"""How far apart two may be for that, in parts of the camera's smaller side."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def galaxy_map(hpx: ArrayLike, share: ArrayLike) -> SkyMap:
    """A map of galaxies: their shares, within the pixels in which they lie.

    Parameters
    ----------
    hpx
        Order-29 NESTED indices of the galaxies, shape ``(n,)``.
    share
        How likely each is the host; shares of one pixel add.

    Raises
    ------
    InvalidInput
        If there is no galaxy with a share.

    Examples
    --------
    >>> galaxy_map([5, 7, 5], [0.25, 0.5, 0.25]).probability.tolist()
    [0.5, 0.5]
    """
    cells, place = np.unique(np.asarray(hpx, dtype=np.int64), return_inverse=True)
    sums = np.bincount(place, np.asarray(share, dtype=float), minlength=len(cells))
    if not np.any(sums > 0):
        raise InvalidInput(
            "no galaxy with a share of the probability lies in the region: load a catalogue, take a larger credible level, or "
            "plan without galaxies.",
            "catalog",
        )
    return SkyMap.of_cells(HPX_ORDER, cells[sums > 0], sums[sums > 0] / PIXEL_SR)


def galaxy_tiles(ra: ArrayLike, dec: ArrayLike, share: ArrayLike, footprint: Footprint) -> Tiling:
    """Pointings at galaxies, those that add most first.

    A pointing aims at a galaxy, or between two that the camera sees at once; it counts what lies within the largest circle
    about the middle of the camera.

    Parameters
    ----------
    ra, dec
        Where the galaxies are (ICRS, deg), shape ``(n,)``.
    share
        How likely each is the host.
    footprint
        What the camera sees at once.
    """
    from scipy.spatial import cKDTree

    weight = np.asarray(share, dtype=float)
    heaviest = np.argsort(-weight, kind="stable")[:_MOST_GALAXIES]
    weight, places = weight[heaviest], unit_vectors(np.asarray(ra)[heaviest], np.asarray(dec)[heaviest])
    side = float(np.radians(np.ptp(np.concatenate(footprint.polygons), axis=0).min()))
    tree = cKDTree(places)
    aims = np.concatenate([places, _middles(tree, places, 2 * np.sin(_ACROSS * side / 2))])
    seen = tree.query_ball_point(aims, 2 * np.sin(side / 4))
    chosen = _greedy(seen, weight)
    return Tiling(*lonlat(aims[chosen]))


def _middles(tree: object, places: Floats, reach: float) -> Floats:
    """Middles between galaxies and their nearest neighbours within a reach (chord)."""
    count = min(_NEIGHBOURS + 1, len(places))
    distance, other = tree.query(places, k=count, distance_upper_bound=reach)  # type: ignore[attr-defined]
    one, near = np.nonzero(np.isfinite(distance.reshape(len(places), count)))
    two = other.reshape(len(places), count)[one, near]
    pairs = one < two
    middle = places[one[pairs]] + places[two[pairs]]
    return np.asarray(middle / np.linalg.norm(middle, axis=1, keepdims=True))


def _greedy(seen: NDArray[np.object_], weight: Floats) -> list[int]:
    """The pointing that adds most, again and again, until nothing is left."""
    from scipy.sparse import csr_array

    lengths = np.array([len(some) for some in seen])
    owner, galaxy = np.repeat(np.arange(len(seen)), lengths), np.concatenate([*seen]).astype(np.int64)
    held = csr_array((np.ones(len(owner)), (owner, galaxy)), shape=(len(seen), len(weight)))
    left, chosen = weight.copy(), list[int]()
    while len(chosen) < _MOST_TILES:
        gain = held @ left
        best = int(np.argmax(gain))
        if gain[best] <= 1e-6 * weight.sum():
            break
        chosen.append(best)
        left[np.asarray(seen[best], dtype=np.int64)] = 0.0
    return chosen
