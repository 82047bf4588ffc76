"""Drafting plans: from what is asked to observations, with what the planner computed last kept for the next question."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from typing import Any

import numpy as np

from skyhub.attachments import bytes_of
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.localizations import map_of
from skyhub.observability import places_asked
from skyhub.planning._asked import PlanAsked
from skyhub.planning._galaxies import galaxies_asked
from skyhub.planning._instrument import Equipment, equipment_of
from skyhub.planning._kept import start_of
from skyhub.planning._subtraction import left_to_observe
from skyhub.science.planning import Exposure, Plan, Planner
from skyhub.science.skymaps import SkyMap, cover, read_sky_map

__all__ = ["document_of_plan", "draft_plan", "made_from", "planner_of", "whole_map"]

_MOST_PLANNERS = 4


class _Planners:
    """The planners that were used last."""

    def __init__(self, db: Database) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Planner] = OrderedDict()

    def get(self, fresh: Planner) -> Planner:
        """A planner for the wishes of a fresh one, with what an older one has computed of the same sky."""
        key = _key(fresh)
        with self._lock:
            before = self._kept.get(key)
            planner = fresh if before is None else before.revised(fresh.strategy)
            self._kept[key] = planner
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_PLANNERS:
                self._kept.popitem(last=False)
        return planner


def draft_plan(
    db: Database, viewer: Viewer, asked: PlanAsked, told: Callable[[str, float], None] | None = None
) -> dict[str, Any]:
    """Plan observations of a localization; nothing is stored.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    asked
        Localization, instrument, time and wishes.
    told
        Is told the stage of optimising and the share that is done; what it raises ends the work.

    Returns
    -------
    dict
        ``probability`` and ``area`` (deg²) of the fields that get all visits, as a replay executes them; ``upper_bound`` that
        no plan exceeds; ``n_fields, n_observations, visits, seconds`` (of planning), ``instrument, telescope, notes``;
        without balance ``probability_by_visit``, ``seen_probability`` (in any) and ``complete_probability`` (in all);
        ``observations``, in order: ``field_id, ra, dec`` (ICRS, deg), ``filter, bandpass, start`` (UTC), ``exposure_s``; and
        what it was made from: ``localization_id, wishes, planned_at`` (UTC).

    Raises
    ------
    NotFound, InvalidInput
        If the viewer may not see what is named, or nothing can be planned so.
    """
    origin = made_from(asked)
    planner, equipment = planner_of(db, viewer, asked)
    listens = {} if told is None else {"told": told}
    plan = planner.preview() if asked.method == "preview" else planner.optimise(asked.budget, **listens)
    return {**origin, **document_of_plan(plan, planner, equipment, asked)}


def made_from(asked: PlanAsked) -> dict[str, Any]:
    """What a plan is made from, as it travels: ``localization_id, wishes, planned_at`` (UTC)."""
    return {"localization_id": asked.localization_id, "wishes": asked.wishes, "planned_at": _moment(asked)}


def planner_of(db: Database, viewer: Viewer, asked: PlanAsked) -> tuple[Planner, Equipment]:
    """The planner of what is asked, with what an earlier one has computed of the same sky, and what observes.

    Raises
    ------
    NotFound, InvalidInput
        If the viewer may not see what is named, or it cannot be planned with.
    """
    sky_map, note = left_to_observe(db, viewer, asked, whole_map(db, viewer, asked))
    galaxies = galaxies_asked(db, viewer, asked, sky_map)
    told = [each for each in (note, galaxies and galaxies.note) if each]
    sky_map = galaxies.sky_map if galaxies else sky_map
    equipment = equipment_of(db, viewer, asked, sky_map, galaxies)
    equipment = replace(equipment, notes=(*equipment.notes, *told), galaxies=galaxies)
    [place] = places_asked(db, viewer, asked.conditions(equipment.telescope), asked.as_of)
    strategy = asked.strategy(place.constraints, equipment.places)
    fresh = Planner(sky_map, equipment.footprint, equipment.ra, equipment.dec, place.site, strategy, equipment.machine)
    return db.part(_Planners).get(fresh), equipment


def _unpinned(asked: PlanAsked, document: dict[str, Any]) -> list[str]:
    """What is to be said of pinned fields that are not in the plan."""
    missing = sorted(set(asked.pinned_fields or ()) - {each["field_id"] for each in document["observations"]})
    return [f"field {number} is pinned, but cannot get its visits" for number in missing]


def _moment(asked: PlanAsked) -> str:
    """When what a plan is made from was known."""
    return (asked.as_of or datetime.now(UTC)).isoformat()


def whole_map(db: Database, viewer: Viewer, asked: PlanAsked) -> SkyMap:
    """The map that is asked for. Raises `InvalidInput` if both or none of a stored one and a file are given."""
    if (asked.localization_id is None) == (asked.content is None):
        raise InvalidInput("give either a stored localization or the content of a file.", "localization_id")
    if asked.localization_id is not None:
        return map_of(db, viewer, asked.localization_id, asked.as_of)
    return read_sky_map(bytes_of(asked.content or ""))


def _key(planner: Planner) -> Hashable:
    """What plans must have in common to share what was computed."""
    arrays = (planner.sky_map.low, planner.sky_map.density, planner.ra, planner.dec, *planner.footprint.polygons)
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).digest()
    return digest, planner.site, planner.machine


def document_of_plan(plan: Plan, planner: Planner, equipment: Equipment, asked: PlanAsked) -> dict[str, Any]:
    """A plan as it travels, without what it was made from."""
    document: dict[str, Any] = {
        "probability": plan.probability,
        "upper_bound": plan.upper_bound,
        "area": plan.area,
        "n_fields": len(plan.fields),
        "n_observations": len(plan.exposures),
        "visits": len(planner.strategy.sets),
        "seconds": plan.seconds,
        "instrument": equipment.instrument,
        "telescope": equipment.telescope,
        "notes": [*equipment.notes],
        "observations": [_observation(exposure, equipment) for exposure in plan.exposures],
    }
    document["notes"] += _unpinned(asked, document)
    if plan.by_visit:
        document |= _parts(plan, planner)
    return document if equipment.galaxies is None else {**document, **_galaxies(plan, planner, equipment)}


def _parts(plan: Plan, planner: Planner) -> dict[str, Any]:
    """What a plan without balance holds in each visit, in any and in all of them."""
    each, complete = plan.by_visit, reduce(np.intersect1d, plan.by_visit)
    held = [cover(planner.sky_map, planner.seen.ranges(some)).probability for some in (*each, plan.fields, complete)]
    return {"probability_by_visit": held[:-2], "seen_probability": held[-2], "complete_probability": held[-1]}


def _galaxies(plan: Plan, planner: Planner, equipment: Equipment) -> dict[str, Any]:
    """The galaxies that a plan observes, each with its field."""
    found = equipment.galaxies.told(planner.seen.ranges(plan.fields)) if equipment.galaxies else {}
    ids = equipment.field_ids[plan.fields]
    rows = [{**row, "field_id": int(ids[row.pop("place")])} for row in found.get("galaxies", ())]
    return {**found, "galaxies": rows}


def _observation(exposure: Exposure, equipment: Equipment) -> dict[str, Any]:
    return {
        **equipment.pointing(exposure.field),
        "filter": exposure.filter,
        "bandpass": equipment.bandpasses[exposure.filter],
        "start": start_of(exposure.start),
        "exposure_s": exposure.seconds,
    }
