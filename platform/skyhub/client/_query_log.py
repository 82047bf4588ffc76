"""What was asked of the data service and what came back, one line of JSON each: the provenance of a report."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa

from skyhub.errors import InvalidInput
from skyhub.sql._message import MEDIA_TYPE, unpack

__all__ = ["QueryLog"]

_LARGEST_BODY = 10_000
_WATCHING = "/api/sql/running"


class QueryLog:
    """Notes requests as they are answered.

    Parameters
    ----------
    path
        The file; lines are added to it.

    Notes
    -----
    Of each request: ``request`` (method and path), ``statement`` and ``tables`` (of SQL: the platform's tables that it read),
    ``parameters``, ``as_of``, ``rows`` (of answers that are a table), ``seconds`` and ``sha256`` of the answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def note(self, method: str, path: str, asked: Mapping[str, Any], answer: httpx.Response) -> None:
        """Note a request: its method and path, what was sent (as `httpx.Client.request` is given it), and its answer."""
        if path.startswith(_WATCHING):
            return
        entry = {
            "request": f"{method} {path}",
            **_question(asked),
            "rows": _rows(answer),
            "seconds": round(answer.elapsed.total_seconds(), 4),
            "sha256": hashlib.sha256(answer.content).hexdigest(),
        }
        if "X-Skyhub-Tables" in answer.headers:
            entry["tables"] = answer.headers["X-Skyhub-Tables"].split()
        line = json.dumps({name: value for name, value in entry.items() if value is not None})
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def _question(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked: parameters of the path or the body, and the statement and the time among them."""
    given = dict(asked.get("params") or {})
    body = asked.get("json")
    content = asked.get("content") or b""
    if (asked.get("headers") or {}).get("Content-Type") == MEDIA_TYPE:
        with suppress(InvalidInput):
            header, frames = unpack(content)
            sent = {"sent": {name: len(frame) for name, frame in frames.items()}} if frames else {}
            return {
                "statement": header["statement"],
                "parameters": header["parameters"] or None,
                "as_of": header["as_of"],
                **sent,
            }
    if isinstance(body, Mapping):
        given |= body
    as_of = given.pop("as_of", None)
    if len(json.dumps(given, default=str)) > _LARGEST_BODY:
        given = {name: f"{type(value).__name__} left out" for name, value in given.items()}
    return {"parameters": given or None, "as_of": as_of, "bytes_sent": len(content) or None}


def _rows(answer: httpx.Response) -> int | None:
    """How many rows a table has that came back, or the one list that a document holds."""
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/vnd.apache.arrow"):
        rows: int = sum(len(batch) for batch in pa.ipc.open_stream(answer.content))
        return rows
    if kind.startswith("application/json"):
        document = answer.json()
        lists = [v for v in document.values() if isinstance(v, list)] if isinstance(document, dict) else [document]
        if len(lists) == 1 and isinstance(lists[0], list):
            return len(lists[0])
    return None
