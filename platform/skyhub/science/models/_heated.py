"""Ejecta that are heated from within: by ⁵⁶Ni, by a magnetar, by the r-process.

The light diffuses out as in `skyhub.science.models._diffusion`; the photosphere expands at the ejecta's velocity until it has
cooled to a floor, and radiates as a blackbody.

References
----------
.. [1] Nadyozhin 1994, ApJS 92, 527 (⁵⁶Ni and ⁵⁶Co). doi:10.1086/192008
.. [2] Clocchiatti & Wheeler 1997, ApJ 491, 375 (leakage of γ-rays). doi:10.1086/304961
.. [3] Kasen & Bildsten 2010, ApJ 717, 245, eqs. 1 and 2. doi:10.1088/0004-637X/717/1/245
.. [4] Korobkin et al. 2012, MNRAS 426, 1940, eq. 4. doi:10.1111/j.1365-2966.2012.21859.x
.. [5] Barnes et al. 2016, ApJ 829, 110, eq. 34 and table 1. doi:10.3847/0004-637X/829/2/110
.. [6] Metzger 2019, LRR 23, 1. doi:10.1007/s41114-019-0024-0
.. [7] Nicholl, Guillochon & Berger 2017, ApJ 850, 55 (photosphere with a floor). doi:10.3847/1538-4357/aa9334
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skyhub.science.models._blackbody import DAY, SUN, blackbody_flux, photosphere
from skyhub.science.models._diffusion import EARLY, SMOOTH, Nodes, diffused, diffusion_days
from skyhub.science.models._model import Array, Host, Model, Parameter

__all__ = ["KILONOVA", "MAGNETAR", "NICKEL", "magnetar_heating", "nickel_heating", "r_process_heating"]

_NICKEL_DAYS, _COBALT_DAYS = 8.77, 111.3
_NICKEL_POWER, _COBALT_POWER = 3.90e10, 6.78e9
_MASSES = np.log10([1e-3, 5e-3, 1e-2, 5e-2])
_VELOCITIES = np.array([0.1, 0.2, 0.3])
_BARNES = np.array(
    [
        [[2.01, 4.52, 8.16], [0.81, 1.90, 3.20], [0.56, 1.31, 2.19], [0.27, 0.55, 0.95]],
        [[0.28, 0.62, 1.19], [0.19, 0.28, 0.45], [0.17, 0.21, 0.31], [0.10, 0.13, 0.15]],
        [[1.12, 1.39, 1.52], [0.86, 1.21, 1.39], [0.74, 1.13, 1.32], [0.60, 0.90, 1.13]],
    ]
)
"""Coefficients a, b and d of the thermalisation, by mass and velocity."""
_LIGHT_KMS = 299_792.458


def nickel_heating(days: Array, mass: Array) -> Array:
    """Heating (erg/s) of a mass (M☉) of ⁵⁶Ni and its daughter, days after the explosion [1]_."""
    nickel = (_NICKEL_POWER - _COBALT_POWER) * np.exp(-days / _NICKEL_DAYS)
    return np.asarray(mass * SUN * (nickel + _COBALT_POWER * np.exp(-days / _COBALT_DAYS)))


def magnetar_heating(days: Array, period: Array, field: Array) -> Array:
    """Heating (erg/s) by a magnetar of an initial period (ms) and a field (10¹⁴ G) that spins down as a dipole [3]_."""
    energy = 0.5 * 1e45 * (2 * np.pi / (period * 1e-3)) ** 2
    seconds = 4.7 * DAY * period**2 / field**2
    return np.asarray(energy / seconds / (1 + days * DAY / seconds) ** 2)


def r_process_heating(days: Array, mass: Array, velocity: Array) -> Array:
    """Heating (erg/s) of a mass (M☉) at a velocity (c) by the r-process [4]_, as far as it stays within [5]_."""
    seconds = days * DAY
    rate = 4e18 * (0.5 - np.arctan((seconds - 1.3) / 0.11) / np.pi) ** 1.3
    a, b, d = _thermalisation(mass, velocity)
    later = np.maximum(days, 1e-6)
    spread = 2 * b * later**d
    return np.asarray(mass * SUN * rate * 0.36 * (np.exp(-a * later) + np.log1p(spread) / spread))


def _thermalisation(mass: Array, velocity: Array) -> Array:
    """Coefficients of the thermalisation, between the masses and velocities of the table; at its edge beyond."""
    place = np.interp(np.log10(mass), _MASSES, np.arange(4.0))
    speed = np.interp(velocity, _VELOCITIES, np.arange(3.0))
    row, column = np.minimum(place.astype(int), 2), np.minimum(speed.astype(int), 1)
    up, right = place - row, speed - column
    lower = _BARNES[:, row, column] * (1 - right) + _BARNES[:, row, column + 1] * right
    upper = _BARNES[:, row + 1, column] * (1 - right) + _BARNES[:, row + 1, column + 1] * right
    return np.asarray(lower * (1 - up) + upper * up)


def _shone(
    heating: Callable[[Array], Array],
    t0: Array,
    ejecta: tuple[Array, Array, Array],
    floor: Array,
    leakage: Array | None,
    seen: tuple[Array, Array, Host],
    nodes: Nodes = SMOOTH,
) -> Array:
    """Flux of ejecta (mass, velocity in km/s, opacity) with a source of heat, and a floor of their temperature."""
    mjd, wavelength, host = seen
    mass, velocity, opacity = ejecta
    days = (mjd - t0) / (1 + host.redshift)
    luminosity = diffused(heating, days, diffusion_days(mass, velocity, opacity), nodes)
    if leakage is not None:
        speed = velocity * 1e5
        trapped = 3 * leakage * mass * SUN / (4 * np.pi * speed**2)
        luminosity = luminosity * -np.expm1(-trapped / np.maximum(days * DAY, 1.0) ** 2)
    temperature = photosphere(luminosity, days * DAY, velocity * 1e5, floor)
    return blackbody_flux(luminosity, temperature, wavelength, host)


def _nickel(parameters: Array, mjd: Array, wavelength: Array, host: Host) -> Array:
    t0, mass, fraction, velocity, opacity, leakage, floor = np.moveaxis(parameters[..., None], -2, 0)
    nickel = (mass * fraction)[..., None]
    seen = (mjd, wavelength, host)
    return _shone(lambda t: nickel_heating(t, nickel), t0, (mass, velocity, opacity), floor, leakage, seen)


def _magnetar(parameters: Array, mjd: Array, wavelength: Array, host: Host) -> Array:
    t0, mass, period, field, velocity, opacity, leakage, floor = np.moveaxis(parameters[..., None], -2, 0)
    seen = (mjd, wavelength, host)

    def heating(days: Array) -> Array:
        return magnetar_heating(days, period[..., None], field[..., None])

    return _shone(heating, t0, (mass, velocity, opacity), floor, leakage, seen)


def _kilonova(parameters: Array, mjd: Array, wavelength: Array, host: Host) -> Array:
    t0, mass, velocity, opacity, floor = np.moveaxis(parameters[..., None], -2, 0)
    seen = (mjd, wavelength, host)

    def heating(days: Array) -> Array:
        return r_process_heating(days, mass[..., None], velocity[..., None])

    return _shone(heating, t0, (mass, velocity * _LIGHT_KMS, opacity), floor, None, seen, EARLY)


_T0 = Parameter("t0", "MJD", -30, 0, "Explosion", "first")
_MASS = Parameter("mass", "Msun", 0.1, 50, "Mass of the ejecta", logarithmic=True)
_VELOCITY = Parameter("velocity", "km/s", 2000, 40_000, "Velocity of the ejecta", logarithmic=True)
_OPACITY = Parameter("opacity", "cm2/g", 0.05, 0.2, "Opacity to light")
_LEAKAGE = Parameter("gamma_opacity", "cm2/g", 0.01, 10, "Opacity to γ-rays", logarithmic=True)
_FLOOR = Parameter("floor", "K", 2000, 12_000, "Lowest temperature", logarithmic=True)

NICKEL = Model(
    "nickel",
    "⁵⁶Ni decay (Arnett 1982)",
    (
        _T0,
        _MASS,
        Parameter("nickel_fraction", "", 0.002, 0.9, "Part of the ejecta that is ⁵⁶Ni", logarithmic=True),
        _VELOCITY,
        _OPACITY,
        _LEAKAGE,
        _FLOOR,
    ),
    _nickel,
    ("10.1086/159681", "10.1086/192008", "10.1086/304961", "10.3847/1538-4357/aa9334"),
)

MAGNETAR = Model(
    "magnetar",
    "Spin-down of a magnetar (Kasen & Bildsten 2010)",
    (
        _T0,
        _MASS,
        Parameter("period", "ms", 0.7, 30, "Initial period", logarithmic=True),
        Parameter("field", "1e14 G", 0.1, 20, "Magnetic field", logarithmic=True),
        _VELOCITY,
        _OPACITY,
        _LEAKAGE,
        _FLOOR,
    ),
    _magnetar,
    ("10.1088/0004-637X/717/1/245", "10.1086/159681", "10.3847/1538-4357/aa9334"),
)

KILONOVA = Model(
    "kilonova",
    "One-component kilonova (Metzger 2019)",
    (
        Parameter("t0", "MJD", -3, 0, "Merger", "first"),
        Parameter("mass", "Msun", 1e-3, 0.1, "Mass of the ejecta", logarithmic=True),
        Parameter("velocity", "c", 0.03, 0.4, "Velocity of the ejecta"),
        Parameter("opacity", "cm2/g", 0.1, 30, "Opacity", logarithmic=True),
        Parameter("floor", "K", 500, 6000, "Lowest temperature", logarithmic=True),
    ),
    _kilonova,
    (
        "10.1007/s41114-019-0024-0",
        "10.1111/j.1365-2966.2012.21859.x",
        "10.3847/0004-637X/829/2/110",
        "10.1086/159681",
    ),
)
