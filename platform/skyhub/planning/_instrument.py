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
from skyhub.science.coordinates import galactic_of
from skyhub.science.footprints import Footprint
from skyhub.science.planning import Machine, own_tiles
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

    def places(self, fields: Sequence[int]) -> frozenset[int]:
        """Where in the grid fields are, of those that are in it."""
        return frozenset(np.flatnonzero(np.isin(self.field_ids, fields)).tolist())

    def pointing(self, place: int) -> dict[str, Any]:
        """``field_id, ra, dec`` (ICRS, deg) of the field at a place, as it travels."""
        return {"field_id": int(self.field_ids[place]), "ra": float(self.ra[place]), "dec": float(self.dec[place])}


def equipment_of(db: Database, viewer: Viewer, asked: PlanAsked, sky_map: SkyMap) -> Equipment:
    """The equipment of a plan; a telescope without fields tiles the map by itself.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such instrument, its footprint is not known, it lacks a filter, or no field is left.
    """
    row = instrument_named(db, viewer, asked.instrument, asked.as_of)
    names = bandpasses(row["name"], row["filters"], asked.filters)
    footprint = camera(db, viewer, row["name"], asked.as_of)
    grid = fields_table(db, viewer, row["name"], asked.as_of)
    ids, ra, dec = (grid[name].to_numpy() for name in ("field_id", "ra", "dec"))
    machine, notes = _machine(json.loads(row["configuration"] or "{}"))
    if not len(ids):
        ra, dec = own_tiles(sky_map, footprint, asked.credible_level or 0.99)
        ids = np.arange(1, len(ra) + 1)
        notes = (*notes, f"{row['name']} has no fields: it tiles the localization by itself")
    kept = _wanted(asked, row["name"], ids, ra, dec)
    return Equipment(row["name"], row["telescope"], footprint, machine, ids[kept], ra[kept], dec[kept], names, notes)


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


def _wanted(
    asked: PlanAsked, instrument: str, ids: NDArray[np.int64], ra: NDArray[np.float64], dec: NDArray[np.float64]
) -> NDArray[np.bool_]:
    kept = np.ones(len(ids), dtype=bool)
    for name in ("field_ids", "excluded_fields", "pinned_fields"):
        if unknown := sorted(set(getattr(asked, name) or ()) - set(ids.tolist())):
            raise InvalidInput(f"{instrument} has no field {unknown[0]}: name some that it has.", name)
    if asked.field_ids is not None:
        kept &= np.isin(ids, asked.field_ids)
    if asked.galactic_latitude:
        kept &= np.abs(galactic_of(ra, dec)[1]) >= asked.galactic_latitude
    if asked.ra_range is not None:
        first, last = asked.ra_range
        kept &= (ra - first) % 360 <= ((last - first) % 360 or 360)
    if not kept.any():
        raise InvalidInput(
            "no field is left: allow a lower galactic latitude, a wider range of right ascension or other fields.",
            "fields",
        )
    return kept
