"""People who note things in the small house, and what they note."""

from __future__ import annotations

from typing import Any

from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.records import Kind, add
from support.houses import SCANNER

PUBLIC, PARTNER, CALTECH = "ZTF26public", "ZTF26partner", "ZTF26caltech"
LEADER = Viewer("leader", frozenset({"transients", "bursts"}), scopes=ROLES["scientist"])


def note(
    db: Database, kind: Kind[Any], viewer: Viewer = SCANNER, groups: list[str] | None = None, **fields: Any
) -> Any:
    """One record, added; its document."""
    return add(db, viewer, kind, [fields], groups)["records"][0]


def columns_of(db: Database, table: str) -> list[tuple[str, str]]:
    """Names and types of a table's columns."""
    rows = db.reader.rows(
        ADMINISTRATOR,
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
        [table],
    )
    return [(row["column_name"], row["data_type"]) for row in rows]


def require_migrated(db: Database, kind: Kind[Any]) -> None:
    """The table of the migrations is the one of the kind."""
    lines = kind.ddl.split("\n    ")[1:]
    expected = [tuple(line.rstrip(",);").split(" ")) for line in lines]
    assert columns_of(db, kind.table) == expected
