"""When each exposure begins: the earliest time at which the telescope is there, the window open and the gap kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.science.planning._asked import SECONDS, Machine, Pass, Strategy
from skyhub.science.planning._rounds import Slot, sets_in, visit_in
from skyhub.science.planning._sight import Sight

__all__ = ["Exposure", "Pointing", "partial_timetable", "timetable", "visit_at"]


class Exposure(NamedTuple):
    """One exposure of a plan."""

    field: int
    """The place of its field among the fields."""
    filter: str
    start: float
    """Begin (MJD, UTC)."""
    seconds: float
    """How long it lasts (s)."""

    @property
    def end(self) -> float:
        """End (MJD, UTC)."""
        return self.start + self.seconds / SECONDS


@dataclass
class Pointing:
    """Where the telescope is, and since when it is free."""

    machine: Machine
    vectors: NDArray[np.float64]
    """Unit vectors to the fields, shape ``(n_fields, 3)``."""
    free: float
    """End of the last exposure (MJD, UTC)."""
    field: int | None = None
    filter: str | None = None

    def ready(self, field: int, name: str) -> float:
        """When an exposure of a field in a filter may begin (MJD, UTC)."""
        if self.field is None:
            return self.free
        cosine = float(self.vectors[self.field] @ self.vectors[field])
        wait = max(self.machine.overhead, float(self.machine.slew(np.degrees(np.arccos(min(cosine, 1.0))))))
        return self.free + (wait + self.machine.filter_change * (name != self.filter)) / SECONDS

    def take(self, exposure: Exposure) -> None:
        """Go there and expose."""
        self.field, self.filter, self.free = exposure.field, exposure.filter, exposure.end


def timetable(
    slots: Sequence[Slot],
    ways: Sequence[Sequence[int]],
    sight: Sight,
    strategy: Strategy,
    machine: Machine,
    vectors: NDArray[np.float64],
) -> list[Exposure]:
    """The exposures of all fields that get all their visits, in order.

    Parameters
    ----------
    slots, ways
        The slots, and the fields of each in sequence.
    sight
        When each field can be observed.
    strategy, machine, vectors
        What is asked, how long things take, and unit vectors to the fields.
    """
    rounds: dict[int, list[int]] = {}
    waits: dict[int, tuple[float, ...]] = {}
    for slot, way in zip(slots, ways, strict=False):
        rounds.setdefault(slot.round, []).extend(way)
        if strategy.low_airmass:
            waits |= dict.fromkeys(way, slot.starts)
    begins = {slot.round: slot.starts[0] for slot in reversed(slots)}
    pointing = Pointing(machine, vectors, sight.dark[0].begin)
    exposures: list[Exposure] = []
    for number, fields in rounds.items():
        dark = next(w for w in sight.dark if w.begin <= begins[number] + 1e-9 and begins[number] < w.end)
        if pointing.free < dark.begin:
            pointing.free, pointing.field = dark.begin, None
        while fields:
            made, lost = _round(fields, sets_in(strategy, number), strategy.gap, sight, pointing, dark.end, waits)
            if not lost:
                for exposure in made:
                    pointing.take(exposure)
                exposures += made
                break
            fields = [field for field in fields if field not in lost]
    return exposures


def partial_timetable(
    slots: Sequence[Slot],
    ways: Sequence[Sequence[int]],
    wanted: Sequence[Mapping[int, int]],
    sight: Sight,
    strategy: Strategy,
    machine: Machine,
    vectors: NDArray[np.float64],
) -> tuple[list[Exposure], list[tuple[int, int]]]:
    """The exposures of fields that need not get all their visits, in order, and the visits that found no time.

    Parameters
    ----------
    slots, ways, sight, strategy, machine, vectors
        As in `timetable`.
    wanted
        Of each visit the fields that get it, each with its slot.

    Returns
    -------
    list of Exposure, list of tuple
        The second has visits and fields.
    """
    pointing = Pointing(machine, vectors, sight.dark[0].begin)
    before: dict[int, float] = {}
    exposures: list[Exposure] = []
    lost: list[tuple[int, int]] = []
    for number, own in groupby(range(len(slots)), key=lambda n: slots[n].round):
        places = [*own]
        first = slots[places[0]]
        dark = next(w for w in sight.dark if w.begin <= first.starts[0] + 1e-9 and first.starts[0] < w.end)
        if pointing.free < dark.begin:
            pointing.free, pointing.field = dark.begin, None
        for at, visit in enumerate(sets_in(strategy, number, first.passes)):
            which = visit_in(number, first.passes, at)
            asked = ((n, f) for n in places if n < len(ways) for f in ways[n] if wanted[which].get(f) == n)
            for place, field in asked:
                after = before.get(field, -np.inf) + strategy.gap / SECONDS
                after = max(after, slots[place].starts[at]) if strategy.low_airmass else after
                made = visit_at(field, visit, after, sight, pointing, dark.end)
                if not made:
                    lost.append((which, field))
                    continue
                before[field] = made[0].start
                exposures += made
    return exposures, lost


def visit_at(field: int, visit: Sequence[Pass], after: float, sight: Sight, at: Pointing, end: float) -> list[Exposure]:
    """The exposures of one visit, to which the telescope has gone then; none if there is no time."""
    passes = visit[::-1] if at.filter == visit[-1].filter else visit
    lasts = (at.machine.cycle(passes) - at.machine.overhead) / SECONDS
    start = sight.earliest(field, max(at.ready(field, passes[0].filter), after), lasts)
    if start is None or start > end:
        return []
    made = [Exposure(field, passes[0].filter, start, passes[0].exposure)]
    at.take(made[0])
    for each in passes[1:]:
        made.append(Exposure(field, each.filter, at.ready(field, each.filter), each.exposure))
        at.take(made[-1])
    return made


def _round(
    fields: Sequence[int],
    sets: Sequence[Sequence[Pass]],
    gap: float,
    sight: Sight,
    at: Pointing,
    end: float,
    waits: Mapping[int, Sequence[float]],
) -> tuple[list[Exposure], set[int]]:
    """The exposures of a round, and the fields of which a visit found no time; `waits` are times before which none begins."""
    there = Pointing(at.machine, at.vectors, at.free, at.field, at.filter)
    before: dict[int, float] = {}
    made: list[Exposure] = []
    lost: set[int] = set()
    for number, visit in enumerate(sets):
        for field in fields:
            if field in lost:
                continue
            after = before.get(field, 0.0) + gap / SECONDS
            if field in waits:
                after = max(after, waits[field][number])
            taken = visit_at(field, visit, after, sight, there, end)
            if not taken:
                lost.add(field)
                continue
            before[field] = taken[0].start
            made += taken
    return made, lost
