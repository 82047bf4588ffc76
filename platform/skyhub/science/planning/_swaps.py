"""Improving a choice of fields by swaps: one that is taken for one that is not, while the union gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skyhub.science.planning._atoms import Atoms
from skyhub.science.planning._cover import LEAST_GAIN, NONE, Cover

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["swapped"]

_MOST_SWAPS = 200
_WIDEST = 4_000_000
"""Pairs of fields that one swap may look at."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


def swapped(
    atoms: Atoms, fits: Mask, room: Indices, cover: Cover, pinned: Indices = NONE, effort: float = np.inf
) -> Cover:
    """A choice that no swap of one field for another improves.

    The best swap is made again and again. A field goes to the slot of the one that it replaces, or to one that has room.

    Parameters
    ----------
    atoms
        The sky.
    fits
        Which field fits in which slot, shape ``(n_fields, n_slots)``.
    room
        How many fields each slot has room for.
    cover
        The choice to begin with.
    pinned
        Fields that stay.
    effort
        How many pairs of fields may be looked at in all: then it ends.
    """
    fields, slots = cover.fields.copy(), cover.slots.copy()
    left = room - np.bincount(slots, minlength=len(room))
    pairs = len(fields) * atoms.n_fields
    if not 0 < pairs <= _WIDEST:
        return cover
    by_field: csr_array = atoms.seen.T.tocsr()
    for _ in range(int(min(_MOST_SWAPS, effort / pairs))):
        value = _gained(atoms, by_field, fields)
        roomy = fits[:, left > 0].any(axis=1)
        value[~(fits[:, slots].T | roomy)] = 0.0
        value[:, fields] = 0.0
        value[np.isin(fields, pinned)] = 0.0
        out, new = np.unravel_index(int(np.argmax(value)), value.shape)
        if value[out, new] < LEAST_GAIN:
            break
        if not fits[new, slots[out]]:
            free = int(np.flatnonzero(fits[new] & (left > 0))[0])
            left[slots[out]] += 1
            left[free] -= 1
            slots[out] = free
        fields[out] = new
    return cover if np.array_equal(fields, cover.fields) else Cover(fields, slots)


def _gained(atoms: Atoms, by_field: csr_array, fields: Indices) -> Floats:
    """What taking any field for each of the chosen ones gains, shape ``(n_chosen, n_fields)``."""
    chosen = by_field[fields]
    times = np.bincount(chosen.indices, minlength=len(atoms.weight))
    gain = by_field @ np.where(times == 0, atoms.weight, 0.0)
    alone = chosen.multiply(np.where(times == 1, atoms.weight, 0.0)[None, :]).tocsr()
    lost = alone @ np.ones(len(atoms.weight))
    both = (alone @ atoms.seen).toarray()
    return np.asarray(gain[None, :] + both - lost[:, None], dtype=float)
