"""Commands that bring in facilities, grids of fields, galaxies and extended sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, DataDir, answer, session
from skyhub.errors import InvalidInput

__all__ = ["register"]

_MOST = 100_000
_Catalog = Annotated[str, typer.Option(help="Name of the catalogue; made if there is none.")]
_Columns = Annotated[list[str] | None, typer.Option("--map", help="OURS=THEIRS, for a column not known by its name.")]
_Instrument = Annotated[str, typer.Option(help="Whose fields they are.")]
_Footprint = Annotated[Path | None, typer.Option(help="ds9 region of what the camera sees at once.")]


def register(ingest: typer.Typer) -> None:
    """Add the commands to ``skyhub ingest``."""
    ingest.command("telescopes")(ingest_telescopes)
    ingest.command("instruments")(ingest_instruments)
    ingest.command("fields")(ingest_fields)
    ingest.command("detector")(ingest_detector)
    ingest.command("catalog")(ingest_catalog)
    ingest.command("galaxies")(ingest_galaxies)
    ingest.command("spatial")(ingest_spatial)


def ingest_telescopes(path: Path, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Store the telescopes of a YAML file (skyhub's or SkyPortal's fields)."""
    _facilities(path, "telescopes", data_dir, as_json)


def ingest_instruments(path: Path, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Store the instruments of a YAML file (skyhub's or SkyPortal's fields); their telescopes must be there."""
    _facilities(path, "instruments", data_dir, as_json)


def ingest_fields(
    path: Path,
    instrument: _Instrument,
    footprint: _Footprint = None,
    references: Annotated[Path | None, typer.Option(help="Table of references: field, filter, limmag.")] = None,
    telescope: Annotated[str | None, typer.Option(help="Make the instrument, at this telescope.")] = None,
    filters: Annotated[str, typer.Option(help="Filters of a new instrument, separated by commas.")] = "",
    keep: Annotated[bool, typer.Option(help="Keep fields that the file has not.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store the grid of fields of an instrument; the one there is superseded."""
    from skyhub.facilities import read_grid, read_references

    region = _text(footprint) if footprint else None
    grid = read_grid(path)
    if references:
        grid = read_references(references, grid)
    with session(data_dir) as sky:
        if telescope:
            names = [name for name in filters.split(",") if name]
            sky.instruments.add(name=instrument, telescope=telescope, type="imager", filters=names)
        summary = sky.instruments.set_fields(instrument, grid, region, keep=keep)
    _finish(summary, as_json)


def ingest_detector(
    path: Path,
    detector: Annotated[str, typer.Option(help="Nickname of the detector.")],
    series: Annotated[str, typer.Option(help="intervals (GPS begin and end) or spectrum (Hz, Hz^-1/2).")] = "intervals",
    label: Annotated[str | None, typer.Option(help="Observing run of intervals, or name of the spectrum.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store when a detector took data, or its noise."""
    from skyhub.facilities import read_intervals, read_spectrum

    if series == "spectrum":
        table = "spectra"
        rows: list[dict[str, Any]] = [{"label": label or path.stem, **read_spectrum(path)}]
    elif series == "intervals":
        table = "intervals"
        rows = [{**row, "run": label} for row in read_intervals(path)]
    else:
        raise InvalidInput(f"series is {series!r}: intervals and spectrum are permitted.", "series")
    with session(data_dir) as sky:
        kind = getattr(sky.detectors, table)
        done = kind.add_all([{"detector": detector, **row} for row in rows], revise=True)
    summary = {"read": len(rows), "stored": done["added"] + done["revised"], "duplicates": done["unchanged"]}
    _finish({**summary, "rejected": []}, as_json)


def ingest_catalog(
    path: Path,
    kind: Annotated[str, typer.Option(help="What its entries are: galaxy, tns, star, agn or variable.")],
    name: Annotated[str, typer.Option(help="Name of the catalogue; made if there is none.")],
    columns: _Columns = None,
    keep: Annotated[bool, typer.Option(help="Keep entries that the file has not.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Load a catalogue that alerts are compared with as they come; the copy there is superseded."""
    with session(data_dir) as sky:
        _finish(sky.catalogs.load(path, name, kind, _pairs(columns), keep=keep), as_json)


def ingest_galaxies(
    path: Path, catalog: _Catalog, columns: _Columns = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Store the galaxies of a file: CSV, Parquet, FITS, VOTable or HDF5."""
    with session(data_dir) as sky:
        _finish(sky.galaxies.add(path, catalog, _pairs(columns)), as_json)


def ingest_spatial(
    path: Path,
    catalog: _Catalog,
    columns: _Columns = None,
    radius: Annotated[float | None, typer.Option(help="Extent (deg) of entries without one.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store the extended sources of a file: cones and ellipses."""
    with session(data_dir) as sky:
        _finish(sky.catalogs.add(path, catalog, _pairs(columns), radius), as_json)


def _pairs(columns: list[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in columns or []]
    for ours, equals, theirs in pairs:
        if not (ours and equals and theirs):
            raise InvalidInput(f"{ours + equals + theirs!r} matches no columns: give --map OURS=THEIRS.", "map")
    return {ours: theirs for ours, _, theirs in pairs}


def _facilities(path: Path, kind: str, data_dir: Path | None, as_json: bool) -> None:
    from skyhub.facilities import ingest_facilities, merged

    with session(data_dir) as sky:
        records = getattr(sky, kind)
        known = set(records.schema["properties"])
        [key] = records.schema["key"]
        before = {row[key]: {name: row[name] for name in known} for row in records.rows(limit=_MOST)}

        def add(fields: dict[str, Any]) -> str:
            done = records.add_all([merged(before.get(fields.get(key), {}), fields)], revise=True)
            return next(action for action in ("added", "revised", "unchanged") if done[action])

        summary = ingest_facilities(path, kind, known, add)
    _finish(summary.to_json(), as_json)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read as text: {error}", str(path)) from error


def _finish(summary: dict[str, Any], as_json: bool) -> None:
    answer(summary, as_json)
    if summary["rejected"] and not summary["stored"] and not summary["duplicates"]:
        raise typer.Exit(2)
