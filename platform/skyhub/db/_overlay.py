"""Changes of points that lie in runs: superseded, or shared otherwise; kept beside the runs until they are rewritten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skyhub.db._transaction import Update

__all__ = ["CHANGES", "Overlay"]

CHANGES = """SELECT photometry_id, min(superseded_at) AS superseded_at,
    arg_max(new_acl, change_id) FILTER (new_acl IS NOT NULL) AS new_acl
    FROM photometry_overlay WHERE {} GROUP BY photometry_id"""
"""All changes of points that fulfil a condition, one row a point."""
_INSERT = """INSERT INTO photometry_overlay
    SELECT {first} + row_number() OVER (), id, {at}, {acl}, now()::TIMESTAMP FROM skyhub_overlay"""
_LAST = "SELECT coalesce(max(change_id), 0) AS last FROM photometry_overlay"


class Overlay:
    """What has changed of points in runs.

    Parameters
    ----------
    ask
        Reads from the owner's file.
    bound
        Points numbered up to it lie in runs, or will soon.
    """

    def __init__(self, ask: Callable[[str], pa.Table], bound: int) -> None:
        self.bound = bound
        self._last_change: int = ask(_LAST)["last"][0].as_py()
        self.reload(ask)

    def __bool__(self) -> bool:
        return bool(self._marked)

    def reload(self, ask: Callable[[str], pa.Table]) -> None:
        """Take from the table which points have changed (called in the writer's thread)."""
        self._marked = set(ask("SELECT DISTINCT photometry_id FROM photometry_overlay")["photometry_id"].to_pylist())

    def take(self, cursor: duckdb.DuckDBPyConnection, update: Update) -> None:
        """Note an update of points if they lie in runs (called in the writer's thread, before the commit)."""
        older: Any = update.rows.filter(pc.less_equal(update.rows["id"], self.bound))
        if not len(older):
            return
        self._marked.update(older["id"].to_pylist())
        at, acl = ("skyhub_overlay.at", "NULL") if update.what == "known_until" else ("NULL", "acl")
        cursor.register("skyhub_overlay", older)
        cursor.execute(_INSERT.format(first=self._last_change, at=at, acl=acl))
        cursor.unregister("skyhub_overlay")
        self._last_change += len(older)

    def among(self, numbers: pa.ChunkedArray) -> set[int]:
        """Those of some points that have changed, perhaps by a commit under way."""
        return self._marked.intersection(np.asarray(numbers).tolist()) if self._marked else set()

    def changes(self, ask: Callable[[str], pa.Table]) -> tuple[int, pa.Table]:
        """The number of the last change committed, and all up to it."""
        last: int = ask(_LAST)["last"][0].as_py()
        return last, ask(CHANGES.format(f"change_id <= {last}"))

    def applied(self, ask: Callable[[str, Sequence[Any]], pa.Table], table: pa.Table) -> pa.Table:
        """Points of runs, as they are now."""
        numbers = self.among(table["photometry_id"])
        if not numbers:
            return table
        changes = ask(CHANGES.format(f"photometry_id IN ({', '.join(map(str, numbers))})"), [])
        places = pc.index_in(table["photometry_id"], changes["photometry_id"].combine_chunks())
        until = pc.coalesce(table["known_until"], changes["superseded_at"].take(places))
        acl = pc.coalesce(changes["new_acl"].take(places), table["acl"])
        for name, column in (("known_until", until), ("acl", acl)):
            table = table.set_column(table.column_names.index(name), name, column)
        return table
