"""Commands of incoming streams, and of nights that come in again."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, data_directory, session
from skyhub.config import load_settings
from skyhub.errors import InvalidInput, NotFound, Unavailable
from skyhub.science.nights import parse_dayobs

if TYPE_CHECKING:
    from pyarrow import Table

    from skyhub.client import Transport

__all__ = ["register"]

_PAGE = 200


def register(app: typer.Typer, ingest_app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(streams)
    app.command()(replay)
    ingest_app.command("stream")(ingest_stream)


def streams(
    refused: Annotated[str | None, typer.Option(help="Show what this stream has refused.")] = None,
    as_of: AsOf = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show how incoming streams fare, or what one of them has refused."""
    path = "/api/streams" if refused is None else f"/api/streams/{quote(refused, safe='')}/refused"
    with session(data_dir) as sky:
        answer(sky.transport.get(path, as_of=as_of and as_of.isoformat()), as_json)


def ingest_stream(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Bring in the streams that are declared in the settings, until told to stop."""
    from skyhub.streams import ServiceReceiver, work

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    directory = data_directory(data_dir)
    with _service(directory, given=data_dir is not None) as connect:
        settings = load_settings()
        intakes = work(settings.streams, settings.brokers, ServiceReceiver(connect), directory, stop)
    answer({"streams": [intake.state().model_dump(mode="json") for intake in intakes]}, as_json)


def replay(
    night: Annotated[str, typer.Argument(help="The night, by the date of its evening.")],
    speed: Annotated[float, typer.Option(help="How many times faster than the night; inf for no waiting.")] = 1.0,
    into: Annotated[
        Path | None, typer.Option(help="Another data directory, or its service; by default a new one in DATA/replays.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Feed a stored night as packets into another data directory, at the pace of the night times the speed."""
    from skyhub.ingest import Stored, replay_packets

    source, now = data_directory(data_dir), datetime.now(UTC)
    target = (
        source / "replays" / f"{parse_dayobs(night):%Y%m%d}-{now:%Y%m%dT%H%M%S%fZ}" if into is None else into.resolve()
    )
    if target == source:
        raise InvalidInput(f"{target} is where the night comes from: give another directory.", "into")
    with session(source) as sky:
        pages = _pages(sky.transport, night, now.isoformat())
        if not len(first := next(pages)):
            raise NotFound(f"there are no alerts of the night {night}.", night)
        with session(target) as other:
            summary = replay_packets(
                chain([first], pages),
                lambda batch: Stored(**other.transport.post_arrow("/api/alerts/packets", batch)),
                speed,
            )
    shown = {"night": parse_dayobs(night).isoformat(), "speed": speed if isfinite(speed) else None, "into": str(target)}
    answer({**shown, **summary.to_json()}, as_json)


def _pages(transport: Transport, night: str, as_of: str) -> Iterator[Table]:
    """The packets of a night, page by page; at least one page, which may be empty."""
    offset = 0
    while True:
        page = transport.get_arrow("/api/alerts/packets", dayobs=night, offset=offset, limit=_PAGE, as_of=as_of)
        if len(page) or not offset:
            yield page
        if len(page) < _PAGE:
            return
        offset += len(page)


@contextmanager
def _service(directory: Path, given: bool) -> Iterator[Callable[[], Transport]]:
    """How to find the service: at SKYHUB_URL, or where it runs on the directory, or else in this process.

    A service that ran on the directory at first is waited for when it is away: its place is never taken.
    """
    from skyhub.addresses import running_service
    from skyhub.client import Transport, connect

    def again() -> Transport:
        address = running_service(directory)
        if address is None:
            raise Unavailable(f"no service runs on {directory}. It is waited for.", str(directory))
        return Transport(address.url, address.token)

    if not given and os.environ.get("SKYHUB_URL"):
        with connect() as sky:
            yield lambda: sky.transport
    elif running_service(directory):
        yield again
    else:
        with connect(directory) as sky:
            yield lambda: sky.transport
