"""HTTP routes of all kinds of records."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from skyhub.kinds import KINDS, kind_of
from skyhub.records import Kind
from skyhub.records.routes import record_routes
from skyhub.web import Caller

router = APIRouter()
kinds_router = APIRouter(prefix="/api/kinds", tags=["kinds"])


@kinds_router.get("")
async def kinds(caller: Caller) -> dict[str, Any]:
    """The kinds of records with their fields."""
    return {"kinds": [_document(kind) for kind in KINDS]}


@kinds_router.get("/{table}")
async def one_kind(caller: Caller, table: str) -> dict[str, Any]:
    """One kind: its fields as JSON schema."""
    return _document(kind_of(table))


def _document(kind: Kind[Any]) -> dict[str, Any]:
    schema = kind.model.model_json_schema()
    own = {"table": kind.table, "singular": kind.singular, "scope": kind.scope, "sharing": kind.sharing}
    return {**schema, **own, "id_column": kind.id_column, "key": list(kind.key)}


router.include_router(kinds_router)
for _kind in KINDS:
    router.include_router(record_routes(_kind))
