"""Decisions of scanners: save, reject, undo. Each is a new row; the newest that was not undone is in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyhub.db import Database, Transaction, Viewer, iso, json_value
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused

__all__ = ["VERDICTS", "current_decisions", "decide"]

VERDICTS = ("save", "reject", "undo")
_LONGEST_KEY = 64

_CURRENT = """
    SELECT d.decision_id, d.object_id, d.user_name AS user, d.verdict, d.group_ids, d.known_at AS decided_at
    FROM @decisions AS d
    WHERE d.verdict != 'undo' AND list_contains(?, d.object_id)
        AND d.decision_id NOT IN (SELECT undoes FROM @decisions WHERE undoes IS NOT NULL)
    QUALIFY row_number() OVER (PARTITION BY d.object_id, d.user_name ORDER BY d.decision_id DESC) = 1
    ORDER BY d.decision_id
"""

_STANDING = """
    SELECT decision_id, user_name, verdict, group_ids FROM decisions
    WHERE object_id = ? AND verdict != 'undo'
        AND decision_id NOT IN (SELECT undoes FROM decisions WHERE undoes IS NOT NULL)
    ORDER BY decision_id
"""
_SENT = """
    SELECT decision_id, object_id, candidate_id, verdict, group_ids, user_name AS user, known_at AS decided_at
    FROM decisions WHERE idempotency_key = ? AND user_name = ?
"""
_SAVED = """
    SELECT group_id, saved_by FROM sources WHERE object_id = ?
    QUALIFY row_number() OVER (PARTITION BY group_id ORDER BY decision_id DESC) = 1 AND active
"""


def current_decisions(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The decisions in force on objects, oldest first: one per scanner, of those that the viewer may see."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in db.reader.rows(viewer, _CURRENT, [list(object_ids)], as_of):
        found[row.pop("object_id")].append(_public(db, row))
    return found


def decide(
    db: Database,
    viewer: Viewer,
    key: str,
    candidate_id: int,
    verdict: str,
    groups: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Save or reject the object of a candidate for groups, or undo one's last decision on it.

    Parameters
    ----------
    db, viewer
        The database, and who decides.
    key
        Chosen by the caller, unique to this decision: sent twice, it is stored once.
    candidate_id
        A candidate that the viewer may see.
    verdict
        One of `VERDICTS`.
    groups
        For which of the viewer's groups; by default those whose filters let the object through, else all of them.

    Returns
    -------
    dict
        ``{"decision": …, "duplicate": bool}``.

    Raises
    ------
    PermissionRefused
        If the viewer may not scan, or not for one of the groups.
    NotFound
        If there is no such candidate among those the viewer may see.
    Conflict
        If there is nothing to undo.
    """
    viewer.require("scan")
    if verdict not in VERDICTS:
        raise InvalidInput(f"verdict {verdict!r} is not known: {', '.join(VERDICTS)} are permitted.", "verdict")
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise InvalidInput(f"the key has {len(key)} characters: 1 to {_LONGEST_KEY} are permitted.", "key")
    object_id, passed = _candidate(db, viewer, candidate_id)
    group_ids = _groups(db, viewer, groups, passed)
    return db.writer.write(
        lambda transaction: _write(db, transaction, viewer, key, object_id, candidate_id, verdict, group_ids)
    )


def _write(
    db: Database,
    transaction: Transaction,
    viewer: Viewer,
    key: str,
    object_id: str,
    candidate_id: int,
    verdict: str,
    group_ids: list[int],
) -> dict[str, Any]:
    sent = transaction.rows(_SENT, [key, viewer.name])
    if sent:
        return {"decision": _repeated(db, sent[0], key, candidate_id, verdict), "duplicate": True}
    standing = transaction.rows(_STANDING, [object_id])
    saved = {row["group_id"]: row["saved_by"] for row in transaction.rows(_SAVED, [object_id])}
    last = next((d for d in reversed(standing) if d["user_name"] == viewer.name), None)
    if verdict == "undo":
        if last is None:
            raise Conflict(f"{viewer.name} has no decision on {object_id} to undo.", object_id)
        group_ids = last["group_ids"]
    acl = transaction.acl(groups=group_ids)
    row = {
        "decision_id": transaction.next_id("decisions", "decision_id"),
        "idempotency_key": key,
        "object_id": object_id,
        "candidate_id": candidate_id,
        "user_name": viewer.name,
        "verdict": verdict,
        "group_ids": group_ids,
        "undoes": last["decision_id"] if last and verdict == "undo" else None,
        "acl": acl,
    }
    transaction.insert("decisions", [row])
    standing = [d for d in standing if d is not last] if verdict == "undo" else [*standing, row]
    _write_sources(transaction, row, saved, _savers(standing))
    public = _public(db, {**row, "user": viewer.name, "decided_at": transaction.now})
    decision = {**public, "candidate_id": str(candidate_id), "object_id": object_id}
    transaction.announce("decision", decision, acl)
    return {"decision": decision, "duplicate": False}


def _repeated(db: Database, sent: dict[str, Any], key: str, candidate_id: int, verdict: str) -> dict[str, Any]:
    """The decision that was stored under a key; another one under the same key is a mistake of the caller."""
    if (sent["candidate_id"], sent["verdict"]) != (candidate_id, verdict):
        raise Conflict(
            f"the key {key!r} was used to {sent['verdict']} candidate {sent['candidate_id']}: give each decision its own.",
            "key",
        )
    return {**_public(db, sent), "candidate_id": str(candidate_id), "object_id": sent["object_id"]}


def _savers(standing: list[dict[str, Any]]) -> dict[int, str]:
    """For which groups decisions in force (each user's newest) save, and who was the first of those who do."""
    in_force = {decision["user_name"]: decision for decision in standing}
    savers: dict[int, str] = {}
    for decision in sorted(in_force.values(), key=lambda d: int(d["decision_id"])):
        if decision["verdict"] == "save":
            savers = dict.fromkeys(decision["group_ids"], decision["user_name"]) | savers
    return savers


def _write_sources(
    transaction: Transaction, decision: dict[str, Any], before: dict[int, str], after: dict[int, str]
) -> None:
    """An object is a source of the groups for which a decision in force saves it: write what has changed."""
    transaction.insert(
        "sources",
        [
            {
                "object_id": decision["object_id"],
                "group_id": group_id,
                "saved_by": after.get(group_id, decision["user_name"]),
                "active": group_id in after,
                "decision_id": decision["decision_id"],
                "acl": transaction.acl(groups=[group_id]),
            }
            for group_id in sorted(before.keys() | after.keys())
            if before.get(group_id) != after.get(group_id)
        ],
    )


def _candidate(db: Database, viewer: Viewer, candidate_id: int) -> tuple[str, set[int]]:
    rows = db.reader.rows(
        viewer,
        "SELECT c.object_id, f.group_id FROM @candidates AS c JOIN @candidates AS same USING (object_id, dayobs) "
        "JOIN @filters AS f ON f.filter_id = same.filter_id WHERE c.candidate_id = ?",
        [candidate_id],
    )
    if not rows:
        raise NotFound(f"there is no candidate {candidate_id} among those that you may see.", str(candidate_id))
    return rows[0]["object_id"], {row["group_id"] for row in rows} - {None}


def _groups(db: Database, viewer: Viewer, names: Sequence[str] | None, passed: set[int]) -> list[int]:
    mine = db.access.group_ids(viewer)
    if names is None:
        chosen = passed & mine or mine
    else:
        chosen = {db.access.groups.get(name, -1) for name in names}
        if not chosen <= mine:
            permitted = ", ".join(db.access.group_names(mine)) or "none"
            raise PermissionRefused(
                f"{viewer.name} may not decide for {', '.join(names)}: {permitted} are permitted.", "groups"
            )
    if not chosen:
        raise PermissionRefused(
            f"{viewer.name} is in no group that could keep the decision: ask an administrator for one."
        )
    return sorted(chosen)


def _public(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "decision_id": json_value(row["decision_id"], identifier=True),
        "user": row["user"],
        "verdict": row["verdict"],
        "groups": db.access.group_names(row["group_ids"]),
        "decided_at": iso(row["decided_at"]),
    }
