"""ATLAS's forced photometry: a task measures the flux at a place in all exposures of some time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from skyhub.adapters.telescopes._account import account_of
from skyhub.adapters.telescopes._line import Line, origin_of
from skyhub.adapters.telescopes._protocol import Exchange, Form, NotAnswered, Order, Product, Refused, Standing, Subject
from skyhub.config import AtlasQueue

__all__ = ["AtlasForm", "AtlasTasks"]

_TASKS = "/queue/"
_ABSENT = (404, 410)


class AtlasForm(Form):
    """What is measured."""

    mjd_min: float = Field(ge=57_000, le=100_000, description="From then on (MJD)", json_schema_extra={"unit": "d"})
    mjd_max: float | None = Field(
        None, ge=57_000, le=100_000, description="Until then (MJD); now by default", json_schema_extra={"unit": "d"}
    )
    use_reduced: bool = Field(False, description="In the images themselves rather than in differences")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.mjd_max is not None and self.mjd_max <= self.mjd_min:
            raise ValueError(f"mjd_max, {self.mjd_max}, must come after mjd_min, {self.mjd_min}")
        return self


class AtlasTasks:
    """ATLAS's service for forced photometry.

    Parameters
    ----------
    settings, secrets
        Its address, and the account: ``token``.
    """

    forms: ClassVar[Mapping[Subject, type[Form]]] = {"target": AtlasForm}
    types: ClassVar[Mapping[Subject, str]] = {"target": "forced_photometry"}
    secrets: ClassVar[tuple[tuple[str, ...], ...]] = (("token",),)
    updates: ClassVar[bool] = False
    follows: ClassVar[bool] = True
    guarantee: ClassVar[str] = (
        "Looked up by its comment among the tasks before each further try; a task that is there twice measures the same."
    )

    def __init__(self, settings: AtlasQueue, secrets: Mapping[str, str]) -> None:
        self._settings, self._account = settings, account_of(secrets, "Token")
        self._line = Line(settings.url, self._account, settings.timeout_seconds)

    @property
    def exchanges(self) -> Sequence[Exchange]:
        return self._line.exchanges

    def validate(self, order: Order) -> None:
        AtlasForm.model_validate(order.payload)

    def submit(self, order: Order) -> Standing:
        self.validate(order)
        if order.again and (number := self._number(order)):
            return Standing("submitted", "it was there already", number)
        assert order.target is not None
        place = {"ra": order.target.ra, "dec": order.target.dec, "comment": _comment(order), "send_email": False}
        said = {name: value for name, value in order.payload.items() if value is not None}
        task = self._line.json("POST", _TASKS, {**place, **said})
        if not isinstance(task, dict) or not isinstance(task.get("id"), int):
            raise NotAnswered("it talks nonsense: the number of a task was expected.", unsure=True)
        return Standing("submitted", f"task {task['id']}", str(task["id"]))

    def update(self, order: Order) -> Standing:
        raise Refused("tasks cannot be changed: cancel it, and submit another one.")

    def cancel(self, order: Order) -> Standing:
        number = order.remote_id or self._number(order)
        try:
            if number:
                self._line.content("DELETE", f"{_TASKS}{number}/")
        except Refused as error:
            if error.answered not in _ABSENT:
                raise
        return Standing("cancelled", remote_id=number)

    def status(self, order: Order) -> Standing:
        task = self._task(order)
        if task.get("error_msg"):
            raise Refused(str(task["error_msg"]))
        if task.get("finishtimestamp"):
            return Standing("completed", "measured", order.remote_id)
        place = task.get("queuepos")
        waiting = f"place {place} in the queue" if isinstance(place, int) else "waiting"
        return Standing("submitted", "being measured" if task.get("starttimestamp") else waiting, order.remote_id)

    def retrieve(self, order: Order) -> Sequence[Product]:
        url = str(self._task(order).get("result_url") or "")
        if not url:
            return ()
        if origin_of(url) != origin_of(self._settings.url):
            raise Refused("the result lies on another server than the tasks: it is not fetched from there.")
        line = Line(url, self._account, self._settings.timeout_seconds, self._line.exchanges)
        return (Product("photometry", f"atlas-{order.remote_id}.txt", line.content("GET")),)

    def _task(self, order: Order) -> dict[str, Any]:
        task = self._line.json("GET", f"{_TASKS}{order.remote_id}/")
        if not isinstance(task, dict) or "finishtimestamp" not in task:
            raise NotAnswered("it talks nonsense: a task with its times was expected.")
        return task

    def _number(self, order: Order) -> str:
        """The number of the task with the order's comment; empty if the newest ones do not have it."""
        found = self._line.json("GET", _TASKS)
        rows = found.get("results", ()) if isinstance(found, dict) else ()
        return next((str(row["id"]) for row in rows if row.get("comment") == _comment(order)), "")


def _comment(order: Order) -> str:
    return f"skyhub {order.key[:12]}"
