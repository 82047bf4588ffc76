"""Plans without balance: each visit chooses its fields, and one that cannot get all its visits gets those that it can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skyhub.science.planning._asked import Machine, Strategy
from skyhub.science.planning._atoms import Atoms
from skyhub.science.planning._cover import Cover, greedy_cover
from skyhub.science.planning._idle import filled_idle
from skyhub.science.planning._rounds import Slot
from skyhub.science.planning._route import gathered, sequence_of
from skyhub.science.planning._sight import Sight
from skyhub.science.planning._timetable import Exposure, partial_timetable

__all__ = ["PartialNight"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

Choose = Callable[[Mask], Cover]
"""The best cover of one visit by fields that fit in slots."""


@dataclass(frozen=True, eq=False)
class PartialNight:
    """What the choices of all visits have in common.

    Parameters
    ----------
    atoms
        The sky.
    slots, fits
        The slots, and of each visit which field fits in which of them, shape ``(n_fields, n_slots)``.
    room
        How many fields each slot has room for, in each visit.
    most
        At most so many fields.
    pinned, excluded
        Fields that are taken before all others, whatever they add, and whether each is left out.
    sight, strategy, machine, vectors, heights
        When fields can be observed, what is asked, how long things take, unit vectors to the fields, and their airmass in each
        slot, if it counts.
    """

    atoms: Atoms
    slots: Sequence[Slot]
    fits: Sequence[Mask]
    room: Indices
    most: int | None
    pinned: Indices
    excluded: Mask
    sight: Sight
    strategy: Strategy
    machine: Machine
    vectors: Floats
    heights: Floats | None

    def chosen(self, choose: Choose) -> list[Cover]:
        """The covers of all visits; those after the first take its fields first, if there may be so many only."""
        found: list[Cover] = []
        for fits in self.fits:
            known = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(one.fields for one in found)]))
            if self.most is None or not len(known):
                found.append(choose(fits))
                continue
            again = fits.copy()
            again[np.setdiff1d(np.arange(len(fits)), known)] = False
            found.append(self._filled(choose(again), fits, self.most - len(known)))
        return found

    def timed(
        self, covers: Sequence[Cover], attempts: int, value: Callable[[list[Exposure]], object]
    ) -> list[Exposure]:
        """The timetable of the most value; the places of visits that find no time are given to other fields."""
        fits, best = [each.copy() for each in self.fits], list[Exposure]()
        for _ in range(attempts):
            together = self._gathered(covers, fits)
            ways = sequence_of(_every(together), self.vectors, self.machine)
            wanted = [dict(zip(one.fields.tolist(), one.slots.tolist(), strict=True)) for one in together]
            found, lost = partial_timetable(
                self.slots, ways, wanted, self.sight, self.strategy, self.machine, self.vectors
            )
            best = max(best, filled_idle(found, self), key=value)  # type: ignore[arg-type]  # values are compared
            if not lost:
                break
            for visit, field in lost:
                fits[visit][field, wanted[visit][field]] = False
            covers = [self._without(one, visit, lost, fits[visit], together) for visit, one in enumerate(together)]
        return best

    def _without(
        self, cover: Cover, visit: int, lost: Sequence[tuple[int, int]], fits: Mask, others: Sequence[Cover]
    ) -> Cover:
        """A cover without the fields that found no time, with others in their places."""
        stays = ~np.isin(cover.fields, [field for own, field in lost if own == visit])
        kept = Cover(cover.fields[stays], cover.slots[stays])
        if self.most is None:
            return self._filled(kept, fits, None)
        known = _every(others).fields
        again = fits.copy()
        again[np.setdiff1d(np.arange(len(fits)), known)] = False
        return self._filled(kept, again, None)

    def _filled(self, cover: Cover, fits: Mask, most: int | None) -> Cover:
        """A cover with the fields that add most in what room it leaves, at most so many."""
        room = self.room - np.bincount(cover.slots, minlength=len(self.room))
        pinned = np.setdiff1d(self.pinned, cover.fields)
        added = greedy_cover(self.atoms.without(cover.fields), fits, room, most, pinned)
        return Cover(np.concatenate([cover.fields, added.fields]), np.concatenate([cover.slots, added.slots]))

    def _gathered(self, covers: Sequence[Cover], fits: Sequence[Mask]) -> list[Cover]:
        """The fields of each visit in slots with neighbours, if they can in the one that they have in visits before."""
        kept = np.full(self.atoms.n_fields, -1, dtype=np.int64)
        found = []
        for cover, fit in zip(covers, fits, strict=True):
            one = gathered(cover, fit, self.room, self.vectors, self.heights, kept) if len(cover.fields) else cover
            new = kept[one.fields] < 0
            kept[one.fields[new]] = one.slots[new]
            found.append(one)
        return found


def _every(covers: Sequence[Cover]) -> Cover:
    """The fields of all visits in their slots, each once."""
    pairs = np.unique(np.concatenate([np.column_stack([one.fields, one.slots]) for one in covers]), axis=0)
    return Cover(pairs[:, 0], pairs[:, 1])
