"""The drafter: has the default plans of localizations drafted as they come, and sent where a rule says so."""

from __future__ import annotations

import threading

from skyhub.client import Transport
from skyhub.scheduler._repeating import repeat

__all__ = ["draft_default_plans"]

_PAUSE_SECONDS = 2.0


def draft_default_plans(transport: Transport, stop: threading.Event) -> None:
    """Ask for default plans and for sendings by rule that are due until told to stop; a data service that is away is waited for."""
    repeat(lambda: _turn(transport), stop, _PAUSE_SECONDS)


def _turn(transport: Transport) -> list[str] | None:
    """The plans that were drafted or decided on; None if there were none."""
    drafted = transport.post("/api/default_plans/due", {})["plan_ids"]
    return [*drafted, *transport.post("/api/sending_rules/due", {})["plan_ids"]] or None
