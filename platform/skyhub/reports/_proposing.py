"""Proposing versions of a group's report, and taking them into force: each step is a fact with its author."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import Conflict, InvalidInput, PermissionRefused
from skyhub.reports._catalog import report_template, source_hash
from skyhub.reports._group_templates import (
    group_template,
    group_template_row,
    group_version,
    require_runnable,
)
from skyhub.reports._runs import request_run
from skyhub.reports._source_rules import checked_name, checked_notebook, checked_sidecar, require_fit

__all__ = ["activate_template", "deactivate_template", "dry_run_template", "fork_template", "propose_template"]

_LONGEST_REASON = 4000
_NEWEST = "SELECT * FROM report_templates WHERE name = ? AND group_id = ? ORDER BY version DESC LIMIT 1"
_NEWEST_STATE = """
    SELECT version, active FROM report_template_states WHERE report_template_id = ?
    ORDER BY report_template_state_id DESC LIMIT 1
"""
_DONE = """
    SELECT r.report_id FROM @report_runs AS r JOIN (SELECT report_id, state FROM @report_states
        QUALIFY row_number() OVER (PARTITION BY report_id ORDER BY state_id DESC) = 1) AS s USING (report_id)
    WHERE r.report_template_id = ? AND r.template_version = ? AND r.dry_run AND s.state = 'done'
    ORDER BY r.known_at DESC LIMIT 1
"""


def fork_template(db: Database, viewer: Viewer, group: str, name: str, shipped: str) -> dict[str, Any]:
    """Make a report that comes with skyhub the first version of a group's own; its schedule stays behind.

    Returns
    -------
    dict
        The template as `group_template` gives it.

    Raises
    ------
    NotFound
        If there is no such report.
    InvalidInput
        If the name cannot be one of a group's report.
    Conflict
        If the group has a report of this name.
    PermissionRefused
        If the viewer may not write reports of the group.
    """
    group_id = _group_to_write_for(db, viewer, group)
    template = report_template(shipped)
    own = {key: value for key, value in yaml.safe_load(template.sidecar_text).items() if key != "schedule"}
    sidecar = yaml.safe_dump(own, sort_keys=False, allow_unicode=True, width=120)
    original = {"notebook": template.source, "sidecar": template.sidecar_text}
    forked = {"forked_from": shipped, "forked_sha256": template.sha256, "original": json.dumps(original)}
    row = {**_row(viewer, group_id, name, template.source, sidecar), **forked}

    def write(transaction: Transaction) -> int:
        if transaction.rows(_NEWEST, [name, group_id]):
            raise Conflict(
                f"{group} has a report {name!r} already: choose another name, or upload a new version of it.", "name"
            )
        return _stored(db, transaction, row, None)

    return group_template(db, viewer, db.writer.write(write))


def propose_template(
    db: Database,
    viewer: Viewer,
    group: str,
    name: str,
    notebook: str,
    sidecar: str,
    *,
    follows_shipped: bool = False,
) -> dict[str, Any]:
    """Store a report of a group, or a new version of the group's report of this name; it is not in force yet.

    Parameters
    ----------
    db, viewer
        The database, and who proposes: one who may save for the group.
    group, name
        Whose report it is, and its name; one for each report of a group.
    notebook
        JSON of the notebook, without outputs, with one cell of parameters.
    sidecar
        YAML that describes it, as those in ``notebooks/reports`` do.
    follows_shipped
        Of a version of a fork: it takes over what the report that it was forked from has become by now.

    Returns
    -------
    dict
        The template as `group_template` gives it. A version that equals the newest one is not stored again.

    Raises
    ------
    InvalidInput
        If anything does not fit; then nothing is stored.
    PermissionRefused
        If the viewer may not write reports of the group.
    """
    group_id = _group_to_write_for(db, viewer, group)
    row = _row(viewer, group_id, name, notebook, sidecar)

    def write(transaction: Transaction) -> int:
        before = next(iter(transaction.rows(_NEWEST, [name, group_id])), None)
        fork = _fork_of(before, follows_shipped=follows_shipped)
        same = ("sha256", "forked_sha256")
        if before is not None and all({**row, **fork}[key] == before[key] for key in same):
            return int(before["report_template_id"])
        return _stored(db, transaction, {**row, **fork}, before)

    return group_template(db, viewer, db.writer.write(write))


def dry_run_template(db: Database, viewer: Viewer, number: int, version: int, given: dict[str, Any]) -> str:
    """Ask for a dry run of a version: with the rights of who asks, for who asks alone.

    Returns
    -------
    str
        The identifier of the run.

    Raises
    ------
    NotFound
        If there is no such version of a report of the viewer's groups.
    InvalidInput
        If a parameter does not fit.
    PermissionRefused
        If the viewer may not run reports, or the version was never in force and the viewer neither wrote it nor administers
        its group.
    """
    template = group_version(db, viewer, number, version)
    require_runnable(db, viewer, template)
    return request_run(db, viewer, template, given, dry_run=True)


def activate_template(
    db: Database, viewer: Viewer, number: int, version: int, reason: str | None = None
) -> dict[str, Any]:
    """Take a version into force in the place of the one that is; for those who administer its group.

    Raises
    ------
    NotFound, PermissionRefused
        If the viewer may not see the version, or does not administer its group.
    Conflict
        If it has no dry run that succeeded, or is in force already.
    """
    row = _led(db, viewer, number, version)
    done = db.reader.rows(ADMINISTRATOR, _DONE, [number, version])
    if not done:
        raise Conflict(
            f"version {version} of {row['name']} has no dry run that succeeded: ask for one, and look at what it says.",
            str(number),
        )
    return _set(db, viewer, row, {"active": True, "reason": reason, "report_id": done[0]["report_id"]})


def deactivate_template(db: Database, viewer: Viewer, number: int, reason: str | None = None) -> dict[str, Any]:
    """Take a report out of force; for those who administer its group. Its runs and versions stay.

    Raises
    ------
    NotFound, PermissionRefused
        If the viewer may not see it, or does not administer its group.
    Conflict
        If no version of it is in force.
    """
    found = group_template(db, viewer, number)
    row = _led(db, viewer, number, found["current"] or 1)
    return _set(db, viewer, row, {"active": False, "reason": reason})


def _row(viewer: Viewer, group_id: int, name: str, notebook: str, sidecar: str) -> dict[str, Any]:
    name, notebook = checked_name(name), checked_notebook(notebook)
    require_fit(notebook, checked_sidecar(sidecar))
    text = {"notebook": notebook, "sidecar": sidecar, "sha256": source_hash(notebook, sidecar)}
    return {"name": name, "group_id": group_id, **text, "author": viewer.name}


def _fork_of(before: Mapping[str, Any] | None, *, follows_shipped: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {name: before and before[name] for name in ("forked_from", "forked_sha256", "original")}
    if not follows_shipped:
        return kept
    if kept["forked_from"] is None:
        raise InvalidInput(
            "this report was not forked from one that comes with skyhub: it follows none.", "follows_shipped"
        )
    shipped = report_template(kept["forked_from"])
    original = {"notebook": shipped.source, "sidecar": shipped.sidecar_text}
    return {**kept, "forked_sha256": shipped.sha256, "original": json.dumps(original)}


def _stored(db: Database, transaction: Transaction, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> int:
    number = before["report_template_id"] if before else transaction.next_id("report_templates", "report_template_id")
    numbered = {**row, "report_template_id": number, "version": before["version"] + 1 if before else 1}
    transaction.insert("report_templates", [{**numbered, "acl": transaction.acl(groups=[row["group_id"]])}])
    _announce(db, transaction, numbered, {"user": row["author"], "action": "proposed"})
    return int(number)


def _set(db: Database, viewer: Viewer, row: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    if len(state["reason"] or "") > _LONGEST_REASON:
        raise InvalidInput(
            f"the reason has {len(state['reason'])} characters: {_LONGEST_REASON} are permitted.", "reason"
        )
    number, version, name = row["report_template_id"], row["version"], row["name"]

    def write(transaction: Transaction) -> None:
        found = next(iter(transaction.rows(_NEWEST_STATE, [number])), None)
        current = found["version"] if found and found["active"] else None
        if state["active"] and current == version:
            raise Conflict(f"version {version} of {name} is in force already.", str(number))
        if not state["active"] and current is None:
            raise Conflict(f"no version of {name} is in force.", str(number))
        transaction.insert(
            "report_template_states",
            [
                {
                    "report_template_state_id": transaction.next_id(
                        "report_template_states", "report_template_state_id"
                    ),
                    "report_template_id": number,
                    "version": version,
                    "user_name": viewer.name,
                    **state,
                    "acl": transaction.acl(groups=[row["group_id"]]),
                }
            ],
        )
        action = "taken into force" if state["active"] else "taken out of force"
        _announce(db, transaction, row, {"user": viewer.name, "action": action})

    db.writer.write(write)
    return group_template(db, viewer, number)


def _announce(db: Database, transaction: Transaction, row: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    group = db.access.names_of_groups()[row["group_id"]]
    about = {"report_template_id": str(row["report_template_id"]), "name": f"{group}/{row['name']}"}
    acl = transaction.acl(groups=[row["group_id"]])
    transaction.announce("report_templates", {**told, **about, "version": row["version"]}, acl)


def _led(db: Database, viewer: Viewer, number: int, version: int) -> dict[str, Any]:
    """The row of a version of a report that the viewer answers for."""
    viewer.require("report")
    row = group_template_row(db, viewer, number, version)
    if row["group_id"] not in db.access.administered(viewer):
        raise PermissionRefused(
            f"{viewer.name} may not take {row['name']} into or out of force: those who administer "
            f"{db.access.names_of_groups()[row['group_id']]} may.",
            str(number),
        )
    return row


def _group_to_write_for(db: Database, viewer: Viewer, group: str) -> int:
    """The number of a group that the viewer may write reports of."""
    for scope in ("report", "save"):
        viewer.require(scope)
    permitted = db.access.savable(viewer)
    number = db.access.groups.get(group, -1)
    if number not in permitted:
        shown = ", ".join(db.access.group_names(permitted)) or "none"
        raise PermissionRefused(f"{viewer.name} may not write reports of {group}: {shown} are permitted.", "group")
    return number
