"""Running a version of a filter over nights that are stored: how much would it let through, and what besides the live one?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.candidates._filter_book import filter_versions
from skyhub.candidates._filters import Filter, require_condition, seen_by_filters
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput

__all__ = ["Outcome", "dry_run", "run_over"]

_NEWEST_NIGHTS = "SELECT DISTINCT dayobs FROM @alerts WHERE survey = ? ORDER BY dayobs DESC LIMIT ?"
_ALERTS = "SELECT * FROM @alerts WHERE dayobs = ? AND survey = ?"
_NIGHTS = 3
"""So many of the newest nights, if none are named."""
_MOST_NIGHTS = 100


@dataclass
class Outcome:
    """What a version let through of the alerts of some nights."""

    nights: list[date]
    n_alerts: int = 0
    n_passed: int = 0
    seconds: float = 0.0
    seen: set[str] = field(default_factory=set)
    """Objects that have alerts."""
    passed: set[str] = field(default_factory=set)
    """Objects of which an alert passed."""
    live_passed: set[str] | None = None
    """The same of the version that is live, if one is."""

    @property
    def fraction(self) -> float | None:
        """Of the alerts, the fraction that passed."""
        return self.n_passed / self.n_alerts if self.n_alerts else None

    def document(self) -> dict[str, Any]:
        """As a JSON object: numbers, and names of objects."""
        before = self.live_passed
        return {
            "nights": [night.isoformat() for night in self.nights],
            "n_alerts": self.n_alerts,
            "n_passed": self.n_passed,
            "fraction": self.fraction,
            "cost_ms": 1e3 * self.seconds / self.n_alerts if self.n_alerts else None,
            "objects": sorted(self.passed),
            "added": None if before is None else sorted(self.passed - before),
            "removed": None if before is None else sorted(before - self.passed),
        }


def dry_run(
    db: Database,
    viewer: Viewer,
    nights: Sequence[date] = (),
    *,
    filter_id: int | None = None,
    version: int | None = None,
    expression: str | None = None,
    survey: str = "ZTF",
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """Try a filter on the alerts that the viewer may see; nothing is stored.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    nights
        Which nights; the three newest with alerts by default.
    filter_id, version
        A filter that the viewer may see, and which version of it (the newest by default).
    expression, survey
        A condition to try instead: of the filter's survey, if there is one.
    as_of
        With the filter, its live version and the alerts as they were known at this time.

    Returns
    -------
    dict
        ``nights, n_alerts, n_passed, fraction, cost_ms`` (per alert), names of the ``objects`` of which an alert passes,
        and of those ``added`` and ``removed`` with regard to the live version (null without one).

    Raises
    ------
    InvalidInput
        If the condition is none on one alert alone, or cannot be computed on one of these alerts; the cut is named.
    """
    if filter_id is None and expression is None:
        raise InvalidInput("nothing is given to try: name a filter, or give an expression.", "expression")
    live: Filter | None = None
    tried = Filter(0, 0, "the expression", None, survey, expression or "")
    if filter_id is not None:
        known = filter_versions(db, viewer, filter_id, as_of)
        in_force = known.live_at()
        live = Filter.of_row(in_force) if in_force else None
        row = known.newest if version is None else known.version(version)
        tried = Filter.of_row(row if expression is None else {**row, "expression": expression})
    if expression is not None:
        require_condition(db, tried)
    return run_over(db, viewer, nights, tried, live, as_of).document()


def run_over(
    db: Database,
    viewer: Viewer,
    nights: Sequence[date],
    version: Filter,
    live: Filter | None,
    as_of: datetime | None = None,
) -> Outcome:
    """Run a version, and the live one, over the alerts of nights that a viewer may see."""
    if len(nights) > _MOST_NIGHTS:
        raise InvalidInput(f"{len(nights)} nights were given: {_MOST_NIGHTS} are permitted.", "nights")
    chosen = sorted(set(nights)) or _newest_nights(db, viewer, version.survey, as_of)
    outcome = Outcome(chosen, live_passed=None if live is None else set())
    for night in chosen:
        alerts = seen_by_filters(db.reader.query(viewer, _ALERTS, [night, version.survey], as_of))
        outcome.n_alerts += len(alerts)
        outcome.seen |= set(alerts["object_id"].to_pylist())
        begin = time.perf_counter()
        passed = version.passes(alerts)
        outcome.seconds += time.perf_counter() - begin
        outcome.n_passed += int(passed.sum())
        outcome.passed |= _objects(alerts, passed)
        if live is not None and outcome.live_passed is not None:
            with suppress(InvalidInput):  # a live version that fails lets nothing through
                outcome.live_passed |= _objects(alerts, live.passes(alerts))
    return outcome


def _newest_nights(db: Database, viewer: Viewer, survey: str, as_of: datetime | None) -> list[date]:
    rows = db.reader.rows(viewer, _NEWEST_NIGHTS, [survey, _NIGHTS], as_of)
    return sorted(row["dayobs"] for row in rows)


def _objects(alerts: pa.Table, passed: np.ndarray[Any, np.dtype[np.bool_]]) -> set[str]:
    return set(alerts["object_id"].filter(pa.array(passed)).to_pylist())
