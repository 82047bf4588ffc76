"""Starlists: objects with the stars to offset from, in the form that a telescope reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.finding._rules import StarRules, rules_of
from skyhub.finding._stars import offset_stars
from skyhub.science.starlists import StarlistEntry, StarlistFormat, starlist

__all__ = ["object_starlist"]

_MOST = 200


def object_starlist(
    db: Database,
    viewer: Viewer,
    object_ids: Sequence[str],
    format: StarlistFormat = "keck",
    rules: StarRules | None = None,
    *,
    day: date | None = None,
    as_of: datetime | None = None,
) -> str:
    """Objects, each followed by its offset stars, as the text of a starlist.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and as it was known when.
    object_ids
        Up to 200 objects that the viewer may see, in the order of the list.
    format
        ``keck``, ``p200``, ``p200-ngps`` or ``shane``.
    rules
        Which stars; by default those that the telescope of the format can offset from.
    day
        When they are observed, today by default.

    Raises
    ------
    InvalidInput
        If there are too many objects, none, or no such format.
    NotFound
        If there is no such object among those that the viewer may see.
    """
    chosen = rules or rules_of(format)
    if not 1 <= len(object_ids) <= _MOST:
        raise InvalidInput(f"{len(object_ids)} objects were given: 1 to {_MOST} are permitted.", "object_id")
    entries: list[StarlistEntry] = []
    for object_id in dict.fromkeys(object_ids):
        entries += _entries(db, viewer, object_id, chosen, day, as_of)
    return starlist(entries, format)


def _entries(
    db: Database, viewer: Viewer, object_id: str, rules: StarRules, day: date | None, as_of: datetime | None
) -> list[StarlistEntry]:
    found = offset_stars(db, viewer, object_id, rules, day=day, as_of=as_of)
    stars = [
        StarlistEntry(
            object_id,
            star["ra"],
            star["dec"],
            star["mag"],
            (star["east"], star["north"]),
            f"{star['name']}, {star['separation']:.1f} arcsec from {object_id}",
            suffix=f"_o{number}",
        )
        for number, star in enumerate(found["stars"], start=1)
    ]
    return [StarlistEntry(object_id, found["ra"], found["dec"]), *stars]
