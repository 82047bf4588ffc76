"""The candidates of nights, in memory: scanners look at the same few nights all the time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import ADMINISTRATOR, AccessTable, Database, HeldRows, Memory, Transaction, Viewer
from skyhub.errors import NotFound
from skyhub.science.coordinates import hpx_index

__all__ = ["Night", "NightBook"]

_NIGHT = """
    SELECT object_id, candidate_id, candid, survey, dayobs, mjd, ra, dec, filter, mag, rb, drb, n_detections, filter_id,
        acl, known_at
    FROM @candidates WHERE dayobs = ? ORDER BY object_id, mjd, candidate_id DESC
"""
_NIGHTS_OF = "SELECT DISTINCT dayobs FROM @candidates WHERE candidate_id IN (SELECT unnest(?))"
_UNKNOWN = np.iinfo(np.int32).min
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
        self._detections: NDArray[np.int32] = rows["n_detections"].fill_null(_UNKNOWN).to_numpy()
        self._ids: NDArray[np.int64] = rows["candidate_id"].to_numpy()
        self._by_id = np.argsort(self._ids)

    @cached_property
    def hpx(self) -> NDArray[np.int64]:
        """Order-29 NESTED HEALPix index of each position."""
        return hpx_index(self.rows["ra"].to_numpy(), self.rows["dec"].to_numpy())

    def places(self, candidate_ids: Sequence[int]) -> dict[int, int]:
        """Where those of some candidates are that are of this night."""
        if not len(self._ids):
            return {}
        at = np.searchsorted(self._ids, candidate_ids, sorter=self._by_id)
        places = self._by_id[np.minimum(at, len(self._ids) - 1)]
        found = self._ids[places] == candidate_ids
        return dict(zip(np.array(candidate_ids)[found].tolist(), places[found].tolist(), strict=True))

    def same_object(self, place: int) -> NDArray[np.intp]:
        """Places of all candidates of the object of one."""
        number = self.objects[place]
        return np.arange(np.searchsorted(self.objects, number), np.searchsorted(self.objects, number, "right"))

    def alert(self, place: int) -> tuple[int, str]:
        """The number and the object of a candidate's alert."""
        return self.rows["candid"][place].as_py(), self.rows["object_id"][place].as_py()

    def most_detections(self, rows: NDArray[np.intp]) -> int | None:
        """The greatest number of detections in the survey's history among some rows."""
        most = int(self._detections[rows].max(initial=_UNKNOWN))
        return None if most == _UNKNOWN else most


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

    def all_seen(
        self, viewer: Viewer, candidate_ids: Sequence[int], as_of: datetime | None = None
    ) -> dict[int, tuple[Night, int]]:
        """The nights of those of some candidates that a viewer may see, and their places there."""
        found = self.held(candidate_ids)
        missing = [number for number in candidate_ids if number not in found]
        if missing:
            rows = self._db.reader.rows(ADMINISTRATOR, _NIGHTS_OF, [missing])
            found |= _placed((self.night(row["dayobs"]) for row in rows), missing)
        return {n: (night, at) for n, (night, at) in found.items() if len(night.visible(viewer, as_of, np.array([at])))}

    def seen(self, viewer: Viewer, candidate_id: int, as_of: datetime | None = None) -> tuple[Night, int]:
        """The night of a candidate and its place there. Raises `NotFound` if the viewer may see no such candidate."""
        found = self.all_seen(viewer, [candidate_id], as_of).get(candidate_id)
        if found is None:
            raise NotFound(f"there is no candidate {candidate_id} among those that you may see.", str(candidate_id))
        return found

    def held(self, candidate_ids: Sequence[int]) -> dict[int, tuple[Night, int]]:
        """The nights of those of some candidates whose nights are in memory, and their places there."""
        return _placed(self._night.held(), candidate_ids)

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


def _placed(nights: Iterable[Night], candidate_ids: Sequence[int]) -> dict[int, tuple[Night, int]]:
    found: dict[int, tuple[Night, int]] = {}
    for night in nights:
        if len(found) == len(candidate_ids):
            break
        found |= {number: (night, place) for number, place in night.places(candidate_ids).items()}
    return found
