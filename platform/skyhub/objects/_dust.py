"""How much dust of the Milky Way lies before a place, by the map that the settings name."""

from __future__ import annotations

from typing import Any

from skyhub.config import load_settings
from skyhub.db import Database
from skyhub.science.coordinates import Position
from skyhub.science.dust import DustMap, dust_map

__all__ = ["dust_before", "dust_in_force"]


def dust_before(db: Database, place: Position) -> dict[str, Any]:
    """E(B−V) (mag) at a position by the map that the settings name, or the coarse one; ``map`` says which."""
    known = dust_in_force(db)
    return {"ebv": round(float(known.ebv(*place)), 4), "map": known.origin}


def dust_in_force(db: Database) -> DustMap:
    """The map that the settings name, or the coarse one."""
    return db.part(_settings_map)


def _settings_map(db: Database) -> DustMap:
    return dust_map(load_settings().dust_map)
