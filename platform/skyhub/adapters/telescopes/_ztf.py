"""The queue of ZTF's scheduler: a list of exposures under a name, valid for a window of time."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import Field

from skyhub.adapters.telescopes._account import account_of
from skyhub.adapters.telescopes._line import Line
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
)
from skyhub.adapters.telescopes._ztf_queue import Program, ztf_queue
from skyhub.config import ZtfQueue
from skyhub.errors import InvalidInput
from skyhub.science.nights import mjd_of_datetime

__all__ = ["ZtfForm", "ZtfScheduler"]

_THERE_ALREADY = 409


class ZtfForm(Form):
    """On whose time ZTF observes a plan."""

    queue_name: str = Field("", pattern=r"^[\w.-]{0,40}$", description="Part of the queue's name, such as the event's")
    program_id: int = Field(2, ge=1, le=3, description="1 public, 2 partnership, 3 Caltech")
    program_pi: str = Field(min_length=1, max_length=100, description="Principal investigator, as the scheduler has it")
    subprogram_name: str = Field("ToO_EMGW", pattern=r"^ToO_\w{1,40}$", description="Subprogram, as ToO_EMGW")


class ZtfScheduler:
    """ZTF's scheduler.

    Parameters
    ----------
    settings, secrets
        Its address, and the account: ``token``, or ``username`` and ``password``.
    """

    forms: ClassVar[Mapping[Subject, type[Form]]] = {"plan": ZtfForm}
    secrets: ClassVar[tuple[tuple[str, ...], ...]] = (("token",), ("username", "password"))
    types: ClassVar[Mapping[Subject, str]] = OBSERVING
    updates: ClassVar[bool] = True
    follows: ClassVar[bool] = True
    guarantee: ClassVar[str] = (
        "Never twice: the name of a queue is that of one request, and the scheduler takes no second queue of a name."
    )

    def __init__(self, settings: ZtfQueue, secrets: Mapping[str, str]) -> None:
        self._line = Line(settings.url, account_of(secrets, "Bearer"), settings.timeout_seconds)

    @property
    def exchanges(self) -> Sequence[Exchange]:
        return self._line.exchanges

    def validate(self, order: Order) -> None:
        try:
            end = self._queue(order)["validity_window_mjd"][1]
        except InvalidInput as error:
            raise Refused(error.message) from error
        if end <= mjd_of_datetime(datetime.now(UTC)):
            raise Refused("the plan's last exposure has passed: plan anew.")

    def submit(self, order: Order) -> Standing:
        self.validate(order)
        name = _name(order)
        if order.again and name in self._queues():
            return Standing("submitted", "it was there already", name)
        try:
            self._line.json("PUT", body={**self._queue(order), "user": order.requester})
        except Refused as error:
            if error.answered != _THERE_ALREADY or name not in self._queues():
                raise
        return Standing("submitted", f"queue {name}", name)

    def update(self, order: Order) -> Standing:
        self.validate(order)
        self.cancel(order)
        return self.submit(order)

    def cancel(self, order: Order) -> Standing:
        name = order.remote_id or _name(order)
        if name in self._queues():
            self._line.json("DELETE", body={"queue_name": name, "user": order.requester})
        return Standing("cancelled", remote_id=name)

    def status(self, order: Order) -> Standing:
        name = order.remote_id or _name(order)
        queues = self._queues()
        end = queues.get(name, self._queue(order)["validity_window_mjd"])[1]
        if end <= mjd_of_datetime(datetime.now(UTC)):
            return Standing("expired", "its window has passed; pointings that come in tell what was observed", name)
        if name in queues:
            return Standing("submitted", "in the queue", name)
        return Standing("ended", "the queue is there no more; pointings that come in tell what was observed", name)

    def retrieve(self, order: Order) -> Sequence[Product]:
        return ()

    def _queue(self, order: Order) -> dict[str, Any]:
        form = ZtfForm.model_validate(order.payload)
        program = Program(form.program_id, form.program_pi, form.subprogram_name, _name(order))
        return ztf_queue(order.observations, program)

    def _queues(self) -> dict[str, tuple[float, float]]:
        """The queues that are there by name, with the windows in which they are valid (MJD)."""
        return _windows(self._line.json("GET"))


def _name(order: Order) -> str:
    middle = order.payload.get("queue_name")
    return "_".join(["ToO", *([str(middle)] if middle else []), order.key[:12]])


def _windows(answer: Any) -> dict[str, tuple[float, float]]:
    found = answer.get("data") if isinstance(answer, dict) else answer
    try:
        queues = json.loads(found) if isinstance(found, str) else found or []
        return {str(q["queue_name"]): _window(q.get("validity_window_mjd")) for q in queues}
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise NotAnswered("it talks nonsense: a list of queues with names and windows was expected.") from error


def _window(given: Any) -> tuple[float, float]:
    """A window; a queue of the ordinary night may have none."""
    return (float(given[0]), float(given[1])) if given else (-math.inf, math.inf)
