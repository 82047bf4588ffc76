"""All that happened to an object, in the order in which it became known."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.history._facts import fact_entries
from skyhub.history._records import record_entries

__all__ = ["object_history"]


def object_history(db: Database, viewer: Viewer, object_id: str, as_of: datetime | None = None) -> list[dict[str, Any]]:
    """Everything that was known of an object, in the order of time.

    Parameters
    ----------
    db, viewer, object_id
        The database, who asks, and about what.
    as_of
        Only what was known at this time.

    Returns
    -------
    list of dict
        ``at, table, action, who, record_id, before, after``: of a correction the fields that changed, of an addition
        what was said, of a removal what is no longer held to be so.

    Raises
    ------
    NotFound
        If the viewer may see nothing of the object.
    """
    entries = fact_entries(db, viewer, object_id, as_of)
    if not any(entry.table == "objects" for entry in entries):
        raise NotFound(f"there is no object {object_id!r} among those that you may see.", object_id)
    entries += record_entries(db, viewer, object_id, as_of)
    return [entry.to_json() for entry in sorted(entries, key=lambda entry: entry.at)]
