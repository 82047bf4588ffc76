"""Runs of groups' reports: executed by the server of who asked for them, handed in from there, and put together by the house.

Code that users wrote is executed where else their code is executed, and nowhere else. What comes from there is taken for what it
is, outputs of cells; sources, parameters and provenance are the house's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput, PermissionRefused
from skyhub.reports._catalog import ReportTemplate
from skyhub.reports._claims import ATTEMPTS, QUEUED, Claim, Outcome, claim_first, finish_run, running
from skyhub.reports._group_templates import template_of_run
from skyhub.reports._runs import NEWEST, change_state, folder_of

__all__ = [
    "LARGEST_HANDED_IN",
    "HandedIn",
    "claim_handed_in",
    "claim_own_run",
    "close_overdue",
    "hand_in_run",
    "own_runs_waiting",
    "owners_waiting",
    "release_own_runs",
]

LARGEST_HANDED_IN = 32_000_000
"""Characters of what a run hands in."""
_FILE = "handed_in.json"
_PATIENCE = timedelta(minutes=15)
"""So long a run waits for the server of who asked for it."""
_ASSEMBLY = timedelta(minutes=5)
_OWN = f"""
    SELECT r.*, s.state_id, n.attempts FROM report_runs AS r
    JOIN (SELECT report_id, state_id, state, not_before FROM report_states {NEWEST}) AS s USING (report_id)
    {ATTEMPTS}
    WHERE r.report_template_id IS NOT NULL AND r.requested_by = ? AND {QUEUED}
    ORDER BY r.due_at, r.report_id
"""
_HANDED_IN = f"""
    SELECT r.*, s.state_id, s.reads_at FROM report_runs AS r
    JOIN (SELECT report_id, state_id, state, handed_in, lease_until, reads_at FROM report_states {NEWEST}) AS s
        USING (report_id)
    WHERE s.state = 'running' AND s.handed_in AND s.lease_until <= ? ORDER BY r.due_at, r.report_id
"""
_BEGUN = """
    SELECT max(known_at) FILTER (NOT coalesce(handed_in, false)) AS begun, min(known_at) FILTER (handed_in) AS ended
    FROM report_states WHERE report_id = ? AND state = 'running'
"""
_WAITING = f"""
    SELECT r.report_id, r.requested_by, r.timeout, s.state, s.lease_until,
        greatest(coalesce(s.not_before, r.due_at), s.known_at) AS since
    FROM @report_runs AS r JOIN (SELECT * FROM @report_states {NEWEST}) AS s USING (report_id)
    WHERE r.report_template_id IS NOT NULL AND s.state IN ('queued', 'running') AND NOT coalesce(s.handed_in, false)
    ORDER BY since
"""
_OWN_RUNNING = f"""
    SELECT r.*, s.state_id FROM report_runs AS r
    JOIN (SELECT report_id, state_id, state, handed_in FROM report_states {NEWEST}) AS s USING (report_id)
    WHERE r.report_template_id IS NOT NULL AND r.requested_by = ? AND s.state = 'running' AND NOT coalesce(s.handed_in, false)
"""


@dataclass(frozen=True)
class HandedIn:
    """A run that was executed, to be put together: what the house knows of it, and what its owner's server says."""

    claim: Claim
    template: ReportTemplate
    seconds: float
    """From the claim to the handing in."""
    content: str
    """JSON, unchecked."""


def own_runs_waiting(db: Database, viewer: Viewer, now: datetime) -> list[str]:
    """The runs of groups' reports that the viewer asked for, and that wait to be executed by the viewer's server."""
    viewer.require("report")
    until = now.replace(tzinfo=None)
    return [
        row["report_id"]
        for row in db.reader.rows(ADMINISTRATOR, _WAITING)
        if row["requested_by"] == viewer.name and row["state"] == "queued" and row["since"] <= until
    ]


def claim_own_run(db: Database, viewer: Viewer, report_id: str | None = None) -> tuple[Claim, ReportTemplate] | None:
    """Take a lease on the next own run of a group's report (or on a given one); None if there is none.

    It reads with no more rights than it was asked for with, and than the viewer has now.

    Raises
    ------
    PermissionRefused
        If the viewer may not run reports.
    """
    viewer.require("report")

    def look(transaction: Transaction) -> list[dict[str, Any]]:
        rows = transaction.rows(_OWN, [viewer.name, transaction.now.replace(tzinfo=None)])
        return [row for row in rows if report_id in (None, row["report_id"])]

    rows = {row["report_id"]: row for row in db.writer.write(look)}
    claim = claim_first(db, rows.values(), f"server of {viewer.name}", lambda name: viewer)
    return None if claim is None else (claim, template_of_run(db, rows[claim.report_id]))


def hand_in_run(db: Database, viewer: Viewer, report_id: str, content: str) -> dict[str, Any]:
    """Keep what an own run left behind, to be put together.

    Returns
    -------
    dict
        ``report_id`` and ``state``.

    Raises
    ------
    NotFound
        If there is no such run.
    PermissionRefused
        If somebody else asked for it, or it is no run of a group's report.
    Conflict
        If it is not running, or was handed in.
    InvalidInput
        If it is too much.
    """
    viewer.require("report")
    if len(content) > LARGEST_HANDED_IN:
        raise InvalidInput(
            f"what the run handed in has {len(content)} characters: {LARGEST_HANDED_IN} are permitted.", "content"
        )
    folder = folder_of(db, report_id)

    def write(transaction: Transaction) -> dict[str, Any]:
        row = running(transaction, report_id)
        if row["requested_by"] != viewer.name or row["report_template_id"] is None:
            raise PermissionRefused(f"the report run {report_id} is not executed by your server.", report_id)
        if row["handed_in"]:
            raise Conflict(f"the report run {report_id} was handed in already.", report_id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(content, encoding="utf-8")
        now = transaction.now.replace(tzinfo=None)
        _put(transaction, row, row["worker"], now)
        return {"report_id": report_id, "state": "running"}

    return db.writer.write(write)


def claim_handed_in(db: Database, worker: str, report_id: str | None = None) -> HandedIn | None:
    """Take a lease on the next run that was handed in (or on a given one); None if there is none."""

    def write(transaction: Transaction) -> tuple[dict[str, Any], float] | None:
        now = transaction.now.replace(tzinfo=None)
        rows = [r for r in transaction.rows(_HANDED_IN, [now]) if report_id in (None, r["report_id"])]
        if not rows:
            return None
        [times] = transaction.rows(_BEGUN, [rows[0]["report_id"]])
        _put(transaction, rows[0], worker, now + _ASSEMBLY)
        return rows[0], (times["ended"] - times["begun"]).total_seconds()

    found = db.writer.write(write)
    if found is None:
        return None
    row, seconds = found
    viewer = Viewer(row["requested_by"], frozenset(row["rights"]))
    content = (folder_of(db, row["report_id"]) / _FILE).read_text(encoding="utf-8")
    return HandedIn(Claim.of_row(db, row, viewer), template_of_run(db, row), seconds, content)


def owners_waiting(db: Database, now: datetime) -> list[str]:
    """Those whose servers have a run of a group's report to execute."""
    until = now.replace(tzinfo=None)
    waiting = (row for row in db.reader.rows(ADMINISTRATOR, _WAITING) if row["state"] == "queued")
    return list(dict.fromkeys(row["requested_by"] for row in waiting if row["since"] <= until))


def close_overdue(db: Database, now: datetime) -> list[str]:
    """Close the runs whose owners' servers did not hand them in, or did not begin with them, in time.

    Returns
    -------
    list of str
        Identifiers of the runs.
    """
    until, closed = now.replace(tzinfo=None), []
    for row in db.reader.rows(ADMINISTRATOR, _WAITING):
        owner, late = row["requested_by"], row["state"] == "running" and row["lease_until"] < until
        if not late and not (row["state"] == "queued" and row["since"] + _PATIENCE < until):
            continue
        detail = f"the server of {owner} did not begin with it within {_PATIENCE.seconds // 60} minutes."
        if late:
            detail = f"it took longer than {row['timeout']} s, and the server of {owner} did not hand it in."
        elif not _begin(db, row["report_id"]):
            continue
        finish_run(db, row["report_id"], Outcome("failed", detail, 0.0, "", db.version(), {}))
        closed.append(row["report_id"])
    return closed


def release_own_runs(db: Database, viewer: Viewer) -> list[str]:
    """Queue the own runs again that the viewer's server was executing when it ended.

    Returns
    -------
    list of str
        Identifiers of the runs.
    """
    viewer.require("report")

    def write(transaction: Transaction) -> list[str]:
        rows = transaction.rows(_OWN_RUNNING, [viewer.name])
        for row in rows:
            change_state(transaction, row, "queued", detail=f"the server of {viewer.name} had ended.")
        return [row["report_id"] for row in rows]

    return db.writer.write(write)


def _begin(db: Database, report_id: str) -> bool:
    """Mark a queued run as begun, so that it can be closed; not if somebody else has begun with it."""

    def write(transaction: Transaction) -> bool:
        rows = transaction.rows(f"SELECT state FROM report_states WHERE report_id = ? {NEWEST}", [report_id])
        if rows[0]["state"] != "queued":
            return False
        [row] = transaction.rows("SELECT * FROM report_runs WHERE report_id = ?", [report_id])
        change_state(transaction, row, "running", worker="", lease_until=transaction.now.replace(tzinfo=None))
        return True

    return db.writer.write(write)


def _put(transaction: Transaction, row: Mapping[str, Any], worker: str, until: datetime) -> None:
    change_state(
        transaction, row, "running", worker=worker, lease_until=until, reads_at=row["reads_at"], handed_in=True
    )
