"""Objects inside an event's localization, ranked: the whole board is compared with the map, the rest is read of what is left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.db import Database, Viewer, floats
from skyhub.discovery._asked import DAYS, CounterpartSearch
from skyhub.discovery._place import Place, place_of
from skyhub.discovery._statuses import counterpart_statuses
from skyhub.science.nights import mjd_of_datetime
from skyhub.search import Board, board_of

__all__ = ["event_counterparts"]

_FIGURES = (
    "n_detections",
    "first_mjd",
    "last_mjd",
    "first_mag",
    "last_mag",
    "peak_mag",
    "rise_rate",
    "days_from_limit",
)
_TOLD = """
    WITH asked AS (SELECT unnest(?::VARCHAR[]) AS object_id),
    listed AS (
        SELECT object_id, group_id, active FROM @sources WHERE object_id IN (FROM asked)
        QUALIFY row_number() OVER (PARTITION BY object_id, group_id ORDER BY decision_id DESC, known_at DESC) = 1),
    saved AS (SELECT object_id FROM listed WHERE active GROUP BY object_id),
    passed AS (SELECT object_id, max(candidate_id) AS candidate_id FROM @candidates WHERE object_id IN (FROM asked) GROUP BY ALL),
    newest AS (
        SELECT * FROM @alert_context WHERE object_id IN (FROM asked)
        QUALIFY row_number() OVER (PARTITION BY object_id ORDER BY known_at DESC, candid DESC) = 1)
    SELECT asked.object_id, saved.object_id IS NOT NULL AS saved, passed.candidate_id, n.tns_name, n.tns_class, n.tns_z,
        n.host_name, n.host_sep, n.host_kpc, n.host_z, n.host_distance
    FROM asked LEFT JOIN saved USING (object_id) LEFT JOIN passed USING (object_id) LEFT JOIN newest AS n USING (object_id)
"""
_TOLD_TYPES = {
    "saved": pa.bool_(),
    "candidate_id": pa.int64(),
    "tns_name": pa.string(),
    "tns_class": pa.string(),
    "tns_z": pa.float64(),
    "host_name": pa.string(),
    "host_sep": pa.float64(),
    "host_kpc": pa.float64(),
    "host_z": pa.float64(),
    "host_distance": pa.float64(),
}


def event_counterparts(
    db: Database, viewer: Viewer, event: str, asked: CounterpartSearch, as_of: datetime | None = None
) -> tuple[pa.Table, dict[str, str]]:
    """Objects that may be the counterpart of an event, the likeliest first.

    They are ranked by credible level, in volume where the host's distance is known, else on the sky; then by age.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    event
        Its time or one of its names.
    asked
        Which objects.
    as_of
        As all was known at this time: event, map, light curves, hosts, statuses.

    Returns
    -------
    pyarrow.Table, dict of str
        ``object_id, ra, dec`` (ICRS, deg), ``days_from_t0`` (of the first detection), ``level`` and ``level_volume``,
        ``density`` (sr⁻¹), ``distance, distance_std`` (Mpc, of the map along the line of sight), ``host_name, host_distance``
        (Mpc), ``host_sigmas``, ``limit_from_t0`` (days from T0 to the last limit before the first detection), ``rise_rate``
        (mag/day), figures of the light curve, ``saved, candidate_id, tns_name, status, reason, notes, circular``; and ``event``,
        ``localization_id``, ``total``.

    Raises
    ------
    NotFound
        If the viewer may see no such event, or it has no such localization.
    """
    place = place_of(db, viewer, event, asked.localization, as_of)
    board = board_of(db, viewer, as_of)
    inside = _inside(place, board, asked)
    table = _columns(db, viewer, place, board, inside, as_of)
    table = table.take(_order(table))
    table = table.filter(pa.array(_wanted(table, asked)))
    about = {"event": place.event, "localization_id": place.localization["localization_id"], "total": str(len(table))}
    return table.slice(0, asked.limit), about


def _inside(place: Place, board: Board, asked: CounterpartSearch) -> NDArray[np.intp]:
    first = board.columns["first_mjd"]
    since = mjd_of_datetime(asked.first_after) if asked.first_after else -np.inf
    until = mjd_of_datetime(asked.first_before) if asked.first_before else max(since, place.t0) + DAYS
    if not asked.with_predetections:
        since = max(since, place.t0)
    some = np.flatnonzero((first >= since) & (first <= until) & (board.columns["n_detections"] >= asked.min_detections))
    return some[place.sky_map.holds(board.hpx[some], asked.level)]


def _columns(
    db: Database, viewer: Viewer, place: Place, board: Board, inside: NDArray[np.intp], as_of: datetime | None
) -> pa.Table:
    names = [board.names[at] for at in inside]
    ra, dec = board.columns["ra"][inside], board.columns["dec"][inside]
    figures = {name: board.columns[name][inside] for name in _FIGURES}
    told = {row["object_id"]: row for row in db.reader.rows(viewer, _TOLD, [names], as_of)}
    statuses = counterpart_statuses(db, viewer, place.event_id, as_of)
    host = np.array([told[name]["host_distance"] for name in names], dtype=float)
    cell = place.sky_map.cell_of(board.hpx[inside])
    mean, spread = place.distances(cell)
    with np.errstate(invalid="ignore", divide="ignore"):
        sigmas = (host - mean) / spread
    numbers: dict[str, Any] = {
        "ra": ra, "dec": dec, "days_from_t0": figures["first_mjd"] - place.t0,
        "level": place.sky_map.credible_level_in(cell), "level_volume": place.sky_map.volume_level_in(cell, host),
        "density": place.sky_map.density_in(cell), "distance": mean, "distance_std": spread, "host_sigmas": sigmas,
        "limit_from_t0": figures["first_mjd"] - figures["days_from_limit"] - place.t0, **figures,
    }  # fmt: skip
    columns = {name: pa.array(values, pa.float64(), from_pandas=True) for name, values in numbers.items()}
    columns["n_detections"] = columns["n_detections"].cast(pa.int64())
    for name, kind in _TOLD_TYPES.items():
        columns[name] = pa.array([told[key][name] for key in names], kind)
    circulars = [statuses.get(key, {}).get("circular") for key in names]
    columns["circular"] = pa.array(circulars, pa.int32())
    for name in ("status", "reason", "notes"):
        columns[name] = pa.array([statuses.get(key, {}).get(name) for key in names], pa.string())
    return pa.table({"object_id": pa.array(names, pa.string()), **columns})


def _order(table: pa.Table) -> NDArray[np.intp]:
    """Likeliest first: by level in volume, or on the sky where it is not known, then the youngest."""
    volume, sky, age = (floats(table, name) for name in ("level_volume", "level", "days_from_t0"))
    return np.lexsort((np.abs(age), np.where(np.isnan(volume), sky, volume)))


def _wanted(table: pa.Table, asked: CounterpartSearch) -> NDArray[np.bool_]:
    keep = np.ones(len(table), dtype=bool)
    if asked.of == "sources":
        keep &= table["saved"].to_numpy()
    elif asked.of != "all":
        keep &= table[{"candidates": "candidate_id", "known": "tns_name"}[asked.of]].is_valid().to_numpy()
    if asked.max_host_sigmas is not None:
        sigmas = floats(table, "host_sigmas")
        keep &= np.isnan(sigmas) | (np.abs(sigmas) <= asked.max_host_sigmas)
    if asked.status is not None:
        wanted = None if asked.status == "none" else asked.status
        keep &= np.array([status == wanted for status in table["status"].to_pylist()], dtype=bool)
    return keep
