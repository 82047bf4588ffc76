"""Where the data service of a data directory answers: the service writes it down, whoever works on the directory reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from skyhub.errors import Unavailable

__all__ = ["Address", "announced", "running_service"]

_RECORD = "service.json"


class Address(NamedTuple):
    """Where a service answers, and the operator's token for it."""

    url: str
    token: str


def running_service(data_dir: Path) -> Address | None:
    """The service that runs on a data directory, or None.

    Raises
    ------
    Unavailable
        If the record of the service cannot be read.
    """
    path = data_dir / _RECORD
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text())
        os.kill(record["pid"], 0)
        return Address(record["url"], record["token"])
    except (ProcessLookupError, FileNotFoundError):
        return None
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise Unavailable(f"{path} cannot be read: {error}. Stop the service, remove the file.", str(path)) from error


@contextmanager
def announced(data_dir: Path, address: Address) -> Iterator[None]:
    """Tell for the duration of a ``with`` block that this process serves a data directory."""
    path = data_dir / _RECORD
    written = path.with_suffix(".new")
    written.unlink(missing_ok=True)
    written.touch(mode=0o600)
    written.write_text(json.dumps({**address._asdict(), "pid": os.getpid()}))
    written.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
