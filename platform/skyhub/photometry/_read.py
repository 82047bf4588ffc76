"""Reading photometry: light curves as tables and as JSON columns, and their statistics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.db import Database, Viewer, json_value
from skyhub.science.photometry import magnitudes_from_fluxes
from skyhub.science.statistics import LightCurveStatistics, light_curve_statistics

__all__ = ["COLUMNS", "light_curves", "photometry_table", "statistics_of"]

COLUMNS = ("mjd", "filter", "mag", "magerr", "limiting_mag", "flux", "fluxerr", "origin")


def photometry_table(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> pa.Table:
    """The points of an object that the viewer may see, in the order of time; empty if there are none."""
    return db.reader.query(
        viewer,
        "SELECT object_id, mjd, filter, flux, fluxerr, mag, magerr, limiting_mag, ra, dec, survey, origin, point_id "
        "FROM @photometry WHERE object_id = ? ORDER BY mjd, origin, point_id",
        [object_id],
        as_of,
    )


def light_curves(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> dict[str, dict[str, list[Any]]]:
    """The light curves of objects as JSON columns, each in the order of time.

    Forced points, which are fluxes, have magnitudes here where they are detected at 3σ.
    """
    rows = db.reader.query(
        viewer,
        f"SELECT object_id, {', '.join(COLUMNS)} FROM @photometry WHERE list_contains(?, object_id) ORDER BY object_id, mjd",
        [list(object_ids)],
        as_of,
    )
    owners = np.asarray(rows["object_id"].to_pylist(), dtype=object)
    columns = {name: np.asarray(json_value(rows[name].to_pylist()), dtype=object) for name in COLUMNS}
    forced = columns["origin"] == "forced"
    fluxes = magnitudes_from_fluxes(columns["flux"][forced].astype(float), columns["fluxerr"][forced].astype(float))
    for name, values in zip(("mag", "magerr"), fluxes, strict=True):
        columns[name][forced] = json_value(values.tolist())
    return {
        object_id: {name: values[owners == object_id].tolist() for name, values in columns.items()}
        for object_id in object_ids
    }


def statistics_of(curve: dict[str, list[Any]]) -> LightCurveStatistics:
    """Statistics of the detections and limits (not of forced points) of a light curve in JSON columns."""
    alert = [at for at, origin in enumerate(curve["origin"]) if origin == "alert"]

    def numbers(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([curve[name][at] for at in alert], dtype=float)

    filters = np.array([curve["filter"][at] for at in alert], dtype=str)
    return light_curve_statistics(numbers("mjd"), filters, numbers("mag"), numbers("limiting_mag"))
