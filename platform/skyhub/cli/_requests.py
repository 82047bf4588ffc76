"""Commands about requests for observations."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.errors import InvalidInput

__all__ = ["register"]

requests_app = typer.Typer(help="Requests for observations.", no_args_is_help=True)

_LISTED = ("request_id", "instrument", "object_id", "plan_id", "target", "state", "detail", "author")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(requests_app, name="request")


@requests_app.command()
def queues(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the queues of telescopes, and the fields of their forms."""
    with session(data_dir) as sky:
        rows = sky.requests.queues()
    answer({"rows": rows}, as_json, _queues_text)


@requests_app.command()
def submit(
    request_id: Annotated[int | None, typer.Argument(help="A request that is kept; else say what to ask for.")] = None,
    allocation: Annotated[int | None, typer.Option(help="Number of the allocation.")] = None,
    object_id: Annotated[str | None, typer.Option("--object", help="The object.")] = None,
    plan: Annotated[int | None, typer.Option(help="Number of an approved plan.")] = None,
    target: Annotated[str | None, typer.Option(help="Name of a place, with --ra and --dec.")] = None,
    ra: Annotated[float | None, typer.Option(help="Right ascension (ICRS, deg).")] = None,
    dec: Annotated[float | None, typer.Option(help="Declination (ICRS, deg).")] = None,
    form: Annotated[Path | None, typer.Option(help="YAML file with the fields of the form.")] = None,
    given: Annotated[list[str] | None, typer.Option("--set", help="A field of the form, as name=value.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A group that shall see it.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Ask for observations, or send a request that is kept; the scheduler sends it."""
    about = {
        "allocation_id": allocation,
        "object_id": object_id,
        "plan_id": plan,
        "target": target,
        "ra": ra,
        "dec": dec,
    }
    fields: dict[str, Any] = {name: value for name, value in about.items() if value is not None}
    payload = _payload(form, given or [])
    if request_id is not None and (fields or payload):
        raise InvalidInput("a request that is kept is sent as it is: give its number alone.", "request_id")
    fields |= {"payload": payload} if payload else {}
    with session(data_dir) as sky:
        found = sky.requests.submit(request_id, groups=group, **({} if request_id else fields))
    answer(found, as_json)


@requests_app.command("list")
def list_requests(as_of: AsOf = None, limit: int = 50, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List requests, newest first."""
    with session(data_dir) as sky:
        rows = sky.requests.rows(as_of=as_of, limit=limit)
    answer({"rows": [{name: row[name] for name in _LISTED} for row in rows]}, as_json)


@requests_app.command()
def status(request_id: int, as_of: AsOf = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Tell how far a request has come, and what was said with the telescope."""
    with session(data_dir) as sky:
        found = sky.requests.status(request_id, as_of=as_of)
    answer(found, as_json)


@requests_app.command()
def cancel(request_id: int, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Let a request be taken back."""
    with session(data_dir) as sky:
        found = sky.requests.cancel(request_id)
    answer(found, as_json)


@requests_app.command()
def retrieve(request_id: int, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Let the telescope be asked now what became of a request, and for its data."""
    with session(data_dir) as sky:
        found = sky.requests.retrieve(request_id)
    answer(found, as_json)


def _payload(form: Path | None, given: list[str]) -> dict[str, Any]:
    """The fields of a form from a file, and those that were set one by one, which go before."""
    import yaml

    try:
        fields = yaml.safe_load(form.read_text("utf-8")) if form else {}
        pairs = [text.partition("=") for text in given]
        if not isinstance(fields, dict) or any(not name or not equals for name, equals, _ in pairs):
            raise ValueError("fields are given as name: value, or --set name=value")
        said: dict[str, Any] = {**fields, **{name: yaml.safe_load(value) for name, _, value in pairs}}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidInput(f"the form cannot be read: {error}.", "form") from None
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def _queues_text(document: dict[str, Any]) -> str:
    lines = []
    for row in document["rows"]:
        lines.append(f"{row['name']} ({row['kind']}): {', '.join(row['instruments'])}. {row['guarantee']}")
        for subject, form in row["forms"].items():
            needed = form.get("required", [])
            named = [f"{name}{'*' if name in needed else ''}" for name in form["properties"]]
            lines.append(f"  a {subject}: {', '.join(named)}")
    return "\n".join(lines) or "No queue is declared (SKYHUB_QUEUES)."
