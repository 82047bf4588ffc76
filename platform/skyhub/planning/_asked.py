"""What is asked of a plan, as it travels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from skyhub.errors import InvalidInput
from skyhub.localizations import GalaxyWeight
from skyhub.observability import Asked
from skyhub.records import Record, UtcTime
from skyhub.science.nights import mjd_of_datetime
from skyhub.science.planning import Strategy
from skyhub.science.visibility import Constraints

__all__ = ["PlanAsked"]

_Seconds = Annotated[float, Field(gt=0, lt=86_400)]
_MOST_NAMED = 10_000
_NO_WISHES = {"localization_id", "content", "instrument", "as_of"}
"""What a plan that is made says elsewhere."""


class PlanAsked(Record):
    """A localization, an instrument, a time, and how fields shall be observed."""

    localization_id: int | None = Field(None, ge=1, description="A localization that is stored, or ...")
    content: str | None = Field(None, description="... the bytes of a FITS file with a sky map, in base64")
    instrument: str = Field(min_length=1, description="Name of the instrument")
    start: UtcTime = Field(description="Begin (UTC)")
    hours: float | None = Field(None, gt=0, description="How long the plan may last (h)")
    end: UtcTime | None = Field(None, description="End (UTC), instead of hours")
    filters: list[str] = Field(min_length=1, max_length=20, description="Filters; visits take them in turn")
    exposure: _Seconds | dict[str, _Seconds] = Field(300.0, description="Exposure time (s), or one by filter")
    visits: int | None = Field(
        None, ge=1, le=10, description="Visits of a field; one in each filter by default, at least"
    )
    filter_strategy: Literal["block", "integrated"] = Field(
        "block", description="A filter a visit, or all filters one after another in each visit"
    )
    balance_exposure: bool = Field(
        True, description="A field gets all its visits or none; else those that it can get, each for its part"
    )
    gap: float = Field(30.0, ge=0, lt=1440, description="Smallest time between two visits of a field (min)")
    airmass: float = Field(2.5, ge=1, description="Largest airmass")
    sun_altitude: float = Field(-12.0, ge=-90, le=90, description="Highest altitude of the Sun (deg)")
    moon_separation: float = Field(0.0, ge=0, le=180, description="Smallest angle to the Moon (deg)")
    moon_illumination: float = Field(
        1.0, ge=0, le=1, description="Largest illuminated fraction of the Moon while it is up"
    )
    hour_angle: float | None = Field(None, ge=0, le=12, description="Largest distance from the meridian (h)")
    credible_level: float | None = Field(None, gt=0, le=1, description="Only probability in this region counts")
    max_fields: int | None = Field(None, ge=1, description="At most so many fields")
    total_hours: float | None = Field(None, gt=0, description="At most so much time at the telescope, slews apart (h)")
    order: Literal["slew", "airmass"] = Field("slew", description="Short ways, or each field as high as can be")
    pointings: Literal["fields", "own", "galaxies"] = Field(
        "fields",
        description="Its fields (tiles of its own, if it has none), tiles of its own, or galaxies of a catalogue",
    )
    catalog: str | None = Field(None, min_length=1, max_length=80, description="Only galaxies of this catalogue")
    weight: GalaxyWeight = Field("mass", description="What a galaxy's probability is multiplied by")
    field_set: str | None = Field(
        None, min_length=1, max_length=40, description="Only fields of this set: primary, ..."
    )
    references: bool = Field(False, description="Only fields with reference images in all filters")
    galactic_latitude: float = Field(
        0.0, ge=0, lt=90, description="Fields nearer to the galactic plane are left out (deg)"
    )
    ra_range: tuple[float, float] | None = Field(
        None, description="Only fields between (deg), eastwards from the first"
    )
    field_ids: list[int] | None = Field(None, min_length=1, description="Only these fields")
    subtract: Literal["observed"] | None = Field(
        None,
        description="Plan for the probability that was not observed since the event: executed observations that you see",
    )
    subtract_deeper: float | None = Field(
        None, ge=0, le=40, description="Only observations with a larger limit (mag) count"
    )
    subtract_visits: int = Field(1, ge=1, le=100, description="Only what they saw so often counts")
    excluded_fields: list[int] | None = Field(None, max_length=_MOST_NAMED, description="Not these fields")
    pinned_fields: list[int] | None = Field(None, max_length=_MOST_NAMED, description="These fields before all others")
    method: Literal["preview", "optimise"] = Field("optimise", description="At once, or the best in some seconds")
    budget: float = Field(6.0, gt=0, le=600, description="How long the optimiser may take (s)")

    as_of: UtcTime | None = Field(None, description="With the fields and limits known at this time")

    @property
    def interval(self) -> tuple[float, float]:
        """Begin and end (MJD, UTC). Raises `InvalidInput` if both or none of hours and end are given."""
        if (self.hours is None) == (self.end is None):
            raise InvalidInput("give either the hours that the plan may last or its end.", "hours")
        begin = mjd_of_datetime(self.start)
        return begin, begin + (self.hours or 0) / 24 if self.end is None else mjd_of_datetime(self.end)

    @property
    def wishes(self) -> dict[str, Any]:
        """What was asked for besides the localization, the instrument and what was known, as it travels."""
        return self.model_dump(mode="json", exclude=_NO_WISHES, exclude_none=True)

    def conditions(self, telescope: str) -> Asked:
        """Under which conditions a telescope observes."""
        names = ("airmass", "sun_altitude", "moon_separation", "moon_illumination", "hour_angle")
        return Asked(telescope=[telescope], **{name: getattr(self, name) for name in names})

    def strategy(self, constraints: Constraints, places: Callable[[Sequence[int]], frozenset[int]]) -> Strategy:
        """The wishes as the planner takes them; `places` are those of fields in its grid."""
        begin, end = self.interval
        known: dict[str, Any] = {"most_fields": self.max_fields, "integrated": self.filter_strategy == "integrated"}
        known |= {"balanced": self.balance_exposure}
        known |= {"low_airmass": self.order == "airmass", "most_seconds": self.total_hours and self.total_hours * 3600}
        known |= {"credible_level": None if self.pointings == "galaxies" else self.credible_level}
        known |= {name: places(getattr(self, f"{name}_fields") or ()) for name in ("excluded", "pinned")}
        return Strategy(
            begin, end, tuple(self.filters), self.exposure, self.visits, self.gap * 60, constraints, **known
        )
