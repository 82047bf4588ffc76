"""Bringing localizations in: maps and shapes, each kept once for an event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.localizations._maps import keep_map
from skyhub.localizations._models import LOCALIZATIONS
from skyhub.records import add
from skyhub.science.skymaps import SkyMap

__all__ = ["store_localization"]


def store_localization(
    db: Database,
    viewer: Viewer,
    sky_map: SkyMap,
    name: str,
    dateobs: datetime | None = None,
    groups: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Store a localization; the same map of the same name and event is a duplicate and is not stored.

    Parameters
    ----------
    db, viewer
        The database, and who brings it.
    sky_map, name
        The map, and what it is called: the name of its file, or that of a shape.
    dateobs
        The event that it belongs to.
    groups
        Who shall see it: some of the viewer's groups, all of them by default, or ``public``.

    Returns
    -------
    dict
        ``{"read", "stored", "duplicates", "localization"}``: counts, and the record.

    Raises
    ------
    InvalidInput, PermissionRefused
        If it cannot be used, or the viewer may not upload.
    """
    viewer.require(LOCALIZATIONS.scope)
    fields = {"name": name, "dateobs": dateobs, "digest": keep_map(db, viewer, sky_map)}
    done = add(db, viewer, LOCALIZATIONS, [fields], groups, revise=True)
    [record] = done["records"]
    return {
        "read": 1,
        "stored": done["added"] + done["revised"],
        "duplicates": done["unchanged"],
        "localization": record,
    }
