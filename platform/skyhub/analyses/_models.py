"""The record of a fit, seen by those who see all that it was computed from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from skyhub.attachments import require_files
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.records import Kind, Record
from skyhub.reports import run_record

__all__ = ["ANALYSES", "Analysis"]

_POINTS = (
    "SELECT photometry_id AS number, acl FROM @photometry* WHERE object_id = ? AND photometry_id IN (SELECT unnest(?))"
)
_REDSHIFT = (
    "SELECT redshift_id AS number, acl FROM @redshifts* WHERE object_id = ? AND redshift_id IN (SELECT unnest(?))"
)


class Analysis(Record):
    """A model that was fitted to the light curve of an object."""

    object_id: str = Field(min_length=1, description="The object")
    model: str = Field(min_length=1, max_length=40, description="As salt3 or nickel")
    settings: dict[str, Any] = Field({}, description="What was asked for: filters, times, redshift, extinction")
    parameters: list[dict[str, Any]] = Field(
        description="name, filter, unit, value, error, low and high (16th and 84th percentiles), description"
    )
    chi2: float = Field(ge=0, description="χ² of the best fit")
    dof: int = Field(description="Fluxes less free parameters")
    n_points: int = Field(ge=0, description="Fluxes and limits that were fitted")
    effective: float | None = Field(None, ge=0, description="Independent draws from the posterior")
    redshift: float | None = Field(None, description="That was assumed; null if it was fitted or not needed")
    redshift_id: int | None = Field(None, description="The note that it is from")
    notes: list[str] = Field([], description="What is to be said of it")
    inputs: str = Field("", max_length=64, description="SHA-256 of the settings and points: equal for equal fits")
    overlays: list[dict[str, Any]] = Field(
        [], description="label, filter, mjd, flux (µJy): the model over the light curve"
    )
    photometry_ids: list[int] = Field([], max_length=100_000, description="The points that were looked at")
    corner_digest: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the corner plot")
    report_id: str | None = Field(None, description="The run whose notebook made it")


def _prepare(db: Database, viewer: Viewer, records: Sequence[Analysis]) -> Sequence[Analysis]:
    """Refuse fits of nothing, of other people's plots, and of runs that are no fits of the viewer's."""
    for record in records:
        if not record.photometry_ids:
            raise InvalidInput("a fit names the points that it was made from: photometry_ids.", "photometry_ids")
        if record.report_id is not None and run_record(db, viewer, record.report_id)["name"] != "fit":
            raise InvalidInput(f"{record.report_id} is a run of another report than fit.", "report_id")
    digests = {record.corner_digest for record in records if record.corner_digest}
    require_files(db, viewer, digests, "corner_digest", "/api/objects/{object_id}/fits/results")
    return records


def _made_from(db: Database, viewer: Viewer, record: Analysis) -> set[int]:
    """The access sets of the points, and of the redshift."""
    found = set()
    sources = [(_POINTS, record.photometry_ids), (_REDSHIFT, [record.redshift_id] if record.redshift_id else [])]
    for sql, numbers in sources:
        rows = db.reader.rows(viewer, sql, [record.object_id, numbers]) if numbers else []
        if missing := sorted(set(numbers) - {row["number"] for row in rows}):
            raise NotFound(f"there is no point or redshift {missing[0]} of {record.object_id} among what you may see.")
        found |= {row["acl"] for row in rows}
    return found


ANALYSES = Kind(
    "analyses",
    "analysis",
    Analysis,
    secret=frozenset({"corner_digest"}),
    bulky=frozenset({"overlays", "photometry_ids"}),
    announced=("model", "report_id"),
    made_from=_made_from,
    prepare=_prepare,
)
"""The kind of record."""
