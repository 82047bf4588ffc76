"""SQL for users: one read statement in a database of its own that holds only what the viewer may see.

The statement never reaches the owner's connection. The tables it names are read through the access filter and handed
over as Arrow; the database they go to may open no file, no network and no extension, and its settings are locked.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from skyhub.db import PERSONAL, Database, Viewer
from skyhub.errors import InvalidInput

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
_SANDBOX = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_persistent_secrets": False,
    "temp_directory": "",
    "memory_limit": "1GB",
    "threads": 1,
}
_SECONDS = 30.0
_ROWS = 1_000_000


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
    with duckdb.connect(config=_SANDBOX) as sandbox:
        _require_one_select(sandbox, statement)
        sandbox.execute("SET python_enable_replacements = false")
        for name in _mentioned(statement):
            sandbox.register(name, _table(db, viewer, name, as_of))
        sandbox.execute("SET lock_configuration = true")
        return _execute(sandbox, statement)


def _table(db: Database, viewer: Viewer, name: str, as_of: datetime | None) -> pa.Table:
    table = db.reader.query(viewer, TABLES[name].replace("{blobs}", _BLOBS), (), as_of)
    return table.drop_columns("acl") if "acl" in table.column_names else table


def _mentioned(statement: str) -> set[str]:
    """Tables whose names occur in the statement; one more than it needs does no harm."""
    return TABLES.keys() & set(re.findall(r"\w+", statement.lower()))


def _require_one_select(sandbox: duckdb.DuckDBPyConnection, statement: str) -> None:
    try:
        statements = sandbox.extract_statements(statement)
    except duckdb.Error as error:
        raise InvalidInput(f"the statement cannot be read: {error}", "statement") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise InvalidInput("one SELECT statement is permitted, nothing else.", "statement")


def _execute(sandbox: duckdb.DuckDBPyConnection, statement: str) -> SqlResult:
    watch = threading.Timer(_SECONDS, sandbox.interrupt)
    watch.start()
    try:
        relation: Any = sandbox.sql(statement)
        table = relation.limit(_ROWS + 1).to_arrow_table()
    except duckdb.InterruptException as error:
        raise InvalidInput(f"the statement took more than {_SECONDS:g} s: narrow it down.", "statement") from error
    except duckdb.Error as error:
        raise InvalidInput(f"{error} (tables: {', '.join(TABLES)})", "statement") from error
    finally:
        watch.cancel()
    return SqlResult(table.slice(0, _ROWS), len(table) > _ROWS)
