"""Which runs become one, and how their objects are shared out over its files."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from skyhub.db._layout import Part
from skyhub.db._run_files import Slice
from skyhub.db._run_reads import ObjectIndex

__all__ = ["due", "run_of", "slices_of"]

_RUNS_OF_A_SIZE = 4
_SMALLEST = 400_000
_SAMPLE = 20_000
_SAMPLES_PER_SLICE = 50
_SLICES_PER_FILE = 4
"""A slice of a million points is sorted at a time; looking for an object takes the longer the larger a file is."""


def due(parts: Sequence[Part]) -> list[Part]:
    """The files of runs to be written as one: four of about one size, with all smaller ones."""
    sizes: Counter[int] = Counter()
    for part in parts:
        sizes[part.run_id] += part.n_rows
    levels: dict[int, list[int]] = defaultdict(list)
    for run_id, n_rows in sizes.items():
        levels[max(0, int(math.log(n_rows / _SMALLEST, _RUNS_OF_A_SIZE)))].append(run_id)
    full = [level for level, runs in levels.items() if len(runs) >= _RUNS_OF_A_SIZE]
    chosen = {run_id for level, runs in levels.items() if full and level <= max(full) for run_id in runs}
    return [part for part in parts if part.run_id in chosen]


def slices_of(indexes: Sequence[ObjectIndex]) -> list[Slice]:
    """Ranges of objects with about a million points each."""
    samples = sorted(name for index in indexes for name in index.every(_SAMPLE))
    cuts = list(dict.fromkeys(samples[_SAMPLES_PER_SLICE::_SAMPLES_PER_SLICE]))
    ends = [None, *cuts, None]
    return [Slice(low, high) for low, high in pairwise(ends)]


def run_of(first: int, slices: Sequence[Slice]) -> list[tuple[int, Sequence[Slice]]]:
    """The numbers of a run's files, from the first on, with the slices of each."""
    starts = range(0, len(slices), _SLICES_PER_FILE)
    return [(first + n, slices[start : start + _SLICES_PER_FILE]) for n, start in enumerate(starts)]
