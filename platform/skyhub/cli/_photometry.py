"""Commands that bring photometry in, share it and remove it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, DataDir, answer, session
from skyhub.errors import InvalidInput, NotFound

__all__ = ["register"]

_COUNTS = ("read", "stored", "revised", "duplicates", "shared", "unshared")


_Upload = Annotated[int | None, typer.Option("--upload", help="Points of the upload of this number.")]
_Object = Annotated[str | None, typer.Option("--object", help="Uploaded points of this object.")]
_Instrument = Annotated[str | None, typer.Option(help="With --object, only points of this instrument.")]
_Points = Annotated[list[int] | None, typer.Option("--point", help="A point, by its photometry_id.")]


def register(app: typer.Typer, ingest_app: typer.Typer) -> None:
    """Add the commands to the application, and to those that bring data in."""
    ingest_app.command("photometry")(ingest_photometry)
    for command in (share_photometry, remove_photometry):
        app.command()(command)


def ingest_photometry(
    paths: Annotated[list[Path], typer.Argument(help="Files, or directories searched recursively.")],
    object_id: Annotated[str | None, typer.Option("--object", help="Object of points that name none.")] = None,
    instrument: Annotated[str | None, typer.Option(help="Instrument of points that name none.")] = None,
    filter_name: Annotated[str | None, typer.Option("--filter", help="Bandpass of points that name none.")] = None,
    band: Annotated[list[str] | None, typer.Option(help="What a filter name stands for, as g=sdssg.")] = None,
    magsys: Annotated[str | None, typer.Option(help="ab or vega, of points that name none.")] = None,
    zp: Annotated[float | None, typer.Option(help="Zero point (mag) of fluxes that name none.")] = None,
    origin: Annotated[str | None, typer.Option(help="Origin of points that name none, such as forced.")] = None,
    ra: Annotated[float | None, typer.Option(help="Right ascension (deg) of a new object.")] = None,
    dec: Annotated[float | None, typer.Option(help="Declination (deg) of a new object.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A group that shall see the points.")] = None,
    stream: Annotated[list[str] | None, typer.Option(help="A stream one must be entitled to, to see them.")] = None,
    default_error: Annotated[float | None, typer.Option(help="Error (mag) of magnitudes that have none.")] = None,
    share_duplicates: Annotated[bool, typer.Option(help="Show the groups what one has uploaded for others.")] = False,
    skip_unknown_filters: Annotated[bool, typer.Option(help="Leave points in unknown filters out.")] = False,
    skip_invalid: Annotated[bool, typer.Option(help="Leave points that cannot be used out.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be stored.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store light curves; each file is taken whole or refused whole."""
    from skyhub.photometry import photometry_files

    options = {
        "object_id": object_id, "instrument": instrument, "filter": filter_name, "bands": _bands(band), "magsys": magsys,
        "zp": zp, "origin": origin, "ra": ra, "dec": dec, "groups": group or None, "streams": stream or None,
        "default_error": default_error, "skip_unknown_filters": skip_unknown_filters, "skip_invalid": skip_invalid,
        "dry_run": dry_run, "share_duplicates": share_duplicates,
    }  # fmt: skip
    total: dict[str, Any] = {
        **dict.fromkeys(_COUNTS, 0),
        "objects": 0,
        "object_ids": [],
        "rejected": [],
        "dry_run": dry_run,
    }
    with session(data_dir) as sky:
        for path in photometry_files(paths):
            _ingest(sky, path, options, total)
    answer(total, as_json)
    if total["rejected"] and not any(total[name] for name in ("stored", "revised", "duplicates")):
        raise typer.Exit(2)


def share_photometry(
    group: Annotated[list[str], typer.Option(help="A group that shall see the points.")],
    keep: Annotated[bool, typer.Option(help="Groups that see the points already go on seeing them.")] = False,
    upload: _Upload = None,
    object_id: _Object = None,
    instrument: _Instrument = None,
    point: _Points = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say which groups see uploaded points."""
    with session(data_dir) as sky:
        done = sky.share_photometry(*group, keep=keep, **_chosen(upload, object_id, instrument, point))
    answer(done, as_json)


def remove_photometry(
    upload: _Upload = None,
    object_id: _Object = None,
    instrument: _Instrument = None,
    point: _Points = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """End uploaded points; what was known earlier still tells of them."""
    with session(data_dir) as sky:
        answer(sky.remove_photometry(**_chosen(upload, object_id, instrument, point)), as_json)


def _chosen(
    upload: int | None, object_id: str | None, instrument: str | None, point: list[int] | None
) -> dict[str, Any]:
    given = {"upload_id": upload, "object_id": object_id, "instrument": instrument, "photometry_ids": point or None}
    return {name: value for name, value in given.items() if value is not None}


def _ingest(sky: Any, path: Path, options: dict[str, Any], total: dict[str, Any]) -> None:
    try:
        done = sky.upload_photometry(path, **options)
    except (InvalidInput, NotFound) as error:
        total["rejected"].append({"file": str(path), "record": _record(error.where), "reason": error.message})
        return
    for name in _COUNTS:
        total[name] += done[name]
    total["object_ids"] = sorted({*total["object_ids"], *done["object_ids"]})
    total["objects"] = len(total["object_ids"])
    total["rejected"] += done["rejected"]
    if options["dry_run"]:
        total.setdefault("rows", []).extend(done["rows"])


def _record(where: str) -> int | None:
    """The number of the row that an error is about."""
    match = re.fullmatch(r"row (\d+)", where)
    return int(match[1]) if match else None


def _bands(given: list[str] | None) -> dict[str, str] | None:
    pairs = [text.partition("=") for text in given or []]
    if any(not (name and mark and band) for name, mark, band in pairs):
        raise InvalidInput(f"--band takes NAME=BANDPASS, such as g=sdssg, not {given}.", "--band")
    return {name: band for name, _, band in pairs} or None
