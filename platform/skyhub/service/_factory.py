"""Putting the platform together: the database with what every deployment needs, and the service on it."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

from skyhub.alerts import SURVEYS_FOLDER, surveys_of
from skyhub.candidates import add_filter
from skyhub.classification import ensure_shipped
from skyhub.db import Database
from skyhub.errors import InvalidInput
from skyhub.facilities import load_facilities
from skyhub.photometry import merge_sums
from skyhub.team import add_streams

__all__ = ["open_database"]

_log = logging.getLogger(__name__)
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
        if missing := _streams(data_dir / SURVEYS_FOLDER) - db.access.streams.keys():
            add_streams(db, missing)
        add_filter(db, *_DEFAULT_FILTER, group=None)
        load_facilities(db)
        ensure_shipped(db)
        db.keeper.when_idle(partial(merge_sums, db))
    except BaseException:
        db.close()
        raise
    return db


def _streams(directory: Path) -> set[str]:
    """Streams of all surveys; a mapping file that cannot be read stops nothing but the ingest of its survey."""
    try:
        surveys = surveys_of(directory)
    except InvalidInput as error:
        _log.error("the streams of %s are left out: %s", directory, error)
        surveys = surveys_of()
    return {stream for survey in surveys for stream in survey.streams}
