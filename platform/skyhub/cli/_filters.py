"""Commands about candidate filters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session

__all__ = ["register"]

filter_app = typer.Typer(help="Candidate filters.", no_args_is_help=True)

_Filter = Annotated[str, typer.Argument(help="Number of the filter, or its name.")]
_VERDICTS = {True: "yes", False: "no", None: "null"}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(filter_app, name="filter")


@filter_app.command("explain")
def explain(
    name: _Filter,
    candid: Annotated[str | None, typer.Option(help="The alert.")] = None,
    object_id: Annotated[str | None, typer.Option("--object", help="The object: its newest alerts.")] = None,
    version: Annotated[int | None, typer.Option(help="Try this version now; the live one by default.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many alerts of an object.")] = 10,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a filter makes of alerts: value and verdict of each cut, when they came and now."""
    with session(data_dir) as sky:
        asked = {"candid": candid, "object_id": object_id, "version": version, "limit": limit}
        answer(sky.filters.explain(name, **asked, as_of=as_of), as_json, _explained)


@filter_app.command("why")
def why(
    candidate_id: Annotated[str, typer.Argument(help="Number of the candidate.")],
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell why a candidate is here: which filters it passed, and their cuts at that time."""
    with session(data_dir) as sky:
        answer(sky.candidates.explain(candidate_id, as_of=as_of), as_json, _reasons)


def _explained(document: dict[str, Any]) -> str:
    told = [_filter_line(document["filter"])]
    for alert in document["alerts"]:
        told.append(f"alert {alert['candid']} of {alert['object_id']}, MJD {alert['mjd']:.5f}")
        for when, title in (("at_alert", "when it came"), ("now", "now")):
            told += _cut_lines(title, alert[when])
    return "\n".join(told)


def _reasons(document: dict[str, Any]) -> str:
    told = [f"candidate {document['candidate_id']}, {document['object_id']}"]
    for passed in document["passed"]:
        told += [_filter_line(passed["filter"]), *_cut_lines("when it came", passed["at_alert"])]
    return "\n".join(told)


def _filter_line(told: dict[str, Any]) -> str:
    return f"filter {told['filter_id']} {told['name']!r} of {told['group'] or 'everybody'}"


def _cut_lines(title: str, told: dict[str, Any] | None) -> Iterator[str]:
    from skyhub.cli._text import cell_text

    if told is None:
        yield f"  {title}: not in force"
        return
    yield f"  {title}: {'passes' if told['passes'] else 'does not pass'} version {told['version']}"
    for cut in told["cuts"]:
        values = ", ".join(f"{name} = {cell_text(name, value)}" for name, value in cut["columns"].items())
        yield f"    {_VERDICTS[cut['verdict']]:<4}  {cut['cut']}   [{cut['error'] or values}]"
