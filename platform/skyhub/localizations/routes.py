"""HTTP routes of localizations beyond those of all records: maps in and out, contours, and what lies in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from skyhub.attachments import body_of, bytes_of, download
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.localizations import (
    CombinedLocalizations,
    HidingEarth,
    LocalizationUpload,
    PositionSearch,
    combine_localizations,
    levels_at,
    localization_without_earth,
    map_of,
    overlap_of,
    shape_of,
    stats_of_map,
    store_localization,
)
from skyhub.science.sky_shapes import skymap_of
from skyhub.science.skymaps import SkyMap, contours_of, read_sky_map, write_sky_map
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api/localizations", tags=["localizations"])

_UPLOAD = {"requestBody": {"content": {"application/json": {"schema": LocalizationUpload.model_json_schema()}}}}
_COMBINE = {"requestBody": {"content": {"application/json": {"schema": CombinedLocalizations.model_json_schema()}}}}
_EARTH = {"requestBody": {"content": {"application/json": {"schema": HidingEarth.model_json_schema()}}}}
_SEARCH = {"requestBody": {"content": {"application/json": {"schema": PositionSearch.model_json_schema()}}}}
Levels = Annotated[tuple[float, ...], Query(max_length=9, description="Credible levels")]


@router.post("/maps", openapi_extra=_UPLOAD)
async def upload(request: Request, caller: Caller) -> dict[str, Any]:
    """Store the sky map of a file (base64) or of a shape."""
    caller.require("upload")
    context, body = context_of(request), await body_of(request, LocalizationUpload)
    return await context.run(_upload, context.db, caller, body)


@router.post("/combine", openapi_extra=_COMBINE)
async def combine(request: Request, caller: Caller) -> dict[str, Any]:
    """Store the product or the mixture of two localizations, for those who see both."""
    caller.require("upload")
    context, body = context_of(request), await body_of(request, CombinedLocalizations)
    return await context.run(combine_localizations, context.db, caller, body)


@router.post("/{localization_id:int}/without-earth", openapi_extra=_EARTH)
async def without_the_earth(request: Request, caller: Caller, localization_id: Number) -> dict[str, Any]:
    """Store a localization without what the Earth hid from the spacecraft, for those who see it."""
    caller.require("upload")
    context, body = context_of(request), await body_of(request, HidingEarth)
    return await context.run(localization_without_earth, context.db, caller, localization_id, body)


@router.get("/{localization_id:int}/overlap/{other:int}")
async def overlap(
    request: Request, caller: Caller, as_of: AsOf, localization_id: Number, other: Number
) -> dict[str, float]:
    """The overlap integral 4π ∫ p₁ p₂ dΩ of two localizations (doi:10.3847/1538-4357/aabfd2)."""
    context = context_of(request)
    return await context.run(overlap_of, context.db, caller, localization_id, other, as_of)


@router.get("/{localization_id:int}/stats")
async def stats(request: Request, caller: Caller, as_of: AsOf, localization_id: Number) -> dict[str, Any]:
    """Areas (deg²), the densest place (deg), the distance (Mpc) and what the map says of itself."""
    context = context_of(request)
    return await context.run(_stats, context.db, caller, localization_id, as_of)


@router.get("/{localization_id:int}/contours")
async def contours(
    request: Request, caller: Caller, as_of: AsOf, localization_id: Number, level: Levels = (0.5, 0.9)
) -> dict[str, Any]:
    """The borders of credible levels as GeoJSON: lines that do not cross right ascension 0."""
    context = context_of(request)
    return await context.run(_contours, context.db, caller, localization_id, level, as_of)


@router.get("/{localization_id:int}/map", response_class=Response)
async def map_file(request: Request, caller: Caller, as_of: AsOf, localization_id: Number) -> Response:
    """The map as a FITS file of many orders, as a download."""
    context = context_of(request)
    content = await context.run(_file, context.db, caller, localization_id, as_of)
    return download(content, f"localization-{localization_id}.multiorder.fits")


@router.post("/{localization_id:int}/search", openapi_extra=_SEARCH)
async def search(request: Request, caller: Caller, as_of: AsOf, localization_id: Number) -> dict[str, Any]:
    """The credible level, in area and in volume, and the density (sr⁻¹) at positions."""
    context, body = context_of(request), await body_of(request, PositionSearch)
    return await context.run(_search, context.db, caller, localization_id, body, as_of)


def _upload(db: Database, viewer: Viewer, given: LocalizationUpload) -> dict[str, Any]:
    sky_map, name = _given(given)
    return store_localization(db, viewer, sky_map, name, given.dateobs, given.groups)


def _given(given: LocalizationUpload) -> tuple[SkyMap, str]:
    if (given.content is None) == (given.shape is None):
        raise InvalidInput("give either the content of a file or a shape.", "content")
    if given.content is not None:
        return read_sky_map(bytes_of(given.content)), given.name or "map"
    shape = shape_of(given.shape or {})
    return skymap_of(shape), given.name or shape.name


def _stats(db: Database, viewer: Viewer, localization_id: int, as_of: Any) -> dict[str, Any]:
    return stats_of_map(map_of(db, viewer, localization_id, as_of))


def _contours(
    db: Database, viewer: Viewer, localization_id: int, levels: Sequence[float], as_of: Any
) -> dict[str, Any]:
    sky_map = map_of(db, viewer, localization_id, as_of)
    features = [
        {
            "type": "Feature",
            "properties": {"level": level},
            "geometry": {
                "type": "MultiLineString",
                "coordinates": [np.round(line, 6).tolist() for line in contours_of(sky_map, level)],
            },
        }
        for level in levels
    ]
    return {"type": "FeatureCollection", "features": features}


def _file(db: Database, viewer: Viewer, localization_id: int, as_of: Any) -> bytes:
    return write_sky_map(map_of(db, viewer, localization_id, as_of))


def _search(db: Database, viewer: Viewer, localization_id: int, asked: PositionSearch, as_of: Any) -> dict[str, Any]:
    far = None if asked.distance is None else np.array(asked.distance, dtype=float)
    if not len(asked.ra) == len(asked.dec) == (len(asked.ra) if far is None else len(far)):
        raise InvalidInput(
            "ra, dec and distance have different lengths: one of each for every position is needed.", "ra"
        )
    return dict(levels_at(map_of(db, viewer, localization_id, as_of), asked.ra, asked.dec, far))
