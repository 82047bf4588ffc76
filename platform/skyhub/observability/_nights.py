"""When something can be observed: in one night from any telescopes, along that night, and over a year."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput
from skyhub.observability._asked import Asked, Place, places_asked, position_asked
from skyhub.science.coordinates import Position
from skyhub.science.visibility import (
    LocalSky,
    Night,
    Site,
    airmass,
    current_night,
    hours_by_night,
    night_at,
    night_sky,
    observable,
    windows,
)

__all__ = ["hours_of_year", "night_curves", "night_of", "observability", "sky_of"]

_UNIX_MJD = 40_587
_YEAR_STEP = 10.0
"""Minutes between the times that are counted over a year."""
_MOST_NIGHTS = 366
_MOST_SKIES = 20 * _MOST_NIGHTS


def observability(
    db: Database,
    viewer: Viewer,
    asked: Asked,
    *,
    object_id: str | None = None,
    position: str | None = None,
    as_of: datetime | None = None,
) -> list[dict[str, Any]]:
    """When an object or a position can be observed in a night, from each telescope, the longest first.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and as it was known when.
    asked
        Telescopes, night and conditions.
    object_id, position
        What shall be observed: an object, or a position (ICRS, in degrees or sexagesimal).

    Returns
    -------
    list of dict
        ``telescope, night, hours, windows`` (begin and end of each); of the highest time within, ``best_mjd, best_altitude,
        best_azimuth, best_airmass, best_moon_separation, best_parallactic_angle``; ``midnight, twilights`` (by name ``state,
        begin, end``), ``moonrise, moonset, moon_illumination`` (0 to 1, at midnight). Times are MJD (UTC), angles deg.

    Raises
    ------
    NotFound
        If the viewer may not see the object, or a telescope.
    InvalidInput
        If what is asked cannot be.
    """
    place = position_asked(db, viewer, object_id, position, as_of)
    rows = [_row(place, telescope, night_of(telescope, asked)) for telescope in places_asked(db, viewer, asked, as_of)]
    return sorted(rows, key=lambda row: -row["hours"])


def night_curves(
    db: Database,
    viewer: Viewer,
    asked: Asked,
    *,
    object_id: str | None = None,
    position: str | None = None,
    as_of: datetime | None = None,
) -> pa.Table:
    """Where an object or a position stands along a night, every 5 minutes, from each telescope (see `observability`).

    Returns
    -------
    pyarrow.Table
        ``telescope, mjd, altitude, azimuth, airmass`` (null below the horizon), ``hour_angle`` (h), ``parallactic_angle,
        moon_separation, moon_altitude, sun_altitude`` (deg), ``observable``; from sunset to sunrise, or from noon to noon
        where the Sun does not rise or set.
    """
    place = position_asked(db, viewer, object_id, position, as_of)
    telescopes = places_asked(db, viewer, asked, as_of)
    return pa.concat_tables([_curve(place, telescope, night_of(telescope, asked)) for telescope in telescopes])


def hours_of_year(
    db: Database,
    viewer: Viewer,
    asked: Asked,
    *,
    nights: int = 365,
    every: int = 1,
    object_id: str | None = None,
    position: str | None = None,
    as_of: datetime | None = None,
) -> pa.Table:
    """In how many hours of each night an object or a position can be observed from each telescope.

    Parameters
    ----------
    db, viewer, asked, object_id, position, as_of
        As in `observability`; the night is the first one.
    nights, every
        How many nights, at most 366, and how many days lie between them.

    Returns
    -------
    pyarrow.Table
        ``telescope, night, hours``; hours are right to about 10 minutes.
    """
    if not (1 <= nights <= _MOST_NIGHTS and 1 <= every <= _MOST_NIGHTS):
        raise InvalidInput(f"nights and every are {nights} and {every}: 1 to {_MOST_NIGHTS} is permitted.", "nights")
    place = position_asked(db, viewer, object_id, position, as_of)
    telescopes = places_asked(db, viewer, asked, as_of)
    if len(telescopes) * nights > _MOST_SKIES:
        raise InvalidInput(
            f"{nights} nights of {len(telescopes)} telescopes are too many at once: {_MOST_SKIES} nights together are "
            "permitted. Name the telescopes, or take fewer nights with every=7.",
            "telescope",
        )
    return pa.concat_tables([_year(place, telescope, asked, nights, every) for telescope in telescopes])


def night_of(telescope: Place, asked: Asked) -> date:
    """The night that is asked for, or the one that is at a telescope now."""
    now = time.time() / 86_400 + _UNIX_MJD
    return asked.first_night or current_night(telescope.site, now)


def _row(place: Position, telescope: Place, night: date) -> dict[str, Any]:
    at, sky = _night(telescope.site, night), sky_of(telescope.site, night)
    [found] = windows(sky, place.ra, place.dec, telescope.constraints)
    row = {
        "telescope": telescope.telescope,
        "night": night,
        "hours": 24 * sum(end - begin for begin, end in found),
        "windows": found,
        **_best(place, telescope, sky),
        "midnight": at.midnight,
        "twilights": {n: {"state": d.state, "begin": d.begin, "end": d.end} for n, d in at.dark.items()},
        **{name: getattr(at, name) for name in ("moonrise", "moonset", "moon_illumination")},
    }
    plain: dict[str, Any] = json_value(row)
    return plain


def _best(place: Position, telescope: Place, sky: LocalSky) -> dict[str, float | None]:
    """The highest time at which all conditions are kept."""
    names = ("mjd", "altitude", "azimuth", "airmass", "moon_separation", "parallactic_angle")
    kept = observable(sky, *place, telescope.constraints)[0]
    if not kept.any():
        return {f"best_{name}": None for name in names}
    columns = _columns(place, telescope, sky)
    highest = int(np.argmax(np.where(kept, columns["altitude"], -90)))
    return {f"best_{name}": float(columns[name][highest]) for name in names}


def _curve(place: Position, telescope: Place, night: date) -> pa.Table:
    sky, sunset = sky_of(telescope.site, night), _night(telescope.site, night).dark["sunset"]
    columns = _columns(place, telescope, sky)
    columns["observable"] = observable(sky, *place, telescope.constraints)[0]
    hindered = telescope.constraints.sun_altitude is not None
    begin, end = (sunset.begin, sunset.end) if hindered and sunset.begin and sunset.end else (sky.mjd[0], sky.mjd[-1])
    shown = (sky.mjd >= begin) & (sky.mjd <= end)
    arrays = {name: pa.array(values[shown], from_pandas=True) for name, values in columns.items()}
    return pa.table({"telescope": pa.array([telescope.telescope] * int(shown.sum()), pa.string()), **arrays})


def _columns(place: Position, telescope: Place, sky: LocalSky) -> dict[str, Any]:
    altitude = sky.altitude(*place)[0]
    air = airmass(altitude, telescope.constraints.formula)
    return {
        "mjd": sky.mjd,
        "altitude": altitude,
        "azimuth": sky.azimuth(*place)[0],
        "airmass": np.where(np.isfinite(air), air, np.nan),
        "hour_angle": sky.hour_angle(*place)[0],
        "parallactic_angle": sky.parallactic_angle(*place)[0],
        "moon_separation": sky.moon_separation(*place)[0],
        "moon_altitude": sky.moon_altitude,
        "sun_altitude": sky.sun_altitude,
    }


def _year(place: Position, telescope: Place, asked: Asked, nights: int, every: int) -> pa.Table:
    first = night_of(telescope, asked)
    dates = [first + timedelta(days=every * k) for k in range(nights)]
    hours = hours_by_night(telescope.site, dates, *place, telescope.constraints, _YEAR_STEP)[0]
    return pa.table(
        {"telescope": pa.array([telescope.telescope] * nights, pa.string()), "night": dates, "hours": hours}
    )


@lru_cache(512)
def sky_of(site: Site, night: date) -> LocalSky:
    """The sky over a site along a night, kept for the next question."""
    return night_sky(site, night)


@lru_cache(512)
def _night(site: Site, night: date) -> Night:
    return night_at(site, night)
