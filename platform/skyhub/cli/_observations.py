"""Commands about executed observations: logs of telescopes in, and what they covered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._data import ingest_app
from skyhub.cli._localizations import localization_app
from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.errors import InvalidInput, NotFound

__all__ = ["register"]

_COUNTS = ("read", "stored", "revised", "duplicates")


def register(app: typer.Typer) -> None:
    """Add the commands to ``skyhub ingest`` and ``skyhub localization``."""
    ingest_app.command("observations")(ingest_observations)
    localization_app.command("observed")(observed)


def ingest_observations(
    paths: Annotated[list[Path], typer.Argument(help="Logs, or directories searched recursively.")],
    instrument: Annotated[str, typer.Option(help="What observed.")],
    group: Annotated[list[str] | None, typer.Option(help="Who shall see them; all of one's groups by default.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store logs of executed observations; each file is taken whole or refused whole."""
    from skyhub.observations import observation_files

    total: dict[str, Any] = {**dict.fromkeys(_COUNTS, 0), "rejected": []}
    with session(data_dir) as sky:
        for path in observation_files(paths):
            try:
                done = sky.observations.add(path, instrument, group or None)
            except (InvalidInput, NotFound) as error:
                row = re.fullmatch(r"row (\d+)", error.where)
                reason = {"file": str(path), "record": int(row[1]) if row else None, "reason": error.message}
                total["rejected"].append(reason)
                continue
            for name in _COUNTS:
                total[name] += done[name]
    answer(total, as_json)
    if total["rejected"] and not any(total[name] for name in _COUNTS):
        raise typer.Exit(2)


def observed(
    localization: Annotated[int, typer.Argument(help="Number of a stored localization.")],
    instrument: Annotated[list[str] | None, typer.Option(help="Only with this instrument.")] = None,
    filter_name: Annotated[list[str] | None, typer.Option("--filter", help="Only in this filter.")] = None,
    start: Annotated[str | None, typer.Option(help="From when on (UTC); the localization's time by default.")] = None,
    end: Annotated[str | None, typer.Option(help="Until when (UTC).")] = None,
    deeper_than: Annotated[float | None, typer.Option(help="Only with a larger limiting magnitude.")] = None,
    visits: Annotated[
        int | None, typer.Option(help="Tell what was seen so often; it does not remain in a map.")
    ] = None,
    level: Annotated[float, typer.Option(help="Credible level of the region whose covered part is told.")] = 0.9,
    absolute_magnitude: Annotated[
        float | None, typer.Option(help="Of a constant source: tell the probability in volume of where it was seen.")
    ] = None,
    map_kind: Annotated[str | None, typer.Option("--map", help="Write a map: depth, visits or remaining.")] = None,
    nside: Annotated[int, typer.Option(help="Of the map, a power of two.")] = 256,
    out: Annotated[Path | None, typer.Option(help="FITS file of the map.")] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what executed observations covered of a localization, and write maps of it."""
    if (map_kind is None) != (out is None):
        raise InvalidInput("give both --map with a kind and --out with a file, or neither.", "map")
    asked = {
        "instrument": instrument or None, "filter": filter_name or None, "start": start, "end": end,
        "deeper_than": deeper_than, "visits": visits,
    }  # fmt: skip
    with session(data_dir) as sky:
        told = {**asked, "level": level, "absolute_magnitude": absolute_magnitude}
        document = sky.localizations.coverage(localization, as_of=as_of, **told)
        if map_kind is not None and out is not None:
            out.write_bytes(sky.localizations.observed(localization, map_kind, nside=nside, as_of=as_of, **asked))
    answer(document, as_json)
