"""Which visits of which fields exposures complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from skyhub.science.planning._asked import SECONDS, Pass
from skyhub.science.planning._timetable import Exposure

__all__ = ["fields_by_visit", "visits_completed"]


@dataclass
class _Progress:
    """What a field has got so far."""

    last: float = -np.inf
    """Begin of its last visit that counts (MJD, UTC)."""
    open: list[Exposure] = field(default_factory=list)
    taken: dict[tuple[str, ...], int] = field(default_factory=dict)


def visits_completed(
    exposures: Sequence[Exposure], sets: Sequence[Sequence[Pass]], gap: float
) -> list[tuple[int, int] | None]:
    """The visit and the field that each exposure completes, or None.

    Parameters
    ----------
    exposures
        In the order of their times.
    sets
        The visits of every field: the exposures that are taken one after another, in any order.
    gap
        Smallest time between the starts of two visits of a field that count (s).
    """
    places: dict[tuple[str, ...], list[int]] = {}
    for number, each in enumerate(sets):
        places.setdefault(tuple(sorted(one.filter for one in each)), []).append(number)
    size = len(sets[0])
    progress: dict[int, _Progress] = {}
    found: list[tuple[int, int] | None] = []
    for exposure in exposures:
        own = progress.setdefault(exposure.field, _Progress())
        if any(one.filter == exposure.filter for one in own.open):  # the visit before was not completed
            own.open.clear()
        own.open.append(exposure)
        visit = _completed(own, size, gap, places)
        found.append(None if visit is None else (visit, exposure.field))
    return found


def fields_by_visit(
    exposures: Sequence[Exposure], sets: Sequence[Sequence[Pass]], gap: float
) -> list[NDArray[np.int64]]:
    """The fields that have each of the visits."""
    done = {each for each in visits_completed(exposures, sets, gap) if each is not None}
    return [np.array(sorted(f for v, f in done if v == visit), dtype=np.int64) for visit in range(len(sets))]


def _completed(own: _Progress, size: int, gap: float, places: dict[tuple[str, ...], list[int]]) -> int | None:
    """Which visit the open exposures of a field complete, if they do and it counts."""
    if len(own.open) < size:
        return None
    start, key = own.open[0].start, tuple(sorted(one.filter for one in own.open))
    own.open.clear()
    taken = own.taken.get(key, 0)
    if (start - own.last) * SECONDS < gap - 1e-3 or taken >= len(places.get(key, ())):
        return None
    own.last, own.taken[key] = start, taken + 1
    return places[key][taken]
