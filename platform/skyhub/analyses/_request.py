"""Asking for a fit: a run of the report ``fit`` with the rights of who asks."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.records import require_objects
from skyhub.reports import report_template, request_run
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
    annotate: bool = Field(False, description="Also annotate the object with the parameters")


def request_fit(db: Database, viewer: Viewer, object_id: str, asked: FitRequest) -> str:
    """Ask for a fit of an object; returns the identifier of the run.

    Raises
    ------
    InvalidInput
        If there is no such model, or times or redshifts do not follow one another.
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
    given = asked.model_dump(include={"model", "redshift_min", "redshift_max", "annotate"})
    chosen = {"filters": ",".join(asked.filters), "mjd_min": first, "mjd_max": last, "redshift": str(asked.redshift)}
    return request_run(db, viewer, report_template("fit"), {"object_id": object_id, **given, **chosen})
