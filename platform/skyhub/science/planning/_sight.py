"""When it is dark, and when each field keeps all limits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skyhub.errors import InvalidInput
from skyhub.science.planning._asked import SECONDS
from skyhub.science.visibility import Constraints, Site, Window, local_sky, windows

__all__ = ["Sight", "dark_times", "sight_of"]

_STEP = 120.0 / SECONDS
_SHORTEST = 1.0 / SECONDS
"""Dark times that are shorter (d) are none."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sight:
    """When each of N fields can be observed.

    Parameters
    ----------
    dark
        Dark times (MJD, UTC), in order.
    begin, end
        Windows of each field (MJD, UTC), in order, shape ``(N, K)``; what a field has not is NaN.
    """

    dark: tuple[Window, ...]
    begin: Floats
    end: Floats

    def throughout(self, start: ArrayLike, end: ArrayLike) -> NDArray[np.bool_]:
        """Whether each field can be observed during all of M times, shape ``(N, M)``."""
        first, last = np.atleast_1d(start), np.atleast_1d(end)
        inside = (self.begin[:, :, None] <= first + 1e-9) & (self.end[:, :, None] >= last - 1e-9)
        return np.asarray(inside.any(axis=1))

    def somewhere(self, start: ArrayLike, end: ArrayLike, exposure: float) -> NDArray[np.bool_]:
        """Whether an exposure (d) of each field may begin in each of M times, shape ``(N, M)``."""
        first, last = np.atleast_1d(start), np.atleast_1d(end)
        begin = np.maximum(self.begin[:, :, None], first)
        return np.asarray(((begin <= last) & (begin + exposure <= self.end[:, :, None] + 1e-9)).any(axis=1))

    def ever(self, exposure: float) -> NDArray[np.bool_]:
        """Whether an exposure (d) of each field fits in any of its windows, shape ``(N,)``."""
        return np.asarray((self.end - self.begin >= exposure).any(axis=1))

    def earliest(self, field: int, after: float, exposure: float) -> float | None:
        """The first time from `after` on at which an exposure (d) of a field fits in one of its windows."""
        starts = np.maximum(self.begin[field], after)
        fits = np.flatnonzero(starts + exposure <= self.end[field] + 1e-9)
        return float(starts[fits[0]]) if len(fits) else None

    def of(self, fields: NDArray[np.int64] | list[int]) -> Sight:
        """The same of some of the fields."""
        return replace(self, begin=self.begin[fields], end=self.end[fields])


def dark_times(site: Site, begin: float, end: float, sun_altitude: float | None) -> tuple[Window, ...]:
    """When the Sun is below an altitude (deg) between two times (MJD, UTC).

    Raises
    ------
    InvalidInput
        If it never is.
    """
    if sun_altitude is None:
        return (Window(begin, end),)
    times = np.linspace(begin, end, int(np.ceil((end - begin) / _STEP)) + 1)
    limits = Constraints(airmass=None, sun_altitude=sun_altitude, altitude=-90.0)
    [found] = windows(local_sky(site, times), [0.0], [0.0], limits)
    dark = tuple(w for w in found if w.end - w.begin > _SHORTEST)
    if not dark:
        raise InvalidInput(
            f"the Sun is never below {sun_altitude:g} deg at this site in the {24 * (end - begin):g} hours of the plan: "
            "begin later, give more hours, or let the Sun stand higher.",
            "sun_altitude",
        )
    return dark


def sight_of(site: Site, ra: ArrayLike, dec: ArrayLike, begin: float, end: float, constraints: Constraints) -> Sight:
    """When fields (centres ICRS, deg) can be observed between two times (MJD, UTC).

    Raises
    ------
    InvalidInput
        If it is never dark.
    """
    dark = dark_times(site, begin, end, constraints.sun_altitude)
    others = replace(constraints, sun_altitude=None)
    parts: list[list[Window]] = [[] for _ in range(np.size(ra))]
    for window in dark:
        steps = int(np.ceil((window.end - window.begin) / _STEP)) + 1
        sky = local_sky(site, np.linspace(*window, max(steps, 2)))
        for kept, found in zip(parts, windows(sky, ra, dec, others), strict=True):
            kept.extend(found)
    return Sight(dark, *_table(parts))


def _table(parts: list[list[Window]]) -> tuple[Floats, Floats]:
    width = max((len(part) for part in parts), default=0)
    table = np.full((2, len(parts), max(width, 1)), np.nan)
    for n, part in enumerate(parts):
        if part:
            table[:, n, : len(part)] = np.array(part).T
    return table[0], table[1]
