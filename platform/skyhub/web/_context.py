"""What every route needs: the platform's parts, the caller, times and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol, TypeVar, cast

import pyarrow as pa
from fastapi import Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from skyhub.db import Database, Viewer, json_rows
from skyhub.errors import InvalidInput, NotAuthenticated
from skyhub.web._directory import Directory
from skyhub.web._tokens import TOKEN_PREFIX, TokenSigner

__all__ = [
    "ARROW",
    "AsOf",
    "Caller",
    "Context",
    "Identity",
    "Limit",
    "Number",
    "arrow_bytes",
    "arrow_response",
    "caller_of",
    "context_of",
    "number_of",
    "read_arrow",
    "shown",
    "table_response",
    "viewer_of",
]

ARROW = "application/vnd.apache.arrow.stream"

_LONGEST_NUMBER = 40
_LZ4 = pa.ipc.IpcWriteOptions(compression="lz4")

T = TypeVar("T")


class Identity(Protocol):
    """Tells whom a token of the hub stands for."""

    async def viewer(self, token: str) -> Viewer:
        """The viewer, or `NotAuthenticated`."""
        ...

    def forget(self, user: str) -> None:
        """Ask anew about this user's rights: they have changed."""
        ...


@dataclass(frozen=True)
class Context:
    """The parts that routes work with."""

    db: Database
    signer: TokenSigner
    identity: Identity | None
    """The hub's, or None where there is no hub."""
    directory: Directory | None = None
    """Who is in which group; the accounts of the database by default."""
    user_tokens: Identity | None = None
    """Reads the tokens that users made here."""
    rights_changed: Callable[[str], None] = lambda user: None
    """To be called (in the event loop) when a user's groups have changed: what was known of them is asked anew."""

    async def run(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run blocking work in a thread."""
        return await run_in_threadpool(work, *args, **kwargs)


def number_of(text: str, where: str) -> int:
    """The number that a record's identifier, which travels as text, stands for."""
    if not (text.strip().isdecimal() and len(text) < _LONGEST_NUMBER and 0 < int(text) < 2**63):
        raise InvalidInput(f"{where} is {text[:40]!r}: a number of at most 64 bits is permitted.", where)
    return int(text)


def context_of(request: Request) -> Context:
    """The context of the application that serves a request."""
    return cast(Context, request.app.state.context)


async def caller_of(request: Request) -> Viewer:
    """Who calls, by the token of a request; nobody without one that may view."""
    return await viewer_of(context_of(request), request.headers.get("authorization", ""))


async def viewer_of(context: Context, authorization: str) -> Viewer:
    """Whom a header ``Authorization`` stands for; nobody without a token that may view."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() not in {"bearer", "token"} or not token.strip():
        raise NotAuthenticated("no token was given: send the header 'Authorization: Bearer TOKEN'.", "token")
    token = token.strip()
    if not (token.isascii() and token.isprintable()):
        raise NotAuthenticated("the token has characters that no token has.", "token")
    if context.signer.recognises(token):
        viewer = context.signer.read(token)
    elif token.startswith(TOKEN_PREFIX) and context.user_tokens is not None:
        viewer = await context.user_tokens.viewer(token)
    elif context.identity is not None:
        viewer = await context.identity.viewer(token)
    else:
        raise NotAuthenticated("the token is not known here, and there is no hub to ask.", "token")
    viewer.require("view")
    return viewer


def _as_of(
    as_of: Annotated[str | None, Query(description="Only facts known at this time (ISO 8601)")] = None,
) -> datetime | None:
    if as_of is None:
        return None
    try:
        moment = datetime.fromisoformat(as_of)
    except ValueError:
        raise InvalidInput(f"as_of {as_of!r} is no time: give it as 2026-11-22T03:00:00Z.", "as_of") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""Parameter of a route: a number in the path that names a record."""

Limit = Annotated[int, Query(ge=1, le=100_000, description="At most so many")]
"""Parameter of a route: the most entries of an answer."""

Caller = Annotated[Viewer, Depends(caller_of)]
"""Parameter of a route: who calls; nobody comes in without a token that may view."""

AsOf = Annotated[datetime | None, Depends(_as_of)]
"""Parameter of a route: the ``as_of`` of a read."""


def arrow_response(table: pa.Table, metadata: Mapping[str, str] | None = None) -> Response:
    """A table as an Arrow IPC stream, its buffers compressed by LZ4: gzip takes ten times as long for a fifth less."""
    return Response(arrow_bytes(table, metadata), media_type=ARROW, headers={"Content-Encoding": "identity"})


def arrow_bytes(table: pa.Table, metadata: Mapping[str, str] | None = None) -> bytes:
    """A table as an Arrow IPC stream."""
    if metadata:
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_LZ4) as writer:
        writer.write_table(table)
    return cast(bytes, sink.getvalue().to_pybytes())


def read_arrow(body: bytes) -> pa.Table:
    """The table of an Arrow IPC stream. Raises `InvalidInput` if it is none."""
    try:
        table = pa.ipc.open_stream(body).read_all()
        table.validate(full=True)
        return table
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"the body is no Arrow IPC stream: {error}", "body") from error


def table_response(request: Request, table: pa.Table) -> Any:
    """A table as Arrow if the caller accepts it, else as JSON rows."""
    table = shown(table)
    if ARROW in request.headers.get("accept", ""):
        return arrow_response(table)
    return {"rows": json_rows(table.to_pylist())}


def shown(table: pa.Table) -> pa.Table:
    """A table without the column of access."""
    return table.drop_columns("acl") if "acl" in table.column_names else table
