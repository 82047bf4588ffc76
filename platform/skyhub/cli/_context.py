"""Commands about what catalogues say of the places of alerts."""

from __future__ import annotations

from typing import Annotated

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session

__all__ = ["register"]

context_app = typer.Typer(help="What catalogues say of the places of alerts.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(context_app, name="context")


@context_app.command("show")
def show(
    object_id: str,
    limit: Annotated[int, typer.Option(help="At most so many alerts.")] = 10,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show host, TNS name, stars, active nuclei, variables and minor planets at an object's place."""
    with session(data_dir) as sky:
        answer(sky.context(object_id, limit=limit, as_of=as_of), as_json)


@context_app.command("match")
def match(
    objects: Annotated[list[str] | None, typer.Option("--object", help="All alerts of this object.")] = None,
    nights: Annotated[list[str] | None, typer.Option("--night", help="All alerts of this night.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare alerts with the catalogues of now; what differs is kept as a new version of their context."""
    with session(data_dir) as sky:
        answer(sky.context.match(objects or [], nights or []), as_json)
