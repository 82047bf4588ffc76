"""Commands that help to find objects at a telescope."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.errors import InvalidInput

__all__ = ["register"]

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When it is observed; today.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(starlist)
    app.command("finding-chart")(finding_chart)


def starlist(
    objects: Annotated[list[str], typer.Argument(help="Names of objects, in the order of the list.")],
    format: Annotated[str, typer.Option(help="keck, p200, p200-ngps or shane.")] = "keck",
    day: Day = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print objects with their offset stars in the form that a telescope reads."""
    with session(data_dir) as sky:
        text = sky.finding.starlist(objects, format, day=day and day.date(), as_of=as_of)
    if as_json:
        answer({"format": format, "text": text}, as_json)
    else:
        typer.echo(text, nl=False)


def finding_chart(
    object_id: Annotated[str, typer.Argument(metavar="OBJECT", help="Name of an object.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to: a name that ends with .png or .pdf.")],
    size_arcmin: Annotated[float, typer.Option(help="Width on the sky.")] = 4.0,
    day: Day = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write a chart: the target, and the stars to offset from."""
    format = output.suffix.removeprefix(".").lower()
    if format not in ("png", "pdf"):
        raise InvalidInput(f"{output} ends with {output.suffix or 'nothing'}: .png and .pdf are permitted.", "output")
    with session(data_dir) as sky:
        chart = sky.finding.chart(object_id, format, size_arcmin, day=day and day.date(), as_of=as_of)
        chart.save(output)
    answer({"file": str(output), "bytes": len(chart.content)}, as_json)
