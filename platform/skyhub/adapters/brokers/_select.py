"""Selections: what of a broker's alerts is asked for, in its own words."""

from __future__ import annotations

from collections.abc import Mapping

from skyhub.adapters.brokers._protocol import Selection
from skyhub.errors import InvalidInput

__all__ = ["wanted"]


def wanted(broker: str, select: Selection, permitted: Mapping[str, str]) -> None:
    """Raise `InvalidInput` if a selection has keys that a broker does not know."""
    if unknown := sorted(set(select) - set(permitted)):
        known = "; ".join(f"{key} ({what})" for key, what in permitted.items()) or "nothing"
        raise InvalidInput(f"{broker} cannot select by {', '.join(unknown)}: {known} is permitted.", "select")
