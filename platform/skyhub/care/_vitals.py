"""The few figures that say whether the data are well, cheap enough to be asked for every second."""

from __future__ import annotations

from typing import Any

import duckdb

from skyhub.care._files import free_bytes
from skyhub.care._manifest import last_backup
from skyhub.db import Database
from skyhub.errors import StorageError

__all__ = ["vitals"]


def vitals(db: Database) -> dict[str, Any]:
    """State, schema, data version, age of the last backup (hours) and free space on the disk (bytes).

    The state is ``ok``, or ``degraded`` while reads are answered and writes are refused; then ``problem`` says why.
    """
    trouble, last, version = db.writer.trouble, last_backup(db.data_dir), None
    try:
        version = db.version()
    except (StorageError, duckdb.Error) as error:
        trouble = trouble or f"the database cannot be read: {error}"
    return {
        "status": "degraded" if trouble else "ok",
        "problem": trouble or None,
        "schema": db.schema,
        "data_version": version,
        "last_backup_hours": None if last is None else round(last.age_hours, 2),
        "disk_free_bytes": free_bytes(db.data_dir),
    }
