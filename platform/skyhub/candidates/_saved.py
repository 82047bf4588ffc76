"""Which groups have objects as sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from skyhub.candidates._decided import rows_of_sources
from skyhub.db import Database, Viewer, iso

__all__ = ["saved_documents", "saving_groups", "saving_rows", "still_saving"]


def saved_documents(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> dict[str, list[dict[str, Any]]]:
    """By object, the groups that have it as a source: ``group, saved_by, saved_at``, of what the viewer may see."""
    names = db.access.names_of_groups()
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in saving_rows(db, viewer, object_ids, as_of):
        document = {"group": names[row["group_id"]], "saved_by": row["saved_by"], "saved_at": iso(row["known_at"])}
        found[row["object_id"]].append(document)
    return found


def saving_groups(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> dict[str, set[int]]:
    """By object, the numbers of the groups that have it as a source; without those that no group has."""
    found: dict[str, set[int]] = defaultdict(set)
    for row in saving_rows(db, viewer, object_ids, as_of):
        found[row["object_id"]].add(row["group_id"])
    return found


def saving_rows(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The newest rows of objects and groups that say that they are saved."""
    return still_saving(rows_of_sources(db, viewer, object_ids, as_of))


def still_saving(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of rows of sources, older ones first, the newest of each object and group that say that it is saved."""
    newest: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        newest.pop((row["object_id"], row["group_id"]), None)  # the order is that of the newest rows
        newest[row["object_id"], row["group_id"]] = row
    return [row for row in newest.values() if row["active"]]
