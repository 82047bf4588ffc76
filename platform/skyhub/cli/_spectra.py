"""The command that brings spectra in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._data import ingest_app
from skyhub.cli._output import AsJson, DataDir, answer, session
from skyhub.errors import InvalidInput, SkyhubError, StorageError, Unavailable

__all__ = ["register"]

_NO_SPECTRA = {".md", ".rst", ".py", ".yml", ".yaml", ".json", ".png", ".pdf", ".html", ".ipynb", ".head", ".avsc"}
_NO_NAMES = {"index.csv", "readme", "readme.txt", "license", "licence"}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    ingest_app.command("spectrum")(ingest_spectrum)


def ingest_spectrum(
    paths: Annotated[list[Path], typer.Argument(help="Files, or directories searched recursively.")],
    object_id: Annotated[str | None, typer.Option("--object", help="By default the object that a file names.")] = None,
    observed_at: Annotated[str | None, typer.Option(help="UTC; by default of a file's header, or in its name.")] = None,
    instrument: Annotated[str | None, typer.Option(help="By default the one that a file names.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Who shall see it; all of one's groups by default.")] = None,
    ra: Annotated[float | None, typer.Option(help="deg, of an object that is not there yet.")] = None,
    dec: Annotated[float | None, typer.Option(help="deg, of an object that is not there yet.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="source, host or host_center.")] = None,
    label: Annotated[str | None, typer.Option(help="Tells it from others of the same exposure.")] = None,
    wave_column: Annotated[str | None, typer.Option(help="Number (from 0) or name of the column.")] = None,
    flux_column: Annotated[str | None, typer.Option(help="Number (from 0) or name of the column.")] = None,
    fluxerr_column: Annotated[str | None, typer.Option(help="Number (from 0) or name of the column.")] = None,
    wave_unit: Annotated[str | None, typer.Option(help="Angstrom, nm, um, cm or m.")] = None,
    flux_unit: Annotated[str | None, typer.Option(help="Such as '1e-17 erg/s/cm2/Angstrom'.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be stored.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store spectra; each file is taken whole or refused whole."""
    said = {
        "object_id": object_id, "observed_at": observed_at, "instrument": instrument, "groups": group, "ra": ra,
        "dec": dec, "type": kind, "label": label, "wave_column": wave_column, "flux_column": flux_column,
        "fluxerr_column": fluxerr_column, "wave_unit": wave_unit, "flux_unit": flux_unit, "dry_run": dry_run,
    }  # fmt: skip
    with session(data_dir) as sky:
        document = _ingest(sky, _files(paths), {name: value for name, value in said.items() if value is not None})
    answer(document, as_json)
    if document["rejected"] and not document["stored"] and not document["duplicates"]:
        raise typer.Exit(2)


def _ingest(sky: Any, files: Iterable[Path], said: dict[str, Any]) -> dict[str, Any]:
    counts = {"read": 0, "stored": 0, "revised": 0, "duplicates": 0}
    rejected: list[dict[str, Any]] = []
    spectra: list[dict[str, Any]] = []
    for path in files:
        try:
            found = sky.spectra.upload(path, **said)
        except (Unavailable, StorageError):
            raise
        except SkyhubError as error:
            rejected.append({"file": str(path), "record": None, "reason": error.message})
            continue
        for name in counts:
            counts[name] += found[name]
        spectra += [{"file": str(path), **_named(record)} for record in found["spectra"]]
    return {**counts, "rejected": rejected, "spectra": spectra}


def _named(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ("spectrum_id", "object_id", "observed_at", "n_points", "version", "notes")}


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files by name; of directories those that may be spectra."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and _may_be_spectrum(p))
        elif path.exists():
            yield path
        else:
            raise InvalidInput(f"{path} does not exist: give a file, or a directory with spectra.", str(path))


def _may_be_spectrum(path: Path) -> bool:
    plain = path.name.lower()
    return not (plain.startswith(".") or plain in _NO_NAMES or path.suffix.lower() in _NO_SPECTRA)
