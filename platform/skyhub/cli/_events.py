"""Commands that bring notices in and tell of events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._data import ingest_app
from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.config import load_settings
from skyhub.errors import InvalidInput, SkyhubError, StorageError, Unavailable

__all__ = ["register"]

_NO_NOTICES = {".md", ".rst", ".py", ".csv", ".tsv", ".yml", ".yaml", ".avsc", ".html", ".pdf", ".png", ".fits", ".gz"}
_NO_NAMES = {"readme", "readme.txt", "license", "licence"}
_REJECTED: dict[str, Any] = {
    "event": None, "notice_type": None, "role": None, "aliases": [], "tags": [], "properties": {}, "retraction": False,
    "localization": None, "localizations": [], "map_links": [], "event_notice_id": None,
}  # fmt: skip

_Roles = Annotated[list[str] | None, typer.Option("--role", help="observation (the default), mock, test, utility.")]

_Name = Annotated[str, typer.Argument(help="Its time, as 2019-04-25T08:18:05, or a name, as S190425z.")]
_Level = Annotated[float, typer.Option(help="Largest credible level on the sky.")]
_Localization = Annotated[int | None, typer.Option(help="Number of a localization; the newest by default.")]

events_app = typer.Typer(help="Events of the sky.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    ingest_app.command("notice")(ingest_notice)
    app.add_typer(events_app, name="events")


def ingest_notice(
    paths: Annotated[list[Path], typer.Argument(help="Files, or directories searched recursively.")],
    group: Annotated[list[str] | None, typer.Option(help="Who alone shall see them; everybody by default.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Bring in notices: VOEvents, alerts and notices in JSON or Avro, classic texts; each is taken whole or refused whole."""
    with session(data_dir) as sky:
        document = [_ingested(sky, path, group) for path in _files(paths)]
    answer(document, as_json)
    if document and all(entry["action"] == "rejected" for entry in document):
        raise typer.Exit(2)


@events_app.command("list")
def list_events(
    role: _Roles = None,
    tag: Annotated[list[str] | None, typer.Option(help="With all of these tags.")] = None,
    since: Annotated[str | None, typer.Option(help="Seen at this time or later (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="Seen before this time (UTC).")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List events, newest first."""
    asked = {"roles": role or ["observation"], "tags": tag or [], "since": since, "until": until, "limit": limit}
    _list(data_dir, as_json, lambda sky: sky.events(**asked, as_of=as_of))


@events_app.command("show")
def show_event(
    name: _Name,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show an event with its notices and localizations."""
    with session(data_dir) as sky:
        answer(sky.events.get(name, as_of=as_of), as_json)


@events_app.command("counterparts")
def counterparts(
    name: _Name,
    level: _Level = 0.9,
    of: Annotated[str, typer.Option(help="all, sources, candidates or known.")] = "all",
    localization: _Localization = None,
    first_before: Annotated[str | None, typer.Option(help="First detected before this time (UTC).")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 500,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List objects inside the sky map of an event that were first detected after it, the likeliest first."""
    asked = {"level": level, "of": of, "localization": localization, "first_before": first_before, "limit": limit}
    _list(data_dir, as_json, lambda sky: sky.events.counterparts(name, as_of=as_of, **asked))


@events_app.command("galaxies")
def galaxies(
    name: _Name,
    level: _Level = 0.9,
    weight: Annotated[str, typer.Option(help="mass, luminosity or none.")] = "mass",
    localization: _Localization = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 500,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List galaxies inside the sky map of an event, the likeliest host first."""
    asked = {"level": level, "weight": weight, "localization": localization, "limit": limit}
    _list(data_dir, as_json, lambda sky: sky.events.galaxies(name, as_of=as_of, **asked))


@events_app.command("hold")
def hold(
    name: _Name,
    object_id: Annotated[str, typer.Argument(help="The object.")],
    status: Annotated[str, typer.Argument(help="pending, confirmed, ambiguous or rejected.")],
    reason: Annotated[str | None, typer.Option(help="Why, in a few words.")] = None,
    notes: Annotated[str | None, typer.Option(help="More about it.")] = None,
    circular: Annotated[int | None, typer.Option(help="The GCN circular from which it is known.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what an object is held for in an event."""
    with session(data_dir) as sky:
        answer(sky.events.hold(name, object_id, status, reason=reason, notes=notes, circular=circular), as_json)


@events_app.command("maps")
def maps(
    name: Annotated[str | None, typer.Argument(help="Of one event, by its time or a name; of all by default.")] = None,
    again: Annotated[bool, typer.Option(help="Have those of the event that were given up asked for again.")] = False,
    fetch: Annotated[bool, typer.Option(help="Fetch what is due here and now, also of events stored earlier.")] = False,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Tell how maps fare that notices name by their address: waiting, got, given up, and why."""
    if again and name is None:
        raise InvalidInput("--again needs an event: name one.", "NAME")
    with session(data_dir) as sky:
        if again:
            sky.events.fetch_again(name)
        if fetch:
            from skyhub.scheduler import fetch_claimed

            while fetch_claimed(sky.transport, load_settings().maps) is not None:
                pass
        answer(sky.events.maps(name, as_of=as_of), as_json)


def _list(data_dir: Path | None, as_json: bool, ask: Callable[[Any], Any]) -> None:
    with session(data_dir) as sky:
        rows = ask(sky).to_rows()
    from skyhub.db import json_rows

    answer(json_rows(rows), as_json)


def _ingested(sky: Any, path: Path, groups: list[str] | None) -> dict[str, Any]:
    try:
        found: dict[str, Any] = sky.events.ingest(path, groups=groups)
    except (Unavailable, StorageError):
        raise
    except SkyhubError as error:
        return {"file": str(path), "action": "rejected", "reason": error.message, **_REJECTED}
    return found


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Files by name; of directories those that may be notices."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and _may_be_notice(p))
        elif path.exists():
            yield path
        else:
            raise InvalidInput(f"{path} does not exist: give a file, or a directory with notices.", str(path))


def _may_be_notice(path: Path) -> bool:
    plain = path.name.lower()
    schema = plain.endswith(".schema.json")
    return not (plain.startswith(".") or plain in _NO_NAMES or schema or path.suffix.lower() in _NO_NOTICES)
