"""HTTP routes of a kind of record."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from skyhub.errors import InvalidInput
from skyhub.records._kind import Kind
from skyhub.records._read import find, get, history
from skyhub.records._record import Record
from skyhub.records._write import add, edit, remove, share
from skyhub.web import AsOf, Caller, Limit, Number, context_of, number_of

__all__ = ["record_routes"]

R = TypeVar("R", bound=Record)

_OWN_PARAMETERS = {"as_of", "limit", "before"}


class NewRecords(BaseModel):
    """Records to add, and for whom."""

    records: list[dict[str, Any]]
    groups: list[str] | None = Field(None, description="Some of one's groups (all of them by default), or public")
    revise: bool = Field(False, description="A record whose key is there already becomes a new version of it")
    dry_run: bool = Field(False, description="Only say what would be stored")


class Changes(BaseModel):
    """New values of fields."""

    changes: dict[str, Any]
    version: int | None = Field(None, description="The version that was seen; another one in force is a conflict")


class Groups(BaseModel):
    """Who shall see a record."""

    groups: list[str]


def record_routes(kind: Kind[R]) -> APIRouter:
    """The routes of a kind: list, add, read one, its history, edit, remove, share."""
    router = APIRouter(prefix=f"/api/{kind.table}", tags=[kind.table])

    @router.get("", summary=f"List {kind.table}", description=f"Filter by: {', '.join(kind.columns)}.")
    async def list_records(
        request: Request,
        caller: Caller,
        as_of: AsOf,
        limit: Limit = 1000,
        before: Annotated[str | None, Query(description="Only older than this one: the next page")] = None,
    ) -> dict[str, Any]:
        context = context_of(request)
        where = _where(request)
        last = number_of(before, "before") if before else None
        found = await context.run(find, context.db, caller, kind, where, limit=limit, before=last, as_of=as_of)
        return {"rows": found, "next": found[-1][kind.id_column] if len(found) == limit else None}

    @router.post("", summary=f"Add {kind.table}")
    async def add_records(request: Request, caller: Caller, body: NewRecords) -> dict[str, Any]:
        context = context_of(request)
        return await context.run(
            add, context.db, caller, kind, body.records, body.groups, revise=body.revise, dry_run=body.dry_run
        )

    @router.get("/{record_id}", summary=f"One {kind.singular}")
    async def one_record(request: Request, caller: Caller, as_of: AsOf, record_id: Number) -> dict[str, Any]:
        context = context_of(request)
        return await context.run(get, context.db, caller, kind, record_id, as_of)

    @router.get("/{record_id}/history", summary=f"All versions of one {kind.singular}")
    async def record_history(request: Request, caller: Caller, as_of: AsOf, record_id: Number) -> dict[str, Any]:
        context = context_of(request)
        return {"rows": await context.run(history, context.db, caller, kind, record_id, as_of)}

    @router.patch("/{record_id}", summary=f"Correct one {kind.singular}")
    async def edit_record(request: Request, caller: Caller, record_id: Number, body: Changes) -> dict[str, Any]:
        context = context_of(request)
        return await context.run(edit, context.db, caller, kind, record_id, body.changes, body.version)

    @router.delete("/{record_id}", summary=f"Remove one {kind.singular}")
    async def remove_record(request: Request, caller: Caller, record_id: Number) -> dict[str, Any]:
        context = context_of(request)
        return await context.run(remove, context.db, caller, kind, record_id)

    @router.put("/{record_id}/groups", summary=f"Share one {kind.singular}")
    async def share_record(request: Request, caller: Caller, record_id: Number, body: Groups) -> dict[str, Any]:
        context = context_of(request)
        return await context.run(share, context.db, caller, kind, record_id, body.groups)

    return router


def _where(request: Request) -> dict[str, str]:
    given = request.query_params
    repeated = [name for name in given if len(given.getlist(name)) > 1]
    if repeated:
        raise InvalidInput(f"{repeated[0]} was given more than once: once is permitted.", repeated[0])
    return {name: value for name, value in given.items() if name not in _OWN_PARAMETERS}
