"""Commands about what people say of objects: taxonomies, histories, the audit."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from skyhub.cli._data import ingest_app
from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session
from skyhub.errors import SkyhubError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    ingest_app.command("taxonomy")(ingest_taxonomy)
    app.command()(history)
    app.command()(audit)


def ingest_taxonomy(
    paths: Annotated[list[Path], typer.Argument(help="YAML files: a tree of classes each.")],
    name: Annotated[str | None, typer.Option(help="Its name, if the file's own shall not count.")] = None,
    edition: Annotated[str | None, typer.Option(help="Its edition, if the file's own shall not count.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="A group that shall see it; everybody by default.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store taxonomies; one that is there in the same edition and has changed becomes a new version."""
    from skyhub.classification import read_taxonomy

    own = {key: value for key, value in (("name", name), ("edition", edition)) if value}
    summary: dict[str, Any] = {"read": 0, "stored": 0, "duplicates": 0, "rejected": []}
    with session(data_dir) as sky:
        for path in paths:
            try:
                taxonomy = {**read_taxonomy(path), **own}
                summary["read"] += 1
                done = sky.taxonomies.add_all([taxonomy], group or ["public"], revise=True)
            except SkyhubError as error:
                summary["rejected"].append({"file": str(path), "record": None, "reason": error.message})
                continue
            summary["stored"] += done["added"] + done["revised"]
            summary["duplicates"] += done["unchanged"]
    answer(summary, as_json)
    if summary["rejected"] and not summary["stored"] and not summary["duplicates"]:
        raise typer.Exit(2)


def history(object_id: str, as_of: AsOf = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Tell everything that was known of an object, in the order of time."""
    with session(data_dir) as sky:
        rows = sky.transport.get(
            f"/api/objects/{quote(object_id, safe='')}/history", as_of=as_of and as_of.isoformat()
        )["rows"]
    answer({"object_id": object_id, "rows": rows}, as_json, _history_text)


def audit(
    user: Annotated[str | None, typer.Option(help="Only by this user.")] = None,
    table: Annotated[str | None, typer.Option(help="Only in this table, such as decisions.")] = None,
    object_id: Annotated[str | None, typer.Option("--object", help="Only about this object.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only at or after this time (UTC).")] = None,
    limit: int = 100,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List who wrote what, newest first."""
    with session(data_dir) as sky:
        where = {"user": user, "table": table, "object_id": object_id, "since": since and since.isoformat()}
        rows = sky.transport.get("/api/audit", limit=limit, **where)["rows"]
    answer({"rows": rows}, as_json, _audit_text)


def _history_text(document: dict[str, Any]) -> str:
    return "\n".join(
        f"{row['at']}  {row['table']} {row['action']}"
        + (f" by {row['who']}" if row["who"] else "")
        + _told(row["before"], row["after"])
        for row in document["rows"]
    )


def _audit_text(document: dict[str, Any]) -> str:
    return "\n".join(
        f"{row['at']}  {row['user'] or '–'}  {row['table']} {row['action'] or ''} "
        f"{row['record_id'] or ''} {row['object_id'] or ''}".rstrip()
        for row in document["rows"]
    )


def _told(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    from skyhub.cli._text import cell_text

    if before and after:
        changes = [
            f"{name} {cell_text(name, before.get(name))} → {cell_text(name, value)}" for name, value in after.items()
        ]
    else:
        changes = [f"{name} {cell_text(name, value)}" for name, value in (after or before or {}).items()]
    return ": " + ", ".join(changes) if changes else ""
