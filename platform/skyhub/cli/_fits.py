"""The command that fits models to the light curves of objects."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, DataDir, answer, session
from skyhub.cli._report_runs import finish
from skyhub.errors import InvalidInput, PermissionRefused, SkyhubError, StorageError, Unavailable

__all__ = ["register"]

_MODELS = "salt3, salt2, salt3-nir, bazin, villar, nickel, magnetar, shock_cooling, kilonova, afterglow or disruption."


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(fit)


def fit(
    objects: Annotated[list[str], typer.Argument(help="Objects.")],
    model: Annotated[str, typer.Option(help=_MODELS)] = "salt3",
    filters: Annotated[str, typer.Option(help="Only these, separated by commas.")] = "",
    redshift: Annotated[str, typer.Option(help="noted, free, or a value.")] = "noted",
    mjd_min: Annotated[float | None, typer.Option(help="Only points from then on (MJD).")] = None,
    mjd_max: Annotated[float | None, typer.Option(help="Only points until then (MJD).")] = None,
    cited: Annotated[bool, typer.Option("--cited", help="Also points of circulars, which others measured.")] = False,
    annotate: Annotated[bool, typer.Option(help="Also annotate the objects.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fit a model to the light curves of objects, and keep each fit with its notebook.

    Objects that are not there, and fits that fail, are rejected with the reason; the others are made.
    """
    asked: dict[str, Any] = {
        "filters": [name.strip() for name in filters.split(",") if name.strip()],
        "redshift": redshift if redshift in ("noted", "free") else _number(redshift),
        "mjd_min": mjd_min,
        "mjd_max": mjd_max,
        "cited": cited,
        "annotate": annotate,
    }
    rows: list[dict[str, Any]] = []
    rejected: list[dict[str, str]] = []
    with session(data_dir) as sky:
        for object_id in objects:
            try:
                rows.append(_fitted(sky, object_id, model, asked))
            except (InvalidInput, PermissionRefused, StorageError, Unavailable):
                raise
            except SkyhubError as error:
                rejected.append({"object_id": object_id, "reason": error.message})
    answer({"rows": rows, "rejected": rejected}, as_json)
    if not rows:
        raise typer.Exit(2)


def _fitted(sky: Any, object_id: str, model: str, asked: dict[str, Any]) -> dict[str, Any]:
    report_id = sky.fits.request(object_id, model, **asked)
    finish(sky, report_id)
    found: dict[str, Any] = sky.fits.rows(object_id=object_id, report_id=report_id)[0]
    return found


def _number(redshift: str) -> float:
    try:
        return float(redshift)
    except ValueError:
        raise InvalidInput(f"redshift is {redshift!r}: noted, free or a number is permitted.", "--redshift") from None
