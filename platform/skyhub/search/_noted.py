"""What is noted of the objects of a page: class, redshift, groups, tags, the caller's lists, other names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from skyhub.candidates import saving_rows
from skyhub.classification import most_probable
from skyhub.db import Database, Viewer
from skyhub.notes import redshift_in_force
from skyhub.sources import notes_of_several

__all__ = ["noted"]


def noted(db: Database, viewer: Viewer, names: Sequence[str], as_of: datetime | None = None) -> dict[str, pa.Array]:
    """Columns of what is noted of some objects, as far as the viewer may see it.

    Returns
    -------
    dict
        ``classification, probability, redshift, groups, saved_by, saved_at, tags, lists, aliases``, each with a value for
        each of `names`.
    """
    rows = notes_of_several(db, viewer, names, as_of)
    classes = [_class_of(rows[name]) for name in names]
    saved = _saved(db, viewer, names, as_of)
    newest = [max(saved[name], key=lambda row: row["known_at"], default=None) for name in names]
    groups = db.access.names_of_groups()
    redshifts = [redshift_in_force(rows[name]["redshifts"]) for name in names]
    mine = [[row for row in rows[name]["list_entries"] if row["owner"] == viewer.name] for name in names]
    text, texts, moment = pa.string(), pa.list_(pa.string()), pa.timestamp("us")
    return {
        "classification": pa.array([c and c["classification"] for c in classes], text),
        "probability": pa.array([c and c["probability"] for c in classes], pa.float64()),
        "redshift": pa.array([z and z["redshift"] for z in redshifts], pa.float64()),
        "groups": pa.array([sorted(groups[row["group_id"]] for row in saved[name]) for name in names], texts),
        "saved_by": pa.array([row and row["saved_by"] for row in newest], text),
        "saved_at": pa.array([row and row["known_at"] for row in newest], moment),
        "tags": pa.array([_texts(rows[name]["object_tags"], "tag") for name in names], texts),
        "lists": pa.array([_texts(own, "list_name") for own in mine], texts),
        "aliases": pa.array([_texts(rows[name]["aliases"], "alias") for name in names], texts),
    }


def _class_of(rows: Mapping[str, Sequence[dict[str, Any]]]) -> Mapping[str, Any] | None:
    """Which of an object's classifications stands for it."""
    votes = Counter((vote["classification_id"], vote["vote"]) for vote in rows["classification_votes"])
    return most_probable(
        [
            {
                **row,
                "votes_for": votes[row["classification_id"], 1],
                "votes_against": votes[row["classification_id"], -1],
            }
            for row in rows["classifications"]
        ]
    )


def _saved(
    db: Database, viewer: Viewer, names: Sequence[str], as_of: datetime | None
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in saving_rows(db, viewer, names, as_of) if names else ():
        found[row["object_id"]].append(row)
    return found


def _texts(rows: Sequence[dict[str, Any]], column: str) -> list[str]:
    return sorted({row[column] for row in rows})
