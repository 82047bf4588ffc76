"""Bodies of requests that may be large: reading stops where they get too long."""

from __future__ import annotations

from fastapi import Request

from skyhub.errors import InvalidInput

__all__ = ["bounded_body"]


async def bounded_body(request: Request, most: int, told: str) -> bytes:
    """The body of a request of at most so many bytes. Raises `InvalidInput`, saying what was `told`, if it is longer."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise InvalidInput(f"the request is too long: {told}.", "content")
    return bytes(body)
