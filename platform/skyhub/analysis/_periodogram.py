"""The periodogram of an object's points, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound
from skyhub.photometry import Duplicates, one_per_exposure
from skyhub.science.periodograms import Periodogram, frequency_grid, least_points, periodogram, thinned

__all__ = ["MAX_BOOTSTRAP", "PeriodSearch", "object_periodogram"]

MAX_BOOTSTRAP = 1000
"""The most light curves of exchanged points."""

_CHANNEL = ("filter", "instrument", "origin")
_COLUMNS = (*_CHANNEL, "mjd", "flux", "fluxerr", "photometry_id")
_MOST_WORK = 200_000_000


@dataclass(frozen=True)
class PeriodSearch:
    """How to search; `skyhub.science.periodograms.periodogram` explains each."""

    min_period: float = 0.1
    max_period: float | None = None
    oversampling: float = 5.0
    harmonics: int = 1
    error_floor: float = 0.1
    peaks: int = 10
    bootstrap: int = 0
    filters: tuple[str, ...] = ()
    """These filters alone; all by default."""
    duplicates: Duplicates = "forced"
    """Which point of an exposure counts: `skyhub.photometry.one_per_exposure` has the rule."""
    drawn: int = 2000
    """At most so many points of the periodogram are told."""


def object_periodogram(
    db: Database,
    viewer: Viewer,
    object_id: str,
    search: PeriodSearch,
    as_of: datetime | None = None,
    proceed: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """The periodogram of the fluxes of an object that the viewer may see, at times as observed (MJD, UTC).

    Points of one filter, instrument and origin are a band with its own mean and amplitude, so that total and difference
    fluxes may stand side by side; bands with too few points are left out and named. `proceed` is called between pieces of the
    work, and may end it.

    Returns
    -------
    dict
        ``object_id, n_points, epoch, period, false_alarm, false_alarm_method, harmonics, oversampling``; ``grid``:
        ``first, step, count``; ``peaks``: ``frequency, period, power, relation, factor, window_frequency, cycle``;
        ``bands``: ``filter, instrument, origin, n_points, mean, amplitude`` (µJy), ``power, false_alarm, levels``;
        ``window``: ``frequency, power, cycle``;
        ``left_out``: ``filter, instrument, origin, n_points``; ``spectrum``: ``frequency, power``, of each run of
        frequencies the highest. Frequencies are in 1/d, periods in d.

    Raises
    ------
    NotFound
        If the viewer may see no flux of the object.
    InvalidInput
        If no band has enough points, or the search is not permitted.
    """
    points = _fluxes(db.reader.points(viewer, [object_id], _COLUMNS, as_of), search)
    if not len(points):
        where = f" in {', '.join(search.filters)}" if search.filters else ""
        raise NotFound(f"there is no flux of {object_id!r}{where} among what you may see.", object_id)
    channels, code = _channels(points)
    counts = np.bincount(code)
    needed = least_points(search.harmonics)
    enough = counts >= needed
    if not enough.any():
        raise InvalidInput(
            f"{object_id} has at most {counts.max()} points of one filter, instrument and origin: {needed} are needed for "
            f"{search.harmonics} harmonic(s).",
            object_id,
        )
    kept = enough[code]
    mjd, flux, fluxerr = (points[name].to_numpy()[kept] for name in ("mjd", "flux", "fluxerr"))
    found = _searched(mjd, flux, fluxerr, code[kept], search, proceed)
    left_out = [{**channels[at], "n_points": int(counts[at])} for at in np.flatnonzero(~enough)]
    document: dict[str, Any] = json_value(
        {"object_id": object_id, "n_points": len(mjd), **_document(found, channels, search), "left_out": left_out}
    )
    return document


def _fluxes(points: pa.Table, search: PeriodSearch) -> pa.Table:
    """Points with a flux and an error, one of each exposure, in the filters that are asked for."""
    usable = pc.and_(pc.is_finite(points["flux"]), pc.greater(points["fluxerr"], 0))
    points = points.filter(pc.fill_null(usable, False))
    if search.filters:
        points = points.filter(pc.is_in(points["filter"], pa.array(search.filters)))
    for name in ("flux", "fluxerr"):
        points = points.set_column(points.column_names.index(name), name, points[name].cast(pa.float64()))
    return one_per_exposure(points, search.duplicates)


def _channels(points: pa.Table) -> tuple[list[dict[str, Any]], NDArray[np.intp]]:
    """The filters, instruments and origins that belong together, and the place among these of each point."""
    rows = list(zip(*(points[name].to_pylist() for name in _CHANNEL), strict=True))
    known = sorted(set(rows), key=lambda row: tuple(part or "" for part in row))
    place = {row: at for at, row in enumerate(known)}
    return [dict(zip(_CHANNEL, row, strict=True)) for row in known], np.array([place[row] for row in rows], np.intp)


def _searched(
    mjd: NDArray[np.float64],
    flux: NDArray[np.float64],
    fluxerr: NDArray[np.float64],
    code: NDArray[np.intp],
    search: PeriodSearch,
    proceed: Callable[[], object],
) -> Periodogram:
    grid = frequency_grid(mjd, search.min_period, search.max_period, search.oversampling)
    work = grid.count * len(np.unique(code)) * (1 + 2 * search.harmonics) * (1 + search.bootstrap)
    if search.bootstrap > MAX_BOOTSTRAP or work > _MOST_WORK:
        raise InvalidInput(
            f"bootstrap is {search.bootstrap} over {grid.count} frequencies: up to {MAX_BOOTSTRAP}, and {_MOST_WORK:.0e} for "
            "frequencies times bands times terms times light curves, is permitted; ask for less, or for a longer min_period.",
            "bootstrap",
        )
    return periodogram(
        mjd,
        flux,
        fluxerr,
        code,
        min_period=search.min_period,
        max_period=search.max_period,
        oversampling=search.oversampling,
        harmonics=search.harmonics,
        error_floor=search.error_floor,
        peaks=search.peaks,
        bootstrap=search.bootstrap,
        proceed=proceed,
    )


def _document(found: Periodogram, channels: list[dict[str, Any]], search: PeriodSearch) -> dict[str, Any]:
    frequency, power = thinned(found.grid.frequencies, found.power, search.drawn)
    bands = [
        {
            **channels[int(one.band)],
            "n_points": one.n_points,
            **asdict(one.fit),
            "false_alarm": one.false_alarm,
            "levels": {str(probability): level for probability, level in one.levels.items()},
        }
        for one in sorted(found.bands, key=lambda one: int(one.band))
    ]
    return {
        "epoch": found.epoch,
        "period": found.period,
        "false_alarm": found.false_alarm,
        "false_alarm_method": found.false_alarm_method,
        "harmonics": search.harmonics,
        "oversampling": search.oversampling,
        "grid": asdict(found.grid),
        "peaks": [{**asdict(peak), "period": peak.period} for peak in found.peaks],
        "bands": bands,
        "window": [asdict(peak) for peak in found.window],
        "spectrum": {"frequency": frequency.tolist(), "power": power.tolist()},
    }
