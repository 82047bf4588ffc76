"""What came of an injection: how many of the known objects the scanners of a group saved, and by which filters they came.

Nobody learns another's figures: those of all are told where at least three scanners decided, for of fewer they would tell
one of another, and one's own to nobody but oneself, who has chosen so (`skyhub.candidates.PREFERENCES`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from skyhub.candidates._filter_book import visible_filters
from skyhub.candidates._injections import injection_row, offered
from skyhub.candidates._preferences import named_scanners
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import Conflict
from skyhub.science.proportions import ONE_SIGMA, wilson_interval

__all__ = ["injection_result"]

FEWEST = 3
"""Scanners, of whom figures together tell nothing of one."""
_DECIDED = """
    SELECT object_id, user_name, verdict FROM decisions
    WHERE injection_id = $1 AND list_contains(group_ids, $2) AND verdict <> 'undo'
        AND decision_id NOT IN (SELECT undoes FROM decisions WHERE undoes IS NOT NULL)
    QUALIFY row_number() OVER (PARTITION BY object_id, user_name ORDER BY decision_id DESC) = 1
"""
_SAVED = """
    SELECT object_id FROM sources WHERE injection_id = $1 AND group_id = $2
    QUALIFY row_number() OVER (PARTITION BY object_id ORDER BY decision_id DESC, known_at DESC) = 1 AND active
"""


class _Outcome(NamedTuple):
    decided: list[dict[str, Any]]
    """Each scanner's decision in force on each object."""
    saved: set[str]
    """Objects that would have become sources of the group."""


def injection_result(
    db: Database,
    viewer: Viewer,
    injection_id: int,
    *,
    confidence: float = ONE_SIGMA,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """The recall of a group's scanners, and by filters, from an injection that is closed.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and for what time.
    injection_id
        One that the viewer may know of.
    confidence
        Probability of the intervals (Wilson, `skyhub.science.proportions.wilson_interval`).

    Returns
    -------
    dict
        ``injection_id, name, group, dayobs, confidence, n_scanners`` (who decided), ``withheld`` (why figures are not told, or
        null), ``group_recall``, ``filters`` (those of the group that let objects through, each with ``filter_id, name``) and
        ``missed`` (objects that were offered and not saved), both null if withheld, and ``mine`` (null unless the viewer has
        chosen so): of the objects that the viewer decided on. Figures are ``n_offered, n_decided, n_saved, recall`` (saved of
        offered; of one's own, of decided) with ``recall_low, recall_high``.

    Raises
    ------
    NotFound
        If there is no such injection among those that the viewer may see.
    Conflict
        If it is still open.
    """
    row = injection_row(db, viewer, injection_id, as_of)
    if row["open"]:
        raise Conflict(f"the injection {injection_id} is open: close it, then its result is told.", str(injection_id))
    names, group_id = row["object_ids"], row["group_id"]
    outcome = _outcome(db, injection_id, group_id)
    scanners = {decision["user_name"] for decision in outcome.decided}
    told = {
        **{name: row[name] for name in ("injection_id", "name", "dayobs")},
        "group": db.access.names_of_groups().get(group_id),
        "confidence": confidence,
        "n_scanners": len(scanners),
        "withheld": None,
        "group_recall": _figures(outcome, names, confidence),
        "filters": _by_filter(db, row, outcome, confidence),
        "missed": sorted(set(names) - outcome.saved),
        "mine": _mine(outcome, viewer.name, names, confidence) if named_scanners(db, {viewer.name}) else None,
    }
    if len(scanners) < FEWEST:
        why = f"fewer than {FEWEST} scanners decided: figures would tell what one of them did."
        told |= {"withheld": why, "n_scanners": None, "group_recall": None, "filters": None, "missed": None}
    document: dict[str, Any] = json_value(told)
    return document


def _outcome(db: Database, injection_id: int, group_id: int) -> _Outcome:
    with db.reader.borrowed() as cursor:
        decided, saved = (
            cursor.sql(sql, params=[injection_id, group_id]).to_arrow_table().to_pylist() for sql in (_DECIDED, _SAVED)
        )
    return _Outcome(decided, {row["object_id"] for row in saved})


def _by_filter(db: Database, row: dict[str, Any], outcome: _Outcome, confidence: float) -> list[dict[str, Any]]:
    group = db.access.names_of_groups()[row["group_id"]]
    scanner = Viewer("", frozenset({group}))
    passed = offered(db, scanner, row["group_id"], row["dayobs"], row["object_ids"])
    named = visible_filters(db, scanner)
    return [
        {
            "filter_id": number,
            "name": named[number][0],
            **_figures(outcome, [name for name, numbers in passed.items() if number in numbers], confidence),
        }
        for number in sorted(set().union(*passed.values()))
    ]


def _figures(outcome: _Outcome, names: Collection[str], confidence: float) -> dict[str, Any]:
    decided = {decision["object_id"] for decision in outcome.decided}.intersection(names)
    saved = outcome.saved.intersection(names)
    counts = {"n_offered": len(names), "n_decided": len(decided), "n_saved": len(saved)}
    return counts | _recall(len(saved), len(names), confidence)


def _mine(outcome: _Outcome, name: str, names: Sequence[str], confidence: float) -> dict[str, Any]:
    own = {d["object_id"]: d["verdict"] for d in outcome.decided if d["user_name"] == name}
    saved = [object_id for object_id, verdict in own.items() if verdict == "save"]
    counts = {"n_offered": len(names), "n_decided": len(own), "n_saved": len(saved)}
    return counts | _recall(len(saved), len(own), confidence) | {"missed": sorted(own.keys() - set(saved))}


def _recall(found: int, tried: int, confidence: float) -> dict[str, float | None]:
    low, high = wilson_interval(found, tried, confidence)
    return {"recall": found / tried if tried else None, "recall_low": float(low), "recall_high": float(high)}
