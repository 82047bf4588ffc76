"""What a check finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Problem"]


@dataclass(frozen=True)
class Problem:
    """One finding: what kind, where, in words, and what to do about it."""

    kind: str
    where: str
    message: str
    what_to_do: str
    severity: Literal["error", "warning"] = "error"

    def to_json(self) -> dict[str, str]:
        """As a JSON object."""
        return asdict(self)
