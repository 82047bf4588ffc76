"""Runs of groups' reports: executed in the account of who asked for them, put together by the house."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from skyhub.client import Transport
from skyhub.resources import code_revision
from skyhub.scheduler._repeating import repeat
from skyhub.scheduler._worker import worker_name

__all__ = ["HubServers", "Servers", "assemble_claimed", "run_own", "serve_owners"]

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 2.0
_AGAIN_SECONDS = 60.0
"""After which a server is started once more that was started in vain."""
_MOST_OUTPUT = 16_000_000
_ASSEMBLY_SECONDS = 120
_LOGGED = 2000
_ERROR_MARKER = "papermill-error-cell-tag"


class Servers(Protocol):
    """Starts the servers of users."""

    def start(self, user: str) -> None:
        """Start the server of a user, unless it runs."""
        ...


class HubServers:
    """Starts servers through the hub's API.

    Parameters
    ----------
    api_url, token
        The hub's API, and a token that may start servers. Neither ever reaches one.
    """

    def __init__(self, api_url: str, token: str) -> None:
        headers = {"Authorization": f"token {token}"}
        secure = api_url.startswith("https:")
        self._client = httpx.Client(base_url=api_url, headers=headers, timeout=120, trust_env=False, verify=secure)

    def start(self, user: str) -> None:
        """Start the server of a user, unless it runs; that it cannot be started is logged, and tried again later."""
        try:
            answer = self._client.post(f"/users/{quote(user, safe='')}/server")
        except httpx.HTTPError as error:
            _log.warning("the hub does not start the server of %s: %s", user, error)
            return
        if answer.status_code not in (201, 202, 400):  # 400: it runs already
            _log.warning("the hub answers %d to the start of the server of %s", answer.status_code, user)


def serve_owners(transport: Transport, servers: Servers, stop: threading.Event) -> None:
    """Start the servers that have runs to execute, and put together what they hand in, until told to stop."""
    asked: dict[str, float] = {}

    def turn() -> dict[str, Any] | None:
        now = time.monotonic()
        for owner in transport.post("/api/own-runs/owners", {})["owners"]:
            if now - asked.get(owner, -_AGAIN_SECONDS) >= _AGAIN_SECONDS:
                asked[owner] = now
                servers.start(owner)
        return assemble_claimed(transport)

    def rest(pause: float) -> None:
        transport.get("/api/changes/next", kind=["report"], seconds=pause)

    repeat(turn, stop, _PAUSE_SECONDS, rest)


def run_own(transport: Transport, report_id: str | None = None) -> dict[str, Any] | None:
    """Execute an own run of a group's report here, in this account, and hand in what it left behind.

    Returns
    -------
    dict or None
        ``report_id`` and ``state`` of the run; None if there was none to execute.
    """
    claim = transport.post("/api/own-runs/claims", {"report_id": report_id})["claim"]
    if claim is None:
        return None
    path = f"/api/own-runs/{claim['report_id']}/outputs"
    answer: dict[str, Any] = transport.post(path, _executed(claim, transport.url))
    return answer


def assemble_claimed(transport: Transport, report_id: str | None = None) -> dict[str, Any] | None:
    """Put together a run that was handed in (the next, or a given one), and close it.

    Returns
    -------
    dict or None
        ``report_id`` and ``state`` of the run; None if there was none.
    """
    asked = {"worker": worker_name(), "report_id": report_id}
    claim = transport.post("/api/own-runs/handed-in", asked)["claim"]
    if claim is None:
        return None
    outcome = {**_assembled(claim), "code_revision": code_revision(), "data_version": claim["data_version"]}
    answer: dict[str, Any] = transport.post(f"/api/reports/{claim['report_id']}/outcome", outcome)
    return answer


def _executed(claim: dict[str, Any], url: str) -> dict[str, Any]:
    from skyhub.kernels import OutputBound
    from skyhub.scheduler._execute import run_notebook

    try:
        executed = run_notebook(claim["notebook"], claim, url, OutputBound(_MOST_OUTPUT))
    except Exception as error:  # whatever a notebook or its kernel does, the run must be handed in
        _log.exception("the report %s broke", claim["report_id"])
        return {"state": "failed", "detail": f"{type(error).__name__}: {error}"[:2000], "outputs": [], "queries": []}
    cells = [c for c in executed.notebook.cells if _ERROR_MARKER not in c.metadata.get("tags", [])]
    return {
        "state": "failed" if executed.detail else "done",
        "detail": executed.detail[:2000],
        "outputs": [cell.get("outputs", []) for cell in cells],
        "queries": executed.queries[:10_000],
    }


def _assembled(claim: dict[str, Any]) -> dict[str, Any]:
    """What a process of its own makes of it: whatever is in it, this one goes on."""
    from skyhub.scheduler._execute import without_secrets

    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "skyhub.scheduler._assembly"],
            input=json.dumps(claim).encode(),
            capture_output=True,
            env=without_secrets(),
            cwd="/",
            timeout=_ASSEMBLY_SECONDS,
            check=True,
        )
        outcome: dict[str, Any] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        told = (getattr(error, "stderr", None) or b"").decode(errors="replace")[-_LOGGED:]
        _log.warning("the report %s cannot be put together: %s %s", claim["report_id"], error, told)
        detail = "what was handed in could not be made a report: it is too large, or takes too long."
        return {"state": "failed", "detail": detail, "seconds": claim["seconds"], "artifacts": {}}
    return outcome
