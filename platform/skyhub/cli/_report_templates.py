"""Commands for the reports that groups keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, DataDir, answer, session
from skyhub.cli._report_runs import Parameters, Values, finish, pairs, text_and_facts

__all__ = ["template_app"]

template_app = typer.Typer(help="Reports that groups keep: fork, upload, try and activate them.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The report, as GROUP/NAME.")]
Version = Annotated[int, typer.Argument(help="The number of a version.")]
Reason = Annotated[str | None, typer.Option(help="Why.")]


@template_app.command("list")
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the reports of one's groups."""
    shown = ("name", "title", "current", "forked_from", "original_changed")
    with session(data_dir) as sky:
        rows = [{**{k: t[k] for k in shown}, "newest": len(t["versions"])} for t in sky.report_templates()]
    answer({"rows": rows}, as_json)


@template_app.command()
def show(name: Name, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show a report's versions and states."""
    with session(data_dir) as sky:
        answer(sky.report_templates.get(name), as_json)


@template_app.command()
def fork(
    shipped: Annotated[str, typer.Argument(help="A report that comes with skyhub.")],
    name: Name,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a report that comes with skyhub a group's own."""
    group, _, own = name.rpartition("/")
    with session(data_dir) as sky:
        answer(sky.report_templates.fork(shipped, group, own), as_json)


@template_app.command()
def upload(
    name: Name,
    notebook: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The notebook, without outputs.")],
    sidecar: Annotated[Path | None, typer.Option(help="The sidecar; by default that beside the notebook.")] = None,
    follows_shipped: Annotated[
        bool, typer.Option("--follows-shipped", help="It takes over what the original of the fork has become.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store a report of a group, or a new version of one."""
    group, _, own = name.rpartition("/")
    with session(data_dir) as sky:
        answer(sky.report_templates.upload(group, own, notebook, sidecar, follows_shipped=follows_shipped), as_json)


@template_app.command()
def download(name: Name, version: Version, notebook: Path, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Write a version's notebook to a file, and its sidecar beside it."""
    with session(data_dir) as sky:
        source = sky.report_templates.source(name, version)
    beside = notebook.with_suffix(".yaml")
    notebook.write_text(source["notebook"], "utf-8")
    beside.write_text(source["sidecar"], "utf-8")
    answer({"notebook": str(notebook), "sidecar": str(beside), "sha256": source["sha256"]}, as_json)


@template_app.command()
def diff(
    name: Name,
    version: Version,
    against: Annotated[str, typer.Option(help="original, shipped, or a version.")] = "original",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell how a version differs, cell by cell."""
    with session(data_dir) as sky:
        answer(sky.report_templates.differences(name, version, against), as_json)


@template_app.command("dry-run")
def dry_run(
    name: Name,
    version: Version,
    values: Values = None,
    parameter: Parameters = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run a version with one's own rights, and tell what came of it."""
    with session(data_dir) as sky:
        report_id = sky.report_templates.dry_run(name, version, **pairs(parameter or [], values or []))
        finish(sky, report_id)
        answer(_told(sky, report_id), as_json)


@template_app.command()
def activate(
    name: Name, version: Version, reason: Reason = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Take a version into force that has a dry run which succeeded."""
    with session(data_dir) as sky:
        answer(sky.report_templates.activate(name, version, reason), as_json)


@template_app.command()
def deactivate(name: Name, reason: Reason = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Take a report out of force."""
    with session(data_dir) as sky:
        answer(sky.report_templates.deactivate(name, reason), as_json)


def _told(sky: Any, report_id: str) -> dict[str, Any]:
    return {
        "id": report_id,
        **text_and_facts(sky, report_id),
        "log": sky.reports.artifact(report_id, "log").decode(),
        "findings": sky.reports.findings(report_id),
    }
