"""The sky over a telescope at a moment, as lines on the sky: its horizon, airmass 2, and the side where it is night."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyhub.db import Database, Viewer, iso
from skyhub.facilities import ground_telescopes
from skyhub.science.nights import mjd_of_datetime
from skyhub.science.visibility import Site, local_sky

__all__ = ["sky_over"]

_DIGITS = 3


def sky_over(
    db: Database, viewer: Viewer, telescope: str, time: datetime, as_of: datetime | None = None
) -> dict[str, Any]:
    """The horizon of a telescope on the ground at a time.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    telescope
        By its name.
    time
        When.
    as_of
        With the telescope as it was known at this time.

    Returns
    -------
    dict
        ``telescope, time, sun_altitude`` (deg), and closed lines of positions (ICRS, deg): ``horizon``, ``airmass_2`` (30 deg
        above it), and ``night_side``, 90 deg from the Sun.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such telescope on the ground, or the time is not of 1972 to 2100.
    """
    [found] = ground_telescopes(db, viewer, [telescope], as_of)
    sky = local_sky(Site(found["latitude"], found["longitude"], found["elevation"]), mjd_of_datetime(time))
    lines = {"horizon": (sky.up, 90.0), "airmass_2": (sky.up, 60.0), "night_side": (sky.sun, 90.0)}
    return {
        "telescope": found["nickname"],
        "time": iso(time),
        "sun_altitude": round(float(sky.sun_altitude[0]), _DIGITS),
        **{name: sky.circle(*line)[0].round(_DIGITS).tolist() for name, line in lines.items()},
    }
