"""Light curves of transients: closed forms that return flux (µJy) for Julian dates and filters.

Each function returns a `Flux`: a callable of ``jd`` (UTC, shape (n,)) and ``fid`` (1 g, 2 r, 3 i, shape (n,))
that gives the flux of the transient alone, shape (n,). Magnitudes are AB.

References
----------
.. [1] Bazin et al. 2009, A&A 499, 653. doi:10.1051/0004-6361/200911847 (rise and fall)
.. [2] Betoule et al. 2014, A&A 568, A22. doi:10.1051/0004-6361/201423413 (stretch and colour of SNe Ia)
.. [3] Villar et al. 2019, ApJ 884, 83. doi:10.3847/1538-4357/ab418c (plateau)
.. [4] Villar et al. 2017, ApJ 851, L21. doi:10.3847/2041-8213/aa9c84 (GW170817's fading and cooling)
.. [5] Sari, Piran & Narayan 1998, ApJ 497, L17. doi:10.1086/311269 (afterglow, F ∝ t^−α ν^−β)
.. [6] van Velzen et al. 2021, ApJ 908, 4. doi:10.3847/1538-4357/abc258 (tidal disruptions)
.. [7] Hachisu & Kato 2006, ApJS 167, 59. doi:10.1086/508063 (novae, F ∝ t^−1.75)
.. [8] Davenport et al. 2014, ApJ 797, 122. doi:10.1088/0004-637X/797/2/122 (flares of M dwarfs)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from skyhub.science.distances import modulus_at

__all__ = [
    "Flux",
    "afterglow",
    "bazin",
    "blackbody_colour",
    "flare",
    "kilonova",
    "nova",
    "stripped_supernova",
    "tidal_disruption",
    "type_ia",
    "type_ii",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flux = Callable[[Floats, Ints], Floats]

_WAVELENGTH = np.array([np.nan, 4746.0, 6366.0, 7829.0])
_HC_OVER_K = 1.438777e8


def _from_mag(mag: Floats) -> Floats:
    return np.asarray(10 ** ((23.9 - mag) / 2.5))


def bazin(phase: Floats, rise: float | Floats, fall: float | Floats) -> Floats:
    """Bazin's function [1]_ scaled to 1 at its maximum, which lies at phase 0; times in days.

    Examples
    --------
    >>> float(bazin(np.array([0.0]), 3.0, 20.0)[0])
    1.0
    """
    top = rise * np.log(fall / np.asarray(rise) - 1)
    shifted = phase + top
    value = np.exp(-shifted / fall) / (1 + np.exp(-shifted / rise))
    return np.asarray(value / (np.exp(-top / fall) / (1 + np.exp(-top / rise))))


def blackbody_colour(temperature: float | Floats, fid: Ints) -> Floats:
    """Magnitude in a filter minus magnitude in r of a blackbody (K), from Planck's law."""

    def spectral(wavelength: Floats) -> Floats:
        return np.asarray(1 / (wavelength**3 * np.expm1(_HC_OVER_K / wavelength / temperature)))

    return np.asarray(-2.5 * np.log10(spectral(_WAVELENGTH[fid]) / spectral(np.full(len(fid), _WAVELENGTH[2]))))


def type_ia(z: float, peak_jd: float, x1: float, colour: float) -> Flux:
    """Thermonuclear supernova: Bazin's form per filter, second maximum in r and i, stretch and colour [2]_."""
    rise, fall = np.array([0, 3.2, 3.6, 3.5]), np.array([1.0, 15.0, 22.0, 24.0])
    absolute = np.array([0, -19.25, -19.15, -18.60]) + colour * np.array([0, 3.3, 2.3, 1.7]) - 0.14 * x1
    bump, lag = np.array([0, 0.0, 0.14, 0.40]), np.array([0, 0.0, 1.0, -1.5])
    k_correction = np.array([0, 1.3, 0.2, -0.5]) * z
    stretch = (0.98 + 0.091 * x1) * (1 + z)
    peak = absolute + modulus_at(z) + k_correction

    def flux(jd: Floats, fid: Ints) -> Floats:
        phase = (jd - peak_jd) / stretch - lag[fid]
        shape = bazin(phase, rise[fid], fall[fid]) + bump[fid] * np.exp(-(((phase - 25) / 7) ** 2) / 2)
        return np.where(phase > -19, _from_mag(peak[fid]) * shape, 0.0)

    return flux


def type_ii(z: float, t0: float, absolute_r: float, plateau: float) -> Flux:
    """Plateau supernova [3]_: quick rise, slow decline, drop after ``plateau`` days; g reddens with time."""
    peak = absolute_r + modulus_at(z)
    decline, start = np.array([0, 0.016, 0.003, 0.001]), np.array([0, -0.15, 0.0, 0.05])

    def flux(jd: Floats, fid: Ints) -> Floats:
        phase = (jd - t0) / (1 + z)
        fading = np.clip(phase, 0, plateau) * decline[fid] + start[fid]
        late = np.clip(phase - plateau, 0, None)
        drop = 2.0 * (1 - np.exp(-late / 6)) + 0.0098 * late
        rising = 1 - np.exp(-((np.clip(phase, 0, None) / 3.0) ** 1.5))
        return np.asarray(_from_mag(peak + fading + drop) * rising)

    return flux


def stripped_supernova(z: float, peak_jd: float, absolute_r: float) -> Flux:
    """Supernova of type Ib or Ic: Bazin's form, faster in the blue."""
    peak = np.array([0, 0.35, 0.0, -0.02]) + absolute_r + modulus_at(z)
    rise, fall = np.array([0, 3.4, 4.0, 4.4]), np.array([1.0, 14.0, 20.0, 24.0])

    def flux(jd: Floats, fid: Ints) -> Floats:
        phase = (jd - peak_jd) / (1 + z)
        return np.where(phase > -22, _from_mag(peak[fid]) * bazin(phase, rise[fid], fall[fid]), 0.0)

    return flux


def kilonova(z: float, t0: float, absolute_r: float) -> Flux:
    """Kilonova: r fades by 1 mag a day after half a day; cools as t^−0.65, so blue becomes red [4]_."""
    peak = absolute_r + modulus_at(z)

    def flux(jd: Floats, fid: Ints) -> Floats:
        age = np.clip((jd - t0) / (1 + z), 1e-3, None)
        temperature = np.clip(11000 * (age / 0.5) ** -0.65, 2500, 30000)
        mag = peak + 1.0 * np.clip(age - 0.5, 0, None) + blackbody_colour(temperature, fid)
        return np.where(jd > t0, _from_mag(mag) * (1 - np.exp(-age / 0.15)), 0.0)

    return flux


def afterglow(t0: float, mag_at_one_day: float, alpha: float, beta: float) -> Flux:
    """Afterglow of a gamma-ray burst [5]_: ``F ∝ t^−α ν^−β``, its r magnitude given one day after t0."""

    def flux(jd: Floats, fid: Ints) -> Floats:
        age = np.clip(jd - t0, 1e-3, None)
        mag = mag_at_one_day + 2.5 * alpha * np.log10(age) - 2.5 * beta * np.log10(_WAVELENGTH[fid] / 6366.0)
        return np.where(jd > t0, _from_mag(mag), 0.0)

    return flux


def tidal_disruption(z: float, peak_jd: float, absolute_g: float, temperature: float) -> Flux:
    """Tidal disruption [6]_: Gaussian rise (12 d), then t^−5/3; a blackbody of constant temperature (K)."""
    peak_r = absolute_g + modulus_at(z) - float(blackbody_colour(temperature, np.array([1]))[0])

    def flux(jd: Floats, fid: Ints) -> Floats:
        phase = (jd - peak_jd) / (1 + z)
        after = (1 + np.clip(phase, 0, None) / 40) ** (-5 / 3)
        shape = np.where(phase < 0, np.exp(-((phase / 12) ** 2) / 2), after)
        return _from_mag(peak_r + blackbody_colour(temperature, fid)) * shape

    return flux


def nova(t0: float, peak_mag: float, t2: float, reddening: float) -> Flux:
    """Nova: fades as t^−1.75 [7]_, by 2 mag within ``t2`` days; g−r is the reddening E(g−r) (mag)."""
    scale = t2 / (10 ** (2 / 4.375) - 1)
    colour = np.array([0, reddening, 0.0, -0.6 * reddening])

    def flux(jd: Floats, fid: Ints) -> Floats:
        age = np.clip(jd - t0, 0, None)
        mag = peak_mag + colour[fid] + 4.375 * np.log10(1 + age / scale)
        return np.where(jd > t0, _from_mag(mag), 0.0)

    return flux


def flare(t0: float, peak_mag: float, minutes: float) -> Flux:
    """Flare of an M dwarf [8]_: exponential decay at 10 000 K; ``peak_mag`` in r."""

    def flux(jd: Floats, fid: Ints) -> Floats:
        age = (jd - t0) * 1440 / minutes
        mag = peak_mag + blackbody_colour(10000.0, fid)
        return np.where(age > 0, _from_mag(mag) * np.exp(-np.clip(age, 0, 60)), 0.0)

    return flux
