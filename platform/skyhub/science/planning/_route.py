"""In which sequence fields are visited: slots of fields that lie together, and short ways through them.

References
----------
.. [1] Crouse 2016, IEEE Trans. Aerosp. Electron. Syst. 52, 1679. doi:10.1109/TAES.2016.140952 (linear assignment)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skyhub.science.planning._asked import Machine
from skyhub.science.planning._cover import Cover

__all__ = ["angles_between", "gathered", "sequence_of"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_ROUNDS = 8
_NEVER = 1e6
_AWAY = 200.0
"""What a field costs away from the slot that it has in another visit: more than any angle (deg)."""
_NEAR = 1e-3
"""Among ways of equal time the shorter one is taken: seconds per degree."""


def gathered(
    cover: Cover,
    fits: NDArray[np.bool_],
    room: Indices,
    vectors: Floats,
    heights: Floats | None = None,
    kept: Indices | None = None,
) -> Cover:
    """The same fields in slots with neighbours, or where their airmass is low, each in one that it fits in [1]_.

    Parameters
    ----------
    cover
        The fields and their slots.
    fits
        Which field fits in which slot, shape ``(n_fields, n_slots)``.
    room
        How many fields each slot has room for.
    vectors
        Unit vectors to the fields, shape ``(n_fields, 3)``.
    heights
        Airmass of each field in each slot, shape ``(n_fields, n_slots)``, if that counts.
    kept
        The slot in which each field should be if it can, -1 for any; shape ``(n_fields,)``.
    """
    from scipy.optimize import linear_sum_assignment

    places = np.repeat(np.arange(len(room)), room)
    slots, own = cover.slots, vectors[cover.fields]
    for _ in range(_ROUNDS):
        centres = np.zeros((len(room), 3))
        np.add.at(centres, slots, own)
        length = np.linalg.norm(centres, axis=1, keepdims=True)
        cost = angles_between(own, centres / np.maximum(length, 1e-9)) if heights is None else heights[cover.fields]
        if kept is not None:
            own_slot = kept[cover.fields][:, None]
            cost = cost + _AWAY * ((own_slot >= 0) & (own_slot != np.arange(len(room))))
        cost[~fits[cover.fields]] = _NEVER
        _, place = linear_sum_assignment(cost[:, places])
        if np.array_equal(places[place], slots):
            break
        slots = places[place]
    return Cover(cover.fields, slots)


def sequence_of(cover: Cover, vectors: Floats, machine: Machine) -> list[list[int]]:
    """The fields of each slot in the sequence in which they are visited.

    Parameters
    ----------
    cover
        The fields and their slots.
    vectors
        Unit vectors to all fields, shape ``(n_fields, 3)``.
    machine
        How long slews take.
    """
    ways: list[list[int]] = []
    last: int | None = None
    for slot in range(int(cover.slots.max(initial=-1)) + 1):
        fields = cover.fields[cover.slots == slot]
        way = _way(fields, vectors, machine, last)
        last = way[-1] if way else last
        ways.append(way)
    return ways


def angles_between(a: Floats, b: Floats) -> Floats:
    """Angles (deg) between all of N and all of M unit vectors, shape ``(N, M)``."""
    return np.asarray(np.degrees(np.arccos(np.clip(np.einsum("ni,mi->nm", a, b), -1, 1))))


def _way(fields: Indices, vectors: Floats, machine: Machine, last: int | None) -> list[int]:
    """The nearest neighbours from the best field on."""
    if not len(fields):
        return []
    costs = _costs(vectors[fields], vectors[fields], machine)
    arrive = np.zeros(len(fields)) if last is None else _costs(vectors[[last]], vectors[fields], machine)[0]
    ways = _nearest(costs)
    total = arrive + costs[ways[:, :-1], ways[:, 1:]].sum(axis=1)
    return [int(n) for n in fields[ways[int(np.argmin(total))]]]


def _nearest(costs: Floats) -> Indices:
    """The ways from each field to its nearest neighbour that is left, and so on, one a row."""
    every = np.arange(len(costs))
    left = np.zeros_like(costs)
    ways = np.empty((len(costs), len(costs)), dtype=np.int64)
    ways[:, 0] = every
    for n in range(1, len(costs)):
        left[every, ways[:, n - 1]] = np.inf
        ways[:, n] = (costs[ways[:, n - 1]] + left).argmin(axis=1)
    return ways


def _costs(a: Floats, b: Floats, machine: Machine) -> Floats:
    """What slews take beyond the overhead (s)."""
    angles = angles_between(a, b)
    return np.maximum(machine.slew(angles) - machine.overhead, 0.0) + _NEAR * angles
