"""HTTP routes of tokens with fewer rights than their owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from skyhub.errors import PermissionRefused
from skyhub.team._tokens import TokenRequest, UserTokens
from skyhub.web import TOKEN_PREFIX, Caller, Number, context_of

router = APIRouter(prefix="/api/tokens", tags=["team"])


class NewToken(BaseModel):
    """A token to make."""

    name: str = Field(description="What it is for")
    scopes: list[str] = Field(description="Some of one's own, such as ['view']")
    groups: list[str] | None = Field(None, description="Some of one's own; all of them, and personal rows, by default")
    hours: float = Field(24.0, description="How long it is good for (h)")


@router.get("")
async def listed(request: Request, caller: Caller) -> dict[str, Any]:
    """One's own tokens that are in force."""
    context = context_of(request)
    return {"tokens": await context.run(_tokens(request).listed, caller)}


@router.post("")
async def make(request: Request, caller: Caller, body: NewToken) -> dict[str, Any]:
    """Make a token; the answer shows it once."""
    until = _end_of_asking(request)
    return await context_of(request).run(_tokens(request).make, caller, TokenRequest(**body.model_dump()), until)


@router.delete("/{token_id}")
async def revoke(request: Request, caller: Caller, token_id: Number) -> dict[str, bool]:
    """End a token at once."""
    _end_of_asking(request)
    context = context_of(request)
    context.rights_changed(await context.run(_tokens(request).revoke, caller, token_id))
    return {"revoked": True}


def _tokens(request: Request) -> UserTokens:
    return cast(UserTokens, context_of(request).user_tokens)


def _end_of_asking(request: Request) -> datetime | None:
    """When the token with which somebody asks ends, if it is one of ours; a token that users made makes no others."""
    token = request.headers["authorization"].partition(" ")[2].strip()
    if token.startswith(TOKEN_PREFIX):
        raise PermissionRefused(
            "a token of this kind makes and ends no tokens: log in, or use one of the hub.", "token"
        )
    signer = context_of(request).signer
    return signer.ends_at(token) if signer.recognises(token) else None
