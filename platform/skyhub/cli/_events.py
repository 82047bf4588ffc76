"""Commands that bring notices in and tell of events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._data import ingest_app
from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.errors import InvalidInput, SkyhubError, StorageError, Unavailable

__all__ = ["register"]

_NO_NOTICES = {".md", ".rst", ".py", ".csv", ".tsv", ".yml", ".yaml", ".avsc", ".html", ".pdf", ".png", ".fits", ".gz"}
_NO_NAMES = {"readme", "readme.txt", "license", "licence"}
_REJECTED: dict[str, Any] = {
    "event": None, "notice_type": None, "role": None, "aliases": [], "tags": [], "properties": {}, "retraction": False,
    "localization": None, "localizations": [], "map_links": [], "event_notice_id": None,
}  # fmt: skip

_Roles = Annotated[list[str] | None, typer.Option("--role", help="observation (the default), mock, test, utility.")]

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
    with session(data_dir) as sky:
        found = sky.events(
            roles=role or ["observation"], tags=tag or [], since=since, until=until, limit=limit, as_of=as_of
        )
    from skyhub.db import json_rows

    answer(json_rows(found.to_rows()), as_json)


@events_app.command("show")
def show_event(
    name: Annotated[str, typer.Argument(help="Its time, as 2019-04-25T08:18:05, or a name, as S190425z.")],
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show an event with its notices and localizations."""
    with session(data_dir) as sky:
        answer(sky.events.get(name, as_of=as_of), as_json)


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
