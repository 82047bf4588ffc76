"""What was decided on objects, in memory: scanners look at the same few thousand objects all the time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, NamedTuple

from skyhub.db import Database, Memory, Transaction, Viewer, naive_utc

__all__ = ["decided_on", "decisions_changed", "rows_of_decisions", "rows_of_sources"]

_DECISIONS = """
    SELECT decision_id, object_id, user_name, candidate_id, verdict, group_ids, undoes, known_at, acl, injection_id
    FROM decisions WHERE object_id IN (SELECT unnest(?)) ORDER BY decision_id
"""
_SOURCES = """
    SELECT object_id, group_id, saved_by, active, known_at, acl, injection_id
    FROM sources WHERE object_id IN (SELECT unnest(?))
    ORDER BY decision_id, known_at, group_id
"""
_NAME = "decided"

_Row = dict[str, Any]


class _Decided(NamedTuple):
    """Rows of an object, older ones first, whoever may see them, of injections too."""

    decisions: Sequence[_Row]
    sources: Sequence[_Row]


class _DecidedBook:
    """What was decided on objects that somebody has asked for."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.decided: Memory[str, _Decided] = Memory(db.writer, _NAME, lambda name: self._load([name])[name])

    def of(self, object_ids: Sequence[str]) -> list[_Decided]:
        """What was decided on each of some objects; those without anything are left out."""
        found = self.decided.several(list(dict.fromkeys(object_ids)), self._load)
        return [decided for decided in found if decided is not _NOTHING]

    def _load(self, object_ids: Sequence[str]) -> dict[str, _Decided]:
        decisions, sources = (self._rows(statement, object_ids) for statement in (_DECISIONS, _SOURCES))
        return {
            name: _Decided(decisions[name], sources[name]) if name in decisions or name in sources else _NOTHING
            for name in object_ids
        }

    def _rows(self, statement: str, object_ids: Sequence[str]) -> dict[str, list[_Row]]:
        found: dict[str, list[_Row]] = defaultdict(list)
        with self._db.reader.borrowed() as cursor:
            rows = cursor.sql(statement, params=[list(object_ids)]).to_arrow_table().to_pylist()
        for row in rows:
            found[row["object_id"]].append(row)
        return found


_NOTHING = _Decided((), ())


def decisions_changed(transaction: Transaction, object_id: str) -> None:
    """In the writer's thread: a decision on an object is written with this transaction."""
    transaction.touch((_NAME, object_id))


def decided_on(db: Database, object_id: str, injection_id: int | None) -> tuple[list[_Row], list[_Row]]:
    """All decisions on an object, and of which groups it became a source: in an injection, or those that stand."""
    found = db.part(_DecidedBook).of([object_id])
    decisions, sources = found[0] if found else _NOTHING
    return _within(decisions, injection_id), _within(sources, injection_id)


def _within(rows: Iterable[_Row], injection_id: int | None) -> list[_Row]:
    return [row for row in rows if row["injection_id"] == injection_id]


def rows_of_decisions(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> list[_Row]:
    """The decisions on objects that a viewer may see (of those known at a time); each object's oldest first."""
    decided = db.part(_DecidedBook).of(object_ids)
    return _visible(db, viewer, (row for found in decided for row in found.decisions), as_of)


def rows_of_sources(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> list[_Row]:
    """Of which groups objects became sources and ceased to be, as `rows_of_decisions` does."""
    decided = db.part(_DecidedBook).of(object_ids)
    return _visible(db, viewer, (row for found in decided for row in found.sources), as_of)


def _visible(db: Database, viewer: Viewer, rows: Iterable[_Row], as_of: datetime | None) -> list[_Row]:
    shown, moment = db.access.visible(viewer), None if as_of is None else naive_utc(as_of)
    injected = cache(partial(db.reader.injections.of, viewer))
    return [
        row
        for row in rows
        if shown[row["acl"]]
        and (moment is None or row["known_at"] <= moment)
        and row["injection_id"] == injected(row["object_id"])
    ]
