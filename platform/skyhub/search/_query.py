"""What is searched for: conditions on objects that hold all together, and in which order they are listed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from skyhub.candidates import AnnotationRange
from skyhub.localizations import InsideLocalization

__all__ = ["LARGEST_PAGE", "SORTS", "Search", "Sort"]

LARGEST_PAGE = 100_000

Sort = Literal[
    "object_id", "ra", "dec", "separation_arcsec", "created_at", "saved_at", "classification", "redshift",
    "n_detections", "first_mjd", "first_mag", "last_mjd", "last_mag", "peak_mjd", "peak_mag", "mean_mag", "mag_rms",
    "rise_rate", "decay_rate", "days_from_limit",
]  # fmt: skip
"""Columns that a list may be sorted by; classes by their first letters."""

SORTS: tuple[str, ...] = get_args(Sort)

_TIMES = ("created", "saved", "first_detected", "last_detected")
_RANGES = (
    "redshift",
    "probability",
    "peak_mag",
    "last_mag",
    "rise_rate",
    "decay_rate",
    "detections",
    "days_from_limit",
)


class Search(InsideLocalization):
    """Which objects, of all that one may see; conditions hold all together."""

    around: str | None = Field(None, min_length=1, description="Near a position (deg or sexagesimal) or a named object")
    radius: float = Field(
        60.0, gt=0, le=90 * 3600, description="How far from there", json_schema_extra={"unit": "arcsec"}
    )
    name: str | None = Field(
        None, min_length=1, max_length=100, description="Part of its name, or of another one of it"
    )
    classification: tuple[str, ...] = Field((), description="Has one of these classes, or one below")
    without_classification: tuple[str, ...] = Field((), description="Has none of these classes")
    min_probability: float | None = Field(None, ge=0, le=1, description="Probability of the class not less than this")
    max_probability: float | None = Field(None, ge=0, le=1, description="Probability of the class not more than this")
    min_redshift: float | None = Field(None, description="Redshift in force not less than this")
    max_redshift: float | None = Field(None, description="Redshift in force not more than this")
    saved: Literal["all", "saved", "not_saved"] = Field("all", description="Whether it is a source of a group")
    group: tuple[str, ...] = Field((), description="Groups that saved (or not); any that one may see by default")
    created_after: datetime | None = Field(None, description="Known to the platform since this time (UTC) or later")
    created_before: datetime | None = Field(None, description="Known to the platform since this time (UTC) or earlier")
    saved_after: datetime | None = Field(None, description="Last saved at this time (UTC) or later")
    saved_before: datetime | None = Field(None, description="Last saved at this time (UTC) or earlier")
    first_detected_after: datetime | None = Field(None, description="First detected at this time (UTC) or later")
    first_detected_before: datetime | None = Field(None, description="First detected at this time (UTC) or earlier")
    last_detected_after: datetime | None = Field(None, description="Last detected at this time (UTC) or later")
    last_detected_before: datetime | None = Field(None, description="Last detected at this time (UTC) or earlier")
    min_detections: int | None = Field(None, ge=0, description="Detections, at least")
    max_detections: int | None = Field(None, ge=0, description="Detections, at most")
    min_peak_mag: float | None = Field(None, description="Brightest magnitude (AB) not less than this")
    max_peak_mag: float | None = Field(None, description="Brightest magnitude (AB) not more than this")
    min_last_mag: float | None = Field(None, description="Last magnitude (AB) not less than this")
    max_last_mag: float | None = Field(None, description="Last magnitude (AB) not more than this")
    min_rise_rate: float | None = Field(None, description="Rise to the peak (mag/day, negative is brightening), from")
    max_rise_rate: float | None = Field(None, description="Rise to the peak (mag/day, negative is brightening), to")
    min_decay_rate: float | None = Field(None, description="Fading from the peak (mag/day), from")
    max_decay_rate: float | None = Field(None, description="Fading from the peak (mag/day), to")
    min_days_from_limit: float | None = Field(None, description="Days from the last limit to the first detection, from")
    max_days_from_limit: float | None = Field(None, description="Days from the last limit to the first detection, to")
    tag: tuple[str, ...] = Field((), description="Has one of these tags")
    without_tag: tuple[str, ...] = Field((), description="Has none of these tags")
    on_list: tuple[str, ...] = Field((), description="On one of these lists of the caller, such as favourites")
    not_on_list: tuple[str, ...] = Field((), description="On none of these lists of the caller")
    annotations: tuple[AnnotationRange, ...] = Field((), max_length=20, description="What annotations are, as JSON")
    sort: Sort = Field("last_mjd", description="Column to sort by")
    order: Literal["asc", "desc"] = Field("desc", description="Lowest or highest first; those without come last")
    limit: int = Field(50, ge=1, le=LARGEST_PAGE, description="At most so many at a time")
    cursor: str | None = Field(None, description="From the answer before: the next page")

    @field_validator(*(f"{name}_{side}" for name in _TIMES for side in ("after", "before")))
    @classmethod
    def _utc(cls, value: datetime | None) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value

    @model_validator(mode="after")
    def _something_lies_between(self) -> Search:
        pairs = [(f"min_{name}", f"max_{name}") for name in _RANGES]
        pairs += [(f"{name}_after", f"{name}_before") for name in _TIMES]
        for first, second in pairs:
            low, high = getattr(self, first), getattr(self, second)
            if low is not None and high is not None and low > high:
                raise ValueError(f"{first} is {low} and {second} is {high}: nothing lies between them")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Search:
        if self.sort == "separation_arcsec" and self.around is None:
            raise ValueError("sorting by separation_arcsec needs a place: give around")
        if self.min_probability is not None and not self.classification:
            raise ValueError("min_probability is about a class: give classification")
        if self.max_probability is not None and not self.classification:
            raise ValueError("max_probability is about a class: give classification")
        if self.saved == "not_saved" and (self.saved_after or self.saved_before):
            raise ValueError("saved is not_saved and a time of saving is asked for: leave one of them out")
        return self

    @property
    def conditions(self) -> dict[str, Any]:
        """The fields that were given, without those of a page."""
        given = self.model_dump(mode="json", exclude_defaults=True)
        return {name: value for name, value in given.items() if name not in ("limit", "cursor")}
