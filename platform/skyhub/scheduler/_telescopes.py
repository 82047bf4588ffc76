"""The one who talks to telescopes: claims steps of requests, takes them, and says what came of it and what was said."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from skyhub.adapters.telescopes import (
    NotAnswered,
    Order,
    Product,
    Refused,
    Standing,
    Target,
    TelescopeQueue,
    open_queue,
)
from skyhub.client import Transport
from skyhub.config import Settings
from skyhub.errors import Conflict, SkyhubError
from skyhub.followup import Sealer
from skyhub.scheduler._repeating import repeat

__all__ = ["talk_to_telescope", "talk_to_telescopes"]

_PAUSE_SECONDS = 1.0
_LONGEST_DETAIL, _MOST_SAID = 2000, 200


def talk_to_telescopes(transport: Transport, settings: Settings, sealer: Sealer, stop: threading.Event) -> None:
    """Take the steps that are due until told to stop; a data service that is away is waited for.

    Parameters
    ----------
    transport
        How the data service is reached.
    settings
        The queues, and the mail server.
    sealer
        Opens the secrets of allocations.
    stop
        Set to end.
    """
    repeat(lambda: talk_to_telescope(transport, settings, sealer), stop, _PAUSE_SECONDS)


def talk_to_telescope(transport: Transport, settings: Settings, sealer: Sealer) -> dict[str, Any] | None:
    """Claim a step, take it and say what came of it: ``request_id, state, next``; None if there was none to claim."""
    claim = transport.post("/api/requests/claims", {})["claim"]
    if claim is None:
        return None
    outcome = {"request_state_id": int(claim["request_state_id"]), **_outcome(claim, settings, sealer)}
    try:
        closed: dict[str, Any] = transport.post(f"/api/requests/{claim['request_id']}/outcome", outcome)
    except Conflict as error:  # somebody has decided otherwise in the meantime
        return {"request_id": claim["request_id"], "state": "superseded", "next": None, "detail": error.message}
    return closed


def _outcome(claim: Mapping[str, Any], settings: Settings, sealer: Sealer) -> dict[str, Any]:
    queue: TelescopeQueue | None = None
    products: Sequence[Product] = ()
    try:
        queue = _opened(claim, settings, sealer)
        order = _order(claim["order"])
        if claim["action"] == "retrieve":
            products = queue.retrieve(order)
            step: dict[str, Any] = {"result": "done"}
        else:
            step = _done(_taken(queue, claim["action"], order))
    except Refused as error:
        step = {"result": "refused", "detail": error.message, "answered": error.answered}
    except NotAnswered as error:
        step = {"result": "retry", "detail": error.message, "unsure": error.unsure, "retry_after": error.retry_after}
    except SkyhubError as error:  # secrets that cannot be opened, an address that is not permitted any more
        step = {"result": "refused", "detail": error.message}
    said = [asdict(exchange) for exchange in queue.exchanges][-_MOST_SAID:] if queue else []
    step["detail"] = step.get("detail", "")[:_LONGEST_DETAIL]
    return {**step, "said": said, "retrieved": [_packed(product) for product in products]}


def _opened(claim: Mapping[str, Any], settings: Settings, sealer: Sealer) -> TelescopeQueue:
    queue = settings.queues.get(claim["queue"])
    if queue is None:
        raise Refused(f"the queue {claim['queue']} is not declared here (SKYHUB_QUEUES).")
    secrets = sealer.open(claim["sealed"]) if claim["sealed"] else {}
    if queue.kind == "letter":
        from skyhub.notify import checked_address

        ways: tuple[Literal["email", "slack"], ...] = ("email", "slack")
        secrets |= {way: checked_address(way, secrets[way], settings.notifications) for way in ways if way in secrets}
    return open_queue(queue, secrets, settings.notifications)


def _taken(queue: TelescopeQueue, action: str, order: Order) -> Standing:
    deeds = {"submit": queue.submit, "update": queue.update, "cancel": queue.cancel, "status": queue.status}
    return deeds[action](order)


def _done(standing: Standing) -> dict[str, Any]:
    return {"result": "done", **asdict(standing)}


def _order(given: Mapping[str, Any]) -> Order:
    target = given["target"] and Target(**given["target"])
    return Order(**{**given, "target": target})


def _packed(product: Product) -> dict[str, str]:
    return {"kind": product.kind, "name": product.name, "content": b64encode(product.content).decode()}
