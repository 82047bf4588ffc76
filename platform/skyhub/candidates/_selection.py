"""Which candidates a scanner wants to see: what is asked of a queue, and what is kept as a profile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from skyhub.localizations import InsideLocalization
from skyhub.records import Record, UtcTime, from_fields
from skyhub.science.nights import parse_dayobs

__all__ = ["SAVED_STATUSES", "STATUSES", "AnnotationRange", "Selection", "selection_of"]

STATUSES = ("unreviewed", "saved", "rejected", "all")
SAVED_STATUSES = (
    "all",
    "saved_to_all_selected",
    "saved_to_any_selected",
    "saved_to_any_accessible",
    "not_saved_to_any_accessible",
    "not_saved_to_any_selected",
    "not_saved_to_all_selected",
)
LARGEST_PAGE = 2000
_MOST_NIGHTS = 62


class AnnotationRange(Record):
    """What an annotation must be: a value, or between two bounds, which are included."""

    key: str = Field(min_length=1, max_length=100, description="Such as drb")
    origin: str | None = Field(None, min_length=1, max_length=100, description="A survey or an origin of annotations")
    min: float | None = Field(None, description="Not less than this")
    max: float | None = Field(None, description="Not more than this")
    value: bool | float | str | None = Field(None, description="Just this")

    @model_validator(mode="after")
    def _asks_for_something(self) -> AnnotationRange:
        bounded = self.min is not None or self.max is not None
        if bounded == (self.value is not None):
            raise ValueError("give min, max or both, or else value")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min is {self.min} and max is {self.max}: nothing lies between them")
        return self

    def holds(self, given: Any) -> bool:
        """Whether a value of the annotation is as asked; a missing one is not."""
        if self.value is not None:
            return bool(given == self.value)
        if isinstance(given, bool) or not isinstance(given, int | float):
            return False
        return (self.min is None or given >= self.min) and (self.max is None or given <= self.max)


class Selection(InsideLocalization):
    """Which candidates to list, one entry per object; conditions hold all together."""

    dayobs: date | None = Field(None, description="The night, by the date of its evening; the newest by default")
    first_dayobs: date | None = Field(None, description="With last_dayobs, several nights instead of one")
    last_dayobs: date | None = Field(None, description="The last of several nights")
    group: tuple[str, ...] = Field((), description="Let through by filters of these groups; their decisions count")
    filter_id: tuple[int, ...] = Field((), description="Let through by these filters")
    status: Literal["unreviewed", "saved", "rejected", "all"] = Field(
        "all", description="What the caller's newest decision in force is"
    )
    saved_status: Literal[
        "all",
        "saved_to_all_selected",
        "saved_to_any_selected",
        "saved_to_any_accessible",
        "not_saved_to_any_accessible",
        "not_saved_to_any_selected",
        "not_saved_to_all_selected",
    ] = Field("all", description="For which groups it is a source: of those in group, or of all of the caller's")
    annotations: tuple[AnnotationRange, ...] = Field((), max_length=20, description="Ranges of annotations, as JSON")
    classification: tuple[str, ...] = Field((), description="Has one of these classes")
    without_classification: tuple[str, ...] = Field((), description="Has none of these classes")
    min_redshift: float | None = Field(None, description="Redshift in force not less than this")
    max_redshift: float | None = Field(None, description="Redshift in force not more than this")
    on_list: tuple[str, ...] = Field((), description="On one of these lists of the caller")
    not_on_list: tuple[str, ...] = Field((), description="On none of these lists of the caller")
    min_detections: int | None = Field(None, ge=1, description="Detections in its light curve, at least")
    first_after: UtcTime | None = Field(None, description="First detected at this time (UTC) or later")
    last_before: UtcTime | None = Field(None, description="Last detected at this time (UTC) or earlier")
    exclude_forced: bool = Field(False, description="Forced photometry does not count as detections")
    sort_key: str | None = Field(None, min_length=1, max_length=100, description="Annotation to sort by, not by time")
    sort_origin: str | None = Field(None, min_length=1, max_length=100, description="Its origin")
    sort_order: Literal["asc", "desc"] = Field("desc", description="Lowest or highest first; those without come last")
    limit: int = Field(500, ge=1, le=LARGEST_PAGE, description="At most so many entries at a time")
    cursor: str | None = Field(None, description="From the answer before: the next page")

    @field_validator("dayobs", "first_dayobs", "last_dayobs", mode="before")
    @classmethod
    def _night(cls, value: Any) -> Any:
        return parse_dayobs(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _nights(self) -> Selection:
        first, last = self.first_dayobs, self.last_dayobs
        if (first is None) != (last is None):
            raise ValueError("several nights need first_dayobs and last_dayobs")
        if first is None or last is None:
            return self
        if self.dayobs is not None:
            raise ValueError("one night or several were asked for: give dayobs, or first_dayobs and last_dayobs")
        if not 0 <= (last - first).days < _MOST_NIGHTS:
            raise ValueError(f"{first} to {last}: 1 to {_MOST_NIGHTS} nights in their order are permitted")
        return self

    @model_validator(mode="after")
    def _redshifts(self) -> Selection:
        low, high = self.min_redshift, self.max_redshift
        if low is not None and high is not None and low > high:
            raise ValueError(f"min_redshift is {low} and max_redshift is {high}: nothing lies between them")
        return self


def selection_of(given: Mapping[str, Any]) -> Selection:
    """A selection from fields as they come: of lists also a single value, of annotations also JSON text.

    Raises
    ------
    InvalidInput
        Naming the first field that cannot be used.
    """
    return from_fields(Selection, given, "selection")
