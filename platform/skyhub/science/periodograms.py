"""Periods of light curves: Lomb–Scargle periodograms of one band and of several, their false alarms and their aliases.

The model of each band is its own mean and its own harmonics of one common frequency. The power of several bands is the
sum over bands of the reductions of χ² over the sum of their χ² about their means: the multi-band model of VanderPlas &
Ivezić 2015 [1]_ with no terms in common (equation 28 with N_base = 0), whose answer is that sum exactly. What such
powers can and cannot say is told by VanderPlas 2018 [2]_; the floating mean is that of Zechmeister & Kürster 2009 [3]_.
Sinusoids are computed by nifty-ls [4]_, further harmonics from non-uniform fast Fourier transforms by FINUFFT [5]_.

References
----------
.. [1] VanderPlas & Ivezić 2015, ApJ 812, 18. https://doi.org/10.1088/0004-637X/812/1/18
.. [2] VanderPlas 2018, ApJS 236, 16. https://doi.org/10.3847/1538-4365/aab766
.. [3] Zechmeister & Kürster 2009, A&A 496, 577. https://doi.org/10.1051/0004-6361:200811296
.. [4] Garrison, Foreman-Mackey, Shih & Barnett 2024, RNAAS 8, 250. https://doi.org/10.3847/2515-5172/ad82cd
.. [5] Barnett, Magland & af Klinteberg 2019, SIAM J. Sci. Comput. 41, C479. https://doi.org/10.1137/18M120885X
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._false_alarms import bootstrap_maxima, false_alarm_level, false_alarm_probability
from skyhub.science._harmonic_fits import HarmonicFit, harmonic_fit
from skyhub.science._lomb_scargle import (
    MAX_FREQUENCIES,
    MAX_HARMONICS,
    FrequencyGrid,
    Series,
    frequency_grid,
    least_points,
    power_of,
    series_of,
)
from skyhub.science._periodogram_peaks import highest, refined, thinned
from skyhub.science._spectral_window import WindowPeak, spectral_window, window_peaks

__all__ = [
    "FALSE_ALARMS",
    "MAX_FREQUENCIES",
    "MAX_HARMONICS",
    "BandPeriod",
    "FrequencyGrid",
    "Peak",
    "Periodogram",
    "WindowPeak",
    "false_alarm_level",
    "false_alarm_probability",
    "frequency_grid",
    "least_points",
    "lomb_scargle",
    "periodogram",
    "phase_of",
    "spectral_window",
    "thinned",
    "window_peaks",
]

FALSE_ALARMS = (0.1, 0.01, 0.001)
"""Probabilities whose levels are told of each band."""

_RATIOS = (2.0, 3.0, 0.5, 1 / 3)
_Floats = NDArray[np.float64]


def lomb_scargle(
    mjd: ArrayLike,
    value: ArrayLike,
    error: ArrayLike,
    grid: FrequencyGrid,
    band: ArrayLike | None = None,
    harmonics: int = 1,
) -> _Floats:
    """The part of χ² that each frequency explains, 0 to 1, shape ``(count,)``.

    Parameters
    ----------
    mjd
        Times (d), shape ``(n,)``, in any order.
    value, error
        Magnitudes or fluxes and their errors, shape ``(n,)``.
    grid
        Frequencies.
    band
        The band of each point, shape ``(n,)``; by default all are of one.
    harmonics
        Harmonics of each band's model, 1 to 5.

    Raises
    ------
    InvalidInput
        If a point cannot be used, a band has fewer than five points for its mean and for each harmonic, or nothing varies.

    Examples
    --------
    >>> mjd = np.arange(60.0) * 1.37
    >>> grid = frequency_grid(mjd, min_period=2)
    >>> power = lomb_scargle(mjd, 18 + np.sin(2 * np.pi * mjd / 5), np.full(60, 0.1), grid)
    >>> print(round(1 / grid.frequencies[power.argmax()], 1))
    5.0
    """
    return power_of(series_of(mjd, value, error, band, harmonics), grid, harmonics)


@dataclass(frozen=True)
class Peak:
    """A maximum of a periodogram."""

    frequency: float
    """In 1/d."""
    power: float
    """The part of χ² that it explains, of the model fitted at this frequency."""
    relation: Literal["alias", "harmonic"] | None = None
    """What it is of the highest peak: the times of observation, or the shape of the light curve, may explain it."""
    factor: float | None = None
    """Of a harmonic, its frequency over that of the highest peak."""
    window_frequency: float | None = None
    """Of an alias, by which frequency of the window (1/d) it lies from the highest peak, or from its mirror."""
    cycle: str | None = None
    """What repeats at the frequency of the window, if that is known."""

    @property
    def period(self) -> float:
        """In d."""
        return 1 / self.frequency


@dataclass(frozen=True)
class BandPeriod:
    """What one band says at the best frequency."""

    band: str
    n_points: int
    fit: HarmonicFit
    false_alarm: float | None
    """Probability that noise has this power at any frequency of the grid; None with several harmonics."""
    levels: dict[float, float]
    """Powers of the probabilities of `FALSE_ALARMS`; empty with several harmonics."""


@dataclass(frozen=True)
class Periodogram:
    """A periodogram, its peaks and what may explain them."""

    grid: FrequencyGrid
    power: _Floats
    """The part of χ² that each frequency of the grid explains, 0 to 1, shape ``(count,)``."""
    peaks: list[Peak]
    """The highest first."""
    bands: list[BandPeriod]
    window: list[WindowPeak]
    false_alarm: float | None
    """Probability that noise has as high a peak; None if there is no statement."""
    false_alarm_method: Literal["Bonferroni over bands", "bootstrap"] | None
    epoch: float
    """Where phases begin (MJD): the first point."""

    @property
    def period(self) -> float:
        """The best period (d)."""
        return self.peaks[0].period


def periodogram(
    mjd: ArrayLike,
    value: ArrayLike,
    error: ArrayLike,
    band: ArrayLike | None = None,
    *,
    min_period: float = 0.1,
    max_period: float | None = None,
    oversampling: float = 5.0,
    harmonics: int = 1,
    error_floor: float = 0.1,
    peaks: int = 10,
    bootstrap: int = 0,
    proceed: Callable[[], object] = lambda: None,
) -> Periodogram:
    """Search for the period of a light curve.

    Parameters
    ----------
    mjd, value, error, band
        As of `lomb_scargle`.
    min_period, max_period, oversampling
        As of `frequency_grid`.
    harmonics
        1 finds sinusoids, and has false-alarm probabilities; 3 suits light curves of another shape, such as those of RR
        Lyrae stars, but fits two and three times a sinusoid's period as well as the period.
    error_floor
        Added in quadrature to errors, as a part of the robust scatter of their band: a model of few harmonics is not
        exact, and bands with the smallest errors, or wrong points in them, must not decide alone. 0 takes errors as given.
    peaks
        How many peaks to tell of; they are at least a width of a peak apart.
    bootstrap
        From how many light curves of exchanged points the false-alarm probability is found; 0 for the bound over bands.
    proceed
        Is called between pieces of the work; what it raises ends the search.

    Returns
    -------
    Periodogram
        Its ``false_alarm`` is, by default, the smallest of the bands' false-alarm probabilities at the best frequency
        times their number: an upper limit whatever the bands have in common, since no band's power there exceeds its own
        highest one. The sum of bands as such has no closed form; `bootstrap` counts how often it is exceeded.

    Raises
    ------
    InvalidInput
        As `lomb_scargle` and `frequency_grid` do, or if another number is out of its range.
    """
    for name, given in (("error_floor", error_floor), ("bootstrap", bootstrap), ("peaks", peaks - 1)):
        if not 0 <= given < np.inf:
            raise InvalidInput(f"{name} is {given:g}: it must not be negative, nor peaks zero.", name)
    series = [_with_floor(one, error_floor) for one in series_of(mjd, value, error, band, harmonics)]
    times = np.concatenate([one.mjd for one in series])
    grid = frequency_grid(times, min_period, max_period, oversampling)
    power = power_of(series, grid, harmonics, proceed)
    window = window_peaks(times, grid, max(len(one.mjd) for one in series))
    width = 1 / float(np.ptp(times))
    found = _peaks(series, grid, power, harmonics, peaks, width)
    bands = [_band_period(one, grid, found[0].frequency, harmonics, float(times.min())) for one in series]
    false_alarm = _bonferroni(bands)
    method: Literal["Bonferroni over bands", "bootstrap"] | None = "Bonferroni over bands" if harmonics == 1 else None
    if bootstrap:
        method, maxima = "bootstrap", bootstrap_maxima(series, grid, harmonics, bootstrap, proceed)
        false_alarm = (1 + int(np.sum(maxima >= power.max()))) / (1 + bootstrap)
    related = [found[0], *(_related(peak, found[0], window, width) for peak in found[1:])]
    return Periodogram(grid, power, related, bands, window, false_alarm, method, float(times.min()))


def phase_of(mjd: ArrayLike, period: float, epoch: float) -> _Floats:
    """Phases, from 0 to below 1, of times (d) in a period (d) that begins at an epoch (d), of the shape of the times.

    Raises
    ------
    InvalidInput
        If the period is not positive and finite.

    Examples
    --------
    >>> phase_of([0.0, 0.5, 3.0, -0.5], 2.0, epoch=0.0).tolist()
    [0.0, 0.25, 0.5, 0.75]
    """
    if not 0 < period < np.inf:
        raise InvalidInput(f"period is {period:g} d: it must be positive and finite.", "period")
    phase = ((np.asarray(mjd, dtype=float) - epoch) / period) % 1.0
    return np.asarray(np.where(phase < 1, phase, 0.0))


def _with_floor(series: Series, error_floor: float) -> Series:
    scatter = 1.4826 * float(np.median(np.abs(series.value - np.median(series.value))))
    return replace(series, error=np.hypot(series.error, error_floor * scatter))


def _peaks(
    series: list[Series], grid: FrequencyGrid, power: _Floats, harmonics: int, limit: int, width: float
) -> list[Peak]:
    """The highest peaks, each at its maximum beyond the grid, with the power of the model that is fitted there."""
    frequencies = [refined(series, grid, at, harmonics) for at in highest(power, width / grid.step, limit)]
    chi2 = sum(one.chi2 for one in series)
    fitted = [
        Peak(f, sum(one.chi2 * harmonic_fit(one, f, harmonics, one.mjd[0]).power for one in series) / chi2)
        for f in frequencies
    ]
    return sorted(fitted, key=lambda peak: -peak.power)


def _band_period(series: Series, grid: FrequencyGrid, frequency: float, harmonics: int, epoch: float) -> BandPeriod:
    fit = harmonic_fit(series, frequency, harmonics, epoch)
    if harmonics > 1:
        return BandPeriod(series.band, len(series.mjd), fit, None, {})
    probability = float(false_alarm_probability(fit.power, series.mjd, series.error, grid.last))
    levels = {p: false_alarm_level(p, series.mjd, series.error, grid.last) for p in FALSE_ALARMS}
    return BandPeriod(series.band, len(series.mjd), fit, probability, levels)


def _bonferroni(bands: Sequence[BandPeriod]) -> float | None:
    known = [band.false_alarm for band in bands if band.false_alarm is not None]
    return min(1.0, len(bands) * min(known)) if known else None


def _related(peak: Peak, best: Peak, window: Sequence[WindowPeak], width: float) -> Peak:
    """The peak with what it may be of the best one: frequencies agree within a width of a peak."""
    for ratio in _RATIOS:
        if abs(peak.frequency - ratio * best.frequency) < width:
            return replace(peak, relation="harmonic", factor=ratio)
    for repeat in window:
        seen = (best.frequency + repeat.frequency, abs(best.frequency - repeat.frequency))
        if min(abs(peak.frequency - frequency) for frequency in seen) < width:
            return replace(peak, relation="alias", window_frequency=repeat.frequency, cycle=repeat.cycle)
    return peak
