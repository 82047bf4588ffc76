"""The drafter: has the default plans of localizations drafted as they come."""

from __future__ import annotations

import threading

from skyhub.client import Transport
from skyhub.scheduler._repeating import repeat

__all__ = ["draft_default_plans"]

_PAUSE_SECONDS = 2.0


def draft_default_plans(transport: Transport, stop: threading.Event) -> None:
    """Ask for default plans that are due until told to stop; a data service that is away is waited for."""
    repeat(lambda: transport.post("/api/default_plans/due", {})["plan_ids"] or None, stop, _PAUSE_SECONDS)
