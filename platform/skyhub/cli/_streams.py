"""Commands of incoming streams."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, data_directory, session
from skyhub.config import load_settings
from skyhub.errors import Unavailable

if TYPE_CHECKING:
    from skyhub.client import Transport

__all__ = ["register"]


def register(app: typer.Typer, ingest_app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(streams)
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
        intakes = work(load_settings().streams, ServiceReceiver(connect), directory, stop)
    answer({"streams": [intake.state().model_dump(mode="json") for intake in intakes]}, as_json)


@contextmanager
def _service(directory: Path, given: bool) -> Iterator[Callable[[], Transport]]:
    """How to find the service: at SKYHUB_URL, or where it runs on the directory, or else in this process.

    A service that ran on the directory at first is waited for when it is away: its place is never taken.
    """
    from skyhub.client import Transport, connect
    from skyhub.service import running_service

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
