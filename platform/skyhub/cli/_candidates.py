"""The command that lists candidates, with the selections of the scanning page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(candidates)


def candidates(
    dayobs: Annotated[str | None, typer.Option(help="The night, by the date of its evening; the newest.")] = None,
    first_dayobs: Annotated[str | None, typer.Option(help="With --last-dayobs, several nights.")] = None,
    last_dayobs: Annotated[str | None, typer.Option(help="The last of several nights.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Only those of filters of these groups.")] = None,
    filter_id: Annotated[list[int] | None, typer.Option(help="Only those of these filters.")] = None,
    status: Annotated[str, typer.Option(help="unreviewed, saved, rejected or all.")] = "all",
    saved_status: Annotated[str, typer.Option(help="Such as not_saved_to_any_selected; all.")] = "all",
    annotations: Annotated[
        str | None, typer.Option(help='Ranges as JSON: [{"origin": "ZTF", "key": "drb", "min": 0.9}].')
    ] = None,
    localization: Annotated[int | None, typer.Option(help="Inside this localization, by its number.")] = None,
    level: Annotated[float, typer.Option(help="How deep inside: credible level not more than this.")] = 0.9,
    classification: Annotated[list[str] | None, typer.Option(help="Has one of these classes.")] = None,
    without_classification: Annotated[list[str] | None, typer.Option(help="Has none of these classes.")] = None,
    min_redshift: Annotated[float | None, typer.Option(help="Redshift not less than this.")] = None,
    max_redshift: Annotated[float | None, typer.Option(help="Redshift not more than this.")] = None,
    on_list: Annotated[list[str] | None, typer.Option(help="On one of these lists of yours.")] = None,
    not_on_list: Annotated[list[str] | None, typer.Option(help="On none of these lists of yours.")] = None,
    min_detections: Annotated[int | None, typer.Option(help="So many detections at least.")] = None,
    first_after: Annotated[datetime | None, typer.Option(help="First detected then (UTC) or later.")] = None,
    last_before: Annotated[datetime | None, typer.Option(help="Last detected then (UTC) or earlier.")] = None,
    exclude_forced: Annotated[bool, typer.Option("--exclude-forced", help="Forced points are no detections.")] = False,
    sort_key: Annotated[str | None, typer.Option(help="An annotation to sort by, such as drb; else by time.")] = None,
    sort_origin: Annotated[str | None, typer.Option(help="Its origin, such as ZTF.")] = None,
    sort_order: Annotated[str, typer.Option(help="desc, or asc.")] = "desc",
    limit: Annotated[int, typer.Option(help="So many at most.")] = 500,
    cursor: Annotated[str | None, typer.Option(help="From the answer before: the next page.")] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List candidates: of a night or several, those that all conditions hold for."""
    selection = {name: value for name, value in locals().items() if name not in ("data_dir", "as_json", "as_of")}
    for name in ("first_after", "last_before"):
        selection[name] = selection[name] and selection[name].isoformat()
    with session(data_dir) as sky:
        page = sky.candidates.queue(as_of=as_of, **selection)
        told = {name: page[name] for name in ("dayobs", "counts", "total", "cursor")}
        answer({**told, "rows": page["candidates"]}, as_json)
