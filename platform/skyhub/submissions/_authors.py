"""Authors: who reports for a group, with affiliation and in which order."""

from __future__ import annotations

from pydantic import Field, field_validator

from skyhub.records import Kind, Record

__all__ = ["CIRCULAR_AUTHORS", "CircularAuthor"]


class CircularAuthor(Record):
    """Somebody who reports for a group."""

    name: str = Field(min_length=1, max_length=100, description="As it stands in circulars: A. Author")
    affiliation: str | None = Field(
        None, min_length=1, max_length=200, description="Institute, as it stands in circulars"
    )
    position: int = Field(1000, ge=1, le=1_000_000, description="Place in the list; those of the same place by name")

    @field_validator("name", "affiliation")
    @classmethod
    def _can_stand_in_a_list(cls, text: str | None) -> str | None:
        if text and (";" in text or text.startswith("@")):
            raise ValueError("';' separates authors and '@' names a group: leave them out")
        return text


CIRCULAR_AUTHORS = Kind(
    "circular_authors", "circular_author", CircularAuthor, scope="report", key=("name",), announced=("name",)
)
"""The kind of record."""
