"""The scan queue: one entry per object and night, of what the viewer's filters let through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from skyhub.candidates._decisions import current_decisions
from skyhub.db import Database, Viewer, json_rows
from skyhub.errors import InvalidInput

__all__ = ["STATUSES", "Selection", "queue", "queue_nights"]

STATUSES = ("unreviewed", "saved", "rejected", "all")
_LARGEST_PAGE = 2000

_QUEUE = """
    SELECT object_id, arg_max(candidate_id, (mjd, -candidate_id)) AS candidate_id, arg_max(candid, mjd) AS candid,
        arg_max(ra, mjd) AS ra, arg_max(dec, mjd) AS dec, max(c.mjd) AS mjd, arg_max(mag, mjd) AS mag,
        arg_max(filter, mjd) AS filter, arg_max(rb, mjd) AS rb, arg_max(drb, mjd) AS drb,
        max(n_detections) AS n_detections, max(c.dayobs) AS dayobs,
        list(DISTINCT f.name ORDER BY f.name) AS filters,
        list(DISTINCT f.group_id) FILTER (f.group_id IS NOT NULL) AS group_ids
    FROM @candidates AS c JOIN (SELECT DISTINCT filter_id, name, group_id FROM @filters) AS f USING (filter_id)
    WHERE c.dayobs = ? {conditions}
    GROUP BY object_id ORDER BY max(c.mjd) DESC, object_id LIMIT ?
"""


@dataclass(frozen=True)
class Selection:
    """Which candidates to list.

    Parameters
    ----------
    dayobs
        The night (date of its evening); the newest with candidates by default.
    group
        Only those that a filter of this group let through.
    status
        One of `STATUSES`: of the viewer's own decisions.
    limit
        At most so many entries (those with another status do not count).
    as_of
        Only what was known at this time.
    """

    dayobs: date | None = None
    group: str | None = None
    status: str = "all"
    limit: int = 500
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise InvalidInput(f"status {self.status!r} is not known: {', '.join(STATUSES)} are permitted.", "status")
        if not 1 <= self.limit <= _LARGEST_PAGE:
            raise InvalidInput(f"limit is {self.limit}: 1 to {_LARGEST_PAGE} are permitted.", "limit")


def queue(db: Database, viewer: Viewer, selection: Selection) -> dict[str, Any]:
    """The queue of one night: ``{"dayobs", "candidates", "counts"}``, newest detection first.

    Raises
    ------
    InvalidInput
        If the viewer is in no group of the name that was given.
    """
    dayobs = selection.dayobs or _newest_night(db, viewer, selection.as_of)
    entries = [] if dayobs is None else _entries(db, viewer, selection, dayobs)
    chosen = [e for e in entries if selection.status in ("all", e["status"])]
    counts = {status: sum(e["status"] == status for e in entries) for status in STATUSES[:-1]}
    return {
        "dayobs": None if dayobs is None else dayobs.isoformat(),
        "candidates": json_rows(chosen[: selection.limit]),
        "counts": {**counts, "all": len(entries)},
    }


def queue_nights(db: Database, viewer: Viewer, limit: int = 30) -> list[dict[str, Any]]:
    """The newest nights that have candidates, with the number of their objects."""
    rows = db.reader.rows(
        viewer,
        "SELECT dayobs, count(DISTINCT object_id) AS n_objects FROM @candidates GROUP BY dayobs ORDER BY dayobs DESC LIMIT ?",
        [limit],
    )
    return json_rows(rows)


def _newest_night(db: Database, viewer: Viewer, as_of: datetime | None) -> date | None:
    rows = db.reader.rows(viewer, "SELECT max(dayobs) AS dayobs FROM @candidates", [], as_of)
    night: date | None = rows[0]["dayobs"]
    return night


def _entries(db: Database, viewer: Viewer, selection: Selection, dayobs: date) -> list[dict[str, Any]]:
    condition, parameters = _group_condition(db, viewer, selection.group)
    rows = db.reader.rows(
        viewer, _QUEUE.format(conditions=condition), [dayobs, *parameters, _LARGEST_PAGE], selection.as_of
    )
    decided = current_decisions(db, viewer, [row["object_id"] for row in rows], selection.as_of)
    for row in rows:
        row["groups"] = db.access.group_names(row.pop("group_ids") or [])
        mine = [d["verdict"] for d in decided[row["object_id"]] if d["user"] == viewer.name]
        row["mine"] = mine[-1] if mine else None
        row["saved"] = any(d["verdict"] == "save" for d in decided[row["object_id"]])
        row["status"] = {"save": "saved", "reject": "rejected", None: "unreviewed"}[row["mine"]]
    return rows


def _group_condition(db: Database, viewer: Viewer, group: str | None) -> tuple[str, list[int]]:
    if group is None:
        return "", []
    number = db.access.groups.get(group)
    if number is None or number not in db.access.group_ids(viewer):
        mine = db.access.group_names(db.access.group_ids(viewer))
        raise InvalidInput(f"you are in no group {group!r}: {', '.join(mine) or 'none'} are permitted.", "group")
    return "AND f.group_id = ?", [number]
