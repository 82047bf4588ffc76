"""Commands that look after the data, and the one that explains the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, DataDir, answer, data_directory, session
from skyhub.errors import Conflict, DamagedFile

__all__ = ["register"]

config_app = typer.Typer(help="The settings.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (backup, restore, check):
        app.command()(command)
    app.add_typer(config_app, name="config")


def backup(
    dest: Annotated[Path | None, typer.Argument(help="Where backups lie; by default DATA/backups.")] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="How many backups to keep there; all by default.")] = None,
    secrets: Annotated[bool, typer.Option(help="Copy the keys that sign tokens and encrypt secrets, too.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take a backup, while the service runs or not."""
    directory = None if dest is None else str(dest.resolve())
    with session(data_dir) as sky:
        sky.transport.be_patient()
        body = {"directory": directory, "keep": keep, "secrets": secrets}
        answer(sky.transport.post("/api/care/backup", body), as_json)


def restore(
    backup: Annotated[Path, typer.Argument(help="A backup: a directory that `skyhub backup` named.")],
    replace: Annotated[bool, typer.Option(help="Move what is in the data directory aside.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup into a data directory that is empty, or replace what is there; checked first."""
    from skyhub.addresses import running_service
    from skyhub.care import restore as put_back

    directory = data_directory(data_dir)
    if running_service(directory) is not None:
        raise Conflict(f"a service runs on {directory}: stop it first.", str(directory))
    answer(put_back(backup.resolve(), directory, replace), as_json)


def check(
    deep: Annotated[bool, typer.Option(help="Read everything and compare checksums.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Look whether all data fit together; problems are in the answer, not in the exit status."""
    answer(_checked(data_directory(data_dir), deep), as_json, _check_text)


def _checked(data_dir: Path, deep: bool) -> dict[str, Any]:
    from skyhub.care import check_unopened

    try:
        with session(data_dir) as sky:
            sky.transport.be_patient()
            document: dict[str, Any] = sky.transport.get("/api/care/check", deep=deep)
            return document
    except DamagedFile as error:
        return check_unopened(data_dir, error)


def _check_text(document: dict[str, Any]) -> str:
    lines = [f"{p['severity']}: {p['where']}: {p['message']} {p['what_to_do']}" for p in document["problems"]]
    rows = sum(document["counts"].values())
    return "\n".join(
        [*lines, f"{'ok' if document['ok'] else 'not ok'}: {rows} rows in {len(document['counts'])} tables"]
    )


@config_app.command("explain")
def explain(as_json: AsJson = False) -> None:
    """Show every setting: its value, where it comes from, its default and what is permitted."""
    from skyhub.config import explain_settings

    answer({"settings": explain_settings()}, as_json, _settings_text)


def _settings_text(document: dict[str, Any]) -> str:
    return "\n".join(
        f"{s['variable']} = {s['value']}   ({s['source']}; default {s['default']})\n    {s['description']}. {s['permitted']}"
        for s in document["settings"]
    )
