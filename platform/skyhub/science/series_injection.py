"""Sources of sncosmo as they are injected: series of spectra, scaled to a peak magnitude, and averaged over bands.

The flux density in a band is ``∫ f_λ λ T dλ / (c ∫ T / λ dλ)``, with ``T`` the transmission of photons [1]_.

References
----------
.. [1] Bessell & Murphy 2012, PASP 124, 140, eq. A11. doi:10.1086/664083
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science.injection import LightCurve
from skyhub.science.models import Host
from skyhub.science.sncosmo_files import SALT_MODELS, salt_source, series_source

__all__ = ["covers", "series_light_curve", "source_named"]

Floats = NDArray[np.float64]
Curve = tuple[Floats, Floats]
"""Wavelengths (Å) and transmission of a band."""

_PEAK_BAND = "bessellb"
_LIGHT = 2.99792458e18
_MICRO_JANSKY = 1e-29
_TEN_PARSEC = 1e-5
_SAMPLES = 60


def source_named(name: str) -> Any:
    """A source of sncosmo by its name, such as ``salt3``, ``hsiao`` or ``nugent-sn2p``, from files that are here.

    Raises
    ------
    NotFound
        If its files are not here.
    """
    return salt_source(name) if name in SALT_MODELS else series_source(name)


def covers(source: Any, curve: Curve, redshift: float) -> bool:
    """Whether a source has spectra in all of a band, out to a redshift."""
    wave = curve[0][curve[1] > 0.01 * curve[1].max()]
    low, high = wave[0] / (1 + redshift), wave[-1]
    return bool(source.minwave() <= low and high <= source.maxwave())


def series_light_curve(
    source: Any, absolute_magnitude: float, t0: float, values: Mapping[str, float], curves: Mapping[float, Curve]
) -> LightCurve:
    """The light curve of a series of spectra.

    Parameters
    ----------
    source
        Of sncosmo; its first parameter is the amplitude.
    absolute_magnitude
        At its peak in Bessell's B (AB).
    t0
        When the event was (MJD, UTC): the first phase of the series.
    values
        Its other parameters, such as ``x1`` and ``c``.
    curves
        Transmission by the middle of each band (Å).

    Raises
    ------
    InvalidInput
        If the source has no such parameter.
    """
    shape = source.param_names[1:]
    if unknown := sorted(values.keys() - set(shape)):
        raise InvalidInput(
            f"{source.name} has no parameter {unknown[0]}: {', '.join(shape) or 'none beside its magnitude'} can be given.",
            "parameters",
        )
    scaled = copy.deepcopy(source)
    scaled.set(**values)
    scaled.set_peakmag(absolute_magnitude, _PEAK_BAND, "ab")
    sampled = {middle: _sampled(curve) for middle, curve in curves.items()}

    def flux(mjd: Floats, wavelength: Floats, host: Host) -> Floats:
        stretch = 1 + host.redshift
        phase = (mjd - t0) / stretch + scaled.minphase()
        found = np.zeros(len(mjd))
        for middle in np.unique(wavelength).tolist():
            those = np.flatnonzero((wavelength == middle) & (phase > scaled.minphase()) & (phase <= scaled.maxphase()))
            if len(those):
                found[those] = _in_band(scaled, phase[those], sampled[middle], stretch)
        return found * (_TEN_PARSEC / host.distance) ** 2

    return flux


def _sampled(curve: Curve) -> Curve:
    """A curve at few wavelengths."""
    wave = np.linspace(curve[0][0], curve[0][-1], _SAMPLES)
    return wave, np.interp(wave, *curve)


def _in_band(source: Any, phase: Floats, curve: Curve, stretch: float) -> Floats:
    """Flux density (µJy) at 10 pc, as redshifted, at phases (d) in any order."""
    wave, through = curve
    inside = (wave / stretch >= source.minwave()) & (wave / stretch <= source.maxwave())
    wave, through = wave[inside], through[inside]
    phases, place = np.unique(phase, return_inverse=True)
    spectra = np.maximum(source.flux(phases, wave / stretch), 0.0) / stretch
    photons = np.trapezoid(spectra * wave * through, wave, axis=1)
    return np.asarray((photons / (_LIGHT * np.trapezoid(through / wave, wave)) / _MICRO_JANSKY)[place])
