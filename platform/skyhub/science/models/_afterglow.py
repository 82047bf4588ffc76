"""Afterglows whose decline steepens once.

References
----------
.. [1] Beuermann et al. 1999, A&A 352, L26, eq. 1. arXiv:astro-ph/9909043
.. [2] Sari, Piran & Narayan 1998, ApJ 497, L17. doi:10.1086/311269
"""

from __future__ import annotations

import numpy as np

from skyhub.science.models._model import Array, Host, Model, Parameter

__all__ = ["AFTERGLOW"]

_REFERENCE = 6000.0
"""Wavelength (Å) at which the flux is told."""
_SHARPNESS = 3.0


def _afterglow(parameters: Array, mjd: Array, wavelength: Array, host: Host) -> Array:
    t0, level, turn, before, steepening, spectral = np.moveaxis(parameters[..., None], -2, 0)
    age = np.log(np.maximum(mjd - t0, 1e-9) / turn)
    bent = np.logaddexp(_SHARPNESS * before * age, _SHARPNESS * (before + steepening) * age) - np.log(2)
    colour = (wavelength / _REFERENCE) ** spectral
    return np.asarray(np.where(mjd > t0, level * np.exp(-bent / _SHARPNESS) * colour, 0.0))


AFTERGLOW = Model(
    "afterglow",
    "Power law with a break (Beuermann et al. 1999)",
    (
        Parameter("t0", "MJD", -1, -1e-4, "Time of the burst", "first"),
        Parameter("flux_at_break", "uJy", 1e-4, 10, "Flux at 6000 Å at the break", "flux", logarithmic=True),
        Parameter("break_time", "d", 1e-3, 30, "Time of the break", logarithmic=True),
        Parameter("decline", "", -0.5, 2.5, "Index of the decline before the break"),
        Parameter("steepening", "", 0, 3, "By how much the index grows at the break"),
        Parameter("spectral_index", "", -0.5, 2.5, "Index β of the spectrum, F ∝ ν^−β"),
    ),
    _afterglow,
    ("arXiv:astro-ph/9909043", "10.1086/311269"),
    needs_distance=False,
)
