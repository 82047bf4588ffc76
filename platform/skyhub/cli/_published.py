"""Commands for circulars that were published: brought in, listed, their magnitudes taken over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session

__all__ = ["COMMANDS", "ingest_circulars"]

Event = Annotated[str | None, typer.Option(help="About this event, by its time or one of its names.")]


def ingest_circulars(
    paths: Annotated[list[Path], typer.Argument(help="Files, directories, or GCN's archive (archive.json.tar.gz).")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Store circulars that were published, with the numbers in them; each is taken whole or refused whole."""
    with session(data_dir) as sky:
        total = sky.published_circulars.ingest(*paths)
    answer(total, as_json)
    if total["rejected"] and not (total["stored"] or total["duplicates"]):
        raise typer.Exit(2)


def published(
    number: Annotated[int | None, typer.Argument(help="Show this one.")] = None,
    event: Event = None,
    status: Annotated[
        list[str] | None, typer.Option(help="Of those about the event: related, unrelated, retracted, unsaid.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="With this in subject or text.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 100,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List circulars that were published, newest first, or show one."""
    with session(data_dir) as sky:
        if number is not None:
            answer(sky.published_circulars.get(number, as_of=as_of), as_json, _text)
            return
        found = sky.published_circulars(event=event, statuses=status or [], text=text, limit=limit, as_of=as_of)
    answer({"rows": _rows(found)}, as_json)


def readings(
    event: Event = None,
    number: Annotated[int | None, typer.Option(help="In this circular.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="position, redshift or magnitude.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 1000,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List numbers that were read in circulars, with their sentences."""
    with session(data_dir) as sky:
        found = sky.published_circulars.readings(event=event, number=number, kinds=kind or [], limit=limit, as_of=as_of)
    answer({"rows": _rows(found)}, as_json)


def confirm(
    reading: Annotated[int, typer.Argument(help="Number of the magnitude that was read.")],
    object_id: Annotated[str, typer.Argument(help="The object whose it is.")],
    time: Annotated[str, typer.Argument(help="When it was measured: UTC, or MJD.")],
    filter_name: Annotated[str, typer.Argument(metavar="FILTER", help="Bandpass, such as sdssr.")],
    mag: Annotated[float | None, typer.Option(help="Magnitude or limit, if it was not read rightly.")] = None,
    magerr: Annotated[float | None, typer.Option(help="Error, if none was read.")] = None,
    limit: Annotated[
        bool | None, typer.Option("--limit/--detection", help="What it is, if not as it was read.")
    ] = None,
    magsys: Annotated[str, typer.Option(help="ab or vega.")] = "ab",
    telescope: Annotated[str | None, typer.Option(help="With what it was measured.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Who shall see it; by default who sees the object.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Take a magnitude of a circular over as a point of an object."""
    said = {"mag": mag, "magerr": magerr, "is_limit": limit, "telescope": telescope, "magsys": magsys}
    with session(data_dir) as sky:
        stored = sky.published_circulars.confirm(
            reading, object_id, time, filter_name, groups=group, **{k: v for k, v in said.items() if v is not None}
        )
    answer(stored, as_json)


def mark(
    number: Annotated[int, typer.Argument(help="The circular.")],
    status: Annotated[str, typer.Argument(help="related, unrelated, or retracted.")],
    event: Annotated[str | None, typer.Argument(help="The event, by its time or one of its names.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say that a circular is about an event or not, or that its authors took it back."""
    with session(data_dir) as sky:
        answer(sky.published_circulars.mark(number, status, event, reason=reason), as_json)


COMMANDS = (published, readings, confirm, mark)


def _rows(found: Any) -> list[dict[str, Any]]:
    from skyhub.db import json_rows

    return json_rows(found.to_rows())


def _text(document: dict[str, Any]) -> str:
    head = f"GCN Circ. {document['number']}: {document['subject']}\n{document['submitter']}  {document['created_at']}"
    return f"{head}\n\n{document['body']}"
