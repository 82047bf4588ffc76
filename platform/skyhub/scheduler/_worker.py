"""The worker: asks for what is due by schedule, claims runs of reports, executes them, hands in what they left."""

from __future__ import annotations

import logging
import os
import socket
import threading
from typing import Any

import psutil

from skyhub.client import Transport
from skyhub.resources import code_revision
from skyhub.scheduler._repeating import repeat

__all__ = ["release_lost", "run_claimed", "work", "worker_name"]

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0
_SEARCHES_EVERY = 30
_NEWS = ("events", "report", "schedules")
"""Kinds of changes after which there may be something to do."""


def work(transport: Transport, stop: threading.Event) -> None:
    """Execute reports until told to stop; a data service that is away is waited for."""
    turns, released = 0, False

    def turn() -> dict[str, Any] | None:
        nonlocal turns, released
        if not released:
            release_lost(transport)
            released = True
        transport.post("/api/reports/due", {})
        transport.post("/api/schedules/due", {})
        if turns % _SEARCHES_EVERY == 0:
            transport.post("/api/searches/due", {})
        turns += 1
        return run_claimed(transport)

    def rest(pause: float) -> None:
        transport.get("/api/changes/next", kind=list(_NEWS), seconds=pause)

    repeat(turn, stop, _PAUSE_SECONDS, rest)


def run_claimed(transport: Transport, report_id: str | None = None) -> dict[str, Any] | None:
    """Claim a run (the next that is due, or a given one), execute it and hand in the result.

    Returns
    -------
    dict or None
        ``report_id`` and ``state`` of the run; None if there was none to claim.
    """
    claim = transport.post("/api/reports/claims", {"worker": worker_name(), "report_id": report_id})["claim"]
    if claim is None:
        return None
    outcome: dict[str, Any] = transport.post(f"/api/reports/{claim['report_id']}/outcome", _execute(transport, claim))
    return outcome


def release_lost(transport: Transport) -> list[str]:
    """Free the runs of workers of this host that are gone, which nobody would claim until their leases end.

    Returns
    -------
    list of str
        Identifiers of the runs.
    """
    lost = []
    for lease in transport.get("/api/reports/leases", host=socket.gethostname())["leases"]:
        if not psutil.pid_exists(int(lease["worker"].rpartition("/")[2])):
            transport.post(f"/api/reports/{lease['report_id']}/release", {"worker": lease["worker"]})
            lost.append(lease["report_id"])
    return lost


def _execute(transport: Transport, claim: dict[str, Any]) -> dict[str, Any]:
    from skyhub.reports import report_template
    from skyhub.scheduler._execute import execute_report

    common = {"code_revision": code_revision(), "data_version": claim["data_version"]}
    try:
        execution = execute_report(report_template(claim["name"]), claim, transport.url)
    except Exception as error:  # whatever a notebook or its kernel does, the run must be closed
        _log.exception("the report %s broke", claim["report_id"])
        detail = f"{type(error).__name__}: {error}"
        return {"state": "failed", "detail": detail, "seconds": 0.0, "artifacts": {}, **common}
    return {
        "state": execution.state,
        "detail": execution.detail,
        "seconds": execution.seconds,
        "artifacts": execution.artifacts,
        **common,
    }


def worker_name() -> str:
    """How this process names itself to the data service: ``host/process``."""
    return f"{socket.gethostname()}/{os.getpid()}"
