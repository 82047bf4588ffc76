"""Occasions: when the trigger of a schedule went off, and what it tells of the event, the night or the shift."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.events import dateobs_text
from skyhub.facilities import ground_telescopes
from skyhub.notify import Conditions, meets, notices_of
from skyhub.reports import cron_times
from skyhub.schedules._schedules import ReportSchedule
from skyhub.science.nights import datetime_of_mjd, dayobs_of_mjd, mjd_of_datetime
from skyhub.science.visibility import Site, current_night, night_at

__all__ = ["Occasion", "Span", "localization_occasions", "occasions", "timed_occasions"]

_DAY = timedelta(days=1)
_TOLD = """
    SELECT seq, kind, payload, known_at FROM @changes
    WHERE seq > ? AND seq <= ? AND kind = ? AND known_at >= ? ORDER BY seq
"""
_ENDED = "SELECT shift_id, name, start_date, end_date, acl FROM @shifts WHERE end_date > ? AND end_date <= ? ORDER BY end_date"
_EVENT = "SELECT dateobs FROM @events WHERE event_id = ?"
_EVENTS_OF = """
    WITH told AS (SELECT event_id, unnest(localization_ids) AS localization_id FROM @event_notices)
    SELECT DISTINCT e.event_id, e.dateobs, l.area_90 FROM @events AS e, @localizations AS l
    WHERE l.localization_id = ? AND NOT e.retracted AND (
        e.event_id IN (SELECT event_id FROM told WHERE localization_id = l.localization_id)
        OR (e.dateobs = l.dateobs AND l.localization_id NOT IN (SELECT localization_id FROM told)))
    ORDER BY e.event_id
"""
"""What no notice brought belongs to the events of its time."""


@dataclass(frozen=True)
class Span:
    """What is looked at: times in ``(after, until]``, and changes of the journal with numbers in ``(seq, last_seq]``."""

    after: datetime
    until: datetime
    seq: int = 0
    last_seq: int = 0


@dataclass(frozen=True)
class Occasion:
    """One time that a trigger went off; of two with one `key`, a schedule follows the first."""

    key: str
    at: datetime
    told: dict[str, Any] = field(default_factory=dict)


def occasions(db: Database, owner: Viewer, schedule: ReportSchedule, since: datetime, span: Span) -> list[Occasion]:
    """The occasions of a schedule since it was made, of what its owner may see.

    Parameters
    ----------
    db, owner
        The database, and the rights that the owner has now.
    schedule, since
        The schedule, and when it was made (UTC).
    span
        What is looked at.
    """
    if schedule.trigger == "new_event":
        return list(_new_events(db, owner, schedule.conditions, since, span))
    if schedule.trigger == "new_localization":
        return list(localization_occasions(db, owner, schedule.conditions, since, span))
    return list(timed_occasions(db, owner, schedule, max(since, span.after), span.until))


def timed_occasions(
    db: Database, owner: Viewer, schedule: ReportSchedule, after: datetime, until: datetime
) -> Iterator[Occasion]:
    """The occasions in ``(after, until]`` that the clock alone makes, also those to come."""
    if schedule.trigger == "cron" and schedule.cron is not None:
        for at in cron_times(schedule.cron, after, until):
            yield Occasion(f"{at:%Y-%m-%dT%H:%MZ}", at)
    elif schedule.trigger == "end_of_night" and schedule.telescope is not None:
        yield from _ends_of_nights(db, owner, schedule.telescope, schedule.twilight, after, until)
    elif schedule.trigger == "end_of_shift":
        yield from _ends_of_shifts(db, owner, schedule.for_group, after, until)


def _ends_of_nights(
    db: Database, owner: Viewer, name: str, twilight: str, after: datetime, until: datetime
) -> Iterator[Occasion]:
    [telescope] = ground_telescopes(db, owner, [name])
    site = Site(telescope["latitude"], telescope["longitude"], telescope["elevation"])
    night, last = (current_night(site, mjd_of_datetime(at)) for at in (after - _DAY, until))
    while night <= last:
        midnight, end = _end_of_night(site, night, twilight)
        if end is not None and after < (at := datetime_of_mjd(end)) <= until:
            yield Occasion(f"night/{night}", at, {"dayobs": dayobs_of_mjd(midnight).isoformat()})
        night += _DAY


@lru_cache(maxsize=1024)
def _end_of_night(site: Site, night: date, twilight: str) -> tuple[float, float | None]:
    """The midnight, which tells how the night is called, and the end, if there is one (MJD, UTC)."""
    found = night_at(site, night)
    return found.midnight, found.dark[twilight].end


def _ends_of_shifts(
    db: Database, owner: Viewer, group: str | None, after: datetime, until: datetime
) -> Iterator[Occasion]:
    bounds = [at.astimezone(UTC).replace(tzinfo=None) for at in (after, until)]
    for row in db.reader.rows(owner, _ENDED, bounds):
        if group is None or db.access.groups.get(group) in db.access.members(row["acl"])[0]:
            began, at = (row[name].replace(tzinfo=UTC) for name in ("start_date", "end_date"))
            night = dayobs_of_mjd(mjd_of_datetime(began + (at - began) / 2)).isoformat()
            yield Occasion(
                f"shifts/{row['shift_id']}/{at:%Y-%m-%dT%H:%MZ}", at, {"shift": row["name"], "dayobs": night}
            )


def _new_events(db: Database, owner: Viewer, conditions: Conditions, since: datetime, span: Span) -> Iterator[Occasion]:
    """Events at the first of their notices that is as the conditions ask; a retraction makes none."""
    for row, payload in _changes(db, owner, "events", since, span):
        if payload.get("action") not in ("created", "updated") or payload.get("retracted"):
            continue
        event_id = int(payload["event_id"])
        notices = notices_of(db, owner, [event_id]).get(f"events/{event_id}", ())
        told = [n for n in notices if str(n["event_notice_id"]) == payload["event_notice_id"]]
        if any(meets(notice, conditions) for notice in told):
            yield _of_event(f"events/{event_id}", row, db.reader.rows(owner, _EVENT, [event_id])[0]["dateobs"])


def localization_occasions(
    db: Database, owner: Viewer, conditions: Conditions, since: datetime, span: Span
) -> Iterator[Occasion]:
    """Localizations of events of which a notice is as the conditions ask, with the area of the localization itself."""
    areas_apart = conditions.model_copy(update={"largest_area": None})
    for row, payload in _changes(db, owner, "localizations", since, span):
        if payload.get("action") != "added":
            continue
        number = int(payload["localization_id"])
        for event in db.reader.rows(owner, _EVENTS_OF, [number]):
            notices = notices_of(db, owner, [event["event_id"]]).get(f"events/{event['event_id']}", ())
            small = conditions.largest_area is None or event["area_90"] <= conditions.largest_area
            if small and any(meets(notice, areas_apart) for notice in notices):
                yield _of_event(f"localizations/{number}/{event['event_id']}", row, event["dateobs"])


def _changes(
    db: Database, owner: Viewer, kind: str, since: datetime, span: Span
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    if span.last_seq > span.seq:
        begin = since.replace(tzinfo=None)
        for row in db.reader.rows(owner, _TOLD, [span.seq, span.last_seq, kind, begin]):
            yield row, json.loads(row["payload"])


def _of_event(key: str, change: Mapping[str, Any], dateobs: datetime) -> Occasion:
    return Occasion(key, change["known_at"].replace(tzinfo=UTC), {"event": dateobs_text(dateobs)})
