"""Reading catalogues from files: CSV, Parquet, FITS, VOTable and HDF5, with others' names of columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skyhub.catalogs._files import table_of_file
from skyhub.catalogs._schemas import Entries
from skyhub.db import naive_utc
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import hpx_index, parse_position, sexagesimal

__all__ = ["CatalogFile", "read_catalog"]

_LINEAR_MASS = ("mstar", "mass", "stellar_mass", "m_star")


@dataclass
class CatalogFile:
    """What a file held: every record read is in the table, repeated, or rejected with a reason."""

    file: str
    table: pa.Table
    read: int = 0
    repeated: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    """The file's column for each of ours."""

    def reject(self, record: int | None, reason: str) -> None:
        """Take down why a record, or the whole file, was refused."""
        self.rejected.append({"file": self.file, "record": record, "reason": reason})


def read_catalog(
    path: Path, entries: Entries, names: Mapping[str, str] | None = None, radius: float | None = None
) -> CatalogFile:
    """The entries of a file, sorted by place on the sky.

    Parameters
    ----------
    path
        CSV (packed with gzip or bzip2 as well), Parquet, FITS, VOTable or HDF5.
    entries
        What kind of entries they are.
    names
        Columns of the file for columns of ours, where they cannot be told by their names.
    radius
        Extent (deg) of entries without one.
    """
    content = CatalogFile(str(path), entries.schema.empty_table())
    try:
        given = table_of_file(path)
        content.read = len(given)
        found = _columns(given, entries, names or {})
    except InvalidInput as error:
        content.reject(None, error.message)
        return content
    content.columns = found
    content.unknown_columns = [name for name in given.column_names if name and name not in found.values()]
    table = _converted(given, found, entries)
    if radius is not None:
        table = _with_extent(table, radius)
    if "data" in entries.names:
        table = _with_data(table, given.select(content.unknown_columns))
        content.unknown_columns = []
    _keep(content, entries, _with_names(table))
    return content


def _columns(given: pa.Table, entries: Entries, names: Mapping[str, str]) -> dict[str, str]:
    """The file's column for each of ours."""
    strange = [ours for ours in names if ours not in entries.names]
    absent = [theirs for theirs in names.values() if theirs not in given.column_names]
    if strange or absent:
        raise InvalidInput(
            f"{', '.join(strange + absent)} cannot be matched: columns of {entries.table} are {', '.join(entries.names)}, "
            f"those of the file {', '.join(given.column_names)}.",
            "map",
        )
    lower = {name.lower().strip(): name for name in reversed(given.column_names)}
    found = {c.name: lower[a] for c in entries.columns for a in reversed(c.aliases) if a in lower}
    linear = [lower[alias] for alias in _LINEAR_MASS if alias in lower]
    if "log_mass" in entries.names and linear:
        found.setdefault("log_mass", linear[0])
    found |= names
    if missing := [name for name in ("ra", "dec") if name not in found]:
        raise InvalidInput(
            f"there is no column {' and '.join(missing)} among {', '.join(given.column_names)}: name them with "
            "--map ra=COLUMN.",
            "map",
        )
    return found


def _converted(given: pa.Table, found: Mapping[str, str], entries: Entries) -> pa.Table:
    arrays = {}
    given = _with_prefixes(_in_degrees(given, found["ra"], found["dec"]), found.get("name"))
    for column in entries.columns:
        theirs = found.get(column.name)
        if theirs is None:
            arrays[column.name] = pa.chunked_array([pa.nulls(len(given), column.type)])
        elif pa.types.is_string(column.type):
            arrays[column.name] = pc.utf8_trim_whitespace(_as_text(given[theirs]))
        elif pa.types.is_timestamp(column.type):
            arrays[column.name] = _times(given[theirs], column.type)
        else:
            values = _numbers(given[theirs])
            if column.name == "log_mass" and theirs.lower() in _LINEAR_MASS:
                values = pc.log10(values)
            arrays[column.name] = pc.if_else(pc.is_finite(values), values, None).cast(column.type)
    return pa.table(arrays, schema=entries.schema)


def _as_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def _numbers(values: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return values.cast(pa.float64())
    except pa.ArrowException:
        texts = _as_text(values).to_pylist()
        return pa.chunked_array([pa.array([_number(text) for text in texts], pa.float64())])


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _in_degrees(given: pa.Table, ra: str, dec: str) -> pa.Table:
    """The table with positions in degrees, where they are sexagesimal text."""
    if not all(pa.types.is_string(given[name].type) for name in (ra, dec)):
        return given
    pairs = zip(given[ra].to_pylist(), given[dec].to_pylist(), strict=True)
    places = np.array([_place(*pair) for pair in pairs], dtype=float).reshape(-1, 2)
    for name, values in zip((ra, dec), places.T, strict=True):
        column = pa.array(values, pa.float64(), mask=np.isnan(values))
        given = given.set_column(given.column_names.index(name), name, column)
    return given


def _place(ra: str | None, dec: str | None) -> tuple[float | None, float | None]:
    with suppress(InvalidInput):
        if ra and dec and (place := parse_position(f"{ra} {dec}")):
            return place
    return _number(ra), _number(dec)


def _with_prefixes(given: pa.Table, name: str | None) -> pa.Table:
    """The table with whole names, where a column holds what stands before them: AT or SN in lists of the TNS."""
    if name != "name" or "name_prefix" not in given.column_names:
        return given
    prefix = pc.fill_null(_as_text(given["name_prefix"]), "")
    whole = pc.utf8_trim_whitespace(pc.binary_join_element_wise(prefix, _as_text(given[name]), " "))
    return given.set_column(given.column_names.index(name), name, whole)


def _times(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    try:
        return values.cast(kind)
    except pa.ArrowException:
        return pa.chunked_array([pa.array([_time(text) for text in _as_text(values).to_pylist()], kind)])


def _time(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
        return naive_utc(moment) if moment.tzinfo else moment
    except (ValueError, InvalidInput):
        return None


def _with_names(table: pa.Table) -> pa.Table:
    """Entries without a name are called by their position."""
    missing = np.flatnonzero(pc.equal(pc.fill_null(table["name"], ""), "").to_numpy())
    if not len(missing):
        return table
    names = table["name"].to_pylist()
    for row in missing:
        ra, dec = table["ra"][int(row)].as_py(), table["dec"][int(row)].as_py()
        if ra is not None and dec is not None:
            names[row] = "J" + "".join(sexagesimal(ra, dec)).replace(":", "")
    return table.set_column(0, "name", pa.array(names, pa.string()))


def _with_extent(table: pa.Table, radius: float) -> pa.Table:
    for name in ("amaj", "amin"):
        table = table.set_column(table.column_names.index(name), name, pc.fill_null(table[name], radius))
    return table


def _with_data(table: pa.Table, rest: pa.Table) -> pa.Table:
    texts = [json.dumps(row, default=str).replace("NaN", "null") if row else None for row in rest.to_pylist()]
    return table.set_column(
        table.column_names.index("data"), "data", pa.array(texts or [None] * len(table), pa.string())
    )


def _keep(content: CatalogFile, entries: Entries, table: pa.Table) -> None:
    """Set aside what cannot be stored, and names that occur again."""
    faults = entries.faults(table)
    kept = np.ones(len(table), dtype=bool)
    kept[list(faults)] = False
    for row, reason in sorted(faults.items()):
        content.reject(row + 1, reason)
    rows = np.flatnonzero(kept)
    table = table.take(rows)
    first = _first_of_each(table["name"])
    for again in np.flatnonzero(first != np.arange(len(table))):
        kept_row, row = table.slice(int(first[again]), 1), table.slice(int(again), 1)
        if kept_row.equals(row):
            content.repeated += 1
        else:
            name = table["name"][int(again)].as_py()
            content.reject(int(rows[again]) + 1, f"{name} occurs twice with different values: the first one is taken.")
    table = table.take(np.flatnonzero(first == np.arange(len(table))))
    order = np.argsort(hpx_index(table["ra"].to_numpy(), table["dec"].to_numpy()), kind="stable")
    content.table = table.take(order)


def _first_of_each(names: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.int64]]:
    """For each row the first row of the same name."""
    codes = names.combine_chunks().dictionary_encode().indices.to_numpy()
    _, first = np.unique(codes, return_index=True)
    return np.asarray(first[codes], dtype=np.int64)
