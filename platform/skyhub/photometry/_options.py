"""What is said beside the points of an upload: whose they are, what holds for all of them, what to do with bad ones."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from skyhub.records import Record

__all__ = ["UploadOptions"]


class UploadOptions(Record):
    """What an uploader says beside the points; values that the points have themselves come first."""

    object_id: str | None = Field(None, description="Object of points that name none.")
    instrument: str | None = Field(None, description="Instrument of points that name none.")
    filter: str | None = Field(None, description="Bandpass of points that name none.")
    bands: dict[str, str] = Field(default_factory=dict, description="What filter names in the data stand for.")
    magsys: Literal["ab", "vega"] | None = Field(None, description="Magnitude system of points that name none.")
    zp: float | None = Field(None, description="Zero point (mag) of fluxes that name none.")
    flux_unit: Literal["uJy", "mJy", "Jy", "nJy"] | None = Field(None, description="Unit of fluxes without zero point.")
    nsigma: float | None = Field(None, gt=0, description="Significance of upper limits that name none; 3 by default.")
    default_error: float | None = Field(None, gt=0, description="Error (mag) of magnitudes that have none.")
    origin: str | None = Field(None, description="Origin of points that name none, such as forced.")
    ra: float | None = Field(None, ge=0, lt=360, description="Right ascension (deg) of points that name none.")
    dec: float | None = Field(None, ge=-90, le=90, description="Declination (deg) of points that name none.")
    groups: list[str] | None = Field(
        None, description="Groups that shall see the points; by default the uploader's that see the object."
    )
    streams: list[str] = Field(default_factory=list, description="Streams one must be entitled to, to see the points.")
    share_duplicates: bool = Field(
        False, description="Let the named groups see points of one's own as well that are there already for others."
    )
    skip_unknown_filters: bool = Field(
        False, description="Leave points in unknown filters out, rather than refuse all."
    )
    skip_invalid: bool = Field(False, description="Leave points that cannot be used out, rather than refuse all.")
    dry_run: bool = Field(False, description="Only say what would be stored.")
    file: str = Field("", description="Where the points come from, for messages.")
    first_line: int | None = Field(None, ge=1, description="Line of the file where the first row stands, for messages.")
