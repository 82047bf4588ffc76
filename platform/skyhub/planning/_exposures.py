"""Observations of a plan as the planner takes them."""

from __future__ import annotations

from collections.abc import Sequence

from skyhub.errors import InvalidInput
from skyhub.planning._instrument import Equipment
from skyhub.planning._kept import Observation
from skyhub.science.nights import mjd_of_datetime
from skyhub.science.planning import Exposure

__all__ = ["exposures_of", "places_of"]


def places_of(equipment: Equipment, fields: Sequence[int], where: str) -> list[int]:
    """Where in the grid fields are. Raises `InvalidInput` naming one that is not in it."""
    places = {int(number): place for place, number in enumerate(equipment.field_ids)}
    if unknown := sorted(set(fields) - places.keys()):
        raise InvalidInput(
            f"the field {unknown[0]} is none of those of {equipment.instrument} that were asked for.", where
        )
    return [places[number] for number in fields]


def exposures_of(equipment: Equipment, observations: Sequence[Observation], where: str) -> list[Exposure]:
    """The exposures of observations. Raises `InvalidInput` if one is of a field that was not asked for."""
    places = places_of(equipment, [each.field_id for each in observations], where)
    return [
        Exposure(place, each.filter, mjd_of_datetime(each.begin), each.exposure_s)
        for place, each in zip(places, observations, strict=True)
    ]
