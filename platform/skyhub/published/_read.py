"""Reading circulars that were published, and the numbers that were read in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from skyhub.db import Database, Viewer, json_value
from skyhub.errors import NotFound
from skyhub.published._confirm import confirmed_points
from skyhub.published._events import circulars_about, events_of_circular

__all__ = ["circular_table", "published_circular", "reading_table"]

_LISTED = "number, subject, submitter, created_at, event, names, version, known_at"
_READINGS = """
    circular_reading_id, number, kind, ra, dec, redshift, relation, filter, mag, magerr, is_limit, line, sentence, known_at
"""
_ONE = "SELECT * FROM @published_circulars WHERE number = ?"
_HIDDEN = ("acl", "known_until", "checksum", "published_circular_id")


def circular_table(
    db: Database,
    viewer: Viewer,
    *,
    event: str | None = None,
    text: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    as_of: datetime | None = None,
) -> pa.Table:
    """Circulars, newest first, without their text.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    event
        Only those about this event, by its time or a name; ``linked_by`` says how each is known to be (see `circulars_about`).
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
    """
    linked = None if event is None else circulars_about(db, viewer, event, as_of)
    conditions, values = _within(linked, since, until)
    if text is not None:
        conditions.append("(contains(lower(subject), lower(?)) OR contains(lower(body), lower(?)))")
        values += [text, text]
    sql = f"SELECT {_LISTED} FROM @published_circulars WHERE {' AND '.join(conditions)} ORDER BY number DESC LIMIT {limit:d}"
    found = db.reader.query(viewer, sql, values, as_of)
    if linked is None:
        return found
    return found.append_column("linked_by", pa.array([linked[n] for n in found["number"].to_pylist()], pa.string()))


def published_circular(db: Database, viewer: Viewer, number: int, as_of: datetime | None = None) -> dict[str, Any]:
    """One circular with its text, the numbers that were read in it (``readings``) and the ``events`` that it is about.

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
            "readings": reading_table(db, viewer, number=number, as_of=as_of).to_pylist(),
            "events": events_of_circular(db, viewer, number, as_of),
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
    linked = None if event is None else circulars_about(db, viewer, event, as_of)
    chosen = linked if number is None else [n for n in (number,) if linked is None or n in linked]
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
