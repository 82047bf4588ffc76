"""Templates of reports that groups keep: read, and found by name beside those that come with skyhub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from skyhub.db import ADMINISTRATOR, Database, Viewer, iso
from skyhub.errors import NotFound, PermissionRefused
from skyhub.reports._catalog import GroupVersion, ReportTemplate, report_template, report_templates
from skyhub.reports._cell_diff import cell_differences, line_differences
from skyhub.reports._source_rules import read_sidecar

__all__ = [
    "find_template",
    "group_template",
    "group_template_row",
    "group_templates",
    "group_version",
    "known_templates",
    "require_runnable",
    "template_differences",
    "template_of_run",
    "template_version",
]

SEPARATOR = "/"
_STATES = "SELECT * FROM @report_template_states WHERE report_template_id = ? ORDER BY report_template_state_id"
_ROWS = "SELECT * FROM @report_templates WHERE report_template_id = ? ORDER BY version"
_CURRENT = """
    SELECT t.* FROM @report_templates AS t JOIN (
        SELECT report_template_id, version, active FROM @report_template_states
        QUALIFY row_number() OVER (PARTITION BY report_template_id ORDER BY report_template_state_id DESC) = 1
    ) AS s USING (report_template_id, version) WHERE s.active ORDER BY t.name
"""
_NUMBERS = "SELECT DISTINCT report_template_id AS number FROM @report_templates ORDER BY 1"
_VERSION = "SELECT * FROM @report_templates WHERE report_template_id = ? AND version = ?"
_DRY_RUNS = """
    SELECT r.report_id, r.template_version, r.requested_by, s.state, s.known_at FROM @report_runs AS r
    JOIN (SELECT report_id, state, known_at FROM @report_states
        QUALIFY row_number() OVER (PARTITION BY report_id ORDER BY state_id DESC) = 1) AS s USING (report_id)
    WHERE r.report_template_id = ? AND r.dry_run ORDER BY r.known_at
"""


def known_templates(db: Database, viewer: Viewer, as_of: datetime | None = None) -> dict[str, ReportTemplate]:
    """The reports that a viewer may run, by name: those that come with skyhub, and the current ones of the viewer's groups."""
    rows = db.reader.rows(viewer, _CURRENT, (), as_of)
    own = [_template(db, row) for row in rows]
    return {**report_templates(), **{template.name: template for template in sorted(own, key=lambda t: t.name)}}


def find_template(db: Database, viewer: Viewer, name: str) -> ReportTemplate:
    """A report by its name; a group's by ``GROUP/NAME``, in its current version.

    Raises
    ------
    NotFound
        If there is none of this name that the viewer may run; the message names those that there are.
    """
    if SEPARATOR not in name:
        return report_template(name)
    known = known_templates(db, viewer)
    if name not in known:
        raise NotFound(
            f"there is no report {name!r} among those that you may run: {', '.join(known)} are permitted.", name
        )
    return known[name]


def template_of_run(db: Database, run: Mapping[str, Any]) -> ReportTemplate:
    """The report that a row of ``report_runs`` executes, in the very version. Raises `NotFound` if there is none any more."""
    if run["report_template_id"] is None:
        return report_template(run["name"])
    [row] = db.reader.rows(ADMINISTRATOR, _VERSION, [int(run["report_template_id"]), run["template_version"]])
    return _template(db, row)


def group_templates(db: Database, viewer: Viewer, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """All templates of the viewer's groups, as `group_template` gives each."""
    numbers = [row["number"] for row in db.reader.rows(viewer, _NUMBERS, (), as_of)]
    return [group_template(db, viewer, number, as_of) for number in numbers]


def group_template(db: Database, viewer: Viewer, number: int, as_of: datetime | None = None) -> dict[str, Any]:
    """One template of a group.

    Returns
    -------
    dict
        ``report_template_id``; ``name`` (``GROUP/NAME``), ``group``, ``title`` and ``description`` of the newest version;
        ``forked_from``, and ``original_changed``: whether that report is another one by now than the newest version follows;
        ``current``: the version in force, or null; ``versions``: ``version, sha256, author, proposed_at, forked_sha256`` and
        the ``dry_runs`` of each: whose they are, and how they ended; ``states``: who made which version current when, and why.

    Raises
    ------
    NotFound
        If there is none of this number among those of the viewer's groups.
    """
    rows = _rows(db, viewer, number, as_of)
    states = db.reader.rows(viewer, _STATES, [number], as_of)
    dry_runs = db.reader.rows(ADMINISTRATOR, _DRY_RUNS, [number], as_of)  # that there were some, not what they read
    newest = _template(db, rows[-1])
    assert newest.version is not None
    return {
        "report_template_id": str(number),
        "name": newest.name,
        "group": newest.version.group,
        "title": newest.sidecar.title,
        "description": newest.sidecar.description,
        "parameters": newest.sidecar.model_dump(exclude_none=True)["parameters"],
        "forked_from": rows[-1]["forked_from"],
        "original_changed": _original_changed(rows[-1]),
        "current": states[-1]["version"] if states and states[-1]["active"] else None,
        "versions": [
            {
                **{name: row[name] for name in ("version", "sha256", "author", "forked_sha256")},
                "proposed_at": iso(row["known_at"]),
                "dry_runs": [_dry_run(run) for run in dry_runs if run["template_version"] == row["version"]],
            }
            for row in rows
        ],
        "states": [
            {
                **{name: state[name] for name in ("version", "active", "user_name", "reason", "report_id")},
                "at": iso(state["known_at"]),
            }
            for state in states
        ],
    }


def template_version(
    db: Database, viewer: Viewer, number: int, version: int, as_of: datetime | None = None
) -> dict[str, Any]:
    """The ``notebook`` (JSON, as text) and the ``sidecar`` (YAML) of a version; it raises `NotFound` as `group_template` does."""
    row = _one(_rows(db, viewer, number, as_of), version)
    return {name: row[name] for name in ("version", "sha256", "notebook", "sidecar")}


def group_template_row(db: Database, viewer: Viewer, number: int, version: int) -> dict[str, Any]:
    """The row of a version. Raises `NotFound` if the viewer may see none of these numbers."""
    return _one(_rows(db, viewer, number), version)


def group_version(db: Database, viewer: Viewer, number: int, version: int) -> ReportTemplate:
    """A version of a group's report, current or not. Raises `NotFound` if the viewer may see none of these numbers."""
    return _template(db, group_template_row(db, viewer, number, version))


def require_runnable(db: Database, viewer: Viewer, template: ReportTemplate) -> None:
    """Raise `PermissionRefused` unless a version was in force at some time, or the viewer wrote it or answers for it.

    A notebook runs with all that its runner may do: nobody runs by accident what nobody has answered for.
    """
    version = template.version
    if version is None:
        return
    states = db.reader.rows(ADMINISTRATOR, _STATES, [version.report_template_id])
    [row] = db.reader.rows(ADMINISTRATOR, _VERSION, [version.report_template_id, version.version])
    led = row["group_id"] in db.access.administered(viewer)
    if (
        not led
        and row["author"] != viewer.name
        and version.version not in {s["version"] for s in states if s["active"]}
    ):
        raise PermissionRefused(
            f"version {version.version} of {template.name} was never made current: its author {row['author']} and those who "
            f"administer {version.group} may run it.",
            template.name,
        )


def template_differences(
    db: Database,
    viewer: Viewer,
    number: int,
    version: int,
    against: str = "original",
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """How a version differs from another text.

    Parameters
    ----------
    db, viewer, number, version, as_of
        The database, who asks, of which version, and at which time.
    against
        ``original``: the report that it was forked from, as it was then; ``shipped``: that report as it is now; or the number
        of a version.

    Returns
    -------
    dict
        ``version``, ``against``, ``cells`` as `cell_differences` gives them, and ``sidecar``: the lines that differ there.

    Raises
    ------
    NotFound
        If there is no such version, or nothing to compare it with.
    """
    rows = _rows(db, viewer, number, as_of)
    row = _one(rows, version)
    notebook, sidecar = _other(rows, row, against)
    return {
        "version": version,
        "against": against,
        "cells": cell_differences(notebook, row["notebook"]),
        "sidecar": line_differences(sidecar, row["sidecar"]),
    }


def _other(rows: list[dict[str, Any]], row: Mapping[str, Any], against: str) -> tuple[str, str]:
    if against.isdecimal() and len(against) < 10:
        other = _one(rows, int(against))
        return other["notebook"], other["sidecar"]
    if against not in ("original", "shipped"):
        raise NotFound(
            f"{against!r} is nothing to compare with: original, shipped or a version are permitted.", against
        )
    if row["forked_from"] is None:
        raise NotFound("this report was not forked from another: compare it with one of its versions.", against)
    if against == "shipped":
        shipped = report_template(row["forked_from"])
        return shipped.source, shipped.sidecar_text
    original = json.loads(row["original"])
    return original["notebook"], original["sidecar"]


def _original_changed(row: Mapping[str, Any]) -> bool:
    """Whether the report that a version follows is another one by now, or gone."""
    if row["forked_from"] is None:
        return False
    shipped = report_templates().get(row["forked_from"])
    return shipped is None or shipped.sha256 != row["forked_sha256"]


def _rows(db: Database, viewer: Viewer, number: int, as_of: datetime | None = None) -> list[dict[str, Any]]:
    rows = db.reader.rows(viewer, _ROWS, [number], as_of)
    if not rows:
        raise NotFound(f"there is no report template {number} among those of your groups.", str(number))
    return rows


def _one(rows: list[dict[str, Any]], version: int) -> dict[str, Any]:
    found = next((row for row in rows if row["version"] == version), None)
    if found is None:
        raise NotFound(
            f"there is no version {version} of {rows[0]['name']}: 1 to {len(rows)} are permitted.", str(version)
        )
    return found


def _template(db: Database, row: Mapping[str, Any]) -> ReportTemplate:
    group = db.access.names_of_groups().get(row["group_id"], "")
    version = GroupVersion(row["report_template_id"], row["version"], group, row["sha256"], row["notebook"])
    return ReportTemplate(f"{group}{SEPARATOR}{row['name']}", None, read_sidecar(row["sidecar"]), version)


def _dry_run(run: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: run[name] for name in ("report_id", "requested_by", "state")}
    return {**told, "changed_at": iso(run["known_at"])}
