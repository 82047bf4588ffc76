"""What the times of observation alone look like in frequency, and the aliases that come of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._fourier_sums import fourier_sums
from skyhub.science._lomb_scargle import FrequencyGrid
from skyhub.science._periodogram_peaks import highest

__all__ = ["WindowPeak", "cycle_near", "spectral_window", "window_peaks"]

_YEAR = 1 / 365.24219


def _cycles() -> dict[str, float]:
    """Frequencies (1/d) at which observations from the ground repeat; a sidereal day has one turn a year more."""
    found = {"synodic month": 1 / 29.530589, "year": _YEAR, "2 / year": 2 * _YEAR}
    for times in range(1, 11):
        per = f"{times} / " if times > 1 else ""
        found[f"{per}solar day"] = float(times)
        found[f"{per}sidereal day"] = times * (1 + _YEAR)
        for years in {-1, 1} - {times}:
            found[f"{per}solar day {'+' if years > 0 else '-'} 1 / year"] = times + years * _YEAR
    return found


_CYCLES = _cycles()

_CHANCE = 0.01
_CHUNK = 1 << 16


@dataclass(frozen=True)
class WindowPeak:
    """A frequency at which the times of observation repeat."""

    frequency: float
    """In 1/d."""
    power: float
    """0 to 1, 1 if all times are whole multiples of the period."""
    cycle: str | None
    """What repeats there, such as ``sidereal day`` or ``2 / solar day``."""


def spectral_window(mjd: ArrayLike, grid: FrequencyGrid) -> NDArray[np.float64]:
    """Power of the times of observation, :math:`|Σ exp(2πi f t)|² / n²` [1]_, shape ``(count,)``.

    Parameters
    ----------
    mjd
        Times (d), shape ``(n,)``.
    grid
        Frequencies.

    References
    ----------
    .. [1] Deeming 1975, Ap&SS 36, 137. https://doi.org/10.1007/BF00681947
    """
    times = np.ascontiguousarray(mjd, dtype=float)
    if not times.size or not np.isfinite(times).all():
        raise InvalidInput("a window needs at least one time, and finite ones.", "mjd")
    centred = times - (times.min() + times.max()) / 2
    ones = np.ones((1, len(times)), dtype=complex)
    power = np.empty(grid.count)
    for start in range(0, grid.count, _CHUNK):
        count = min(_CHUNK, grid.count - start)
        [found] = fourier_sums(centred, ones, grid.first + start * grid.step, grid.step, count)
        power[start : start + count] = np.abs(found) ** 2
    return np.asarray(np.clip(power / len(times) ** 2, 0, 1))


def window_peaks(
    mjd: ArrayLike, grid: FrequencyGrid, n_independent: int | None = None, limit: int = 10
) -> list[WindowPeak]:
    """The strongest repetitions of the times of observation, strongest first.

    A peak counts if times at random had it, anywhere in the grid, with a probability below 1 %; what lies within two
    widths of a peak of zero is the length of the observations and is left out.

    Parameters
    ----------
    mjd, grid
        Times (d), shape ``(n,)``, and frequencies.
    n_independent
        How many of the times are independent, by default all: exposures one after another in several bands are one.
    limit
        At most so many.
    """
    times = np.asarray(mjd, dtype=float)
    power = spectral_window(times, grid)
    width = 1 / float(np.ptp(times))
    frequencies = grid.frequencies
    least = math.log(grid.count / _CHANCE) / (n_independent or len(times))
    power[(frequencies < 2 * width) | (power < least)] = 0
    places = highest(power, width / grid.step, limit)
    return [
        WindowPeak(float(frequencies[at]), float(power[at]), cycle_near(float(frequencies[at]), width)) for at in places
    ]


def cycle_near(frequency: float, width: float) -> str | None:
    """The name of the known cycle nearest to a frequency (1/d), within half a width of a peak (1/d).

    Examples
    --------
    >>> cycle_near(1.0027, 1e-3), cycle_near(2.0002, 1e-3), cycle_near(1.7, 1e-3)
    ('sidereal day', '2 / solar day', None)
    """
    distance, name = min((abs(frequency - cycle), name) for name, cycle in _CYCLES.items())
    return name if distance <= width / 2 else None
