"""Bringing observations in: a log is checked as a whole, compared with what is there, and stored or refused whole."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.db import PUBLIC, Database, Stale, Transaction, Viewer, already, settled
from skyhub.errors import InvalidInput, NotFound
from skyhub.facilities import fields_table, instrument_named
from skyhub.observations._log import COLUMNS, Grid, observations_of_log
from skyhub.records import chosen_groups, require_editor
from skyhub.science.coordinates import hpx_index

__all__ = ["StoredObservations", "remove_observations", "store_observations"]

_MOST_ROWS = 1_000_000
_MOST_REMOVED = 100_000
_KEY = "observations"
_THERE = f"""
    SELECT observation_id, version, author, acl, {", ".join(COLUMNS)} FROM @observations
    WHERE instrument = ? AND mjd BETWEEN ? AND ?
"""
_SLACK = 1e-6
"""Days around the times of a log within which to look for the same exposures."""


@dataclass(frozen=True)
class StoredObservations:
    """What became of the rows of a log: each is stored or a duplicate."""

    read: int
    stored: int
    """New observations, and new versions of observations."""
    revised: int
    """Of these, how many were there with other values."""
    duplicates: int
    """Rows of what is there already, or of the same exposure as another row."""
    rejected: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class _Verdicts:
    """Which rows of a log are new, and which correct an observation."""

    new: list[int]
    revises: dict[int, tuple[int, int]]
    """By row: the observation, and its version from now on."""


def store_observations(
    db: Database,
    viewer: Viewer,
    instrument: str,
    table: pa.Table,
    groups: Sequence[str] | None = None,
    origin: str = "log",
) -> StoredObservations:
    """Store the executed observations of a log, all or none of them.

    The same exposure (instrument, time, pointing, filter) again is a duplicate if it is there for the same groups or for
    everybody; with other values, of one's own, it is a new version. What others keep for themselves is not compared.

    Parameters
    ----------
    db, viewer, instrument
        The database, who brings them, and the instrument by its name.
    table
        See `observations_of_log`.
    groups
        Who shall see them: some of the viewer's groups, all of them by default, or ``public``.
    origin
        Where they are from.

    Raises
    ------
    NotFound, InvalidInput
        If there is no such instrument, or a row cannot be used.
    PermissionRefused
        If the viewer may not upload, not for these groups, or not change what is there.
    """
    viewer.require("upload")
    if not 0 < len(table) <= _MOST_ROWS:
        raise InvalidInput(f"{len(table)} observations were given: 1 to {_MOST_ROWS} at a time are permitted.", "rows")
    row = instrument_named(db, viewer, instrument)
    found = observations_of_log(table, _grid_of(db, viewer, row))
    chosen = chosen_groups(db, viewer, groups)
    acl = db.writer.write(lambda transaction: transaction.acl(chosen))

    def attempt() -> Future[StoredObservations]:
        commit = db.writer.commits
        verdicts = _compare(db, viewer, row["name"], found, acl)
        n_revised = len(verdicts.revises)
        n_stored = len(verdicts.new) + n_revised
        done = StoredObservations(len(table), n_stored, n_revised, len(table) - n_stored)
        if not verdicts.new and not n_revised:
            return already(done)

        def write(transaction: Transaction) -> StoredObservations:
            if transaction.touched_since((_KEY, row["name"]), commit):
                raise Stale
            transaction.touch((_KEY, row["name"]))
            fixed = {"instrument": row["name"], "origin": origin, "author": viewer.name, "acl": acl}
            _write(transaction, found, verdicts, fixed)
            return done

        return db.writer.submit(write)

    return settled(attempt)


def remove_observations(db: Database, viewer: Viewer, observation_ids: Sequence[int]) -> int:
    """End observations; what was known earlier still tells of them. Returns how many.

    Raises
    ------
    NotFound, InvalidInput
        If one is not among those that the viewer may see, or none or more than 100,000 are named.
    PermissionRefused
        If the viewer may not upload, or not change one of them.
    """
    viewer.require("upload")
    wanted = sorted(set(observation_ids))
    if not 0 < len(wanted) <= _MOST_REMOVED:
        raise InvalidInput(
            f"{len(wanted)} observations were named: 1 to {_MOST_REMOVED} are permitted.", "observation_ids"
        )
    sql = "SELECT observation_id, version, instrument, author, acl FROM @observations WHERE list_contains(?, observation_id)"
    rows = db.reader.rows(viewer, sql, [wanted])
    if missing := set(wanted) - {row["observation_id"] for row in rows}:
        raise NotFound(f"there is no observation {min(missing)} among those that you may see.", str(min(missing)))
    for row in rows:
        require_editor(db, viewer, row, f"observation {row['observation_id']}")

    def write(transaction: Transaction) -> int:
        transaction.supersede("observations", "observation_id", {r["observation_id"]: r["version"] + 1 for r in rows})
        for instrument, acl in sorted({(r["instrument"], r["acl"]) for r in rows}):
            transaction.touch((_KEY, instrument))
            count = sum((r["instrument"], r["acl"]) == (instrument, acl) for r in rows)
            payload = {"action": "removed", "user": viewer.name, "instrument": instrument, "count": count}
            transaction.announce("observations", payload, acl)
        return len(rows)

    return db.writer.write(write)


def _grid_of(db: Database, viewer: Viewer, row: dict[str, Any]) -> Grid:
    fields = fields_table(db, viewer, row["name"])
    ids, ra, dec = (fields[name].to_numpy() for name in ("field_id", "ra", "dec"))
    return Grid(row["name"], row["filters"], ids, fields["name"].to_pylist(), ra, dec)


_Exposure = tuple[int, int, int, str]


def _exposures(table: pa.Table) -> list[_Exposure]:
    """What tells one exposure from another: time (ms), pointing (0.01 deg) and filter."""
    mjd, ra, dec = (table[name].to_numpy() for name in ("mjd", "ra", "dec"))
    numbers = np.column_stack([np.round(mjd * 86_400_000), np.round(ra % 360 * 100), np.round(dec * 100)]).astype(
        np.int64
    )
    filters = [name or "" for name in table["filter"].to_pylist()]
    return [(*row, name) for row, name in zip(numbers.tolist(), filters, strict=True)]


def _compare(db: Database, viewer: Viewer, instrument: str, found: pa.Table, acl: int) -> _Verdicts:
    mjd = found["mjd"].to_numpy()
    there = db.reader.query(viewer, _THERE, [instrument, float(mjd.min()) - _SLACK, float(mjd.max()) + _SLACK])
    before: dict[_Exposure, list[dict[str, Any]]] = {}
    for exposure, row in zip(_exposures(there), there.to_pylist(), strict=True):
        if row["acl"] in (acl, PUBLIC):
            before.setdefault(exposure, []).append(row)
    new, revises = [], {}
    for place, (exposure, row) in enumerate(zip(_exposures(found), found.to_pylist(), strict=True)):
        known = before.get(exposure, [])
        own = next((old for old in known if old["acl"] == acl), None)
        if any(all(old[name] == row[name] for name in COLUMNS) for old in known):
            continue
        if own is None:
            new.append(place)
            continue
        require_editor(db, viewer, own, f"observation {own['observation_id']}")
        revises[place] = (own["observation_id"], own["version"] + 1)
    return _Verdicts(new, revises)


def _write(transaction: Transaction, found: pa.Table, verdicts: _Verdicts, fixed: dict[str, Any]) -> None:
    first = transaction.next_id("observations", "observation_id", len(verdicts.new))
    numbered = {place: (first + n, 1) for n, place in enumerate(verdicts.new)} | verdicts.revises
    rows = found.take(list(numbered))
    identifiers, versions = zip(*numbered.values(), strict=True)
    hpx = hpx_index(rows["ra"].to_numpy(), rows["dec"].to_numpy())
    own = {"observation_id": (identifiers, pa.int64()), "version": (versions, pa.int32()), "hpx": (hpx, pa.int64())}
    for name, (values, kind) in own.items():
        rows = rows.append_column(name, pa.array(values, kind))
    for name, value in fixed.items():
        rows = rows.append_column(
            name, pa.repeat(pa.scalar(value, pa.int32() if name == "acl" else pa.string()), len(rows))
        )
    transaction.insert("observations", rows)
    transaction.supersede("observations", "observation_id", dict(verdicts.revises.values()))
    payload = {
        "action": "added", "user": fixed["author"], "instrument": fixed["instrument"], "count": len(rows),
        "first_mjd": float(rows["mjd"].to_numpy().min()), "last_mjd": float(rows["mjd"].to_numpy().max()),
    }  # fmt: skip
    transaction.announce("observations", payload, fixed["acl"])
