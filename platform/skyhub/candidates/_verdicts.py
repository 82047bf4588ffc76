"""What a version of a filter makes of a batch of alerts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.notes import HOT_KEYS

__all__ = ["MOST_ANNOTATIONS", "Fault", "Verdicts", "is_key", "noted"]

MOST_ANNOTATIONS = 50
"""So many a filter may give."""

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")

_LONGEST_TEXT = 1000
_EXACT = 2**53


class Fault(NamedTuple):
    """Something that could not be computed of an alert."""

    place: int
    """Which alert of the batch."""
    reason: str


@dataclass(frozen=True)
class Verdicts:
    """What a version makes of a batch of alerts."""

    passed: NDArray[np.bool_]
    """Which pass, shape ``(n,)``."""
    annotations: list[dict[str, Any]]
    """Of each alert of the batch that passes, values by key."""
    faults: list[Fault] = field(default_factory=list)


def is_key(text: str) -> bool:
    """Whether an annotation may have this key."""
    return bool(_KEY.fullmatch(text))


def noted(rows: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Values by key as they are kept in annotations, and those that cannot be: what is no number where one is promised."""
    kept = [{key: told for key, value in row.items() if (told := _plain(value)) is not None} for row in rows]
    faults = []
    for place, row in enumerate(kept):
        for key in [key for key in row if key in HOT_KEYS and not _is_number(row[key])]:
            value = row.pop(key)
            faults.append(
                Fault(place, f"annotation {key!r} is {value!r}: a number is permitted ({HOT_KEYS[key] or '1'})")
            )
    return kept, faults


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    if isinstance(value, bool | str):
        return value[:_LONGEST_TEXT] if isinstance(value, str) else value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)[:_LONGEST_TEXT]
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return None if value is None else str(value)[:_LONGEST_TEXT]
