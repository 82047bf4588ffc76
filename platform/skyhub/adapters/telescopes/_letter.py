"""A telescope without an interface: what is asked goes as a letter to people there, by e-mail or Slack."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from skyhub.adapters.channels import Letter, NotDelivered, post_to_slack, send_mail
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
)
from skyhub.config import NotificationSettings

__all__ = ["LetterDesk", "PlanLetter", "TargetLetter"]

_MOST_LINES, _LONGEST_KEPT = 200, 20_000
_AGAIN = "(Sent again: it is not known whether an earlier try arrived.)"


class PlanLetter(Form):
    """What the letter with a plan says."""

    text: str = Field("", max_length=5000, description="To the observers")


class TargetLetter(PlanLetter):
    """What the letter about one target says."""

    observe: str = Field(min_length=1, max_length=500, description="What is to be observed, as g r i 300 s each")
    start: Moment | None = Field(None, description="Not before (UTC)")
    end: Moment | None = Field(None, description="Not after (UTC)")
    priority: int = Field(3, ge=1, le=5, description="5 is most urgent")


class LetterDesk:
    """The people at a telescope.

    Parameters
    ----------
    notifications, secrets
        The mail server, and the address: ``email`` or ``slack``.
    """

    forms: ClassVar[Mapping[Subject, type[Form]]] = {"target": TargetLetter, "plan": PlanLetter}
    secrets: ClassVar[tuple[tuple[str, ...], ...]] = (("email",), ("slack",))
    types: ClassVar[Mapping[Subject, str]] = OBSERVING
    updates: ClassVar[bool] = True
    follows: ClassVar[bool] = False
    guarantee: ClassVar[str] = (
        "At least once: if nobody knows whether a letter has arrived, it is sent again with the same identifier, and says so."
    )

    def __init__(self, notifications: NotificationSettings, secrets: Mapping[str, str]) -> None:
        self._notifications, self._secrets = notifications, secrets
        self._exchanges: list[Exchange] = []

    @property
    def exchanges(self) -> Sequence[Exchange]:
        return self._exchanges

    def validate(self, order: Order) -> None:
        self.forms["plan" if order.target is None else "target"].model_validate(order.payload)

    def submit(self, order: Order) -> Standing:
        self._send(order, "Request")
        return Standing("submitted", "the letter was sent", order.key[:12])

    def update(self, order: Order) -> Standing:
        self._send(order, "Changed request")
        return Standing("submitted", "the letter with the change was sent", order.key[:12])

    def cancel(self, order: Order) -> Standing:
        self._send(order, "Cancelled request")
        return Standing("cancelled", "the letter that takes it back was sent", order.key[:12])

    def status(self, order: Order) -> Standing:
        return Standing("submitted", "people tell what becomes of it", order.key[:12])

    def retrieve(self, order: Order) -> Sequence[Product]:
        return ()

    def _send(self, order: Order, what: str) -> None:
        told = _lines(order)
        content = hashlib.sha256(json.dumps([what, told]).encode()).hexdigest()[:12]
        lines = [*([_AGAIN] if order.again else []), *told]
        about = order.target.name if order.target else f"{len(order.observations)} exposures"
        title = f"{what} {order.key[:12]}: {about} with {order.instrument}"
        letter = Letter(f"{order.key}.{content}", title, lines)
        begin, failure = time.monotonic(), ""
        way = "e-mail" if "email" in self._secrets else "Slack"
        try:
            if "email" in self._secrets:
                send_mail(self._notifications, self._secrets["email"], letter)
            else:
                post_to_slack(self._secrets["slack"], letter)
        except NotDelivered as error:
            failure = error.message
            if error.final:
                raise Refused(error.message) from error
            raise NotAnswered(error.message, unsure=error.unsure, retry_after=error.retry_after) from error
        finally:
            sent = "\n".join([title, *lines])[:_LONGEST_KEPT]
            seconds = round(time.monotonic() - begin, 3)
            self._exchanges.append(Exchange("LETTER", way, sent, None, failure or "taken", seconds))


def _lines(order: Order) -> list[str]:
    said = [
        f"{name.replace('_', ' ')}: {_said(value)}" for name, value in order.payload.items() if value not in (None, "")
    ]
    place = (
        [f"{order.target.name}: RA {order.target.ra:.6f}, Dec {order.target.dec:+.6f} (ICRS, deg)"]
        if order.target
        else []
    )
    rows = [
        f"{row['start']} UTC  field {row['field_id']}  {row['ra']:.5f} {row['dec']:+.5f}  {row['filter']}  {row['exposure_s']:g} s"
        for row in order.observations[:_MOST_LINES]
    ]
    left = len(order.observations) - len(rows)
    more = [f"… and {left} more exposures; ask for the file."] if left else []
    proposal = [f"proposal: {order.proposal}"] if order.proposal else []
    return [f"requested by {order.requester}", *proposal, *place, *said, *rows, *more]


def _said(value: Any) -> str:
    return f"{value} UTC" if isinstance(value, datetime) else str(value)
