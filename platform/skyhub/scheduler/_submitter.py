"""The submitter: claims circulars that were approved, sends them to GCN, and says what came of it."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

from skyhub.adapters.channels import NotDelivered, hand_over, mail_of
from skyhub.adapters.gcn_circulars import GcnAccount, GcnCirculars, OutgoingCircular
from skyhub.client import Transport
from skyhub.config import Settings
from skyhub.errors import SkyhubError
from skyhub.followup import Sealer
from skyhub.scheduler._repeating import repeat

__all__ = ["submit_circulars", "submit_claimed"]

_PAUSE_SECONDS = 2.0


def submit_circulars(transport: Transport, settings: Settings, sealer: Sealer, stop: threading.Event) -> None:
    """Send circulars until told to stop.

    Parameters
    ----------
    transport
        How the data service is reached.
    settings
        The ways that are permitted, and the mail server.
    sealer
        Opens the secrets of accounts.
    stop
        Set to end.
    """
    repeat(lambda: submit_claimed(transport, settings, sealer), stop, _PAUSE_SECONDS)


def submit_claimed(transport: Transport, settings: Settings, sealer: Sealer) -> dict[str, Any] | None:
    """Claim a circular, send it and say what came of it: ``circular_id`` and ``state``; None if there was none to claim."""
    claim = transport.post("/api/circulars/claims", {})["claim"]
    if claim is None:
        return None
    path = f"/api/circulars/{claim['circular_id']}/outcome"
    closed: dict[str, Any] = transport.post(path, _outcome(claim, settings, sealer))
    return closed


def _outcome(claim: dict[str, Any], settings: Settings, sealer: Sealer) -> dict[str, Any]:
    looked = False
    try:
        if claim["way"] not in settings.circulars.ways:
            raise NotDelivered(f"the way {claim['way']} is closed by now (circulars.ways).", final=True)
        circular = OutgoingCircular(claim["subject"], claim["body"], claim["format"])
        if claim["way"] == "email":
            _send_by_mail(claim, circular, settings)
            return {"state": "sent"}
        gcn = _gcn(claim, settings, sealer)
        if claim["look_since"]:
            number = gcn.find(circular, datetime.fromisoformat(claim["look_since"]))
            if number is not None:
                return {"state": "sent", "number": number, "detail": "an earlier try had arrived"}
            looked = True
        return {"state": "sent", "number": gcn.submit(circular)}
    except NotDelivered as error:
        told = {"detail": error.message, "unsure": error.unsure, "looked": looked, "retry_after": error.retry_after}
        return {"state": "failed" if error.final else "retry", **told}
    except SkyhubError as error:  # secrets that cannot be opened
        return {"state": "failed", "detail": error.message, "looked": looked}


def _gcn(claim: dict[str, Any], settings: Settings, sealer: Sealer) -> GcnCirculars:
    secrets = sealer.open(claim["sealed"])
    account = GcnAccount(claim["client_id"], secrets["client_secret"], secrets.get("refresh_token"))
    return GcnCirculars(settings.circulars.origin, str(settings.circulars.token_url), account)


def _send_by_mail(claim: dict[str, Any], circular: OutgoingCircular, settings: Settings) -> None:
    key = f"circular-{claim['circular_id']}-{claim['digest'][:16]}"
    mail = mail_of(claim["address"], str(settings.circulars.mail_to), key, circular.subject)
    mail.set_content(circular.body)
    hand_over(settings.notifications, mail)
