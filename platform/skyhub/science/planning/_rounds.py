"""Rounds and slots: how a dark time is divided so that every field keeps the gap between its visits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science.planning._asked import SECONDS, Machine, Pass, Strategy
from skyhub.science.planning._sight import Sight
from skyhub.science.visibility import Window

__all__ = ["Slot", "blocks_of", "changes_in", "fitting_by_visit", "sets_in", "slots_of", "visit_in"]

_LONGEST_SLOT = 1860.0
"""How long a slot may be in each pass (s)."""
_PAIRS = 12_000
"""About how many pairs of a field and a slot there may be: few fields get short slots."""


class Slot(NamedTuple):
    """A part of a round: room for some fields, and when each of its passes begins."""

    round: int
    room: int
    starts: tuple[float, ...]
    """Begin of each pass (MJD, UTC)."""
    lasts: tuple[float, ...]
    """How long each pass lasts (d), without the last overhead."""

    @property
    def passes(self) -> int:
        """How many passes there are."""
        return len(self.starts)


def slots_of(dark: Sequence[Window], strategy: Strategy, machine: Machine, n_fields: int) -> list[Slot]:
    """The slots of all dark times.

    Parameters
    ----------
    dark
        Dark times (MJD, UTC).
    strategy, machine
        What is asked, and how long things take.
    n_fields
        How many fields there are to choose from.

    Raises
    ------
    InvalidInput
        If not even one field fits.
    """
    hours = 24 * sum(w.end - w.begin for w in dark)
    longest = min(_LONGEST_SLOT, hours * 3600 / len(strategy.sets) * n_fields / _PAIRS)
    slots: list[Slot] = []
    for window in dark:
        number = slots[-1].round + 1 if slots else 0
        tried = (_slots_in(window, asked, machine, longest, number) for asked in strategy.fewer_visits())
        slots += next(filter(None, tried), [])
    if not slots:
        raise InvalidInput(
            f"{len(strategy.sets)} visits, {strategy.gap / 60:g} minutes apart, do not fit in the {hours:.2f} hours that "
            "are dark: give more hours, a shorter gap, shorter exposures or fewer visits.",
            "gap",
        )
    return slots


def fitting_by_visit(slots: Sequence[Slot], sight: Sight, visits: int) -> list[NDArray[np.bool_]]:
    """Of each visit which field can be observed throughout which slot, in the pass that takes it; shape ``(n_fields, n_slots)``."""
    found = []
    for visit in range(visits):
        at = [visit_in(slot.round, slot.passes, visit) for slot in slots]
        taken = np.array([visit < slot.passes for slot in slots])
        begins, lasts = (
            np.array([times[n] if ok else 0.0 for times, n, ok in zip(each, at, taken, strict=True)])
            for each in ([slot.starts for slot in slots], [slot.lasts for slot in slots])
        )
        found.append(sight.throughout(begins, begins + lasts) & taken)
    return found


def sets_in(strategy: Strategy, number: int, count: int | None = None) -> tuple[tuple[Pass, ...], ...]:
    """The visits of a round (the first so many), one in each of its passes: those of odd rounds take the filters backwards."""
    sets = strategy.sets[:count]
    return sets[::-1] if number % 2 else sets


def visit_in(number: int, count: int, place: int) -> int:
    """Which visit a round of so many passes takes in one of them, and in which pass it takes a visit."""
    return count - 1 - place if number % 2 else place


def changes_in(sets: Sequence[Sequence[Pass]]) -> list[bool]:
    """Whether the filter changes after each pass but the last; visits of several filters begin with the one that is in."""
    return [len(a) == 1 and a[-1].filter != b[0].filter for a, b in pairwise(sets)]


def blocks_of(
    dark: Sequence[Window], longest: float, cycle: float, overhead: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Begin and end (MJD) of blocks in which so many exposures may begin."""
    size = max(1, int(longest // cycle))
    parts = []
    for window in dark:
        count = int(((window.end - window.begin) * SECONDS + overhead) // cycle)
        first = np.arange(0, count, size)
        room = np.minimum(size, count - first)
        begin = window.begin + first * cycle / SECONDS
        end = np.minimum(begin + size * cycle / SECONDS, window.end)
        parts.append((begin, end, room))
    begins, ends, rooms = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return begins, ends, rooms


def _slots_in(window: Window, strategy: Strategy, machine: Machine, longest: float, number: int) -> list[Slot]:
    total = (window.end - window.begin) * SECONDS + machine.overhead
    cycles = [machine.cycle(each) for each in strategy.sets]
    between = machine.filter_change * sum(changes_in(strategy.sets))
    rounds = 1
    if len(cycles) > 1:
        shortest = max(1, int(np.ceil(strategy.gap / min(cycles))))
        rounds = int(total // (shortest * sum(cycles) + between))
    if not rounds:
        fields = int((total - (len(cycles) - 1) * strategy.gap) // max(cycles))
        return _split(number, window.begin, fields, strategy, machine, longest)
    length = total / rounds
    fields = int((length - between) // sum(cycles))
    begins = window.begin + np.arange(rounds) * length / SECONDS
    return [
        slot
        for n, begin in enumerate(begins, start=number)
        for slot in _split(n, begin, fields, strategy, machine, longest)
    ]


def _split(number: int, begin: float, fields: int, strategy: Strategy, machine: Machine, longest: float) -> list[Slot]:
    """The slots of one round."""
    sets = sets_in(strategy, number)
    cycles = [machine.cycle(each) for each in sets]
    offsets = [0.0]
    for cycle, changes in zip(cycles, changes_in(sets), strict=False):
        offsets.append(offsets[-1] + max(fields * cycle + machine.filter_change * changes, strategy.gap))
    size = max(1, int(longest // max(cycles)))
    slots = []
    for first in range(0, fields, size):
        room = min(size, fields - first)
        starts = tuple(begin + (o + first * c) / SECONDS for o, c in zip(offsets, cycles, strict=True))
        slots.append(Slot(number, room, starts, tuple((room * c - machine.overhead) / SECONDS for c in cycles)))
    return slots
