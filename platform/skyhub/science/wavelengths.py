"""Wavelengths in air and in vacuum, and what motion does to them.

References
----------
.. [1] Ciddor 1996, Applied Optics 35, 1566. https://doi.org/10.1364/AO.35.001566
.. [2] Davis & Lineweaver 2004, PASA 21, 97 (velocities and redshifts). https://doi.org/10.1071/AS03040
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput

__all__ = [
    "LIGHT_SPEED",
    "air_wavelengths",
    "doppler_factors",
    "doppler_velocities",
    "vacuum_wavelengths",
]

Values = NDArray[np.float64]

LIGHT_SPEED = 299792.458
"""km/s."""
_SHORTEST_IN_AIR = 2000.0
"""Å in vacuum; below, wavelengths are given in vacuum by custom."""


def air_wavelengths(vacuum: ArrayLike) -> Values:
    """Wavelengths in standard air (15 °C, 101 325 Pa, 450 ppm CO₂) of wavelengths in vacuum [1]_.

    Parameters
    ----------
    vacuum
        Å; those below 2000 Å stay as they are, as is the custom.

    Examples
    --------
    >>> air_wavelengths(5891.583).round(3).item()
    5889.95
    """
    values = np.asarray(vacuum, dtype=float)
    converted: Values = np.where(values < _SHORTEST_IN_AIR, values, values / _refraction(values))
    return converted


def vacuum_wavelengths(air: ArrayLike) -> Values:
    """Wavelengths in vacuum (Å) of wavelengths in standard air: the inverse of `air_wavelengths`."""
    values = np.asarray(air, dtype=float)
    vacuum = values
    for _ in range(4):
        vacuum = values * _refraction(vacuum)
    converted: Values = np.where(values < _SHORTEST_IN_AIR / _refraction(_SHORTEST_IN_AIR), values, vacuum)
    return converted


def _refraction(vacuum: ArrayLike) -> Values:
    """Index of refraction: equation 1 of Ciddor 1996, whose coefficients hold for 2300 Å to 1.7 µm."""
    squared = (1e4 / np.maximum(np.asarray(vacuum, dtype=float), _SHORTEST_IN_AIR)) ** 2
    index: Values = 1 + 0.05792105 / (238.0185 - squared) + 0.00167917 / (57.362 - squared)
    return index


def doppler_factors(velocities: ArrayLike) -> Values:
    """What radial velocities multiply wavelengths by: √((1 + β)/(1 − β)).

    Parameters
    ----------
    velocities
        km/s, positive away from us; slower than light.

    Raises
    ------
    InvalidInput
        If one is as fast as light.
    """
    beta = np.asarray(velocities, dtype=float) / LIGHT_SPEED
    if not (np.abs(beta) < 1).all():
        raise InvalidInput("a velocity is as fast as light or faster: give km/s, positive away from us.", "velocity")
    factors: Values = np.sqrt((1 + beta) / (1 - beta))
    return factors


def doppler_velocities(factors: ArrayLike) -> Values:
    """Radial velocities (km/s, positive away from us) that multiply wavelengths by `factors`: the inverse."""
    squared = np.asarray(factors, dtype=float) ** 2
    velocities: Values = LIGHT_SPEED * (squared - 1) / (squared + 1)
    return velocities
