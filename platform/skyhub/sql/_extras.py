"""Tables that a statement may name besides the platform's: those of users, and those that came with the statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import pyarrow as pa

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.sql._catalog import catalog_of
from skyhub.sql._user_files import TableFiles, require_columns
from skyhub.sql._user_tables import names_in_use, schema_of_user, table_files, user_table_rows

__all__ = ["Extra", "extras_of"]

_NAME = re.compile(r"[A-Za-z_]\w{0,62}")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Extra:
    """A table of users."""

    names: list[list[str]]
    """How statements may call it: a name, or a schema and a name."""
    schema: pa.Schema
    rows: int
    batches: Callable[[list[str]], Iterator[pa.RecordBatch]]
    """Its rows, of some columns."""


def extras_of(
    db: Database, viewer: Viewer, statement: str, sent: Mapping[str, pa.Table], as_of: datetime | None
) -> list[Extra]:
    """The tables that may be meant by a statement, and that the viewer may see.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    statement
        A table is taken only if its name occurs in it.
    sent
        Tables that came with it; they come before saved ones of the same name.
    as_of
        Saved tables as they were at this time.

    Raises
    ------
    InvalidInput
        If a table that came with it cannot be used.
    """
    for name, table in sent.items():
        _require_usable(db, name, table)
    words = {word.lower() for word in _WORD.findall(statement)}
    files = table_files(db)
    taken = {name.lower() for name in sent} | set(catalog_of(db).tables)
    saved = [
        _saved(files, row, viewer, taken)
        for row in (user_table_rows(db, viewer, as_of) if words & names_in_use(db) else [])
        if row["name"] in words
    ]
    return [*saved, *(_sent(name, table) for name, table in sent.items())]


def _saved(files: TableFiles, row: dict[str, str], viewer: Viewer, taken: set[str]) -> Extra:
    name, owner = row["name"], row["owner"]
    names = [[schema_of_user(owner), name]]
    if owner == viewer.name and name not in taken:
        names.append([name])
    return Extra(names, files.schema(row["file"]), int(row["n_rows"]), partial(files.batches, row["file"]))


def _sent(name: str, table: pa.Table) -> Extra:
    plain = table.replace_schema_metadata(None)
    return Extra([[name]], plain.schema, len(plain), lambda columns: iter(plain.select(columns).to_batches()))


def _require_usable(db: Database, name: str, table: pa.Table) -> None:
    if not _NAME.fullmatch(name) or name.lower().startswith("skyhub_"):
        raise InvalidInput(f"{name[:80]!r} is no name of a table: letters, digits and '_' are permitted.", "tables")
    if name.lower() in catalog_of(db).tables:
        raise InvalidInput(f"{name!r} is a table of the platform: give yours another name.", "tables")
    require_columns(table.schema)
