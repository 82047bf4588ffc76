"""The command that searches objects, with the fields of the interface."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.errors import InvalidInput

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(search)


def search(
    asked: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE…", help="Such as classification='SN Ia' max_redshift=0.1 sort=peak_mag."),
    ] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Search objects by what is known of them; a field that is given several times has several values."""
    fields: dict[str, list[str]] = defaultdict(list)
    for condition in asked or ():
        name, equals, value = condition.partition("=")
        if not equals:
            raise InvalidInput(
                f"{condition!r} is no condition: give it as field=value, such as saved=saved.", condition
            )
        fields[name].append(value)
    with session(data_dir) as sky:
        page: dict[str, Any] = sky.transport.get("/api/search", **{**fields, "as_of": as_of})
    rows = page.pop("objects")
    answer({**page, "rows": rows}, as_json)
