"""Running a version of a filter over nights that are stored: how much would it let through, and what besides the live one?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.candidates._filter_book import filter_versions
from skyhub.candidates._filters import Filter, Language
from skyhub.candidates._judge import judge
from skyhub.candidates._requirements import require_filter
from skyhub.context import AT_ALERT
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput

__all__ = ["Outcome", "dry_run", "run_over"]

_NEWEST_NIGHTS = "SELECT DISTINCT dayobs FROM @alerts WHERE survey = ? ORDER BY dayobs DESC LIMIT ?"
_ALERTS = f"SELECT * FROM {AT_ALERT} WHERE dayobs = ? AND survey = ?"
_NIGHTS = 3
"""So many of the newest nights, if none are named."""
_MOST_NIGHTS = 100
_MOST_EXAMPLES = 20
_SHOWN = ["candid", "object_id", "mjd", "filter", "mag", "drb", "ra", "dec"]


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
    live_n_passed: int | None = None
    """How many alerts the live version lets through."""
    n_faults: int = 0
    """On so many alerts something could not be computed."""
    fault: str | None = None
    """The first reason."""
    examples: list[dict[str, Any]] = field(default_factory=list)
    """Some of the alerts that pass, with their annotations."""

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
            "live_n_passed": self.live_n_passed,
            "n_faults": self.n_faults,
            "fault": self.fault,
            "examples": self.examples,
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
    language: Language = "sql",
    annotations: Mapping[str, str] | None = None,
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
    expression, language, annotations, survey
        A condition or a function to try instead, and what it is to note: of the filter's survey, if there is one.
    as_of
        With the filter, its live version and the alerts as they were known at this time.

    Returns
    -------
    dict
        ``nights, n_alerts, n_passed, fraction, cost_ms`` (per alert), ``n_faults`` (alerts on which something could not be
        computed) with the first ``fault``, ``examples`` of alerts that pass with their annotations, names of the ``objects``
        of which an alert passes, and of those ``added`` and ``removed`` with regard to the live version, which lets
        ``live_n_passed`` alerts through (null without one).

    Raises
    ------
    InvalidInput
        If the condition is none on one alert alone, or fails on all of a night's alerts; the cut is named.
    """
    if filter_id is None and expression is None:
        raise InvalidInput("nothing is given to try: name a filter, or give an expression.", "expression")
    live: Filter | None = None
    given: dict[str, Any] = {"expression": expression, "language": language, "annotations": annotations or {}}
    tried = Filter(0, 0, "the expression", None, survey, "")
    if filter_id is not None:
        known = filter_versions(db, viewer, filter_id, as_of)
        in_force = known.live_at()
        live = Filter.of_row(in_force) if in_force else None
        row = known.newest if version is None else known.version(version)
        tried = Filter.of_row(row)
    if expression is not None:
        tried = replace(tried, **given)
        require_filter(db, viewer, tried)
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
    outcome = Outcome(chosen)
    if live is not None:
        outcome.live_passed, outcome.live_n_passed = set(), 0
    for night in chosen:
        alerts = db.reader.query(viewer, _ALERTS, [night, version.survey], as_of)
        _add_night(db, outcome, version, alerts)
        if live is not None and outcome.live_passed is not None and outcome.live_n_passed is not None:
            with suppress(InvalidInput):  # a live version that fails lets nothing through
                passed = judge(db, live, alerts).passed
                outcome.live_n_passed += int(passed.sum())
                outcome.live_passed |= _objects(alerts, passed)
    return outcome


def _add_night(db: Database, outcome: Outcome, version: Filter, alerts: pa.Table) -> None:
    outcome.n_alerts += len(alerts)
    outcome.seen |= set(alerts["object_id"].to_pylist())
    begin = time.perf_counter()
    found = judge(db, version, alerts)
    outcome.seconds += time.perf_counter() - begin
    outcome.n_passed += int(found.passed.sum())
    outcome.passed |= _objects(alerts, found.passed)
    outcome.n_faults += len({fault.place for fault in found.faults})
    if outcome.fault is None and found.faults:
        outcome.fault = found.faults[0].reason
    room = _MOST_EXAMPLES - len(outcome.examples)
    rows = alerts.select(_SHOWN).take(np.flatnonzero(found.passed)[:room]).to_pylist()
    told = zip(rows, found.annotations, strict=False)
    outcome.examples += [{**json_value(row), "annotations": values} for row, values in told]


def _newest_nights(db: Database, viewer: Viewer, survey: str, as_of: datetime | None) -> list[date]:
    rows = db.reader.rows(viewer, _NEWEST_NIGHTS, [survey, _NIGHTS], as_of)
    return sorted(row["dayobs"] for row in rows)


def _objects(alerts: pa.Table, passed: np.ndarray[Any, np.dtype[np.bool_]]) -> set[str]:
    return set(alerts["object_id"].filter(pa.array(passed)).to_pylist())
