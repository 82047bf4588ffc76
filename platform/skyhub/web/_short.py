"""The short way to small writes: requests that come by the hundred are answered without the framework's layers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.types import ASGIApp, Receive, Scope, Send

from skyhub.db import Viewer
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.web._context import Context, viewer_of

__all__ = ["Endpoint", "ShortWay", "checked_body", "unforeseen"]

Endpoint: TypeAlias = Callable[[Context, Viewer, bytes], Awaitable[Any]]
"""What answers a request: from the parts of the platform, who calls, and the body."""

M = TypeVar("M", bound=BaseModel)

_log = logging.getLogger(__name__)
_LONGEST_BODY = 64 * 1024


class ShortWay:
    """An ASGI middleware that answers short POST requests to some paths itself; all others go on to the application.

    Parameters
    ----------
    app
        The application, which has routes for the same paths.
    context
        The parts that endpoints work with.
    endpoints
        Who answers, by path.
    """

    def __init__(self, app: ASGIApp, context: Callable[[], Context], endpoints: Mapping[str, Endpoint]) -> None:
        self._app = app
        self._context = context
        self._endpoints = endpoints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        endpoint = self._endpoints.get(scope["path"]) if scope["type"] == "http" else None
        if endpoint is None or scope["method"] != "POST" or scope["query_string"]:
            return await self._app(scope, receive, send)
        headers = {name: value for name, value in scope["headers"] if name in (b"authorization", b"content-length")}
        length = headers.get(b"content-length", b"")
        if not (length.isdigit() and int(length) <= _LONGEST_BODY):
            return await self._app(scope, receive, send)
        body = await _body(receive)
        if body is None:
            return None
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        status, document = await self._answer(endpoint, authorization, body)
        return await _send(send, status, to_json(document))

    async def _answer(self, endpoint: Endpoint, authorization: str, body: bytes) -> tuple[int, Any]:
        context = self._context()
        try:
            return 200, await endpoint(context, await viewer_of(context, authorization), body)
        except SkyhubError as error:
            return error.status, error.to_json()
        except Exception:
            _log.exception("a request failed")
            problem = unforeseen()
            return problem.status, problem.to_json()


def checked_body(model: type[M], content: bytes) -> M:
    """The body of a request as a model of it. Raises `InvalidInput` naming the first field that cannot be used."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(("body", *map(str, first["loc"])))
        raise InvalidInput(f"{where}: {first['msg']}", where) from None


def unforeseen(where: str = "") -> SkyhubError:
    """What callers are told of a failure that nobody foresaw: not its innards, which the log has."""
    return SkyhubError("the data service failed at this; its log says why.", where)


async def _body(receive: Receive) -> bytes | None:
    """The body of a request; None if its sender has gone."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(send: Send, status: int, body: bytes) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
