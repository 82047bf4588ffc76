"""Requests that carry a file: JSON with the bytes in base64, bounded while it is read."""

from __future__ import annotations

import base64
import binascii
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from skyhub.errors import InvalidInput
from skyhub.web import bounded_body

__all__ = ["LARGEST_FILE", "body_of", "bytes_of"]

M = TypeVar("M", bound=BaseModel)

LARGEST_FILE = 20_000_000
"""Bytes."""
_LARGEST_BODY = LARGEST_FILE * 4 // 3 + 1_000_000


async def body_of(request: Request, model: type[M]) -> M:
    """The body of a request as a model; reading stops where it gets too long.

    Raises
    ------
    InvalidInput
        If it is too long, or no such document.
    """
    told = f"files of at most {LARGEST_FILE} bytes are taken"
    return await run_in_threadpool(_checked, model, await bounded_body(request, _LARGEST_BODY, told))


def bytes_of(content: str) -> bytes:
    """The bytes of a file that came as base64. Raises `InvalidInput` if they are too many, or it is none."""
    try:
        plain = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"the content is no base64: {error}.", "content") from None
    if len(plain) > LARGEST_FILE:
        raise InvalidInput(f"the file has {len(plain)} bytes: at most {LARGEST_FILE} are taken.", "content")
    return plain


def _checked(model: type[M], body: bytes) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise InvalidInput(f"{where}: {first['msg']}.", where) from None
