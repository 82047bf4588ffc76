"""Who may ask for observations with an allocation, and when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from skyhub.errors import Conflict, InvalidInput
from skyhub.followup import Validity

__all__ = ["require_in_force", "require_type"]


def require_type(allocation: Mapping[str, Any], needed: str) -> None:
    """Raise `InvalidInput` if an allocation is not for requests of a type."""
    if needed not in allocation["types"]:
        raise InvalidInput(
            f"allocation {allocation['allocation_id']} is for {', '.join(allocation['types'])}: this needs {needed}.",
            "allocation_id",
        )


def require_in_force(allocation: Mapping[str, Any], now: datetime) -> None:
    """Raise `Conflict` if an allocation may not be used at a time."""
    ranges = [Validity.model_validate(each) for each in json.loads(allocation["validity_ranges"])]
    if ranges and not any(each.start_date <= now < each.end_date for each in ranges):
        told = ", ".join(f"{each.start_date:%Y-%m-%d %H:%M} to {each.end_date:%Y-%m-%d %H:%M}" for each in ranges)
        raise Conflict(
            f"allocation {allocation['allocation_id']} may be used from {told} (UTC): it is {now.astimezone(UTC):%Y-%m-%d %H:%M}.",
            "allocation_id",
        )
