"""Runs of reports: asked for, claimed with a lease by one worker at a time, finished or failed.

Each step is a new row. The state in force is the newest; a claimed run whose lease has ended may be claimed again.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from skyhub.db import Database, Transaction, Viewer, iso
from skyhub.errors import Conflict, InvalidInput, NotFound
from skyhub.reports._catalog import ReportTemplate, report_template
from skyhub.team import personal_group

__all__ = [
    "ARTIFACTS",
    "LEASE",
    "Claim",
    "Outcome",
    "artifact_path",
    "claim_run",
    "content_hash",
    "finish_run",
    "list_runs",
    "request_run",
    "run_record",
    "scopes_of",
    "stored_run",
]

LEASE = timedelta(minutes=10)
ARTIFACTS = {"notebook": "report.ipynb", "html": "report.html", "facts": "facts.json", "text": "report.txt"}

_ATTEMPTS = 3
_NEWEST = "QUALIFY row_number() OVER (PARTITION BY report_id ORDER BY state_id DESC) = 1"
_RUNS = f"""
    SELECT r.report_id, r.name, r.parameters, r.requested_by, r.due_at, r.known_at AS requested_at, r.verifies, s.state,
        s.detail, s.seconds, s.code_revision, s.data_version, s.reads_at, s.content_sha256, s.known_at AS changed_at
    FROM @report_runs AS r JOIN (SELECT * FROM @report_states {_NEWEST}) AS s USING (report_id)
"""
_UNDER_WAY = ("queued", "running")
_CLAIMABLE = f"""
    SELECT r.*, n.attempts FROM report_runs AS r
    JOIN (SELECT report_id, state, lease_until FROM report_states {_NEWEST}) AS s USING (report_id)
    JOIN (SELECT report_id, count(*) FILTER (state = 'running') AS attempts FROM report_states GROUP BY report_id) AS n
        USING (report_id)
    WHERE (s.state = 'queued' OR (s.state = 'running' AND s.lease_until < ?)) AND r.due_at <= ?
    ORDER BY r.due_at, r.report_id
"""


@dataclass(frozen=True)
class Claim:
    """A run that a worker may execute until the lease ends, with the rights of who asked for it."""

    report_id: str
    name: str
    parameters: dict[str, Any]
    viewer: Viewer
    data_version: int
    reads_at: datetime
    """All is read as it was known at this moment (UTC)."""


@dataclass(frozen=True)
class Outcome:
    """What an execution left behind."""

    state: str
    """``done`` or ``failed``."""
    detail: str
    seconds: float
    code_revision: str
    data_version: int
    artifacts: dict[str, str]
    """Contents by the names in `ARTIFACTS`."""


def request_run(
    db: Database,
    viewer: Viewer,
    template: ReportTemplate,
    given: dict[str, Any],
    groups: Sequence[str] | None = None,
    schedule_key: str | None = None,
    now: datetime | None = None,
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
    for scope in ("report", *template.sidecar.scopes):
        viewer.require(scope)
    parameters = template.sidecar.values(given, now or datetime.now(UTC))
    owner = [db.access.groups[g] for g in groups] if groups is not None else [personal_group(db, viewer)]
    rights, streams = _rights(db, viewer) if groups is None else (list(groups), [])

    def write(transaction: Transaction) -> str:
        if schedule_key is not None:
            known = transaction.rows("SELECT report_id FROM report_runs WHERE schedule_key = ?", [schedule_key])
            if known:
                return str(known[0]["report_id"])
        return stored_run(
            transaction,
            {
                "name": template.name,
                "parameters": json.dumps(parameters),
                "requested_by": viewer.name,
                "schedule_key": schedule_key,
                "rights": rights,
                "rights_streams": streams,
                "acl": transaction.acl(groups=owner),
            },
        )

    return db.writer.write(write)


def stored_run(transaction: Transaction, run: Mapping[str, Any]) -> str:
    """Queue a run that is written as a row of ``report_runs`` and has no identifier yet; returns that."""
    report_id = f"{run['name']}-{transaction.now:%Y%m%d%H%M%S}-{secrets.token_hex(3)}"
    row = {**run, "report_id": report_id, "due_at": transaction.now.replace(tzinfo=None)}
    transaction.insert("report_runs", [row])
    _change_state(transaction, row, "queued")
    return report_id


def claim_run(db: Database, worker: str, report_id: str | None = None) -> Claim | None:
    """Take a lease on the next run that is due (or on a given one); None if there is none."""

    def write(transaction: Transaction) -> dict[str, Any] | None:
        now = transaction.now.replace(tzinfo=None)
        for row in transaction.rows(_CLAIMABLE, [now, now]):
            if report_id not in (None, row["report_id"]):
                continue
            if row["attempts"] >= _ATTEMPTS:
                _change_state(transaction, row, "failed", detail=f"no worker finished it in {_ATTEMPTS} attempts")
                continue
            reads_at = row["as_of"] or now
            _change_state(transaction, row, "running", worker=worker, lease_until=now + LEASE, reads_at=reads_at)
            return {**row, "reads_at": reads_at}
        return None

    row = db.writer.write(write)
    return None if row is None else _claim(db, row)


def finish_run(db: Database, report_id: str, outcome: Outcome) -> dict[str, Any]:
    """Keep what an execution left behind and close the run.

    Raises
    ------
    InvalidInput
        If the state or the kind of an artifact is not known.
    NotFound
        If there is no such run.
    Conflict
        If it is not running.
    """
    if outcome.state not in ("done", "failed"):
        raise InvalidInput(f"state {outcome.state!r} is no outcome: done, failed are permitted.", "state")
    if unknown := sorted(outcome.artifacts.keys() - ARTIFACTS.keys()):
        raise InvalidInput(f"{unknown[0]!r} is no artifact: {', '.join(ARTIFACTS)} are permitted.", "artifacts")
    folder = _folder(db, report_id)

    def write(transaction: Transaction) -> dict[str, Any]:
        rows = transaction.rows(
            "SELECT r.*, s.state, s.reads_at FROM report_runs AS r "
            f"JOIN (SELECT report_id, state, reads_at FROM report_states {_NEWEST}) AS s USING (report_id) "
            "WHERE report_id = ?",
            [report_id],
        )
        if not rows:
            raise NotFound(f"there is no report run {report_id!r}.", report_id)
        if rows[0]["state"] != "running":
            raise Conflict(
                f"the report run {report_id} is {rows[0]['state']}: only a running one can be finished.", report_id
            )
        _keep(folder, outcome.artifacts)
        _change_state(
            transaction,
            rows[0],
            outcome.state,
            detail=outcome.detail,
            seconds=outcome.seconds,
            code_revision=outcome.code_revision,
            data_version=outcome.data_version,
            reads_at=rows[0]["reads_at"],
            content_sha256=content_hash(outcome.artifacts),
        )
        return {"report_id": report_id, "state": outcome.state}

    return db.writer.write(write)


def content_hash(artifacts: Mapping[str, str]) -> str:
    """SHA-256 of what a run says: its facts and its text."""
    said = json.dumps([artifacts.get("facts", ""), artifacts.get("text", "")])
    return hashlib.sha256(said.encode()).hexdigest()


def list_runs(db: Database, viewer: Viewer, limit: int = 100, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The runs that the viewer may see, newest first, each in its state (at a time)."""
    rows = db.reader.rows(viewer, f"{_RUNS} ORDER BY r.known_at DESC LIMIT ?", [limit], as_of)
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
    path = _folder(db, record["report_id"]) / ARTIFACTS[kind]
    if not path.exists() or (as_of is not None and record["state"] in _UNDER_WAY):
        raise NotFound(f"the report run {report_id} is {record['state']} and has no {kind}.", report_id)
    return path


def _rights(db: Database, viewer: Viewer) -> tuple[list[str], list[str]]:
    """What a run may see: what its viewer sees; of an administrator, all but what is personal to others."""
    if viewer.administers:
        return db.access.group_names(db.access.group_ids(viewer)), sorted(db.access.streams)
    return sorted(viewer.groups), sorted(viewer.streams)


def _claim(db: Database, row: dict[str, Any]) -> Claim:
    return Claim(
        report_id=row["report_id"],
        name=row["name"],
        parameters=json.loads(row["parameters"]),
        viewer=Viewer(
            row["requested_by"],
            frozenset(row["rights"]),
            frozenset(row["rights_streams"]),
            frozenset({"view", *scopes_of(row["name"])}),
        ),
        data_version=db.version(),
        reads_at=row["reads_at"].replace(tzinfo=UTC),
    )


def scopes_of(name: str) -> list[str]:
    """What a report's notebook may do beside reading; nothing if there is no such report any more."""
    try:
        return [*report_template(name).sidecar.scopes]
    except (NotFound, InvalidInput):
        return []


def _change_state(transaction: Transaction, run: dict[str, Any], state: str, **columns: Any) -> None:
    state_id = transaction.next_id("report_states", "state_id")
    transaction.insert(
        "report_states",
        [{"state_id": state_id, "report_id": run["report_id"], "state": state, "acl": run["acl"], **columns}],
    )
    payload = {"report_id": run["report_id"], "name": run["name"], "state": state}
    transaction.announce("report", payload, run["acl"])


def _folder(db: Database, report_id: str) -> Path:
    return db.data_dir / "reports" / Path(report_id).name


def _keep(folder: Path, artifacts: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, content in artifacts.items():
        (folder / ARTIFACTS[kind]).write_text(content, encoding="utf-8")


def _public(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    times = {name: iso(row.pop(name)) for name in ("due_at", "requested_at", "changed_at")}
    reads_at = row.pop("reads_at")
    exact = reads_at and reads_at.replace(tzinfo=UTC).isoformat()
    return {**row, "parameters": json.loads(row["parameters"]), **times, "reads_at": exact}
