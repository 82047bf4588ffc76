"""Who can see a localization or a target: telescopes on the ground, with the probability that each sees then and tonight."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from skyhub.db import Database, Viewer, iso
from skyhub.localizations import map_of
from skyhub.observability._asked import Asked, Place, places_asked, position_asked
from skyhub.science.nights import datetime_of_mjd, mjd_of_datetime
from skyhub.science.visibility import globe_at, local_sky
from skyhub.science.visible_probability import Patches, patches_of, visible_probability

__all__ = ["observers_of"]

_STEP = 15 / 1440
"""Between the times of a night (d)."""
_TIMES = 96
_DIGITS = 4


class _Night(NamedTuple):
    """What is seen in the dark time that is, or comes next within a day."""

    probability: float = 0.0
    begin: float | None = None
    end: float | None = None
    best: float | None = None
    best_probability: float = 0.0


def observers_of(
    db: Database,
    viewer: Viewer,
    asked: Asked,
    time: datetime,
    *,
    localization_id: int | None = None,
    object_id: str | None = None,
    position: str | None = None,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """The telescopes on the ground, with what each can see of a localization, or whether it can see an object or a position.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    asked
        From where, and under which conditions; the night is that of the time.
    time
        When.
    localization_id, object_id, position
        What: one of them; of an object or a position (ICRS) the probability is 1.
    as_of
        As it was known at this time.

    Returns
    -------
    dict
        ``localization_id, time``; ``sun, moon``: longitude and latitude (deg) of the places below them; ``to_earth``, the matrix
        from ICRS to axes of the Earth; ``telescopes``, those that see most first: ``telescope, latitude, longitude,
        sun_altitude`` (deg), ``now`` (the probability that can be observed at the time), ``tonight`` (that can be at any time of
        the night that is, or comes next), ``begin, end`` of the times in it when some can be, ``best_time`` with
        ``best_probability``; times are UTC, null where there is none.

    Raises
    ------
    NotFound, InvalidInput
        If something that is named is not there, or conditions cannot be.
    """
    if localization_id is not None:
        patches = patches_of(map_of(db, viewer, localization_id, as_of))
    else:
        place = position_asked(db, viewer, object_id, position, as_of)
        patches = Patches(np.array([place.ra]), np.array([place.dec]), np.ones(1))
    mjd = mjd_of_datetime(time)
    globe = globe_at(mjd)
    rows = [_row(site, patches, mjd) for site in places_asked(db, viewer, asked, as_of)]
    return {
        "localization_id": localization_id,
        "time": iso(time),
        "sun": globe.sun,
        "moon": globe.moon,
        "to_earth": globe.to_earth.tolist(),
        "telescopes": sorted(rows, key=lambda row: (-row["now"], -row["tonight"], row["telescope"])),
    }


def _row(place: Place, patches: Patches, mjd: float) -> dict[str, Any]:
    sky = local_sky(place.site, mjd + _STEP * np.arange(_TIMES + 1))
    highest = place.constraints.sun_altitude
    dark = np.ones(len(sky.mjd), dtype=bool) if highest is None else sky.sun_altitude <= highest
    now = visible_probability(local_sky(place.site, mjd), patches, place.constraints)[1] if dark[0] else 0.0
    night = _night(place, patches, sky.mjd[_first_run(dark)])
    return {
        "telescope": place.telescope,
        "latitude": place.site.latitude,
        "longitude": (place.site.longitude + 180) % 360 - 180,
        "sun_altitude": round(float(sky.sun_altitude[0]), 2),
        "now": round(now, _DIGITS),
        "tonight": round(night.probability, _DIGITS),
        "begin": _moment(night.begin),
        "end": _moment(night.end),
        "best_time": _moment(night.best),
        "best_probability": round(night.best_probability, _DIGITS),
    }


def _night(place: Place, patches: Patches, times: np.ndarray[Any, np.dtype[np.float64]]) -> _Night:
    if not len(times):
        return _Night()
    seen, ever = visible_probability(local_sky(place.site, times), patches, place.constraints)
    some = np.flatnonzero(seen > 0)
    if not len(some):
        return _Night()
    best = int(np.argmax(seen))
    return _Night(ever, float(times[some[0]]), float(times[some[-1]]), float(times[best]), float(seen[best]))


def _first_run(which: np.ndarray[Any, np.dtype[np.bool_]]) -> slice:
    """Where the first True values stand one after another."""
    if not which.any():
        return slice(0, 0)
    first = int(np.argmax(which))
    after = np.flatnonzero(~which[first:])
    return slice(first, first + int(after[0]) if len(after) else len(which))


def _moment(mjd: float | None) -> str | None:
    return None if mjd is None else iso(datetime_of_mjd(mjd))
