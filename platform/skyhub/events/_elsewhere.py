"""Maps of notices that lie elsewhere: how each address fares, and which are to be asked for next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from skyhub.config import MapSettings, load_settings
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import Conflict, NotFound

__all__ = ["MapsElsewhere", "again", "claim_map", "next_try", "put_state", "state_in_force", "states_of_maps"]

_LEASE = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(hours=1)
_NEWEST = "QUALIFY row_number() OVER (PARTITION BY event_notice_id, url ORDER BY event_map_id DESC) = 1"
_STATES = f"""
    SELECT n.event_notice_id, n.event_id, strftime(n.dateobs, '%Y-%m-%dT%H:%M:%S') AS event, n.notice_type, n.url, n.acl,
        coalesce(m.state, 'waiting') AS state, coalesce(m.attempts, 0) AS attempts, m.next_at, m.detail, m.localization_id
    FROM (SELECT *, unnest(map_links) AS url FROM @event_notices WHERE event_id IS NOT NULL AND len(map_links) > 0) AS n
        LEFT JOIN (SELECT * FROM @event_maps {_NEWEST}) AS m USING (event_notice_id, url)
"""
_IN_FORCE = f"SELECT * FROM event_maps WHERE event_notice_id = ? AND url = ? {_NEWEST}"


class MapsElsewhere:
    """From where maps may be fetched, as the settings said when the database was opened."""

    def __init__(self, db: Database) -> None:
        self.settings: MapSettings = load_settings().maps


def states_of_maps(
    db: Database, viewer: Viewer, event_id: int | None = None, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """Maps that notices name by their address, with their states, by notice and address.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    event_id
        Only those of this event.
    as_of
        As they were known at this time.

    Returns
    -------
    list of dict
        ``event_notice_id, event_id, event, notice_type, url``, ``state`` (waiting, fetching, got, given_up, or not_permitted:
        its host is none of ``maps.hosts``), ``attempts``, ``next_at``, ``detail`` (why it is not there), ``localization_id``.
    """
    where, values = ("WHERE n.event_id = ?", [event_id]) if event_id is not None else ("", [])
    rows = db.reader.rows(viewer, f"{_STATES} {where} ORDER BY n.event_notice_id, n.url", values, as_of)
    settings = db.part(MapsElsewhere).settings
    return [_shown(row, settings) for row in rows]


def claim_map(db: Database, now: datetime) -> dict[str, Any] | None:
    """Take a lease on the map that is to be fetched next: of those that were tried least, that of the newest notice.

    Returns
    -------
    dict or None
        ``event_notice_id, url``; None if none is due.
    """
    settings, moment = db.part(MapsElsewhere).settings, now.astimezone(UTC).replace(tzinfo=None)
    if not settings.hosts:
        return None
    due = f"""
        {_STATES} WHERE coalesce(m.state, 'waiting') IN ('waiting', 'fetching') AND (m.next_at IS NULL OR m.next_at <= ?)
        ORDER BY attempts, n.event_notice_id DESC, n.url
    """
    rows = (row for row in db.reader.rows(ADMINISTRATOR, due, [moment]) if settings.permits(row["url"]))
    return next((taken for row in rows if (taken := _claim(db, row, moment))), None)


def again(db: Database, event_id: int) -> int:
    """Have the maps of an event that were given up asked for once more; how many these are."""
    rows = [row for row in states_of_maps(db, ADMINISTRATOR, event_id) if row["state"] == "given_up"]

    def write(transaction: Transaction) -> int:
        newest = [_state(transaction, row["event_notice_id"], row["url"]) for row in rows]
        given_up = [row for row in newest if row["state"] == "given_up"]
        for row in given_up:
            put_state(transaction, row, "waiting", 0)
        return len(given_up)

    return db.writer.write(write) if rows else 0


def state_in_force(transaction: Transaction, event_notice_id: int, url: str) -> dict[str, Any]:
    """The row in force of a map that is being fetched.

    Raises
    ------
    NotFound, Conflict
        If it was never claimed, or was closed meanwhile.
    """
    row = _state(transaction, event_notice_id, url)
    if not row:
        raise NotFound(f"no map of the notice {event_notice_id} was claimed at this address.", url[:200])
    if row["state"] != "fetching":
        raise Conflict(f"the map is {row['state']}: only one that is being fetched can be closed.", url[:200])
    return row


def put_state(
    transaction: Transaction,
    row: Mapping[str, Any],
    state: str,
    attempts: int,
    next_at: datetime | None = None,
    detail: str | None = None,
    localization_id: int | None = None,
) -> None:
    """Write down the next state of a map; `row` says which (``event_notice_id, event_id, url, acl``)."""
    kept = {name: row[name] for name in ("event_notice_id", "event_id", "url", "acl")}
    told = {
        "state": state,
        "attempts": attempts,
        "next_at": next_at,
        "detail": detail,
        "localization_id": localization_id,
    }
    number = transaction.next_id("event_maps", "event_map_id")
    transaction.insert("event_maps", [{"event_map_id": number, **kept, **told}])


def next_try(settings: MapSettings, attempts: int, now: datetime) -> datetime:
    """When a map is asked for again that was asked for so many times in vain."""
    wait = min(timedelta(seconds=settings.first_wait_seconds) * 2.0 ** min(attempts - 1, 20), _LONGEST_WAIT)
    return now.astimezone(UTC).replace(tzinfo=None) + wait


def _claim(db: Database, row: Mapping[str, Any], moment: datetime) -> dict[str, Any] | None:
    def write(transaction: Transaction) -> bool:
        newest = _state(transaction, row["event_notice_id"], row["url"])
        if (newest.get("state", "waiting"), newest.get("attempts", 0)) != (row["state"], row["attempts"]):
            return False  # somebody else has it
        put_state(transaction, row, "fetching", row["attempts"] + 1, moment + _LEASE)
        return True

    taken = db.writer.write(write)
    return {"event_notice_id": str(row["event_notice_id"]), "url": row["url"]} if taken else None


def _state(transaction: Transaction, event_notice_id: int, url: str) -> dict[str, Any]:
    rows = transaction.rows(_IN_FORCE, [event_notice_id, url])
    return rows[0] if rows else {}


def _shown(row: Mapping[str, Any], settings: MapSettings) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name != "acl"}
    if row["state"] == "waiting" and not settings.permits(row["url"]):
        return {**shown, "state": "not_permitted", "detail": "its host is none of maps.hosts."}
    return shown
