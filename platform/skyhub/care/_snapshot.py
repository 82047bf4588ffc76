"""A process of its own that touches the database's file: ``python -m skyhub.care._snapshot copy|look|owned …``.

The owner's lock on its file ends as soon as *any* descriptor of the file is closed in the owner's process (POSIX), so the
owner itself may not even read it. This process copies the file while the owner holds checkpoints back (writes go to the
log beside it), or opens a copy and counts its rows.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skyhub.care._files import copy_file
from skyhub.errors import StorageError

__all__ = ["copy_of_database", "is_owned", "look_into"]

_HEADERS = 3 * 4096


def copy_of_database(source: Path, target: Path) -> tuple[int, str]:
    """Copy the file of a database whose checkpoints are held back; bytes and SHA-256.

    Raises
    ------
    StorageError
        If it cannot be copied, or a checkpoint was made all the same.
    """
    answer = _ask("copy", source, target)
    return answer["bytes"], answer["sha256"]


def look_into(database: Path) -> dict[str, Any]:
    """Open a database that nobody writes to: ``schema`` (its number) and ``tables`` (rows of each)."""
    return _ask("look", database)


def is_owned(database: Path) -> bool:
    """Whether a process has the database open to write."""
    return database.exists() and bool(_ask("owned", database)["owned"])


def _ask(what: str, *paths: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "skyhub.care._snapshot", what, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = done.stdout.strip().splitlines()
    answer: dict[str, Any] = json.loads(lines[-1]) if done.returncode == 0 and lines else {"error": done.stderr[-500:]}
    if "error" in answer:
        raise StorageError(answer["error"], str(paths[0]))
    return answer


def _copy(source: Path, target: Path) -> dict[str, Any]:
    before = _headers(source)
    copied, digest = copy_file(source, target)
    if _headers(source) != before:
        raise StorageError(f"a checkpoint was made while {source} was copied: take the backup again.", str(source))
    return {"bytes": copied, "sha256": digest}


def _headers(path: Path) -> bytes:
    with path.open("rb") as f:
        return f.read(_HEADERS)


def _look(database: Path) -> dict[str, Any]:
    import duckdb

    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            names = connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1"
            ).fetchall()
            counts = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0] for (name,) in names}
            [(schema,)] = connection.execute("SELECT max(number) FROM migrations").fetchall()
    except duckdb.Error as error:
        raise StorageError(f"{database} cannot be read: {error}", str(database)) from error
    return {"schema": schema, "tables": counts}


def _owned(database: Path) -> dict[str, Any]:
    with database.open("r+b") as f:
        try:
            fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return {"owned": True}
    return {"owned": False}


_WORK: dict[str, Callable[..., dict[str, Any]]] = {"copy": _copy, "look": _look, "owned": _owned}

if __name__ == "__main__":
    try:
        answer = _WORK[sys.argv[1]](*map(Path, sys.argv[2:]))
    except (StorageError, OSError) as error:
        answer = {"error": str(error)}
    print(json.dumps(answer))
