"""Commands about sky maps in files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skyhub.cli._output import AsJson, DataDir, answer

__all__ = ["register"]

localization_app = typer.Typer(help="What sky maps say, and what lies in them.", no_args_is_help=True)

_Map = Annotated[Path, typer.Argument(help="FITS file of a sky map: of many orders or flat, gzipped or plain.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(localization_app, name="localization")


@localization_app.command("stats")
def stats(path: _Map, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show areas (deg²), the densest place (deg) and the distance (Mpc) of a sky map."""
    from skyhub.localizations import read_map, stats_of_map

    answer(stats_of_map(read_map(path)), as_json)


@localization_app.command("search")
def search(
    path: _Map,
    catalog: Annotated[Path, typer.Option(help="Table with the columns ra, dec (deg) and perhaps distance (Mpc).")],
    level: Annotated[float, typer.Option(help="Largest credible level of what is shown.")] = 0.9,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the entries of a catalogue inside a credible level of a sky map."""
    from skyhub.localizations import read_map, search_file

    answer(search_file(read_map(path), catalog, level), as_json)


@localization_app.command("coverage")
def coverage(
    path: _Map,
    pointings: Annotated[Path, typer.Option(help="Table with the columns ra and dec (deg), a row for each pointing.")],
    footprint: Annotated[Path, typer.Option(help="ds9 region of what the camera sees at once.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the probability and the area (deg²) of what pointings covered of a sky map."""
    from skyhub.localizations import coverage_of_files, read_map

    answer(coverage_of_files(read_map(path), pointings, footprint), as_json)
