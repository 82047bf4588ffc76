"""The command that plans observations of a sky map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.errors import InvalidInput

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(plan)


def plan(
    localization: Annotated[str, typer.Option(help="FITS file of a sky map, or the number of a stored localization.")],
    instrument: Annotated[str, typer.Option(help="Name of the instrument.")],
    start: Annotated[str, typer.Option(help="Begin (UTC), as 2019-04-25T08:18:05.")],
    filters: Annotated[str, typer.Option(help="Filters, separated by commas; visits take them in turn.")],
    hours: Annotated[float, typer.Option(help="How long the plan may last.")] = 24.0,
    exposure: Annotated[str, typer.Option(help="Exposure time (s); several as g=30,r=60.")] = "300",
    visits: Annotated[int | None, typer.Option(help="Visits of a field; one in each filter, at least.")] = None,
    gap: Annotated[float, typer.Option(help="Smallest time between two visits of a field (min).")] = 30.0,
    airmass: Annotated[float, typer.Option(help="Largest airmass.")] = 2.5,
    sun_altitude: Annotated[float, typer.Option(help="Highest altitude of the Sun (deg).")] = -12.0,
    moon_separation: Annotated[float, typer.Option(help="Smallest angle to the Moon (deg).")] = 0.0,
    hour_angle: Annotated[float | None, typer.Option(help="Largest distance from the meridian (h).")] = None,
    credible_level: Annotated[float | None, typer.Option(help="Only probability in this region counts.")] = None,
    max_fields: Annotated[int | None, typer.Option(help="At most so many fields.")] = None,
    galactic_latitude: Annotated[
        float, typer.Option(help="Leave out fields nearer to the galactic plane (deg).")
    ] = 0.0,
    excluded_fields: Annotated[str, typer.Option(help="Not these fields, separated by commas.")] = "",
    pinned_fields: Annotated[str, typer.Option(help="These fields before all others.")] = "",
    method: Annotated[str, typer.Option(help="preview (at once) or optimise.")] = "optimise",
    budget: Annotated[float, typer.Option(help="How long the optimiser may take (s).")] = 6.0,
    export: Annotated[
        str | None,
        typer.Option(help="Also write it: csv, json, ecsv, ztf (queue), rubin (list), gcn (text) or ds9 (regions)."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write it.")] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Plan which fields to observe when, so that they hold most of a sky map's probability."""
    wishes = {
        "hours": hours, "exposure": _exposure(exposure), "visits": visits, "gap": gap, "airmass": airmass,
        "sun_altitude": sun_altitude, "moon_separation": moon_separation, "hour_angle": hour_angle,
        "credible_level": credible_level, "max_fields": max_fields, "galactic_latitude": galactic_latitude,
        "excluded_fields": _numbers(excluded_fields, "excluded_fields"),
        "pinned_fields": _numbers(pinned_fields, "pinned_fields"), "method": method, "budget": budget,
    }  # fmt: skip
    _require_place(export, out)
    names = [name.strip() for name in filters.split(",") if name.strip()]
    with session(data_dir) as sky:
        found = sky.plans.draft(localization, instrument, start, names, as_of=as_of, **wishes)
        fields = sky.plans.timeline(found, localization)["fields"] if export == "ds9" else ()
    if export is not None:
        found.export(export, out, fields)
    answer(dict(found), as_json)


def _require_place(export: str | None, out: Path | None) -> None:
    if (export is None) != (out is None):
        raise InvalidInput("give both --export with a format and --out with a file, or neither.", "export")
    if export is None or out is None:
        return
    from skyhub.planning import EXPORT_FORMATS

    if export not in EXPORT_FORMATS:
        raise InvalidInput(f"the format is {export!r}: {', '.join(EXPORT_FORMATS)} are permitted.", "export")
    if not out.parent.is_dir():
        raise InvalidInput(f"{out.parent} is no folder: name a file in one that there is.", "out")


def _numbers(text: str, where: str) -> list[int] | None:
    try:
        return [int(part) for part in text.split(",")] if text else None
    except ValueError:
        raise InvalidInput(f"{where} is {text!r}: give numbers of fields as 507,508.", where) from None


def _exposure(text: str) -> float | dict[str, float]:
    """One time for all filters, or one by filter."""
    try:
        if "=" not in text:
            return float(text)
        pairs = [part.split("=") for part in text.split(",")]
        return {name.strip(): float(seconds) for name, seconds in pairs}
    except ValueError:
        raise InvalidInput(
            f"the exposure is {text!r}: give seconds as 300, or by filter as g=30,r=60.", "exposure"
        ) from None
