"""Shapes of light curves that explain nothing, for each filter by itself.

References
----------
.. [1] Bazin et al. 2009, A&A 499, 653, eq. 1. doi:10.1051/0004-6361/200911847
.. [2] Villar et al. 2019, ApJ 884, 83, eq. 1. doi:10.3847/1538-4357/ab418c
"""

from __future__ import annotations

import numpy as np

from skyhub.science.models._model import Array, Host, Model, Parameter

__all__ = ["BAZIN", "VILLAR"]


def _bazin(parameters: Array, mjd: Array, wavelength: Array, host: Host) -> Array:
    from scipy.special import expit

    amplitude, t0, rise, fall, baseline = np.moveaxis(parameters[..., None], -2, 0)
    since = mjd - t0
    decline = np.exp(np.minimum(-since / fall, 500))
    return np.asarray(amplitude * decline * expit(since / rise) + baseline)


def _villar(parameters: Array, mjd: Array, wavelength: Array, host: Host) -> Array:
    from scipy.special import expit

    amplitude, slope, t0, plateau, rise, fall = np.moveaxis(parameters[..., None], -2, 0)
    since = mjd - t0
    level = amplitude * (1 + slope * np.minimum(since, plateau))
    decline = np.exp(-np.maximum(since - plateau, 0) / fall)
    return np.asarray(level * decline * expit(since / rise))


_AMPLITUDE = Parameter("amplitude", "uJy", 0.01, 10, "Height of the light curve", "flux", logarithmic=True)
_RISE = Parameter("rise", "d", 0.1, 50, "Time scale of the rise", logarithmic=True)
_FALL = Parameter("fall", "d", 1, 300, "Time scale of the decline", logarithmic=True)

BAZIN = Model(
    "bazin",
    "Exponential rise and decline (Bazin et al. 2009)",
    (
        _AMPLITUDE,
        Parameter("t0", "MJD", -50, 50, "Where the rise turns into the decline", "peak"),
        _RISE,
        _FALL,
        Parameter("baseline", "uJy", -0.3, 0.3, "Flux without the transient", "flux"),
    ),
    _bazin,
    ("10.1051/0004-6361/200911847",),
    by_filter=True,
    needs_distance=False,
)

VILLAR = Model(
    "villar",
    "Rise, plateau and decline (Villar et al. 2019)",
    (
        _AMPLITUDE,
        Parameter("slope", "1/d", -0.03, 0.01, "Relative slope of the plateau"),
        Parameter("t0", "MJD", -60, 30, "Middle of the rise", "peak"),
        Parameter("plateau", "d", 0.1, 150, "Length of the plateau", logarithmic=True),
        _RISE,
        _FALL,
    ),
    _villar,
    ("10.3847/1538-4357/ab418c",),
    by_filter=True,
    needs_distance=False,
)
