"""The candidates of nights, in memory: scanners look at the same few nights all the time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import ADMINISTRATOR, AccessTable, Database, HeldRows, Memory, Transaction, Viewer
from skyhub.errors import NotFound

__all__ = ["Night", "NightBook"]

_NIGHT = """
    SELECT object_id, candidate_id, candid, survey, dayobs, mjd, ra, dec, filter, mag, rb, drb, n_detections, filter_id,
        acl, known_at
    FROM @candidates WHERE dayobs = ? ORDER BY object_id, mjd, candidate_id DESC
"""
_WALKED = 3
"""How many nights are looked through for the newest that a viewer may see before the database is asked."""


class Night(HeldRows):
    """The candidates of one night, those of an object together, its newest last.

    Parameters
    ----------
    access
        The sets behind every ``acl``.
    rows
        Their rows, in this order.
    """

    def __init__(self, access: AccessTable, rows: pa.Table) -> None:
        super().__init__(access, rows)
        self.objects: NDArray[np.int32] = rows["object_id"].combine_chunks().dictionary_encode().indices.to_numpy()
        """A number for each object."""
        self.filters: NDArray[np.int64] = rows["filter_id"].to_numpy()
        self.mjd: NDArray[np.float64] = rows["mjd"].to_numpy()
        self._detections = rows["n_detections"]
        self._ids: NDArray[np.int64] = rows["candidate_id"].to_numpy()
        self._by_id = np.argsort(self._ids)

    def place(self, candidate_id: int) -> int | None:
        """Where a candidate is, if it is one of this night."""
        at = int(np.searchsorted(self._ids, candidate_id, sorter=self._by_id))
        if at == len(self._ids) or self._ids[self._by_id[at]] != candidate_id:
            return None
        return int(self._by_id[at])

    def same_object(self, place: int) -> NDArray[np.intp]:
        """Places of all candidates of the object of one."""
        number = self.objects[place]
        return np.arange(np.searchsorted(self.objects, number), np.searchsorted(self.objects, number, "right"))

    def most_detections(self, rows: NDArray[np.intp]) -> int | None:
        """The greatest number of detections in the survey's history among some rows."""
        known = [n for n in self._detections.take(rows).to_pylist() if n is not None]
        return max(known, default=None)


class NightBook:
    """The nights that have candidates, and the candidates of those that were looked at.

    Parameters
    ----------
    db
        The database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._nights: Memory[str, list[date]] = Memory(db.writer, "nights", self._load_nights)
        self._night: Memory[date, Night] = Memory(db.writer, "night", self._load_night)

    def night(self, dayobs: date) -> Night:
        """The candidates of a night."""
        return self._night.get(dayobs).value

    def nights(self, first: date, last: date) -> Night:
        """The candidates of all nights from one to another."""
        within = [dayobs for dayobs in self._nights.get("").value if first <= dayobs <= last]
        rows = pa.concat_tables([self.night(dayobs).rows for dayobs in within] or [self.night(last).rows])
        order = [("object_id", "ascending"), ("mjd", "ascending"), ("candidate_id", "descending")]
        return Night(self._db.access, rows.sort_by(order))

    def of_candidate(self, candidate_id: int) -> tuple[Night, int] | None:
        """The night of a candidate and its place there; None if there is no such candidate."""
        held = self.held(candidate_id)
        if held is not None:
            return held
        rows = self._db.reader.rows(
            ADMINISTRATOR, "SELECT dayobs FROM @candidates WHERE candidate_id = ?", [candidate_id]
        )
        if not rows:
            return None
        night = self.night(rows[0]["dayobs"])
        found = night.place(candidate_id)
        return None if found is None else (night, found)

    def seen(self, viewer: Viewer, candidate_id: int, as_of: datetime | None = None) -> tuple[Night, int]:
        """The night of a candidate and its place there. Raises `NotFound` if the viewer may see no such candidate."""
        found = self.of_candidate(candidate_id)
        if found is None or not len(found[0].visible(viewer, as_of, np.array([found[1]]))):
            raise NotFound(f"there is no candidate {candidate_id} among those that you may see.", str(candidate_id))
        return found

    def held(self, candidate_id: int) -> tuple[Night, int] | None:
        """The same, if its night is in memory."""
        for night in self._night.held():
            if (place := night.place(candidate_id)) is not None:
                return night, place
        return None

    def newest(self, viewer: Viewer, as_of: datetime | None) -> date | None:
        """The newest night with a candidate that the viewer may see."""
        for dayobs in self._nights.get("").value[:_WALKED]:
            if len(self.night(dayobs).visible(viewer, as_of)):
                return dayobs
        rows = self._db.reader.rows(viewer, "SELECT max(dayobs) AS dayobs FROM @candidates", [], as_of)
        found: date | None = rows[0]["dayobs"]
        return found

    def added(self, transaction: Transaction, nights: Iterable[date]) -> None:
        """In the writer's thread: these nights have new candidates."""
        for dayobs in nights:
            transaction.touch(("night", dayobs))
        transaction.touch(("nights", ""))

    def _load_nights(self, _: str) -> list[date]:
        rows = self._db.reader.rows(ADMINISTRATOR, "SELECT DISTINCT dayobs FROM @candidates ORDER BY dayobs DESC")
        return [row["dayobs"] for row in rows]

    def _load_night(self, dayobs: date) -> Night:
        return Night(self._db.access, self._db.reader.query(ADMINISTRATOR, _NIGHT, [dayobs]))
