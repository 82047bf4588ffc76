"""HTTP routes of attachments beyond those of all records: bringing a file, and taking it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from skyhub.attachments import add_attachment, attachment_file, body_of, bytes_of, download
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api/attachments", tags=["attachments"])


class NewFile(BaseModel):
    """A file to attach."""

    name: str
    content: str = Field(description="Its bytes, in base64")
    media_type: str | None = None
    description: str = ""
    groups: list[str] | None = None


_BODY = {"requestBody": {"content": {"application/json": {"schema": NewFile.model_json_schema()}}}}


@router.post("", openapi_extra=_BODY)
async def attach(request: Request, caller: Caller) -> dict[str, Any]:
    """Keep a file of at most 20 MB: ``{"name", "content" (base64), "media_type", "description", "groups"}``."""
    caller.require("save")
    context, body = context_of(request), await body_of(request, NewFile)

    def work() -> dict[str, Any]:
        content = bytes_of(body.content)
        return add_attachment(context.db, caller, body.name, content, body.media_type, body.description, body.groups)

    return await context.run(work)


@router.get("/{attachment_id:int}/file", response_class=Response)
async def attached_file(request: Request, caller: Caller, as_of: AsOf, attachment_id: Number) -> Response:
    """The file itself, as a download."""
    context = context_of(request)
    record, content = await context.run(attachment_file, context.db, caller, attachment_id, as_of)
    return download(content, record.name, record.media_type)
