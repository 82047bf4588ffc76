"""HTTP routes of spectra beyond those of all records: files in and out, and the arrays."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from skyhub.attachments import body_of, download
from skyhub.db import json_value
from skyhub.spectra import SpectrumUpload, compare_spectrum, original_file, spectrum_table, upload_spectra
from skyhub.web import ARROW, AsOf, Caller, Number, arrow_response, context_of

router = APIRouter(prefix="/api/spectra", tags=["spectra"])

_BODY = {"requestBody": {"content": {"application/json": {"schema": SpectrumUpload.model_json_schema()}}}}
Version = Annotated[int | None, Query(ge=1, description="One that was superseded")]


@router.post("/files", openapi_extra=_BODY)
async def upload(request: Request, caller: Caller) -> dict[str, Any]:
    """Store the spectra of a file (base64) or a table; ``dry_run`` says what would be."""
    caller.require("upload")
    context, body = context_of(request), await body_of(request, SpectrumUpload)
    return await context.run(upload_spectra, context.db, caller, body)


@router.get("/{spectrum_id:int}/data", response_model=None)
async def data(
    request: Request, caller: Caller, as_of: AsOf, spectrum_id: Number, version: Version = None
) -> Response | dict[str, Any]:
    """The arrays of a spectrum, as Arrow or as JSON columns with their units."""
    context = context_of(request)
    table = await context.run(spectrum_table, context.db, caller, spectrum_id, version, as_of)
    if ARROW in request.headers.get("accept", ""):
        return arrow_response(table)
    units = {field.name: field.metadata[b"unit"].decode() for field in table.schema if field.metadata}
    return {"units": units, **json_value(table.to_pydict())}


@router.get("/{spectrum_id:int}/file", response_class=Response)
async def file(request: Request, caller: Caller, as_of: AsOf, spectrum_id: Number, version: Version = None) -> Response:
    """The file that a spectrum came in, byte for byte, as a download."""
    context = context_of(request)
    name, content = await context.run(original_file, context.db, caller, spectrum_id, version, as_of)
    return download(content, name)


@router.get("/{spectrum_id:int}/matches")
async def matches(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    spectrum_id: Number,
    min_redshift: Annotated[float, Query(description="From which redshift")] = -0.01,
    max_redshift: Annotated[float, Query(description="To which redshift")] = 0.5,
    limit: Annotated[int, Query(ge=1, le=100, description="How many matches")] = 10,
) -> dict[str, Any]:
    """What a spectrum resembles: templates, and the classified spectra that the caller may see, by falling rlap."""
    context, redshifts = context_of(request), (min_redshift, max_redshift)
    return await context.run(compare_spectrum, context.db, caller, spectrum_id, redshifts, limit, as_of)
