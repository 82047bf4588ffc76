"""Replaying a plan as a telescope would execute it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.science.planning._asked import SECONDS, Machine
from skyhub.science.planning._sight import Sight
from skyhub.science.planning._timetable import Exposure, Pointing
from skyhub.science.visibility import Window

__all__ = ["Lost", "Replay", "replay"]


class Lost(NamedTuple):
    """An exposure that was not made, and why."""

    exposure: Exposure
    reason: str


class Replay(NamedTuple):
    """What became of a plan."""

    executed: list[Exposure]
    """With the times at which they began."""
    lost: list[Lost]

    def completed(self, visits: int, gap: float, size: int = 1) -> NDArray[np.int64]:
        """The fields that were visited so often, with starts so far apart (s); a visit has `size` exposures."""
        starts: dict[int, list[float]] = {}
        for exposure in sorted(self.executed, key=lambda e: e.start):
            starts.setdefault(exposure.field, []).append(exposure.start)
        done = [f for f, own in starts.items() if len(own) % size == 0 and _times(own[::size], gap) >= visits]
        return np.array(sorted(done), dtype=np.int64)


def replay(
    exposures: Iterable[Exposure],
    sight: Sight,
    machine: Machine,
    vectors: NDArray[np.float64],
    closed: Sequence[Window] = (),
) -> Replay:
    """Execute exposures one after another: late after long slews, lost where they cannot be made.

    Parameters
    ----------
    exposures
        The plan; in the order of its times.
    sight
        When each field can be observed.
    machine, vectors
        How long things take, and unit vectors to the fields, shape ``(n_fields, 3)``.
    closed
        When the dome is closed (MJD, UTC).
    """
    at = Pointing(machine, vectors, sight.dark[0].begin)
    executed: list[Exposure] = []
    lost: list[Lost] = []
    for planned in sorted(exposures, key=lambda e: e.start):
        start = max(planned.start, at.ready(planned.field, planned.filter))
        made = planned._replace(start=start)
        if reason := _hindered(made, sight, closed):
            lost.append(Lost(planned, reason))
            continue
        at.take(made)
        executed.append(made)
    return Replay(executed, lost)


def _times(starts: Sequence[float], gap: float) -> int:
    """How many of some starts (MJD), taken from the first on, are a gap (s) apart."""
    count, last = 0, -np.inf
    for start in starts:
        if (start - last) * SECONDS >= gap - 1e-3:
            count, last = count + 1, start
    return count


def _hindered(exposure: Exposure, sight: Sight, closed: Sequence[Window]) -> str | None:
    start, end = exposure.start, exposure.end
    if not any(window.begin - 1e-9 <= start and end <= window.end + 1e-9 for window in sight.dark):
        return "it is not dark"
    if any(window.begin < end and start < window.end for window in closed):
        return "the dome is closed"
    if sight.earliest(exposure.field, start, end - start) != start:
        return "the field is out of its limits"
    return None
