"""What people say of single points: good or not, and why. A later word on a point is a new version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.records import Kind, Record, Subject

__all__ = ["VALIDATIONS", "PhotometryValidation", "validated_points"]

_VISIBLE = "SELECT photometry_id FROM @photometry WHERE photometry_id IN (SELECT unnest(?))"
_VALIDATED = "SELECT photometry_id, validated FROM @photometry_validations WHERE photometry_id IN (SELECT unnest(?))"


class PhotometryValidation(Record):
    """Whether a point of a light curve can be trusted."""

    photometry_id: int = Field(gt=0, description="The point.")
    validated: bool = Field(description="Whether the measurement can be trusted.")
    explanation: str = Field("", max_length=2000, description="Why, or why not.")


def _prepare(db: Database, viewer: Viewer, records: Sequence[PhotometryValidation]) -> Sequence[PhotometryValidation]:
    """Refuse what is about points that the viewer cannot see."""
    wanted = {record.photometry_id for record in records}
    seen = {row["photometry_id"] for row in db.reader.rows(viewer, _VISIBLE, [sorted(wanted)])}
    if missing := sorted(wanted - seen):
        raise NotFound(f"there is no point {missing[0]} among those that you may see.", "photometry_id")
    return records


VALIDATIONS = Kind(
    "photometry_validations",
    "photometry_validation",
    PhotometryValidation,
    scope="upload",
    key=("photometry_id",),
    announced=("photometry_id",),
    about=lambda validation: Subject("photometry", validation.photometry_id),
    prepare=_prepare,
)
"""The kind of record."""


def validated_points(
    db: Database, viewer: Viewer, photometry_ids: Sequence[int], as_of: datetime | None = None
) -> dict[int, bool]:
    """Of those points of which somebody said so, whether they can be trusted."""
    rows = db.reader.rows(viewer, _VALIDATED, [list(photometry_ids)], as_of) if photometry_ids else []
    return {row["photometry_id"]: row["validated"] for row in rows}
