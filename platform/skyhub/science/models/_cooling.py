"""Extended material that cools after a shock has passed it.

References
----------
.. [1] Piro, Haynie & Yao 2021, ApJ 909, 209, eqs. 1–12. doi:10.3847/1538-4357/abe2b1
"""

from __future__ import annotations

import numpy as np

from skyhub.science.models._blackbody import DAY, LIGHT_CM, SUN, effective_temperature, sphere_flux
from skyhub.science.models._model import Array, Host, Model, Parameter

__all__ = ["SHOCK_COOLING", "cooling_luminosity", "cooling_radius"]

_OUTER, _INNER, _K = 10.0, 1.1, 0.119
"""Slopes of the density outside and inside, and the constant of the mass."""
_SOLAR_RADIUS = 6.957e10
_OPACITY = 0.2


def transition_velocity(mass: Array, energy: Array) -> Array:
    """Velocity (cm/s) between the inner and outer material, of a mass (M☉) with an energy (10⁵¹ erg)."""
    shape = (_OUTER - 5) * (5 - _INNER) / ((_OUTER - 3) * (3 - _INNER))
    return np.asarray(np.sqrt(shape * 2 * energy * 1e51 / (mass * SUN)))


def cooling_luminosity(days: Array, mass: Array, radius: Array, energy: Array, opacity: float = _OPACITY) -> Array:
    """Luminosity (erg/s) days after the shock, of a mass (M☉) within a radius (R☉) that got an energy (10⁵¹ erg).

    The relation holds once the material has left its first radius: after radius / `transition_velocity`.
    """
    velocity = transition_velocity(mass, energy)
    diffusion = np.sqrt(3 * opacity * _K * mass * SUN / ((_OUTER - 1) * velocity * LIGHT_CM))
    level = np.pi * (_OUTER - 1) / (3 * (_OUTER - 5)) * LIGHT_CM * radius * _SOLAR_RADIUS * velocity**2 / opacity
    age = np.maximum(days * DAY, 1.0) / diffusion
    early = np.minimum(age, 1) ** (-4 / (_OUTER - 2))
    late = np.exp(-0.5 * (np.maximum(age, 1) ** 2 - 1))
    return np.asarray(np.where(days > 0, level * early * late, 0.0))


def cooling_radius(days: Array, mass: Array, energy: Array, opacity: float = _OPACITY) -> Array:
    """Radius of the photosphere (cm)."""
    velocity = transition_velocity(mass, energy)
    seconds = np.maximum(days * DAY, 1.0)
    thin = np.sqrt(3 * opacity * _K * mass * SUN / (2 * (_OUTER - 1) * velocity**2))
    early = (thin / np.minimum(seconds, thin)) ** (2 / (_OUTER - 1))
    later = np.maximum(seconds / thin, 1) ** 2 - 1
    late = ((_INNER - 1) / (_OUTER - 1) * later + 1) ** (-1 / (_INNER - 1))
    return np.asarray(velocity * seconds * np.where(seconds < thin, early, late))


def _shock_cooling(parameters: Array, mjd: Array, wavelength: Array, host: Host) -> Array:
    t0, mass, radius, energy = np.moveaxis(parameters[..., None], -2, 0)
    days = (mjd - t0) / (1 + host.redshift)
    luminosity = cooling_luminosity(days, mass, radius, energy)
    size = cooling_radius(days, mass, energy)
    temperature = effective_temperature(luminosity, size, 100.0)
    return np.asarray(np.where(days > 0, sphere_flux(size, temperature, wavelength, host), 0.0))


SHOCK_COOLING = Model(
    "shock_cooling",
    "Cooling of shocked extended material (Piro et al. 2021)",
    (
        Parameter("t0", "MJD", -5, 0, "Time of the shock", "first"),
        Parameter("mass", "Msun", 1e-3, 5, "Mass of the extended material", logarithmic=True),
        Parameter("radius", "Rsun", 1, 3000, "Its radius", logarithmic=True),
        Parameter("energy", "1e51 erg", 1e-3, 10, "Energy that it got", logarithmic=True),
    ),
    _shock_cooling,
    ("10.3847/1538-4357/abe2b1",),
)
