"""Magnitudes of circulars that somebody takes over: points of an object that others measured, with the circular as origin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound
from skyhub.photometry import UploadOptions, upload_photometry
from skyhub.records import Record, check, require_objects
from skyhub.science.bandpasses import filter_name

__all__ = ["ConfirmedPoint", "confirm_reading", "confirmed_points", "origin_of"]

_READING = "SELECT * FROM @circular_readings WHERE circular_reading_id = ?"
_CONFIRMED = """
    SELECT DISTINCT circular_reading_id, number, object_id, mjd, filter, acl FROM @confirmed_readings
    WHERE list_contains(?, circular_reading_id) ORDER BY object_id
"""
_TOLD = ("photometry_id", "object_id", "origin", "mjd", "filter", "mag", "magerr", "limiting_mag", "instrument")
_POINT = (*_TOLD, "given_value", "given_limit", "acl")
_UNKNOWN = "unknown"
"""Instrument of points of which nobody said with what they were measured."""
_SAME_TIME = 1e-8
"""Days within which a stored time is the one that was given."""


class ConfirmedPoint(Record):
    """What a person says of a magnitude in a circular: whose it is, when it was measured, in which bandpass."""

    object_id: str = Field(max_length=200, description="The object")
    mjd: float = Field(ge=10_000, le=100_000, description="When it was measured (MJD, UTC)")
    filter: str = Field(max_length=100, description="Bandpass, as sdssr or bessellr")
    mag: float | None = Field(None, ge=-30, le=60, description="Magnitude, or limit; as it was read, if none is given")
    magerr: float | None = Field(None, gt=0, le=5, description="Error (mag); as it was read, if none is given")
    is_limit: bool | None = Field(None, description="Whether it is an upper limit; as it was read, if nothing is said")
    nsigma: float = Field(3.0, gt=0, le=100, description="Significance of a limit")
    magsys: Literal["ab", "vega"] = Field("ab", description="System of the magnitude")
    telescope: str | None = Field(None, min_length=1, max_length=100, description="With what it was measured")


def origin_of(number: int) -> str:
    """The origin of points from a circular.

    Examples
    --------
    >>> origin_of(34405)
    'GCN Circ. 34405'
    """
    return f"GCN Circ. {number}"


def confirm_reading(
    db: Database,
    viewer: Viewer,
    circular_reading_id: int,
    said: ConfirmedPoint | dict[str, Any],
    groups: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Take a magnitude of a circular over as a point of an object; again it changes nothing.

    Such points have the circular as their origin, and count in no statistics of what was observed here.

    Parameters
    ----------
    db, viewer
        The database, and who confirms it.
    circular_reading_id
        The number that was read.
    said
        Whose it is, when and in which bandpass it was measured; and its value, where it was not read rightly.
    groups
        Who shall see the point; by default those of the viewer's groups that see the object.

    Returns
    -------
    dict
        The point: ``photometry_id, object_id, origin, mjd, filter, mag, magerr, limiting_mag, instrument``.

    Raises
    ------
    NotFound
        If there is no such reading, or no such object among those that the viewer may see.
    InvalidInput
        If it is no magnitude, has no error, or its bandpass is not known.
    PermissionRefused
        If the viewer may not upload, or not for these groups.
    """
    viewer.require("upload")
    point: ConfirmedPoint = check(ConfirmedPoint, said)
    rows = db.reader.rows(viewer, _READING, [circular_reading_id])
    if not rows:
        raise NotFound(f"no circular that is here has a reading {circular_reading_id}.", str(circular_reading_id))
    [reading] = rows
    if reading["kind"] != "magnitude":
        raise InvalidInput(f"reading {circular_reading_id} is a {reading['kind']}: magnitudes are confirmed.", "kind")
    require_objects(db, viewer, {point.object_id})
    taken = _as_read(point, reading)
    origin = origin_of(reading["number"])
    upload_photometry(db, viewer, _table(taken), _options(taken, origin, groups))
    stored = _stored(db, viewer, taken, origin)
    _note(db, viewer, reading, stored)
    told: dict[str, Any] = json_value({name: stored[name] for name in _TOLD})
    return told


def _as_read(point: ConfirmedPoint, reading: Mapping[str, Any]) -> ConfirmedPoint:
    """A point with what was read where a person said nothing, in a bandpass that is known."""
    values = {name: reading[name] for name in ("mag", "magerr", "is_limit") if getattr(point, name) is None}
    taken = point.model_copy(update=values)
    bandpass = filter_name(point.filter, point.telescope or "")
    if bandpass is None:
        raise InvalidInput(
            f"filter {point.filter!r} is no bandpass that is known: give one as sdssr, bessellr or ps1::i.", "filter"
        )
    if not taken.is_limit and taken.magerr is None:
        raise InvalidInput(f"the magnitude {taken.mag:g} has no error: give magerr.", "magerr")
    return taken.model_copy(update={"filter": bandpass})


def _table(taken: ConfirmedPoint) -> pa.Table:
    value = {"limiting_mag": [taken.mag]} if taken.is_limit else {"mag": [taken.mag], "magerr": [taken.magerr]}
    return pa.table({"mjd": [taken.mjd], "filter": [taken.filter], **value})


def _options(taken: ConfirmedPoint, origin: str, groups: Sequence[str] | None) -> UploadOptions:
    return UploadOptions(
        object_id=taken.object_id,
        instrument=taken.telescope or _UNKNOWN,
        magsys=taken.magsys,
        nsigma=taken.nsigma,
        origin=origin,
        groups=None if groups is None else list(groups),
        share_duplicates=groups is not None,
        file=origin,
    )


def _stored(db: Database, viewer: Viewer, taken: ConfirmedPoint, origin: str) -> dict[str, Any]:
    """The point as it is stored: of several at its time, the one of its value that came last."""
    points = db.reader.points(viewer, [taken.object_id], _POINT).to_pylist()
    alike = [
        (abs((row["given_limit" if taken.is_limit else "given_value"] or 0.0) - (taken.mag or 0.0)), row)
        for row in points
        if (row["origin"], row["filter"]) == (origin, taken.filter) and abs(row["mjd"] - taken.mjd) < _SAME_TIME
    ]
    found: dict[str, Any] = min(alike, key=lambda one: (round(one[0], 6), -one[1]["photometry_id"]))[1]
    return found


def _note(db: Database, viewer: Viewer, reading: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    """Keep which point was made of a reading, once for those who see the point."""
    number = reading["circular_reading_id"]
    row = {name: stored[name] for name in ("object_id", "mjd", "filter", "acl")}
    before = db.reader.rows(ADMINISTRATOR, _CONFIRMED, [[number]])
    if any(all(one[name] == value for name, value in row.items()) for one in before):
        return
    told = {"circular_reading_id": number, "number": reading["number"], "user_name": viewer.name, **row}

    def write(transaction: Transaction) -> None:
        identifier = transaction.next_id("confirmed_readings", "confirmed_reading_id")
        transaction.insert("confirmed_readings", [{"confirmed_reading_id": identifier, **told}])

    db.writer.write(write)


def confirmed_points(
    db: Database, viewer: Viewer, reading_ids: Sequence[int], as_of: datetime | None = None
) -> dict[int, list[str]]:
    """Of readings, the objects that have them as points which the viewer may see; those that have none are left out."""
    said = db.reader.rows(viewer, _CONFIRMED, [list(reading_ids)], as_of) if reading_ids else []
    if not said:
        return {}
    objects = sorted({row["object_id"] for row in said})
    points = db.reader.points(viewer, objects, ("object_id", "origin", "mjd", "filter"), as_of).to_pylist()
    there = {(row["object_id"], row["origin"], row["mjd"], row["filter"]) for row in points}
    found: dict[int, list[str]] = defaultdict(list)
    for row in said:
        if (row["object_id"], origin_of(row["number"]), row["mjd"], row["filter"]) in there:
            found[row["circular_reading_id"]].append(row["object_id"])
    return {number: list(dict.fromkeys(objects)) for number, objects in found.items()}
