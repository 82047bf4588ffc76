"""How much dust of the Milky Way lies before an object."""

from __future__ import annotations

from typing import Any

from skyhub.config import load_settings
from skyhub.db import Database
from skyhub.science.coordinates import Position
from skyhub.science.dust import DustMap, dust_map

__all__ = ["dust_before"]


def dust_before(db: Database, place: Position) -> dict[str, Any]:
    """E(B−V) (mag) at a position by the map that the settings name, or the coarse one; ``map`` says which."""
    known = db.part(_map_in_force)
    return {"ebv": round(float(known.ebv(*place)), 4), "map": known.origin}


def _map_in_force(db: Database) -> DustMap:
    return dust_map(load_settings().dust_map)
