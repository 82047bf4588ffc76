"""Galaxies inside an event's localization, ranked by the probability of their place times what they weigh."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa

from skyhub.db import Database, Viewer
from skyhub.discovery._asked import GalaxySearch
from skyhub.discovery._place import place_of
from skyhub.localizations import weighed_galaxies

__all__ = ["event_galaxies"]


def event_galaxies(
    db: Database, viewer: Viewer, event: str, asked: GalaxySearch, as_of: datetime | None = None
) -> tuple[pa.Table, dict[str, str]]:
    """Galaxies that may be the host of an event, the likeliest first, as `skyhub.localizations.weighed_galaxies` weighs them.

    Parameters
    ----------
    db, viewer, event, asked, as_of
        As for `event_counterparts`.

    Returns
    -------
    pyarrow.Table, dict of str
        ``galaxy_id, catalog, name, ra, dec, distance`` (Mpc), ``redshift, mag_b, log_mass, level, level_volume, share``; and
        ``event``, ``localization_id``, ``total`` and, of a map with distances, ``completeness``: blue luminosity of the galaxies
        inside the level in volume over what is expected there.

    Raises
    ------
    NotFound
        If the viewer may see no such event, or it has no such localization.
    """
    place = place_of(db, viewer, event, asked.localization, as_of)
    found = weighed_galaxies(db, viewer, place.sky_map, asked.level, asked.weight, asked.catalog, as_of)
    table = found.table.drop_columns(["hpx"])
    about = {"event": place.event, "localization_id": place.localization["localization_id"], "total": str(len(table))}
    if found.completeness is not None:
        about["completeness"] = f"{found.completeness:.4g}"
    return table.take(np.argsort(-table["share"].to_numpy(), kind="stable")).slice(0, asked.limit), about
