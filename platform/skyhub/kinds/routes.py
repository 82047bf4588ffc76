"""HTTP routes of records: the same for all kinds, so that there are few to choose from."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.convertors import Convertor, register_url_convertor

from skyhub import classification, notes
from skyhub.db import Viewer, settled_soon
from skyhub.errors import InvalidInput
from skyhub.kinds import KINDS, kind_of
from skyhub.records import Kind, add, adding, adds_without_looking, edit, find, get, history, remove, share
from skyhub.web import AsOf, Caller, Context, Endpoint, Limit, Number, caller_of, checked_body, context_of, number_of


class _KindConvertor(Convertor[str]):
    """Matches the tables of kinds alone, so that other paths stay free."""

    regex = "|".join(kind.table for kind in KINDS) or "(?!)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("kind", _KindConvertor())

router = APIRouter(prefix="/api", tags=["records"])

_OWN_PARAMETERS = {"as_of", "limit", "before"}


class NewRecords(BaseModel):
    """Records to add, and for whom."""

    records: list[dict[str, Any]]
    groups: list[str] | None = Field(
        None, description="Some of one's groups (by default those that see the subject), or public"
    )
    revise: bool = Field(False, description="A record whose key is there already becomes a new version of it")
    dry_run: bool = Field(False, description="Only say what would be stored")


class Changes(BaseModel):
    """New values of fields."""

    changes: dict[str, Any]
    version: int | None = Field(None, description="The version that was seen; another one in force is a conflict")


class Groups(BaseModel):
    """Who shall see a record."""

    groups: list[str]


@router.get("/kinds", tags=["kinds"])
async def kinds(caller: Caller) -> dict[str, Any]:
    """The kinds of records with their fields."""
    return {"kinds": [_described(kind) for kind in KINDS]}


@router.get("/kinds/{table}", tags=["kinds"])
async def one_kind(caller: Caller, table: str) -> dict[str, Any]:
    """One kind: its fields as JSON schema."""
    return _described(kind_of(table))


_NEW_RECORDS = {"requestBody": {"content": {"application/json": {"schema": NewRecords.model_json_schema()}}}}


@router.post("/{table:kind}", response_class=JSONResponse, openapi_extra=_NEW_RECORDS)
async def add_records(request: Request, table: str) -> JSONResponse:
    """Add records of a kind, all or none of them."""
    # Caller and body are read here: resolving them as parameters takes as long as all the rest.
    context, caller = context_of(request), await caller_of(request)
    return JSONResponse(await written(context, caller, await request.body(), table=table))


async def written(context: Context, caller: Viewer, content: bytes, *, table: str) -> dict[str, Any]:
    """Add the records that the body of a request holds."""
    body, db, kind = checked_body(NewRecords, content), context.db, kind_of(table)
    given = (db, caller, kind, body.records, body.groups)
    if adds_without_looking(db, caller, kind, body.records):
        return await settled_soon(adding(*given, revise=body.revise, dry_run=body.dry_run))
    return await context.run(add, *given, revise=body.revise, dry_run=body.dry_run)


SHORT: dict[str, Endpoint] = {
    f"/api/{kind.table}": partial(written, table=kind.table) for kind in (*notes.KINDS, *classification.KINDS)
}
"""The small writes, by path."""


@router.get("/{table:kind}")
async def list_records(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    table: str,
    limit: Limit = 1000,
    before: Annotated[str | None, Query(description="Only older than this one: the next page")] = None,
) -> dict[str, Any]:
    """Records of a kind, newest first; any field is a filter."""
    context, kind = context_of(request), kind_of(table)
    last = number_of(before, "before") if before else None
    found = await context.run(find, context.db, caller, kind, _where(request), limit=limit, before=last, as_of=as_of)
    return {"rows": found, "next": found[-1][kind.id_column] if len(found) == limit else None}


@router.get("/{table:kind}/{record_id:int}")
async def one_record(request: Request, caller: Caller, as_of: AsOf, table: str, record_id: Number) -> dict[str, Any]:
    """One record."""
    context = context_of(request)
    return await context.run(get, context.db, caller, kind_of(table), record_id, as_of)


@router.get("/{table:kind}/{record_id:int}/history")
async def record_history(
    request: Request, caller: Caller, as_of: AsOf, table: str, record_id: Number
) -> dict[str, Any]:
    """All versions of a record, oldest first."""
    context = context_of(request)
    return {"rows": await context.run(history, context.db, caller, kind_of(table), record_id, as_of)}


@router.patch("/{table:kind}/{record_id:int}")
async def edit_record(request: Request, caller: Caller, table: str, record_id: Number, body: Changes) -> dict[str, Any]:
    """Correct fields of a record: a new version supersedes the one in force."""
    context = context_of(request)
    return await context.run(edit, context.db, caller, kind_of(table), record_id, body.changes, body.version)


@router.delete("/{table:kind}/{record_id:int}")
async def remove_record(request: Request, caller: Caller, table: str, record_id: Number) -> dict[str, Any]:
    """Remove a record from what is known now."""
    context = context_of(request)
    return await context.run(remove, context.db, caller, kind_of(table), record_id)


@router.put("/{table:kind}/{record_id:int}/groups")
async def share_record(request: Request, caller: Caller, table: str, record_id: Number, body: Groups) -> dict[str, Any]:
    """Say which groups see a record from now on."""
    context = context_of(request)
    return await context.run(share, context.db, caller, kind_of(table), record_id, body.groups)


def _described(kind: Kind[Any]) -> dict[str, Any]:
    schema = kind.model.model_json_schema()
    own = {"table": kind.table, "singular": kind.singular, "scope": kind.scope, "sharing": kind.sharing}
    return {**schema, **own, "id_column": kind.id_column, "key": list(kind.key)}


def _where(request: Request) -> dict[str, str]:
    given = request.query_params
    repeated = [name for name in given if len(given.getlist(name)) > 1]
    if repeated:
        raise InvalidInput(f"{repeated[0]} was given more than once: once is permitted.", repeated[0])
    return {name: value for name, value in given.items() if name not in _OWN_PARAMETERS}
