"""How far an object is: from its distance modulus, distance, parallax or redshift, whichever is known first."""

from __future__ import annotations

from typing import NamedTuple

from skyhub.science.distances import LIGHT, luminosity_distance
from skyhub.science.distances import distance_modulus as modulus_of

__all__ = ["Distance", "distance_of"]

_SLOWEST = 350.0
"""Recession (km/s) below which a redshift says little of the distance."""

_MPC_PER_PARALLAX_MAS = 1e-3


class Distance(NamedTuple):
    """A distance, its modulus, and what it is from."""

    luminosity_distance: float
    """Mpc."""
    distance_modulus: float
    """mag."""
    basis: str
    """``distance modulus``, ``distance``, ``parallax`` or ``redshift``."""


def distance_of(
    *,
    distance_modulus: float | None = None,
    distance: float | None = None,
    parallax: float | None = None,
    redshift: float | None = None,
) -> Distance | None:
    """The distance of an object, from the first of these that is known; None if none of them tells.

    Parameters
    ----------
    distance_modulus
        Distance modulus (mag).
    distance
        Luminosity distance (Mpc).
    parallax
        Parallax (mas); a negative or zero one tells nothing.
    redshift
        Redshift; one of less than 350 km/s tells nothing.

    Examples
    --------
    >>> round(distance_of(parallax=1.0).distance_modulus, 6)
    10.0
    >>> distance_of(redshift=1e-5) is None
    True
    """
    if distance_modulus is not None:
        return Distance(10 ** (distance_modulus / 5 - 5), distance_modulus, "distance modulus")
    if distance is not None and distance > 0:
        return Distance(distance, float(modulus_of(distance)), "distance")
    if parallax is not None and parallax > 0:
        away = _MPC_PER_PARALLAX_MAS / parallax
        return Distance(away, float(modulus_of(away)), "parallax")
    if redshift is not None and redshift * LIGHT >= _SLOWEST:
        away = float(luminosity_distance(redshift))
        return Distance(away, float(modulus_of(away)), "redshift")
    return None
