"""What filters could not compute: told with the filter, and holding up nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from skyhub.candidates._filters import Filter
from skyhub.candidates._verdicts import Fault
from skyhub.db import ADMINISTRATOR, Database, Memory, Transaction, Viewer, json_value

__all__ = ["failure_row", "failures_of", "fault_rows", "faults_of", "write_faults"]

_LONGEST_REASON = 2000
_OF_FILTER = "SELECT * FROM @filter_faults WHERE filter_id = ? AND known_at >= ? ORDER BY filter_fault_id"
_FAILURES = "SELECT filter_id, max(known_at) AS known_at FROM @filter_faults WHERE candid IS NULL GROUP BY 1"


class _FaultBook:
    def __init__(self, db: Database) -> None:
        self.failures: Memory[str, dict[int, datetime]] = Memory(
            db.writer, "filter_failures", lambda _: _failures(db, None)
        )


def failures_of(db: Database, as_of: datetime | None = None) -> dict[int, datetime]:
    """When each filter has last failed on a whole batch."""
    return db.part(_FaultBook).failures.get("").value if as_of is None else _failures(db, as_of)


def _failures(db: Database, as_of: datetime | None) -> dict[int, datetime]:
    return {row["filter_id"]: row["known_at"] for row in db.reader.rows(ADMINISTRATOR, _FAILURES, [], as_of)}


def fault_rows(
    transaction: Transaction, db: Database, version: Filter, alerts: pa.Table, faults: Sequence[Fault]
) -> list[dict[str, Any]]:
    """Rows of ``filter_faults``: of those alerts of a batch that the same people may see, the first one for all."""
    rows: dict[int, dict[str, Any]] = {}
    for fault in faults:
        [alert] = alerts.slice(fault.place, 1).select(["object_id", "candid", "survey", "acl"]).to_pylist()
        acl = _acl(transaction, db, version, [alert.pop("acl")])
        row = rows.setdefault(acl, {**_about(version, fault.reason), **alert, "n_alerts": 0, "acl": acl})
        row["n_alerts"] += 1
    return list(rows.values())


def failure_row(
    transaction: Transaction, db: Database, version: Filter, alerts: pa.Table, reason: str
) -> dict[str, Any]:
    """A row of ``filter_faults``: a version failed on a whole batch. It may tell of any of its alerts."""
    acl = _acl(transaction, db, version, pc.unique(alerts["acl"]).to_pylist())
    about = {"object_id": None, "candid": None, "survey": version.survey, "n_alerts": len(alerts)}
    return {**_about(version, reason), **about, "acl": acl}


def write_faults(transaction: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Write faults, and tell of failures."""
    if not rows:
        return
    first = transaction.next_id("filter_faults", "filter_fault_id", len(rows))
    transaction.insert("filter_faults", [{**row, "filter_fault_id": first + n} for n, row in enumerate(rows)])
    for row in rows:
        if row["candid"] is None:
            transaction.touch(("filter_failures", ""))
            about = {"filter_id": str(row["filter_id"]), "version": row["version"], "reason": row["reason"]}
            transaction.announce("filters", {"action": "failed", **about}, row["acl"])


def faults_of(
    db: Database, viewer: Viewer, filter_id: int, since: datetime, as_of: datetime | None = None
) -> dict[str, Any]:
    """What a filter could not compute since a time, as far as a viewer may see it.

    Returns
    -------
    dict
        ``n_faults``, the number of alerts, and the ``last_fault``.
    """
    rows = db.reader.rows(viewer, _OF_FILTER, [filter_id, since], as_of)
    last = {k: v for k, v in rows[-1].items() if k not in ("acl", "filter_id")} if rows else None
    return {"n_faults": sum(row["n_alerts"] for row in rows), "last_fault": json_value(last)}


def _about(version: Filter, reason: str) -> dict[str, Any]:
    return {"filter_id": version.filter_id, "version": version.version, "reason": reason[:_LONGEST_REASON]}


def _acl(transaction: Transaction, db: Database, version: Filter, acls: Iterable[int]) -> int:
    """Who may see a filter and all of some alerts."""
    streams = frozenset[int]().union(*(db.access.members(acl)[1] for acl in acls))
    return transaction.acl([] if version.group_id is None else [version.group_id], sorted(streams))
