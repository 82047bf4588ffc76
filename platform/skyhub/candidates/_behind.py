"""How far a watch over the journal has come for those whose rights could not be known when it went on without them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from skyhub.db import ADMINISTRATOR, Database, Transaction

__all__ = ["Mark", "marks_behind", "put_behind"]

_BEHIND = """
    SELECT user_name, seq, looked_at FROM {}owners_behind WHERE watch = ?
    QUALIFY row_number() OVER (PARTITION BY user_name ORDER BY known_at DESC) = 1
"""


class Mark(NamedTuple):
    """Until where a watch has looked: the number of a change, and a time (UTC) if it looks at the clock too."""

    seq: int
    looked_at: datetime | None = None


def marks_behind(db: Database, watch: str) -> dict[str, Mark]:
    """Of a watch, the marks of the users for whom it has not caught up, by name."""
    return _marks(db.reader.rows(ADMINISTRATOR, _BEHIND.format("@"), [watch]))


def put_behind(transaction: Transaction, watch: str, before: Mapping[str, Mark], after: Mapping[str, Mark]) -> bool:
    """Note for whom a watch is behind now, and for whom it has caught up; false if another watch was here since `before`."""
    if _marks(transaction.rows(_BEHIND.format(""), [watch])) != before:
        return False
    changed = [_row(watch, name, mark) for name, mark in after.items() if before.get(name) != mark]
    caught_up = [_row(watch, name, None) for name in before if name not in after]
    transaction.insert("owners_behind", [*changed, *caught_up])
    return True


def _row(watch: str, name: str, mark: Mark | None) -> dict[str, object]:
    looked_at = mark.looked_at if mark else None
    naive = looked_at and looked_at.astimezone(UTC).replace(tzinfo=None)
    return {"watch": watch, "user_name": name, "seq": mark.seq if mark else None, "looked_at": naive}


def _marks(rows: Iterable[Mapping[str, Any]]) -> dict[str, Mark]:
    return {row["user_name"]: _mark(row["seq"], row["looked_at"]) for row in rows if row["seq"] is not None}


def _mark(seq: int, looked_at: datetime | None) -> Mark:
    return Mark(seq, looked_at and looked_at.replace(tzinfo=UTC))
