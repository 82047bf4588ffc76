"""HTTP routes of reports: for those who read and ask for them, and for the workers that execute them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from skyhub.errors import NotFound
from skyhub.reports import (
    Outcome,
    Rights,
    artifact_path,
    cancel_run,
    claim_run,
    find_template,
    finish_run,
    known_templates,
    leased_runs,
    list_runs,
    release_run,
    report_pdf,
    report_templates,
    request_due_runs,
    request_run,
    request_verification,
    run_record,
    verification,
)
from skyhub.web import AsOf, Caller, Context, Limit, context_of

router = APIRouter(prefix="/api/reports", tags=["reports"])

_MEDIA = {
    "notebook": "application/x-ipynb+json",
    "html": "text/html; charset=utf-8",
    "facts": "application/json",
    "text": "text/plain; charset=utf-8",
    "queries": "application/json",
    "pdf": "application/pdf",
    "log": "text/plain; charset=utf-8",
}


class RunRequest(BaseModel):
    """Which report to run, and its parameters."""

    name: str
    parameters: dict[str, Any] = {}


class VerificationRequest(BaseModel):
    """Whether to run with what is known now, instead of what was known then."""

    now: bool = False


class ClaimRequest(BaseModel):
    """Who claims; a given run, or the next that is due."""

    worker: str
    report_id: str | None = None


class ReleaseRequest(BaseModel):
    """Which worker does not execute a run any more."""

    worker: str


class OutcomeRequest(BaseModel):
    """What an execution left behind."""

    state: str
    detail: str = ""
    seconds: float
    code_revision: str
    data_version: int
    artifacts: dict[str, str]


def _rights(context: Context) -> Rights | None:
    return context.directory.viewer if context.directory else None


@router.get("/templates")
async def templates(request: Request, caller: Caller, as_of: AsOf) -> dict[str, Any]:
    """The reports that can be run, with their typed parameters: those of this release, and those of the caller's groups."""
    context = context_of(request)
    known = await context.run(known_templates, context.db, caller, as_of)
    return {"templates": [template.to_json(datetime.now(UTC)) for template in known.values()]}


@router.get("")
async def runs(request: Request, caller: Caller, as_of: AsOf, limit: Limit = 100) -> dict[str, Any]:
    """Runs of reports, newest first."""
    context = context_of(request)
    return {"runs": await context.run(list_runs, context.db, caller, limit, as_of)}


@router.post("")
async def ask(request: Request, caller: Caller, body: RunRequest) -> dict[str, str]:
    """Ask for a run with one's own rights."""
    context = context_of(request)
    template = await context.run(find_template, context.db, caller, body.name)
    return {"report_id": await context.run(request_run, context.db, caller, template, body.parameters)}


@router.post("/claims")
async def claim(request: Request, caller: Caller, body: ClaimRequest) -> dict[str, Any]:
    """Take a lease on a run: its parameters and a token with the rights of who asked for it."""
    caller.require("execute")
    context = context_of(request)
    claimed = await context.run(claim_run, context.db, body.worker, body.report_id, _rights(context))
    if claimed is None:
        return {"claim": None}
    return {"claim": {**claimed.to_json(), "token": context.signer.issue(claimed.viewer, 2 * claimed.lease)}}


@router.post("/due")
async def due(request: Request, caller: Caller) -> dict[str, Any]:
    """Ask for the scheduled runs that are due."""
    caller.require("execute")
    context = context_of(request)
    now = datetime.now(UTC)
    known = await context.run(report_templates)
    return {"report_ids": await context.run(request_due_runs, context.db, list(known.values()), now)}


@router.get("/leases")
async def leases(request: Request, caller: Caller, host: str) -> dict[str, Any]:
    """The runs that workers of a host execute."""
    caller.require("execute")
    context = context_of(request)
    return {"leases": await context.run(leased_runs, context.db, host)}


@router.get("/{report_id}")
async def run(request: Request, caller: Caller, as_of: AsOf, report_id: str) -> dict[str, Any]:
    """One run."""
    context = context_of(request)
    return await context.run(run_record, context.db, caller, report_id, as_of)


@router.post("/{report_id}/outcome")
async def outcome(request: Request, caller: Caller, report_id: str, body: OutcomeRequest) -> dict[str, Any]:
    """Close a run with what its execution left behind."""
    caller.require("execute")
    context = context_of(request)
    return await context.run(finish_run, context.db, report_id, Outcome(**body.model_dump()))


@router.post("/{report_id}/cancel")
async def cancel(request: Request, caller: Caller, report_id: str) -> dict[str, Any]:
    """End a run that one asked for."""
    context = context_of(request)
    return await context.run(cancel_run, context.db, caller, report_id)


@router.post("/{report_id}/release")
async def release(request: Request, caller: Caller, report_id: str, body: ReleaseRequest) -> dict[str, Any]:
    """Queue a run again whose worker is gone."""
    caller.require("execute")
    context = context_of(request)
    return await context.run(release_run, context.db, report_id, body.worker)


@router.post("/{report_id}/verifications")
async def verify(request: Request, caller: Caller, report_id: str, body: VerificationRequest) -> dict[str, str]:
    """Ask for the same run again, to compare."""
    context = context_of(request)
    found = await context.run(request_verification, context.db, caller, report_id, now=body.now)
    return {"report_id": found}


@router.get("/{report_id}/differences")
async def differences(request: Request, caller: Caller, as_of: AsOf, report_id: str) -> dict[str, Any]:
    """How a run that verifies another differs from it."""
    context = context_of(request)
    return await context.run(verification, context.db, caller, report_id, as_of)


@router.get("/{report_id}/{kind}", response_class=Response)
async def artifact(request: Request, caller: Caller, as_of: AsOf, report_id: str, kind: str) -> Response:
    """The notebook, html, facts, text, queries, log or pdf of a run."""
    if kind not in _MEDIA:
        raise NotFound(f"{kind!r} is no part of a report: {', '.join(_MEDIA)} are permitted.", kind)
    context = context_of(request)
    if kind == "pdf":
        path = await context.run(report_pdf, context.db, caller, report_id, as_of)
    else:
        path = await context.run(artifact_path, context.db, caller, report_id, kind, as_of)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox allow-scripts"}
    return Response(await context.run(path.read_bytes), media_type=_MEDIA[kind], headers=headers)
