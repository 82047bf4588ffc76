"""Reading events and their notices, as far as somebody may see them, now or as they were known at a time."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound
from skyhub.events._elsewhere import states_of_maps
from skyhub.events._event import dateobs_text
from skyhub.events._maps import TOLD_OF_MAPS
from skyhub.localizations import LOCALIZATIONS
from skyhub.science.nights import mjd_of_datetime
from skyhub.science.visibility import sun_and_moon

__all__ = ["event_document", "event_localizations", "event_row", "event_table", "notice_bytes", "notice_table"]

_COLUMNS = (
    "event_id, strftime(dateobs, '%Y-%m-%dT%H:%M:%S') AS event, dateobs, trigger_time, role, missions, aliases, tags, far, "
    "properties, retracted, n_notices, version, known_at"
)
_NOTICE_COLUMNS = (
    "event_notice_id, event_id, strftime(dateobs, '%Y-%m-%dT%H:%M:%S') AS event, action, reason, notice_type, role, mission, "
    "form, identifier, issued_at, trigger_time, aliases, tags, properties, ra, dec, localizations, map_links, retraction, "
    "file, checksum, author, known_at"
)
_NAMED = """
    SELECT * FROM @events
    WHERE list_contains(aliases, ?) OR list_contains(list_transform(aliases, lambda a: split_part(a, '#', 2)), ?)
       OR event_id IN (SELECT event_id FROM @events* WHERE dateobs = ?)
    ORDER BY role = 'observation' DESC, n_notices DESC, event_id DESC LIMIT 1
"""
"""Also by a time that was told more finely since."""
_LOCALIZATIONS = """
    WITH told AS (SELECT event_id, unnest(localization_ids) AS localization_id FROM @event_notices
        UNION ALL SELECT event_id, localization_id FROM @event_maps WHERE localization_id IS NOT NULL)
    SELECT * FROM @localizations
    WHERE localization_id IN (SELECT localization_id FROM told WHERE event_id = ?)
       OR (dateobs IN (SELECT dateobs FROM @events* WHERE event_id = ?)
           AND localization_id NOT IN (SELECT localization_id FROM told))
    ORDER BY localization_id DESC
"""
"""What no notice brought belongs to the events of its time."""


def event_table(
    db: Database,
    viewer: Viewer,
    *,
    roles: Sequence[str] = ("observation",),
    since: datetime | None = None,
    until: datetime | None = None,
    tags: Sequence[str] = (),
    retracted: bool | None = None,
    limit: int = 100,
    as_of: datetime | None = None,
) -> pa.Table:
    """Events that the viewer may see, newest first.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    roles
        Roles of events; those of the sky by default.
    since, until
        Seen within these times.
    tags
        Only those with all of these tags.
    retracted
        Only those that were retracted, or that were not.
    limit
        At most so many.
    as_of
        As they were known at this time.
    """
    conditions, values = ["list_contains(?, role)", "list_has_all(tags, ?)"], [list(roles), list(tags)]
    for bound, comparison in ((since, ">="), (until, "<")):
        if bound is not None:
            conditions.append(f"dateobs {comparison} ?")
            values.append(bound.astimezone(UTC).replace(tzinfo=None))  # type: ignore[arg-type]
    if retracted is not None:
        conditions.append("retracted" if retracted else "NOT retracted")
    sql = f"SELECT {_COLUMNS} FROM @events WHERE {' AND '.join(conditions)} ORDER BY dateobs DESC, event_id DESC LIMIT {limit:d}"
    return db.reader.query(viewer, sql, values, as_of)


def event_document(db: Database, viewer: Viewer, name: str, as_of: datetime | None = None) -> dict[str, Any]:
    """One event with its notices, oldest first, the localizations that came with them, and where Sun and Moon stood at T0.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    name
        Its time, as ``2019-04-25T08:18:05``, or one of its names, as ``LVC#S190425z`` or ``S190425z``.
    as_of
        As it was known at this time.

    Raises
    ------
    NotFound
        If there is none that the viewer may see.
    """
    row = event_row(db, viewer, name, as_of)
    notices = notice_table(db, viewer, event_id=row["event_id"], as_of=as_of).to_pylist()
    for notice in notices:
        notice["properties"] = json.loads(notice["properties"])
        notice["localizations"] = json.loads(notice["localizations"])
    localizations = event_localizations(db, viewer, row["event_id"], as_of)
    _add_maps_elsewhere(notices, states_of_maps(db, viewer, row["event_id"], as_of), localizations)
    types = {one["localization_id"]: n["notice_type"] for n in reversed(notices) for one in n["localizations"]}
    for one in localizations:
        one["notice_type"] = types.get(one["localization_id"])
    groups, _ = db.access.members(row["acl"])
    document = {name: value for name, value in row.items() if name not in ("acl", "known_until", "newest_notice_at")}
    shown: dict[str, Any] = json_value(
        {
            **document,
            "properties": json.loads(row["properties"]),
            "groups": db.access.names_known_to(viewer, groups),
            "notices": notices,
            "localizations": localizations,
            **_sun_and_moon(row["trigger_time"]),
        }
    )
    return shown


def _add_maps_elsewhere(
    notices: Sequence[dict[str, Any]], maps: Sequence[dict[str, Any]], localizations: Sequence[Mapping[str, Any]]
) -> None:
    """To each notice how the maps fare that it names (``maps``); one that was got counts as one that came with it."""
    known = {str(one["localization_id"]): one for one in localizations}
    for notice in notices:
        notice["maps"] = [one for one in maps if one["event_notice_id"] == notice["event_notice_id"]]
        got = (known[str(one["localization_id"])] for one in notice["maps"] if str(one["localization_id"]) in known)
        notice["localizations"] += [{name: one[name] for name in ("localization_id", *TOLD_OF_MAPS)} for one in got]


def _sun_and_moon(trigger_time: datetime) -> dict[str, dict[str, float]]:
    places = sun_and_moon(mjd_of_datetime(trigger_time.replace(tzinfo=UTC)))
    return {name: {"ra": round(ra, 3), "dec": round(dec, 3)} for name, (ra, dec) in places.items()}


def event_row(db: Database, viewer: Viewer, name: str, as_of: datetime | None = None) -> dict[str, Any]:
    """The row of one event, with its time as text (``event``); see `event_document`."""
    rows = db.reader.rows(viewer, _NAMED, [name, name, _second(name)], as_of)
    if not rows:
        raise NotFound(f"there is no event {name[:80]!r} among those that you may see.", name[:80])
    return {**rows[0], "event": dateobs_text(rows[0]["dateobs"])}


def event_localizations(
    db: Database, viewer: Viewer, event_id: int, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The localizations of an event that the viewer may see, newest first: those of its notices, and those that people brought.

    Parameters
    ----------
    db, viewer, event_id, as_of
        The database, who asks, of which event, and as it was known when.
    """
    rows = db.reader.rows(viewer, _LOCALIZATIONS, [event_id, event_id], as_of)
    return LOCALIZATIONS.presented(db, viewer, rows, as_of)


def notice_table(
    db: Database,
    viewer: Viewer,
    *,
    event_id: int | None = None,
    actions: Sequence[str] = (),
    limit: int = 1000,
    as_of: datetime | None = None,
) -> pa.Table:
    """Notices that the viewer may see, in their order; the newest ones if there are more than a limit.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    event_id
        Only those of this event.
    actions
        Only those of which this became: created, updated, ignored, rejected.
    limit
        At most so many.
    as_of
        Those that had come by this time.
    """
    conditions: list[str] = []
    values: list[Any] = []
    if event_id is not None:
        conditions.append("event_id = ?")
        values.append(event_id)
    if actions:
        conditions.append("list_contains(?, action)")
        values.append(list(actions))
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    sql = (
        f"SELECT * FROM (SELECT {_NOTICE_COLUMNS} FROM @event_notices {where} ORDER BY event_notice_id DESC LIMIT {limit:d}) "
        "ORDER BY event_notice_id"
    )
    return db.reader.query(viewer, sql, values, as_of)


def notice_bytes(db: Database, viewer: Viewer, number: int, as_of: datetime | None = None) -> bytes:
    """A notice as it came. Raises `NotFound` if there is none that the viewer may see, or it was too long to be kept."""
    sql = "SELECT pack, notice_at, notice_size FROM @event_notices WHERE event_notice_id = ? AND pack IS NOT NULL"
    rows = db.reader.rows(viewer, sql, [number], as_of)
    if not rows:
        raise NotFound(f"there is no notice {number} among those that you may see.", str(number))
    [row] = rows
    return zlib.decompress(db.packs.read(row["pack"], row["notice_at"], row["notice_size"]))


def _second(name: str) -> datetime | None:
    """The time that a name may be."""
    try:
        found = datetime.fromisoformat(name)
    except ValueError:
        return None
    try:
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    except OverflowError as error:
        raise InvalidInput(f"{name} lies outside of the calendar.", "event") from error
