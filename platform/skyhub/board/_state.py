"""What the board shows, read through the client with the rights of who looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.client import Sky
from skyhub.errors import NotAuthenticated, SkyhubError

__all__ = ["BoardState", "read_board"]

_NIGHT = """
    WITH night AS (
        SELECT DISTINCT object_id FROM candidates WHERE dayobs = CAST($dayobs AS DATE)
    ), decided AS (
        SELECT object_id, bool_or(verdict = 'save') AS saved FROM (
            SELECT * FROM decisions
            WHERE verdict <> 'undo' AND decision_id NOT IN (SELECT undoes FROM decisions WHERE undoes IS NOT NULL)
                AND object_id IN (SELECT object_id FROM night)
            QUALIFY row_number() OVER (PARTITION BY object_id, user_name ORDER BY decision_id DESC) = 1)
        GROUP BY object_id
    ), came AS (
        SELECT count(*) AS n_alerts, max(known_at) AS last_alert_at FROM alerts WHERE dayobs = CAST($dayobs AS DATE)
    )
    SELECT came.*, count(*) AS n_candidates, count(d.object_id) AS n_decided, count(*) FILTER (d.saved) AS n_saved
    FROM night LEFT JOIN decided AS d USING (object_id), came GROUP BY ALL
"""
_REQUESTS = """
    SELECT state, count(*) AS n FROM (
        SELECT state, action FROM request_states
        QUALIFY row_number() OVER (PARTITION BY request_id ORDER BY request_state_id DESC) = 1)
    WHERE state NOT IN ('rejected', 'withdrawn', 'cancelled', 'expired', 'ended', 'completed') GROUP BY state ORDER BY state
"""
_SHOWN = 8
_RUNS_WITHIN = timedelta(hours=24)
_MOST_RUNS = 500


@dataclass
class BoardState:
    """What is shown; a section that could not be read is empty, and named in `refused` with the reason."""

    viewer: str
    groups: list[str]
    at: datetime
    """UTC."""
    night: dict[str, Any] = field(default_factory=dict)
    """The newest night with candidates: ``dayobs, n_alerts, last_alert_at, n_candidates, n_decided, n_saved``."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """The newest first."""
    runs: list[dict[str, Any]] = field(default_factory=list)
    """Of reports in the last 24 h, the newest first."""
    n_runs: dict[str, int] = field(default_factory=dict)
    """How many of these by state."""
    n_requests: dict[str, int] = field(default_factory=dict)
    """Requests to telescopes that are under way, by state."""
    n_circulars: dict[str, int] = field(default_factory=dict)
    """Circulars that are not sent, by state."""
    shifts: list[dict[str, Any]] = field(default_factory=list)
    """Those under way."""
    streams: list[dict[str, Any]] = field(default_factory=list)
    brokers: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def read_board(sky: Sky, now: datetime | None = None) -> BoardState:
    """Read the board.

    Parameters
    ----------
    sky
        A connection with the rights of who looks.
    now
        The time (UTC); the present by default.

    Raises
    ------
    NotAuthenticated
        If the viewer's token is no good any more.
    Unavailable
        If the data service does not answer.
    """
    at = now or datetime.now(UTC)
    me = sky.me()
    state = BoardState(viewer=me["name"], groups=me["groups"], at=at)
    sections: dict[str, Callable[[Sky, BoardState], None]] = {
        "night": _night,
        "events": _events,
        "runs": _runs,
        "queues": _queues,
        "shifts": _shifts,
        "streams": _streams,
    }
    for name, read in sections.items():
        try:
            read(sky, state)
        except NotAuthenticated:
            raise
        except SkyhubError as error:
            state.refused[name] = error.message
    return state


def _night(sky: Sky, state: BoardState) -> None:
    nights = sky.candidates.nights()
    if nights:
        dayobs = nights[0]["dayobs"]
        [counts] = sky.sql(_NIGHT, {"dayobs": dayobs}, progress=False).to_rows()
        state.night = {"dayobs": dayobs, **counts}


def _events(sky: Sky, state: BoardState) -> None:
    state.events = sky.events(limit=_SHOWN).to_rows()


def _runs(sky: Sky, state: BoardState) -> None:
    since = state.at - _RUNS_WITHIN
    found = [run for run in sky.reports.runs(_MOST_RUNS) if datetime.fromisoformat(run["changed_at"]) >= since]
    state.n_runs = dict(Counter(run["state"] for run in found))
    state.runs = found[:_SHOWN]


def _queues(sky: Sky, state: BoardState) -> None:
    state.n_requests = {row["state"]: row["n"] for row in sky.sql(_REQUESTS, progress=False)}
    state.n_circulars = dict(Counter(row["state"] for row in sky.circulars.rows() if row["state"] != "sent"))


def _shifts(sky: Sky, state: BoardState) -> None:
    def under_way(shift: dict[str, Any]) -> bool:
        return datetime.fromisoformat(shift["start_date"]) <= state.at < datetime.fromisoformat(shift["end_date"])

    state.shifts = [shift for shift in sky.shifts.rows() if under_way(shift)]


def _streams(sky: Sky, state: BoardState) -> None:
    state.streams, state.brokers = sky.streams().to_rows(), sky.brokers().to_rows()
