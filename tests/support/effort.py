"""How much is tried: what costs time is repeated less often in ``make test`` than in ``make test-all``."""

from __future__ import annotations

import os

__all__ = ["repeats"]

_THOROUGH = os.environ.get("SKYHUB_TESTS") == "all"
_LESS = 3


def repeats(number: int) -> int:
    """How often something is repeated: this number in ``make test-all``, a third of it, and at least one, otherwise."""
    return number if _THOROUGH else max(1, number // _LESS)
