"""Commands about candidate filters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.errors import InvalidInput

__all__ = ["register"]

filter_app = typer.Typer(help="Candidate filters.", no_args_is_help=True)

_Filter = Annotated[str, typer.Argument(help="Number of the filter, or its name.")]
_Reason = Annotated[str | None, typer.Option(help="Why; it is stored.")]
_Nights = Annotated[list[str] | None, typer.Option(help="A night, by the date of its evening; the newest by default.")]
_VERDICTS = {True: "yes", False: "no", None: "null"}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(filter_app, name="filter")


@filter_app.command("list")
def list_filters(
    every: Annotated[bool, typer.Option(help="With those that are not live.")] = False,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the filters that are live."""
    with session(data_dir) as sky:
        answer({"rows": sky.filters.list(every=every, as_of=as_of)}, as_json)


@filter_app.command("show")
def show(name: _Filter, as_of: AsOf = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show a filter with its versions, and which was live when."""
    with session(data_dir) as sky:
        answer(sky.filters.get(name, as_of=as_of), as_json)


@filter_app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name of the filter in its group.")],
    expression: Annotated[
        str, typer.Argument(help="An SQL condition on one alert, or a file NAME.py with a function.")
    ],
    group: Annotated[str | None, typer.Option(help="Whose filter it is; everybody's by default.")] = None,
    survey: Annotated[str, typer.Option(help="On whose alerts.")] = "ZTF",
    guard: Annotated[float | None, typer.Option(help="Greatest fraction of alerts that may pass.")] = None,
    annotation: Annotated[list[str] | None, typer.Option(help="KEY=EXPRESSION, noted of what passes.")] = None,
    autosave: Annotated[list[str] | None, typer.Option(help="A group for which what passes is saved.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store a filter, or a new version of it; it is not live yet."""
    with session(data_dir) as sky:
        settings: dict[str, Any] = {} if guard is None else {"guard": guard}
        settings |= {"annotations": _annotations(annotation or ()), "autosave": autosave or []}
        if expression.endswith(".py"):
            settings["language"], expression = "python", _text_of(Path(expression))
        answer(sky.filters.add(name, expression, group, survey=survey, **settings), as_json)


def _annotations(given: Iterable[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    wrong = next((key for key, equals, _ in pairs if not equals), None)
    if wrong is not None:
        raise InvalidInput(f"annotation {wrong!r} has no expression: give it as KEY=EXPRESSION.", "annotation")
    return {key.strip(): expression.strip() for key, _, expression in pairs}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", "expression") from error


@filter_app.command("dry-run")
def dry_run(
    name: Annotated[str | None, typer.Argument(help="Number of a filter, or its name.")] = None,
    expression: Annotated[str | None, typer.Option(help="A condition to try instead of a version.")] = None,
    version: Annotated[int | None, typer.Option(help="Which version; the newest by default.")] = None,
    survey: Annotated[str, typer.Option(help="On whose alerts.")] = "ZTF",
    night: _Nights = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Try a filter on nights that are stored: how much passes, and what changes with regard to the live version."""
    with session(data_dir) as sky:
        what = {"expression": expression, "version": version, "survey": survey}
        answer(sky.filters.dry_run(name, night or (), **what, as_of=as_of), as_json)


@filter_app.command("trial")
def trial(
    name: _Filter,
    version: Annotated[int | None, typer.Option(help="Which version; the newest by default.")] = None,
    night: _Nights = None,
    known: Annotated[list[str] | None, typer.Option(help="An object that it should find.")] = None,
    list_name: Annotated[str | None, typer.Option("--list", help="A list of such objects.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Run a version over reference nights, as it must be before it goes live, and keep the result."""
    with session(data_dir) as sky:
        answer(sky.filters.trial(name, version, night or (), known=known or (), list_name=list_name), as_json)


@filter_app.command("trials")
def trials(name: _Filter, as_of: AsOf = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the trials of a filter's versions."""
    with session(data_dir) as sky:
        answer({"rows": sky.filters.trials(name, as_of=as_of)}, as_json)


@filter_app.command("passes")
def passes(
    night: Annotated[
        str | None, typer.Option(help="The night, by the date of its evening; the newest by default.")
    ] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell how many alerts each filter has let through in a night, and how it fares."""
    with session(data_dir) as sky:
        answer(sky.filters.passes(night, as_of=as_of), as_json)


@filter_app.command("status")
def status(name: _Filter, as_of: AsOf = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Tell how a filter has fared since its live version went live."""
    with session(data_dir) as sky:
        answer(sky.filters.status(name, as_of=as_of), as_json)


@filter_app.command("activate")
def activate(
    name: _Filter, version: int, reason: _Reason = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Let a version go live in the place of the one that is."""
    with session(data_dir) as sky:
        answer(sky.filters.activate(name, version, reason), as_json)


@filter_app.command("deactivate")
def deactivate(name: _Filter, reason: _Reason = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Let a filter pass nothing any more; its candidates stay."""
    with session(data_dir) as sky:
        answer(sky.filters.deactivate(name, reason), as_json)


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
