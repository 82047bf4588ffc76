"""Atoms of the sky: the parts that the same fields see, with the probability in each.

One sweep over the edges of all fields keeps the exclusive or of a random word of each field that is open: places with equal
words are seen by the same fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skyhub.science.field_tiles import FieldRanges
from skyhub.science.skymaps import SkyMap

if TYPE_CHECKING:
    from scipy.sparse import csc_array

__all__ = ["Atoms", "atoms_of"]

_SEED = 20190425
LEAST_WEIGHT = 1e-6
"""Atoms with less probability are not told apart."""

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Atoms:
    """Parts of the sky and the fields that see them.

    Parameters
    ----------
    weight
        Probability of each atom, shape ``(n_atoms,)``.
    atom, field
        The pairs of an atom and a field that sees it.
    n_fields
        How many fields there are.
    neglected
        Probability of what fields see besides these atoms.
    """

    weight: Floats
    atom: Indices
    field: Indices
    n_fields: int
    neglected: float

    @cached_property
    def seen(self) -> csc_array:
        """Which field sees which atom, shape ``(n_atoms, n_fields)``."""
        from scipy.sparse import csc_array

        shape = (len(self.weight), self.n_fields)
        return csc_array((np.ones(len(self.atom)), (self.atom, self.field)), shape=shape)

    @property
    def single(self) -> Floats:
        """Probability in each field, shape ``(n_fields,)``."""
        return np.asarray(np.bincount(self.field, self.weight[self.atom], minlength=self.n_fields), dtype=float)

    def covered(self, fields: Indices) -> float:
        """Probability in the union of some fields."""
        chosen = np.zeros(self.n_fields, dtype=bool)
        chosen[fields] = True
        return float(self.weight[np.unique(self.atom[chosen[self.field]])].sum())

    def without(self, fields: Indices) -> Atoms:
        """What is left when some fields are observed."""
        chosen = np.zeros(self.n_fields, dtype=bool)
        chosen[fields] = True
        gone = np.zeros(len(self.weight), dtype=bool)
        gone[self.atom[chosen[self.field]]] = True
        return self._some(~gone, self.neglected)

    def heaviest(self, count: int) -> Atoms:
        """So many atoms, those with most probability; the others are neglected."""
        kept = np.zeros(len(self.weight), dtype=bool)
        kept[np.argsort(-self.weight, kind="stable")[:count]] = True
        return self._some(kept, self.neglected + float(self.weight[~kept].sum()))

    def _some(self, kept: NDArray[np.bool_], neglected: float) -> Atoms:
        number = np.cumsum(kept) - 1
        pairs = kept[self.atom]
        return Atoms(self.weight[kept], number[self.atom[pairs]], self.field[pairs], self.n_fields, neglected)


def atoms_of(sky_map: SkyMap, fields: FieldRanges, level: float | None = None) -> Atoms:
    """The atoms of a set of fields on a map.

    Parameters
    ----------
    sky_map
        The localization.
    fields
        What each field sees.
    level
        Only probability within this credible region counts; all of it by default.
    """
    owner, low, high = fields.fields, fields.low, fields.high
    begin, end, word = _pieces(owner, low, high, len(fields))
    weight = _weights(sky_map, begin, end, level)
    _, first, group = np.unique(word, return_index=True, return_inverse=True)
    weight = np.asarray(np.bincount(group, weight, minlength=len(first)), dtype=float)
    place = begin[first]
    kept = weight > LEAST_WEIGHT
    neglected = float(weight[~kept].sum())
    order = np.argsort(place[kept])
    weight, place = weight[kept][order], place[kept][order]
    left, right = np.searchsorted(place, low), np.searchsorted(place, high)
    count = right - left
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return Atoms(weight, np.repeat(left, count) + offset, np.repeat(owner, count), len(fields), neglected)


def _pieces(owner: Indices, low: Indices, high: Indices, count: int) -> tuple[Indices, Indices, Indices]:
    """Begin and end of pieces of the sky between edges of fields, and the word of the fields that are open there."""
    words = np.random.default_rng(_SEED).integers(1, 2**63 - 1, count, dtype=np.int64)
    edges = np.concatenate([low, high])
    order = np.argsort(edges, kind="stable")
    edges = edges[order]
    word = np.bitwise_xor.accumulate(np.tile(words[owner], 2)[order])
    some = (edges[1:] > edges[:-1]) & (word[:-1] != 0) if len(edges) else np.zeros(0, dtype=bool)
    return edges[:-1][some], edges[1:][some], word[:-1][some]


def _weights(sky_map: SkyMap, low: Indices, high: Indices, level: float | None) -> Floats:
    if level is None:
        return sky_map.probability_of(low, high)
    inside = sky_map.levels - sky_map.probability < level - 1e-12
    sums = SkyMap(sky_map.low, sky_map.high, np.where(inside, sky_map.density, 0.0))
    return sums.probability_of(low, high)
