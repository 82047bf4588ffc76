"""Telescopes on the ground, by their names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.facilities._kinds import TELESCOPES

__all__ = ["ground_telescopes"]

_ALL = "SELECT * FROM @telescopes ORDER BY nickname"
_CALLED = """
SELECT * FROM @telescopes
WHERE list_contains(?::VARCHAR[], nickname) OR list_contains(?::VARCHAR[], name) OR list_has_any(aliases, ?::VARCHAR[])
ORDER BY nickname
"""


def ground_telescopes(
    db: Database, viewer: Viewer, names: Sequence[str] = (), as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """Telescopes that stay at one place on the ground, as records, in the order in which they are named.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and as it was known when.
    names
        Nicknames, names or aliases; of all that the viewer may see by default, by their nicknames.

    Raises
    ------
    NotFound
        If one is not among those that the viewer may see.
    InvalidInput
        If one has no fixed place.
    """
    rows = db.reader.rows(viewer, _CALLED if names else _ALL, [list(names)] * 3 if names else (), as_of)
    found = TELESCOPES.presented(db, viewer, rows, as_of)
    if not names:
        return [telescope for telescope in found if telescope["fixed_location"]]
    by_name = {name: t for t in found for name in (*t["aliases"], t["name"])} | {t["nickname"]: t for t in found}
    for name in names:
        if name not in by_name:
            known = ", ".join(row["nickname"] for row in db.reader.rows(viewer, _ALL, (), as_of))
            raise NotFound(f"there is no telescope {name!r}: add it first, or use one of {known}.", name)
        if not by_name[name]["fixed_location"]:
            raise InvalidInput(
                f"{name!r} has no fixed place on the ground: name telescopes that have one.", "telescope"
            )
    return list({by_name[name]["nickname"]: by_name[name] for name in names}.values())
