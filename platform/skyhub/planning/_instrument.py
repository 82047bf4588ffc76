"""An instrument as the planner takes it: its camera, fields, filters and speed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.facilities import bandpasses, camera, fields_table, instrument_named
from skyhub.planning._asked import PlanAsked
from skyhub.planning._galaxies import Galaxies
from skyhub.planning._pointings import pointings_of
from skyhub.science.footprints import Footprint
from skyhub.science.planning import Machine
from skyhub.science.skymaps import SkyMap

__all__ = ["Equipment", "equipment_of", "outlines_of"]


@dataclass(frozen=True)
class Equipment:
    """What observes."""

    instrument: str
    telescope: str
    footprint: Footprint
    machine: Machine
    field_ids: NDArray[np.int64]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    bandpasses: dict[str, str]
    """The instrument's names of the filters that are asked for."""
    notes: tuple[str, ...]
    """What was assumed."""
    galaxies: Galaxies | None = None
    """At which it points, if a plan is for galaxies."""

    def places(self, fields: Sequence[int]) -> frozenset[int]:
        """Where in the grid fields are, of those that are in it."""
        return frozenset(np.flatnonzero(np.isin(self.field_ids, fields)).tolist())

    def pointing(self, place: int) -> dict[str, Any]:
        """``field_id, ra, dec`` (ICRS, deg) of the field at a place, as it travels."""
        return {"field_id": int(self.field_ids[place]), "ra": float(self.ra[place]), "dec": float(self.dec[place])}


def equipment_of(
    db: Database, viewer: Viewer, asked: PlanAsked, sky_map: SkyMap, galaxies: Galaxies | None = None
) -> Equipment:
    """The equipment of a plan; a telescope without fields tiles the map by itself, or points at galaxies.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such instrument, its footprint is not known, it lacks a filter, or no field is left.
    """
    row = instrument_named(db, viewer, asked.instrument, asked.as_of)
    names = bandpasses(row["name"], row["filters"], asked.filters)
    footprint = camera(db, viewer, row["name"], asked.as_of)
    grid = fields_table(db, viewer, row["name"], asked.as_of)
    configuration = json.loads(row["configuration"] or "{}")
    machine, notes = _machine(configuration)
    about = {"name": row["name"], "configuration": configuration}
    there = pointings_of(asked, about, grid, [*names.values()], footprint, sky_map, galaxies)
    return Equipment(row["name"], row["telescope"], footprint, machine, *there[:3], names, (*notes, *there.notes))


def outlines_of(
    db: Database, viewer: Viewer, plan: Mapping[str, Any], as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """``field_id`` and ``outline`` (corners, ICRS, deg) of each field of a plan; none if its camera is not known any more."""
    try:
        hull = camera(db, viewer, plan["instrument"], as_of).hull()
    except (NotFound, InvalidInput):
        return []
    rows = {row["field_id"]: row for row in plan["observations"]}
    return [
        {"field_id": number, "outline": np.round(hull.corners(row["ra"], row["dec"])[0], 5).tolist()}
        for number, row in rows.items()
    ]


def _machine(given: Mapping[str, Any]) -> tuple[Machine, tuple[str, ...]]:
    """How long things take, and which of it was not known."""
    said: dict[str, float] = {}
    if given.get("readout") is not None or given.get("overhead_per_exposure") is not None:
        said["overhead"] = (given.get("readout") or 0.0) + (given.get("overhead_per_exposure") or 0.0)
    for name in ("filter_change", "slew_rate", "slew_acceleration", "settle"):
        if given.get(name) is not None:
            said[name] = given[name]
    machine = Machine(**said)
    missing = [name for name in ("overhead", "filter_change", "slew_rate", "slew_acceleration") if name not in said]
    notes = [f"{name} is not known: {getattr(machine, name):g} is taken" for name in missing]
    return machine, tuple(notes)
