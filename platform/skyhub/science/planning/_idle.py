"""Idle times of a timetable, and the visits that they have room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from skyhub.science.planning._asked import SECONDS, Machine, Strategy
from skyhub.science.planning._atoms import Atoms
from skyhub.science.planning._cover import LEAST_GAIN
from skyhub.science.planning._sight import Sight
from skyhub.science.planning._timetable import Exposure, Pointing, visit_at
from skyhub.science.planning._visits import fields_by_visit

__all__ = ["filled_idle"]

_MOST = 200
"""Visits that are added at most."""

Floats = NDArray[np.float64]


class _Night(Protocol):
    """What is asked of a night."""

    @property
    def atoms(self) -> Atoms:
        """The sky."""

    @property
    def most(self) -> int | None:
        """At most so many fields."""

    @property
    def excluded(self) -> NDArray[np.bool_]:
        """Whether each field is left out."""

    @property
    def sight(self) -> Sight:
        """When each field can be observed."""

    @property
    def strategy(self) -> Strategy:
        """What is asked."""

    @property
    def machine(self) -> Machine:
        """How long things take."""

    @property
    def vectors(self) -> Floats:
        """Unit vectors to the fields."""


def filled_idle(exposures: Sequence[Exposure], night: _Night) -> list[Exposure]:
    """A timetable with the visits that add most in what idle times it has; as it is, where there may be so many only.

    Parameters
    ----------
    exposures
        In the order of their times.
    night
        The sky, when fields can be observed, what is asked, and how long things take.
    """
    found = list(exposures)
    if night.most is not None:
        return found
    for _ in range(_MOST):
        added = next(_additions(found, night), None)
        if added is None:
            break
        found = sorted([*found, *added], key=lambda each: each.start)
    return found


def _additions(exposures: Sequence[Exposure], night: _Night) -> Iterator[list[Exposure]]:
    """The visits that could be added, those that add most first."""
    sets, gap = night.strategy.sets, night.strategy.gap
    starts: dict[int, list[float]] = {}
    for each in exposures[:: len(sets[0])]:
        starts.setdefault(each.field, []).append(each.start)
    by_visit = fields_by_visit(exposures, sets, gap)
    gains = np.array([night.atoms.without(own).single for own in by_visit])
    for visit, own in enumerate(by_visit):
        gains[visit, own] = 0.0
    gains[:, night.excluded] = 0.0
    idle = [*_idle(exposures, night)]
    for place in np.argsort(-gains, axis=None, kind="stable")[: int((gains > LEAST_GAIN).sum())].tolist():
        visit, field = divmod(place, gains.shape[1])
        for at, after in idle:
            made = _fitting(field, visit, at, after, starts.get(field, ()), night)
            if made:
                yield made


def _idle(exposures: Sequence[Exposure], night: _Night) -> Iterator[tuple[Pointing, Exposure | float]]:
    """Idle times in which the shortest visit may fit: where the telescope is before, and what comes next or when it ends."""
    shortest = min(night.machine.cycle(each) for each in night.strategy.sets) / SECONDS
    for dark in night.sight.dark:
        at = Pointing(night.machine, night.vectors, dark.begin)
        inside = [each for each in exposures if dark.begin <= each.start < dark.end]
        following: list[Exposure | float] = [*inside, dark.end]
        for after in following:
            until = after if isinstance(after, float) else after.start
            if until - at.free >= shortest - night.machine.overhead / SECONDS:
                yield at, after
            if isinstance(after, Exposure):
                at = Pointing(night.machine, night.vectors, after.end, after.field, after.filter)


def _fitting(
    field: int, visit: int, before: Pointing, after: Exposure | float, starts: Sequence[float], night: _Night
) -> list[Exposure]:
    """The exposures of a visit within an idle time; none if it does not fit."""
    at = Pointing(before.machine, before.vectors, before.free, before.field, before.filter)
    gap = night.strategy.gap / SECONDS
    until = after if isinstance(after, float) else after.start
    earlier = max((start for start in starts if start <= before.free), default=-np.inf)
    made = visit_at(field, night.strategy.sets[visit], earlier + gap, night.sight, at, until)
    if not made or any(abs(start - made[0].start) < gap - 1e-9 for start in starts):
        return []
    ready = at.free if isinstance(after, float) else at.ready(after.field, after.filter)
    return made if ready <= until + 1e-9 else []
