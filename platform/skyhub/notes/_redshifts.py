"""Redshifts: measured values with errors and origins; one of them is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from skyhub.records import Kind, Record

__all__ = ["REDSHIFTS", "REDSHIFTS_IN_FORCE", "Redshift", "redshift_in_force"]

RANK = ("spectroscopic", "host", "photometric")
"""Types of redshift from the one that is trusted most."""


class Redshift(Record):
    """A redshift of an object."""

    object_id: str = Field(description="The object")
    redshift: float = Field(ge=-0.1, le=20, description="Heliocentric redshift")
    error: float | None = Field(None, ge=0, le=20, description="Standard error")
    type: Literal["spectroscopic", "photometric", "host"] = Field(description="How it was measured, or of what")
    origin: str | None = Field(
        None, min_length=1, max_length=200, description="Spectrum, catalogue or paper it is from"
    )


REDSHIFTS = Kind("redshifts", "redshift", Redshift, announced=("redshift", "type"))


def redshift_in_force(redshifts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Which of an object's redshifts is in force: of the most trusted type, the one that was noted last."""
    return min(redshifts, key=lambda z: (RANK.index(z["type"]), -int(z["redshift_id"])), default=None)


REDSHIFTS_IN_FORCE = f"""
    SELECT object_id, arg_min(redshift, (list_position({list(RANK)}, type), -redshift_id)) AS redshift
    FROM @redshifts GROUP BY object_id
"""
"""The same of all objects, as a statement."""
