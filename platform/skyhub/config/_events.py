"""Settings of events: which notices are kept, and which are passed over."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["EventSettings"]

_PASSED_OVER = [
    "*_POINTDIR", "*_SLEW", "*_FOM*", "*_KNOWN*", "*_MONITOR", "SWIFT_BAT_SUBSUB", "SWIFT_*_LC*", "SWIFT_*_IMAGE*",
    "SWIFT_*_SPECTRUM*", "SWIFT_*_SCALEDMAP", "SWIFT_*_CENTROID", "SWIFT_*_THRESHPIX*", "SWIFT_*_SPER*", "SWIFT_UVOT_DBURST*",
    "SWIFT_UVOT_FCHART*", "IPN_RAW", "AAVSO", "OGLE", "MOA", "CBAT", "SIMBADNED", "IM_ALIVE", "maxi.gsc.known",
]  # fmt: skip


class EventSettings(BaseModel):
    """Which notices make or change events; the others are kept with the reason, and change nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: list[Literal["observation", "mock", "test", "utility"]] = Field(
        default=["observation", "mock"], description="Roles of notices that are kept"
    )
    types: list[str] = Field(
        default=["*"], description="Types of notices that are kept, as patterns; types are written as GCN's topics"
    )
    ignored_types: list[str] = Field(
        default=_PASSED_OVER, description="Types of notices that are passed over, as patterns, whatever types says"
    )
    ignored_tags: list[str] = Field(
        default=[], description="Tags of notices that are passed over, such as Subthreshold"
    )
    highest_far: float | None = Field(
        default=None, gt=0, description="Highest false-alarm rate (Hz) of notices that state one"
    )
    lowest: dict[str, float] = Field(
        default={}, description="Lowest values of properties, such as HasNS or signalness, of notices that state them"
    )
    highest: dict[str, float] = Field(
        default={}, description="Highest values of properties, such as Terrestrial, of notices that state them"
    )
    largest_area: float | None = Field(
        default=None, gt=0, description="Largest area of the 90 % region (deg²) of notices with a localization"
    )
