"""Verifying a report: the same run again, at the moment at which it read or now, and what differs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from skyhub.db import Database, Transaction, Viewer
from skyhub.errors import Conflict, PermissionRefused
from skyhub.reports._group_templates import group_version, require_runnable
from skyhub.reports._runs import artifact_path, content_hash, run_record, scopes_of, stored_run

__all__ = ["request_verification", "verification"]

_RUN = """
    SELECT name, parameters, rights, rights_streams, timeout, report_template_id, template_version, template_sha256, acl
    FROM @report_runs WHERE report_id = ?
"""
_MOST_DIFFERENCES = 1000


def request_verification(db: Database, viewer: Viewer, report_id: str, *, now: bool = False) -> str:
    """Ask for a run of the same report with the same parameters and rights, for the same groups.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    report_id
        The run to verify.
    now
        Read what is known now; by default, what was known when the run read.

    Returns
    -------
    str
        The identifier of the new run; when it is done, `verification` compares the two.

    Raises
    ------
    NotFound
        If there is no such run that the viewer may see, or it is of a report of a group that the viewer is not in.
    Conflict
        If it is not done, or was made before runs kept the moment at which they read.
    PermissionRefused
        If it read with more rights than the viewer has, or its notebook does what the viewer may not.
    """
    viewer.require("report")
    record = run_record(db, viewer, report_id)
    for scope in scopes_of(db, record):
        viewer.require(scope)
    _require_version(db, viewer, record)
    if record["state"] != "done":
        raise Conflict(
            f"the report run {report_id} is {record['state']}: only one that is done can be verified.", report_id
        )
    if record["reads_at"] is None:
        raise Conflict(
            f"the report run {report_id} does not tell when it read: run the report anew instead.", report_id
        )
    [run] = db.reader.rows(viewer, _RUN, [report_id])
    if not viewer.administers and not (
        set(run["rights"]) <= viewer.groups and set(run["rights_streams"]) <= viewer.streams
    ):
        raise PermissionRefused(
            f"the report run {report_id} read with groups or streams that you do not have: ask {record['requested_by']} "
            "to verify it, or run the report yourself.",
            report_id,
        )
    reads_at = None if now else datetime.fromisoformat(record["reads_at"]).replace(tzinfo=None)

    def write(transaction: Transaction) -> str:
        return stored_run(transaction, {**run, "requested_by": viewer.name, "as_of": reads_at, "verifies": report_id})

    return db.writer.write(write)


def verification(db: Database, viewer: Viewer, report_id: str, as_of: datetime | None = None) -> dict[str, Any]:
    """How a run that verifies another differs from it.

    Returns
    -------
    dict
        ``report_id, verifies``; ``reads_at`` and ``code_revision`` of both, as ``{"was", "is"}``; ``intact``: whether what
        is kept of the verified run is what it left behind; ``same``; ``differences``: facts as ``{"path", "was", "is"}`` (the
        queries are no facts of the sky, and left out) and lines of the text as ``{"path": "text", "was", "is"}``.

    Raises
    ------
    NotFound
        If there is no such run that the viewer may see.
    Conflict
        If it verifies none, or is not done.
    """
    after = run_record(db, viewer, report_id, as_of)
    if after["verifies"] is None or after["state"] != "done":
        state = after["state"] if after["verifies"] else "no verification"
        raise Conflict(
            f"the report run {report_id} is {state}: ask for a verification, and wait until it is done.", report_id
        )
    before = run_record(db, viewer, after["verifies"], as_of)
    was, now = (_said(db, viewer, record["report_id"]) for record in (before, after))
    found = [*_of_facts(json.loads(was["facts"]), json.loads(now["facts"])), *_of_text(was["text"], now["text"])]
    return {
        "report_id": report_id,
        "verifies": after["verifies"],
        **{name: {"was": before[name], "is": after[name]} for name in ("reads_at", "code_revision")},
        "intact": content_hash(was) == before["content_sha256"],
        "same": not found,
        "differences": found[:_MOST_DIFFERENCES],
    }


def _require_version(db: Database, viewer: Viewer, record: dict[str, Any]) -> None:
    """Of a group's report the same version runs again: by those who see it and may run it."""
    number = record["report_template_id"]
    if number is not None:
        require_runnable(db, viewer, group_version(db, viewer, int(number), record["template_version"]))


def _said(db: Database, viewer: Viewer, report_id: str) -> dict[str, str]:
    return {kind: artifact_path(db, viewer, report_id, kind).read_text(encoding="utf-8") for kind in ("facts", "text")}


def _of_facts(was: dict[str, Any], now: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in was | now:
        if name != "queries":
            yield from _of_values(name, was.get(name), now.get(name))


def _of_values(path: str, was: Any, now: Any) -> Iterator[dict[str, Any]]:
    """Where two JSON values differ, at the deepest path."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in was | now:
            yield from _of_values(f"{path}.{name}", was.get(name), now.get(name))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for i, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from _of_values(f"{path}[{i}]", one, other)
    elif type(was) is not type(now) or was != now:
        yield {"path": path, "was": was, "is": now}


def _of_text(was: str, now: str) -> Iterator[dict[str, Any]]:
    old, new = was.splitlines(), now.splitlines()
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield {"path": "text", "was": "\n".join(old[i:j]), "is": "\n".join(new[k:m])}
