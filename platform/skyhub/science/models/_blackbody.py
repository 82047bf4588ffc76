"""Thermal radiation of a sphere, as seen from a distance."""

from __future__ import annotations

import numpy as np

from skyhub.science.models._model import Array, Host

__all__ = ["DAY", "LIGHT_CM", "SUN", "blackbody_flux", "effective_temperature", "photosphere", "sphere_flux"]

DAY = 86400.0
LIGHT_CM = 2.99792458e10
SUN = 1.988409870698051e33
"""Mass of the Sun (g)."""

_PLANCK, _BOLTZMANN, _STEFAN = 6.62607015e-27, 1.380649e-16, 5.6703744191844314e-5
_MEGAPARSEC = 3.0856775814913674e24
_MICROJANSKY = 1e-29
_SMALLEST = 1e-300


def blackbody_flux(luminosity: Array, temperature: Array, wavelength: Array, host: Host) -> Array:
    """Flux (µJy) of spheres of a luminosity (erg/s) and an effective temperature (K), at observed wavelengths (Å).

    All broadcast together. No light is received where the luminosity is zero.
    """
    warm = np.maximum(temperature, 1.0)
    radius = np.sqrt(np.maximum(luminosity, 0) / (4 * np.pi * _STEFAN * warm**4))
    return sphere_flux(radius, warm, wavelength, host)


def sphere_flux(radius: Array, temperature: Array, wavelength: Array, host: Host) -> Array:
    """Flux (µJy) of spheres of a radius (cm) and a temperature (K), at observed wavelengths (Å)."""
    frequency = LIGHT_CM / (wavelength * 1e-8) * (1 + host.redshift)
    exponent = np.minimum(_PLANCK * frequency / (_BOLTZMANN * temperature), 700.0)
    intensity = 2 * _PLANCK * frequency**3 / LIGHT_CM**2 / np.expm1(exponent)
    ratio = radius / (host.distance * _MEGAPARSEC)
    return np.asarray((1 + host.redshift) * np.pi * intensity * ratio**2 / _MICROJANSKY)


def effective_temperature(luminosity: Array, radius: Array, floor: Array | float) -> Array:
    """Temperature (K) of spheres of a luminosity (erg/s) and a radius (cm), at least a floor (K)."""
    free = (np.maximum(luminosity, _SMALLEST) / (4 * np.pi * _STEFAN * radius**2)) ** 0.25
    return np.asarray(np.maximum(free, floor))


def photosphere(luminosity: Array, seconds: Array, velocity: Array, floor: Array) -> Array:
    """Temperature (K) of a photosphere that expands at a velocity (cm/s) until it has cooled to a floor (K)."""
    return effective_temperature(luminosity, np.maximum(velocity * seconds, 1.0), floor)
