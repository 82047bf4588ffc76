"""The process in which a user's statement runs: it holds only the tables it was given, and few means to do harm.

It reads a request from standard input, answers on standard output and ends. It has no token in its environment, opens
no file and no network, and the operating system bounds its memory; whoever started it ends it when time is up.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import IO, Any

import duckdb
import pyarrow as pa

__all__ = ["Limits", "Refused", "pack", "request", "unpack"]

_SANDBOX: dict[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_persistent_secrets": False,
    "temp_directory": "",
    "threads": 1,
}
_MEGABYTE = 2**20
_LENGTH = struct.Struct(">Q")


@dataclass(frozen=True)
class Limits:
    """What a statement may use."""

    seconds: float = 30.0
    rows: int = 1_000_000
    memory_mb: int = 1000
    """For DuckDB's own use; the whole process may have twice as much on top of what it was given."""


class Refused(Exception):
    """The statement cannot be answered; the message says why."""


def pack(header: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> bytes:
    """A header (JSON) and named tables (Arrow IPC streams) as one message."""
    parts = [json.dumps({**header, "tables": list(tables)}).encode()]
    for table in tables.values():
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        parts.append(sink.getvalue().to_pybytes())
    return b"".join(_LENGTH.pack(len(part)) + part for part in parts)


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, pa.Table]]:
    """The header and the tables of a message."""
    parts, at = [], 0
    while at < len(message):
        (size,) = _LENGTH.unpack_from(message, at)
        at += _LENGTH.size
        parts.append(memoryview(message)[at : at + size])
        at += size
    header = json.loads(bytes(parts[0]))
    streams = zip(header.pop("tables"), parts[1:], strict=True)
    return header, {name: pa.ipc.open_stream(part).read_all() for name, part in streams}


def main() -> None:
    """Answer one request."""
    with _own_output() as output:
        _serve(sys.stdin.buffer.read(), output)


def _own_output() -> IO[bytes]:
    """Standard output for the answer alone: whatever libraries print there is dropped."""
    output = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return output


def _serve(message: bytes, output: IO[bytes]) -> None:
    if not message:  # nobody asked: the process that kept this one ready has ended
        return
    header, tables = unpack(message)
    limits = Limits(**header["limits"])
    _bound_memory(limits, len(message))
    try:
        table = _answer(header["statement"], tables, limits)
        reply = pack({"truncated": len(table) > limits.rows}, {"answer": table.slice(0, limits.rows)})
    except (Refused, duckdb.Error) as error:
        reply = pack({"refused": str(error)}, {})
    except (MemoryError, pa.ArrowMemoryError):
        reply = pack({"refused": "Out of Memory Error: the answer is too large"}, {})
    output.write(reply)


def request(statement: str, tables: Mapping[str, pa.Table], limits: Limits) -> bytes:
    """The message that asks for an answer."""
    return pack({"statement": statement, "limits": asdict(limits)}, tables)


def _bound_memory(limits: Limits, given: int) -> None:
    bound = 2 * limits.memory_mb * _MEGABYTE + 2 * given
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))


def _answer(statement: str, tables: Mapping[str, pa.Table], limits: Limits) -> pa.Table:
    config = {**_SANDBOX, "memory_limit": f"{limits.memory_mb}MB"}
    with duckdb.connect(config=config) as sandbox:
        _require_one_select(sandbox, statement)
        sandbox.execute("SET python_enable_replacements = false")
        for name, table in tables.items():
            sandbox.register(name, table)
        sandbox.execute("SET lock_configuration = true")
        watch = threading.Timer(limits.seconds, sandbox.interrupt)
        watch.daemon = True
        watch.start()
        try:
            relation: Any = sandbox.sql(statement)
            return relation.limit(limits.rows + 1).to_arrow_table()
        except duckdb.InterruptException:
            raise Refused(f"the statement took more than {limits.seconds:g} s: narrow it down.") from None
        finally:
            watch.cancel()


def _require_one_select(sandbox: duckdb.DuckDBPyConnection, statement: str) -> None:
    try:
        statements = sandbox.extract_statements(statement)
    except duckdb.Error as error:
        raise Refused(f"the statement cannot be read: {error}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Refused("one SELECT statement is permitted, nothing else.")


if __name__ == "__main__":
    main()
