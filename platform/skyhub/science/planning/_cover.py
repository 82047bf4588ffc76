"""Choosing fields: the most probability that fits in the slots, by marginal greedy, by integer program, and its bound.

References
----------
.. [1] Fisher, Nemhauser & Wolsey 1978, Math. Program. Study 8, 73. doi:10.1007/BFb0121195 (greedy)
.. [2] Huangfu & Hall 2018, Math. Program. Comput. 10, 119. doi:10.1007/s12532-017-0130-5 (HiGHS)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.science.planning._atoms import Atoms

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["LEAST_GAIN", "Cover", "best_cover", "bound_of", "greedy_cover", "rough_bound"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

LEAST_GAIN = 1e-5
"""What a field costs, in probability: those that add less are left out."""
_GAP = 6e-3
"""The integer program ends when it is proven to be so close to its optimum, relative to it."""
_BESIDE = 30
"""Fields that the relaxation does not use, but the integer program may."""
_MAIN = 1000
"""Atoms that the integer program looks at: the heaviest."""
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Cover:
    """Fields that were chosen, and the slot of each."""

    fields: Indices
    slots: Indices


NONE: Indices = np.empty(0, dtype=np.int64)


def greedy_cover(atoms: Atoms, fits: Mask, room: Indices, most: int | None = None, pinned: Indices = NONE) -> Cover:
    """The field that adds most, again and again, while there is room [1]_.

    Parameters
    ----------
    atoms
        The sky.
    fits
        Which field fits in which slot, shape ``(n_fields, n_slots)``.
    room
        How many fields each slot has room for.
    most
        At most so many fields.
    pinned
        Fields that are taken before all others, whatever they add.
    """
    seen, left = atoms.seen, room.copy()
    starts, by_atom = (rows := seen.tocsr()).indptr, rows.indices
    gain, weight = atoms.single, atoms.weight.copy()
    wanted = fits.sum(axis=0)
    possible: Mask = np.asarray(fits.any(axis=1))
    fields: list[int] = []
    slots: list[int] = []
    first = pinned.tolist()
    while len(fields) < (len(fits) if most is None else most):
        is_pinned = bool(first)
        best = first.pop(0) if first else int(np.argmax(np.where(possible, gain, 0.0)))
        if not is_pinned and (not possible[best] or gain[best] <= LEAST_GAIN):
            break
        possible[best] = False
        free = np.flatnonzero(fits[best] & (left > 0))
        if not len(free):
            continue
        slot = int(free[np.argmin(wanted[free])])
        fields.append(best)
        slots.append(slot)
        left[slot] -= 1
        if not left[slot]:
            possible &= fits[:, left > 0].any(axis=1)
        new = seen.indices[seen.indptr[best] : seen.indptr[best + 1]]
        new = new[weight[new] > 0]
        count = starts[new + 1] - starts[new]
        pairs = np.repeat(starts[new] - (np.cumsum(count) - count), count) + np.arange(count.sum())
        gain = gain - np.bincount(by_atom[pairs], np.repeat(weight[new], count), minlength=len(gain))
        weight[new] = 0.0
    return Cover(np.array(fields, dtype=np.int64), np.array(slots, dtype=np.int64))


def best_cover(
    atoms: Atoms,
    fits: Mask,
    room: Indices,
    most: int | None = None,
    seconds: float = 10.0,
    pinned: Indices = NONE,
) -> Cover:
    """The choice of the integer program; the greedy one if there is none in time.

    Parameters
    ----------
    atoms, fits, room, most, pinned
        As in `greedy_cover`.
    seconds
        How long the program may take (s).
    """
    greedy = greedy_cover(atoms, fits, room, most, pinned)
    able = np.flatnonzero(fits.any(axis=1) & (atoms.single > LEAST_GAIN))
    if not len(able):
        return greedy
    main = atoms.heaviest(_MAIN)
    relaxed = _Program(main, able, fits, room, most).relax()
    used = relaxed.taken > _TOLERANCE
    ranked = np.argsort(np.where(used, -np.inf, relaxed.loss), kind="stable")
    some = np.union1d(able[ranked[: int(used.sum()) + _BESIDE]], greedy.fields)
    found = _Program(main, some, fits, room, most).solve(seconds, np.intersect1d(pinned, greedy.fields))
    if found is None or atoms.covered(found.fields) < atoms.covered(greedy.fields):
        return greedy
    return found


def rough_bound(
    atoms: Atoms,
    may: Mask,
    room: Indices,
    visits: int,
    most: float | None = None,
    often: int = 1,
    *,
    partial: bool = False,
) -> float:
    """A probability that no plan can exceed, found at once: that of the best fields, overlaps counted as often as they occur.

    Parameters
    ----------
    atoms, may, room, visits, most, often, partial
        As in `bound_of`.
    """
    able = often * may.sum(axis=1) >= (1 if partial else visits)
    times = room.sum() / visits if partial else room.sum() // visits
    count = int(np.ceil(min(times, len(able) if most is None else most)))
    best = np.sort(atoms.single[able])[::-1][:count]
    return min(float(best.sum()), float(atoms.weight.sum())) + atoms.neglected


def bound_of(
    atoms: Atoms,
    may: Mask,
    room: Indices,
    visits: int,
    most: float | None = None,
    often: int = 1,
    *,
    partial: bool = False,
) -> float:
    """A probability that no plan can exceed: the optimum of the relaxed program, and what its atoms neglect.

    Parameters
    ----------
    atoms
        The sky.
    may
        Whether an exposure of each field may begin in each block, shape ``(n_fields, n_blocks)``.
    room
        How many exposures each block has room for.
    visits
        How often each field is observed.
    most
        At most so many fields.
    often
        How many visits of a field may begin in one block.
    partial
        Whether a field with some of its visits counts for their part.
    """
    able = np.flatnonzero(often * may.sum(axis=1) >= (1 if partial else visits))
    if not len(able):
        return 0.0
    value = _Program(atoms, able, may, room, most, visits=visits, often=often, cost=0.0).relax().value
    return min(value + atoms.neglected + _TOLERANCE, 1.0)


class _Relaxed(NamedTuple):
    """The optimum of a relaxed program."""

    value: float
    taken: Floats
    """How much of each field."""
    loss: Floats
    """What taking more of each field would lose."""


class _Program:
    """Maximise the weight of covered atoms: variables are y (fields), x (pairs of field and slot) and z (atoms)."""

    def __init__(
        self,
        atoms: Atoms,
        able: Indices,
        fits: Mask,
        room: Indices,
        most: float | None,
        *,
        visits: int = 1,
        often: int = 1,
        cost: float = LEAST_GAIN,
    ) -> None:
        from scipy.sparse import block_array, csr_array, eye_array

        seen = atoms.seen[:, able].tocsr()
        used = np.flatnonzero(np.diff(seen.indptr))
        self.able = able
        self.x_field, self.x_slot = np.nonzero(fits[able])
        n_x = np.arange(len(self.x_field))
        ones = np.ones(len(n_x))
        in_field = csr_array((ones, (self.x_field, n_x)), shape=(len(able), len(n_x)))
        in_slot = csr_array((ones, (self.x_slot, n_x)), shape=(len(room), len(n_x)))
        rows = [
            [-seen[used], None, eye_array(len(used))],
            [visits * eye_array(len(able)), -often * in_field, None],
            [None, often * in_slot, None],
        ]
        limits = [np.zeros(len(used) + len(able)), room.astype(float)]
        if most is not None:
            rows.append([csr_array(np.ones((1, len(able)))), None, None])
            limits.append(np.array([float(most)]))
        self.matrix: csr_array = block_array(rows, format="csc")
        self.limits = np.concatenate(limits)
        self.costs = np.concatenate([np.full(len(able), cost), np.zeros(len(n_x)), -atoms.weight[used]])

    def relax(self) -> _Relaxed:
        """The program with parts of fields."""
        from scipy.optimize import linprog

        found = linprog(self.costs, A_ub=self.matrix, b_ub=self.limits, bounds=(0, 1), method="highs-ds")
        n = len(self.able)
        return _Relaxed(-float(found.fun), found.x[:n], found.lower.marginals[:n])

    def solve(self, seconds: float, pinned: Indices = NONE) -> Cover | None:
        """The program with whole fields [2]_, the pinned ones among them; None if no choice was found in time."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        n = len(self.able)
        whole = (np.arange(len(self.costs)) < n).astype(int)
        found = milp(
            self.costs,
            integrality=whole,
            bounds=Bounds(np.isin(np.arange(len(self.costs)), np.searchsorted(self.able, pinned)), 1),
            constraints=LinearConstraint(self.matrix, -np.inf, self.limits),
            options={"time_limit": seconds, "mip_rel_gap": _GAP},
        )
        if found.x is None:
            return None
        taken = found.x[:n] > 0.5
        share = np.zeros((n, int(self.x_slot.max()) + 1))
        share[self.x_field, self.x_slot] = found.x[n : n + len(self.x_field)]
        return Cover(self.able[taken], np.argmax(share[taken], axis=1))
