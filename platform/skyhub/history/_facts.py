"""What became known of an object as facts that are no records: alerts, points, candidates, decisions, reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.history._entry import Entry

__all__ = ["fact_entries"]


@dataclass(frozen=True)
class _Fact:
    """Facts of one table: the columns ``at, action, who, record_id`` of its statement, and the rest, which is told."""

    table: str
    sql: str
    parameter: Callable[[str], str] = str


_FACTS = (
    _Fact(
        "objects",
        "SELECT known_at AS at, 'added' AS action, NULL AS who, NULL AS record_id, survey, ra, dec "
        "FROM @objects WHERE object_id = ?",
    ),
    _Fact(
        "alerts",
        "SELECT known_at AS at, 'received' AS action, NULL AS who, candid AS record_id, mjd, filter, mag, magerr, drb "
        "FROM @alerts WHERE object_id = ?",
    ),
    _Fact(
        "photometry",
        "SELECT known_at AS at, if(min(version) > 1, 'revised', 'received') AS action, owner AS who, "
        "upload_id AS record_id, origin, instrument, count(*) AS n_points, "
        "list_sort(list(DISTINCT filter)) AS filters, min(mjd) AS first_mjd, max(mjd) AS last_mjd "
        "FROM @photometry* WHERE object_id = ? GROUP BY known_at, owner, upload_id, origin, instrument",
    ),
    _Fact(
        "candidates",
        "SELECT c.known_at AS at, 'passed' AS action, NULL AS who, c.candidate_id AS record_id, "
        "any_value(f.name) AS filter, any_value(c.mjd) AS mjd, any_value(c.mag) AS mag "
        "FROM @candidates AS c LEFT JOIN @filters AS f USING (filter_id) WHERE c.object_id = ? "
        "GROUP BY c.known_at, c.candidate_id",
    ),
    _Fact(
        "decisions",
        "SELECT known_at AS at, verdict AS action, user_name AS who, decision_id AS record_id, candidate_id, group_ids "
        "FROM @decisions WHERE object_id = ?",
    ),
    _Fact(
        "sources",
        "SELECT known_at AS at, if(active, 'saved', 'unsaved') AS action, saved_by AS who, decision_id AS record_id, "
        "[group_id] AS group_ids FROM @sources WHERE object_id = ?",
    ),
    _Fact(
        "reports",
        "SELECT known_at AS at, 'asked' AS action, requested_by AS who, report_id AS record_id, name, parameters "
        "FROM @report_runs WHERE contains(parameters, ?)",
        json.dumps,
    ),
)


def fact_entries(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> list[Entry]:
    """The facts about an object that the viewer may see."""
    return [
        _entry(db, viewer, fact, row)
        for fact in _FACTS
        for row in db.reader.rows(viewer, fact.sql, [fact.parameter(object_id)], as_of)
    ]


def _entry(db: Database, viewer: Viewer, fact: _Fact, row: dict[str, Any]) -> Entry:
    at, action, who, record_id = (row.pop(name) for name in ("at", "action", "who", "record_id"))
    if "group_ids" in row:
        row["groups"] = db.access.names_known_to(viewer, row.pop("group_ids"))
    if "parameters" in row:
        row["parameters"] = json.loads(row["parameters"])
    return Entry(
        at, fact.table, action, who, record_id, {name: value for name, value in row.items() if value is not None}
    )
