"""HTTP routes of SQL for users."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.sql import SqlResult, run_sql
from skyhub.team import viewer_of_account
from skyhub.web import ARROW, Caller, context_of

router = APIRouter(prefix="/api/sql", tags=["sql"])


class SqlRequest(BaseModel):
    """One SELECT statement."""

    statement: str
    as_of: datetime | None = None
    as_user: str | None = None


@router.post("", response_class=Response)
async def sql(request: Request, caller: Caller, body: SqlRequest) -> Response:
    """Run one SELECT statement over what the caller may see; administrators may read as another user."""
    context = context_of(request)
    as_of = body.as_of if body.as_of is None or body.as_of.tzinfo else body.as_of.replace(tzinfo=UTC)
    result = await context.run(_run, context.db, caller, body.statement, as_of, body.as_user)
    return Response(result.data, media_type=ARROW, headers={"X-Skyhub-Truncated": str(result.truncated).lower()})


def _run(db: Database, caller: Viewer, statement: str, as_of: datetime | None, as_user: str | None) -> SqlResult:
    viewer = caller
    if as_user is not None and as_user != caller.name:
        caller.require("administer")
        viewer = _account(db, as_user)
    return run_sql(db, viewer, statement, as_of)


def _account(db: Database, name: str) -> Viewer:
    try:
        return viewer_of_account(db, name)
    except NotFound as error:
        raise NotFound(f"{error.message} A user of the hub reads with a token of their own.", name) from error
