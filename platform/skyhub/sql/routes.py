"""HTTP routes of SQL for users, and of the tables that they keep."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.sql import SqlResult, Statement, catalog_of, desk_of
from skyhub.sql import drop_table as drop
from skyhub.sql import save_table as save
from skyhub.sql import share_table as share
from skyhub.sql import user_tables as kept
from skyhub.sql._message import LARGEST_MESSAGE, MEDIA_TYPE, unpack
from skyhub.sql._user_tables import MOST_BYTES_EACH
from skyhub.team import viewer_of_account
from skyhub.web import ARROW, AsOf, Caller, context_of, gone, read_arrow

router = APIRouter()
sql_router = APIRouter(prefix="/api/sql", tags=["sql"])
tables_router = APIRouter(prefix="/api/tables", tags=["tables"])


class SqlRequest(BaseModel):
    """One SELECT statement."""

    statement: str = Field(max_length=1_000_000)
    parameters: list[Any] | dict[str, Any] = Field([], description="Values of its ? (a list) or $name (an object)")
    as_of: datetime | None = Field(None, description="Only facts known at this time")
    as_user: str | None = Field(None, description="With whose rights to read; for administrators")
    id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9-]{1,64}$", description="A name by which to watch and to cancel it"
    )


class TableGroups(BaseModel):
    """Who shall see a table besides its owner."""

    groups: list[str]


@sql_router.post("", response_class=Response)
async def sql(request: Request, caller: Caller) -> Response:
    """Run one SELECT statement over what the caller may see; the answer is an Arrow stream.

    The body is a `SqlRequest` as JSON, or, to send tables along, a message of the type ``application/vnd.skyhub.sql``.
    The statement ends when the connection is closed.
    """
    context = context_of(request)
    desk = desk_of(context.db)
    with desk.place(caller.name):
        asked, tables = await _request(request)
        viewer = await context.run(_viewer, context.db, caller, asked.as_user)
        as_of = asked.as_of if asked.as_of is None or asked.as_of.tzinfo else asked.as_of.replace(tzinfo=UTC)
        statement = Statement(asked.statement, asked.parameters, as_of, tables)
        result = await desk.run(
            context.db, caller.name, viewer, statement, asked.id or uuid.uuid4().hex, partial(gone, request)
        )
    return Response(result.data, media_type=ARROW, headers=_headers(result))


@sql_router.get("/tables")
async def tables(request: Request, caller: Caller, as_of: AsOf) -> dict[str, Any]:
    """What may be named in a statement: the platform's tables with columns, types, units and examples; users' tables."""
    context = context_of(request)
    catalog = await context.run(catalog_of, context.db)
    users = await context.run(kept, context.db, caller, as_of)
    return {"tables": [table.document() for table in catalog.tables.values()], "user_tables": users}


@sql_router.get("/running")
async def running(request: Request, caller: Caller) -> dict[str, Any]:
    """One's statements that are under way."""
    return {"running": desk_of(context_of(request).db).jobs(caller.name)}


@sql_router.get("/running/{job_id}")
async def progress(request: Request, caller: Caller, job_id: str) -> dict[str, Any]:
    """How far one of one's statements is."""
    return desk_of(context_of(request).db).job(caller.name, job_id)


@sql_router.delete("/running/{job_id}")
async def cancel(request: Request, caller: Caller, job_id: str) -> dict[str, bool]:
    """End one of one's statements."""
    desk_of(context_of(request).db).cancel(caller.name, job_id)
    return {"cancelled": True}


@tables_router.get("")
async def list_tables(request: Request, caller: Caller, as_of: AsOf) -> dict[str, Any]:
    """The tables of users that the caller may see."""
    context = context_of(request)
    return {"rows": await context.run(kept, context.db, caller, as_of)}


@tables_router.put("/{name}")
async def save_table(
    request: Request,
    caller: Caller,
    name: str,
    description: str = "",
    group: Annotated[list[str] | None, Query(description="Who else shall see it")] = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Keep a table (the body, an Arrow stream) under a name of the caller's."""
    context = context_of(request)
    caller.require("upload")
    with desk_of(context.db).place(caller.name):
        table = await context.run(read_arrow, await _body(request, MOST_BYTES_EACH))
        return await context.run(save, context.db, caller, name, table, description, group, dry_run)


@tables_router.delete("/{name}")
async def drop_table(request: Request, caller: Caller, name: str) -> dict[str, Any]:
    """Remove a table of the caller's."""
    context = context_of(request)
    return await context.run(drop, context.db, caller, name)


@tables_router.put("/{name}/groups")
async def share_table(request: Request, caller: Caller, name: str, body: TableGroups) -> dict[str, Any]:
    """Say which groups see a table of the caller's."""
    context = context_of(request)
    return await context.run(share, context.db, caller, name, body.groups)


router.include_router(sql_router)
router.include_router(tables_router)


async def _request(request: Request) -> tuple[SqlRequest, dict[str, pa.Table]]:
    body = await _body(request, LARGEST_MESSAGE)
    sent: dict[str, pa.Table] = {}
    try:
        if request.headers.get("content-type", "").startswith(MEDIA_TYPE):
            header, sent = await context_of(request).run(unpack, body)
        else:
            header = json.loads(body)
        return SqlRequest.model_validate(header), sent
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{where}: {first['msg']}", where) from None
    except ValueError as error:
        raise InvalidInput(f"the body is no JSON: {error}.", "body") from None


async def _body(request: Request, largest: int) -> bytes:
    """The body, as far as it is permitted."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > largest:
            raise InvalidInput(f"the body is larger than {largest / 1e6:.0f} MB: send less at once.", "body")
    return bytes(content)


def _headers(result: SqlResult) -> dict[str, str]:
    return {
        "Content-Encoding": "identity",  # compressing it takes longer than sending it
        "X-Skyhub-Truncated": str(result.truncated).lower(),
        "X-Skyhub-Seconds": f"{result.seconds:.4f}",
        "X-Skyhub-Rows-Read": str(result.rows_read),
        "X-Skyhub-Tables": " ".join(result.tables),
    }


def _viewer(db: Database, caller: Viewer, as_user: str | None) -> Viewer:
    if as_user is None or as_user == caller.name:
        return caller
    caller.require("administer")
    try:
        return viewer_of_account(db, as_user)
    except NotFound as error:
        raise NotFound(f"{error.message} A user of the hub reads with a token of their own.", as_user) from error
