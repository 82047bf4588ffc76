"""Commands about sky maps: what their files say, and bringing them in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._data import ingest_app
from skyhub.cli._output import AsJson, DataDir, answer, session
from skyhub.errors import InvalidInput, SkyhubError, StorageError, Unavailable

__all__ = ["register"]

localization_app = typer.Typer(help="What sky maps say, and what lies in them.", no_args_is_help=True)

_SHOWN = ("localization_id", "name", "dateobs", "area_50", "area_90", "prob_sum", "distmean", "diststd", "notes")
_MAYBE_MAP = re.compile(r"\.(fits?|fits?\.gz)$", re.IGNORECASE)
_Map = Annotated[Path, typer.Argument(help="FITS file of a sky map: of many orders or flat, gzipped or plain.")]


class Combined(StrEnum):
    """How two maps become one."""

    product = "product"
    mixture = "mixture"


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(localization_app, name="localization")
    ingest_app.command("localization")(ingest_localization)


def ingest_localization(
    paths: Annotated[list[Path], typer.Argument(help="FITS files of sky maps, or directories searched recursively.")],
    event: Annotated[str | None, typer.Option(help="Time (UTC) of the event that they belong to.")] = None,
    name: Annotated[str | None, typer.Option(help="What to call it; the name of the file.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Who shall see it; all of one's groups by default.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store sky maps; the same map of the same event is stored once."""
    with session(data_dir) as sky:
        document = _ingest(sky, _files(paths), {"dateobs": event, "name": name, "groups": group})
    answer(document, as_json)
    if document["rejected"] and not document["stored"] and not document["duplicates"]:
        raise typer.Exit(2)


def _ingest(sky: Any, files: Iterable[Path], said: dict[str, Any]) -> dict[str, Any]:
    counts = {"read": 0, "stored": 0, "duplicates": 0}
    rejected: list[dict[str, Any]] = []
    stored: list[dict[str, Any]] = []
    for path in files:
        try:
            found = sky.localizations.upload(path, **said)
        except (Unavailable, StorageError):
            raise
        except SkyhubError as error:
            rejected.append({"file": str(path), "record": None, "reason": error.message})
            continue
        for key in counts:
            counts[key] += found[key]
        stored.append({"file": str(path), **{key: found["localization"][key] for key in _SHOWN}})
    return {**counts, "rejected": rejected, "localizations": stored}


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files by name; of directories those that may be sky maps."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and _MAYBE_MAP.search(p.name))
        elif path.exists():
            yield path
        else:
            raise InvalidInput(f"{path} does not exist: give a file, or a directory with sky maps.", str(path))


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


@localization_app.command("combine")
def combine(
    path: _Map,
    other: _Map,
    out: Annotated[Path, typer.Option(help="FITS file to write; it may not exist yet.")],
    how: Annotated[Combined, typer.Option(help="A source that made both, or one that made either.")] = Combined.product,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write the product or the mixture of two sky maps, and show what it says and their overlap integral."""
    from skyhub.localizations import combine_files

    answer(combine_files(path, other, how.value, out), as_json)
