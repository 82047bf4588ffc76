"""Reading some objects' points from the files of runs: an index in memory says which rows they are."""

from __future__ import annotations

import threading
import warnings
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db._layout import Layout, Part

__all__ = ["ObjectIndex", "Place", "RunReader", "arrow_of"]

_MOST_RANGES = 6
"""Beyond, one join on row numbers takes less time than so many statements."""
_MOST_PARSED = 1000
_ROWS = 1_000_000
# The engine's own way to avoid the copy binds a statement twice, which costs more than copying some thousand rows.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)
_CONFIG: dict[str, Any] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class ObjectIndex(Sequence[bytes]):
    """The objects of a file in order, and which rows are theirs: about 20 bytes an object.

    Parameters
    ----------
    names
        The objects, sorted.
    bounds
        The first row of each, and the number of rows at the end.
    """

    def __init__(self, names: pa.Array, bounds: NDArray[np.int64]) -> None:
        self._count = len(names)
        self._ends = memoryview(names.buffers()[1]).cast("i")[names.offset :]
        self._text = memoryview(names.buffers()[2] or b"")
        self.bounds = bounds

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        return bytes(self._text[self._ends[at] : self._ends[at + 1]])

    def rows(self, object_id: str) -> tuple[int, int] | None:
        """The rows of an object, from one up to and without another; None if it has none."""
        key = object_id.encode()
        at = bisect_left(self, key)
        if at == self._count or self[at] != key:
            return None
        return int(self.bounds[at]), int(self.bounds[at + 1])

    def every(self, n_rows: int) -> Iterator[str]:
        """The objects to which every n-th row belongs."""
        places = np.searchsorted(self.bounds, np.arange(0, self.bounds[-1], n_rows), "right") - 1
        return (self[int(at)].decode() for at in places)


class Place(NamedTuple):
    """Rows of a file: ranges from one row up to and without another."""

    part: Part
    ranges: list[tuple[int, int]]


class RunReader:
    """Opens the files of runs a second time, apart from the owner's file: nothing that is written holds these reads up."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._parsed: dict[tuple[int, tuple[str, ...]], Any] = {}
        self._indexes: dict[int, ObjectIndex] = {}
        self._constants: dict[int, dict[str, pa.Scalar]] = {}

    @cached_property  # the first file opens it: a new database has none, and an engine takes 15 ms to start
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(config=_CONFIG)

    def attach(self, part: Part) -> None:
        """Open a file and read its index."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"ATTACH '{part.path}' AS {part.alias} (READ_ONLY)")
            found = cursor.sql(f"SELECT object_id, first_row FROM {part.alias}.run_objects ORDER BY first_row")
            table = found.to_arrow_table().combine_chunks()
            constants = cursor.sql(f"SELECT * FROM {part.alias}.run_constants").to_arrow_table()
        bounds = np.append(np.asarray(table["first_row"], dtype=np.int64), part.n_rows)
        self._constants[part.file_id] = {name: constants[name][0] for name in constants.column_names}
        self._indexes[part.file_id] = ObjectIndex(table["object_id"].chunk(0), bounds)

    def detach(self, part: Part) -> None:
        """Close a file that no layout names."""
        del self._indexes[part.file_id], self._constants[part.file_id]
        with self._connection.cursor() as cursor:
            cursor.execute(f"DETACH {part.alias}")

    def index(self, part: Part) -> ObjectIndex:
        """Which objects a file has."""
        return self._indexes[part.file_id]

    def close(self) -> None:
        """Close all files."""
        if "_connection" in vars(self):
            self._connection.close()

    def places(self, layout: Layout, object_ids: Sequence[str]) -> list[Place]:
        """Where the points of objects are."""
        found = ((part, self._ranges(part, object_ids)) for part in layout.parts)
        return [Place(part, ranges) for part, ranges in found if ranges]

    def read_object(self, place: Place, object_id: str, columns: Sequence[str], types: Mapping[str, str]) -> pa.Table:
        """The points of one object in one file, in the order of time: the least work there is."""
        part, [(low, high)] = place
        known = {"object_id": pa.scalar(object_id), **self._constants[part.file_id]}
        wanted = [name for name in dict.fromkeys(columns) if name not in known]
        found = self._range(part, tuple(wanted), types, low, high - 1) if wanted else {}
        return pa.table({c: pa.repeat(known[c], high - low) if c in known else found[c] for c in columns})

    def read(self, places: Sequence[Place], columns: Sequence[str], types: Mapping[str, str]) -> list[pa.Table]:
        """Points as they were when the files were written; each object's of one file in the order of time."""
        if sum(len(ranges) for _, ranges in places) <= _MOST_RANGES:
            names = tuple(columns)
            return [self._range(part, names, types, low, high - 1) for part, some in places for low, high in some]
        return [self._join(part, part.select(columns, types), ranges) for part, ranges in places]

    def matching(self, part: Part, numbers: pa.Table) -> pa.Table:
        """Those of some points' numbers (column ``photometry_id``) that are in a file."""
        cursor = self._cursor()
        cursor.register("skyhub_numbers", numbers)
        found = cursor.sql(
            f"SELECT photometry_id FROM {part.alias}.run_points SEMI JOIN skyhub_numbers USING (photometry_id)"
        ).to_arrow_table()
        cursor.unregister("skyhub_numbers")
        return found

    def _ranges(self, part: Part, object_ids: Sequence[str]) -> list[tuple[int, int]]:
        index = self._indexes[part.file_id]
        inside = (o for o in object_ids if part.first_object <= o <= part.last_object)
        return [rows for o in inside if (rows := index.rows(o)) is not None]

    def _join(self, part: Part, select: str, ranges: Sequence[tuple[int, int]]) -> pa.Table:
        rows = np.concatenate([np.arange(low, high) for low, high in ranges])
        cursor = self._cursor()
        cursor.register("skyhub_places", pa.table({"place": rows}))
        found = cursor.sql(
            f"SELECT {select} FROM {part.alias}.run_points JOIN skyhub_places ON run_points.rowid = skyhub_places.place"
        ).to_arrow_table()
        cursor.unregister("skyhub_places")
        return found

    def _range(self, part: Part, columns: tuple[str, ...], types: Mapping[str, str], first: int, last: int) -> pa.Table:
        cursor, key = self._cursor(), (part.file_id, columns)
        statement = self._parsed.get(key)
        if statement is None:
            sql = f"SELECT {part.select(columns, types)} FROM {part.alias}.run_points WHERE rowid BETWEEN $first AND $last"
            [statement] = cursor.extract_statements(sql)
            if len(self._parsed) >= _MOST_PARSED:
                self._parsed.clear()
            self._parsed[key] = statement
        return arrow_of(cursor.execute(statement, {"first": first, "last": last}))

    def _cursor(self) -> Any:
        cursor = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._local.cursor = self._connection.cursor()
        return cursor


def arrow_of(result: Any) -> pa.Table:
    """What a cursor's statement gave."""
    read = getattr(result, "to_arrow_reader", None) or result.fetch_record_batch
    return read(_ROWS).read_all()
