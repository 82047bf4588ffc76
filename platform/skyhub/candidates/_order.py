"""Pages of a queue by keyset: a page goes on after the entry that a cursor names, whatever has come or gone meanwhile."""

from __future__ import annotations

import base64
import json
import math
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skyhub.candidates._selection import Selection
from skyhub.errors import InvalidInput

__all__ = ["page_of"]

_Key = tuple[float, str]


def page_of(
    selection: Selection, names: Sequence[str], ranks: NDArray[np.float64], chosen: NDArray[np.intp]
) -> tuple[NDArray[np.intp], str | None]:
    """Places of the entries of a page in their order, and the cursor for the next one.

    Parameters
    ----------
    selection
        With the number of entries, and the cursor of the page before.
    names
        The objects, in the order of their names: what tells equal ranks apart.
    ranks
        What they are sorted by, lowest first, shape ``(n_names,)``; those with NaN come last.
    chosen
        Places of those that are listed.

    Raises
    ------
    InvalidInput
        If the cursor is none of this queue.
    """
    ranks = np.where(np.isnan(ranks), np.inf, ranks)
    order = chosen[np.argsort(ranks[chosen], kind="stable")]

    def key(place: int) -> _Key:
        return float(ranks[place]), names[place]

    start = 0 if selection.cursor is None else bisect_right(order, _read(selection.cursor), key=key)
    page = order[start : start + selection.limit]
    more = start + len(page) < len(order)
    return page, _written(key(page[-1])) if more and len(page) else None


def _written(key: _Key) -> str:
    rank, name = key
    text = json.dumps([None if math.isinf(rank) else rank, name])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read(cursor: str) -> _Key:
    try:
        rank, name = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        if isinstance(name, str) and (rank is None or isinstance(rank, float)):
            return (math.inf if rank is None else rank), name
    except (ValueError, TypeError):
        pass
    raise InvalidInput(f"cursor is {cursor[:40]!r}: the one of the page before is permitted, or none.", "cursor")
