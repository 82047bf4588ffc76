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

    def completed(self, visits: int, gap: float) -> NDArray[np.int64]:
        """The fields that were visited so often, with starts so far apart (s)."""
        last: dict[int, tuple[int, float]] = {}
        for exposure in sorted(self.executed, key=lambda e: e.start):
            count, start = last.get(exposure.field, (0, -np.inf))
            if (exposure.start - start) * SECONDS >= gap - 1e-3:
                last[exposure.field] = (count + 1, exposure.start)
        return np.array(sorted(f for f, (count, _) in last.items() if count >= visits), dtype=np.int64)


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


def _hindered(exposure: Exposure, sight: Sight, closed: Sequence[Window]) -> str | None:
    start, end = exposure.start, exposure.end
    if not any(window.begin - 1e-9 <= start and end <= window.end + 1e-9 for window in sight.dark):
        return "it is not dark"
    if any(window.begin < end and start < window.end for window in closed):
        return "the dome is closed"
    if sight.earliest(exposure.field, start, end - start) != start:
        return "the field is out of its limits"
    return None
