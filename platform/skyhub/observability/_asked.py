"""What is asked: what for, from where, when, and under which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.facilities import ground_telescopes
from skyhub.objects import position_of
from skyhub.science.coordinates import Position, parse_position
from skyhub.science.nights import parse_dayobs
from skyhub.science.visibility import Constraints, Horizon, Site

__all__ = ["Asked", "Place", "places_asked", "position_asked"]


class Asked(BaseModel):
    """From where, when, and under which conditions something shall be observed."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    telescope: list[str] = Field([], max_length=200, description="Telescopes by name; all on the ground by default")
    night: str | None = Field(
        None, description="The (first) night by the date of its evening at the site; else tonight"
    )
    airmass: float = Field(2.0, description="Largest airmass")
    formula: Literal["secant", "kasten-young", "pickering"] = Field("secant", description="How airmass is computed")
    sun_altitude: float = Field(
        -18.0, description="Highest altitude of the Sun (deg), of telescopes that it hinders (not by_day)"
    )
    moon_separation: float = Field(0.0, description="Smallest angle to the Moon (deg)")
    moon_by_illumination: bool = Field(False, description="That angle times the illuminated fraction of the Moon")
    moon_up_only: bool = Field(False, description="A Moon below the horizon does not count")
    moon_illumination: float = Field(1.0, description="Largest illuminated fraction of the Moon while it is up")
    altitude: float = Field(0.0, description="Lowest altitude (deg), beside the telescope's own")
    hour_angle: float | None = Field(None, description="Largest distance from the meridian (h)")

    @property
    def first_night(self) -> date | None:
        """The night that is named, or None for tonight. Raises `InvalidInput` if it is no date of 1973 to 2099."""
        night = None if self.night is None else parse_dayobs(self.night)
        if night is not None and not 1973 <= night.year <= 2099:
            raise InvalidInput(f"the night is {night}: those of 1973 to 2099 are permitted.", "night")
        return night

    @property
    def constraints(self) -> Constraints:
        """The conditions but the telescopes' own. Raises `InvalidInput` if they cannot be."""
        return Constraints(**self.model_dump(include=set(Asked.model_fields) - {"telescope", "night"}))


class Place(NamedTuple):
    """A telescope, where it stands, and what limits it there."""

    telescope: str
    site: Site
    constraints: Constraints


def position_asked(
    db: Database, viewer: Viewer, object_id: str | None, position: str | None, as_of: datetime | None
) -> Position:
    """The position of an object that the viewer may see, or one that is given.

    Raises
    ------
    NotFound
        If the viewer may not see the object.
    InvalidInput
        If it is no position, or not just one of both is given.
    """
    if (object_id is None) == (position is None):
        raise InvalidInput("give an object or a position (150.1 2.2 or 10:00:24 +02:12:00), and not both.", "position")
    if object_id is not None:
        return position_of(db, viewer, object_id, as_of)
    found = parse_position(position or "")
    if found is None:
        raise InvalidInput(f"{position!r} is no position: give it as 150.1 2.2 or 10:00:24 +02:12:00.", "position")
    return found


def places_asked(db: Database, viewer: Viewer, asked: Asked, as_of: datetime | None) -> list[Place]:
    """The telescopes, with the conditions that are asked for and their own limits.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such telescope, or conditions cannot be.
    """
    constraints = asked.constraints
    return [_place(telescope, constraints) for telescope in ground_telescopes(db, viewer, asked.telescope, as_of)]


def _place(telescope: Mapping[str, Any], asked: Constraints) -> Place:
    own = telescope["minimum_altitude"]
    horizon = [(float(point["azimuth"]), float(point["altitude"])) for point in telescope["horizon"]]
    limited = replace(
        asked,
        altitude=asked.altitude if own is None else max(asked.altitude, own),
        sun_altitude=None if telescope["by_day"] else asked.sun_altitude,
        horizon=Horizon(*zip(*horizon, strict=True)) if horizon else None,
    )
    site = Site(telescope["latitude"], telescope["longitude"], telescope["elevation"])
    return Place(telescope["nickname"], site, limited)
