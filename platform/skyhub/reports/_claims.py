"""Claims: a run is executed by one worker at a time, under a lease, and closed with what came of it.

A claimed run whose lease has ended, or whose worker is known to be gone, may be claimed again; one that has failed is tried again
as often as its schedule says.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from skyhub.db import ADMINISTRATOR, PERSONAL, Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused, SkyhubError
from skyhub.reports._group_templates import template_of_run
from skyhub.reports._runs import (
    ARTIFACTS,
    NEWEST,
    SCHEDULER,
    change_state,
    content_hash,
    folder_of,
    run_record,
    scopes_of,
)
from skyhub.team import AccountDirectory

__all__ = [
    "ATTEMPTS",
    "LEASE",
    "QUEUED",
    "Claim",
    "Outcome",
    "Rights",
    "cancel_run",
    "claim_first",
    "claim_run",
    "finish_run",
    "leased_runs",
    "release_run",
    "run_lease",
    "running",
]

Rights: TypeAlias = Callable[[str], Viewer | None]
"""The rights that a user has now, by name; None if there is no such user any more."""

_log = logging.getLogger(__name__)

_USUAL_TIMEOUT = 540
_MARGIN = timedelta(minutes=1)
"""How much longer than its time-out a run is leased."""
LEASE = timedelta(seconds=_USUAL_TIMEOUT) + _MARGIN
"""Of a run with the usual time-out."""

_ATTEMPTS = 10
"""So many workers may be lost over a run: restarts of the house end none, a run that kills its worker does not go on for ever."""
_PAUSE = timedelta(seconds=30)
"""Before a run is tried again; twice as long each time."""
ATTEMPTS = """
    JOIN (SELECT report_id, count(*) FILTER (state = 'running' AND NOT coalesce(handed_in, false)) AS attempts
        FROM report_states GROUP BY report_id) AS n USING (report_id)
"""
"""Joins to a run how often it was begun."""
QUEUED = "s.state = 'queued' AND coalesce(s.not_before, r.due_at) <= ?"
_CLAIMABLE = f"""
    SELECT r.*, s.state_id, n.attempts FROM report_runs AS r
    JOIN (SELECT report_id, state_id, state, lease_until, not_before FROM report_states {NEWEST}) AS s USING (report_id)
    {ATTEMPTS}
    WHERE r.report_template_id IS NULL AND ((s.state = 'running' AND s.lease_until < ?) OR ({QUEUED}))
    ORDER BY n.attempts, r.due_at, r.report_id
"""
"""What has cost workers comes after what has not: it holds up nothing else, and is not lost again and again."""
_STATE = f"""
    SELECT r.*, s.state, s.worker, s.reads_at, s.handed_in, s.known_at AS changed_at, n.attempts FROM report_runs AS r
    JOIN (SELECT report_id, state, worker, reads_at, handed_in, known_at FROM report_states {NEWEST}) AS s USING (report_id)
    {ATTEMPTS}
    WHERE report_id = ?
"""
_NEWEST_STATE = "SELECT max(state_id) AS state_id FROM report_states WHERE report_id = ?"
_LEASED = f"""
    SELECT report_id, worker FROM (SELECT report_id, state, worker FROM @report_states {NEWEST})
    WHERE state = 'running' AND starts_with(worker, ?) ORDER BY report_id
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
    timeout: int
    """How long the run may take (s)."""

    @classmethod
    def of_row(cls, db: Database, row: Mapping[str, Any], viewer: Viewer) -> Claim:
        """Of a row of ``report_runs`` with the moment at which it reads."""
        return cls(
            report_id=row["report_id"],
            name=row["name"],
            parameters=json.loads(row["parameters"]),
            viewer=viewer,
            data_version=db.version(),
            reads_at=row["reads_at"].replace(tzinfo=UTC),
            timeout=_timeout(row),
        )

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "report_id": self.report_id,
            "name": self.name,
            "parameters": self.parameters,
            "requested_by": self.viewer.name,
            "rights": sorted(self.viewer.groups),
            "data_version": self.data_version,
            "reads_at": self.reads_at.isoformat(),
            "timeout": self.timeout,
        }

    @property
    def lease(self) -> timedelta:
        """How long no other worker may claim it."""
        return run_lease(self.timeout)


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


def claim_run(db: Database, worker: str, report_id: str | None = None, rights: Rights | None = None) -> Claim | None:
    """Take a lease on the next run that is due (or on a given one); None if there is none.

    A run of a schedule has the rights that its owner still has; one whose owner may not run reports any more is closed, and one
    whose owner's rights cannot be known now waits, untried, and holds up nobody else's. Rights are those of the accounts in the
    database, unless `rights` knows better. Reports of groups are left to the servers of those who asked for them.

    Raises
    ------
    SkyhubError
        If there are none but runs that wait for the rights of their owners.
    """
    rows = db.writer.write(lambda transaction: _claimable(transaction, report_id))
    return claim_first(db, rows, worker, rights or AccountDirectory(db).viewer)


def claim_first(db: Database, rows: Iterable[Mapping[str, Any]], worker: str, known: Rights) -> Claim | None:
    """Take a lease on the first of some runs that can be executed; it raises what `claim_run` raises."""
    unknown: dict[str, SkyhubError] = {}
    for row in rows:
        owner = row["requested_by"]
        if row["schedule_id"] is not None and owner in unknown:
            continue
        try:
            viewer = _viewer(db, row, known)
        except SkyhubError as error:
            _log.warning("the runs of %s wait, whose rights are not known now: %s", owner, error)
            unknown[owner] = error
            continue
        taken = db.writer.write(partial(_taken, row=row, worker=worker))
        if taken is None:
            continue
        if isinstance(viewer, Viewer):
            return Claim.of_row(db, taken, viewer)
        detail = viewer
        finish_run(db, row["report_id"], Outcome("failed", detail, 0.0, "", db.version(), {}), final=True)
    if unknown:
        raise next(iter(unknown.values()))
    return None


def finish_run(db: Database, report_id: str, outcome: Outcome, *, final: bool = False) -> dict[str, Any]:
    """Keep what an execution left behind and close the run, or queue it again if it failed and may be tried again.

    Parameters
    ----------
    db, report_id, outcome
        The database, the run, and what came of it.
    final
        Whether another try would be in vain.

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
    folder = folder_of(db, report_id)

    def write(transaction: Transaction) -> dict[str, Any]:
        row = running(transaction, report_id)
        _keep(folder, outcome.artifacts)
        change_state(
            transaction,
            row,
            outcome.state,
            detail=outcome.detail,
            seconds=outcome.seconds,
            code_revision=outcome.code_revision,
            data_version=outcome.data_version,
            reads_at=row["reads_at"],
            content_sha256=content_hash(outcome.artifacts),
        )
        if outcome.state == "failed" and not final and row["attempts"] <= (row["retries"] or 0):
            pause = _PAUSE * 2 ** (row["attempts"] - 1)
            again = transaction.now.replace(tzinfo=None) + pause
            change_state(transaction, row, "queued", detail=f"tried again: {outcome.detail}", not_before=again)
        return {"report_id": report_id, "state": outcome.state}

    return db.writer.write(write)


def leased_runs(db: Database, host: str) -> list[dict[str, Any]]:
    """The runs that workers of a host execute: ``report_id`` and ``worker``, as ``host/process``."""
    return db.reader.rows(ADMINISTRATOR, _LEASED, [f"{host}/"])


def release_run(db: Database, report_id: str, worker: str) -> dict[str, Any]:
    """Queue a run again whose worker is gone, or cannot execute it.

    Returns
    -------
    dict
        ``report_id`` and ``state``.

    Raises
    ------
    NotFound
        If there is no such run.
    Conflict
        If this worker does not execute it.
    """

    def write(transaction: Transaction) -> dict[str, Any]:
        row = running(transaction, report_id)
        if row["worker"] != worker:
            raise Conflict(f"the report run {report_id} is executed by {row['worker']}, not by {worker}.", report_id)
        change_state(transaction, row, "queued", detail=f"{worker} is gone.")
        return {"report_id": report_id, "state": "queued"}

    return db.writer.write(write)


def cancel_run(db: Database, viewer: Viewer, report_id: str) -> dict[str, Any]:
    """End a run that is queued, or drop what comes of one that runs.

    Returns
    -------
    dict
        ``report_id`` and ``state``.

    Raises
    ------
    NotFound
        If there is no such run that the viewer may see.
    PermissionRefused
        If somebody else asked for it; runs that no person asked for are ended by any of those who get them.
    Conflict
        If it has ended.
    """
    viewer.require("report")
    asked_by = run_record(db, viewer, report_id)["requested_by"]
    if asked_by not in (viewer.name, SCHEDULER) and not viewer.administers:
        raise PermissionRefused(f"{asked_by} asked for the report run {report_id}, and may end it.", report_id)

    def write(transaction: Transaction) -> dict[str, Any]:
        [row] = transaction.rows(_STATE, [report_id])
        if row["state"] not in ("queued", "running"):
            raise Conflict(f"the report run {report_id} is {row['state']}: it has ended.", report_id)
        change_state(transaction, row, "cancelled", detail=f"by {viewer.name}")
        return {"report_id": report_id, "state": "cancelled"}

    return db.writer.write(write)


def _claimable(transaction: Transaction, report_id: str | None) -> list[dict[str, Any]]:
    now = transaction.now.replace(tzinfo=None)
    return [row for row in transaction.rows(_CLAIMABLE, [now, now]) if report_id in (None, row["report_id"])]


def _taken(transaction: Transaction, row: Mapping[str, Any], worker: str) -> dict[str, Any] | None:
    if transaction.rows(_NEWEST_STATE, [row["report_id"]])[0]["state_id"] != row["state_id"]:
        return None  # another worker has it, or it was cancelled
    if row["attempts"] >= _most_attempts(row):
        change_state(transaction, row, "failed", detail=f"no worker finished it in {row['attempts']} attempts")
        return None
    now = transaction.now.replace(tzinfo=None)
    reads_at, until = row["as_of"] or now, now + run_lease(_timeout(row))
    change_state(transaction, row, "running", worker=worker, lease_until=until, reads_at=reads_at)
    return {**row, "reads_at": reads_at}


def _viewer(db: Database, row: Mapping[str, Any], rights: Rights) -> Viewer | str:
    """With whose rights a run reads: of a schedule's owner no more than he has now; or why he may not run it.

    What is read for a group has nothing that only who asked may see.
    """
    groups, streams = frozenset(row["rights"]), frozenset(row["rights_streams"])
    scopes = scopes_of(db, row)
    if row["schedule_id"] is not None or row["report_template_id"] is not None:
        asked_by = row["requested_by"]
        owner = ADMINISTRATOR if asked_by == ADMINISTRATOR.name else rights(asked_by)
        if owner is None:
            return f"{asked_by} may not run this report any more."
        if not owner.administers:
            if not {"report", *scopes} <= owner.scopes:
                return f"{asked_by} may not run this report any more."
            if (group := _group_of(db, row)) not in (None, *owner.groups):
                return f"{asked_by} is not in the group {group} any more, whose report this is."
            groups, streams = groups & owner.groups, streams & owner.streams
    own = db.access.groups.get(f"{PERSONAL}{row['requested_by']}") in db.access.members(row["acl"])[0]
    return Viewer(row["requested_by"], groups, streams, frozenset({"view", *scopes}), personal=own)


def _group_of(db: Database, row: Mapping[str, Any]) -> str | None:
    version = None if row["report_template_id"] is None else template_of_run(db, row).version
    return None if version is None else version.group


def running(transaction: Transaction, report_id: str) -> dict[str, Any]:
    rows = transaction.rows(_STATE, [report_id])
    if not rows:
        raise NotFound(f"there is no report run {report_id!r}.", report_id)
    if rows[0]["state"] != "running":
        raise Conflict(
            f"the report run {report_id} is {rows[0]['state']}: only a running one can be finished.", report_id
        )
    return rows[0]


def _most_attempts(row: Mapping[str, Any]) -> int:
    return max(_ATTEMPTS, (row["retries"] or 0) + 1)


def _timeout(row: Mapping[str, Any]) -> int:
    return row["timeout"] or _USUAL_TIMEOUT


def run_lease(timeout: int) -> timedelta:
    """How long a run with a time-out (s) is leased."""
    return timedelta(seconds=timeout) + _MARGIN


def _keep(folder: Path, artifacts: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, content in artifacts.items():
        (folder / ARTIFACTS[kind]).write_text(content, encoding="utf-8")
