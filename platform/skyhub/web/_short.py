"""The short way: requests that come by the hundred are answered without the framework's layers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias, TypeVar

import pyarrow as pa
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.types import ASGIApp, Receive, Scope, Send

from skyhub.db import Viewer
from skyhub.errors import InvalidInput, SkyhubError
from skyhub.web._context import ARROW, Context, arrow_bytes, shown, viewer_of

__all__ = ["Endpoint", "ShortWay", "TableEndpoint", "checked_body", "unforeseen"]

Endpoint: TypeAlias = Callable[[Context, Viewer, bytes], Awaitable[Any]]
"""What answers a request with a document: from the parts of the platform, who calls, and the body."""
TableEndpoint: TypeAlias = Callable[[Context, Viewer, str], Awaitable[pa.Table]]
"""What answers a request with a table: from the parts of the platform, who calls, and the name of what is asked for."""
_Answer: TypeAlias = tuple[int, bytes, bytes]
_Work: TypeAlias = Callable[[Context, Viewer], Awaitable[_Answer]]

M = TypeVar("M", bound=BaseModel)

_log = logging.getLogger(__name__)
_LONGEST_BODY = 64 * 1024
_JSON = b"application/json"


class _Gone(Exception):
    """Whoever asked is there no longer."""


class ShortWay:
    """An ASGI application that answers what is asked most often itself; all other requests go on to another.

    These are POST requests with short bodies, and GET requests without options for a table in Arrow.

    Parameters
    ----------
    app
        The other application, which has routes for the same paths.
    context
        The parts that endpoints work with.
    writes
        Who answers POST requests, by path.
    tables
        Who answers GET requests, by the path before the name of what is asked for.
    """

    def __init__(
        self,
        app: ASGIApp,
        context: Context,
        writes: Mapping[str, Endpoint],
        tables: Mapping[str, TableEndpoint],
    ) -> None:
        self._app = app
        self._context = context
        self._writes = writes
        self._tables = tables

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        headers = dict(scope["headers"]) if scope["type"] == "http" and not scope["query_string"] else {}
        work = self._work(scope, headers, receive) if headers else None
        if work is None:
            await self._app(scope, receive, send)
            return
        with suppress(_Gone):
            await _send(send, *await self._answer(headers, work))

    def _work(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> _Work | None:
        if scope["method"] == "POST" and (write := self._writes.get(scope["path"])) is not None:
            length = headers.get(b"content-length", b"")
            return partial(_written, write, receive) if length.isdigit() and int(length) <= _LONGEST_BODY else None
        path, _, name = scope["path"].rpartition("/")
        if scope["method"] == "GET" and name and (table := self._tables.get(path)) is not None:
            return partial(_read, table, name) if ARROW.encode() in headers.get(b"accept", b"") else None
        return None

    async def _answer(self, headers: Mapping[bytes, bytes], work: _Work) -> _Answer:
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        try:
            return await work(self._context, await viewer_of(self._context, authorization))
        except SkyhubError as error:
            return _refused(error)
        except _Gone:
            raise
        except Exception:
            _log.exception("a request failed")
            return _refused(unforeseen())


def _refused(error: SkyhubError) -> _Answer:
    return error.status, _JSON, to_json(error.to_json())


async def _written(write: Endpoint, receive: Receive, context: Context, viewer: Viewer) -> _Answer:
    return 200, _JSON, to_json(await write(context, viewer, await _body(receive)))


async def _read(table: TableEndpoint, name: str, context: Context, viewer: Viewer) -> _Answer:
    return 200, ARROW.encode(), arrow_bytes(shown(await table(context, viewer, name)))


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


async def _body(receive: Receive) -> bytes:
    """The body of a request."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(send: Send, status: int, media_type: bytes, body: bytes) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", media_type), (b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
