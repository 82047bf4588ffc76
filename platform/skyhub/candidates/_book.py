"""What decisions depend on, in memory, so that a decision need not be looked up while others wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Memory

__all__ = ["DecisionBook", "Standing"]

_STANDING = """
    SELECT decision_id, user_name, verdict, group_ids FROM @decisions
    WHERE object_id = ? AND verdict != 'undo'
        AND decision_id NOT IN (SELECT undoes FROM @decisions WHERE undoes IS NOT NULL)
    ORDER BY decision_id
"""
_SENT = """
    SELECT decision_id, object_id, candidate_id, verdict, group_ids, user_name AS user, known_at AS decided_at,
        idempotency_key
    FROM @decisions WHERE user_name = ? AND known_at > ?
"""
_SAVED = """
    SELECT group_id, saved_by FROM @sources WHERE object_id = ?
    QUALIFY row_number() OVER (PARTITION BY group_id ORDER BY decision_id DESC) = 1 AND active
"""
_KEYS_LAST = timedelta(days=7)


@dataclass(frozen=True)
class Standing:
    """What is in force on an object: decisions that were not undone, oldest first, and who saved it for which group."""

    decisions: tuple[dict[str, Any], ...]
    saved: dict[int, str]


class DecisionBook:
    """What decisions depend on, in memory: what stands on an object, and which keys a user has sent of late.

    Parameters
    ----------
    db
        The database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self.standing: Memory[str, Standing] = Memory(db.writer, "standing", self._standing)
        self.sent: Memory[str, dict[str, dict[str, Any]]] = Memory(db.writer, "sent", self._sent)

    def _standing(self, object_id: str) -> Standing:
        decisions = self._db.reader.rows(ADMINISTRATOR, _STANDING, [object_id])
        saved = self._db.reader.rows(ADMINISTRATOR, _SAVED, [object_id])
        return Standing(tuple(decisions), {row["group_id"]: row["saved_by"] for row in saved})

    def _sent(self, user: str) -> dict[str, dict[str, Any]]:
        since = (datetime.now(UTC) - _KEYS_LAST).replace(tzinfo=None)
        rows = self._db.reader.rows(ADMINISTRATOR, _SENT, [user, since])
        return {row.pop("idempotency_key"): row for row in rows}
