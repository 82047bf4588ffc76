"""A localization made of two: seen by those who see both, and it says what it was made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.localizations._maps import kept_map, row_of
from skyhub.localizations._models import LOCALIZATIONS
from skyhub.localizations._request import CombinedLocalizations
from skyhub.localizations._store import store_localization
from skyhub.science.skymaps import combined, overlap_integral

__all__ = ["combine_localizations", "overlap_of"]


def combine_localizations(db: Database, viewer: Viewer, asked: CombinedLocalizations) -> dict[str, Any]:
    """Store the product or the mixture of two localizations; its notes say of which.

    Parameters
    ----------
    db, viewer
        The database, and who combines them. The new localization is for those of the viewer's groups that see both, else for
        the viewer alone.
    asked
        The two, how they become one, and what it is called.

    Returns
    -------
    dict
        ``{"read", "stored", "duplicates", "localization", "overlap"}``: counts, the record, and the overlap integral of both.

    Raises
    ------
    NotFound
        If the viewer may not see one of them.
    InvalidInput, PermissionRefused
        If they are one and the same, or have no product, or the viewer may not upload.
    """
    viewer.require(LOCALIZATIONS.scope)
    if asked.first == asked.second:
        raise InvalidInput(f"localization {asked.first} is given twice: two different ones are needed.", "second")
    rows = [row_of(db, viewer, number) for number in (asked.first, asked.second)]
    first, second = (kept_map(db, row["digest"]) for row in rows)
    made = combined(first, second, asked.how)
    parents = " and ".join(f"localization {row['localization_id']} ({row['name']})" for row in rows)
    facts = replace(made.facts, notes=(f"{asked.how} of {parents}", *made.facts.notes))
    name = asked.name or f"{asked.how} of localizations {asked.first} and {asked.second}"
    dateobs: datetime | None = asked.dateobs or rows[0]["dateobs"] or rows[1]["dateobs"]
    made_from = [row["acl"] for row in rows]
    stored = store_localization(db, viewer, replace(made, facts=facts), name, dateobs, made_from=made_from)
    return {**stored, "overlap": overlap_integral(first, second)}


def overlap_of(
    db: Database, viewer: Viewer, first: int, second: int, as_of: datetime | None = None
) -> dict[str, float]:
    """The overlap integral of two localizations. Raises `NotFound` if the viewer may not see one of them."""
    one, other = (kept_map(db, row_of(db, viewer, number, as_of)["digest"]) for number in (first, second))
    return {"overlap": overlap_integral(one, other)}
