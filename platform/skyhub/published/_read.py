"""Reading circulars that were published, and the numbers that were read in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound
from skyhub.published._confirm import confirmed_points
from skyhub.published._events import events_of_circular, linked_circulars
from skyhub.published._statuses import STATUSES, chosen_numbers, statuses_of

__all__ = ["circular_table", "published_circular", "reading_table"]

_LISTED = "number, subject, submitter, created_at, event, names, version, known_at"
_READINGS = """
    circular_reading_id, number, kind, ra, dec, redshift, relation, filter, mag, magerr, is_limit, line, sentence, known_at
"""
_ONE = "SELECT * FROM @published_circulars WHERE number = ?"
_SHOWN = """
    SELECT event_id, object_id, status, reason, edited_by AS said_by FROM @counterparts WHERE circular = ?
    ORDER BY event_id, object_id
"""
_HIDDEN = ("acl", "known_until", "checksum", "published_circular_id")


def circular_table(
    db: Database,
    viewer: Viewer,
    *,
    event: str | None = None,
    statuses: Sequence[str] = (),
    text: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    as_of: datetime | None = None,
) -> pa.Table:
    """Circulars, newest first, without their text; ``status, reason, said_by`` tell what people say of each (to the event).

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    event
        Only those about this event, by its time or a name; ``linked_by`` says how each is known to be (see `circulars_about`).
    statuses
        Of those about the event only these: ``related``, ``unrelated``, ``retracted``, or ``unsaid``.
    text
        Only those with this in subject or text, in capitals or not.
    since, until
        Published within these times.
    limit
        At most so many.
    as_of
        As they were known at this time.

    Raises
    ------
    NotFound
        If there is no such event among those that the viewer may see, and no circular with the name in its subject.
    InvalidInput
        If there is no such status, or statuses are asked for without an event.
    """
    linked, said = _linked(db, viewer, event, statuses, as_of)
    chosen = None if linked is None else chosen_numbers(linked, said, statuses)
    conditions, values = _within(chosen, since, until)
    if text is not None:
        conditions.append("(contains(lower(subject), lower(?)) OR contains(lower(body), lower(?)))")
        values += [text, text]
    sql = f"SELECT {_LISTED} FROM @published_circulars WHERE {' AND '.join(conditions)} ORDER BY number DESC LIMIT {limit:d}"
    found = db.reader.query(viewer, sql, values, as_of)
    numbers = found["number"].to_pylist()
    if linked is not None:
        found = found.append_column("linked_by", pa.array([linked[n] for n in numbers], pa.string()))
    for name, column in (("status", "status"), ("reason", "reason"), ("said_by", "edited_by")):
        found = found.append_column(name, pa.array([said.get(n, {}).get(column) for n in numbers], pa.string()))
    return found


def _linked(
    db: Database, viewer: Viewer, event: str | None, statuses: Sequence[str], as_of: datetime | None
) -> tuple[dict[int, str] | None, dict[int, dict[str, Any]]]:
    """The circulars about an event, if one is named, and what is said of circulars (to it)."""
    if unknown := sorted(set(statuses) - set(STATUSES)):
        raise InvalidInput(f"{unknown[0]!r} is no status: {', '.join(STATUSES)} are permitted.", "status")
    if statuses and event is None:
        raise InvalidInput("a status is asked for without an event: name the event to which it is.", "status")
    event_id, linked = (None, None) if event is None else linked_circulars(db, viewer, event, as_of)
    return linked, statuses_of(db, viewer, event_id, as_of)


def published_circular(db: Database, viewer: Viewer, number: int, as_of: datetime | None = None) -> dict[str, Any]:
    """One circular with its text, the numbers that were read in it (``readings``) and the ``events`` that it is about.

    ``status``, ``reason`` and ``said_by`` tell whether it was retracted; each event has the circular's status to it.
    ``counterparts`` are the objects of which the circular shows what they are held for in an event.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    rows = db.reader.rows(viewer, _ONE, [number], as_of)
    if not rows:
        raise NotFound(f"circular {number} is not here: bring it in by 'skyhub ingest circulars'.", str(number))
    document = {name: value for name, value in rows[0].items() if name not in _HIDDEN}
    found: dict[str, Any] = json_value(
        {
            **document,
            **_said(statuses_of(db, viewer, None, as_of, number).get(number, {})),
            "readings": reading_table(db, viewer, number=number, as_of=as_of).to_pylist(),
            "events": events_of_circular(db, viewer, number, as_of),
            "counterparts": db.reader.rows(viewer, _SHOWN, [number], as_of),
        }
    )
    return found


def reading_table(
    db: Database,
    viewer: Viewer,
    *,
    event: str | None = None,
    number: int | None = None,
    kinds: Sequence[str] = (),
    limit: int = 1000,
    as_of: datetime | None = None,
) -> pa.Table:
    """Numbers that were read in circulars, each with its sentence, in the order of the circulars, newest first.

    Of an event those of circulars that are unrelated to it, or retracted, are left out.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    event, number
        Only in circulars about this event, or in this one.
    kinds
        Only these: position, redshift, magnitude.
    limit
        At most so many.
    as_of
        As they were known at this time.

    Returns
    -------
    pyarrow.Table
        With ``confirmed``: objects of which a magnitude is a point that the viewer may see.
    """
    linked, said = _linked(db, viewer, event, (), as_of)
    counted = None if linked is None else chosen_numbers(linked, said, ("related", "unsaid"))
    chosen = counted if number is None else [n for n in (number,) if counted is None or n in counted]
    conditions, values = _within(chosen, None, None)
    if kinds:
        conditions.append("list_contains(?, kind)")
        values.append(list(kinds))
    sql = (
        f"SELECT {_READINGS} FROM @circular_readings WHERE {' AND '.join(conditions)} "
        f"ORDER BY number DESC, circular_reading_id LIMIT {limit:d}"
    )
    found = db.reader.query(viewer, sql, values, as_of)
    points = confirmed_points(db, viewer, found["circular_reading_id"].to_pylist(), as_of)
    confirmed = [points.get(one, []) for one in found["circular_reading_id"].to_pylist()]
    return found.append_column("confirmed", pa.array(confirmed, pa.list_(pa.string())))


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": row.get("status"), "reason": row.get("reason"), "said_by": row.get("edited_by")}


def _within(
    numbers: Iterable[int] | Mapping[int, str] | None, since: datetime | None, until: datetime | None
) -> tuple[list[str], list[Any]]:
    conditions, values = ["TRUE"], list[Any]()
    if numbers is not None:
        conditions.append("list_contains(?, number)")
        values.append(list(numbers))
    for bound, comparison in ((since, ">="), (until, "<")):
        if bound is not None:
            conditions.append(f"created_at {comparison} ?")
            values.append(bound.astimezone(UTC).replace(tzinfo=None))
    return conditions, values
