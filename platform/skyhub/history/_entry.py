"""One thing that became known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from skyhub.db import iso, json_value

__all__ = ["Entry"]


@dataclass(frozen=True)
class Entry:
    """One thing that became known of an object."""

    at: datetime
    """When (UTC)."""
    table: str
    action: str
    """``added, revised, removed, received, passed, save, reject, undo, unsave, saved, unsaved, asked``."""
    who: str | None
    record_id: int | str | None
    after: dict[str, Any] | None
    before: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "at": iso(self.at),
            "table": self.table,
            "action": self.action,
            "who": self.who,
            "record_id": None if self.record_id is None else str(self.record_id),
            "before": json_value(self.before),
            "after": json_value(self.after),
        }
