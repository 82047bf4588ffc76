"""Reading photometry: light curves as tables and as JSON columns, and their statistics."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skyhub.db import Database, Viewer
from skyhub.photometry._exposures import Duplicates, one_per_exposure
from skyhub.photometry._validations import validated_points
from skyhub.science.photometry import is_cited, is_forced, magnitudes_from_fluxes
from skyhub.science.statistics import LightCurveStatistics, detected, light_curve_statistics

__all__ = ["COLUMNS", "light_curves", "object_light_curve", "photometry_table", "statistics_of"]

COLUMNS = ("mjd", "filter", "mag", "magerr", "limiting_mag", "flux", "fluxerr", "origin")
_IDENTIFYING = ("instrument", "photometry_id")
_TABLE = (
    "object_id", "mjd", "filter", "flux", "fluxerr", "mag", "magerr", "limiting_mag", "ra", "dec", "survey", "origin",
    "point_id", "instrument", "photometry_id",
)  # fmt: skip


def photometry_table(
    db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None, duplicates: Duplicates = "all"
) -> pa.Table:
    """The points of an object that the viewer may see, in the order of time; empty if there are none.

    Parameters
    ----------
    db, viewer, object_id
        The database, who asks, and of which object.
    as_of
        Only points known at this time.
    duplicates
        All points, or one of each exposure: `skyhub.photometry.one_per_exposure` has the rule.
    """
    points = db.reader.points(viewer, [object_id], _TABLE, as_of)
    return points if duplicates == "all" else one_per_exposure(points, duplicates)


def light_curves(
    db: Database,
    viewer: Viewer,
    object_ids: Sequence[str],
    as_of: datetime | None = None,
    names: Sequence[str] = COLUMNS,
) -> dict[str, dict[str, list[Any]]]:
    """The light curves of objects as JSON columns with some names, each in the order of time.

    Forced points, which are fluxes, have magnitudes here where they are detected at 3σ.
    """
    rows = _with_forced_magnitudes(db.reader.points(viewer, object_ids, ("object_id", *names), as_of))
    owners = rows["object_id"].to_pylist()
    columns = {name: _json_column(rows[name]) for name in names}
    places = {name: slice(bisect_left(owners, name), bisect_right(owners, name)) for name in object_ids}
    return {object_id: {name: values[place] for name, values in columns.items()} for object_id, place in places.items()}


def object_light_curve(
    db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None
) -> dict[str, list[Any]]:
    """The same of one object, with ``instrument``, ``photometry_id``, and ``validated`` where somebody said so of a point."""
    curve = light_curves(db, viewer, [object_id], as_of, (*COLUMNS, *_IDENTIFYING))[object_id]
    said = validated_points(db, viewer, curve["photometry_id"], as_of)
    return {**curve, "validated": [said.get(number) for number in curve["photometry_id"]]}


def _with_forced_magnitudes(rows: pa.Table) -> pa.Table:
    forced = pc.equal(rows["origin"], "forced")
    if not pc.any(forced).as_py():
        return rows
    flux, fluxerr = (np.asarray(rows[name].cast(pa.float64()), dtype=float) for name in ("flux", "fluxerr"))
    for name, values in zip(("mag", "magerr"), magnitudes_from_fluxes(flux, fluxerr), strict=True):
        column = pc.if_else(forced, pa.array(values, mask=np.isnan(values)), rows[name].cast(pa.float64()))
        rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows


def _json_column(values: pa.ChunkedArray) -> list[Any]:
    """Values as JSON has them: what is not finite is null."""
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_finite(values), values, None)
    found: list[Any] = values.to_pylist()
    return found


def statistics_of(curve: dict[str, list[Any]]) -> LightCurveStatistics:
    """Statistics of the detections and limits (not of forced or cited points) of a light curve in JSON columns."""
    chosen = [at for at, origin in enumerate(curve["origin"]) if not (is_forced(origin) or is_cited(origin))]

    def numbers(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([curve[name][at] for at in chosen], dtype=float)

    alert = np.array([curve["origin"][at] == "alert" for at in chosen], dtype=bool)
    mag = np.where(detected(numbers("flux"), numbers("fluxerr"), alert), numbers("mag"), np.nan)
    filters = np.array([curve["filter"][at] for at in chosen], dtype=str)
    return light_curve_statistics(numbers("mjd"), filters, mag, numbers("limiting_mag"))
