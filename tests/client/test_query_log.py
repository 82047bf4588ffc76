"""Requests are noted with what was asked and what came back."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
from skyhub.client._query_log import QueryLog
from skyhub.sql._message import MEDIA_TYPE, pack

SQL = {"headers": {"Content-Type": MEDIA_TYPE}}


def _answer(content: Any, kind: str = "application/json", **headers: str) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = httpx.Response(200, content=body, headers={"content-type": kind, **headers})
    answer.elapsed = timedelta(seconds=0.25)
    return answer


def _noted(path: Path, *request: Any) -> dict[str, Any]:
    QueryLog(path).note(*request)
    entry: dict[str, Any] = json.loads(path.read_text("utf-8").splitlines()[-1])
    return entry


def test_what_is_no_message_is_noted_by_its_size(tmp_path: Path) -> None:
    entry = _noted(tmp_path / "log", "POST", "/api/sql", {**SQL, "content": b"?"}, _answer({}))
    assert entry == {
        "request": "POST /api/sql",
        "bytes_sent": 1,
        "seconds": 0.25,
        "sha256": hashlib.sha256(b"{}").hexdigest(),
    }


def test_a_statement_with_its_tables(tmp_path: Path) -> None:
    table = pa.table({"n": [1, 2, 3]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    header = {
        "statement": "SELECT n FROM mine",
        "parameters": {"a": 1},
        "as_of": "2026-11-22T03:00:00+00:00",
        "id": "x",
    }
    answer = _answer(sink.getvalue().to_pybytes(), "application/vnd.apache.arrow.stream", **{"X-Skyhub-Tables": "a b"})
    entry = _noted(tmp_path / "log", "POST", "/api/sql", {**SQL, "content": pack(header, {"mine": table})}, answer)
    assert {name: entry[name] for name in ("statement", "parameters", "as_of", "rows", "tables", "sent")} == {
        "statement": "SELECT n FROM mine",
        "parameters": {"a": 1},
        "as_of": "2026-11-22T03:00:00+00:00",
        "rows": 3,
        "tables": ["a", "b"],
        "sent": {"mine": 3},
    }


def test_parameters_time_and_rows_of_other_requests(tmp_path: Path) -> None:
    log = tmp_path / "log"
    entry = _noted(log, "GET", "/api/x", {"params": {"limit": 2, "as_of": "t"}}, _answer({"rows": [1, 2], "n": 3}))
    assert (entry["parameters"], entry["as_of"], entry["rows"]) == ({"limit": 2}, "t", 2)
    assert "rows" not in _noted(log, "GET", "/api/x", {}, _answer({"a": [], "b": []}))
    large = _noted(log, "POST", "/api/x", {"json": {"known": ["x" * 10] * 1000}}, _answer({}))
    assert large["parameters"] == {"known": "list left out"}
    QueryLog(log).note("GET", "/api/sql/running/7", {}, _answer({}))
    assert len(log.read_text("utf-8").splitlines()) == 3
