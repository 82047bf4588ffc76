"""Checks of rows: identifiers that are there twice, and those that lead nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from skyhub.care._problem import Problem
from skyhub.care._tables import Reference, Schema
from skyhub.db import ADMINISTRATOR, Database

__all__ = ["count_rows", "duplicates", "orphans", "unknown_acls"]

_REPAIR = "Look at the rows with `skyhub sql`; if a release did this, report it; to go back, restore the last backup."


def count_rows(db: Database, schema: Schema) -> dict[str, int]:
    """Rows per table, those that were superseded included."""
    tables = sorted(schema.tables)
    counts = (f"SELECT {place} AS place, count(*) AS n FROM @{table}*" for place, table in enumerate(tables))
    rows = db.reader.rows(ADMINISTRATOR, f"{' UNION ALL '.join(counts)} ORDER BY place")
    return dict(zip(tables, (row["n"] for row in rows), strict=True))


def duplicates(db: Database, schema: Schema, filled: Collection[str]) -> Iterator[Problem]:
    """Identifiers that two rows have, and records of which two versions are in force, in tables that have rows."""
    for table, key in schema.identities():
        if table in filled:
            yield from _twice(db, f"@{table}*", table, key, "duplicate", "are there more than once")
    for table, key in schema.in_force():
        if table in filled:
            yield from _twice(db, f"@{table}", table, key, "two_in_force", "have two versions in force")


def _twice(db: Database, source: str, table: str, key: Sequence[str], kind: str, message: str) -> Iterator[Problem]:
    columns = ", ".join(key)
    grouped = f"SELECT {columns} FROM {source} GROUP BY {columns} HAVING count(*) > 1"
    [found] = db.reader.rows(
        ADMINISTRATOR, f"SELECT count(*) AS n, min(concat_ws(', ', {columns})) AS example FROM ({grouped})"
    )
    if found["n"]:
        text = f"{found['n']} values of ({columns}) {message}, such as {found['example']}."
        yield Problem(kind, table, text, _REPAIR)


def orphans(db: Database, schema: Schema, filled: Collection[str]) -> Iterator[Problem]:
    """Rows that speak of something that does not exist, in tables that have rows."""
    for reference in schema.references():
        if reference.table in filled:
            yield from _lost(db, reference)
    for table, columns in schema.tables.items():
        if {"about_table", "about_id"} <= columns.keys() and table in filled:
            yield from _about_nothing(db, schema, table)


def _about_nothing(db: Database, schema: Schema, table: str) -> Iterator[Problem]:
    """Records about records: each row names the table and the number."""
    numbered = schema.numbered()
    kinds = db.reader.rows(
        ADMINISTRATOR, f"SELECT DISTINCT about_table AS name FROM @{table}* WHERE about_id IS NOT NULL"
    )
    for target in sorted(str(kind["name"]) for kind in kinds):
        if target not in numbered:
            text = f"about_table is {target!r}, which is no table of numbered records."
            yield Problem("orphan", f"{table}.about_table", text, _REPAIR)
            continue
        [found] = db.reader.rows(
            ADMINISTRATOR,
            f"SELECT count(*) AS n, min(about_id)::VARCHAR AS example FROM @{table}* ANTI JOIN "
            f"(SELECT {numbered[target]} AS about_id FROM @{target}*) USING (about_id) "
            "WHERE about_table = ? AND about_id IS NOT NULL",
            [target],
        )
        if found["n"]:
            text = f"{found['n']} rows are about {target} that do not exist, such as {found['example']}."
            yield Problem("orphan", f"{table}.about_id", text, _REPAIR)


def _lost(db: Database, reference: Reference) -> Iterator[Problem]:
    table, column, target, target_column, many = reference
    value = f"unnest({column})" if many else column
    [found] = db.reader.rows(
        ADMINISTRATOR,
        f"SELECT count(*) AS n, min(x)::VARCHAR AS example FROM (SELECT {value} AS x FROM @{table}*) "
        f"ANTI JOIN (SELECT DISTINCT {target_column} AS x FROM @{target}*) USING (x) WHERE x IS NOT NULL",
    )
    if found["n"]:
        text = f"{found['n']} values of {column} are not in {target}, such as {found['example']}."
        yield Problem("orphan", f"{table}.{column}", text, _REPAIR)


def unknown_acls(db: Database, schema: Schema, filled: Collection[str]) -> Iterator[Problem]:
    """Rows whose acl stands for no set of groups and streams: nobody but administrators sees them."""
    for table, columns in schema.tables.items():
        if "acl" not in columns or table == "acls" or table not in filled:
            continue
        where = f"acl IS NULL OR acl < 0 OR acl >= {len(db.access)}"
        [found] = db.reader.rows(ADMINISTRATOR, f"SELECT count(*) AS n FROM @{table}* WHERE {where}")
        if found["n"]:
            yield Problem(
                "acl", table, f"{found['n']} rows have an acl that stands for no groups and streams.", _REPAIR
            )
