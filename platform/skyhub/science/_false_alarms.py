"""How often noise alone has a peak as high."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science._lomb_scargle import FrequencyGrid, Series, band_powers

__all__ = ["bootstrap_maxima", "false_alarm_level", "false_alarm_probability"]

_FEWEST = 5
_SETS_AT_ONCE = 8


def false_alarm_probability(
    power: ArrayLike, mjd: ArrayLike, error: ArrayLike, max_frequency: float
) -> NDArray[np.float64]:
    """Probability that white noise has a peak at least as high anywhere up to a frequency, in one band [1]_.

    It is an upper limit that is close where it is small, for one harmonic with floating mean and the standard power.
    Noise that is correlated from night to night has such peaks more often.

    Parameters
    ----------
    power
        Powers, 0 to 1, of any shape.
    mjd, error
        Times (d) and errors of the band, shape ``(n,)``.
    max_frequency
        Highest frequency of the grid (1/d).

    Raises
    ------
    InvalidInput
        If there are fewer than five points.

    References
    ----------
    .. [1] Baluev 2008, MNRAS 385, 1279, equations 5 and 6. https://doi.org/10.1111/j.1365-2966.2008.12689.x
    """
    times, weight = np.asarray(mjd, dtype=float), np.asarray(error, dtype=float) ** -2.0
    if len(times) < _FEWEST:
        raise InvalidInput(f"{len(times)} points were given: a false-alarm probability needs {_FEWEST}.", "mjd")
    spread = math.sqrt(np.average((times - np.average(times, weights=weight)) ** 2, weights=weight))
    cycles = max_frequency * math.sqrt(4 * math.pi) * spread
    about_mean, about_model = len(times) - 1, len(times) - 3
    gamma = math.sqrt(2 / about_mean) * math.exp(math.lgamma(about_mean / 2) - math.lgamma((about_mean - 1) / 2))
    given = np.clip(np.asarray(power, dtype=float), 0, 1)
    crossings = gamma * cycles * (1 - given) ** ((about_model - 1) / 2) * np.sqrt(about_mean * given / 2)
    with np.errstate(divide="ignore"):
        none_here = np.log1p(-((1 - given) ** (about_model / 2)))
    return np.asarray(-np.expm1(none_here - crossings))


def false_alarm_level(probability: float, mjd: ArrayLike, error: ArrayLike, max_frequency: float) -> float:
    """The power that white noise reaches with this probability: the inverse of `false_alarm_probability`.

    Raises
    ------
    InvalidInput
        If the probability is not between 0 and 1.
    """
    from scipy.optimize import brentq

    if not 0 < probability < 1:
        raise InvalidInput(f"probability is {probability:g}: above 0 and below 1 is permitted.", "probability")

    def excess(power: float) -> float:
        return float(false_alarm_probability(power, mjd, error, max_frequency)) - probability

    return float(brentq(excess, 0.0, 1.0, xtol=1e-12))


def bootstrap_maxima(
    series: Sequence[Series],
    grid: FrequencyGrid,
    harmonics: int,
    draws: int,
    proceed: Callable[[], object],
    seed: int = 0,
) -> NDArray[np.float64]:
    """The highest joint power of light curves whose points were exchanged within their bands, shape ``(draws,)``.

    Times stay, and each value keeps its error. Noise that is correlated from point to point is lost by the exchange.
    `proceed` is called between pieces of the work, and may end it.
    """
    random = np.random.default_rng(seed)
    maxima = []
    for start in range(0, draws, _SETS_AT_ONCE):
        sets = min(_SETS_AT_ONCE, draws - start)
        reduction = np.zeros((sets, grid.count))
        for one in series:
            places = random.permuted(np.tile(np.arange(len(one.mjd)), (sets, 1)), axis=1)
            if one.chi2:
                exchanged = one.value[places], one.error[places]
                reduction += one.chi2 * band_powers(one.mjd, *exchanged, grid, harmonics, proceed)
        maxima.append(reduction.max(axis=1))
    return np.concatenate(maxima) / sum(one.chi2 for one in series)
