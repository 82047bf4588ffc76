"""A localization without what the Earth hid from the spacecraft that saw the event: it says what it was made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skyhub.db import Database, Viewer
from skyhub.localizations._maps import kept_map, row_of
from skyhub.localizations._models import LOCALIZATIONS
from skyhub.localizations._request import HidingEarth
from skyhub.localizations._store import store_localization
from skyhub.science.skymaps import EarthDisc, earth_disc, hidden_by_earth, without_earth

__all__ = ["localization_without_earth"]


def localization_without_earth(
    db: Database, viewer: Viewer, localization_id: int, asked: HidingEarth
) -> dict[str, Any]:
    """Store a localization without the part behind the Earth; its notes say of which, and where the Earth was.

    Parameters
    ----------
    db, viewer
        The database, and who makes it. The new localization is for those of the viewer's groups that see the other, else for
        the viewer alone.
    localization_id
        The localization.
    asked
        Where the Earth was, and what the new one is called.

    Returns
    -------
    dict
        ``{"read", "stored", "duplicates", "localization", "hidden"}``: counts, the record, and the probability that was behind
        the Earth.

    Raises
    ------
    NotFound
        If the viewer may not see it.
    InvalidInput, PermissionRefused
        If the numbers are no disc, or nothing is left, or the viewer may not upload.
    """
    viewer.require(LOCALIZATIONS.scope)
    row = row_of(db, viewer, localization_id)
    disc = _disc(asked)
    sky_map = kept_map(db, row["digest"])
    left = without_earth(sky_map, *disc)
    told = f"without the Earth, {disc.radius:.2f} deg about {disc.ra:.3f} {disc.dec:+.3f}"
    notes = (f"localization {localization_id} ({row['name']}) {told}", *left.facts.notes)
    made = replace(left, facts=replace(left.facts, notes=notes))
    name = asked.name or f"localization {localization_id} without the Earth"
    stored = store_localization(db, viewer, made, name, row["dateobs"], made_from=[row["acl"]])
    return {**stored, "hidden": hidden_by_earth(sky_map, *disc)}


def _disc(asked: HidingEarth) -> EarthDisc:
    if asked.position is not None:
        return earth_disc(asked.position)
    assert asked.ra is not None
    assert asked.dec is not None
    assert asked.radius is not None
    return EarthDisc(asked.ra, asked.dec, asked.radius)
