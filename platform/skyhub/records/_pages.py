"""Pages by keyset: a page goes on after the entry that a cursor names, whatever has come or gone meanwhile."""

from __future__ import annotations

import base64
import json
import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput

__all__ = ["page_of"]

_Places = NDArray[np.intp]


def page_of(
    names: Sequence[str],
    ranks: NDArray[np.float64],
    chosen: _Places,
    limit: int,
    cursor: str | None = None,
    *,
    backwards: bool = False,
) -> tuple[_Places, str | None]:
    """Places of the entries of a page in their order, and the cursor for the next one.

    Parameters
    ----------
    names
        The objects, in the order of their names: what tells equal ranks apart.
    ranks
        What they are sorted by, lowest first, shape ``(n_names,)``; those with NaN come last.
    chosen
        Places of those that are listed, ascending.
    limit
        At most so many.
    cursor
        Of the page before.
    backwards
        Whether of equal ranks the last name comes first.

    Raises
    ------
    InvalidInput
        If the cursor is none of such a list.
    """
    ranks = np.where(np.isnan(ranks), np.inf, ranks)
    if cursor is not None:
        chosen = chosen[_after(cursor, names, ranks[chosen], chosen, backwards)]
    page = _lowest(ranks, chosen, limit, backwards)
    more = len(page) < len(chosen)
    return page, _written(float(ranks[page[-1]]), names[page[-1]]) if more and len(page) else None


def _after(
    cursor: str, names: Sequence[str], ranks: NDArray[np.float64], places: _Places, backwards: bool
) -> NDArray[np.bool_]:
    rank, name = _read(cursor)
    at = bisect_left(names, name)
    there = at < len(names) and names[at] == name
    later = places < at if backwards else places > at if there else places >= at
    after: NDArray[np.bool_] = (ranks > rank) | ((ranks == rank) & later)
    return after


def _lowest(ranks: NDArray[np.float64], places: _Places, limit: int, backwards: bool) -> _Places:
    """The first places, without sorting the others."""
    if backwards:
        places = places[::-1]
    if len(places) > limit:
        own = ranks[places]
        last = np.partition(own, limit - 1)[limit - 1]
        before = places[own < last]
        places = np.concatenate([before, places[own == last][: limit - len(before)]])
    return places[np.argsort(ranks[places], kind="stable")]


def _written(rank: float, name: str) -> str:
    text = json.dumps([None if math.isinf(rank) else rank, name])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read(cursor: str) -> tuple[float, str]:
    try:
        rank, name = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        if isinstance(name, str) and (rank is None or isinstance(rank, float)):
            return (math.inf if rank is None else rank), name
    except (ValueError, TypeError):
        pass
    raise InvalidInput(f"cursor is {cursor[:40]!r}: the one of the page before is permitted, or none.", "cursor")
