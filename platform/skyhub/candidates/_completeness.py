"""Known objects run again through filters: what of those that are wanted passes, and what of what passes is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from skyhub.candidates._dry_run import Outcome, run_over
from skyhub.candidates._filter_book import Versions, known_filters
from skyhub.candidates._filters import Filter
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.proportions import ONE_SIGMA, wilson_interval

__all__ = ["filter_completeness"]

_MOST_KNOWN = 10_000
_MOST_RUNS = 300


def filter_completeness(
    db: Database,
    viewer: Viewer,
    known: Mapping[str, bool],
    nights: Sequence[date] = (),
    filter_ids: Sequence[int] = (),
    *,
    every_version: bool = False,
    confidence: float = ONE_SIGMA,
    as_of: datetime | None = None,
) -> list[dict[str, Any]]:
    """Completeness and purity of filters, by known objects, on the alerts of nights that the viewer may see.

    Nothing is stored. An object counts for the filters of surveys in which it has alerts in these nights.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    known
        Of objects whose class is known, whether a filter should let them through.
    nights
        The three newest with alerts by default.
    filter_ids
        Which filters; all that are live by default.
    every_version
        All of their versions, instead of the one that is live (the newest if none is).
    confidence
        Probability of the intervals (Wilson, `skyhub.science.proportions.wilson_interval`).
    as_of
        With filters and alerts as they were known at this time.

    Returns
    -------
    list of dict
        Of each version ``filter_id, name, version, live, nights, n_alerts, n_passed, n_objects`` (that passed, known or not),
        ``n_wanted`` (with alerts), ``n_recovered``, ``completeness`` with ``completeness_low`` and ``completeness_high``,
        ``n_known_passed, n_unwanted_passed``, ``purity`` (of the known objects that pass, the fraction that is wanted) with
        ``purity_low`` and ``purity_high`` (fractions are null where nothing was to be counted), names of those
        ``missed`` and of the ``unwanted``; or, of a version that fails, ``failed``: why.

    Raises
    ------
    NotFound
        If there is no such filter among those that the viewer may see.
    InvalidInput
        If there are too many objects, or too many versions times nights.
    """
    if not 1 <= len(known) <= _MOST_KNOWN:
        raise InvalidInput(f"{len(known)} known objects were given: 1 to {_MOST_KNOWN} are permitted.", "known")
    chosen = _versions(db, viewer, filter_ids, every_version, as_of)
    if len(chosen) * max(1, len(nights)) > _MOST_RUNS:
        raise InvalidInput(
            f"{len(chosen)} versions and {len(nights)} nights were given: {_MOST_RUNS} of one times the other are "
            "permitted. Name fewer filters.",
            "filter_ids",
        )
    rows = []
    for version, live in chosen:
        about = {"filter_id": str(version.filter_id), "name": version.name, "version": version.version, "live": live}
        try:
            outcome = run_over(db, viewer, nights, version, None, as_of)
        except InvalidInput as error:
            rows.append({**about, "failed": error.message})
            continue
        rows.append(json_value({**about, "failed": None, **_figures(outcome, known, confidence)}))
    return rows


def _versions(
    db: Database, viewer: Viewer, filter_ids: Sequence[int], every: bool, as_of: datetime | None
) -> list[tuple[Filter, bool]]:
    """The versions to run, each with whether it is live."""
    there = known_filters(db, viewer, as_of)
    if missing := sorted(set(filter_ids) - there.keys()):
        raise NotFound(f"there is no filter {missing[0]} among those that you may see.", str(missing[0]))
    named = sorted(set(filter_ids)) or sorted(number for number, one in there.items() if one.live_at())
    return [pair for number in named for pair in _of_filter(there[number], every)]


def _of_filter(known: Versions, every: bool) -> list[tuple[Filter, bool]]:
    live = known.live_at()
    rows = known.rows if every else [live or known.newest]
    return [(Filter.of_row(row), live is not None and row["version"] == live["version"]) for row in rows]


def _figures(outcome: Outcome, known: Mapping[str, bool], confidence: float) -> dict[str, Any]:
    wanted = {name for name, is_wanted in known.items() if is_wanted} & outcome.seen
    passed = outcome.passed & known.keys()
    recovered = passed & wanted
    return {
        "nights": outcome.nights,
        "n_alerts": outcome.n_alerts,
        "n_passed": outcome.n_passed,
        "n_objects": len(outcome.passed),
        "n_wanted": len(wanted),
        "n_recovered": len(recovered),
        **_fraction("completeness", len(recovered), len(wanted), confidence),
        "n_known_passed": len(passed),
        "n_unwanted_passed": len(passed - wanted),
        **_fraction("purity", len(recovered), len(passed), confidence),
        "missed": sorted(wanted - passed),
        "unwanted": sorted(passed - wanted),
    }


def _fraction(name: str, found: int, tried: int, confidence: float) -> dict[str, float | None]:
    low, high = wilson_interval(found, tried, confidence)
    return {name: found / tried if tried else None, f"{name}_low": float(low), f"{name}_high": float(high)}
