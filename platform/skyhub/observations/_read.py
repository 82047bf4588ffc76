"""Observations that a viewer may see, chosen by instrument, time and place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.facilities import instrument_named
from skyhub.localizations import InsideLocalization, inside
from skyhub.observations._log import COLUMNS
from skyhub.records import Record, UtcTime
from skyhub.science.coordinates import parse_position, separation
from skyhub.science.nights import mjd_of_datetime

__all__ = ["ObservationsAsked", "Selection", "observations_asked"]

_SHOWN = ", ".join(("observation_id", "instrument", *COLUMNS, "origin", "author", "version", "known_at"))


class Selection(Record):
    """Which observations; all by default."""

    instrument: tuple[str, ...] = Field((), max_length=100, description="Of these instruments; of all by default")
    filter: tuple[str, ...] = Field((), max_length=100, description="In these filters, as the instruments name them")
    field_id: int | None = Field(None, ge=0, lt=2**63, description="Of this field")
    start: UtcTime | None = Field(None, description="That began at this time or later (UTC)")
    end: UtcTime | None = Field(None, description="That began before this time (UTC)")
    deeper_than: float | None = Field(None, ge=0, le=40, description="Whose limiting magnitude is known and larger")


class ObservationsAsked(Selection, InsideLocalization):
    """Which observations, and where on the sky."""

    at: str | None = Field(None, max_length=100, description="Near this position (deg or sexagesimal) ...")
    radius: float = Field(1.0, gt=0, le=180, description="... whose pointing is no farther (deg)")


def observations_asked(
    db: Database,
    viewer: Viewer,
    asked: Selection,
    as_of: datetime | None = None,
    limit: int | None = None,
) -> pa.Table:
    """The observations that are asked for, newest first; an exposure that several groups have is one of them.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    asked
        Which ones.
    as_of
        As it was known at this time.
    limit
        At most so many.

    Returns
    -------
    pyarrow.Table
        ``observation_id, instrument``, the columns of `LOG`, ``origin, author, version, known_at``.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such instrument or localization, or the position is none.
    """
    conditions, parameters = _conditions(db, viewer, asked, as_of)
    where = " AND ".join(conditions) or "true"
    found = db.reader.query(
        viewer,
        f"SELECT {_SHOWN}, hpx FROM @observations WHERE {where} QUALIFY row_number() OVER (PARTITION BY instrument, "
        "round(mjd * 86400000), round(ra, 2), round(dec, 2), filter ORDER BY known_at DESC, observation_id DESC) = 1 "
        "ORDER BY mjd DESC, observation_id DESC",
        parameters,
        as_of,
    )
    kept = np.ones(len(found), dtype=bool)
    if isinstance(asked, ObservationsAsked):
        kept = _there(db, viewer, asked, found, as_of)
    return found.drop_columns("hpx").take(np.flatnonzero(kept)[:limit])


def _there(
    db: Database, viewer: Viewer, asked: ObservationsAsked, found: pa.Table, as_of: datetime | None
) -> NDArray[np.bool_]:
    """Which observations pointed to where is asked for."""
    kept = np.ones(len(found), dtype=bool)
    test = inside(db, viewer, asked, as_of)
    if test is not None:
        kept &= test(found["hpx"].to_numpy())
    if asked.at is not None:
        position = parse_position(asked.at)
        if position is None:
            raise InvalidInput(f"{asked.at!r} is no position: give it as 150.1 2.2 or 10:00:24 +02:12:00.", "at")
        kept &= separation(found["ra"].to_numpy(), found["dec"].to_numpy(), position) <= asked.radius
    return kept


def _conditions(db: Database, viewer: Viewer, asked: Selection, as_of: datetime | None) -> tuple[list[str], list[Any]]:
    names = [instrument_named(db, viewer, name, as_of)["name"] for name in asked.instrument]
    given: list[tuple[str, Any]] = [
        ("list_contains(?, instrument)", names or None),
        ("list_contains(?, filter)", list(asked.filter) or None),
        ("field_id = ?", asked.field_id),
        ("mjd >= ?", None if asked.start is None else mjd_of_datetime(asked.start)),
        ("mjd < ?", None if asked.end is None else mjd_of_datetime(asked.end)),
        ("limiting_magnitude > ?", asked.deeper_than),
    ]
    asked_for = [(condition, value) for condition, value in given if value is not None]
    return [condition for condition, _ in asked_for], [value for _, value in asked_for]
