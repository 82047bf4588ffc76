"""HTTP routes of circulars on their way; as records they have those of all kinds besides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from skyhub.submissions import (
    SendingOutcome,
    approve_circular,
    circular_pdf,
    circular_steps,
    claim_sending,
    compare_versions,
    draft_from_run,
    edit_circular,
    finish_sending,
    judge_circular,
    read_facts,
    request_sending,
    review_circular,
    tell_outcome,
    unite_with_run,
    withdraw_approval,
)
from skyhub.web import AsOf, Caller, Number, context_of, number_of

router = APIRouter(prefix="/api/circulars", tags=["circulars"])

Version = Annotated[int, Field(ge=1, description="The version that was seen")]


class FromRun(BaseModel):
    """A run of a report, and the draft to make of it."""

    report_id: str
    name: str
    groups: list[str] | None = Field(None, description="Some of one's groups; by default all of them")


class Text(BaseModel):
    """What to change of a draft's text."""

    version: Version
    subject: str | None = None
    body: str | None = None
    format: str | None = None


class Run(BaseModel):
    """A new run of the report."""

    report_id: str


class Proposal(BaseModel):
    """A text that is not stored."""

    subject: str = Field(max_length=300)
    body: str = Field(max_length=100_000)


class Signature(BaseModel):
    """Which version is signed."""

    version: Version
    despite_warnings: bool = Field(False, description="Whether what is warned of is known")


class Review(BaseModel):
    """Which version was read."""

    version: Version


class Withdrawal(BaseModel):
    """Why an approval is withdrawn."""

    reason: str = Field("", max_length=500)


class Sending(BaseModel):
    """How a version is to be sent."""

    version: Version
    way: Literal["form", "api", "email"]
    account_id: str | None = Field(None, description="For api and email: by which account")


class Told(BaseModel):
    """What became of a circular, as a person knows."""

    sent: bool
    number: int | None = Field(None, description="Its number at GCN")


class OutcomeRequest(BaseModel):
    """What came of sending."""

    state: Literal["sent", "retry", "failed"]
    detail: str = Field("", max_length=2000)
    number: int | None = None
    unsure: bool = False
    looked: bool = False
    retry_after: float | None = Field(None, ge=0)


@router.post("/from-run")
async def from_run(request: Request, caller: Caller, body: FromRun) -> dict[str, Any]:
    """Make a draft of what a run of a report wrote."""
    context = context_of(request)
    return await context.run(draft_from_run, context.db, caller, body.report_id, body.name, body.groups)


@router.post("/claims")
async def claim(request: Request, caller: Caller) -> dict[str, Any]:
    """Take a lease on the next circular that is to be sent; the secrets of its account stay encrypted."""
    caller.require("execute")
    context = context_of(request)
    return {"claim": await context.run(claim_sending, context.db, datetime.now(UTC))}


@router.put("/{circular_id}/text")
async def write(request: Request, caller: Caller, circular_id: Number, body: Text) -> dict[str, Any]:
    """Write in a draft, as every member of its groups may."""
    context = context_of(request)
    changes = body.model_dump(exclude={"version"}, exclude_none=True)
    return await context.run(edit_circular, context.db, caller, circular_id, changes, body.version)


@router.post("/{circular_id}/runs")
async def unite(request: Request, caller: Caller, circular_id: Number, body: Run) -> dict[str, Any]:
    """Take a new run of the report into a draft; what people wrote stays."""
    context = context_of(request)
    return await context.run(unite_with_run, context.db, caller, circular_id, body.report_id)


@router.get("/{circular_id}/judgement")
async def judgement(request: Request, caller: Caller, as_of: AsOf, circular_id: Number) -> dict[str, Any]:
    """What the linter finds, which numbers are by hand, and what is warned of."""
    context = context_of(request)
    return await context.run(judge_circular, context.db, caller, circular_id, None, as_of)


@router.post("/{circular_id}/judgement")
async def judge(request: Request, caller: Caller, circular_id: Number, body: Proposal) -> dict[str, Any]:
    """The same of a text that is not stored."""
    context = context_of(request)
    return await context.run(judge_circular, context.db, caller, circular_id, body.model_dump())


@router.get("/{circular_id}/facts")
async def facts(request: Request, caller: Caller, as_of: AsOf, circular_id: Number) -> dict[str, Any]:
    """The facts of the run that a draft was made from."""
    context = context_of(request)
    return await context.run(read_facts, context.db, caller, circular_id, as_of)


@router.get("/{circular_id}/steps")
async def steps(request: Request, caller: Caller, as_of: AsOf, circular_id: Number) -> dict[str, Any]:
    """Who reviewed, approved and sent which version, and when."""
    context = context_of(request)
    return {"rows": await context.run(circular_steps, context.db, caller, circular_id, as_of)}


@router.get("/{circular_id}/pdf", response_class=Response)
async def pdf(request: Request, caller: Caller, as_of: AsOf, circular_id: Number) -> Response:
    """A draft as PDF."""
    context = context_of(request)
    made = await context.run(circular_pdf, context.db, caller, circular_id, as_of)
    return Response(made, media_type="application/pdf", headers={"X-Content-Type-Options": "nosniff"})


@router.get("/{circular_id}/differences")
async def differences(
    request: Request,
    caller: Caller,
    as_of: AsOf,
    circular_id: Number,
    was: Annotated[int | None, Query(ge=0, description="The earlier version; 0 is what the run wrote")] = None,
    now: Annotated[int | None, Query(ge=0, description="The later version")] = None,
) -> dict[str, Any]:
    """What differs between two versions; the newest and the one before by default."""
    context = context_of(request)
    return await context.run(compare_versions, context.db, caller, circular_id, was, now, as_of)


@router.post("/{circular_id}/reviews")
async def review(request: Request, caller: Caller, circular_id: Number, body: Review) -> dict[str, Any]:
    """Say that one has read a version and finds it right."""
    context = context_of(request)
    return await context.run(review_circular, context.db, caller, circular_id, body.version)


@router.post("/{circular_id}/approvals")
async def approve(request: Request, caller: Caller, circular_id: Number, body: Signature) -> dict[str, Any]:
    """Approve a version that was reviewed."""
    context = context_of(request)
    options = {"despite_warnings": body.despite_warnings}
    return await context.run(approve_circular, context.db, caller, circular_id, body.version, **options)


@router.post("/{circular_id}/withdrawals")
async def withdraw(request: Request, caller: Caller, circular_id: Number, body: Withdrawal) -> dict[str, Any]:
    """Take reviews and approval back."""
    context = context_of(request)
    return await context.run(withdraw_approval, context.db, caller, circular_id, body.reason)


@router.post("/{circular_id}/sendings")
async def send(request: Request, caller: Caller, circular_id: Number, body: Sending) -> dict[str, Any]:
    """Have a circular sent that was approved."""
    context = context_of(request)
    account = None if body.account_id is None else number_of(body.account_id, "account_id")
    return await context.run(request_sending, context.db, caller, circular_id, body.version, body.way, account)


@router.post("/{circular_id}/told")
async def tell(request: Request, caller: Caller, circular_id: Number, body: Told) -> dict[str, Any]:
    """Say what became of a circular that a person sent, or of which nobody knows whether it arrived."""
    context = context_of(request)
    return await context.run(tell_outcome, context.db, caller, circular_id, sent=body.sent, number=body.number)


@router.post("/{circular_id}/outcome")
async def outcome(request: Request, caller: Caller, circular_id: Number, body: OutcomeRequest) -> dict[str, Any]:
    """Close a circular that was claimed, or have it tried again."""
    caller.require("execute")
    context = context_of(request)
    return await context.run(finish_sending, context.db, circular_id, SendingOutcome(**body.model_dump()))
