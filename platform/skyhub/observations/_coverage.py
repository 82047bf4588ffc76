"""What executed observations covered of a localization: how much, how often, how deep, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.facilities import pointing_tiles
from skyhub.localizations import LOCALIZATIONS, map_of
from skyhub.observations._read import Selection, observations_asked
from skyhub.records import current_row
from skyhub.science.field_tiles import FieldRanges
from skyhub.science.nights import datetime_of_mjd
from skyhub.science.observed_sky import ObservedSky, flat_map, observed_sky, remaining_map, seen_volume
from skyhub.science.sky_fits import healpix_file
from skyhub.science.skymaps import SkyMap, cover_within, healpix_of

__all__ = ["CoverageAsked", "CoverageMap", "MapAsked", "Seen", "coverage_of", "observed_file", "seen_of", "since_event"]

S = TypeVar("S", bound=Selection)

CoverageMap = Literal["depth", "visits", "remaining"]


class CoverageAsked(Selection):
    """What of a localization's observations is told; those since its time, by default."""

    visits: int = Field(3, ge=1, le=20, description="Tell what was seen once, twice and up to so often")
    level: float = Field(0.9, gt=0, le=1, description="Credible level of the region whose covered part is told")
    absolute_magnitude: float | None = Field(
        None, ge=-40, le=20, description="Of a constant source: tell the probability, in volume, of where it was seen"
    )


class MapAsked(Selection):
    """Of which observations a map is made; of those since the localization's time, by default."""

    visits: int = Field(1, ge=1, le=1000, description="What was seen so often does not remain")


@dataclass(frozen=True, eq=False)
class Seen:
    """Observations, and the sky that they saw."""

    rows: pa.Table
    unmapped: dict[str, str]
    """Instruments whose footprint is not known, with the reason; their observations count for nothing."""

    tiles: Sequence[FieldRanges]
    """What the pointings cover."""
    place: NDArray[np.int64]
    """The pointing of each observation in `tiles`."""

    @property
    def depth(self) -> NDArray[np.float64]:
        """Limiting magnitudes of the observations; NaN where not known."""
        return np.asarray(self.rows["limiting_magnitude"].to_numpy(), dtype=float)

    def of(self, rows: NDArray[np.bool_]) -> ObservedSky:
        """The sky that some of the observations saw."""
        return observed_sky(self.tiles, self.place[rows], self.depth[rows])

    @cached_property
    def sky(self) -> ObservedSky:
        """The sky that all of them saw."""
        return self.of(np.ones(len(self.rows), dtype=bool))


def seen_of(db: Database, viewer: Viewer, asked: Selection, as_of: datetime | None = None) -> Seen:
    """The observations that are asked for, of those that the viewer may see, and the sky that they saw.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such instrument.
    """
    found = observations_asked(db, viewer, asked, as_of)
    tiles: list[FieldRanges] = []
    place, unmapped = np.full(len(found), -1, dtype=np.int64), {}
    for instrument in pc.unique(found["instrument"]).to_pylist():
        some = pc.equal(found["instrument"], instrument).to_numpy(zero_copy_only=False).astype(bool)
        at = found.filter(pa.array(some))
        turned = at["position_angle"].fill_null(0.0).to_numpy()
        try:
            parts, places = pointing_tiles(
                db, viewer, instrument, at["ra"].to_numpy(), at["dec"].to_numpy(), turned, as_of
            )
        except InvalidInput as error:
            unmapped[instrument] = error.message
            continue
        place[some] = places + sum(len(part) for part in tiles)
        tiles += parts
    return Seen(found.filter(pa.array(place >= 0)), unmapped, tiles, place[place >= 0])


def since_event(db: Database, viewer: Viewer, localization_id: int, asked: S, as_of: datetime | None = None) -> S:
    """The selection, from the time of a localization on unless it says otherwise.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such localization, or it has no time.
    """
    row = current_row(db, viewer, LOCALIZATIONS, localization_id, as_of)
    if asked.start is not None:
        return asked
    begin = row["dateobs"] or _time(map_of(db, viewer, localization_id, as_of).facts.date_obs)
    if begin is None:
        raise InvalidInput(f"localization {localization_id} has no time: say from when on (start).", "start")
    return asked.model_copy(update={"start": begin.replace(tzinfo=UTC) if begin.tzinfo is None else begin})


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None


def coverage_of(
    db: Database, viewer: Viewer, localization_id: int, asked: CoverageAsked, as_of: datetime | None = None
) -> dict[str, Any]:
    """What observations covered of a localization.

    Parameters
    ----------
    db, viewer, localization_id
        The database, who asks, and the localization.
    asked
        Which observations, and what is told of them.
    as_of
        As it was known at this time.

    Returns
    -------
    dict
        ``probability`` and ``area`` (deg²) of the union of the footprints, without gaps between detectors; ``area_inside``
        (deg²), the part of it in the region of a credible ``level``, and ``region_area``; ``visits``: the same for what was
        seen at least so often; ``filters``: the same by filter; ``depth``: of the probability that was seen, weighted medians
        and extremes of the deepest limits (mag); ``volume_probability`` of a source of an absolute magnitude; ``n_observations,
        n_pointings, exposure_s, first, last`` (UTC), ``since`` (UTC); ``unmapped``, what has no footprint, with the reason.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such localization or instrument, or no time from which on to look.
    """
    sky_map = map_of(db, viewer, localization_id, as_of)
    selection = since_event(db, viewer, localization_id, asked, as_of)
    seen = seen_of(db, viewer, selection, as_of)
    region = sky_map.region(asked.level)
    filters = [name for name in pc.unique(seen.rows["filter"]).to_pylist() if name is not None]
    volume = None
    if asked.absolute_magnitude is not None:
        volume = seen_volume(sky_map, seen.sky, asked.absolute_magnitude)
    return {
        "localization_id": localization_id,
        "since": selection.start,
        **_amounts(sky_map, seen.sky, region),
        "level": asked.level,
        "region_area": float(sky_map.area_within(asked.level)),
        "visits": [
            {"at_least": n, **_amounts(sky_map, seen.sky.at_least(n), region)} for n in range(1, asked.visits + 1)
        ],
        "filters": [_by_filter(sky_map, seen, name, region) for name in sorted(filters)],
        "depth": _depth(sky_map, seen.sky),
        "volume_probability": volume,
        **_facts(seen),
        "unmapped": seen.unmapped,
    }


def _amounts(sky_map: SkyMap, sky: ObservedSky, region: NDArray[np.int64]) -> dict[str, float]:
    covered = sky.coverage(sky_map)
    return {
        "probability": covered.probability,
        "area": covered.area,
        "area_inside": cover_within(region, sky.low, sky.high),
    }


def _by_filter(sky_map: SkyMap, seen: Seen, name: str, region: NDArray[np.int64]) -> dict[str, Any]:
    some = pc.fill_null(pc.equal(seen.rows["filter"], name), False).to_numpy(zero_copy_only=False).astype(bool)
    sky = seen.of(some)
    return {
        "filter": name,
        "n_observations": int(some.sum()),
        **_amounts(sky_map, sky, region),
        "depth": _depth(sky_map, sky)["median"],
    }


def _depth(sky_map: SkyMap, sky: ObservedSky) -> dict[str, float | None]:
    """Median, weighted with the probability, and extremes of the deepest limits (mag) where one is known."""
    weight = sky_map.probability_of(sky.low, sky.high)
    known = np.isfinite(sky.depth) & (weight > 0)
    if not known.any():
        return {"median": None, "shallowest": None, "deepest": None}
    depth, weight = sky.depth[known], weight[known]
    order = np.argsort(depth)
    sums = np.cumsum(weight[order])
    median = depth[order][np.searchsorted(sums, sums[-1] / 2)]
    return {"median": float(median), "shallowest": float(depth.min()), "deepest": float(depth.max())}


def _facts(seen: Seen) -> dict[str, Any]:
    rows = seen.rows
    mjd = rows["mjd"].to_numpy()
    pointings = {*zip(*(rows[name].to_pylist() for name in ("instrument", "ra", "dec")), strict=True)}
    first, last = (datetime_of_mjd(float(mjd.min())), datetime_of_mjd(float(mjd.max()))) if len(rows) else (None, None)
    return {
        "instruments": sorted(pc.unique(rows["instrument"]).to_pylist()),
        "n_observations": len(rows),
        "n_pointings": len(pointings),
        "exposure_s": float(np.nansum(rows["exposure_s"].to_numpy())) if len(rows) else 0.0,
        "first": first,
        "last": last,
    }


def observed_file(
    db: Database,
    viewer: Viewer,
    localization_id: int,
    kind: CoverageMap,
    nside: int,
    asked: MapAsked,
    as_of: datetime | None = None,
) -> bytes:
    """A FITS file with a flat HEALPix map of what was observed of a localization.

    Parameters
    ----------
    db, viewer, localization_id, asked, as_of
        As for `coverage_of`.
    kind
        ``depth`` (the deepest limiting magnitude at the centre of each pixel), ``visits`` (how many exposures saw it), or
        ``remaining`` (the probability in each pixel that was not seen ``visits`` times).
    nside
        A power of two.

    Raises
    ------
    NotFound, InvalidInput
        As `coverage_of`, or if there is no map of this `nside`.
    """
    seen = seen_of(db, viewer, since_event(db, viewer, localization_id, asked, as_of), as_of)
    if kind == "remaining":
        left = remaining_map(map_of(db, viewer, localization_id, as_of), seen.sky.at_least(asked.visits))
        return healpix_file("PROB", healpix_of(left, nside, nested=True), "pix-1")
    if kind == "depth":
        return healpix_file("DEPTH", flat_map(seen.sky, seen.sky.depth, nside), "mag")
    return healpix_file("VISITS", flat_map(seen.sky, seen.sky.visits, nside, 0), "")
