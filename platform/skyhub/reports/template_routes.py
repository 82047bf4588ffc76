"""HTTP routes of the templates that groups keep."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from skyhub.errors import InvalidInput
from skyhub.reports import (
    activate_template,
    deactivate_template,
    dry_run_template,
    fork_template,
    group_template,
    group_templates,
    propose_template,
    template_differences,
    template_version,
)
from skyhub.web import AsOf, Caller, Number, context_of

router = APIRouter(prefix="/api/report-templates", tags=["reports"])


class Proposal(BaseModel):
    """A fork of a report that comes with skyhub, or a notebook with its sidecar: a report of a group, or a version of one."""

    group: str
    name: str
    fork: str | None = None
    notebook: str | None = None
    sidecar: str | None = None
    follows_shipped: bool = False


class DryRun(BaseModel):
    """Parameters; the defaults hold for the others."""

    parameters: dict[str, Any] = {}


class Activation(BaseModel):
    """Which version comes into force, and why."""

    version: int
    reason: str | None = None


class Deactivation(BaseModel):
    """Why a report goes out of force."""

    reason: str | None = None


@router.get("")
async def templates(request: Request, caller: Caller, as_of: AsOf) -> dict[str, Any]:
    """The templates of the caller's groups, with their versions and states."""
    context = context_of(request)
    return {"templates": await context.run(group_templates, context.db, caller, as_of)}


@router.post("")
async def propose(request: Request, caller: Caller, body: Proposal) -> dict[str, Any]:
    """Fork a report for a group, or store a version of one."""
    context = context_of(request)
    if body.fork is not None:
        return await context.run(fork_template, context.db, caller, body.group, body.name, body.fork)
    for scope in ("report", "save"):
        caller.require(scope)
    if body.notebook is None or body.sidecar is None:
        raise InvalidInput("give the name of a report to fork, or a notebook and its sidecar.", "notebook")
    return await context.run(
        propose_template,
        context.db,
        caller,
        body.group,
        body.name,
        body.notebook,
        body.sidecar,
        follows_shipped=body.follows_shipped,
    )


@router.get("/{report_template_id}")
async def template(request: Request, caller: Caller, as_of: AsOf, report_template_id: Number) -> dict[str, Any]:
    """One template."""
    context = context_of(request)
    return await context.run(group_template, context.db, caller, report_template_id, as_of)


@router.get("/{report_template_id}/versions/{version}")
async def version_(
    request: Request, caller: Caller, as_of: AsOf, report_template_id: Number, version: Number
) -> dict[str, Any]:
    """The notebook and the sidecar of a version."""
    context = context_of(request)
    return await context.run(template_version, context.db, caller, report_template_id, version, as_of)


@router.get("/{report_template_id}/versions/{version}/differences")
async def differences(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    report_template_id: Number,
    version: Number,
    against: str = "original",
) -> dict[str, Any]:
    """How a version differs from what it was forked from (``original``), from that as it is now (``shipped``), or a version."""
    context = context_of(request)
    found = context.run(template_differences, context.db, caller, report_template_id, version, against, as_of)
    return await found


@router.post("/{report_template_id}/versions/{version}/dry-runs")
async def dry_run(
    request: Request, caller: Caller, report_template_id: Number, version: Number, body: DryRun
) -> dict[str, str]:
    """Ask for a dry run of a version, with the caller's rights."""
    caller.require("report")
    context = context_of(request)
    asked = context.run(dry_run_template, context.db, caller, report_template_id, version, body.parameters)
    return {"report_id": await asked}


@router.post("/{report_template_id}/activations")
async def activate(request: Request, caller: Caller, report_template_id: Number, body: Activation) -> dict[str, Any]:
    """Take a version into force."""
    context = context_of(request)
    caller.require("report")
    return await context.run(activate_template, context.db, caller, report_template_id, body.version, body.reason)


@router.post("/{report_template_id}/deactivations")
async def deactivate(
    request: Request, caller: Caller, report_template_id: Number, body: Deactivation
) -> dict[str, Any]:
    """Take a report out of force."""
    context = context_of(request)
    caller.require("report")
    return await context.run(deactivate_template, context.db, caller, report_template_id, body.reason)
