"""Scan profiles: selections of candidates that somebody comes back to, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from skyhub.candidates._selection import selection_of
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.records import Kind, Record

__all__ = ["SCAN_PROFILES", "ScanProfile"]

_OF_A_PAGE = ("cursor", "limit")


class ScanProfile(Record):
    """A selection of candidates under a name."""

    name: str = Field(min_length=1, max_length=60, description="How its owner calls it")
    selection: dict[str, Any] = Field(description="The fields of a selection, as GET /api/candidates takes them")


def prepare_profiles(db: Database, viewer: Viewer, profiles: Sequence[ScanProfile]) -> list[ScanProfile]:
    """Profiles as they are stored: of selections that can be asked for."""
    for profile in profiles:
        given = [name for name in _OF_A_PAGE if name in profile.selection]
        if given:
            raise InvalidInput(f"{given[0]} is of a page, not of a selection: leave it out.", "selection")
        selection_of(profile.selection)
    return list(profiles)


SCAN_PROFILES = Kind(
    "scan_profiles",
    "scan_profile",
    ScanProfile,
    scope="scan",
    sharing="personal",
    key=("name",),
    announced=("name",),
    prepare=prepare_profiles,
)
