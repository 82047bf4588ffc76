"""The fields of surveys: a grid for each instrument; a new one supersedes it, and what was known before stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.facilities._kinds import INSTRUMENTS
from skyhub.records import edit, require_editor
from skyhub.science.coordinates import hpx_index
from skyhub.science.footprints import parse_footprint

__all__ = ["FIELD_SCHEMA", "StoredFields", "fields_table", "instrument_named", "store_fields"]

FIELD_SCHEMA = pa.schema(
    [
        pa.field("field_id", pa.int64(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("ra", pa.float64(), nullable=False),
        pa.field("dec", pa.float64(), nullable=False),
        pa.field("reference_filters", pa.list_(pa.string())),
        pa.field("reference_limits", pa.list_(pa.float64())),
    ]
)
"""Columns of a grid as it travels."""

_OWN = ", ".join(FIELD_SCHEMA.names)
_MOST_FIELDS = 1_000_000


@dataclass(frozen=True)
class StoredFields:
    """What became of a grid: fields that are new or changed, those that were there, and those that it no longer has."""

    stored: int
    duplicates: int
    ended: int

    def to_json(self) -> dict[str, int]:
        """As a JSON object."""
        return asdict(self)


def instrument_named(db: Database, viewer: Viewer, name: str, as_of: datetime | None = None) -> dict[str, Any]:
    """The row of an instrument by its name or one of its other names. Raises `NotFound` if there is none."""
    rows = db.reader.rows(
        viewer,
        "SELECT * FROM @instruments WHERE name = ? OR list_contains(aliases, ?) ORDER BY name = ? DESC LIMIT 1",
        [name] * 3,
        as_of,
    )
    if rows:
        return rows[0]
    known = db.reader.rows(viewer, "SELECT name FROM @instruments ORDER BY name", (), as_of)
    raise NotFound(
        f"there is no instrument {name!r}: add it first, or use one of {', '.join(r['name'] for r in known)}.", name
    )


def fields_table(db: Database, viewer: Viewer, instrument: str, as_of: datetime | None = None) -> pa.Table:
    """The fields of an instrument by number: ``field_id, name, ra, dec, reference_filters, reference_limits``."""
    row = instrument_named(db, viewer, instrument, as_of)
    return db.reader.query(
        viewer,
        f"SELECT {_OWN} FROM @instrument_fields WHERE instrument_id = ? ORDER BY field_id",
        [row["instrument_id"]],
        as_of,
    )


def store_fields(
    db: Database,
    viewer: Viewer,
    instrument: str,
    grid: pa.Table,
    footprint: str | None = None,
    *,
    keep: bool = False,
) -> StoredFields:
    """Store the grid of an instrument, and its footprint.

    Parameters
    ----------
    db, viewer, instrument
        The database, who writes, and the instrument by its name.
    grid
        The fields, with the columns of `FIELD_SCHEMA`; the whole grid, unless `keep`.
    footprint
        What the camera sees at once, as a ds9 region; the instrument's own by default.
    keep
        Whether fields that are not in it stay.

    Raises
    ------
    InvalidInput
        If a field cannot be used; then nothing is stored.
    PermissionRefused
        If the viewer may not change this instrument.
    """
    viewer.require(INSTRUMENTS.scope)
    row = instrument_named(db, viewer, instrument)
    require_editor(db, viewer, row, f"instrument {row['name']}")
    checked = _checked(grid)
    if footprint is not None and footprint != row["footprint"]:
        parse_footprint(footprint)
        edit(db, viewer, INSTRUMENTS, row["instrument_id"], {"footprint": footprint})
    return db.writer.write(lambda transaction: _store(transaction, viewer, row, checked, keep))


def _checked(grid: pa.Table) -> list[dict[str, Any]]:
    missing = [f.name for f in FIELD_SCHEMA if f.name not in grid.column_names and not f.nullable]
    if missing or not 0 < len(grid) <= _MOST_FIELDS:
        raise InvalidInput(
            f"the grid has {len(grid)} fields with the columns {', '.join(grid.column_names)}: 1 to {_MOST_FIELDS} fields "
            f"with {_OWN} are permitted.",
            "fields",
        )
    try:
        rows: list[dict[str, Any]] = grid.select([n for n in FIELD_SCHEMA.names if n in grid.column_names]).to_pylist()
        table = pa.Table.from_pylist(rows, FIELD_SCHEMA)
    except (pa.ArrowException, TypeError) as error:
        raise InvalidInput(f"a field cannot be read: {error}", "fields") from error
    ra, dec = (np.asarray(table[name].to_numpy(), dtype=float) for name in ("ra", "dec"))
    wrong = np.flatnonzero(~((ra >= 0) & (ra <= 360) & (dec >= -90) & (dec <= 90)))
    if len(wrong):
        raise InvalidInput(
            f"field {rows[wrong[0]]['field_id']} lies outside of the sky: 0 ≤ ra ≤ 360, −90 ≤ dec ≤ 90 deg.", "fields"
        )
    if len({row["field_id"] for row in rows}) < len(rows):
        raise InvalidInput("a field occurs twice: give each number once.", "fields")
    hpx = hpx_index(ra, dec)
    return [{**row, "hpx": int(index)} for row, index in zip(table.to_pylist(), hpx, strict=True)]


def _store(
    transaction: Transaction,
    viewer: Viewer,
    instrument: Mapping[str, Any],
    grid: Sequence[Mapping[str, Any]],
    keep: bool,
) -> StoredFields:
    known = transaction.rows(
        f"SELECT instrument_field_id, version, {_OWN} FROM instrument_fields "
        "WHERE instrument_id = ? AND known_until IS NULL",
        [instrument["instrument_id"]],
    )
    before = {row["field_id"]: row for row in known}
    changed = [f for f in grid if f["field_id"] not in before or not _same(before[f["field_id"]], f)]
    gone = [] if keep else [row for row in known if row["field_id"] not in {f["field_id"] for f in grid}]
    fresh = transaction.next_id("instrument_fields", "instrument_field_id", len(changed))
    owner = {"instrument_id": instrument["instrument_id"], "instrument": instrument["name"], "author": viewer.name}
    rows, ended = [], {row["instrument_field_id"]: row["version"] + 1 for row in gone}
    for number, given in enumerate(changed, start=fresh):
        old = before.get(given["field_id"])
        version = 1 if old is None else old["version"] + 1
        identifier = number if old is None else old["instrument_field_id"]
        rows.append({**given, **owner, "instrument_field_id": identifier, "version": version, "acl": 0})
        if old is not None:
            ended[identifier] = version
    transaction.insert("instrument_fields", rows)
    transaction.supersede("instrument_fields", "instrument_field_id", ended)
    if rows or gone:
        _announce(transaction, viewer, instrument, len(rows))
    return StoredFields(len(rows), len(grid) - len(rows), len(gone))


def _same(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return all(_plain(old[name]) == _plain(new[name]) for name in FIELD_SCHEMA.names)


def _plain(value: Any) -> Any:
    """Lists as text, so that an unknown limit (NaN) is the same as another, and no list the same as an empty one."""
    return repr(value or []) if isinstance(value, list) or value is None else value


def _announce(transaction: Transaction, viewer: Viewer, instrument: Mapping[str, Any], count: int) -> None:
    payload = {"action": "added", "user": viewer.name, "instrument": instrument["name"], "count": count}
    transaction.announce("instrument_fields", payload, instrument["acl"])


def known_grid(db: Database, instrument_id: int) -> datetime | None:
    """When the grid of an instrument was last changed."""
    [row] = db.reader.rows(
        ADMINISTRATOR,
        "SELECT greatest(max(known_at), max(known_until)) AS at FROM @instrument_fields* WHERE instrument_id = ?",
        [instrument_id],
    )
    changed: datetime | None = row["at"]
    return changed
