"""Tidal disruptions of stars: a blackbody that rises as a Gaussian and declines as a power law.

References
----------
.. [1] van Velzen et al. 2021, ApJ 908, 4, eqs. 3–5. doi:10.3847/1538-4357/abc258
"""

from __future__ import annotations

import numpy as np

from skyhub.science.models._blackbody import blackbody_flux
from skyhub.science.models._model import Array, Host, Model, Parameter

__all__ = ["DISRUPTION"]


def _disruption(parameters: Array, mjd: Array, wavelength: Array, host: Host) -> Array:
    peak, luminosity, rise, decline, index, temperature = np.moveaxis(parameters[..., None], -2, 0)
    days = (mjd - peak) / (1 + host.redshift)
    rising = np.exp(-0.5 * (np.minimum(days, 0) / rise) ** 2)
    falling = (1 + np.maximum(days, 0) / decline) ** -index
    return blackbody_flux(luminosity * rising * falling, temperature, wavelength, host)


DISRUPTION = Model(
    "disruption",
    "Tidal disruption, blackbody (van Velzen et al. 2021)",
    (
        Parameter("peak", "MJD", -30, 30, "Time of the peak", "peak"),
        Parameter("luminosity", "erg/s", 1e41, 1e46, "Luminosity of the blackbody at the peak", logarithmic=True),
        Parameter("rise", "d", 1, 100, "σ of the Gaussian before the peak", logarithmic=True),
        Parameter("decline", "d", 3, 300, "Time scale t₀ of the power law", logarithmic=True),
        Parameter("index", "", 0.5, 4, "Index of the power law; 5/3 is that of the fallback"),
        Parameter("temperature", "K", 5000, 60_000, "Temperature", logarithmic=True),
    ),
    _disruption,
    ("10.3847/1538-4357/abc258",),
)
