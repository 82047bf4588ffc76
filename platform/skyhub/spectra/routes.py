"""HTTP routes of spectra beyond those of all records: files in and out, and the arrays."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from skyhub.attachments import body_of, download
from skyhub.db import json_value
from skyhub.spectra import SpectrumUpload, original_file, spectrum_table, upload_spectra
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
