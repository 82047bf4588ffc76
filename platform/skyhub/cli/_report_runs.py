"""Runs of reports as commands see them: their parameters, and waiting for their end."""

from __future__ import annotations

import time
from typing import Any

from skyhub.errors import InvalidInput, SkyhubError

__all__ = ["finish", "pairs"]

_WAIT_SECONDS = 0.5


def finish(sky: Any, report_id: str) -> None:
    """Execute the run here, or wait for the worker that executes it, or was quicker to claim it."""
    from skyhub.scheduler import assemble_claimed, run_claimed, run_own

    of_group = sky.reports.run(report_id)["report_template_id"] is not None
    executes = "execute" in sky.me()["scopes"]
    if of_group:
        run_own(sky.transport, report_id)
    if executes:
        (assemble_claimed if of_group else run_claimed)(sky.transport, report_id)
    while sky.reports.run(report_id)["state"] in ("queued", "running"):
        time.sleep(_WAIT_SECONDS)
    record = sky.reports.run(report_id)
    if record["state"] != "done":
        raise SkyhubError(f"the report failed: {record['detail']}. Its notebook shows where.", report_id)


def pairs(keys: list[str], values: list[str]) -> dict[str, str]:
    """``-p KEY VALUE`` as the parser sees it: the keys as options, the values as arguments, in the same order."""
    if len(keys) != len(values):
        raise InvalidInput(f"-p takes a name and a value each time: {keys} and {values} do not pair up.", "-p")
    return dict(zip(keys, values, strict=True))
