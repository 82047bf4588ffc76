"""A list of targets of opportunity in JSON, as a survey's scheduler reads it: each entry under the name of its request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from skyhub.adapters.telescopes._account import account_of
from skyhub.adapters.telescopes._line import Line
from skyhub.adapters.telescopes._portal_form import Moment
from skyhub.adapters.telescopes._protocol import (
    OBSERVING,
    Exchange,
    Form,
    NotAnswered,
    Order,
    Product,
    Refused,
    Standing,
    Subject,
    Word,
)
from skyhub.adapters.telescopes._ztf_queue import interval_of
from skyhub.config import RubinQueue
from skyhub.science.nights import mjd_of_datetime

__all__ = ["PlanForm", "TargetForm", "TargetList", "exposure_list"]

_WORDS: dict[str, Word] = {
    "queued": "submitted",
    "observing": "submitted",
    "done": "completed",
    "expired": "expired",
    "cancelled": "cancelled",
}
_ABSENT = (404, 410)


class PlanForm(Form):
    """How a plan is taken into the list."""

    program: str = Field(min_length=1, max_length=60, description="Strategy, as the scheduler names it")
    priority: int = Field(3, ge=1, le=5, description="5 is most urgent")


class TargetForm(PlanForm):
    """An observation of one target."""

    filters: list[str] = Field(min_length=1, max_length=6, description="As g and r")
    exposure_time: float = Field(30, gt=0, le=3600, description="Of each exposure", json_schema_extra={"unit": "s"})
    start: Moment = Field(description="Not before (UTC)")
    end: Moment = Field(description="Not after (UTC)")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"the end, {self.end}, must come after the start, {self.start}")
        return self


class TargetList:
    """A list of targets of opportunity.

    Parameters
    ----------
    settings, secrets
        Its address, and the account: ``token``.
    """

    forms: ClassVar[Mapping[Subject, type[Form]]] = {"target": TargetForm, "plan": PlanForm}
    secrets: ClassVar[tuple[tuple[str, ...], ...]] = (("token",),)
    types: ClassVar[Mapping[Subject, str]] = OBSERVING
    updates: ClassVar[bool] = True
    follows: ClassVar[bool] = True
    guarantee: ClassVar[str] = (
        "Never twice: an entry is put under the request's own name, and put again it is the same."
    )

    def __init__(self, settings: RubinQueue, secrets: Mapping[str, str]) -> None:
        self._line = Line(settings.url, account_of(secrets, "Bearer"), settings.timeout_seconds)

    @property
    def exchanges(self) -> Sequence[Exchange]:
        return self._line.exchanges

    def validate(self, order: Order) -> None:
        if _entry(order)["end_mjd"] <= mjd_of_datetime(datetime.now(UTC)):
            raise Refused("its last time has passed: choose later times, or plan anew.")

    def submit(self, order: Order) -> Standing:
        self.validate(order)
        name = _name(order)
        self._line.json("PUT", f"/{name}", _entry(order))
        return Standing("submitted", f"entry {name}", name)

    def update(self, order: Order) -> Standing:
        return self.submit(order)

    def cancel(self, order: Order) -> Standing:
        try:
            self._line.json("DELETE", f"/{_name(order)}")
        except Refused as error:
            if error.answered not in _ABSENT:
                raise
        return Standing("cancelled", remote_id=_name(order))

    def status(self, order: Order) -> Standing:
        found = self._line.json("GET", f"/{_name(order)}")
        status = found.get("status") if isinstance(found, dict) else None
        if status == "rejected":
            raise Refused(str(found.get("reason") or "it was rejected without a word"))
        if status not in _WORDS:
            raise NotAnswered(f"it talks nonsense: one of {', '.join(_WORDS)} was expected as status.")
        return Standing(_WORDS[status], str(status), _name(order))

    def retrieve(self, order: Order) -> Sequence[Product]:
        return ()


def _name(order: Order) -> str:
    return f"skyhub-{order.key[:12]}"


def _entry(order: Order) -> dict[str, Any]:
    about = {"name": _name(order), "requester": order.requester, "proposal": order.proposal}
    if order.target is None:
        plan = PlanForm.model_validate(order.payload)
        return {**about, **exposure_list(order.observations, plan.program, plan.priority)}
    form = TargetForm.model_validate(order.payload)
    window = {"start_mjd": mjd_of_datetime(form.start), "end_mjd": mjd_of_datetime(form.end)}
    place = {"ra": order.target.ra, "dec": order.target.dec, "exposure_s": form.exposure_time}
    targets = [{**place, "target": order.target.name, "filter": name} for name in form.filters]
    return {**about, "program": form.program, "priority": form.priority, **window, "targets": targets}


def exposure_list(observations: Sequence[Mapping[str, Any]], program: str, priority: int = 3) -> dict[str, Any]:
    """Exposures of a plan as an entry of such a list has them: ``program, priority, start_mjd, end_mjd, targets``.

    Parameters
    ----------
    observations
        ``field_id, ra, dec`` (ICRS, deg), ``filter, start`` (UTC), ``exposure_s``; at least one.
    program, priority
        The strategy, as the scheduler names it; 5 is most urgent.
    """
    first, last = interval_of(observations)
    return {
        "program": program,
        "priority": priority,
        "start_mjd": mjd_of_datetime(first),
        "end_mjd": mjd_of_datetime(last),
        "targets": [_exposure(row) for row in observations],
    }


def _exposure(row: Mapping[str, Any]) -> dict[str, Any]:
    start = mjd_of_datetime(datetime.fromisoformat(row["start"]).replace(tzinfo=UTC))
    told = {name: row[name] for name in ("field_id", "ra", "dec", "filter", "exposure_s")}
    return {**told, "start_mjd": start}
