"""Runs of reports: asked for, and read. Each step of a run is a new row; the state in force is the newest."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from skyhub.db import Database, Transaction, Viewer, iso
from skyhub.errors import InvalidInput, NotFound
from skyhub.reports._catalog import ReportTemplate
from skyhub.reports._group_templates import template_of_run
from skyhub.team import personal_group

__all__ = [
    "ARTIFACTS",
    "NEWEST",
    "PDF",
    "SCHEDULER",
    "artifact_path",
    "change_state",
    "content_hash",
    "folder_of",
    "list_runs",
    "request_run",
    "run_record",
    "run_row",
    "runs_due",
    "scopes_of",
    "stored_run",
]

ARTIFACTS = {
    "notebook": "report.ipynb",
    "html": "report.html",
    "facts": "facts.json",
    "text": "report.txt",
    "queries": "queries.json",
    "log": "log.txt",
}
PDF = "report.pdf"
"""A part that no run leaves: it is made of the notebook when it is asked for."""

SCHEDULER = "scheduler"
"""Who asks for the runs that no person asks for."""
NEWEST = "QUALIFY row_number() OVER (PARTITION BY report_id ORDER BY state_id DESC) = 1"
_RUNS = f"""
    SELECT r.report_id, r.name, r.parameters, r.requested_by, r.due_at, r.known_at AS requested_at, r.verifies,
        r.schedule_id, r.report_template_id, r.template_version, r.template_sha256, coalesce(r.dry_run, false) AS dry_run,
        s.state, s.detail, s.seconds, s.code_revision, s.data_version, s.reads_at, s.content_sha256,
        s.known_at AS changed_at
    FROM @report_runs AS r JOIN (SELECT * FROM @report_states {NEWEST}) AS s USING (report_id)
"""
_UNDER_WAY = ("queued", "running", "missed", "cancelled")


def request_run(
    db: Database,
    viewer: Viewer,
    template: ReportTemplate,
    given: dict[str, Any],
    groups: Sequence[str] | None = None,
    schedule_key: str | None = None,
    now: datetime | None = None,
    *,
    dry_run: bool = False,
) -> str:
    """Ask for a run of a report; its result belongs to the groups, by default to the viewer alone.

    A run reads, and writes if its sidecar says so, with the groups and streams that its viewer has now; an administrator's
    with all of them, and without the right to administer. Defaults such as ``last-night`` are meant at `now`.

    Returns
    -------
    str
        The identifier of the run; the earlier one if a run with this `schedule_key` was asked for before.

    Raises
    ------
    InvalidInput
        If a parameter does not fit.
    PermissionRefused
        If the viewer may not run reports, or not do what this one does.
    """
    row = {**run_row(db, viewer, template, given, groups, now), "schedule_key": schedule_key, "dry_run": dry_run}

    def write(transaction: Transaction) -> str:
        if schedule_key is not None:
            known = transaction.rows("SELECT report_id FROM report_runs WHERE schedule_key = ?", [schedule_key])
            if known:
                return str(known[0]["report_id"])
        return stored_run(transaction, row)

    return db.writer.write(write)


def run_row(
    db: Database,
    viewer: Viewer,
    template: ReportTemplate,
    given: Mapping[str, Any],
    groups: Sequence[str] | None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """A run as `request_run` asks for it, as a row of ``report_runs`` that has no identifier yet; it raises the same."""
    for scope in ("report", *template.sidecar.scopes):
        viewer.require(scope)
    parameters = template.sidecar.values(given, now or datetime.now(UTC))
    owner = [db.access.groups[g] for g in groups] if groups is not None else [personal_group(db, viewer)]
    rights, streams = _rights(db, viewer) if groups is None else (list(groups), [])
    return {
        "name": template.name,
        "parameters": json.dumps(parameters),
        "requested_by": viewer.name,
        "timeout": template.sidecar.timeout,
        **_version(template),
        "rights": rights,
        "rights_streams": streams,
        "acl": db.access.number(owner),
    }


def stored_run(transaction: Transaction, run: Mapping[str, Any], state: str = "queued", detail: str = "") -> str:
    """Queue a run (or note that it will not be) that is a row of ``report_runs`` without an identifier; returns that."""
    report_id = f"{Path(run['name']).name}-{transaction.now:%Y%m%d%H%M%S}-{secrets.token_hex(3)}"
    row = {"due_at": transaction.now.replace(tzinfo=None), **run, "report_id": report_id}
    transaction.insert("report_runs", [row])
    change_state(transaction, row, state, detail=detail or None)
    return report_id


def content_hash(artifacts: Mapping[str, str]) -> str:
    """SHA-256 of what a run says: its facts and its text."""
    said = json.dumps([artifacts.get("facts", ""), artifacts.get("text", "")])
    return hashlib.sha256(said.encode()).hexdigest()


def list_runs(db: Database, viewer: Viewer, limit: int = 100, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The runs that the viewer may see, newest first, each in its state (at a time)."""
    rows = db.reader.rows(viewer, f"{_RUNS} ORDER BY r.known_at DESC LIMIT ?", [limit], as_of)
    return [_public(db, row) for row in rows]


def runs_due(
    db: Database, viewer: Viewer, begin: datetime, end: datetime, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The runs that the viewer may see and that were due in ``[begin, end)`` (UTC without a zone), each in its state."""
    rows = db.reader.rows(
        viewer, f"{_RUNS} WHERE r.due_at >= ? AND r.due_at < ? ORDER BY r.due_at", [begin, end], as_of
    )
    return [_public(db, row) for row in rows]


def run_record(db: Database, viewer: Viewer, report_id: str, as_of: datetime | None = None) -> dict[str, Any]:
    """One run in its state (at a time). Raises `NotFound` if the viewer may see none of this identifier."""
    rows = db.reader.rows(viewer, f"{_RUNS} WHERE report_id = ?", [report_id], as_of)
    if not rows:
        raise NotFound(f"there is no report run {report_id!r} among those that you may see.", report_id)
    return _public(db, rows[0])


def artifact_path(db: Database, viewer: Viewer, report_id: str, kind: str, as_of: datetime | None = None) -> Path:
    """Where an artifact of a run lies that the viewer may see; at a time before the run had ended there is none."""
    record = run_record(db, viewer, report_id, as_of)
    path = folder_of(db, record["report_id"]) / ARTIFACTS[kind]
    if not path.exists() or (as_of is not None and record["state"] in _UNDER_WAY):
        raise NotFound(f"the report run {report_id} is {record['state']} and has no {kind}.", report_id)
    return path


def _version(template: ReportTemplate) -> dict[str, Any]:
    version = template.version
    if version is None:
        return {}
    return {
        "report_template_id": version.report_template_id,
        "template_version": version.version,
        "template_sha256": version.sha256,
    }


def _rights(db: Database, viewer: Viewer) -> tuple[list[str], list[str]]:
    """What a run may see: what its viewer sees; of an administrator, all but what is personal to others."""
    if viewer.administers:
        return db.access.group_names(db.access.group_ids(viewer)), sorted(db.access.streams)
    return sorted(viewer.groups), sorted(viewer.streams)


def scopes_of(db: Database, run: Mapping[str, Any]) -> list[str]:
    """What the notebook of a run may do beside reading; nothing if there is no such report any more."""
    try:
        return [*template_of_run(db, run).sidecar.scopes]
    except (NotFound, InvalidInput):
        return []


def change_state(transaction: Transaction, run: Mapping[str, Any], state: str, **columns: Any) -> None:
    """Append a state of a run, and tell of it."""
    state_id = transaction.next_id("report_states", "state_id")
    transaction.insert(
        "report_states",
        [{"state_id": state_id, "report_id": run["report_id"], "state": state, "acl": run["acl"], **columns}],
    )
    payload = {"report_id": run["report_id"], "name": run["name"], "state": state}
    transaction.announce("report", payload, run["acl"])


def folder_of(db: Database, report_id: str) -> Path:
    """Where the artifacts of a run lie."""
    return db.data_dir / "reports" / Path(report_id).name


def _public(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    times = {name: iso(row.pop(name)) for name in ("due_at", "requested_at", "changed_at")}
    reads_at = row.pop("reads_at")
    exact = reads_at and reads_at.replace(tzinfo=UTC).isoformat()
    for name in ("schedule_id", "report_template_id"):
        row[name] = None if row[name] is None else str(row[name])
    return {**row, "parameters": json.loads(row["parameters"]), **times, "reads_at": exact}
