"""Commands for reports."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, DataDir, answer, data_directory, session
from skyhub.cli._report_runs import Parameters, Values, finish, pairs, text_and_facts
from skyhub.cli._report_templates import template_app

__all__ = ["register"]

report_app = typer.Typer(help="Run reports and look at them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    report_app.add_typer(template_app, name="templates")
    app.add_typer(report_app, name="report")


@report_app.command("run")
def run(
    name: Annotated[str, typer.Argument(help="Name of the report, such as night_summary.")],
    values: Values = None,
    parameter: Parameters = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run a report now and wait for it."""
    with session(data_dir) as sky:
        report_id = sky.reports.request(name, **pairs(parameter or [], values or []))
        finish(sky, report_id)
        document = {
            "id": report_id,
            **text_and_facts(sky, report_id),
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
            document |= text_and_facts(sky, report_id)
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


@report_app.command("execute")
def execute(
    report_id: Annotated[str | None, typer.Argument(help="A run; by default all that wait.")] = None,
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End at once when the standard input ends, whatever is under way.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Execute the runs of groups' reports here that you asked for, in your own account."""
    from skyhub.scheduler import run_own

    if until_eof:
        threading.Thread(target=_end_with_input, daemon=True).start()
    done = []
    with _here(data_dir) as sky:
        while (run := run_own(sky.transport, report_id)) is not None:
            done.append(run)
    answer({"rows": done}, as_json)


@report_app.command("list")
def list_(limit: int = 20, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List runs, newest first."""
    with session(data_dir) as sky:
        answer({"rows": sky.reports.runs(limit)}, as_json)


def _here(data_dir: Path | None) -> AbstractContextManager[Any]:
    """With the rights of whoever's server this is, where there is no data directory to work on."""
    from skyhub.client import connect

    return connect() if data_dir is None and "SKYHUB_URL" in os.environ else session(data_dir)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
