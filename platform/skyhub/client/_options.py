"""Options that are named in calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from skyhub.errors import InvalidInput

__all__ = ["require_known"]


def require_known(given: Mapping[str, Any], permitted: Collection[str], what: str) -> None:
    """Refuse options whose names are not permitted, saying what (such as "condition") they are not."""
    if unknown := sorted(given.keys() - set(permitted)):
        raise InvalidInput(f"{', '.join(unknown)} is no {what}: {', '.join(permitted)} are permitted.", unknown[0])
