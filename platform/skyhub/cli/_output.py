"""How every command answers: one JSON document, or text for people; errors with their code and exit status."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.config import load_settings

__all__ = ["AsJson", "AsOf", "DataDir", "answer", "data_directory", "session"]

AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document.")]
AsOf = Annotated[datetime | None, typer.Option(help="Only what was known at this time (UTC).")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Data directory: embedded, or the service that runs on it.")
]


def data_directory(given: Path | None) -> Path:
    """The data directory that was given, or the configured one."""
    return (given or load_settings().data_dir).resolve()


@contextmanager
def session(data_dir: Path | None) -> Iterator[Any]:
    """A connection to the data directory: to its service if one runs, else as its owner."""
    from skyhub.client import connect

    logging.getLogger("httpx").setLevel(logging.WARNING)
    with connect(data_directory(data_dir)) as sky:
        yield sky


def answer(document: Any, as_json: bool, show: Callable[[Any], str] | None = None) -> None:
    """Print the result of a command: as JSON, by a function that makes its text, or as tables."""
    if as_json:
        sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")
    elif show:
        sys.stdout.write(show(document) + "\n")
    else:
        from skyhub.cli._text import print_document

        print_document(document)
