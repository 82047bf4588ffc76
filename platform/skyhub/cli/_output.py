"""How every command answers: one JSON document, or text for people; errors with their code and exit status."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from skyhub.config import load_settings

__all__ = ["AsJson", "DataDir", "answer", "data_directory", "session"]

AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document.")]
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
    """Print the result of a command."""
    if as_json:
        sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")
    else:
        sys.stdout.write((show or _text)(document) + "\n")


def _text(document: Any) -> str:
    if isinstance(document, Mapping):
        return "\n".join(f"{key}: {_cell(value)}" for key, value in document.items())
    if isinstance(document, Sequence) and not isinstance(document, str):
        return "\n".join(_cell(value) for value in document)
    return str(document)


def _cell(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
