"""Many targets from many telescopes in one night: hours and the best time of each pair."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.objects import position_of
from skyhub.observability._asked import Asked, Place, places_asked
from skyhub.observability._nights import night_of, sky_of
from skyhub.science.coordinates import Position
from skyhub.science.visibility import airmass, observable

__all__ = ["TargetsAsked", "observability_of_targets"]

_MOST_PAIRS = 20_000


class Target(BaseModel):
    """An object by its name, or a place with a name of one's own."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    object_id: str | None = Field(None, min_length=1, max_length=200, description="An object; or")
    name: str | None = Field(None, min_length=1, max_length=200, description="the name of a place, with")
    ra: float | None = Field(None, ge=0, lt=360, description="its position (ICRS, deg)")
    dec: float | None = Field(None, ge=-90, le=90, description="its position (ICRS, deg)")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.object_id is None) == (None in (self.name, self.ra, self.dec)):
            raise ValueError("give object_id, or name with ra and dec")
        return self


class TargetsAsked(Asked):
    """Which targets, from where, in which night, under which conditions."""

    targets: list[Target] = Field(min_length=1, max_length=5000, description="What shall be observed")


def observability_of_targets(
    db: Database, viewer: Viewer, asked: TargetsAsked, as_of: datetime | None = None
) -> pa.Table:
    """How long and when best each target can be observed from each telescope in a night.

    Parameters
    ----------
    db, viewer, asked, as_of
        The database, who asks, what is asked, and as it was known when.

    Returns
    -------
    pyarrow.Table
        ``target, ra, dec`` (ICRS, deg), ``telescope, night, hours`` (right to 5 minutes); of the highest time at which all
        conditions are kept ``best_mjd`` (UTC), ``best_altitude, best_airmass, best_moon_separation``, null if there is none. One
        row for each pair, in the order of the targets, then of the telescopes.

    Raises
    ------
    NotFound
        If the viewer may not see an object, or a telescope.
    InvalidInput
        If what is asked cannot be, or is too much at once.
    """
    places = places_asked(db, viewer, asked, as_of)
    if len(places) * len(asked.targets) > _MOST_PAIRS:
        raise InvalidInput(
            f"{len(asked.targets)} targets from {len(places)} telescopes are too many at once: {_MOST_PAIRS} pairs are "
            "permitted. Name the telescopes, or give fewer targets.",
            "telescope",
        )
    where = [_position(db, viewer, target, as_of) for target in asked.targets]
    ra, dec = np.array(where).T
    parts = [_pairs(place, night_of(place, asked), ra, dec) for place in places]
    order = np.arange(len(ra) * len(places)).reshape(len(places), len(ra)).T.ravel()
    names = [target.object_id or target.name for target in asked.targets]
    known = {"target": names * len(places), "ra": np.tile(ra, len(places)), "dec": np.tile(dec, len(places))}
    return pa.table({**known, **{name: _joined([part[name] for part in parts]) for name in parts[0]}}).take(order)


def _position(db: Database, viewer: Viewer, target: Target, as_of: datetime | None) -> Position:
    if target.object_id is not None:
        return position_of(db, viewer, target.object_id, as_of)
    assert target.ra is not None
    assert target.dec is not None
    return Position(target.ra, target.dec)


def _pairs(place: Place, night: date, ra: NDArray[np.float64], dec: NDArray[np.float64]) -> dict[str, Any]:
    sky = sky_of(place.site, night)
    kept = observable(sky, ra, dec, place.constraints)
    altitude = sky.altitude(ra, dec)
    best = np.argmax(np.where(kept, altitude, -90.0), axis=1)
    each, never = np.arange(len(ra)), ~kept.any(axis=1)
    steps = np.diff(sky.mjd)
    columns = {
        "best_mjd": sky.mjd[best],
        "best_altitude": altitude[each, best],
        "best_airmass": airmass(altitude[each, best], place.constraints.formula),
        "best_moon_separation": sky.moon_separation(ra, dec)[each, best],
    }
    return {
        "telescope": pa.array([place.telescope] * len(ra), pa.string()),
        "night": pa.array([night] * len(ra), pa.date32()),
        "hours": pa.array(24 * ((kept[:, 1:] & kept[:, :-1]) @ steps)),
        **{name: pa.array(values, mask=never) for name, values in columns.items()},
    }


def _joined(arrays: list[pa.Array]) -> pa.Array:
    return pa.concat_arrays(arrays)
