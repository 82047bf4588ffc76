"""HTTP routes of observations, and of what they covered of localizations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from skyhub.attachments import body_of, download
from skyhub.db import json_value
from skyhub.observations._coverage import CoverageAsked, CoverageMap, MapAsked, coverage_of, observed_file
from skyhub.observations._efficiency import EfficiencyAsked, efficiency_of
from skyhub.observations._read import ObservationsAsked, observations_asked
from skyhub.observations._store import remove_observations, store_observations
from skyhub.records import from_query, query_parameters
from skyhub.web import AsOf, Caller, Limit, Number, context_of, read_arrow, table_response

router = APIRouter(prefix="/api", tags=["observations"])

_Groups = Annotated[list[str] | None, Query(description="Who shall see them: some of one's groups, all by default")]


class Removal(BaseModel):
    """Observations to end."""

    model_config = ConfigDict(extra="forbid")

    observation_ids: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(min_length=1, description="Their numbers")


_EFFICIENCY = {"requestBody": {"content": {"application/json": {"schema": EfficiencyAsked.model_json_schema()}}}}
_REMOVE = {"requestBody": {"content": {"application/json": {"schema": Removal.model_json_schema()}}}}


@router.get("/observations", openapi_extra={"parameters": query_parameters(ObservationsAsked)})
async def observations(request: Request, caller: Caller, as_of: AsOf, limit: Limit = 1000) -> Any:
    """Executed observations, newest first."""
    context = context_of(request)
    asked = from_query(ObservationsAsked, request.query_params, "observations", frozenset({"limit"}))
    return table_response(request, await context.run(observations_asked, context.db, caller, asked, as_of, limit))


@router.post("/observations")
async def new_observations(request: Request, caller: Caller, instrument: str, group: _Groups = None) -> dict[str, Any]:
    """Store the executed observations of a log (an Arrow IPC stream), all or none."""
    caller.require("upload")
    context = context_of(request)
    table = await context.run(read_arrow, await request.body())
    done = await context.run(store_observations, context.db, caller, instrument, table, group)
    return done.to_json()


@router.post("/observations/remove", openapi_extra=_REMOVE)
async def remove(request: Request, caller: Caller) -> dict[str, int]:
    """End observations; what was known earlier still tells of them."""
    caller.require("upload")
    context, body = context_of(request), await body_of(request, Removal)
    return {"removed": await context.run(remove_observations, context.db, caller, body.observation_ids)}


@router.get(
    "/localizations/{localization_id:int}/coverage", openapi_extra={"parameters": query_parameters(CoverageAsked)}
)
async def coverage(request: Request, caller: Caller, as_of: AsOf, localization_id: Number) -> Any:
    """What executed observations covered of a localization: how much, how often, how deep."""
    context, asked = context_of(request), from_query(CoverageAsked, request.query_params, "coverage")
    return json_value(await context.run(coverage_of, context.db, caller, localization_id, asked, as_of))


@router.get(
    "/localizations/{localization_id:int}/observed/{kind}.fits",
    response_class=Response,
    openapi_extra={"parameters": query_parameters(MapAsked)},
)
async def observed(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    localization_id: Number,
    kind: CoverageMap,
    nside: Annotated[int, Query(ge=2, le=2048, description="A power of two")] = 256,
) -> Response:
    """The depth (mag), the visits, or the probability that remains, as a flat HEALPix map."""
    context = context_of(request)
    asked = from_query(MapAsked, request.query_params, "map", frozenset({"nside"}))
    content = await context.run(observed_file, context.db, caller, localization_id, kind, nside, asked, as_of)
    return download(content, f"localization-{localization_id}-{kind}.fits")


@router.post("/localizations/{localization_id:int}/efficiency", openapi_extra=_EFFICIENCY)
async def efficiency(request: Request, caller: Caller, as_of: AsOf, localization_id: Number) -> Any:
    """The fraction of sources, put where the localization has them, that observations would have detected."""
    context, asked = context_of(request), await body_of(request, EfficiencyAsked)
    return json_value(await context.run(efficiency_of, context.db, caller, localization_id, asked, as_of))
