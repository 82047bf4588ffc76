"""Blind injections: known objects are offered to the scanners of a group again, as if nobody had decided on them.

Until the injection is closed, its scanners see none of the decisions from before, and what they decide is kept apart
(`skyhub.db`). Who prepared it, and administrators of the platform, see what stands.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from skyhub.candidates._filter_book import visible_filters
from skyhub.candidates._nights import NightBook
from skyhub.db import Database, Transaction, Viewer, json_value
from skyhub.errors import Conflict, InvalidInput, NotFound
from skyhub.team import personal_group, require_leader

__all__ = ["close_injection", "injection_row", "injections", "offered", "prepare_injection"]

_MOST = 1000
_LONGEST_NAME = 60
_REVEALING = """
    SELECT object_id FROM @classifications WHERE object_id IN (SELECT unnest($1))
    UNION SELECT object_id FROM @comments WHERE object_id IN (SELECT unnest($1)) ORDER BY object_id
"""
_TOLD = ("injection_id", "name", "dayobs", "object_ids", "open", "author", "known_at")


def prepare_injection(
    db: Database,
    viewer: Viewer,
    members: Collection[str],
    name: str,
    group: str,
    object_ids: Sequence[str],
    dayobs: date | None = None,
) -> dict[str, Any]:
    """Offer known objects to the scanners of a group again, from now on.

    Parameters
    ----------
    db, viewer
        The database, and who prepares it: somebody who administers the group.
    members
        Who is in the group.
    name
        How the viewer calls it.
    group, object_ids
        Whose scanners, and which objects: each with a candidate of the group's filters in the night.
    dayobs
        The night whose queue offers them: by default the newest with candidates. One of another night would be told by
        its date.

    Returns
    -------
    dict
        ``injection_id, name, group, dayobs, object_ids, open, author, known_at`` and ``revealing``: those of the objects of
        which scanners can read comments or classes, which are not hidden from them.

    Raises
    ------
    NotFound, PermissionRefused
        If there is no such group among those that the viewer may know of, or others administer it.
    InvalidInput
        If nobody else is in the group, or objects are none of the night's candidates.
    Conflict
        If some are in an injection of the group already.
    """
    group_id = require_leader(db, viewer, group)["group_id"]
    scanners = sorted(set(members) - {viewer.name})
    if not scanners:
        raise InvalidInput(f"nobody but you is in {group}: there are no scanners to offer them to.", "group")
    if not 1 <= len(name.strip()) <= _LONGEST_NAME:
        raise InvalidInput(f"the name has {len(name)} characters: 1 to {_LONGEST_NAME} are permitted.", "name")
    names = sorted(set(object_ids))
    if not 1 <= len(names) <= _MOST:
        raise InvalidInput(f"{len(names)} objects were given: 1 to {_MOST} are permitted.", "object_ids")
    scanner = Viewer("", frozenset({group}))
    night = dayobs or db.part(NightBook).newest(scanner, None)
    if missing := sorted(set(names) - offered(db, scanner, group_id, night, names).keys()):
        raise InvalidInput(
            f"{len(missing)} objects are no candidates of {group} in the night {night}, such as {missing[0]}: "
            "give some that its filters let through, or another night.",
            "object_ids",
        )
    row = {"name": name.strip(), "group_id": group_id, "dayobs": night, "object_ids": names, "scanners": scanners}
    own = personal_group(db, viewer)
    stored = db.writer.write(lambda transaction: _open(transaction, viewer, row, own))
    db.reload_injections()
    return {**_told(db, stored), "revealing": [r["object_id"] for r in db.reader.rows(scanner, _REVEALING, [names])]}


def close_injection(db: Database, viewer: Viewer, injection_id: int) -> dict[str, Any]:
    """End an injection: all see what stands again, and the group may read the result.

    Raises
    ------
    NotFound
        If there is no such injection among those that the viewer may see.
    Conflict
        If it is closed already.
    """
    viewer.require("save")
    injection_row(db, viewer, injection_id)

    def write(transaction: Transaction) -> dict[str, Any]:
        sql = "SELECT * EXCLUDE (known_at, known_until) FROM injections WHERE injection_id = ? AND known_until IS NULL"
        [before] = transaction.rows(sql, [injection_id])
        if not before["open"]:
            raise Conflict(f"the injection {injection_id} is closed already.", str(injection_id))
        after = {"version": before["version"] + 1, "open": False, "edited_by": viewer.name}
        row = {**before, **after, "acl": transaction.acl([before["group_id"]])}
        transaction.insert("injections", [row])
        transaction.supersede("injections", "injection_id", {injection_id: row["version"]})
        _announce(transaction, viewer, "closed", row)
        return {**row, "known_at": transaction.now}

    closed = db.writer.write(write)
    db.reload_injections()
    return _told(db, closed)


def injections(db: Database, viewer: Viewer, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """The injections that a viewer may know of, newest first: those that the viewer prepared, and those of groups, once closed."""
    rows = db.reader.rows(viewer, "SELECT * FROM @injections ORDER BY injection_id DESC", [], as_of)
    return [_told(db, row) for row in rows]


def injection_row(db: Database, viewer: Viewer, injection_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """One injection. Raises `NotFound` if there is none of this number that the viewer may know of."""
    rows = db.reader.rows(viewer, "SELECT * FROM @injections WHERE injection_id = ?", [injection_id], as_of)
    if not rows:
        raise NotFound(f"there is no injection {injection_id} among those that you may see.", str(injection_id))
    return rows[0]


def offered(
    db: Database, viewer: Viewer, group_id: int, dayobs: date | None, names: Sequence[str]
) -> dict[str, set[int]]:
    """Of some objects, those that filters of a group let through in a night, with the numbers of these filters."""
    if dayobs is None:
        return {}
    night = db.part(NightBook).night(dayobs)
    own = [number for number, (_, group) in visible_filters(db, viewer).items() if group == group_id]
    places = night.visible(viewer)
    places = places[np.isin(night.filters[places], own)]
    found: dict[str, set[int]] = {}
    for name, number in zip(
        night.rows["object_id"].take(places).to_pylist(), night.filters[places].tolist(), strict=True
    ):
        found.setdefault(name, set()).add(number)
    return {name: found[name] for name in names if name in found}


def _open(transaction: Transaction, viewer: Viewer, given: dict[str, Any], own: int) -> dict[str, Any]:
    rows = transaction.rows(
        "SELECT object_ids FROM injections WHERE group_id = ? AND known_until IS NULL AND open", [given["group_id"]]
    )
    if taken := sorted(set(given["object_ids"]) & {name for row in rows for name in row["object_ids"]}):
        raise Conflict(f"{taken[0]} is in an injection that is open: close that first.", "object_ids")
    row = {
        **given,
        "injection_id": transaction.next_id("injections", "injection_id"),
        "version": 1,
        "open": True,
        "author": viewer.name,
        "edited_by": viewer.name,
        "acl": transaction.acl([own]),
    }
    transaction.insert("injections", [row])
    _announce(transaction, viewer, "opened", row)
    return {**row, "known_at": transaction.now}


def _announce(transaction: Transaction, viewer: Viewer, action: str, row: dict[str, Any]) -> None:
    told = {"action": action, "user": viewer.name, "injection_id": str(row["injection_id"]), "name": row["name"]}
    transaction.announce("injections", told, row["acl"])


def _told(db: Database, row: dict[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in _TOLD}
    document: dict[str, Any] = json_value({**told, "group": db.access.names_of_groups().get(row["group_id"])})
    return document
