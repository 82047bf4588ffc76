"""Which galaxy is the host of a transient: distances in units of a galaxy's own size in the transient's direction.

An offset θ is divided by the directional light radius [1]_ [2]_: the galaxy's elliptical radius along the line to the
transient, ``a b / sqrt((a sin φ)² + (b cos φ)²)``, where φ is the angle from the major axis. The galaxy with the smallest
ratio is the host, if it is one at all: [1]_ takes galaxies up to five times the second moment of their light, and an isophote
of a galaxy is an ellipse of three moments [3]_. In units of the isophotal semi-major axis, which catalogues give (half of
D25), that is 5/3.

References
----------
.. [1] Sullivan et al. 2006, ApJ 648, 868. doi:10.1086/506137 (elliptical radius; five at most)
.. [2] Gupta et al. 2016, AJ 152, 154. doi:10.3847/0004-6256/152/6/154 (directional light radius)
.. [3] Bertin & Arnouts 1996, A&AS 117, 393. doi:10.1051/aas:1996164 (moments and isophotes)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.science.distances import kpc_per_arcsec

__all__ = ["MOST_RADII", "Shapes", "directional_radius", "position_angles"]

MOST_RADII = 5 / 3
"""How many directional light radii a host may be away."""

_TYPICAL_KPC, _TYPICAL_ARCSEC = 10.0, 5.0
_LARGEST_TYPICAL = 60.0
"""Larger galaxies have a diameter in catalogues; a smaller distance without one is a mistake, or a foreground star."""
_SMALLEST, _LARGEST = 1.0, 6000.0
"""Bounds of semi-major axes (arcsec): the seeing's, and the Andromeda galaxy's."""

Floats = NDArray[np.float64]


class Shapes:
    """Isophotal ellipses of galaxies, as catalogues give them; NaN where they do not.

    A galaxy without a diameter is taken as a disc of 10 kpc radius at its distance (of one arcmin at most), or of 5 arcsec without
    one. One without a position angle is taken as round, with the same area.

    Parameters
    ----------
    major_diameter
        Larger diameters (arcmin), shape ``(n,)``.
    axis_ratio
        Smaller diameters over larger ones.
    position_angle
        Directions of the larger diameters (deg, from north to east).
    distance
        Luminosity distances (Mpc).
    """

    def __init__(
        self, major_diameter: ArrayLike, axis_ratio: ArrayLike, position_angle: ArrayLike, distance: ArrayLike
    ) -> None:
        diameter, ratio, angle, d = (
            np.asarray(v, dtype=float) for v in (major_diameter, axis_ratio, position_angle, distance)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            typical = np.where(d > 0, _TYPICAL_KPC / kpc_per_arcsec(np.where(d > 0, d, 1.0)), _TYPICAL_ARCSEC)
            typical = np.minimum(typical, _LARGEST_TYPICAL)
            measured = diameter > 0
            ratio = np.where(measured & (ratio > 0), np.minimum(ratio, 1.0), 1.0)
            semi_major = np.where(measured, 30 * diameter, typical)
        turned = np.isfinite(angle)
        semi_major = np.where(turned, semi_major, semi_major * np.sqrt(ratio))
        self.semi_major = np.clip(semi_major, _SMALLEST, _LARGEST).astype(np.float32)
        """Semi-major axes (arcsec)."""
        self.axis_ratio = np.where(turned, ratio, 1.0).astype(np.float32)
        self.position_angle = np.where(turned, angle, 0.0).astype(np.float32)

    @property
    def reach(self) -> Floats:
        """How far from them (arcsec) a transient of theirs may be."""
        return np.asarray(MOST_RADII * self.semi_major, dtype=float)

    def radii(self, rows: NDArray[np.int64], separation: Floats, bearing: Floats) -> Floats:
        """Distances from galaxies in units of their directional light radii.

        Parameters
        ----------
        rows
            Numbers of the galaxies, shape ``(n,)``.
        separation
            Offsets (arcsec).
        bearing
            Directions of the offsets at the galaxies (deg, from north to east).
        """
        from_axis = bearing - self.position_angle[rows]
        return np.asarray(separation / directional_radius(self.semi_major[rows], self.axis_ratio[rows], from_axis))


def directional_radius(semi_major: ArrayLike, axis_ratio: ArrayLike, from_axis: ArrayLike) -> Floats:
    """Radius of ellipses in a direction (deg from their major axes), in the units of the semi-major axes.

    Examples
    --------
    >>> directional_radius(4.0, 0.5, [0.0, 90.0, 180.0]).round(9).tolist()
    [4.0, 2.0, 4.0]
    """
    angle = np.radians(np.asarray(from_axis, dtype=float))
    a = np.asarray(semi_major, dtype=float)
    ratio = np.asarray(axis_ratio, dtype=float)
    return np.asarray(a * ratio / np.hypot(np.sin(angle), ratio * np.cos(angle)))


def position_angles(ra: ArrayLike, dec: ArrayLike, to_ra: ArrayLike, to_dec: ArrayLike) -> Floats:
    """Directions (deg, from north to east) at positions towards others (all deg)."""
    a1, d1, a2, d2 = (np.radians(np.asarray(v, dtype=float)) for v in (ra, dec, to_ra, to_dec))
    east = np.sin(a2 - a1) * np.cos(d2)
    north = np.sin(d2 - d1) + 2 * np.sin(d1) * np.cos(d2) * np.sin((a2 - a1) / 2) ** 2
    return np.asarray(np.degrees(np.arctan2(east, north)))
