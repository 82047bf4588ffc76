"""Storing entries of catalogues in bulk: new ones, corrected ones, and those that are there already."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.catalogs._schemas import Entries
from skyhub.db import Database, Transaction, Viewer
from skyhub.db._attempts import Stale, settled
from skyhub.errors import InvalidInput
from skyhub.records import add, find, require_editor
from skyhub.science.coordinates import hpx_index

__all__ = ["StoredEntries", "store_entries"]

_MOST_AT_ONCE = 10_000_000


@dataclass(frozen=True)
class StoredEntries:
    """What became of entries: new or corrected ones, those that were there with the same values, those that ended."""

    stored: int
    duplicates: int
    ended: int = 0

    def to_json(self) -> dict[str, int]:
        """As a JSON object."""
        return asdict(self)


def store_entries(
    db: Database,
    viewer: Viewer,
    entries: Entries,
    catalog: str,
    given: pa.Table,
    *,
    kind: str | None = None,
    replace: bool = False,
) -> StoredEntries:
    """Store entries of a catalogue, which is made if there is none of this name.

    Parameters
    ----------
    db, viewer
        The database, and who writes.
    entries, catalog
        What kind of entries they are, and of which catalogue.
    given
        The entries, with the columns of `entries`; each name once. One with a name that is there and other values is a
        new version of that one.
    kind
        What entries of the catalogue are known as, if it is one of reference.
    replace
        Whether this is the whole catalogue: entries that are not given end, and stay readable as of earlier times.

    Raises
    ------
    InvalidInput
        If an entry cannot be used; then none is stored.
    PermissionRefused
        If the viewer may not write to this catalogue.
    """
    viewer.require(entries.kind.scope)
    table = _checked(entries, given)
    _require_catalog(db, viewer, entries, catalog, kind)
    hpx = hpx_index(table["ra"].to_numpy(), table["dec"].to_numpy())
    table = table.append_column("hpx", pa.array(hpx)).take(np.argsort(hpx, kind="stable"))
    key = (entries.table, catalog)

    def attempt() -> Future[StoredEntries]:
        commit = db.writer.commits
        known = _known(db, entries, catalog, table)
        gone = _gone(db, entries, catalog, table) if replace else {}

        def write(transaction: Transaction) -> StoredEntries:
            if transaction.touched_since(key, commit):
                raise Stale
            transaction.touch(key)
            return _store(transaction, viewer, entries, catalog, table, known, gone)

        return db.writer.submit(write)

    return settled(attempt)


def _checked(entries: Entries, given: pa.Table) -> pa.Table:
    if not 0 < len(given) <= _MOST_AT_ONCE:
        raise InvalidInput(f"{len(given)} entries were given: 1 to {_MOST_AT_ONCE} at a time are permitted.", "entries")
    strange = [name for name in given.column_names if name not in entries.names]
    if strange or not {"name", "ra", "dec"} <= set(given.column_names):
        raise InvalidInput(
            f"entries have the columns {', '.join(given.column_names)}: {', '.join(entries.names)} are permitted, "
            "name, ra and dec needed.",
            "entries",
        )
    try:
        table = pa.table(
            {
                f.name: given[f.name].cast(f.type) if f.name in given.column_names else pa.nulls(len(given), f.type)
                for f in entries.schema
            }
        ).combine_chunks()
    except pa.ArrowException as error:
        raise InvalidInput(f"a value is none for its column: {error}", "entries") from error
    faults = entries.faults(table)
    if faults:
        row, reason = min(faults.items())
        raise InvalidInput(f"entry {row + 1}: {reason}", "entries")
    if len(table["name"].unique()) < len(table):
        raise InvalidInput("a name occurs twice: give each entry once.", "entries")
    return table


def _require_catalog(db: Database, viewer: Viewer, entries: Entries, catalog: str, kind: str | None) -> None:
    found = find(db, viewer, entries.kind, {"name": catalog})
    told = {} if kind is None else {"kind": kind}
    if not found:
        add(db, viewer, entries.kind, [{"name": catalog, **told}])
        return
    require_editor(db, viewer, {"author": found[0]["author"], "acl": 0}, f"the catalogue {catalog}")
    if kind is not None and found[0]["kind"] != kind:
        raise InvalidInput(
            f"{catalog} is a catalogue of kind {found[0]['kind']}, not {kind}: give that kind, or another name.", "kind"
        )


def _known(db: Database, entries: Entries, catalog: str, table: pa.Table) -> pa.Table:
    """Row numbers of entries whose names are there, with the identifier, the version, and whether values differ."""
    differ = " OR ".join(f"known.{name} IS DISTINCT FROM given.{name}" for name in entries.names)
    numbered = table.append_column("place", pa.array(np.arange(len(table))))
    return _compared(
        db,
        f"SELECT given.place, known.{entries.id_column} AS id, known.version, {differ} AS differs "
        f"FROM skyhub_given AS given JOIN {entries.table} AS known USING (name) "
        "WHERE known.catalog = ? AND known.known_until IS NULL",
        catalog,
        numbered,
    )


def _gone(db: Database, entries: Entries, catalog: str, table: pa.Table) -> dict[int, int]:
    """Identifiers of entries whose names are no longer given, with the version that they will not have."""
    found = _compared(
        db,
        f"SELECT {entries.id_column} AS id, version + 1 AS version FROM {entries.table} ANTI JOIN skyhub_given USING (name) "
        "WHERE catalog = ? AND known_until IS NULL",
        catalog,
        table.select(["name"]),
    )
    return dict(zip(found["id"].to_pylist(), found["version"].to_pylist(), strict=True))


def _compared(db: Database, sql: str, catalog: str, given: pa.Table) -> pa.Table:
    with db.reader.borrowed() as cursor:
        cursor.register("skyhub_given", given)
        try:
            return cursor.sql(sql, params=[catalog]).to_arrow_table()
        finally:
            cursor.unregister("skyhub_given")


def _store(
    transaction: Transaction,
    viewer: Viewer,
    entries: Entries,
    catalog: str,
    table: pa.Table,
    known: pa.Table,
    gone: dict[int, int],
) -> StoredEntries:
    places, differs = known["place"].to_numpy(), known["differs"].to_numpy(zero_copy_only=False).astype(bool)
    kept = np.ones(len(table), dtype=bool)
    kept[places[~differs]] = False
    identifiers, versions = np.zeros(len(table), dtype=np.int64), np.ones(len(table), dtype=np.int32)
    new = np.ones(len(table), dtype=bool)
    new[places] = False
    first = transaction.next_id(entries.table, entries.id_column, int(new.sum()))
    identifiers[new] = first + np.arange(new.sum())
    identifiers[places] = known["id"].to_numpy()
    versions[places] = known["version"].to_numpy() + 1
    rows = table.append_column(entries.id_column, pa.array(identifiers)).append_column("version", pa.array(versions))
    for name, value in (("catalog", catalog), ("author", viewer.name), ("acl", 0)):
        kind = pa.int32() if name == "acl" else pa.string()
        rows = rows.append_column(name, pa.repeat(pa.scalar(value, kind), len(rows)))
    stored = rows.take(np.flatnonzero(kept))
    transaction.insert(entries.table, stored)
    ended = places[differs]
    corrected = dict(zip(identifiers[ended].tolist(), versions[ended].tolist(), strict=True))
    transaction.supersede(entries.table, entries.id_column, {**corrected, **gone})
    if len(stored) or gone:
        payload: dict[str, Any] = {"action": "added", "user": viewer.name, "catalog": catalog, "count": len(stored)}
        transaction.announce(entries.table, payload, 0)
    return StoredEntries(len(stored), len(table) - len(stored), len(gone))
