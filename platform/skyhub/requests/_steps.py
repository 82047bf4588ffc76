"""What follows a step at a telescope: the state after it, given the state before and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from skyhub.adapters.telescopes import Word
from skyhub.requests._standing import RequestState

__all__ = ["Step", "after_step"]

_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
_ABSENT = (404, 410)


class Step(BaseModel):
    """What came of a step."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["done", "retry", "refused"] = Field(description="refused: for good")
    word: Word = Field("submitted", description="How far the request has come there, if it is done")
    detail: str = Field("", max_length=2000)
    remote_id: str = Field("", max_length=200)
    unsure: bool = Field(False, description="Whether it may have arrived nevertheless")
    retry_after: float | None = Field(None, ge=0, description="From how many seconds on it is to be tried again")
    answered: int | None = Field(None, description="Status of the answer that refused")


def after_step(before: RequestState, step: Step, now: datetime, poll: timedelta | None) -> RequestState:
    """The state after a step.

    Parameters
    ----------
    before, step
        The state with the step that was taken, and what came of it.
    now
        The time (UTC, without a zone).
    poll
        After which time it is asked again what became of a request; None where nobody can be asked.
    """
    if step.result == "done":
        return _done(before, step, now, poll)
    absent = before.action == "status" and step.answered in _ABSENT
    gone = before.action in ("submit", "cancel", "retrieve", "update") or step.answered is None or absent
    if step.result == "refused" and gone:
        return _refused(before, step, now, poll)
    return _again(before, step, now, poll)


def _done(before: RequestState, step: Step, now: datetime, poll: timedelta | None) -> RequestState:
    remote_id, detail = step.remote_id or before.remote_id, step.detail or None
    known = _idle(before, detail).but(remote_id=remote_id, unsure=False)
    if before.action == "cancel":
        return known.but(state="cancelled")
    if before.action == "retrieve":
        return _followed(known.but(detail=detail or before.detail), now, poll)
    reached = known.but(state=step.word)
    if step.word == "completed" and poll is not None:
        return reached.but(action="retrieve", next_at=now)
    return _followed(reached, now, poll)


def _refused(before: RequestState, step: Step, now: datetime, poll: timedelta | None) -> RequestState:
    idle = _idle(before, step.detail)
    if before.action == "submit":
        return idle.but(state="rejected", unsure=False)
    if before.action == "status":
        return idle.but(state="ended" if step.answered in _ABSENT else "rejected")
    what = {"update": "not changed", "cancel": "not cancelled", "retrieve": "no data"}[str(before.action)]
    return _followed(_unless_lost(idle.but(detail=f"{what}: {step.detail}")), now, poll)


def _again(before: RequestState, step: Step, now: datetime, poll: timedelta | None) -> RequestState:
    unsure = before.unsure or (step.unsure and before.action in ("submit", "update"))
    tried = before.but(running=False, unsure=unsure, detail=step.detail or None)
    if before.attempts < _ATTEMPTS:
        return tried.but(next_at=now + _wait(before.attempts, step.retry_after))
    given_up = _idle(tried, f"given up after {before.attempts} tries: {step.detail}")
    if before.action == "submit":
        return given_up.but(state="failed")
    return given_up if before.action in ("status", "retrieve") else _followed(_unless_lost(given_up), now, poll)


def _idle(state: RequestState, detail: str | None) -> RequestState:
    return state.but(running=False, attempts=0, action=None, next_at=None, detail=detail)


def _followed(state: RequestState, now: datetime, poll: timedelta | None) -> RequestState:
    """Asked again later, as long as the telescope has it."""
    if state.state != "submitted" or poll is None:
        return state
    return state.but(action="status", next_at=now + poll)


def _unless_lost(state: RequestState) -> RequestState:
    """What was never heard to have arrived is no request of the telescope's."""
    return state.but(state="failed") if state.state == "queued" else state


def _wait(attempts: int, retry_after: float | None) -> timedelta:
    wait = min(_FIRST_WAIT * 2.0 ** max(attempts - 1, 0), _LONGEST_WAIT)
    return max(wait, timedelta(seconds=min(retry_after or 0.0, _LONGEST_WAIT.total_seconds())))
