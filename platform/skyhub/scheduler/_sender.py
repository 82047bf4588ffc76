"""The sender: has the journal looked at, claims deliveries, sends them, and says what came of it."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlencode

from skyhub.adapters.channels import Letter, NotDelivered, post_to_matrix, post_to_slack, send_mail
from skyhub.client import Transport
from skyhub.config import NotificationSettings
from skyhub.errors import SkyhubError
from skyhub.followup import Sealer
from skyhub.resources import DASHBOARD
from skyhub.scheduler._repeating import repeat

__all__ = ["send_claimed", "send_messages"]

_PAUSE_SECONDS = 1.0
_AGAIN = "(Sent again: it is not known whether an earlier try arrived.)"


def send_messages(transport: Transport, settings: NotificationSettings, sealer: Sealer, stop: threading.Event) -> None:
    """Deliver messages until told to stop; a data service that is away is waited for.

    Parameters
    ----------
    transport
        How the data service is reached.
    settings
        The mail server, and where messages may be sent to.
    sealer
        Opens the addresses of channels.
    stop
        Set to end.
    """

    def turn() -> None:
        transport.post("/api/messages/due", {})
        while not stop.is_set() and send_claimed(transport, settings, sealer) is not None:
            pass

    repeat(turn, stop, _PAUSE_SECONDS)


def send_claimed(transport: Transport, settings: NotificationSettings, sealer: Sealer) -> dict[str, Any] | None:
    """Claim a delivery, send it and say what came of it: ``delivery_id`` and ``state``; None if there was none to claim."""
    claim = transport.post("/api/messages/claims", {})["claim"]
    if claim is None:
        return None
    path = f"/api/messages/deliveries/{claim['delivery_id']}/outcome"
    closed: dict[str, Any] = transport.post(path, _outcome(claim, settings, sealer))
    return closed


def _outcome(claim: dict[str, Any], settings: NotificationSettings, sealer: Sealer) -> dict[str, Any]:
    try:
        _send(claim, settings, sealer.open(claim["sealed"]))
    except NotDelivered as error:
        state = "failed" if error.final else "retry"
        return {"state": state, "detail": error.message, "unsure": error.unsure, "retry_after": error.retry_after}
    except SkyhubError as error:  # an address that is not permitted any more, or cannot be opened
        return {"state": "failed", "detail": error.message}
    return {"state": "sent"}


def _send(claim: dict[str, Any], settings: NotificationSettings, secrets: dict[str, str]) -> None:
    from skyhub.notify import checked_address

    address = checked_address(claim["type"], secrets["address"], settings)
    letter = _letter(claim, settings.platform_url)
    if claim["type"] == "email":
        send_mail(settings, address, letter)
    elif claim["type"] == "slack":
        post_to_slack(address, letter)
    else:
        post_to_matrix(address, claim["room"], secrets["token"], letter)


def _letter(claim: dict[str, Any], platform_url: str | None) -> Letter:
    lines = [*claim["lines"], *([_AGAIN] if claim["again"] else [])]
    asked = urlencode({"view": claim["view"], **claim["params"]})
    link = f"{platform_url.rstrip('/')}/hub/user-redirect{DASHBOARD}?{asked}" if platform_url else None
    return Letter(claim["key"], claim["title"], lines, link)
