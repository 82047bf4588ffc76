"""Explaining plans: what became of each field, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.planning._asked import PlanAsked
from skyhub.planning._draft import planner_of, whole_map
from skyhub.planning._exposures import exposures_of, places_of
from skyhub.planning._instrument import Equipment
from skyhub.planning._kept import Observation, asked_of, kept_plan, start_of
from skyhub.planning._subtraction import subtracted
from skyhub.science.planning import FieldVerdict, explain_fields

__all__ = ["ExplanationAsked", "explain_kept_plan", "explain_plan"]


class ExplanationAsked(PlanAsked):
    """A plan, and what was asked for when it was made."""

    observations: list[Observation] = Field(max_length=20_000, description="Those of the plan")
    explain: list[int] | None = Field(None, min_length=1, description="Only these fields; all that matter by default")


def explain_plan(db: Database, viewer: Viewer, asked: ExplanationAsked) -> dict[str, Any]:
    """Why fields are in a plan or not.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    asked
        What the plan was asked for, and its observations.

    Returns
    -------
    dict
        ``fields``, those with most probability first: ``field_id, ra, dec`` (ICRS, deg), ``verdict`` (one of
        `skyhub.science.planning.VERDICTS`), ``probability, gain, starts`` (UTC), ``airmass, limits, best_airmass,
        observable`` (h), and of a plan that subtracts what was observed the probability that was ``subtracted``.

    Raises
    ------
    NotFound, InvalidInput
        If the viewer may not see what is named, or a field is none of the instrument's that were asked for.
    """
    return _explained(db, viewer, asked, asked.observations, asked.explain)


def explain_kept_plan(
    db: Database, viewer: Viewer, plan_id: int, fields: Sequence[int] | None, as_of: datetime | None = None
) -> dict[str, Any]:
    """Why fields are in a kept plan or not, by what was known when it was made; see `explain_plan`."""
    plan = kept_plan(db, viewer, plan_id, as_of)
    if plan.localization_id is None:
        raise InvalidInput(
            f"plan {plan_id} was made from a file that is not kept: ask with the file, by POST /api/plans/explain.",
            "localization_id",
        )
    return _explained(db, viewer, asked_of(plan), plan.observations, fields)


def _explained(
    db: Database,
    viewer: Viewer,
    asked: PlanAsked,
    observations: Sequence[Observation],
    fields: Sequence[int] | None,
) -> dict[str, Any]:
    planner, equipment = planner_of(db, viewer, asked)
    exposures = exposures_of(equipment, observations, "explain")
    places = range(len(equipment.field_ids)) if fields is None else places_of(equipment, fields, "explain")
    found = explain_fields(planner, exposures, places)
    told = [each for each in found if fields is not None or each.verdict != "no probability"]
    rows = [_document(each, equipment) for each in sorted(told, key=lambda each: -each.probability)]
    if asked.subtract is None:
        return {"fields": rows}
    asked_fields = places_of(equipment, [row["field_id"] for row in rows], "explain")
    gone = subtracted(db, viewer, whole_map(db, viewer, asked), planner.sky_map, equipment, asked_fields)
    return {"fields": [{**row, "subtracted": value} for row, value in zip(rows, gone, strict=True)]}


def _document(found: FieldVerdict, equipment: Equipment) -> dict[str, Any]:
    return {
        **equipment.pointing(found.field),
        "verdict": found.verdict,
        "probability": found.probability,
        "gain": found.gain,
        "starts": [start_of(start) for start in found.starts],
        "airmass": list(found.airmass),
        "limits": list(found.limits),
        "best_airmass": found.best_airmass,
        "observable": found.observable,
    }
