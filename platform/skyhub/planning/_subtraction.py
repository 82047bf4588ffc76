"""What is left of a map for a plan when what was observed already is taken out of it."""

from __future__ import annotations

from collections.abc import Sequence

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.facilities import pointing_tiles
from skyhub.observations import Selection, seen_of, since_event
from skyhub.planning._asked import PlanAsked
from skyhub.planning._instrument import Equipment
from skyhub.science.observed_sky import remaining_map
from skyhub.science.skymaps import SkyMap, probability_by_field

__all__ = ["left_to_observe", "subtracted"]


def left_to_observe(db: Database, viewer: Viewer, asked: PlanAsked, sky_map: SkyMap) -> tuple[SkyMap, str | None]:
    """The map without what was observed, if that is asked for, and a sentence about it.

    Raises
    ------
    InvalidInput
        If the map is that of a file, it has no time, or nothing of it is left.
    """
    if asked.subtract is None:
        return sky_map, None
    if asked.localization_id is None:
        raise InvalidInput("what was observed is known of stored localizations: store the map first.", "subtract")
    wanted = Selection(deeper_than=asked.subtract_deeper)
    since = since_event(db, viewer, asked.localization_id, wanted, asked.as_of)
    seen = seen_of(db, viewer, since, asked.as_of)
    before = seen.sky.at_least(asked.subtract_visits)
    if not len(before):
        return sky_map, "nothing was observed before that would have to be subtracted"
    left = remaining_map(sky_map, before)
    taken = float(sky_map.probability.sum() - left.probability.sum())
    deeper = "" if asked.subtract_deeper is None else f" deeper than {asked.subtract_deeper:g} mag"
    often = "" if asked.subtract_visits == 1 else f", where they saw a place {asked.subtract_visits} times,"
    return (
        left,
        f"{len(seen.rows)} observations{deeper}{often} hold {taken:.3f} of the probability, which is subtracted",
    )


def subtracted(
    db: Database, viewer: Viewer, whole: SkyMap, left: SkyMap, equipment: Equipment, places: Sequence[int]
) -> list[float]:
    """The probability in fields, by their places, that was taken out of a map."""
    ra, dec = equipment.ra[list(places)], equipment.dec[list(places)]
    tiles, place = pointing_tiles(db, viewer, equipment.instrument, ra, dec)
    gone = [value for part in tiles for value in probability_by_field(whole, part) - probability_by_field(left, part)]
    return [max(0.0, float(gone[at])) for at in place]
