"""What decisions depend on, in memory, so that a decision need not be looked up while others wait.

An object is saved by scanners, who decide on a candidate, and directly, without one. For each group a scanner's newest
decision is in force; what was saved directly stays saved until the object is taken off the group's list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from skyhub.candidates._decided import decided_on, decisions_changed
from skyhub.candidates._saved import still_saving
from skyhub.db import Database, Memory, Transaction

__all__ = ["DecisionBook", "Place", "Standing", "write_decision"]

_SENT = """
    SELECT decision_id, object_id, candidate_id, verdict, group_ids, user_name, known_at, idempotency_key
    FROM decisions WHERE user_name = ? AND known_at > ?
"""
_KEYS_LAST = timedelta(days=7)


class Place(NamedTuple):
    """Where decisions stand: an object, and the injection that they belong to, if any."""

    object_id: str
    injection_id: int | None = None


@dataclass(frozen=True)
class Standing:
    """What is in force on an object: decisions that were not undone, oldest first, and who saved it for which group."""

    decisions: tuple[dict[str, Any], ...]
    saved: dict[int, str]

    def after(self, decision: dict[str, Any]) -> Standing:
        """What stands after a decision, a row of its table."""
        if decision["undoes"] is not None:
            decisions = tuple(d for d in self.decisions if d["decision_id"] != decision["undoes"])
        else:
            decisions = (*self.decisions, decision)
        return Standing(decisions, _savers(decisions))


def write_decision(
    transaction: Transaction, decision: dict[str, Any], before: Standing, streams: Sequence[int]
) -> Standing:
    """Write a decision, and what it changes in who saved the object for which group, for those entitled to its streams.

    Parameters
    ----------
    transaction
        The transaction.
    decision
        A row of ``decisions``.
    before, streams
        What stands on the object, and its streams.

    Returns
    -------
    Standing
        What stands from now on.
    """
    standing = before.after(decision)
    saved, saving = before.saved, standing.saved
    transaction.insert("decisions", [decision])
    transaction.insert(
        "sources",
        [
            {
                "object_id": decision["object_id"],
                "group_id": group_id,
                "saved_by": saving.get(group_id, decision["user_name"]),
                "active": group_id in saving,
                "decision_id": decision["decision_id"],
                "injection_id": decision["injection_id"],
                "acl": transaction.acl([group_id], streams),
            }
            for group_id in sorted(saved.keys() | saving.keys())
            if saved.get(group_id) != saving.get(group_id)
        ],
    )
    decisions_changed(transaction, decision["object_id"])
    return standing


def _savers(decisions: Sequence[dict[str, Any]]) -> dict[int, str]:
    """For which groups an object is saved, and by whom first, after decisions in their order."""
    saved: dict[int, dict[tuple[str, bool], None]] = {}
    for decision in decisions:
        direct = decision["candidate_id"] is None
        saver = (decision["user_name"], direct)
        if decision["verdict"] == "unsave":
            for group_id in decision["group_ids"]:
                saved.pop(group_id, None)
            continue
        for group_id in decision["group_ids"]:
            savers = saved.setdefault(group_id, {})
            if not direct:
                savers.pop(saver, None)
            if decision["verdict"] == "save":
                savers[saver] = None
    return {group_id: next(iter(savers))[0] for group_id, savers in saved.items() if savers}


class DecisionBook:
    """What decisions depend on, in memory: what stands on an object, and which keys a user has sent of late.

    Parameters
    ----------
    db
        The database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self.standing: Memory[Place, Standing] = Memory(db.writer, "standing", self._standing)
        self.sent: Memory[str, dict[str, dict[str, Any]]] = Memory(db.writer, "sent", self._sent)

    def forget(self, transaction: Transaction, object_ids: Iterable[str]) -> None:
        """In the writer's thread: what stands on these objects changes, and is to be looked up again."""
        for object_id in object_ids:
            transaction.touch(("standing", Place(object_id)))

    def _standing(self, place: Place) -> Standing:
        rows, sources = decided_on(self._db, *place)
        undone = {row["undoes"] for row in rows}
        decisions = (row for row in rows if row["verdict"] != "undo" and row["decision_id"] not in undone)
        return Standing(tuple(decisions), {row["group_id"]: row["saved_by"] for row in still_saving(sources)})

    def _sent(self, user: str) -> dict[str, dict[str, Any]]:
        since = (datetime.now(UTC) - _KEYS_LAST).replace(tzinfo=None)
        with self._db.reader.borrowed() as cursor:  # of injections too: what is sent again is one decision
            rows = cursor.sql(_SENT, params=[user, since]).to_arrow_table().to_pylist()
        return {row.pop("idempotency_key"): row for row in rows}
