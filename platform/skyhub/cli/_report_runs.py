"""Runs of reports as commands see them: their parameters, and waiting for their end."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

import typer

from skyhub.errors import InvalidInput, SkyhubError

__all__ = ["Parameters", "Values", "finish", "pairs", "text_and_facts"]

Values = Annotated[list[str] | None, typer.Argument(metavar="", help="Values of the parameters.")]
Parameters = Annotated[
    list[str] | None, typer.Option("-p", metavar="KEY VALUE", help="A parameter; may be given several times.")
]

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


def text_and_facts(sky: Any, report_id: str) -> dict[str, Any]:
    """The ``text`` and the ``facts`` of a run that is done."""
    return {
        "text": sky.reports.artifact(report_id, "text").decode(),
        "facts": json.loads(sky.reports.artifact(report_id, "facts")),
    }
