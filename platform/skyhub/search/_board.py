"""The board: all objects that viewers of the same rights may see, with what their points add up to, in memory.

What is looked for among all objects has no index: it is compared with arrays. A board is read once; after a commit, the
objects whose points or positions it touched are read again.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.photometry import STATISTICS_SQL, statistics
from skyhub.science.coordinates import hpx_index
from skyhub.science.vectors import unit_vectors

__all__ = ["FIGURES", "Board", "board_of"]

FIGURES = (
    "n_detections", "first_mjd", "first_mag", "last_mjd", "last_mag", "peak_mjd", "peak_mag", "mean_mag", "mag_rms",
    "rise_rate", "decay_rate", "days_from_limit", "g_r",
)  # fmt: skip
"""What the visible points of an object add up to, as the table ``statistics`` has it."""

_MOST_KEPT = 8
_MOST_READ_AGAIN = 0.2
"""Of a board; beyond this it is read as a whole."""
_SOME = " WHERE object_id IN (SELECT unnest(?::VARCHAR[]))"
_NEW_OBJECTS = "SELECT object_id, acl, known_at FROM @objects* WHERE known_at > ?"
_NEW_SUMS = """
    SELECT object_id, acl, statistics_id, known_until FROM @photometry_statistics* WHERE statistics_id > ?
    UNION ALL SELECT object_id, acl, statistics_id, known_until FROM @photometry_statistics* WHERE known_until > ?
"""
_EVER = datetime(1, 1, 1)
_TYPES = {"created_at": pa.timestamp("us"), "n_detections": pa.int64()}
"""Of the columns that are no floats."""

_Floats = NDArray[np.float64]


_POSITIONS = """
    SELECT object_id, arg_min(ra, known_at) AS ra, arg_min(dec, known_at) AS dec, min(known_at) AS created_at
    FROM @objects{some} GROUP BY object_id
"""


def _read(db: Database, viewer: Viewer, as_of: datetime | None) -> pa.Table:
    """All rows of a board."""
    statement = f"""
        SELECT object_id, ra, dec, created_at, {", ".join(FIGURES)} FROM ({_POSITIONS.format(some="")})
        LEFT JOIN ({STATISTICS_SQL["statistics"]}) USING (object_id) ORDER BY object_id
    """
    return db.reader.query(viewer, statement, (), as_of)


def _read_some(db: Database, viewer: Viewer, names: list[str], as_of: datetime | None) -> pa.Table:
    """The rows of some objects: without planning the statement of all, which takes longer than a few objects."""
    rows = db.reader.query(viewer, _POSITIONS.format(some=_SOME), [names], as_of)
    known = statistics(db, viewer, names, as_of)
    for figure in FIGURES:
        values = [known.get(name, {}).get(figure) for name in rows["object_id"].to_pylist()]
        rows = rows.append_column(figure, pa.array(values, pa.float64()))
    return rows


class Board:
    """Objects in the order of their names.

    Parameters
    ----------
    names
        Their names.
    columns
        Numbers, each of shape ``(n,)`` and NaN where there is none: ``ra, dec`` (deg, ICRS), ``created_at`` (microseconds since
        1970, UTC) and `FIGURES`.
    """

    def __init__(self, names: list[str], columns: dict[str, _Floats]) -> None:
        self.names = names
        self.columns = columns
        self.stale: set[str] = set()
        """Objects to be read again."""

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def of_rows(cls, rows: pa.Table) -> Board:
        """A board of rows with these columns and ``object_id``, in its order."""
        return cls(rows["object_id"].to_pylist(), _columns(rows))

    @cached_property
    def directions(self) -> _Floats:
        """Unit vectors to the objects, shape ``(3, n)``."""
        return np.ascontiguousarray(unit_vectors(self.columns["ra"], self.columns["dec"]).T)

    @cached_property
    def hpx(self) -> NDArray[np.int64]:
        """Order-29 NESTED HEALPix index of each position, shape ``(n,)``."""
        return hpx_index(self.columns["ra"], self.columns["dec"])

    @cached_property
    def text(self) -> pa.Array:
        """The names, to be searched."""
        return pa.array(self.names, pa.string())

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each object is."""
        return {name: at for at, name in enumerate(self.names)}

    def among(self, names: Iterable[str]) -> NDArray[np.bool_]:
        """Which objects are among those of some names, shape ``(n,)``."""
        found = np.zeros(len(self), dtype=bool)
        found[[self.place[name] for name in names if name in self.place]] = True
        return found

    def spread(self, names: Sequence[str], values: _Floats) -> _Floats:
        """Values of some objects as a column, NaN for the others, shape ``(n,)``."""
        column = np.full(len(self), np.nan)
        known = [(self.place[name], at) for at, name in enumerate(names) if name in self.place]
        if known:
            places, rows = np.array(known).T
            column[places] = values[rows]
        return column

    def rows(self, places: NDArray[np.intp]) -> pa.Table:
        """Rows of some objects."""
        taken = {name: pa.array(column[places], from_pandas=True) for name, column in self.columns.items()}
        for name, kind in _TYPES.items():
            taken[name] = taken[name].cast(pa.int64()).cast(kind)
        return pa.table({"object_id": pa.array([self.names[at] for at in places], pa.string()), **taken})

    def with_changed(self, rows: pa.Table, changed: Set[str]) -> Board:
        """The board in which all that is known of some objects are these rows."""
        told = rows["object_id"].to_pylist()
        if changed - set(told) & self.place.keys():
            left = np.flatnonzero(~self.among(changed))
            kept = Board([self.names[at] for at in left], {n: c[left] for n, c in self.columns.items()})
            return kept.with_changed(rows, set())
        fresh = [name for name in told if name not in self.place]
        board = self._with_room_for(fresh) if fresh else self._copied()
        places = [board.place[name] for name in told]
        for name, column in _columns(rows).items():
            board.columns[name][places] = column
        board._keep_directions(self)
        return board

    def _copied(self) -> Board:
        board = Board(self.names, {name: column.copy() for name, column in self.columns.items()})
        board.place, board.text = self.place, self.text
        return board

    def _keep_directions(self, before: Board) -> None:
        """Where a board has the same positions as one before, what follows from them is not computed again."""
        if all(np.array_equal(self.columns[name], before.columns[name]) for name in ("ra", "dec")):
            for name in {"directions", "hpx"} & vars(before).keys():
                setattr(self, name, getattr(before, name))

    def _with_room_for(self, fresh: list[str]) -> Board:
        at = [bisect_left(self.names, name) for name in fresh]
        names = sorted([*self.names, *fresh])
        return Board(names, {name: np.insert(column, at, np.nan) for name, column in self.columns.items()})


def _columns(rows: pa.Table) -> dict[str, _Floats]:
    found = {}
    for name in rows.column_names:
        if name != "object_id":
            whole = rows[name].cast(pa.int64()) if name in _TYPES else rows[name]
            found[name] = pc.fill_null(whole.cast(pa.float64(), safe=False), np.nan).to_numpy().copy()
    return found


def board_of(db: Database, viewer: Viewer, as_of: datetime | None = None) -> Board:
    """What a viewer may see of all objects, now or as of a time."""
    return db.part(_Boards).of(viewer, as_of)


class _Boards:
    """The boards of a database, by the rights of those who look at them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[bytes, datetime | None], Board] = OrderedDict()
        self._commit = -1
        self._acls: set[int] = set()
        self._newest_object, self._last_ended, self._last_sum = _EVER, _EVER, 0

    def of(self, viewer: Viewer, as_of: datetime | None) -> Board:
        with self._lock:
            if self._commit != self._db.writer.commits:
                self._note_changes()
            mask = self._db.access.visible(viewer)
            seen = np.packbits(mask[sorted(acl for acl in self._acls if acl < len(mask))]).tobytes()
            board = self._current(viewer, (seen, as_of))
            self._kept.move_to_end((seen, as_of))
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return board

    def _current(self, viewer: Viewer, key: tuple[bytes, datetime | None]) -> Board:
        board = self._kept.get(key)
        if board is None or len(board.stale) > _MOST_READ_AGAIN * len(board):
            board = Board.of_rows(_read(self._db, viewer, key[1]))
        elif board.stale:
            board = board.with_changed(_read_some(self._db, viewer, sorted(board.stale), key[1]), board.stale)
        self._kept[key] = board
        return board

    def _note_changes(self) -> None:
        """Mark on all boards the objects that were touched since the last look."""
        commit, reader = self._db.writer.commits, self._db.reader
        objects = reader.query(ADMINISTRATOR, _NEW_OBJECTS, [self._newest_object])
        sums = reader.query(ADMINISTRATOR, _NEW_SUMS, [self._last_sum, self._last_ended])
        before = len(self._acls)
        for rows in (objects, sums):
            self._acls.update(pc.unique(rows["acl"]).to_pylist())
        if len(self._acls) != before:
            self._kept.clear()
        names = {name for rows in (objects, sums) for name in pc.unique(rows["object_id"]).to_pylist()}
        for board in self._kept.values():
            board.stale |= names
        self._newest_object = max(self._newest_object, pc.max(objects["known_at"]).as_py() or _EVER)
        self._last_ended = max(self._last_ended, pc.max(sums["known_until"]).as_py() or _EVER)
        self._last_sum = max(self._last_sum, pc.max(sums["statistics_id"]).as_py() or 0)
        self._commit = commit
