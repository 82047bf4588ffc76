"""What can be asked for in SQL: every table with its columns, types, units and descriptions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from skyhub.db import ADMINISTRATOR, PERSONAL, Database, Ledger
from skyhub.kinds import KINDS
from skyhub.photometry import STATISTICS_SQL
from skyhub.records import Kind
from skyhub.sql._conditions import quoted
from skyhub.sql._descriptions import COLUMNS, TABLES

__all__ = ["Catalog", "Column", "Table", "catalog_of"]

_BLOBS = tuple(
    f"{kind}_{end}" for kind in ("packet", "science", "template", "difference", "notice") for end in ("at", "size")
)
_HIDDEN = frozenset(("acl", "pack", "idempotency_key", "known_until", "injection_id", *_BLOBS))
"""Columns of the platform's own book-keeping."""

_COUNTED_EVERY = 300.0
_FEW = 256
_known: dict[Ledger, Mapping[str, Table]] = {}
_STATEMENTS = {
    "groups": f"SELECT * FROM @groups WHERE NOT starts_with(name, '{PERSONAL}')",
    "objects": "SELECT object_id, survey, arg_min(ra, known_at) AS ra, arg_min(dec, known_at) AS dec, "
    "arg_min(hpx, known_at) AS hpx, min(known_at) AS known_at FROM @objects GROUP BY object_id, survey",
    "sources": "SELECT * EXCLUDE (active) FROM @sources "
    "QUALIFY row_number() OVER (PARTITION BY object_id, group_id ORDER BY decision_id DESC, known_at DESC) = 1 AND active",
    "user_tables": "SELECT name, owner, description, n_rows, n_bytes, version, known_at FROM @user_tables",
    **STATISTICS_SQL,
}
"""Tables of which not all rows are shown, or not as they are stored."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    unit: str = ""
    description: str = ""


@dataclass(frozen=True)
class Table:
    """A table that may be named in a statement."""

    name: str
    statement: str
    """The platform's own statement that makes it; each ``@table`` passes the access filter."""
    schema: pa.Schema
    columns: tuple[Column, ...]
    description: str = ""
    example: str = ""

    @cached_property
    def types(self) -> dict[str, str]:
        """SQL types of the columns."""
        return {column.name: column.type for column in self.columns}

    def document(self) -> dict[str, Any]:
        """As it travels."""
        columns = [vars(column) for column in self.columns]
        return {"name": self.name, "description": self.description, "example": self.example, "columns": columns}


class Catalog:
    """The platform's tables in one database.

    Parameters
    ----------
    db
        The database.
    """

    def __init__(self, db: Database) -> None:
        self.tables = _tables(db)
        self.rows: dict[str, int] = {}
        """The order of magnitude of how many rows each table has, whoever may see them."""
        self._counted = -_COUNTED_EVERY
        self.count(db)

    def count(self, db: Database) -> None:
        """Count the rows again, if it was long ago."""
        if time.monotonic() - self._counted < _COUNTED_EVERY:
            return
        self._counted = time.monotonic()
        stored = {name: "photometry_statistics" if name in STATISTICS_SQL else name for name in self.tables}
        counts = (f"SELECT '{name}' AS name, count(*) AS n FROM @{table}" for name, table in stored.items())
        exact = db.reader.rows(ADMINISTRATOR, " UNION ALL ".join(counts))
        self.rows = {row["name"]: _coarse(row["n"]) for row in exact}


def catalog_of(db: Database) -> Catalog:
    """The catalog of a database; its columns do not change while it is open."""
    return db.part(Catalog)


def _tables(db: Database) -> Mapping[str, Table]:
    """The tables by name: the same for all databases that the same migrations made."""
    if db.ledger not in _known:
        described = {**{name: None for name in TABLES}, **{kind.table: kind for kind in KINDS}}
        _known[db.ledger] = {
            name: _table(db, name, kind)
            for name, kind in sorted(described.items())
            if name in db.reader.columns or name in STATISTICS_SQL
        }
    return _known[db.ledger]


def _table(db: Database, name: str, kind: Kind[Any] | None) -> Table:
    secret = kind.secret if kind else frozenset()
    made = _STATEMENTS.get(name, f"SELECT * FROM @{name}")
    types, schema = db.reader.described(ADMINISTRATOR, made)
    shown = [column for column in types if column not in _HIDDEN and column not in secret]
    statement = f"SELECT {', '.join(map(quoted, shown))} FROM ({made})"
    schema = pa.schema([schema.field(column) for column in shown])
    columns = tuple(_column(column, types[column], kind) for column in shown)
    description, example = TABLES.get(name, ("", ""))
    if kind and not description:
        description = _sentence(kind.model.__doc__)
    return Table(name, statement, schema, columns, description, example or f"SELECT * FROM {name} LIMIT 10")


def _column(name: str, type_: str, kind: Kind[Any] | None) -> Column:
    unit, description = COLUMNS.get(name, ("", ""))
    field = kind.model.model_fields.get(name) if kind else None
    if field and field.description:
        description = field.description
    elif kind and name == kind.id_column:
        description = f"Number of the {kind.singular.replace('_', ' ')}"
    return Column(name, type_, unit, description)


def _coarse(count: int) -> int:
    """A power of four: enough to plan joins by, too little to tell how many rows others have."""
    power = _FEW
    while power < count:
        power *= 4
    return power


def _sentence(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
