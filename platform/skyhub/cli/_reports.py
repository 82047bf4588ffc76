"""Commands for reports."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, DataDir, answer, data_directory, session
from skyhub.errors import InvalidInput, SkyhubError

__all__ = ["finish", "register"]

report_app = typer.Typer(help="Run reports and look at them.", no_args_is_help=True)

_WAIT_SECONDS = 0.5


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(report_app, name="report")


@report_app.command("run")
def run(
    name: Annotated[str, typer.Argument(help="Name of the report, such as night_summary.")],
    values: Annotated[list[str] | None, typer.Argument(metavar="", help="Values of the parameters.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("-p", metavar="KEY VALUE", help="A parameter; may be given several times.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run a report now and wait for it."""
    with session(data_dir) as sky:
        report_id = sky.reports.request(name, **_pairs(parameter or [], values or []))
        finish(sky, report_id)
        document = {
            "id": report_id,
            "text": sky.reports.artifact(report_id, "text").decode(),
            "facts": json.loads(sky.reports.artifact(report_id, "facts")),
            "notebook": str(data_directory(data_dir) / "reports" / report_id / "report.ipynb"),
            "html": str(data_directory(data_dir) / "reports" / report_id / "report.html"),
        }
    answer(document, as_json)


@report_app.command("show")
def show(
    report_id: str,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Write the run as PDF to this file.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show a run: its state, text and facts."""
    with session(data_dir) as sky:
        document = sky.reports.run(report_id)
        if document["state"] == "done":
            document |= {
                "text": sky.reports.artifact(report_id, "text").decode(),
                "facts": json.loads(sky.reports.artifact(report_id, "facts")),
            }
        if pdf is not None:
            pdf.write_bytes(sky.reports.artifact(report_id, "pdf"))
            document["pdf"] = str(pdf)
    answer(document, as_json)


@report_app.command("verify")
def verify(
    report_id: str,
    now: Annotated[bool, typer.Option("--now", help="With what is known now, instead of what was known then.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run a report again as of the moment at which it read, and tell what differs."""
    with session(data_dir) as sky:
        again = sky.reports.request_verification(report_id, now=now)
        finish(sky, again)
        answer(sky.reports.differences(again), as_json)


@report_app.command("list")
def list_(limit: int = 20, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List runs, newest first."""
    with session(data_dir) as sky:
        answer({"rows": sky.reports.runs(limit)}, as_json)


def finish(sky: Any, report_id: str) -> None:
    """Execute the run here, or wait for the worker that was quicker to claim it."""
    from skyhub.scheduler import run_claimed

    run_claimed(sky.transport, report_id)
    while sky.reports.run(report_id)["state"] in ("queued", "running"):
        time.sleep(_WAIT_SECONDS)
    record = sky.reports.run(report_id)
    if record["state"] != "done":
        raise SkyhubError(f"the report failed: {record['detail']}. Its notebook shows where.", report_id)


def _pairs(keys: list[str], values: list[str]) -> dict[str, str]:
    """``-p KEY VALUE`` as the parser sees it: the keys as options, the values as arguments, in the same order."""
    if len(keys) != len(values):
        raise InvalidInput(f"-p takes a name and a value each time: {keys} and {values} do not pair up.", "-p")
    return dict(zip(keys, values, strict=True))
