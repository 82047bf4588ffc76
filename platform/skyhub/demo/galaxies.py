"""Host galaxies: sizes, shapes and colours drawn at random.

References
----------
.. [1] Shen et al. 2003, MNRAS 343, 978. doi:10.1046/j.1365-8711.2003.06740.x (sizes of galaxies)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skyhub.demo.target import Galaxy
from skyhub.science.distances import kpc_per_arcsec, luminosity_distance, modulus_at

__all__ = ["draw_host", "galaxy_mags"]


def galaxy_mags(r_mag: float, redness: float) -> NDArray[np.float64]:
    """AB magnitudes indexed by fid of a galaxy with the given g−r."""
    return np.array([np.nan, r_mag + redness, r_mag, r_mag - 0.5 * redness])


def draw_host(rng: np.random.Generator, z: float, nuclear: bool = False, early: bool = False) -> Galaxy:
    """A galaxy at redshift ``z`` whose place relative to the target follows its light.

    Its half-light radius grows with luminosity as ``R ∝ L^0.25`` about 4.5 kpc at M_r = −21 [1]_.
    """
    absolute = float(np.clip(rng.normal(-20.6, 0.9), -22.5, -18.0))
    kpc = 4.5 * 10 ** (-0.1 * (absolute + 21)) * float(rng.lognormal(0, 0.25))
    radius = float(np.clip(kpc / float(kpc_per_arcsec(luminosity_distance(z))), 0.6, 16.0))
    index = 4.0 if early or rng.random() < 0.3 else 1.0
    ratio, angle = float(rng.uniform(0.3, 0.95)), float(rng.uniform(0, np.pi))
    away = abs(rng.normal(0, 0.08)) if nuclear else radius * float(np.clip(rng.gamma(2.0, 0.5), 0.05, 2.8))
    east, north = _along(away, float(rng.uniform(0, 2 * np.pi)), 1.0 if nuclear else ratio, angle)
    mags = galaxy_mags(absolute + modulus_at(z), 0.75 if index == 4.0 else float(rng.uniform(0.4, 0.65)))
    return Galaxy(east, north, mags, radius, index, ratio, angle)


def _along(away: float, azimuth: float, ratio: float, angle: float) -> tuple[float, float]:
    """East and north (arcsec) of a point on the ellipse of semi-major axis ``away``."""
    major, minor = away * np.cos(azimuth), away * ratio * np.sin(azimuth)
    east = major * np.sin(angle) + minor * np.cos(angle)
    north = major * np.cos(angle) - minor * np.sin(angle)
    return float(east), float(north)
