"""Where an instrument may point: its fields, or those that are wanted of them; tiles of its own; galaxies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.planning._asked import PlanAsked
from skyhub.planning._galaxies import Galaxies
from skyhub.science.coordinates import galactic_of
from skyhub.science.footprints import Footprint
from skyhub.science.planning import galaxy_tiles, own_tiles
from skyhub.science.skymaps import SkyMap

__all__ = ["Pointings", "pointings_of"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Pointings(NamedTuple):
    """Numbered places (ICRS, deg)."""

    field_ids: NDArray[np.int64]
    ra: Floats
    dec: Floats
    notes: tuple[str, ...]


def pointings_of(
    asked: PlanAsked,
    instrument: Mapping[str, Any],
    grid: pa.Table,
    bandpasses: Sequence[str],
    footprint: Footprint,
    sky_map: SkyMap,
    galaxies: Galaxies | None,
) -> Pointings:
    """The places that are wanted.

    Parameters
    ----------
    asked
        The wishes.
    instrument
        ``name``, and its ``configuration`` with sets of fields.
    grid
        Its fields.
    bandpasses
        In which references are needed, if they are.
    footprint, sky_map
        The camera, and the map that a telescope without fields tiles.
    galaxies
        At which it points, if it has no fields.

    Raises
    ------
    InvalidInput
        If a field is not there, or none is left.
    """
    ids, ra, dec = (grid[name].to_numpy() for name in ("field_id", "ra", "dec"))
    kept, notes = np.ones(len(ids), dtype=bool), tuple[str, ...]()
    if len(ids) and asked.pointings != "own":
        kept = _in_set(asked, instrument, ids) & _with_references(asked, grid, bandpasses)
    else:
        if asked.field_set is not None or asked.references:
            raise InvalidInput(
                f"{instrument['name']} plans without fields here: leave field_set and references out.", "field_set"
            )
        if galaxies is None:
            ra, dec = own_tiles(sky_map, footprint, asked.credible_level or 0.99)
            why = "points freely, as was asked" if len(ids) else "has no fields"
            notes = (f"{instrument['name']} {why}: it tiles the localization by itself",)
        else:
            ra, dec = galaxy_tiles(galaxies.ra, galaxies.dec, galaxies.share, footprint)
            notes = (f"{instrument['name']} points at galaxies and between them",)
        ids = np.arange(1, len(ra) + 1)
        kept = np.ones(len(ids), dtype=bool)
    kept &= _wanted(asked, instrument["name"], ids, ra, dec)
    if not kept.any():
        raise InvalidInput(
            "no field is left: allow a lower galactic latitude, a wider range of right ascension or other fields.",
            "fields",
        )
    return Pointings(ids[kept], ra[kept], dec[kept], notes)


def _in_set(asked: PlanAsked, instrument: Mapping[str, Any], ids: NDArray[np.int64]) -> Mask:
    if asked.field_set is None:
        return np.ones(len(ids), dtype=bool)
    known = instrument["configuration"].get("field_sets") or {}
    if asked.field_set not in known:
        raise InvalidInput(
            f"{instrument['name']} has no set {asked.field_set!r} of fields: {', '.join(known) or 'none'} is known. "
            "Sets are part of an instrument's configuration (field_sets).",
            "field_set",
        )
    parts = [(ids >= first) & (ids <= last) for first, last in known[asked.field_set]]
    return np.asarray(np.any([np.zeros(len(ids), dtype=bool), *parts], axis=0))


def _with_references(asked: PlanAsked, grid: pa.Table, bandpasses: Sequence[str]) -> Mask:
    if not asked.references:
        return np.ones(len(grid), dtype=bool)
    found = np.array([set(bandpasses) <= set(has or ()) for has in grid["reference_filters"].to_pylist()])
    if not found.any():
        raise InvalidInput(
            f"no field has references in {', '.join(bandpasses)}: load them with the fields, or plan without.",
            "references",
        )
    return found


def _wanted(asked: PlanAsked, instrument: str, ids: NDArray[np.int64], ra: Floats, dec: Floats) -> Mask:
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
    return kept
