"""How live filters fare: what each lets through in a night, what it costs, what it could not compute."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from skyhub.candidates._backlog import failing
from skyhub.candidates._faults import faults_of
from skyhub.candidates._filter_book import Versions, filter_versions, known_filters
from skyhub.db import Database, Viewer, json_value

__all__ = ["filter_passes", "filter_status"]

_NEWEST = "SELECT max(dayobs) AS dayobs FROM @alerts"
_ALERTS = "SELECT survey, count(*) AS n_alerts FROM @alerts WHERE dayobs = ? GROUP BY survey"
_PASSED = """
    SELECT filter_id, count(*) AS n_passed, count(DISTINCT object_id) AS n_objects FROM @candidates
    WHERE dayobs = ? GROUP BY filter_id
"""
_COST = (
    "SELECT sum(n_alerts * cost_ms) / sum(n_alerts) AS cost_ms FROM @filter_runs WHERE filter_id = ? AND version = ?"
)


def filter_passes(
    db: Database, viewer: Viewer, dayobs: date | None = None, as_of: datetime | None = None
) -> dict[str, Any]:
    """How many alerts each filter has let through in a night, among those that the viewer may see.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and for what time.
    dayobs
        The night; the newest with alerts by default.

    Returns
    -------
    dict
        ``dayobs``, and of each of the ``filters`` that the viewer may see ``filter_id, n_alerts`` (of its survey),
        ``n_passed, n_objects, fraction, failing, n_faults, last_fault``.
    """
    night = dayobs or db.reader.rows(viewer, _NEWEST, [], as_of)[0]["dayobs"]
    alerts = {row["survey"]: row["n_alerts"] for row in db.reader.rows(viewer, _ALERTS, [night], as_of)}
    passed = {row["filter_id"]: row for row in db.reader.rows(viewer, _PASSED, [night], as_of)}
    rows = []
    for number, known in sorted(known_filters(db, viewer, as_of).items()):
        n_alerts = alerts.get(known.newest["survey"], 0)
        n_passed, n_objects = (passed.get(number, {}).get(name, 0) for name in ("n_passed", "n_objects"))
        told = {"n_alerts": n_alerts, "n_passed": n_passed, "n_objects": n_objects}
        fraction = n_passed / n_alerts if n_alerts else None
        rows.append({"filter_id": str(number), **told, "fraction": fraction, **_fared(db, viewer, known, as_of)})
    return {"dayobs": json_value(night), "filters": rows}


def filter_status(db: Database, viewer: Viewer, filter_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """How a filter has fared since its live version went live.

    Returns
    -------
    dict
        ``failing`` (a function has failed: alerts wait until a version that can go on is live), ``n_faults`` (alerts on
        which something could not be computed), the ``last_fault``, and of a function ``cost_ms`` per alert.

    Raises
    ------
    NotFound
        If there is no such filter among those that the viewer may see.
    """
    known = filter_versions(db, viewer, filter_id, as_of)
    live = known.live_at()
    values = [filter_id, live["version"] if live else 0]
    return {**_fared(db, viewer, known, as_of), **db.reader.rows(viewer, _COST, values, as_of)[0]}


def _fared(db: Database, viewer: Viewer, known: Versions, as_of: datetime | None) -> dict[str, Any]:
    state = known.state_at()
    since = state["known_at"] if state else datetime.max.replace(tzinfo=UTC)
    return {"failing": failing(db, known, as_of), **faults_of(db, viewer, known.newest["filter_id"], since, as_of)}
