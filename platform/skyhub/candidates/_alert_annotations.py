"""What alerts say of themselves, as annotations: scores, neighbours and magnitudes, with how they are distributed tonight."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from skyhub.db import Database, Viewer, json_value

__all__ = ["ALERT_KEYS", "alert_annotations", "alert_values", "distribution_of"]

_BINS = 24


class _Key(NamedTuple):
    label: str
    threshold: float | None
    larger_is_better: bool = True


_SCORES = {
    "drb": _Key("deep real–bogus", 0.65),
    "rb": _Key("real–bogus", 0.55),
    "star_score": _Key("star–galaxy (1 = star)", 0.7, False),
    "star_distance": _Key("nearest catalogue source (arcsec)", None),
    "sso_name": _Key("nearest minor planet", None),
    "sso_distance": _Key("its distance (arcsec)", 5.0),
    "n_detections": _Key("detections in the survey's history", None),
}
"""Annotations of an alert that a card shows."""

ALERT_KEYS = (*_SCORES, "mag", "magerr", "limiting_mag")
"""Annotations of an alert that a selection may name, under the survey as their origin."""

NUMBERS = tuple(key for key in ALERT_KEYS if key != "sso_name")

_OF_NIGHTS = """
    SELECT survey, candid, {columns} FROM @alerts WHERE dayobs BETWEEN ? AND ? AND candid IN (SELECT unnest(?))
"""


def alert_annotations(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The annotations of a row of ``alerts``: ``origin, key, label, value, verdict``; those without a value are left out."""
    return [
        {"origin": row["survey"], "key": key, "label": label, "value": json_value(row[key]), "verdict": verdict}
        for key, (label, threshold, larger_is_better) in _SCORES.items()
        if row[key] is not None
        for verdict in [_verdict(row[key], threshold, larger_is_better)]
    ]


def _verdict(value: Any, threshold: float | None, larger_is_better: bool) -> str | None:
    if threshold is None:
        return None
    return "good" if (value >= threshold) == larger_is_better else "bad"


def alert_values(
    db: Database,
    viewer: Viewer,
    nights: tuple[date, date],
    candids: Sequence[int],
    keys: Sequence[str],
    as_of: datetime | None = None,
) -> dict[tuple[str, int], dict[str, Any]]:
    """Values of alerts of some nights by survey and candid, of those that the viewer may see.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and for what time.
    nights
        The first and the last night.
    candids
        The alerts.
    keys
        Some of `ALERT_KEYS`.
    """
    rows = _rows(db, viewer, nights, candids, keys, as_of).to_pylist()
    return {(row["survey"], row["candid"]): row for row in rows}


def distribution_of(
    db: Database, viewer: Viewer, dayobs: date, candids: Sequence[int], as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """How the annotations of some alerts of a night are distributed.

    Returns
    -------
    list of dict
        ``origin, key, low, high, counts``: numbers of alerts in bins of equal width between the least and the greatest
        value; those of which all alerts have the same value are left out.
    """
    rows = _rows(db, viewer, (dayobs, dayobs), candids, NUMBERS, as_of)
    surveys = np.asarray(rows["survey"].to_pylist(), dtype=str)
    found = []
    for survey in sorted(set(surveys.tolist())):
        for key in NUMBERS:
            values = np.asarray(rows[key].cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=float)
            values = values[(surveys == survey) & np.isfinite(values)]
            if len(values) and values.min() < values.max():
                counts, edges = np.histogram(values, bins=_BINS)
                bounds = {"low": float(edges[0]), "high": float(edges[-1])}
                found.append({"origin": survey, "key": key, **bounds, "counts": counts.tolist()})
    return found


def _rows(
    db: Database,
    viewer: Viewer,
    nights: tuple[date, date],
    candids: Sequence[int],
    keys: Sequence[str],
    as_of: datetime | None,
) -> pa.Table:
    statement = _OF_NIGHTS.format(columns=", ".join(keys))
    return db.reader.query(viewer, statement, [*nights, list(candids)], as_of)
