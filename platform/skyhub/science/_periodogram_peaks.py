"""Peaks of periodograms: the highest ones apart from each other, and less to draw with no peak lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skyhub.science._lomb_scargle import FrequencyGrid, Series, power_of

__all__ = ["highest", "refined", "thinned"]

_ZOOM = 32

_Floats = NDArray[np.float64]


def highest(power: _Floats, apart: float, limit: int) -> list[int]:
    """Places of the highest local maxima above zero that are at least so many places apart, the highest first.

    The ends count as maxima if nothing beside them is higher.
    """
    from scipy.signal import find_peaks

    padded = np.concatenate([[0.0], power, [0.0]])
    places = find_peaks(padded, height=np.nextafter(0, 1), distance=max(1.0, apart))[0] - 1
    return [int(at) for at in places[np.argsort(-power[places], kind="stable")][:limit]]


def refined(series: list[Series], grid: FrequencyGrid, at: int, harmonics: int) -> float:
    """The frequency (1/d) of the maximum about a place of the grid: a finer grid, and a parabola through its top."""
    first = max(grid.first, grid.first + (at - 1) * grid.step)
    last = min(grid.last, grid.first + (at + 1) * grid.step)
    fine = FrequencyGrid(first, (last - first) / (2 * _ZOOM), 2 * _ZOOM + 1)
    power = power_of(series, fine, harmonics)
    top = int(np.argmax(power))
    if not 0 < top < fine.count - 1:
        return fine.first + top * fine.step
    before, here, after = power[top - 1 : top + 2]
    bend = before - 2 * here + after
    return float(fine.first + (top + (0.5 * (before - after) / bend if bend < 0 else 0.0)) * fine.step)


def thinned(frequencies: _Floats, power: _Floats, limit: int) -> tuple[_Floats, _Floats]:
    """At most so many points of a periodogram that can be drawn for all: of each run of frequencies the highest one."""
    length = -(-len(power) // limit)
    runs = np.full(-(-len(power) // length) * length, -np.inf)
    runs[: len(power)] = power
    places = np.arange(0, len(runs), length) + runs.reshape(-1, length).argmax(axis=1)
    return frequencies[places], power[places]
