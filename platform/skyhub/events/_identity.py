"""Which event a notice is about: by names, by notices that it replaces, else by the second.

Events of another role or audience are never the same: a notice that few may see changes nothing for others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from skyhub.db import ADMINISTRATOR, Database
from skyhub.events._event import Event
from skyhub.notices import Notice

__all__ = ["EVENTS", "duplicate_of", "event_of", "localizations_of", "retracted_before", "same_verdict"]

EVENTS = ("events",)
"""Under which key of the writer's it is known that events, or what belongs to them, have changed."""
_APART = timedelta(days=1)
"""Events of one name that are farther apart are two: numbers recur, and trials carry the names of real events."""
_CANDIDATES = "SELECT * FROM @events WHERE acl = ? AND role = ? AND (list_has_any(aliases, ?) OR dateobs = ?)"
_REPLACED = """
    SELECT * FROM @events WHERE acl = ? AND event_id IN (
        SELECT event_id FROM @event_notices WHERE list_contains(?, identifier))
"""
_RETRACTIONS = """
    SELECT 1 FROM @event_notices
    WHERE retraction AND event_id IS NULL AND acl = ? AND role = ? AND list_has_any(aliases, ?) LIMIT 1
"""
_SAME = """
    SELECT * FROM @event_notices({})
    WHERE event_id IS NOT NULL AND list_contains(?, acl) ORDER BY event_notice_id LIMIT 1
"""
_MAPS = """
    SELECT DISTINCT unnest(localization_ids) AS localization_id FROM @event_notices WHERE event_id = ?
    UNION SELECT localization_id FROM @event_maps WHERE event_id = ? AND localization_id IS NOT NULL
"""
_SAME_VERDICT = """
    SELECT event_notice_id FROM @event_notices(checksum)
    WHERE action = ? AND reason = ? AND acl = ? ORDER BY event_notice_id LIMIT 1
"""


def event_of(db: Database, notice: Notice, acl: int) -> Event | None:
    """The event that a notice is about; None if it is not known."""
    dateobs = notice.dateobs and notice.dateobs.replace(tzinfo=None)
    aliases = list(notice.aliases)
    found = _events(db, _CANDIDATES, [acl, notice.role, aliases, dateobs])
    named = [event for event in found if set(event.aliases) & set(aliases) and _near(event, notice.time)]
    if named:
        return min(named, key=lambda event: _distance(event, notice.time))
    if notice.supersedes and (replaced := _events(db, _REPLACED, [acl, list(notice.supersedes)])):
        return replaced[0]
    of_the_second = [event for event in found if event.dateobs == notice.dateobs]
    return next((event for event in of_the_second if not _authorities(event.aliases) & _authorities(aliases)), None)


def retracted_before(db: Database, notice: Notice, acl: int) -> bool:
    """Whether an event that is not known yet was retracted by a notice that came too early."""
    return bool(db.reader.rows(ADMINISTRATOR, _RETRACTIONS, [acl, notice.role, list(notice.aliases)]))


def localizations_of(db: Database, event_id: int) -> list[int]:
    """Numbers of the localizations that the notices of an event brought, or named and were fetched."""
    return [row["localization_id"] for row in db.reader.rows(ADMINISTRATOR, _MAPS, [event_id, event_id])]


def duplicate_of(db: Database, column: str, value: str, acls: Iterable[int]) -> dict[str, Any] | None:
    """The notice of an event with the same content (``checksum``) or name (``identifier``) that is there for one of these acls."""
    rows = db.reader.rows(ADMINISTRATOR, _SAME.format(column), [value, sorted(set(acls))])
    return rows[0] if rows else None


def same_verdict(db: Database, checksum: str, action: str, reason: str, acl: int) -> int | None:
    """The number of a notice of the same content of which the same has become, for the same reason."""
    rows = db.reader.rows(ADMINISTRATOR, _SAME_VERDICT, [checksum, action, reason, acl])
    return rows[0]["event_notice_id"] if rows else None


def _events(db: Database, sql: str, parameters: list[Any]) -> list[Event]:
    return [Event.of_row(row) for row in db.reader.rows(ADMINISTRATOR, sql, parameters)]


def _near(event: Event, time: datetime | None) -> bool:
    return time is None or abs(event.trigger_time - time) <= _APART


def _distance(event: Event, time: datetime | None) -> float:
    """Seconds between an event and a time; without a time, the newest event is the nearest."""
    return -event.trigger_time.timestamp() if time is None else abs((event.trigger_time - time).total_seconds())


def _authorities(aliases: Iterable[str]) -> set[str]:
    return {alias.partition("#")[0] for alias in aliases}
