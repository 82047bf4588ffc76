"""How much of a sky map's probability can be observed from a site at each time.

The map is taken as patches of equal size, so many that no sum is off by more than the patches at the edge of what is seen:
they are the finest of at most a given number that cover 99.9 % of the probability.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.science.cells import directions
from skyhub.science.coordinates import HPX_ORDER
from skyhub.science.skymaps import SkyMap
from skyhub.science.vectors import lonlat
from skyhub.science.visibility import Constraints, LocalSky, observable

__all__ = ["Patches", "patches_of", "visible_probability"]

Floats = NDArray[np.float64]

_COARSEST, _FINEST = 4, 11
_KEPT = 0.999


class Patches(NamedTuple):
    """Parts of a sky map, shape ``(n,)`` each."""

    ra: Floats
    dec: Floats
    """Their middles (ICRS, deg)."""
    probability: Floats


def patches_of(sky_map: SkyMap, most: int = 1500) -> Patches:
    """A map as at most so many patches of one size, or as the cells of order 4 (3.7 deg) that it touches."""
    inside = sky_map.region(_KEPT)
    for order in range(_FINEST, _COARSEST - 1, -1):
        width = np.int64(1) << 2 * (HPX_ORDER - order)
        first, last = inside[:, 0] // width, (inside[:, 1] - 1) // width
        if order == _COARSEST or int((last - first + 1).sum()) <= most:
            break
    cells = np.unique(np.concatenate([np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]))
    ra, dec = lonlat(directions(cells, order))
    return Patches(ra, dec, sky_map.probability_of(cells * width, (cells + 1) * width))


def visible_probability(sky: LocalSky, patches: Patches, constraints: Constraints) -> tuple[Floats, float]:
    """What can be observed at each time of a sky, shape (M,), and what can at any of them.

    Parameters
    ----------
    sky
        Over the site, at M times.
    patches
        Of the map.
    constraints
        When a position counts as observable.
    """
    seen = observable(sky, patches.ra, patches.dec, constraints)
    return patches.probability @ seen, float(patches.probability @ seen.any(axis=1))
