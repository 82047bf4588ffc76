"""Putting the platform together: the database with what every deployment needs, and the service on it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from skyhub.alerts import STREAMS
from skyhub.candidates import add_filter
from skyhub.classification import ensure_shipped
from skyhub.db import Database
from skyhub.facilities import load_facilities
from skyhub.photometry import merge_sums
from skyhub.team import add_streams

__all__ = ["open_database"]

_DEFAULT_FILTER = (
    "Real detections",
    "coalesce(drb, rb) >= 0.65 AND (sso_distance IS NULL OR sso_distance > 5)",
)


def open_database(data_dir: Path) -> Database:
    """The database of a data directory with the surveys' streams, the public filter and the known facilities.

    Raises
    ------
    StorageError
        If it cannot be opened, or another process owns it.
    """
    db = Database(data_dir)
    try:
        missing = {stream for stream in STREAMS.values() if stream} - db.access.streams.keys()
        if missing:
            add_streams(db, missing)
        add_filter(db, *_DEFAULT_FILTER, group=None)
        load_facilities(db)
        ensure_shipped(db)
        db.keeper.when_idle(partial(merge_sums, db))
    except BaseException:
        db.close()
        raise
    return db
