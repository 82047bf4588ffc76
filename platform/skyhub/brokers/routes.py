"""HTTP routes of brokers: the service asks them, so that their secrets stay here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from skyhub.brokers import cone, cutout, fetch, listed, newest, reopen, save
from skyhub.db import json_rows, json_value
from skyhub.errors import InvalidInput
from skyhub.web import Caller, Number, context_of

router = APIRouter(prefix="/api/brokers", tags=["brokers"])


class Saved(BaseModel):
    """For which groups an object of a broker is saved, and whether as a source."""

    groups: list[str] | None = Field(None, description="Some of one's groups; those that see it by default")
    source: bool = True


@router.get("")
async def brokers(request: Request, caller: Caller) -> dict[str, Any]:
    """The brokers that may be asked: ok, slow, down with the reason and the time of the next try, or not asked yet."""
    context = context_of(request)
    return {"brokers": json_rows(await context.run(listed, context.db))}


@router.get("/{name}/objects")
async def objects(
    request: Request,
    caller: Caller,
    name: str,
    ra: Annotated[float | None, Query(description="Right ascension (deg, ICRS)")] = None,
    dec: Annotated[float | None, Query(description="Declination (deg, ICRS)")] = None,
    radius: Annotated[float, Query(description="arcsec")] = 5.0,
    since: Annotated[float | None, Query(description="Or: what was detected since this time (MJD, UTC)")] = None,
    select: Annotated[list[str] | None, Query(description="Of these, KEY=VALUE in the broker's words")] = None,
    limit: int = 100,
) -> dict[str, Any]:
    """Objects of a broker near a place, or with a detection since a time."""
    context = context_of(request)
    if (ra is None) != (dec is None) or (ra is None) == (since is None):
        raise InvalidInput("say where or when: give ra and dec, or since.", "ra")
    if since is not None:
        found = await context.run(newest, context.db, caller, name, since, limit, _selection(select or []))
    else:
        found = await context.run(cone, context.db, caller, name, ra, dec, radius, limit)
    return {"objects": json_rows(found)}


@router.get("/{name}/objects/{object_id}")
async def one_object(request: Request, caller: Caller, name: str, object_id: str) -> dict[str, Any]:
    """An object of a broker with its light curve and what the broker says of it."""
    context = context_of(request)
    document: dict[str, Any] = json_value(await context.run(fetch, context.db, caller, name, object_id))
    return {**document, "candid": str(document["candid"])}


@router.get("/{name}/objects/{object_id}/{candid}/{kind}.fits", response_class=Response)
async def image(request: Request, caller: Caller, name: str, object_id: str, candid: Number, kind: str) -> Response:
    """A cutout of an alert, as the broker has it."""
    context = context_of(request)
    data = await context.run(cutout, context.db, caller, name, object_id, candid, kind)
    return Response(data, media_type="application/fits")


@router.post("/{name}/objects/{object_id}")
async def save_object(request: Request, caller: Caller, name: str, object_id: str, body: Saved) -> dict[str, Any]:
    """Store what a broker has of an object, and save it as a source."""
    context = context_of(request)
    return await context.run(save, context.db, caller, name, object_id, body.groups, body.source)


@router.post("/{name}/retry")
async def retry(request: Request, caller: Caller, name: str) -> dict[str, Any]:
    """Ask a broker again at its next question, whatever it did before; administrators only."""
    context = context_of(request)
    document: dict[str, Any] = json_value(await context.run(reopen, context.db, caller, name))
    return document


def _selection(given: list[str]) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in given]
    if wrong := [key for key, equals, _ in pairs if not equals]:
        raise InvalidInput(f"{wrong[0]!r} was given: KEY=VALUE is needed.", "select")
    return {key: value for key, _, value in pairs}
