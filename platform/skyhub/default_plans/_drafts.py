"""What became of default plans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer, json_rows

__all__ = ["drafts_of_defaults"]

_DRAFTS = "SELECT * EXCLUDE (acl, key) FROM @default_plan_drafts ORDER BY known_at DESC LIMIT ?"


def drafts_of_defaults(
    db: Database, viewer: Viewer, limit: int = 100, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """What became of the viewer's default plans, newest first.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    limit
        At most so many.
    as_of
        By what was known at this time.

    Returns
    -------
    list of dict
        ``default_plan_id, event, localization_id``; ``state``: drafted (with ``plan_id``), failed or missed (with the reason as
        ``detail``); ``known_at`` (UTC).
    """
    return json_rows(db.reader.rows(viewer, _DRAFTS, [limit], as_of))
