"""What the columns say by their names: which one identifies a table's rows, and which ones point to another table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from skyhub.db import Database

__all__ = ["Reference", "Schema"]

_OWN = {"candid": "alerts", "seq": "changes", "acl": "acls"}
"""Columns that identify rows without being called so, and their tables."""
_KEYS = {"alerts": ("survey", "candid"), "objects": ("object_id", "acl"), "photometry": ("photometry_id",)}
"""Tables of which a row is identified by other columns than the identifier and the version."""
_POINT = ("object_id", "instrument", "origin", "filter", "mjd", "repeat", "point_id")
_NUMBERS = {"BIGINT", "INTEGER"}


class Reference(NamedTuple):
    """A column whose values are identifiers of rows elsewhere (`many`: lists of them)."""

    table: str
    column: str
    target: str
    target_column: str
    many: bool


class Schema:
    """The tables of a database with their columns' types.

    A table's identifier is its first column if that is called after it, as ``candidate_id`` in ``candidates``, or if
    no other table begins with it. A column of that name elsewhere points to it; so do lists called ``candidate_ids`` or
    ``candidates``.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        self.tables = tables
        self.owners = {column: table for column, table in _OWN.items() if column in tables.get(table, {})}
        for name in sorted({first for first, *_ in map(list, tables.values()) if first.endswith("_id")}):
            begin = [table for table, columns in tables.items() if next(iter(columns)) == name]
            named = [table for table in begin if table in _plurals(name.removesuffix("_id"))]
            if len(named or begin) == 1:
                [self.owners[name]] = named or begin

    @classmethod
    def of(cls, db: Database) -> Schema:
        """Of an open database."""
        with db.reader.borrowed() as cursor:
            rows = cursor.execute(
                "SELECT table_name, column_name, data_type FROM duckdb_columns() "
                "WHERE NOT internal AND database_name = current_database() ORDER BY table_name, column_index"
            ).fetchall()
        tables: dict[str, dict[str, str]] = {}
        for table, column, kind in rows:
            tables.setdefault(table, {})[column] = kind
        return cls({name: columns for name, columns in tables.items() if name in db.reader.columns})

    def identities(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Tables, and the columns of which no two rows may have the same values."""
        for column, table in self.owners.items():
            columns = self.tables[table]
            if table in _KEYS:
                yield table, _KEYS[table]
            elif columns[column] in _NUMBERS:
                yield table, (column, "version") if "version" in columns else (column,)

    def in_force(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Tables of which rows are superseded, and the columns of which no two rows in force have the same values."""
        for column, table in self.owners.items():
            if {"version", "known_until"} <= self.tables[table].keys():
                yield table, _POINT if table == "photometry" else _KEYS.get(table, (column,))

    def references(self) -> Iterator[Reference]:
        """Columns that point to another table."""
        named = {table: column for column, table in self.owners.items()}
        for table, columns in self.tables.items():
            for column, kind in columns.items():
                many = kind.endswith("[]")
                single = column[:-1] if many and column.endswith("_ids") else column
                single = named.get(column, single) if many else single
                target = self.owners.get(single)
                if target in (None, table) or single in ("seq", "acl"):
                    continue
                assert target is not None
                if kind.removesuffix("[]") in _alike(self.tables[target][single]):
                    yield Reference(table, column, target, single, many)

    def numbered(self) -> dict[str, str]:
        """Tables whose rows have numbers, and the column of these."""
        return {table: column for column, table in self.owners.items() if self.tables[table][column] in _NUMBERS}


def _plurals(word: str) -> set[str]:
    return {f"{word}s", f"{word}es", f"{word[:-1]}ies", f"{word[:-2]}a", word}


def _alike(kind: str) -> set[str]:
    return _NUMBERS if kind in _NUMBERS else {kind}
