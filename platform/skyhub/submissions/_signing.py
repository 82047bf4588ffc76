"""Reviews and approvals: by persons of a circular's groups, of the very version that they have seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyhub.circulars import Circular, lint
from skyhub.config import load_settings
from skyhub.db import Database, Transaction, Viewer
from skyhub.errors import Conflict, PermissionRefused
from skyhub.records import current_row, get
from skyhub.submissions._drafts import CIRCULARS, warnings_of
from skyhub.submissions._standing import FROZEN, Standing, put_step, standing_of

__all__ = [
    "CircularRules",
    "approve_circular",
    "require_member",
    "require_seen",
    "review_circular",
    "withdraw_approval",
]


class CircularRules:
    """What the settings said of circulars when the database was opened."""

    def __init__(self, db: Database) -> None:
        self.settings = load_settings().circulars


def review_circular(db: Database, viewer: Viewer, circular_id: int, version: int) -> dict[str, Any]:
    """Note that somebody has read a version of a circular and finds it right.

    Raises
    ------
    PermissionRefused
        If the viewer is in none of its groups.
    Conflict
        If another version is in force, or it is on its way already.
    """
    viewer.require(CIRCULARS.scope)
    row = _row(db, viewer, circular_id)

    def write(transaction: Transaction) -> None:
        stands = require_seen(transaction, row, version)
        _require_here(row, stands)
        put_step(transaction, row, "reviewed", viewer.name)

    db.writer.write(write)
    return get(db, viewer, CIRCULARS, circular_id)


def approve_circular(
    db: Database, viewer: Viewer, circular_id: int, version: int, *, despite_warnings: bool = False
) -> dict[str, Any]:
    """Approve a version of a circular that was reviewed: from then on it may be sent, until somebody edits it.

    Parameters
    ----------
    db, viewer, circular_id
        The database, who approves, and what.
    version
        The version that the viewer has seen.
    despite_warnings
        Whether the viewer knows of what is warned of, such as that the event was retracted.

    Raises
    ------
    PermissionRefused
        If the viewer may not approve, is in none of its groups, or nobody but its last editor has looked at it.
    Conflict
        If it was not reviewed, the linter finds errors, something is warned of, or another version is in force.
    """
    viewer.require("approve")
    row = _row(db, viewer, circular_id)
    _require_no_errors(row)
    warnings = warnings_of(db, viewer, row["event"])
    if warnings and not despite_warnings:
        raise Conflict(
            f"{'; '.join(warnings)}: if it is to be sent all the same, approve it despite the warning.",
            "despite_warnings",
        )
    second = db.part(CircularRules).settings.second_person

    def write(transaction: Transaction) -> None:
        stands = require_seen(transaction, row, version)
        _require_here(row, stands)
        if not stands.reviewed_by:
            raise Conflict(
                f"version {version} was not reviewed: somebody reads it, and says so, before it is approved."
            )
        if second and {*stands.reviewed_by, viewer.name} <= {row["edited_by"]}:
            raise PermissionRefused(
                f"{viewer.name} edited this version last: somebody else of its groups has to review or to approve it "
                "(circulars.second_person).",
                f"circulars/{circular_id}",
            )
        put_step(transaction, row, "approved", viewer.name, despite=warnings)

    db.writer.write(write)
    return get(db, viewer, CIRCULARS, circular_id)


def withdraw_approval(db: Database, viewer: Viewer, circular_id: int, reason: str = "") -> dict[str, Any]:
    """Take reviews and approval of a circular back; it is not sent if it has not left the house.

    Raises
    ------
    PermissionRefused
        If the viewer is in none of its groups.
    Conflict
        If there is nothing to take back, or it may have been sent.
    """
    viewer.require(CIRCULARS.scope)
    row = _row(db, viewer, circular_id)

    def write(transaction: Transaction) -> None:
        stands = require_seen(transaction, row, row["version"])
        if stands.state == "draft":
            raise Conflict(f"circular {circular_id} is a draft: there is no approval to withdraw.")
        if stands.state in FROZEN or stands.unsure:
            raise Conflict(f"circular {circular_id} is {stands.state}: it may have been sent, and cannot be withdrawn.")
        put_step(transaction, row, "withdrawn", viewer.name, detail=reason[:500] or None)

    db.writer.write(write)
    return get(db, viewer, CIRCULARS, circular_id)


def require_member(db: Database, viewer: Viewer, row: Mapping[str, Any]) -> None:
    """Raise `PermissionRefused` unless the viewer is in one of a circular's groups, or it is the viewer's own."""
    groups, _ = db.access.members(row["acl"])
    if not (viewer.administers or viewer.name == row["author"] or groups & db.access.group_ids(viewer)):
        raise PermissionRefused(
            f"{viewer.name} is in none of the groups of circular {row['circular_id']}: its members write and sign it.",
            f"circulars/{row['circular_id']}",
        )


def require_seen(transaction: Transaction, row: Mapping[str, Any], version: int) -> Standing:
    """How far the version in force has come. Raises `Conflict` if it is another one than somebody has seen."""
    [newest] = transaction.rows(
        "SELECT max(version) AS version, bool_or(known_until IS NULL) AS there FROM circulars WHERE circular_id = ?",
        [row["circular_id"]],
    )
    if (newest["version"], newest["there"], row["version"]) != (version, True, version):
        raise Conflict(
            f"circular {row['circular_id']} has version {newest['version']} by now, not {version}: look at it again.",
            f"circulars/{row['circular_id']}",
        )
    return standing_of(transaction, row["circular_id"], version)


def _row(db: Database, viewer: Viewer, circular_id: int) -> dict[str, Any]:
    row = current_row(db, viewer, CIRCULARS, circular_id)
    require_member(db, viewer, row)
    return row


def _require_here(row: Mapping[str, Any], stands: Standing) -> None:
    if stands.state in FROZEN or stands.state == "queued":
        raise Conflict(f"circular {row['circular_id']} is {stands.state}: it was approved, and is on its way or sent.")


def _require_no_errors(row: Mapping[str, Any]) -> None:
    errors = [found for found in lint(Circular(row["subject"], row["body"])) if found.severity == "error"]
    if errors:
        told = "; ".join(f"{found.rule}: {found.message}" for found in errors[:5])
        raise Conflict(f"the linter finds {len(errors)} errors, so that it cannot be approved: {told}.", "body")
