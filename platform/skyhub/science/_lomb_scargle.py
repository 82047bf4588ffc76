"""Floating-mean, weighted Lomb–Scargle periodograms on regular grids of frequency, of one band and of several."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._fourier_sums import explained

__all__ = [
    "MAX_FREQUENCIES",
    "MAX_HARMONICS",
    "FrequencyGrid",
    "Series",
    "band_powers",
    "frequency_grid",
    "least_points",
    "power_of",
    "series_of",
]

MAX_FREQUENCIES = 5_000_000
"""The longest grid that is computed."""

MAX_HARMONICS = 5
"""The most harmonics of a model."""

_POINTS_PER_TERM = 5
_MAX_OVERSAMPLING = 50.0
_CHUNK = 1 << 16

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FrequencyGrid:
    """Frequencies at equal steps."""

    first: float
    """Lowest frequency (1/d)."""
    step: float
    """From one to the next (1/d)."""
    count: int
    """How many."""

    @property
    def frequencies(self) -> _Floats:
        """The frequencies (1/d), shape ``(count,)``."""
        return self.first + self.step * np.arange(self.count, dtype=np.float64)

    @property
    def last(self) -> float:
        """Highest frequency (1/d)."""
        return self.first + self.step * (self.count - 1)


def frequency_grid(
    mjd: ArrayLike, min_period: float = 0.1, max_period: float | None = None, oversampling: float = 5.0
) -> FrequencyGrid:
    """Frequencies that miss no peak: peaks are as wide as the inverse of the time from first to last point.

    Parameters
    ----------
    mjd
        Times (d), shape ``(n,)``.
    min_period
        Shortest period (d). Uneven times have no Nyquist frequency to choose it by [1]_.
    max_period
        Longest period (d); by default, and at most, the time from first to last point.
    oversampling
        Frequencies per width of a peak, 1 to 50.

    Raises
    ------
    InvalidInput
        If the times are all the same or not finite, the periods do not follow each other, or there would be more than
        `MAX_FREQUENCIES`.

    References
    ----------
    .. [1] VanderPlas 2018, ApJS 236, 16, sections 4.1 and 7.1. https://doi.org/10.3847/1538-4365/aab766

    Examples
    --------
    >>> grid = frequency_grid([0.0, 3.0, 100.0], min_period=0.5)
    >>> grid.count, grid.step, round(grid.last, 12)
    (996, 0.002, 2.0)
    """
    times = np.asarray(mjd, dtype=float)
    baseline = float(np.ptp(times)) if times.size else 0.0
    if not (math.isfinite(baseline) and baseline > 0):
        raise InvalidInput("the points have no two different, finite times: there is no period to be found.", "mjd")
    longest = baseline if max_period is None else max_period
    if not 0 < min_period < longest <= baseline:
        raise InvalidInput(
            f"periods from {min_period:g} to {longest:g} d were asked for: they must be positive, the first shorter than "
            f"the second, and the second at most the {baseline:g} d from first to last point.",
            "min_period",
        )
    if not 1 <= oversampling <= _MAX_OVERSAMPLING:
        raise InvalidInput(
            f"oversampling is {oversampling:g}: 1 to {_MAX_OVERSAMPLING:g} is permitted.", "oversampling"
        )
    step = 1 / (oversampling * baseline)
    steps = (1 / min_period - 1 / longest) / step
    if not steps < MAX_FREQUENCIES:
        raise InvalidInput(
            f"periods down to {min_period:g} d over {baseline:g} d need {steps:.3g} frequencies: {MAX_FREQUENCIES} are "
            "permitted; ask for a longer min_period, a lower oversampling or fewer years.",
            "min_period",
        )
    return FrequencyGrid(1 / longest, step, 1 + round(steps))


@dataclass(frozen=True)
class Series:
    """The points of one band in the order of time."""

    band: str
    mjd: _Floats
    value: _Floats
    error: _Floats

    @property
    def chi2(self) -> float:
        """χ² of the values about their weighted mean; 0 if they are all the same."""
        if not np.ptp(self.value):
            return 0.0
        weight = self.error**-2.0
        return float(np.sum(weight * (self.value - np.average(self.value, weights=weight)) ** 2))


def series_of(
    mjd: ArrayLike, value: ArrayLike, error: ArrayLike, band: ArrayLike | None = None, harmonics: int = 1
) -> list[Series]:
    """Points by bands, ordered by their names, after a look at them.

    Raises
    ------
    InvalidInput
        If the arrays have no common length, a number is not finite, an error is not positive, a band has fewer than five
        points per term of its model, or no band varies.
    """
    if not 1 <= harmonics <= MAX_HARMONICS:
        raise InvalidInput(f"harmonics is {harmonics}: 1 to {MAX_HARMONICS} is permitted.", "harmonics")
    columns = [np.asarray(given, dtype=float) for given in (mjd, value, error)]
    bands = np.full(columns[0].shape, "") if band is None else np.asarray(band).astype(str)
    if len({(column.ndim, column.size) for column in (*columns, bands)}) > 1 or columns[0].ndim != 1:
        raise InvalidInput("mjd, value, error and band must be one-dimensional and equally long.", "mjd")
    for name, column in zip(("mjd", "value", "error"), columns, strict=True):
        bad = ~np.isfinite(column) | ((column <= 0) if name == "error" else False)
        if bad.any():
            at = int(np.argmax(bad))
            wanted = "finite and above zero" if name == "error" else "finite"
            raise InvalidInput(f"{name} of point {at} is {column[at]}: leave out what is not {wanted}.", name)
    order = np.argsort(columns[0], kind="stable")
    found = [
        Series(str(name), *(column[order][bands[order] == name] for column in columns)) for name in np.unique(bands)
    ]
    needed = least_points(harmonics)
    if not found or min(len(series.mjd) for series in found) < needed:
        few = ", ".join(f"{s.band or 'the band'}: {len(s.mjd)}" for s in found if len(s.mjd) < needed) or "none"
        raise InvalidInput(f"{needed} points are needed in each band for {harmonics} harmonic(s), not {few}.", "band")
    if not sum(series.chi2 for series in found):
        raise InvalidInput("the values are all the same: there is no period to be found.", "value")
    return found


def least_points(harmonics: int) -> int:
    """How many points a band needs: five for the mean and for each harmonic."""
    return _POINTS_PER_TERM * (1 + harmonics)


def power_of(
    series: Sequence[Series], grid: FrequencyGrid, harmonics: int = 1, proceed: Callable[[], object] = lambda: None
) -> _Floats:
    """The part of χ² that a period explains, 0 to 1: the reductions of χ² of all bands over their χ², shape ``(count,)``."""
    reduction = np.zeros(grid.count)
    for one in series:
        if one.chi2:
            reduction += one.chi2 * band_powers(one.mjd, one.value[None], one.error[None], grid, harmonics, proceed)[0]
    return reduction / sum(one.chi2 for one in series)


def band_powers(
    mjd: _Floats,
    value: _Floats,
    error: _Floats,
    grid: FrequencyGrid,
    harmonics: int,
    proceed: Callable[[], object],
) -> _Floats:
    """Standard powers of several sets of values at the same times, shapes ``(n_sets, n)`` to ``(n_sets, count)``.

    The grid is computed in pieces, before each of which `proceed` may end it: what one call keeps from other threads, and
    needs of memory, stays small.
    """
    power = np.empty((len(value), grid.count))
    centred = mjd - (mjd[0] + mjd[-1]) / 2
    chunk = max(1, _CHUNK // (harmonics * len(value)))
    part = _sinusoids if harmonics == 1 else partial(_harmonics, harmonics=harmonics)
    for start in range(0, grid.count, chunk):
        proceed()
        count = min(chunk, grid.count - start)
        power[:, start : start + count] = part(centred, value, error, grid.first + start * grid.step, grid.step, count)
    return np.clip(np.nan_to_num(power, copy=False, posinf=0.0, neginf=0.0), 0, 1)


def _sinusoids(times: _Floats, value: _Floats, error: _Floats, first: float, step: float, count: int) -> _Floats:
    from nifty_ls.finufft import lombscargle

    return np.asarray(lombscargle(t=times, y=value, dy=error, fmin=first, df=step, Nf=count, nthreads=1))


def _harmonics(
    times: _Floats, value: _Floats, error: _Floats, first: float, step: float, count: int, harmonics: int
) -> _Floats:
    """Not by nifty-ls, whose solver ends the process where the terms of a model coincide."""
    power = np.empty((len(value), count))
    for at, (values, weight) in enumerate(zip(value, error**-2.0, strict=True)):
        about = values - np.average(values, weights=weight)
        power[at] = explained(times, about, weight, first, step, count, harmonics) / np.sum(weight * about**2)
    return power
