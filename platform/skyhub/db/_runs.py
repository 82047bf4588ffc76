"""The photometry of all objects: recent points in the owner's file, older ones in runs, read as one.

Points are appended to the table ``photometry`` in the order of arrival. In idle moments they move to a *run*, which is
sorted by object and time and never changes; a few runs of one size become one larger run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from skyhub.db._compaction import due, run_of, slices_of
from skyhub.db._layout import Layout, Layouts, Part
from skyhub.db._overlay import Overlay
from skyhub.db._reader import Reader
from skyhub.db._run_catalogue import RunCatalogue, attach
from skyhub.db._run_files import RunFiles, Slice, Sources
from skyhub.db._run_reads import RunReader, arrow_of
from skyhub.db._transaction import Transaction, Update
from skyhub.db._writer import Writer

__all__ = ["Photometry", "View"]

_NEEDED = ("object_id", "mjd", "photometry_id", "acl", "known_until")
_MOST_MERGED = 2_000_000
_MOST_REMOVED = 200_000
_ANY_VERSION = 2**15 - 1

Ask = Callable[[str, Sequence[Any]], pa.Table]


@dataclass(frozen=True)
class View:
    """All points, for the statements of one transaction."""

    layout: Layout
    types: Mapping[str, str]
    overlaid: bool

    def relation(self, conditions: Sequence[str]) -> str:
        """The points that fulfil conditions, as a subquery."""
        return self.layout.relation(self.types, conditions, self.overlaid)


class Photometry:
    """The storage of points.

    Parameters
    ----------
    reader
        Whose cursors are borrowed.
    writer
        The one writer.
    directory
        Where the files of runs live.

    Raises
    ------
    StorageError
        If a file of a run is missing or damaged.
    """

    def __init__(self, reader: Reader, writer: Writer, directory: Path) -> None:
        self._reader = reader
        self._writer = writer
        self._files = RunFiles(directory)
        self._reads = RunReader()
        self._catalogue = RunCatalogue(reader, writer, self._files, self._reads)
        self._maintaining = threading.Lock()
        self._empty = self._ask("SELECT * FROM photometry LIMIT 0")
        described = self._ask("SELECT column_name, column_type FROM (DESCRIBE photometry)")
        self._types: dict[str, str] = dict(zip(*described.to_pydict().values(), strict=True))
        parts = self._catalogue.load()
        layout = Layout(parts, max((part.last_id for part in parts), default=0))
        self._layouts = Layouts(layout)
        self._overlay = Overlay(self._ask, layout.bound)
        self._recent = self._read_recent(layout.bound)
        self._last_id = max(self._recent.values(), default=layout.bound)
        uploads = self._ask("SELECT coalesce(max(upload_id), 0) FROM photometry")[0][0].as_py()
        writer.number_from("photometry", "photometry_id", self._last_id)
        writer.number_from("photometry", "upload_id", max([uploads, *(part.last_upload_id for part in parts)]))
        writer.watch("photometry", self)
        self._remove_merged(layout.bound)

    @property
    def n_recent(self) -> int:
        """How many points, at most, do not lie in runs yet."""
        return self._last_id - self._layouts.current.bound

    @property
    def parts(self) -> tuple[Part, ...]:
        """The files of runs."""
        return self._layouts.current.parts

    def supersede(self, transaction: Transaction, numbers: Collection[int]) -> None:
        """Points of these ``photometry_id`` are known until now, and no longer."""
        transaction.supersede("photometry", "photometry_id", dict.fromkeys(numbers, _ANY_VERSION))

    def share(self, transaction: Transaction, acls: Mapping[int, int]) -> None:
        """Points of these ``photometry_id`` have another acl from now on."""
        transaction.share("photometry", "photometry_id", acls)

    @contextmanager
    def files(self) -> Iterator[tuple[Part, ...]]:
        """The files of runs, all of which stay where they are for the duration of a ``with`` block."""
        with self._layouts.hold() as layout:
            yield layout.parts

    @contextmanager
    def view(self, cursor: duckdb.DuckDBPyConnection) -> Iterator[View]:
        """All points for statements of a cursor, for the duration of a ``with`` block, which is one transaction."""
        with self._layouts.hold() as layout, _one_transaction(cursor) as ask:
            overlaid = bool(len(ask("SELECT 1 FROM photometry_overlay LIMIT 1", ())))
            yield View(layout, self._types, overlaid)

    def points(self, object_ids: Sequence[str], columns: Sequence[str]) -> pa.Table:
        """All points of objects, whoever may see them, by object, time and number.

        Parameters
        ----------
        object_ids
            The objects.
        columns
            Columns of ``photometry``; there may be more of them in the answer.
        """
        objects = list(dict.fromkeys(object_ids))
        with self._layouts.hold() as layout:
            places = self._reads.places(layout, objects)
            # In this order: a commit says first which objects have new points, then that points have changed.
            as_stored = not self._overlay and self._recent.keys().isdisjoint(objects)
            if as_stored and len(places) == 1 and len(objects) == 1:
                return self._reads.read_object(places[0], objects[0], columns, self._types)
            names = _with_needed(columns)
            stored = self._reads.read(places, names, self._types)
            if not as_stored:
                with self._reader.borrowed() as cursor, _one_transaction(cursor) as ask:
                    stored = self._with_recent(ask, layout, objects, names, stored)
        return self._in_order(stored, names)

    def stored(self, transaction: Transaction, object_ids: Sequence[str], columns: Sequence[str]) -> pa.Table:
        """Like `points`, as a transaction sees them: with what earlier work of its group has brought."""
        names, objects = _with_needed(columns), list(dict.fromkeys(object_ids))
        with self._layouts.hold() as layout:
            tables = self._reads.read(self._reads.places(layout, objects), names, self._types)
            found = self._with_recent(transaction.query, layout, objects, names, tables)
        return self._in_order(found, names)

    def merge(self) -> int:
        """Move recent points to a new run; how many."""
        with self._maintaining:
            before = self._layouts.current.bound
            bound = self._writer.write(self._close_recent)
            rows = self._ask(f"SELECT * FROM photometry WHERE photometry_id > {before} AND photometry_id <= {bound}")
            if not len(rows):
                return 0
            file_id = self._catalogue.numbers(1)
            self._replace((), self._files.write(file_id, [(file_id, [Slice(None, None)])], Sources(rows)))
            self._remove_merged(bound)
            return len(rows)

    def compact(self, everything: bool = False) -> int:
        """Write those runs as one that are due, or all; how many points they have."""
        with self._maintaining:
            parts = self.parts if everything else due(self.parts)
            if not parts:
                return 0
            last, changes = self._overlay.changes(self._ask)
            slices = slices_of([self._reads.index(part) for part in parts])
            first = self._catalogue.numbers(len(slices))
            new = self._files.write(first, run_of(first, slices), Sources(parts=parts, changes=changes))
            self._replace(parts, new)
            self._forget_changes(new, changes, last)
            self._catalogue.drop(parts)
            return sum(part.n_rows for part in new)

    @property
    def due(self) -> bool:
        """Whether there are runs to be written as one."""
        return bool(due(self.parts))

    def attach_again(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The owner's file was opened anew: open the files of runs beside it."""
        for part in self.parts:
            attach(connection, part)

    def interrupt(self) -> None:
        """Give up the file that is being written."""
        self._files.interrupt()

    def close(self) -> None:
        """Close the files of runs."""
        with self._maintaining:
            self._files.close()
            self._reads.close()

    def inserted(self, batch: pa.Table) -> None:
        """Points are about to be committed (called in the writer's thread)."""
        self._last_id = max(self._last_id, pc.max(batch["photometry_id"]).as_py())
        self._recent.update(dict.fromkeys(pc.unique(batch["object_id"]).to_pylist(), self._last_id))

    def updated(self, cursor: duckdb.DuckDBPyConnection, update: Update) -> None:
        """Points are about to be superseded or shared (called in the writer's thread)."""
        self._overlay.take(cursor, update)

    def _ask(self, sql: str) -> pa.Table:
        with self._reader.borrowed() as cursor:
            return cursor.sql(sql).to_arrow_table()

    def _with_recent(
        self, ask: Ask, layout: Layout, object_ids: Sequence[str], names: Sequence[str], stored: list[pa.Table]
    ) -> list[pa.Table]:
        places = ", ".join("?" * len(object_ids))
        where = f"photometry_id > {layout.bound} AND object_id IN ({places})" if object_ids else "false"
        recent = ask(f"SELECT {', '.join(names)} FROM photometry WHERE {where}", object_ids)
        return [*(self._overlay.applied(ask, table) for table in stored), recent]

    def _in_order(self, tables: Sequence[pa.Table], names: Sequence[str]) -> pa.Table:
        filled = [table for table in tables if len(table)]
        if not filled:
            return self._empty.select(names)
        table = pa.concat_tables(filled)
        mjd, several = table["mjd"].to_numpy(), len(pc.unique(table["object_id"])) > 1
        if several or not (mjd[1:] > mjd[:-1]).all():
            keys = ("object_id", "mjd", "photometry_id")[not several :]
            return table.take(pc.sort_indices(table, [(key, "ascending") for key in keys]))
        return table

    def _close_recent(self, transaction: Transaction) -> int:
        """From now on, changes of what the coming run will hold are noted in the overlay as well."""
        highest = self._layouts.current.bound + _MOST_MERGED
        latest = transaction.query(f"SELECT max(photometry_id) FROM photometry WHERE photometry_id <= {highest}")
        self._overlay.bound = max(latest[0][0].as_py() or 0, self._overlay.bound)
        return self._overlay.bound

    def _replace(self, gone: Sequence[Part], new: Sequence[Part]) -> None:
        self._catalogue.exchange(gone, new)
        parts = (*(part for part in self.parts if part not in gone), *new)
        self._layouts.publish(Layout(parts, max(part.last_id for part in parts)))
        self._layouts.drain()

    def _remove_merged(self, bound: int) -> None:
        """Remove what lies in runs from the owner's file, a part at a time so that other work gets its turn."""
        ends = self._ask(
            f"SELECT min(photometry_id), max(photometry_id) FROM photometry WHERE photometry_id <= {bound}"
        )
        first, last = (column[0].as_py() for column in ends.columns)
        for low in range(first, last + 1, _MOST_REMOVED) if last else ():
            high = min(low + _MOST_REMOVED - 1, bound)
            self._writer.write(partial(_discard_up_to, number=high))
        self._writer.write(lambda t: self._forget_recent(bound))

    def _forget_recent(self, bound: int) -> None:
        self._recent = {name: number for name, number in self._recent.items() if number > bound}

    def _forget_changes(self, parts: Sequence[Part], changes: pa.Table, last: int) -> None:
        if not len(changes):
            return
        folded = pa.concat_tables([self._reads.matching(part, changes) for part in parts])
        condition = f"change_id <= {last} AND photometry_id IN (SELECT photometry_id FROM skyhub_discarded)"
        self._writer.write(lambda t: t.discard("photometry_overlay", condition, folded))
        self._writer.write(lambda t: self._overlay.reload(t.query))

    def _read_recent(self, bound: int) -> dict[str, int]:
        sql = f"SELECT object_id, max(photometry_id) AS latest FROM photometry WHERE photometry_id > {bound} GROUP BY object_id"
        rows = self._ask(sql)
        return dict(zip(rows["object_id"].to_pylist(), rows["latest"].to_pylist(), strict=True))


def _discard_up_to(transaction: Transaction, number: int) -> None:
    transaction.discard("photometry", f"photometry_id <= {number}")


@contextmanager
def _one_transaction(cursor: duckdb.DuckDBPyConnection) -> Iterator[Ask]:
    cursor.begin()
    try:
        yield lambda sql, parameters: arrow_of(cursor.execute(sql, list(parameters)))
    finally:
        cursor.rollback()


def _with_needed(columns: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*columns, *_NEEDED]))
