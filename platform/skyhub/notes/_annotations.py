"""Annotations: values by key from one origin, on an object, a spectrum or a point of photometry."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, computed_field, field_validator, model_validator

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.records import Kind, Record, Subject, subject_row

__all__ = ["ANNOTATIONS", "HOT_KEYS", "Annotation", "annotated", "annotated_objects", "annotation_values"]

HOT_KEYS = {
    "distance_modulus": "mag",
    "distance": "Mpc",
    "parallax": "mas",
    "photo_z": "",
    "host_offset": "arcsec",
    "score": "",
}
"""Keys that have columns of their own, with their units: they are found fastest, and must be numbers."""

_LONGEST_DATA = 100_000
_ON_RECORDS = ("spectra", "photometry", "analyses")
_LARGEST_PAGE = 10_000


class Annotation(Record):
    """What one origin has to say about an object, as values by key."""

    object_id: str | None = Field(None, description="The object; that of the record, if one is given")
    origin: str = Field(min_length=1, max_length=100, description="The catalogue or program that the values are from")
    data: dict[str, Any] = Field(min_length=1, description="Values by key; numbers can be searched")
    about_table: str | None = Field(None, description="spectra, photometry or analyses, if it is about one of these")
    about_id: int | None = Field(None, ge=1, description="Identifier of that record")

    @field_validator("data")
    @classmethod
    def _numbers_where_promised(cls, data: dict[str, Any]) -> dict[str, Any]:
        for key in HOT_KEYS.keys() & data.keys():
            value = data[key]
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise ValueError(f"{key} must be a number ({HOT_KEYS[key] or 'no unit'})")
        return data

    @model_validator(mode="after")
    def _about_something(self) -> Annotation:
        if (self.about_table is None) != (self.about_id is None):
            raise ValueError("about_table and about_id name a record together: give both or none")
        if self.about_table is not None and self.about_table not in _ON_RECORDS:
            raise ValueError(f"about_table is {self.about_table!r}: {', '.join(_ON_RECORDS)} are permitted")
        if not (self.object_id or self.about_table):
            raise ValueError("say what it is about: object_id, or about_table and about_id")
        return self

    @computed_field(json_schema_extra={"unit": "mag"})  # type: ignore[prop-decorator]
    @property
    def distance_modulus(self) -> float | None:
        """Distance modulus."""
        return self.data.get("distance_modulus")

    @computed_field(json_schema_extra={"unit": "Mpc"})  # type: ignore[prop-decorator]
    @property
    def distance(self) -> float | None:
        """Luminosity distance."""
        return self.data.get("distance")

    @computed_field(json_schema_extra={"unit": "mas"})  # type: ignore[prop-decorator]
    @property
    def parallax(self) -> float | None:
        """Parallax."""
        return self.data.get("parallax")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def photo_z(self) -> float | None:
        """Photometric redshift."""
        return self.data.get("photo_z")

    @computed_field(json_schema_extra={"unit": "arcsec"})  # type: ignore[prop-decorator]
    @property
    def host_offset(self) -> float | None:
        """Separation from the host."""
        return self.data.get("host_offset")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def score(self) -> float | None:
        """A program's score, 0 to 1 by custom."""
        return self.data.get("score")


def prepare_annotations(db: Database, viewer: Viewer, annotations: Sequence[Annotation]) -> list[Annotation]:
    """Annotations as they are stored: with the object of the record they are about, and of bounded size."""
    return [_prepared(db, viewer, annotation) for annotation in annotations]


def _subject(annotation: Annotation) -> Subject | None:
    if annotation.about_table is None or annotation.about_id is None:
        return None
    return Subject(annotation.about_table, annotation.about_id)


ANNOTATIONS = Kind(
    "annotations",
    "annotation",
    Annotation,
    key=("object_id", "origin", "about_table", "about_id"),
    announced=("origin", "about_table", "about_id"),
    about=_subject,
    prepare=prepare_annotations,
)


def annotated(
    db: Database,
    viewer: Viewer,
    key: str,
    *,
    origin: str | None = None,
    low: float | None = None,
    high: float | None = None,
    limit: int = 1000,
    as_of: datetime | None = None,
) -> list[dict[str, Any]]:
    """What has a number under a key between two bounds: objects, spectra and points of photometry.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    key, origin
        The key, and from which origin (any by default).
    low, high
        Bounds, which are included.
    limit, as_of
        At most so many; only facts known at this time.

    Returns
    -------
    list of dict
        ``annotation_id, object_id, origin, about_table, about_id, value``, by value from the lowest.
    """
    if not 1 <= limit <= _LARGEST_PAGE:
        raise InvalidInput(f"limit is {limit}: 1 to {_LARGEST_PAGE} are permitted.", "limit")
    value, given = (
        (key, []) if key in HOT_KEYS else ("TRY_CAST(json_extract_string(data, ?) AS DOUBLE)", [_pointer(key)])
    )
    return db.reader.rows(
        viewer,
        f"SELECT annotation_id, object_id, origin, about_table, about_id, {value} AS value FROM @annotations "
        "WHERE value IS NOT NULL AND value >= ? AND value <= ? AND (?::VARCHAR IS NULL OR origin = ?) "
        "ORDER BY value, annotation_id LIMIT ?",
        [*given, -math.inf if low is None else low, math.inf if high is None else high, origin, origin, limit],
        as_of,
    )


def annotation_values(
    db: Database,
    viewer: Viewer,
    object_ids: Sequence[str],
    key: str,
    origin: str | None = None,
    as_of: datetime | None = None,
) -> dict[str, list[Any]]:
    """What annotations of objects themselves have under a key, by object: values from one origin, or from any."""
    rows = db.reader.rows(
        viewer,
        "SELECT object_id, json_extract(data, ?)::VARCHAR AS value FROM @annotations WHERE object_id IN (SELECT unnest(?)) "
        "AND about_table IS NULL AND (?::VARCHAR IS NULL OR origin = ?) AND value IS NOT NULL ORDER BY annotation_id",
        [_pointer(key), list(object_ids), origin, origin],
        as_of,
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row["object_id"]].append(json.loads(row["value"]))
    return found


def annotated_objects(
    db: Database,
    viewer: Viewer,
    key: str,
    origin: str | None = None,
    *,
    low: float | None = None,
    high: float | None = None,
    value: bool | float | str | None = None,
    as_of: datetime | None = None,
) -> list[str]:
    """Objects that have a number between two bounds, or just a value, under a key of an annotation of their own."""
    condition, given = _told(key, low, high, value)
    found = db.reader.query(
        viewer,
        "SELECT DISTINCT object_id FROM @annotations WHERE about_table IS NULL AND (?::VARCHAR IS NULL OR origin = ?) "
        f"AND {condition}",
        [origin, origin, *given],
        as_of,
    )
    return found["object_id"].to_pylist()  # type: ignore[no-any-return]


def _told(key: str, low: float | None, high: float | None, value: bool | float | str | None) -> tuple[str, list[Any]]:
    """What a key must have, as SQL with its values."""
    if isinstance(value, str):
        return "json_type(data, ?) = 'VARCHAR' AND json_extract_string(data, ?) = ?", [
            _pointer(key),
            _pointer(key),
            value,
        ]
    if isinstance(value, bool):
        return "json_type(data, ?) = 'BOOLEAN' AND json_extract_string(data, ?) = ?", [
            _pointer(key), _pointer(key), str(value).lower(),
        ]  # fmt: skip
    bounds = [-math.inf if low is None else low, math.inf if high is None else high] if value is None else [value] * 2
    if key in HOT_KEYS:
        return f"{key} BETWEEN ? AND ?", bounds
    number = "TRY_CAST(json_extract_string(data, ?) AS DOUBLE) BETWEEN ? AND ?"
    kinds = "json_type(data, ?) IN ('UBIGINT', 'BIGINT', 'DOUBLE')"
    return f"{kinds} AND {number}", [_pointer(key), _pointer(key), *bounds]


def _prepared(db: Database, viewer: Viewer, annotation: Annotation) -> Annotation:
    size = len(annotation.model_dump_json(include={"data"}))
    if size > _LONGEST_DATA:
        raise InvalidInput(f"data has {size} characters as JSON: {_LONGEST_DATA} are permitted.", "data")
    subject = _subject(annotation)
    if subject is None:
        return annotation
    object_id = subject_row(db, viewer, subject)["object_id"]
    if annotation.object_id not in (None, object_id):
        raise InvalidInput(f"that record is about {object_id}, not {annotation.object_id}.", "object_id")
    return annotation.model_copy(update={"object_id": object_id})


def _pointer(key: str) -> str:
    """The place of a key in JSON (RFC 6901)."""
    return "/" + key.replace("~", "~0").replace("/", "~1")
