"""Stars beyond the stamps: what a telescope offsets from, as a catalogue of the epoch 2016 lists them."""

from __future__ import annotations

from typing import Any

import numpy as np

from skyhub.demo.scene import STAMP_ARCSEC, star_count
from skyhub.demo.target import Target
from skyhub.science.coordinates import galactic
from skyhub.science.footprints import to_sky

__all__ = ["field_stars"]

_REACH = 170.0
_BRIGHTEST, _FAINTEST, _SLOPE = 11.0, 19.0, 0.26
_SCENE_FAINTEST = 22.3
_EPOCH = 2016.0


def field_stars(target: Target, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Stars of 11 to 19 mag within 170 arcsec east and north of a target, but outside of its stamp: rows of a catalogue.

    As many for their brightness as the stamps of `skyhub.demo.scene` have, and nearer ones move faster.
    """
    density = star_count(galactic(target.ra, target.dec)[1]) / (2 * STAMP_ARCSEC) ** 2
    brighter = 10 ** (_SLOPE * (_FAINTEST - _SCENE_FAINTEST))
    count = int(rng.poisson(density * brighter * (2 * _REACH) ** 2))
    east, north = rng.uniform(-_REACH, _REACH, (2, count))
    outside = np.maximum(np.abs(east), np.abs(north)) > STAMP_ARCSEC
    low = 10 ** (_SLOPE * (_BRIGHTEST - _FAINTEST))
    mag = _FAINTEST + np.log10(rng.uniform(low, 1, count)) / _SLOPE
    motion = rng.exponential(10 ** (0.15 * (18 - mag)), (2, count)) * rng.choice([-1, 1], (2, count))
    ra, dec = to_sky(east / 3600, north / 3600, target.ra, target.dec)
    return [
        {
            "ra": f"{ra[k] % 360:.7f}",
            "dec": f"{dec[k]:.7f}",
            "mag": f"{mag[k]:.2f}",
            "pm_ra": f"{motion[0, k]:.2f}",
            "pm_dec": f"{motion[1, k]:.2f}",
            "epoch": f"{_EPOCH:.1f}",
        }
        for k in np.flatnonzero(outside)
    ]
