"""Asking for a fit: a run of the report ``fit`` with the rights of who asks."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.notes import REDSHIFTS_IN_FORCE
from skyhub.photometry import measured_here, photometry_table
from skyhub.records import require_objects
from skyhub.reports import report_template, request_run
from skyhub.science.fit_needs import why_not
from skyhub.science.models import MODELS
from skyhub.science.sncosmo_files import SALT_MODELS

__all__ = ["FitRequest", "request_fit"]


class FitRequest(BaseModel):
    """Which model is to be fitted, to which points, at which redshift."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field("salt3", description="As salt3, bazin or nickel")
    filters: list[str] = Field([], description="Only these filters; all by default")
    mjd_min: float | None = Field(None, ge=0, le=200_000, description="Only points from then on (MJD)")
    mjd_max: float | None = Field(None, ge=0, le=200_000, description="Only points until then (MJD)")
    redshift: float | Literal["noted", "free"] = Field(
        "noted", description="A value, the one in force, or to be fitted"
    )
    redshift_min: float = Field(0.001, gt=0, le=10, description="Bounds, if it is fitted")
    redshift_max: float = Field(0.2, gt=0, le=10)
    cited: bool = Field(False, description="Also points that others measured and published (circulars)")
    annotate: bool = Field(False, description="Also annotate the object with the parameters")


def request_fit(db: Database, viewer: Viewer, object_id: str, asked: FitRequest) -> str:
    """Ask for a fit of an object; returns the identifier of the run.

    Raises
    ------
    InvalidInput
        If there is no such model, times or redshifts do not follow one another, or there are too few points for the model.
    NotFound
        If the viewer may not see the object.
    PermissionRefused
        If the viewer may not run reports and save.
    """
    known = (*SALT_MODELS, *MODELS)
    if asked.model not in known:
        raise InvalidInput(f"there is no model {asked.model!r}: {', '.join(known)} are permitted.", "model")
    first, last = asked.mjd_min or 0.0, 200_000.0 if asked.mjd_max is None else asked.mjd_max
    if first >= last or asked.redshift_min >= asked.redshift_max:
        raise InvalidInput("mjd_min and redshift_min must be less than mjd_max and redshift_max.", "mjd_min")
    require_objects(db, viewer, {object_id})
    reason = why_not(asked.model, _fluxes(db, viewer, object_id, asked), _redshift(db, viewer, object_id, asked))
    if reason:
        raise InvalidInput(reason, "model")
    given = asked.model_dump(include={"model", "redshift_min", "redshift_max", "cited", "annotate"})
    chosen = {"filters": ",".join(asked.filters), "mjd_min": first, "mjd_max": last, "redshift": str(asked.redshift)}
    return request_run(db, viewer, report_template("fit"), {"object_id": object_id, **given, **chosen})


def _fluxes(db: Database, viewer: Viewer, object_id: str, asked: FitRequest) -> dict[str, int]:
    """How many fluxes there are of each filter, one of an exposure, among the points that are asked for."""
    points = photometry_table(db, viewer, object_id, duplicates="forced")
    points = points if asked.cited else measured_here(points)
    mjd = points["mjd"]
    chosen = pc.and_kleene(pc.is_finite(points["flux"]), pc.greater(points["fluxerr"], 0))
    for bound, holds in ((asked.mjd_min, pc.greater_equal), (asked.mjd_max, pc.less_equal)):
        chosen = chosen if bound is None else pc.and_kleene(chosen, holds(mjd, bound))
    counted = Counter(points["filter"].filter(chosen).to_pylist())
    return {name: counted[name] for name in asked.filters} if asked.filters else dict(counted)


def _redshift(db: Database, viewer: Viewer, object_id: str, asked: FitRequest) -> float | str | None:
    if asked.redshift != "noted":
        return asked.redshift
    rows = db.reader.rows(viewer, f"SELECT redshift FROM ({REDSHIFTS_IN_FORCE}) WHERE object_id = ?", [object_id])
    return rows[0]["redshift"] if rows else None
