"""Where the rows of a table lie on the sky: an index in memory that follows the table."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from skyhub.db import ADMINISTRATOR, Database
from skyhub.science.coordinates import Position
from skyhub.science.positions import Near, SkyIndex

__all__ = ["near_places"]


def near_places(db: Database, table: str, position: Position, radius: float) -> Near:
    """Places of a table (its column ``hpx``) within a radius (deg) of a position, nearest first, each once.

    It knows nothing of rights and times: whoever asks reads the rows of these places through the access filter.
    """
    near = db.part(_AllPlaces).of(table).current(db).cone(position.ra, position.dec, radius)
    _, first = np.unique(near.hpx, return_index=True)
    order: NDArray[np.intp] = np.sort(first)
    return Near(near.rows[order], near.hpx[order], near.separation[order])


class _AllPlaces:
    """The indexes of a database, by table."""

    def __init__(self, db: Database) -> None:
        self._lock = threading.Lock()
        self._places: dict[str, _Places] = {}

    def of(self, table: str) -> _Places:
        with self._lock:
            return self._places.setdefault(table, _Places(table))


class _Places:
    """The index of one table; rows are only ever appended to it."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._lock = threading.Lock()
        self._index = SkyIndex()
        self._commit = -1

    def current(self, db: Database) -> SkyIndex:
        """The index with all that is committed."""
        if self._commit != db.writer.commits:
            with self._lock:
                self._take_in(db)
        return self._index

    def _take_in(self, db: Database) -> None:
        commit = db.writer.commits
        [row] = db.reader.rows(ADMINISTRATOR, f"SELECT count(*) AS count FROM @{self._table}*")
        if row["count"] > len(self._index):
            fresh = db.reader.query(ADMINISTRATOR, f"SELECT hpx FROM @{self._table}* OFFSET {len(self._index)}")
            self._index.add_hpx(fresh["hpx"].to_numpy())
        self._commit = commit
