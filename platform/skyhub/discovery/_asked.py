"""What is asked of an event: which objects or galaxies, in which of its localizations."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from skyhub.localizations import GalaxyWeight
from skyhub.records import Record, UtcTime

__all__ = ["DAYS", "CounterpartSearch", "GalaxySearch"]

DAYS = 30
"""After so many days afterglow and kilonova are gone, and a supernova that came with a burst is at its peak."""


class _InMap(Record):
    localization: int | None = Field(None, ge=1, description="One of the event's localizations; the newest by default")
    level: float = Field(0.9, gt=0, le=1, description="Largest credible level on the sky")
    limit: int = Field(500, ge=1, le=10_000, description="At most so many, the first of the ranking")


class CounterpartSearch(_InMap):
    """Which objects inside an event's localization."""

    of: Literal["all", "sources", "candidates", "known"] = Field(
        "all", description="Saved sources, candidates of a filter, transients that a catalogue knows, or all objects"
    )
    first_after: UtcTime | None = Field(None, description="First detected at this time (UTC) or later; by default T0")
    first_before: UtcTime | None = Field(
        None,
        description=f"First detected at this time (UTC) or earlier; by default {DAYS} days after T0, or first_after",
    )
    with_predetections: bool = Field(False, description="Also those that were detected before T0")
    min_detections: int = Field(1, ge=1, description="Detections, at least")
    max_host_sigmas: float | None = Field(
        None, ge=0, description="Host's distance from the map's, in standard deviations, at most; hosts unknown stay"
    )
    status: Literal["pending", "confirmed", "ambiguous", "rejected", "none"] | None = Field(
        None, description="Of this status, or of none"
    )

    @model_validator(mode="after")
    def _something_lies_between(self) -> CounterpartSearch:
        if self.first_after and self.first_before and self.first_after > self.first_before:
            raise ValueError(
                f"first_after is {self.first_after} and first_before is {self.first_before}: nothing lies between them"
            )
        return self


class GalaxySearch(_InMap):
    """Which galaxies inside an event's localization."""

    weight: GalaxyWeight = Field(
        "mass", description="What the probability is multiplied by: stellar mass, blue luminosity, or nothing"
    )
    catalog: str | None = Field(None, min_length=1, max_length=80, description="Only those of this catalogue")
