"""The mapper: claims maps that notices name by their address, fetches them, and hands them in."""

from __future__ import annotations

import threading
from base64 import b64encode
from typing import Any

from skyhub.adapters.maps import NotFetched, fetch_map
from skyhub.client import Transport
from skyhub.config import MapSettings
from skyhub.scheduler._repeating import repeat

__all__ = ["fetch_claimed", "fetch_maps"]

_PAUSE_SECONDS = 2.0


def fetch_maps(transport: Transport, settings: MapSettings, stop: threading.Event) -> None:
    """Fetch maps until told to stop; a data service that is away is waited for.

    Parameters
    ----------
    transport
        How the data service is reached.
    settings
        From where maps may be fetched.
    stop
        Set to end.
    """
    repeat(lambda: fetch_claimed(transport, settings), stop, _PAUSE_SECONDS)


def fetch_claimed(transport: Transport, settings: MapSettings) -> dict[str, Any] | None:
    """Claim a map, fetch it and hand it in: ``url, state, detail, localization_id``; None if there was none to claim."""
    claim = transport.post("/api/events/maps/claims", {})["claim"]
    if claim is None:
        return None
    closed = transport.post("/api/events/maps/outcome", {**claim, **_outcome(claim["url"], settings)})
    return {"url": claim["url"], **closed}


def _outcome(url: str, settings: MapSettings) -> dict[str, Any]:
    try:
        return {"content": b64encode(fetch_map(url, settings)).decode()}
    except NotFetched as error:
        return {"detail": error.message, "final": error.final}
