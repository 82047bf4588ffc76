"""Commands that bring data in and read them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from skyhub.cli import _candidates, _catalogs, _photometry, _search, _streams
from skyhub.cli._output import AsJson, AsOf, DataDir, answer, data_directory, session

__all__ = ["register"]

ingest_app = typer.Typer(help="Bring data in.", no_args_is_help=True)
user_app = typer.Typer(help="Accounts for embedded use.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(ingest_app, name="ingest")
    _candidates.register(app)
    _catalogs.register(ingest_app)
    _photometry.register(app, ingest_app)
    _search.register(app)
    _streams.register(app, ingest_app)
    app.add_typer(user_app, name="user")
    for command in (photometry, source, sql):
        app.command()(command)


@ingest_app.command("alerts")
def ingest_alerts(
    paths: Annotated[list[Path], typer.Argument(help="Files, or directories searched recursively.")],
    survey: Annotated[str, typer.Option(help="Survey of the packets; auto: each tells its own.")] = "auto",
    schemas: Annotated[Path | None, typer.Option(help="Avro schemas of messages that carry only a number.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store alert packets; each file is taken whole or refused whole."""
    from skyhub.alerts import AlertReader
    from skyhub.ingest import Stored, ingest_alert_files

    open_reader = partial(AlertReader.of, data_directory(data_dir), schemas)
    with session(data_dir) as sky:
        summary = ingest_alert_files(
            paths,
            lambda batch: Stored(**sky.transport.post_arrow("/api/alerts/packets", batch)),
            survey,
            open_reader,
            apart=True,
        )
    answer(summary.to_json(), as_json)
    if summary.rejected and not summary.stored and not summary.duplicates:
        raise typer.Exit(2)


@user_app.command("add")
def add_user(
    name: str,
    group: Annotated[list[str] | None, typer.Option(help="A group to be in.")] = None,
    stream: Annotated[list[str] | None, typer.Option(help="A stream to be entitled to.")] = None,
    role: Annotated[str | None, typer.Option(help="viewer, scanner (at first), scientist or administrator.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make sure that an account exists, in groups, with streams and a role."""
    with session(data_dir) as sky:
        body = {"name": name, "groups": group or [], "streams": stream or [], "role": role}
        answer(sky.transport.post("/api/users", body), as_json)


def photometry(
    object_id: str,
    duplicates: Annotated[
        str, typer.Option(help="all, or one point of each exposure: newest, forced or unforced.")
    ] = "all",
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the light curve of an object."""
    from skyhub.db import json_rows

    with session(data_dir) as sky:
        table = sky.photometry(object_id, duplicates=duplicates, as_of=as_of)
    answer({"rows": json_rows(table.to_rows())}, as_json)


def source(object_id: str, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show all that is known of an object."""
    with session(data_dir) as sky:
        answer(sky.source(object_id), as_json)


def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT statement.")],
    as_user: Annotated[str | None, typer.Option("--as", help="With whose rights to read.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run one read statement over what one may see."""
    from skyhub.db import json_value

    with session(data_dir) as sky:
        table = sky.transport.post_for_arrow("/api/sql", {"statement": statement, "as_user": as_user})
    columns = table.column_names
    rows = [json_value([column[i].as_py() for column in table.columns]) for i in range(len(table))]
    answer({"columns": columns, "rows": rows}, as_json)
