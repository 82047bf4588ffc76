"""SQL for users: one read statement in a process of its own that holds only what the viewer may see.

The statement never reaches the owner's connection, nor its process. The tables it names are read through the access
filter and handed over as Arrow; what runs it may open no file, no network and no extension, and is ended when it takes
too much time or memory.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from skyhub.db import PERSONAL, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.sql._worker import Limits, request, unpack

__all__ = ["TABLES", "SqlResult", "run_sql"]

TABLES = {
    "alerts": "SELECT * EXCLUDE (pack, {blobs}) FROM @alerts",
    "candidates": "SELECT * FROM @candidates",
    "changes": "SELECT * FROM @changes",
    "decisions": "SELECT * EXCLUDE (idempotency_key) FROM @decisions",
    "filters": "SELECT * FROM @filters",
    "groups": f"SELECT * FROM @groups WHERE NOT starts_with(name, '{PERSONAL}')",
    "objects": "SELECT object_id, survey, arg_min(ra, known_at) AS ra, arg_min(dec, known_at) AS dec, "
    "arg_min(hpx, known_at) AS hpx, min(known_at) AS known_at FROM @objects GROUP BY object_id, survey",
    "photometry": "SELECT * FROM @photometry",
    "sources": "SELECT * EXCLUDE (active) FROM @sources "
    "QUALIFY row_number() OVER (PARTITION BY object_id, group_id ORDER BY decision_id DESC) = 1 AND active",
    "streams": "SELECT * FROM @streams",
}
"""What users may name in SQL, and the platform's statement behind each."""

_BLOBS = ", ".join(
    f"{kind}_{end}" for kind in ("packet", "science", "template", "difference") for end in ("at", "size")
)
_LIMITS = Limits()
_GRACE_SECONDS = 5.0
"""How much later than its own limit a worker that does not answer is ended."""
_MODULE = "skyhub.sql._worker"


@dataclass(frozen=True)
class SqlResult:
    """The answer to a statement."""

    table: pa.Table
    truncated: bool
    """Whether rows beyond the limit were left out."""


def run_sql(db: Database, viewer: Viewer, statement: str, as_of: datetime | None = None) -> SqlResult:
    """Run one SELECT statement over what a viewer may see.

    Parameters
    ----------
    db, viewer
        The database, and with whose rights the statement reads.
    statement
        In DuckDB's dialect, over the names in `TABLES`.
    as_of
        Only facts known at this time.

    Raises
    ------
    InvalidInput
        If it is not one SELECT statement, names something else, fails, or exceeds time or memory.
    """
    tables = {name: _table(db, viewer, name, as_of) for name in _mentioned(statement)}
    header, answer = unpack(_in_worker(request(statement, tables, _LIMITS)))
    if "refused" in header:
        raise InvalidInput(f"{header['refused']} (tables: {', '.join(TABLES)})", "statement")
    return SqlResult(answer["answer"], header["truncated"])


def _table(db: Database, viewer: Viewer, name: str, as_of: datetime | None) -> pa.Table:
    table = db.reader.query(viewer, TABLES[name].replace("{blobs}", _BLOBS), (), as_of)
    return table.drop_columns("acl") if "acl" in table.column_names else table


def _mentioned(statement: str) -> set[str]:
    """Tables whose names occur in the statement; one more than it needs does no harm."""
    return TABLES.keys() & set(re.findall(r"\w+", statement.lower()))


class _Workers:
    """Keeps one worker started, so that a statement need not wait for its imports."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: subprocess.Popen[bytes] | None = None

    def take(self) -> subprocess.Popen[bytes]:
        """A worker for one statement; the next one is started on the way."""
        with self._lock:
            taken, self._ready = self._ready or _start_worker(), _start_worker()
        return taken if taken.poll() is None else _start_worker()


_WORKERS = _Workers()


def _start_worker() -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TZ") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-I", "-m", _MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        start_new_session=True,
    )


def _in_worker(message: bytes) -> bytes:
    with _WORKERS.take() as worker:
        try:
            answer, _ = worker.communicate(message, timeout=_LIMITS.seconds + _GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
            raise InvalidInput(
                f"the statement took more than {_LIMITS.seconds:g} s: narrow it down.", "statement"
            ) from None
    if worker.returncode != 0:
        raise InvalidInput("the statement needed more memory than is permitted: narrow it down.", "statement")
    return answer
