"""Which circulars are about an event: by names in their subjects, by trigger numbers, and by bursts whose triggers these are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from skyhub.circulars import names_in
from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.events import event_row
from skyhub.published._names import names_of_event
from skyhub.published._statuses import events_said, statuses_of

__all__ = ["circulars_about", "circulars_of_event", "events_of_circular", "linked_circulars"]

_NAMING = """
    SELECT number, names, subject_names, subject, created_at FROM @published_circulars
    WHERE list_has_any(names, ?) ORDER BY number
"""
_NAMES = "SELECT names, subject_names FROM @published_circulars WHERE number = ?"
_EVENTS = """
    SELECT event_id, strftime(dateobs, '%Y-%m-%dT%H:%M:%S') AS event, trigger_time, aliases FROM @events
    WHERE list_has_any(list_transform(aliases, lambda a: ltrim(split_part(a, '#', 2), '0')), ?)
        OR list_contains(?, event_id) ORDER BY event_id
"""
_DATE = re.compile(r"(\d{6})")
_APART = timedelta(days=2)
"""A burst of another date is another one, and a circular long before an event is about none of it."""


def circulars_about(db: Database, viewer: Viewer, name: str, as_of: datetime | None = None) -> dict[int, str]:
    """The circulars about an event by its time or a name; see `circulars_of_event`.

    A name of which no event is known, such as that of a burst, is looked for in subjects.

    Raises
    ------
    NotFound
        If there is no such event among those that the viewer may see, and no circular with the name in its subject.
    """
    return linked_circulars(db, viewer, name, as_of)[1]


def linked_circulars(
    db: Database, viewer: Viewer, name: str, as_of: datetime | None = None
) -> tuple[int | None, dict[int, str]]:
    """The number of an event, if one is known by this name, and the circulars about it; it raises what `circulars_about` does."""
    try:
        event = event_row(db, viewer, name, as_of)
        return int(event["event_id"]), circulars_of_event(db, viewer, event, as_of)
    except NotFound:
        names = [found.name for found in names_in(name)]
        rows = db.reader.rows(viewer, _NAMING, [names], as_of) if names else []
        named = {row["number"]: "subject" for row in rows if set(row["subject_names"]) & set(names)}
        if not named:
            raise
        return None, named


def circulars_of_event(
    db: Database, viewer: Viewer, event: Mapping[str, Any], as_of: datetime | None = None
) -> dict[int, str]:
    """The numbers of circulars about an event, each with how it is known to be.

    ``subject``: its subject, or what the archive files it under, has a name of the event. ``burst``: it has the name of a
    burst, and a circular with that name in its subject tells a trigger of this event. ``mentioned``: only the text has a name of
    the event. ``person``: somebody has said so, and nothing else tells it.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    event
        Its ``event_id``, ``aliases`` and ``trigger_time`` (UTC).
    as_of
        Circulars that were known at this time.
    """
    said = statuses_of(db, viewer, event["event_id"], as_of)
    by_people = {number: "person" for number, row in said.items() if row["status"] == "related"}
    return by_people | _named(db, viewer, event, as_of)


def _named(db: Database, viewer: Viewer, event: Mapping[str, Any], as_of: datetime | None) -> dict[int, str]:
    own = names_of_event(event["aliases"])
    if not own:
        return {}
    naming = [row for row in db.reader.rows(viewer, _NAMING, [own], as_of) if _after(row, event)]
    bursts = sorted({name for row in naming for name in _bursts_told(row, own, event)})
    found = {row["number"]: "subject" if set(row["subject_names"]) & set(own) else "mentioned" for row in naming}
    for row in db.reader.rows(viewer, _NAMING, [bursts], as_of) if bursts else ():
        if set(row["subject_names"]) & set(bursts) and found.get(row["number"]) != "subject":
            found[row["number"]] = "burst"
    return dict(sorted(found.items()))


def events_of_circular(
    db: Database, viewer: Viewer, number: int, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The events that a circular names: ``event_id, event`` (its time), ``aliases, linked_by, status, reason``."""
    [row] = db.reader.rows(viewer, _NAMES, [number], as_of) or [{"names": [], "subject_names": []}]
    bursts = [name for name in row["subject_names"] if _is_burst(name)]
    others = db.reader.rows(viewer, _NAMING, [bursts], as_of) if bursts else []
    names = {name for other in (row, *others) for name in other["names"]}
    own = sorted({name.removeprefix("trigger ").lstrip("0") for name in names})
    found = []
    for event in db.reader.rows(viewer, _EVENTS, [own, events_said(db, viewer, number, as_of)], as_of):
        linked = circulars_of_event(db, viewer, event, as_of).get(number)
        if linked:
            told = {name: event[name] for name in ("event_id", "event", "aliases")}
            said = statuses_of(db, viewer, event["event_id"], as_of, number).get(number, {})
            found.append({**told, "linked_by": linked, "status": said.get("status"), "reason": said.get("reason")})
    return found


def _bursts_told(row: Mapping[str, Any], own: Sequence[str], event: Mapping[str, Any]) -> list[str]:
    """Bursts in the subject of a circular that tells a trigger of the event, if they are of its date."""
    triggers = {name for name in own if not _is_superevent(name)}
    if not triggers & set(row["names"]):
        return []
    return [name for name in row["subject_names"] if _is_burst(name) and _of_date(name, event["trigger_time"])]


def _is_burst(name: str) -> bool:
    return any(found.kind == "burst" for found in names_in(name))


def _is_superevent(name: str) -> bool:
    return any(found.kind == "gravitational wave" for found in names_in(name))


def _of_date(name: str, time: datetime) -> bool:
    match = _DATE.search(name)
    dates = {f"{time + timedelta(days=shift):%y%m%d}" for shift in (-1, 0, 1)}
    return bool(match and match[1] in dates)


def _after(row: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether a circular is not from before the event: numbers of triggers recur."""
    created: datetime | None = row["created_at"]
    return created is None or created >= event["trigger_time"] - _APART
