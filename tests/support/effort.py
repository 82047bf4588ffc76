"""How much is tried: what costs time is repeated less often in ``make test`` than in ``make test-all``."""

from __future__ import annotations

import os

__all__ = ["repeats"]

_THOROUGH = os.environ.get("SKYHUB_TESTS") == "all"


def repeats(number: int, less: int = 6) -> int:
    """How often something is repeated: this number in ``make test-all``, otherwise by a factor less, and at least once."""
    return number if _THOROUGH else max(1, number // less)
