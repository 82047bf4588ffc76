"""Times as callers give them."""

from __future__ import annotations

from datetime import datetime

from skyhub.errors import InvalidInput

__all__ = ["iso_time"]


def iso_time(moment: datetime | str | None, where: str = "as_of") -> str | None:
    """A time, or its ISO 8601 text, as it travels. Raises `InvalidInput` if a text is no time."""
    if moment is None:
        return None
    try:
        return (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).isoformat()
    except ValueError:
        raise InvalidInput(f"{where} {moment!r} is no time: give it as 2026-11-22T03:00:00Z.", where) from None
