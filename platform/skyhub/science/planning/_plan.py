"""Plans: prepared once for a map and a grid, previewed in milliseconds, optimised in seconds, reported as executed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science.field_tiles import FieldRanges
from skyhub.science.footprints import Footprint
from skyhub.science.planning._asked import SECONDS, Machine, Strategy
from skyhub.science.planning._atoms import Atoms, atoms_of
from skyhub.science.planning._cover import Cover, best_cover, bound_of, greedy_cover, rough_bound
from skyhub.science.planning._near import NEGLECTED, near_probability
from skyhub.science.planning._partial import Choose, PartialNight
from skyhub.science.planning._replay import replay
from skyhub.science.planning._rounds import Slot, blocks_of, fitting_by_visit, slots_of
from skyhub.science.planning._route import gathered, sequence_of
from skyhub.science.planning._seen import FieldsSeen
from skyhub.science.planning._sight import Sight, sight_of
from skyhub.science.planning._swaps import swapped
from skyhub.science.planning._timetable import Exposure, timetable
from skyhub.science.planning._visits import fields_by_visit
from skyhub.science.skymaps import SkyMap, cover
from skyhub.science.vectors import unit_vectors
from skyhub.science.visibility import Site, airmass, local_sky

__all__ = ["Plan", "Planner"]

_BLOCK = 1800.0
"""Shortest blocks of the bound (s)."""
_PREVIEW_EFFORT = 2e6
"""Pairs of fields that swaps of a preview may look at."""
_ATTEMPTS = 4
"""How often a timetable is made anew for others in place of fields that found no time."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

Told = Callable[[str, float], None]


def _silent(stage: str, share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Plan:
    """A plan, and what a replay of it executes."""

    exposures: list[Exposure]
    """What was executed, in order."""
    fields: NDArray[np.int64]
    """Places of the fields that got all visits; without balance of those that got any."""
    probability: float
    """Of the map within them; without balance the mean over the visits of what the fields of each hold."""
    area: float
    """Of the sky within them (deg²)."""
    upper_bound: float
    """No plan has more probability."""
    seconds: float
    """How long planning took (s)."""
    by_visit: tuple[NDArray[np.int64], ...] = ()
    """Without balance: places of the fields that got each visit."""


class _Rounds(NamedTuple):
    slots: list[Slot]
    fits: NDArray[np.bool_]
    """Which field fits in which slot in all visits, shape ``(n_fields, n_slots)``."""
    room: Indices
    by_visit: list[NDArray[np.bool_]]
    """The same in each visit."""


class _Blocks(NamedTuple):
    may: NDArray[np.bool_]
    """Whether an exposure of each field may begin in each block, shape ``(n_fields, n_blocks)``."""
    room: Indices
    often: int
    """How many visits of a field may begin in one block."""


@dataclass(frozen=True, eq=False)
class Planner:
    """All that plans of one map with one telescope have in common.

    Parameters
    ----------
    sky_map
        The localization.
    footprint
        What the camera sees at once.
    ra, dec
        Where the fields are centred (ICRS, deg), shape ``(n_fields,)``.
    site
        Where the telescope stands.
    strategy, machine
        What is asked, and how long things take.

    Examples
    --------
    >>> from skyhub.science.footprints import rectangle
    >>> from skyhub.science.sky_shapes import Cone, skymap_of
    >>> ra, dec = np.meshgrid(np.arange(150.0, 170.0, 2.0), np.arange(0.0, 20.0, 2.0))
    >>> asked = Strategy(58_850.0, 58_851.0, ("r",), exposure=120.0)
    >>> planner = Planner(
    ...     skymap_of(Cone(160.0, 10.0, 3.0, 0.9)), rectangle(2.0, 2.0), ra.ravel(), dec.ravel(), Site(33.4, -116.9), asked
    ... )
    >>> plan = planner.optimise()
    >>> plan.probability <= plan.upper_bound, round(plan.probability, 2), round(plan.area / len(plan.fields), 1)
    (True, 1.0, 3.9)
    """

    sky_map: SkyMap
    footprint: Footprint
    ra: Floats
    dec: Floats
    site: Site
    strategy: Strategy
    machine: Machine = field(default_factory=Machine)

    @cached_property
    def sight(self) -> Sight:
        """When each field can be observed; never, where the map has no probability.

        Raises
        ------
        InvalidInput
            If it is never dark.
        """
        near = np.flatnonzero(near_probability(self.sky_map, self.footprint, self.ra, self.dec))
        asked = self.strategy
        some = sight_of(self.site, self.ra[near], self.dec[near], asked.begin, asked.end, asked.constraints)
        begin, end = np.full((2, len(self.ra), some.begin.shape[1]), np.nan)
        begin[near], end[near] = some.begin, some.end
        return Sight(some.dark, begin, end)

    @cached_property
    def fields(self) -> Indices:
        """Places of the fields that can be observed at all and may see probability.

        Raises
        ------
        InvalidInput
            If there are none.
        """
        found = self._fields_for(self.strategy)
        if not len(found):
            raise InvalidInput(
                "none of the fields that see probability can be observed in the time of the plan: allow a larger airmass, a "
                "brighter sky or more hours, or take another telescope.",
                "fields",
            )
        return found

    @cached_property
    def ranges(self) -> FieldRanges:
        """What each of `fields` sees."""
        return self.seen.ranges(self.fields)

    @cached_property
    def seen(self) -> FieldsSeen:
        """What the fields of the grid see."""
        return FieldsSeen(self.footprint, self.ra, self.dec)

    @cached_property
    def atoms(self) -> Atoms:
        """The parts of the sky that the same of `fields` see.

        Raises
        ------
        InvalidInput
            If there is no probability in any of them.
        """
        found = atoms_of(self.sky_map, self.ranges, self.strategy.credible_level)
        if not len(found.weight):
            raise InvalidInput(
                "the map has no probability in the fields that can be observed: take another telescope or more hours.",
                "localization",
            )
        return found

    @cached_property
    def upper_bound(self) -> float:
        """A probability that no plan can exceed, in rounds or not, however fast the telescope."""
        return self._bound(bound_of)

    @cached_property
    def rough_bound(self) -> float:
        """The same at once, and looser: the fields that hold most, as many as there is time for, as if none overlapped."""
        return self._bound(rough_bound)

    def seen_bound(self, *, rough: bool = False) -> float:
        """A probability that no plan can exceed in all fields that count at all, found at once if it may be rough."""
        if not self.strategy.is_partial:
            return self.rough_bound if rough else self.upper_bound
        may, room, often = self._blocks
        find = rough_bound if rough else bound_of
        return min(find(self.atoms, may, room, 1, self.strategy.most_fields, often) + NEGLECTED, 1.0)

    def revised(self, strategy: Strategy) -> Planner:
        """The planner of other wishes; what they do not change is not computed again."""
        other, before = replace(self, strategy=strategy), self.strategy
        times = (strategy.begin, strategy.end, strategy.constraints)
        other.__dict__["seen"] = self.seen
        if (before.begin, before.end, before.constraints) != times or "sight" not in self.__dict__:
            return other
        names = ["sight"]
        if "fields" in self.__dict__ and np.array_equal(self.fields, self._fields_for(strategy)):
            names += ["fields", "ranges"]
            if before.credible_level == strategy.credible_level:
                names.append("atoms")
        other.__dict__.update({name: self.__dict__[name] for name in names if name in self.__dict__})
        return other

    def on(self, sky_map: SkyMap) -> Planner:
        """The planner of a part of its map; what the map does not change is not computed again."""
        other = replace(self, sky_map=sky_map)
        kept = ("seen", "sight", "fields", "ranges")
        other.__dict__.update({name: getattr(self, name) for name in kept})
        return other

    def weighed(self, plan: Plan) -> Plan:
        """A plan that was made for a part of its map, with the probability and the bound of the whole."""
        value = self._held(plan.by_visit or (plan.fields,))
        return replace(
            plan, probability=value, upper_bound=max(self.__dict__.get("upper_bound", self.rough_bound), value)
        )

    def preview(self) -> Plan:
        """A good plan at once: marginal greedy, sequenced and replayed; with the rough bound."""
        started = time.perf_counter()
        choices = self._choices(partial(self._quick, effort=_PREVIEW_EFFORT))
        return self._executed(self._best_timed(choices, attempts=1), started, self.rough_bound)

    def optimise(self, seconds: float = 6.0, told: Told = _silent) -> Plan:
        """The best plan that is found in a time (s).

        Parameters
        ----------
        seconds
            Time for the integer program.
        told
            Is told the stage and the share that is done; what it raises ends the work.
        """
        started = time.perf_counter()
        told("visibility", 0.0)
        rounds = self._rounds
        told("preview", 0.2)
        choices = self._choices(self._quick)
        told("optimise", 0.3)
        programs = 1 + len(rounds.by_visit) * self.strategy.is_partial
        found = self._choices(partial(self._best, seconds=seconds / programs))
        choices += found
        if not (self.strategy.is_partial and self._most is not None):  # a swap may take one field more
            choices += [better for each in found if (better := self._improved(each)) is not each]
        told("bound", 0.8)
        bound = self.upper_bound
        told("replay", 0.9)
        return self._executed(self._best_timed(choices), started, bound)

    def _bound(self, find: Callable[..., float]) -> float:
        """A bound by one of the ways to find it."""
        asked = self.strategy
        most: float | None = self._most
        if asked.is_partial and asked.most_seconds is not None:
            visits = asked.most_seconds / min(self.machine.cycle(each) for each in asked.sets)
            most = min(asked.most_fields or np.inf, visits / len(asked.sets))
        may, room, often = self._blocks
        found = find(self.atoms, may, room, len(asked.sets), most, often, partial=asked.is_partial)
        return min(found + NEGLECTED, 1.0)

    def _choices(self, choose: Choose) -> list[list[Cover]]:
        """One cover for all visits; without balance the same for each of them, and one for each alone."""
        together = choose(self._rounds.fits)
        if not self.strategy.is_partial:
            return [[together]]
        return [[together] * len(self._rounds.by_visit), self._night.chosen(choose)]

    def _improved(self, choice: list[Cover]) -> list[Cover]:
        """A choice with all swaps that gain; the same if there are none."""
        fits = self._rounds.by_visit if self.strategy.is_partial else [self._rounds.fits]
        better = [self._swapped(own, each) for own, each in zip(fits, choice, strict=True)]
        return better if any(new is not old for new, old in zip(better, choice, strict=True)) else choice

    def _quick(self, fits: NDArray[np.bool_], effort: float = np.inf) -> Cover:
        chosen = greedy_cover(self.atoms, fits, self._rounds.room, self._most, self._pinned)
        return self._swapped(fits, chosen, effort)

    def _best(self, fits: NDArray[np.bool_], seconds: float) -> Cover:
        return best_cover(self.atoms, fits, self._rounds.room, self._most, seconds, self._pinned)

    def _swapped(self, fits: NDArray[np.bool_], chosen: Cover, effort: float = np.inf) -> Cover:
        return swapped(self.atoms, fits, self._rounds.room, chosen, self._pinned, effort)

    def _fields_for(self, strategy: Strategy) -> Indices:
        return np.flatnonzero(self.sight.ever(strategy.shortest / SECONDS))

    @cached_property
    def _own(self) -> Sight:
        return self.sight.of(self.fields)

    @cached_property
    def _excluded(self) -> NDArray[np.bool_]:
        return np.isin(self.fields, [*self.strategy.excluded])

    @cached_property
    def _pinned(self) -> Indices:
        """Places in `fields` of those that are pinned."""
        return np.flatnonzero(np.isin(self.fields, [*self.strategy.pinned]))

    @property
    def _most(self) -> int | None:
        """How many fields there may be at most."""
        asked = self.strategy
        limits = [] if asked.most_fields is None else [asked.most_fields]
        if asked.most_seconds is not None:
            limits.append(int(asked.most_seconds // sum(self.machine.cycle(each) for each in asked.sets)))
        return min(limits, default=None)

    @cached_property
    def _heights(self) -> Floats | None:
        """Airmass of each field in the middle of each slot, shape ``(n_fields, n_slots)``, if it is to be low."""
        if not self.strategy.low_airmass:
            return None
        slots = self._rounds.slots
        middles = np.array([np.mean(slot.starts) + np.mean(slot.lasts) / 2 for slot in slots])
        sky = local_sky(self.site, middles)
        heights = airmass(sky.altitude(self.ra[self.fields], self.dec[self.fields]), "pickering")
        return np.nan_to_num(heights, nan=99.0, posinf=99.0)

    @cached_property
    def _blocks(self) -> _Blocks:
        """The dark times in parts, and what may be observed in each."""
        visits, gap, exposure = len(self.strategy.sets), self.strategy.gap, self.strategy.shortest
        cycle = exposure + self.machine.overhead * len(self.strategy.sets[0])
        begins, ends, room = blocks_of(self.sight.dark, max(gap, _BLOCK), cycle, self.machine.overhead)
        may = self._own.somewhere(begins, ends, exposure / SECONDS)
        may[self._excluded] = False
        return _Blocks(may, room, 1 if room.max() * cycle <= gap else visits)

    @cached_property
    def _vectors(self) -> Floats:
        return unit_vectors(self.ra[self.fields], self.dec[self.fields])

    @cached_property
    def _rounds(self) -> _Rounds:
        slots = slots_of(self.sight.dark, self.strategy, self.machine, len(self.fields))
        by_visit = fitting_by_visit(slots, self._own, len(self.strategy.sets))
        for fits in by_visit:
            fits[self._excluded] = False
        room = np.array([slot.room for slot in slots])
        return _Rounds(slots, np.asarray(np.logical_and.reduce(by_visit)), room, by_visit)

    @cached_property
    def _night(self) -> PartialNight:
        rounds = self._rounds
        return PartialNight(
            self.atoms, rounds.slots, rounds.by_visit, rounds.room, self._most, self._pinned, self._excluded,
            self._own, self.strategy, self.machine, self._vectors, self._heights,
        )  # fmt: skip

    def _best_timed(self, choices: Sequence[Sequence[Cover]], attempts: int = _ATTEMPTS) -> list[Exposure]:
        """The best timetable of some choices; places of fields that find no time are given to others."""
        if self.strategy.is_partial:
            timed = [self._night.timed(each, attempts, self._value) for each in choices]
        else:
            timed = [self._timed(chosen, attempts) for [chosen] in choices]
        return max(timed, key=self._value)

    def _timed(self, chosen: Cover, attempts: int) -> list[Exposure]:
        """The best timetable of one choice of fields that get all their visits."""
        rounds, best = self._rounds, list[Exposure]()
        fits = rounds.fits.copy()
        for _ in range(attempts):
            together = gathered(chosen, fits, rounds.room, self._vectors, self._heights)
            ways = sequence_of(together, self._vectors, self.machine)
            found = timetable(rounds.slots, ways, self._own, self.strategy, self.machine, self._vectors)
            best = max(best, found, key=self._value)
            lost = ~np.isin(together.fields, _fields_of(found))
            if not lost.any():
                break
            fits[together.fields[lost], together.slots[lost]] = False
            chosen = self._refilled(Cover(together.fields[~lost], together.slots[~lost]), fits)
        return best

    def _refilled(self, kept: Cover, fits: NDArray[np.bool_]) -> Cover:
        """A choice with the fields that add most in what room it leaves."""
        room = self._rounds.room - np.bincount(kept.slots, minlength=len(self._rounds.room))
        most = self._most
        left = None if most is None else most - len(kept.fields)
        pinned = np.setdiff1d(self._pinned, kept.fields)
        added = greedy_cover(self.atoms.without(kept.fields), fits, room, left, pinned)
        together = Cover(np.concatenate([kept.fields, added.fields]), np.concatenate([kept.slots, added.slots]))
        return self._swapped(fits, together, _PREVIEW_EFFORT)

    def _value(self, exposures: list[Exposure]) -> tuple[int, float]:
        """How many pinned fields it has, then how much it covers; without balance as the sum of its visits."""
        if self.strategy.is_partial:
            visits = fields_by_visit(exposures, self.strategy.sets, self.strategy.gap)
        else:
            visits = [_fields_of(exposures)]
        pinned = sum(int(np.isin(self._pinned, fields).sum()) for fields in visits)
        return pinned, sum(self.atoms.covered(fields) for fields in visits)

    def _held(self, visits: Sequence[Indices]) -> float:
        """The probability within fields; of several visits the mean of them."""
        return float(np.mean([cover(self.sky_map, self.seen.ranges(fields)).probability for fields in visits]))

    def _executed(self, exposures: list[Exposure], started: float, bound: float) -> Plan:
        if self._most == 0:
            raise InvalidInput(
                f"the time at the telescope is {(self.strategy.most_seconds or 0) / 60:.1f} minutes, shorter than the visits of "
                "one field: allow more, or shorter exposures.",
                "total_hours",
            )
        if not exposures:
            raise InvalidInput(
                f"no field can get its {len(self.strategy.sets)} visits while it can be observed: allow a shorter gap, fewer "
                "visits or filters, shorter exposures, a larger airmass or more hours.",
                "visits",
            )
        done = replay(exposures, self._own, self.machine, self._vectors)
        sets, gap = self.strategy.sets, self.strategy.gap
        by_visit: tuple[Indices, ...] = ()
        if self.strategy.is_partial:
            by_visit = tuple(self.fields[places] for places in fields_by_visit(done.executed, sets, gap))
            fields = np.unique(np.concatenate(by_visit))
        else:
            fields = self.fields[done.completed(len(sets), gap, len(sets[0]))]
        covered = cover(self.sky_map, self.seen.ranges(fields))
        probability = self._held(by_visit) if by_visit else covered.probability
        executed = [e._replace(field=int(self.fields[e.field])) for e in done.executed]
        return Plan(
            exposures=executed,
            fields=fields,
            probability=probability,
            area=covered.area,
            upper_bound=max(bound, probability),
            seconds=time.perf_counter() - started,
            by_visit=by_visit,
        )


def _fields_of(exposures: list[Exposure]) -> Indices:
    return np.unique(np.array([each.field for each in exposures], dtype=np.int64))
