"""What the rows of statistics of a few objects add up to, without the engine: to plan its statement takes far longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any, NamedTuple

from skyhub.photometry._partials import REFERENCE_MAG
from skyhub.science.statistics import Point, colours, g_minus_r, rate_between

__all__ = ["added_up"]

_Row = Mapping[str, Any]


class _Sum(NamedTuple):
    """What some rows add up to."""

    first: Point | None
    last: Point | None
    first_unforced: Point | None
    last_unforced: Point | None
    peak: Point | None
    figures: dict[str, Any]


def added_up(rows: Iterable[_Row]) -> dict[str, dict[str, Any]]:
    """Statistics of objects by name: those of the SQL table ``statistics``, with ``filters`` and ``colours``.

    Parameters
    ----------
    rows
        Rows of ``photometry_statistics``, each once.
    """
    owned: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        owned[row["object_id"]].append(row)
    return {object_id: _document(owned[object_id]) for object_id in sorted(owned)}


def _document(rows: Sequence[_Row]) -> dict[str, Any]:
    by_filter: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        by_filter[row["filter"]].append(row)
    parts = {name: _sum(by_filter[name]) for name in sorted(by_filter)}
    whole = _sum(rows)
    filters = {name: _of_filter(part) for name, part in parts.items()}
    means = {name: found["mean_mag"] for name, found in filters.items()}
    return {
        **whole.figures,
        **_named("first", whole.first),
        **_named("last", whole.last),
        **_named("first_unforced", whole.first_unforced),
        **_named("last_unforced", whole.last_unforced),
        **_named("peak", whole.peak),
        **_before(rows, whole.first),
        "rise_rate": rate_between(whole.first, whole.first and parts[whole.first.filter].peak),
        "decay_rate": rate_between(whole.last and parts[whole.last.filter].peak, whole.last),
        "g_r": g_minus_r(means),
        "filters": filters,
        "colours": colours(means),
    }


def _sum(rows: Sequence[_Row]) -> _Sum:
    unforced = [row for row in rows if not row["forced"]]
    n_detections = sum(row["n_detections"] for row in rows)
    excess = sum(row["sum_mag"] or 0.0 for row in rows) / n_detections if n_detections else None
    squares = sum(row["sum_square"] or 0.0 for row in rows) / n_detections if n_detections else None
    figures = {
        "n_points": sum(row["n_points"] for row in rows),
        "n_detections": n_detections,
        "recent_mjd": _greatest(rows, "recent_mjd"),
        "faintest_mag": _greatest(rows, "faintest_mag"),
        "deepest_limit": _greatest(rows, "deepest_limit"),
        "mean_mag": None if excess is None else REFERENCE_MAG + excess,
        "mag_rms": None if excess is None or squares is None else sqrt(max(squares - excess**2, 0.0)),
    }
    peaks = _moments(rows, "peak")
    return _Sum(
        min(_moments(rows, "first"), key=_earliest, default=None),
        max(_moments(rows, "last"), key=_latest, default=None),
        min(_moments(unforced, "first"), key=_earliest, default=None),
        max(_moments(unforced, "last"), key=_latest, default=None),
        min(peaks, key=lambda peak: (peak.mag, peak.mjd, peak.filter), default=None),
        figures,
    )


def _moments(rows: Iterable[_Row], name: str) -> list[Point]:
    found = ((row[f"{name}_mjd"], row[f"{name}_mag"], row["filter"]) for row in rows)
    return [Point(*moment) for moment in found if moment[0] is not None]


def _earliest(moment: Point) -> tuple[float, float, str]:
    return moment.mjd, moment.mag, moment.filter


def _latest(moment: Point) -> tuple[float, float, str]:
    return moment.mjd, -moment.mag, moment.filter


def _greatest(rows: Iterable[_Row], name: str) -> float | None:
    return max((row[name] for row in rows if row[name] is not None), default=None)


def _of_filter(part: _Sum) -> dict[str, Any]:
    figures = dict(part.figures)
    del figures["recent_mjd"]
    peak = {"peak_mjd": part.peak and part.peak.mjd, "peak_mag": part.peak and part.peak.mag}
    return figures | peak


def _before(rows: Iterable[_Row], first: Point | None) -> dict[str, Any]:
    """Limits before the first detection."""
    limits = [
        (mjd, mag, row["filter"])
        for row in rows
        for mjd, mag in zip(row["limit_mjds"] or (), row["limit_mags"] or (), strict=True)
        if first is None or mjd < first.mjd
    ]
    last = max((Point(*limit) for limit in limits if limit[1] is not None), key=_earliest, default=None)
    days = first.mjd - last.mjd if first and last else None
    return {**_named("last_limit", last), "days_from_limit": days, "n_predetections": len(limits)}


def _named(name: str, moment: Point | None) -> dict[str, Any]:
    return {f"{name}_{part}": getattr(moment, part, None) for part in ("mjd", "mag", "filter")}
