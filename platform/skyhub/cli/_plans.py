"""Commands about plans of observations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.errors import InvalidInput

__all__ = ["register"]

plans_app = typer.Typer(help="Plan which fields to observe when; keep and explain plans.", invoke_without_command=True)

_LISTED = (
    "plan_id", "name", "localization_id", "instrument", "state", "probability", "upper_bound", "n_fields", "n_observations",
    "planned_at", "author",
)  # fmt: skip
_NEEDED = ("localization", "instrument", "start", "filters")
_NUMBERS = ("field_ids", "excluded_fields", "pinned_fields")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(plans_app, name="plan")


@plans_app.callback()
def plan(
    context: typer.Context,
    localization: Annotated[
        str | None, typer.Option(help="FITS file of a sky map, or the number of a stored localization.")
    ] = None,
    instrument: Annotated[
        list[str] | None, typer.Option(help="Name of the instrument; several share the probability.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="Begin (UTC), as 2019-04-25T08:18:05.")] = None,
    filters: Annotated[str | None, typer.Option(help="Filters, separated by commas; visits take them in turn.")] = None,
    hours: Annotated[float, typer.Option(help="How long the plan may last.")] = 24.0,
    exposure: Annotated[str, typer.Option(help="Exposure time (s); several as g=30,r=60.")] = "300",
    visits: Annotated[int | None, typer.Option(help="Visits of a field; one in each filter, at least.")] = None,
    filter_strategy: Annotated[
        str, typer.Option(help="block (a filter a visit) or integrated (all in each).")
    ] = "block",
    balance_exposure: Annotated[
        bool, typer.Option(help="A field gets all its visits or none; else those that it can get.")
    ] = True,
    gap: Annotated[float, typer.Option(help="Smallest time between two visits of a field (min).")] = 30.0,
    airmass: Annotated[float, typer.Option(help="Largest airmass.")] = 2.5,
    sun_altitude: Annotated[float, typer.Option(help="Highest altitude of the Sun (deg).")] = -12.0,
    moon_separation: Annotated[float, typer.Option(help="Smallest angle to the Moon (deg).")] = 0.0,
    moon_illumination: Annotated[
        float, typer.Option(help="Largest illuminated fraction of the Moon while it is up.")
    ] = 1.0,
    hour_angle: Annotated[float | None, typer.Option(help="Largest distance from the meridian (h).")] = None,
    credible_level: Annotated[float | None, typer.Option(help="Only probability in this region counts.")] = None,
    max_fields: Annotated[int | None, typer.Option(help="At most so many fields.")] = None,
    total_hours: Annotated[float | None, typer.Option(help="At most so much time at the telescope.")] = None,
    order: Annotated[str, typer.Option(help="slew (short ways) or airmass (each field high).")] = "slew",
    pointings: Annotated[str, typer.Option(help="fields, own (tiles of its own) or galaxies.")] = "fields",
    catalog: Annotated[str | None, typer.Option(help="Only galaxies of this catalogue.")] = None,
    weight: Annotated[str, typer.Option(help="Galaxies by mass, luminosity or none.")] = "mass",
    field_set: Annotated[str | None, typer.Option(help="Only fields of this set: primary, secondary.")] = None,
    references: Annotated[
        bool, typer.Option("--references", help="Only fields with references in all filters.")
    ] = False,
    galactic_latitude: Annotated[
        float, typer.Option(help="Leave out fields nearer to the galactic plane (deg).")
    ] = 0.0,
    ra_range: Annotated[str, typer.Option(help="Only fields between (deg), eastwards, as 350,20.")] = "",
    field_ids: Annotated[str, typer.Option(help="Only these fields, separated by commas.")] = "",
    excluded_fields: Annotated[str, typer.Option(help="Not these fields.")] = "",
    pinned_fields: Annotated[str, typer.Option(help="These fields before all others.")] = "",
    subtract: Annotated[str | None, typer.Option(help="observed: plan for what was not seen yet.")] = None,
    subtract_deeper: Annotated[float | None, typer.Option(help="Only what was seen with a larger limit (mag).")] = None,
    subtract_visits: Annotated[int, typer.Option(help="Only what was seen so often.")] = 1,
    method: Annotated[str, typer.Option(help="preview (at once) or optimise.")] = "optimise",
    budget: Annotated[float, typer.Option(help="How long the optimiser may take (s).")] = 6.0,
    own: Annotated[
        list[str] | None, typer.Option(help="Of several instruments: what differs for one, as DECam.filters=z.")
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(help="Also write it: csv, json, ecsv, ztf (queue), rubin (list), gcn (text) or ds9 (regions)."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write it.")] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Plan which fields to observe when, so that they hold most of a sky map's probability; or list, show, explain, export."""
    given = dict(context.params)
    if context.invoked_subcommand is not None:
        return
    if missing := [name for name in _NEEDED if not given[name]]:
        raise InvalidInput(
            f"give --{' --'.join(missing)}, or one of the commands list, show, explain, export.", missing[0]
        )
    apart = {*_NEEDED, "own", "exposure", "ra_range", "export", "out", "as_of", "data_dir", "as_json", *_NUMBERS}
    wishes = {name: value for name, value in given.items() if name not in apart and value is not None}
    wishes |= {name: found for name in _NUMBERS if (found := _numbers(given[name], name))}
    wishes |= {"exposure": _exposure(exposure)} | ({"ra_range": _range(ra_range)} if ra_range else {})
    _require_place(export, out, len(instrument or ()))
    differing = _differing(own or [], len(instrument or ()))
    names = [name.strip() for name in (filters or "").split(",") if name.strip()]
    with session(data_dir) as sky:
        asked = (localization, instrument if len(instrument or ()) > 1 else (instrument or [""])[0], start, names)
        if len(instrument or ()) == 1:
            found = sky.plans.draft(*asked, as_of=as_of, **wishes)
        else:
            found = sky.plans.together(*asked, own=differing, as_of=as_of, **wishes)
        fields = sky.plans.timeline(found, localization)["fields"] if export == "ds9" else ()
    if export is not None:
        found.export(export, out, fields)
    answer(dict(found), as_json)


@plans_app.command("list")
def list_plans(as_of: AsOf = None, limit: int = 50, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List plans that are kept, newest first."""
    with session(data_dir) as sky:
        rows = sky.plans.rows(as_of=as_of, limit=limit)
    answer({"rows": [{name: row[name] for name in _LISTED} for row in rows]}, as_json)


@plans_app.command()
def show(plan_id: int, as_of: AsOf = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show a plan that is kept, with its observations."""
    with session(data_dir) as sky:
        found = sky.plans.load(plan_id, as_of=as_of)
    answer(dict(found), as_json)


@plans_app.command()
def export(
    plan_id: int,
    format: Annotated[
        str, typer.Option(help="csv, json, ecsv, ztf, rubin, gcn, ds9, pdf (figures and table) or gif (animation).")
    ],
    out: Annotated[Path, typer.Option(help="Where to write it.")],
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write a plan that is kept as a file."""
    if not out.parent.is_dir():
        raise InvalidInput(f"{out.parent} is no folder: name a file in one that there is.", "out")
    with session(data_dir) as sky:
        content = sky.plans.export(plan_id, format, out, as_of=as_of)
    answer({"file": str(out), "bytes": len(content)}, as_json)


@plans_app.command()
def explain(
    plan_id: int,
    fields: Annotated[str, typer.Option(help="Only these fields, separated by commas.")] = "",
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell why fields are in a plan that is kept, or not."""
    asked = _numbers(fields, "fields")
    with session(data_dir) as sky:
        rows = sky.plans.explain(plan_id, fields=asked, as_of=as_of).arrow.to_pylist()
    answer({"rows": rows}, as_json)


def _require_place(export: str | None, out: Path | None, instruments: int) -> None:
    if (export is None) != (out is None):
        raise InvalidInput("give both --export with a format and --out with a file, or neither.", "export")
    if export is None or out is None:
        return
    from skyhub.planning import EXPORT_FORMATS

    if instruments > 1:
        raise InvalidInput("plans of several instruments are not written to one file: export each.", "export")
    if export not in EXPORT_FORMATS:
        raise InvalidInput(f"the format is {export!r}: {', '.join(EXPORT_FORMATS)} are permitted.", "export")
    if not out.parent.is_dir():
        raise InvalidInput(f"{out.parent} is no folder: name a file in one that there is.", "out")


def _differing(given: list[str], instruments: int) -> dict[str, dict[str, Any]]:
    """Wishes by instrument from texts as DECam.filters=z,i and DECam.exposure=90."""
    import yaml

    if given and instruments < 2:
        raise InvalidInput("--own says what differs between several instruments: leave it out for one.", "own")
    found: dict[str, dict[str, Any]] = {}
    for text in given:
        name, dot, rest = text.partition(".")
        wish, equals, value = rest.partition("=")
        if not (dot and equals and name and wish and value):
            raise InvalidInput(f"own is {text!r}: give instrument, wish and value as DECam.filters=z.", "own")
        read = yaml.safe_load(value)
        found.setdefault(name, {})[wish] = value.split(",") if wish == "filters" else read
    return found


def _numbers(text: str, where: str) -> list[int] | None:
    try:
        return [int(part) for part in text.split(",")] if text else None
    except ValueError:
        raise InvalidInput(f"{where} is {text!r}: give numbers of fields as 507,508.", where) from None


def _range(text: str) -> list[float]:
    try:
        first, last = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"ra_range is {text!r}: give two right ascensions (deg) as 350,20.", "ra_range") from None
    return [first, last]


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
