"""How much of what may have been would have been detected in what was observed of a localization."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.localizations import map_of
from skyhub.objects import dust_in_force
from skyhub.observations._coverage import Seen, seen_of, since_event
from skyhub.observations._read import Selection
from skyhub.records import UtcTime
from skyhub.science.bandpasses import bandpass, transmission
from skyhub.science.distances import redshift_at
from skyhub.science.injection import (
    Exposures,
    Injected,
    LightCurve,
    Sources,
    constant_source,
    draw_sources,
    inject,
    model_source,
)
from skyhub.science.models import MODELS, model_named
from skyhub.science.nights import mjd_of_datetime
from skyhub.science.series_injection import covers, series_light_curve, source_named

__all__ = ["EfficiencyAsked", "efficiency_of"]

_BINS = 5


class EfficiencyAsked(Selection):
    """Which sources are injected into which observations; those since the localization's time, by default."""

    model: str = Field(
        "constant",
        description="constant, a model of light curves such as kilonova, or a source of sncosmo such as salt3",
    )
    absolute_magnitude: float | None = Field(
        None, ge=-40, le=20, description="Of a constant source (AB); of one of sncosmo at its peak in Bessell's B (AB)"
    )
    parameters: dict[str, float] = Field(
        {}, description="Of a model, besides t0, in its units; of a source, as x1 and c"
    )
    reference_distance: float | None = Field(
        None, gt=0, description="Of a model that tells fluxes: at which distance (Mpc) they are told"
    )
    t0: UtcTime | None = Field(None, description="When the sources begin (UTC); the localization's time by default")
    distance: float | None = Field(None, gt=0, description="Of all sources (Mpc), in place of the map's")
    n: int = Field(1000, ge=1, le=10_000, description="How many sources")
    detections: int = Field(1, ge=1, le=100, description="In how many exposures one must be brighter than the limit")
    apart: float = Field(0.0, ge=0, le=14_400, description="How long the first and the last of these are apart (min)")
    extinction: bool = Field(True, description="Whether dust of our Galaxy dims them")
    seed: int = Field(1, ge=0, description="Of the numbers that are drawn: equal ones draw equal sources")


class _Usable(NamedTuple):
    exposures: Exposures
    left_out: int
    bands: dict[float, str]
    """Names of the bands by their middles (Å)."""


def efficiency_of(
    db: Database, viewer: Viewer, localization_id: int, asked: EfficiencyAsked, as_of: datetime | None = None
) -> dict[str, Any]:
    """The fraction of sources, put where the localization has them, that would have been detected.

    Parameters
    ----------
    db, viewer, localization_id
        The database, who asks, and the localization.
    asked
        The sources, the observations, and what a detection is.
    as_of
        As it was known at this time.

    Returns
    -------
    dict
        ``efficiency`` with ``low, high`` (68 %, Wilson) of all sources, ``of_covered`` the same of those whose place was seen;
        ``n, n_covered, n_detected``; ``by_distance``, the same in fifths of the sources from near to far (Mpc);
        ``n_observations``, ``left_out`` (exposures without a limit or a known filter, or in bands that a source of sncosmo does
        not cover), ``unmapped``.

    Raises
    ------
    NotFound, InvalidInput
        If something that is named is not there, or a parameter is missing.
    """
    sky_map = map_of(db, viewer, localization_id, as_of)
    selection = since_event(db, viewer, localization_id, asked, as_of)
    begin = asked.t0 or selection.start
    assert begin is not None
    t0 = mjd_of_datetime(begin)
    formula = None if _is_series(asked) else _light_curve(asked, t0)
    sources = draw_sources(sky_map, asked.n, np.random.default_rng(asked.seed), asked.distance)
    seen = seen_of(db, viewer, selection, as_of)
    usable = _usable(seen)
    light_curve, (exposures, left_out, _) = (formula, usable) if formula else _series(asked, t0, usable, sources)
    ebv = dust_in_force(db).ebv(*sources.positions) if asked.extinction else 0.0
    found = inject(sources, exposures, light_curve, asked.detections, asked.apart / 1440, ebv)
    return {
        "localization_id": localization_id,
        **_told(found),
        "of_covered": _told(found, found.covered > 0),
        "n": asked.n,
        "n_covered": int((found.covered > 0).sum()),
        "n_detected": int(found.detected.sum()),
        "by_distance": _by_distance(found, sources.distance),
        "n_observations": len(exposures.place),
        "left_out": left_out,
        "unmapped": seen.unmapped,
    }


def _light_curve(asked: EfficiencyAsked, t0: float) -> LightCurve:
    if asked.model == "constant":
        if asked.absolute_magnitude is None or asked.parameters:
            raise InvalidInput(
                "a constant source needs its absolute_magnitude, and nothing else.", "absolute_magnitude"
            )
        return constant_source(asked.absolute_magnitude)
    if asked.absolute_magnitude is not None:
        raise InvalidInput("only constant sources have one absolute_magnitude: give parameters.", "absolute_magnitude")
    return model_source(model_named(asked.model), asked.parameters, t0, asked.reference_distance)


def _is_series(asked: EfficiencyAsked) -> bool:
    return asked.model != "constant" and asked.model not in MODELS


def _series(asked: EfficiencyAsked, t0: float, usable: _Usable, sources: Sources) -> tuple[LightCurve, _Usable]:
    """The light curve of a source of sncosmo, and the exposures in bands that it covers."""
    try:
        source = source_named(asked.model)
    except NotFound as error:
        raise InvalidInput(
            f"there is no model {asked.model!r} here: constant, {', '.join(MODELS)}, or a source of sncosmo whose files are here. "
            f"{error.message}",
            "model",
        ) from None
    if asked.absolute_magnitude is None or asked.reference_distance is not None:
        raise InvalidInput(
            f"{asked.model} needs the absolute_magnitude at its peak (AB, in Bessell's B), and no reference_distance.",
            "absolute_magnitude",
        )
    farthest = float(redshift_at(float(np.nanmax(sources.distance))))
    found = {middle: curve for middle, name in usable.bands.items() if (curve := _curve(name)) is not None}
    curves = {middle: curve for middle, curve in found.items() if covers(source, curve, farthest)}
    kept = np.isin(usable.exposures.wavelength, list(curves))
    told = usable.exposures
    exposures = Exposures(
        told.tiles, told.place[kept], told.mjd[kept], told.limit[kept], told.wavelength[kept], told.extinction[kept]
    )
    light_curve = series_light_curve(source, asked.absolute_magnitude, t0, asked.parameters, curves)
    return light_curve, usable._replace(exposures=exposures, left_out=usable.left_out + int((~kept).sum()))


def _curve(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The transmission of a band, if its curve is here."""
    try:
        return transmission(name)
    except NotFound:
        return None


def _usable(seen: Seen) -> _Usable:
    """The exposures whose limit and filter are known."""
    filters = seen.rows["filter"].to_pylist()
    bands = {name: _band(name) for name in set(filters)}
    known = np.array([bands[name] is not None for name in filters], dtype=bool) & np.isfinite(seen.depth)
    pairs = np.array([bands[filters[row]] for row in np.flatnonzero(known)], dtype=float).reshape(-1, 2)
    mjd = seen.rows["mjd"].to_numpy()
    exposures = Exposures(seen.tiles, seen.place[known], mjd[known], seen.depth[known], pairs[:, 0], pairs[:, 1])
    middles = {band[0]: name for name, band in bands.items() if name is not None and band is not None}
    return _Usable(exposures, int((~known).sum()), middles)


def _band(name: str | None) -> tuple[float, float] | None:
    """Middle (Å) and extinction (mag per E(B−V)) of a filter; None if it is not known."""
    try:
        found = None if name is None else bandpass(name)
    except InvalidInput:
        return None
    return None if found is None else (found.effective_wavelength, found.extinction or 0.0)


def _told(found: Injected, which: NDArray[np.bool_] | bool = True) -> dict[str, float | None]:
    efficiency, low, high = found.fraction(which)
    return {"efficiency": None if np.isnan(efficiency) else efficiency, "low": low, "high": high}


def _by_distance(found: Injected, distance: NDArray[np.float64]) -> list[dict[str, Any]]:
    known = np.isfinite(distance)
    if not known.any():
        return []
    edges = np.unique(np.quantile(distance[known], np.linspace(0, 1, _BINS + 1)))
    edges = edges if len(edges) > 1 else np.repeat(edges, 2)
    rows = []
    for low, high in pairwise(edges.tolist()):
        which = (distance >= low) & ((distance < high) | (high == edges[-1]))
        rows.append({"nearest": low, "farthest": high, "n": int(which.sum()), **_told(found, which)})
    return rows
