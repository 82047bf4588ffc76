"""Searching: one query over all objects that somebody may see, a page at a time, or all at once as a table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import Database, Viewer, json_rows
from skyhub.records import page_of
from skyhub.search._board import board_of
from skyhub.search._conditions import Looking
from skyhub.search._noted import noted
from skyhub.search._query import Search

__all__ = ["found_names", "search_objects", "search_places", "search_table"]

_CLASSES = """
    SELECT object_id, list_sum(list_transform(range(1, 8),
        lambda k: ascii(substring(lower(min(classification)) || '       ', k, 1)) * 128.0 ** (7 - k))) AS letters
    FROM @classifications WHERE coalesce(probability, 1) > 0 GROUP BY object_id
"""
"""The first of an object's classes, as a number in the order of its first letters: as many as a float tells apart."""


def search_objects(db: Database, viewer: Viewer, search: Search, as_of: datetime | None = None) -> dict[str, Any]:
    """The objects that are as asked, a page of them.

    Parameters
    ----------
    db, viewer, search
        The database, who asks, and for what.
    as_of
        Only what was known at this time.

    Returns
    -------
    dict
        ``objects``, ``total`` (of all pages), ``seen`` (of all that the viewer may see) and ``cursor``, which goes back
        for the next page; null at the end.

    Raises
    ------
    InvalidInput
        If a place, a localization, a group or a cursor cannot be used.
    """
    table, total, seen, cursor = _page(db, viewer, search, as_of)
    return {"objects": json_rows(table.to_pylist()), "total": total, "seen": seen, "cursor": cursor}


def search_table(
    db: Database, viewer: Viewer, search: Search, as_of: datetime | None = None
) -> tuple[pa.Table, dict[str, str]]:
    """A page as a table, with ``total``, ``seen`` and ``cursor`` as texts."""
    table, total, seen, cursor = _page(db, viewer, search, as_of)
    return table, {"total": str(total), "seen": str(seen), "cursor": cursor or ""}


def search_places(db: Database, viewer: Viewer, search: Search, as_of: datetime | None = None) -> pa.Table:
    """Where all objects lie that are as asked: ``object_id, ra, dec`` (ICRS, deg), whatever page they are on."""
    board = board_of(db, viewer, as_of)
    chosen = Looking(db, viewer, search, board, as_of).holds()
    return board.rows(np.flatnonzero(chosen)).select(["object_id", "ra", "dec"])


def found_names(db: Database, viewer: Viewer, search: Search) -> list[str]:
    """The names of all objects that are as asked now, in their order."""
    names: list[str] = search_places(db, viewer, search)["object_id"].to_pylist()
    return names


def _page(
    db: Database, viewer: Viewer, search: Search, as_of: datetime | None
) -> tuple[pa.Table, int, int, str | None]:
    board = board_of(db, viewer, as_of)
    looking = Looking(db, viewer, search, board, as_of)
    chosen = np.flatnonzero(looking.holds())
    backwards = search.sort == "object_id" and search.order == "desc"
    page, cursor = page_of(board.names, _ranks(looking), chosen, search.limit, search.cursor, backwards=backwards)
    return _rows(looking, page), len(chosen), len(board), cursor


def _rows(looking: Looking, page: NDArray[np.intp]) -> pa.Table:
    """Rows of a page: what the board has of the objects, and what is noted of them."""
    rows = looking.board.rows(page)
    if looking.separations is not None:
        rows = rows.append_column("separation_arcsec", pa.array(looking.separations[page] * 3600))
    names = [looking.board.names[place] for place in page]
    for name, column in noted(looking.db, looking.viewer, names, looking.as_of).items():
        rows = rows.append_column(name, column)
    return rows


def _ranks(looking: Looking) -> NDArray[np.float64]:
    """What the objects of a board are sorted by, lowest first, NaN where there is nothing to sort by."""
    sort = looking.search.sort
    if sort == "object_id":
        return np.zeros(len(looking.board))
    values = _values(looking, sort)
    return -values if looking.search.order == "desc" else values


def _values(looking: Looking, sort: str) -> NDArray[np.float64]:
    if sort == "separation_arcsec" and looking.separations is not None:
        return looking.separations
    if sort == "redshift":
        return looking.redshifts
    if sort == "saved_at":
        return looking.saved_at
    if sort == "classification":
        return looking.column_of(_CLASSES, (), "letters")
    return looking.board.columns[sort]
