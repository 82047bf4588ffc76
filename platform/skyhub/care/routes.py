"""HTTP routes of the care of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from skyhub.care import backup, check
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.web import Caller, context_of

router = APIRouter(prefix="/api/care", tags=["care"])


class BackupRequest(BaseModel):
    """Where to, how many to keep, and whether with secrets."""

    directory: str | None = None
    keep: int | None = Field(None, ge=1)
    secrets: bool = False


@router.post("/backup")
async def take_backup(request: Request, caller: Caller, body: BackupRequest) -> dict[str, Any]:
    """Take a backup while everything goes on; administrators only.

    A directory other than the data's own, and secrets, need the operator's token: who administers the platform does not
    thereby write to the machine's disks.
    """
    caller.require("administer")
    context = context_of(request)
    if (body.directory is not None or body.secrets) and not _operator(request):
        raise PermissionRefused(
            "a directory or secrets may be asked for only by the operator, with `skyhub backup` on the machine itself.",
            "directory",
        )
    directory = None if body.directory is None else Path(body.directory)
    if directory is not None and not directory.is_absolute():
        raise InvalidInput(f"directory is {body.directory!r}: an absolute path is permitted.", "directory")
    return await context.run(backup, context.db, directory, body.keep, body.secrets)


@router.get("/check")
async def run_check(request: Request, caller: Caller, deep: bool = False) -> dict[str, Any]:
    """Look whether all data fit together; administrators only."""
    caller.require("administer")
    context = context_of(request)
    return await context.run(check, context.db, deep)


def _operator(request: Request) -> bool:
    """Whether the caller's token was signed with the key in the data directory."""
    token = request.headers.get("authorization", "").partition(" ")[2].strip()
    return context_of(request).signer.recognises(token)
