"""The steps of a circular for people: who reviewed, approved and sent which version, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer, json_rows
from skyhub.records import current_row
from skyhub.submissions._drafts import CIRCULARS
from skyhub.submissions._standing import standings

__all__ = ["circular_steps"]

_TOLD = ("version", "step", "user_name", "way", "number", "detail", "digest", "known_at")


def circular_steps(
    db: Database, viewer: Viewer, circular_id: int, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """What was done with a circular, oldest first: ``version, step, user_name, way, number, detail, digest, known_at``.

    Raises
    ------
    NotFound
        If the viewer may see none of this identifier.
    """
    current_row(db, viewer, CIRCULARS, circular_id, as_of)
    steps = standings(db, [circular_id], as_of)[circular_id].rows
    return json_rows([{name: row[name] for name in _TOLD} for row in steps])
