"""Tables of photometry in files, by their content rather than by the ends of their names."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from skyhub.errors import InvalidInput
from skyhub.photometry._forced import service_of

__all__ = ["arrow_of_astropy", "first_line_of", "photometry_files", "read_photometry_file"]

_FIRST_LINE = b"skyhub.first_line"

_SUFFIXES = {
    ".csv", ".tsv", ".txt", ".dat", ".ecsv", ".vot", ".xml", ".votable", ".fits", ".fit", ".parquet", ".arrow", ".feather", ".ipc",
}  # fmt: skip
_LARGEST_TEXT = 512 * 2**20
_NULLS = ["", "nan", "NaN", "null", "None", "--"]
_HEADERLESS = re.compile(r"\s*\d{4}-\d\d-\d\d\S*\s+\S+\s+\S+\s+\S+\s*$")
"""Rows of time, filter, magnitude and error; an infinite error marks an upper limit."""


def photometry_files(paths: list[Path]) -> Iterator[Path]:
    """Files that are named, and those in directories whose names end as tables do.

    Raises
    ------
    InvalidInput
        If there is nothing at a path.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in _SUFFIXES)
        elif path.exists():
            yield path
        else:
            raise InvalidInput(f"there is nothing at {path}: name a file or a directory.", str(path))


def read_photometry_file(path: Path) -> pa.Table:
    """The table in a file: CSV, ECSV, VOTable, FITS, Parquet, Arrow, or what a forced-photometry service sends.

    Columns keep their names, but units of fluxes are added to them (``flux`` in mJy becomes ``flux_mJy``). Of a text whose
    rows follow each other, `first_line_of` the table tells where.

    Raises
    ------
    InvalidInput
        If it holds no table.
    """
    try:
        with path.open("rb") as f:
            head = f.read(16)
        binary = next((read for magic, read in _BINARY if head.startswith(magic)), None)
        table = binary(path) if binary else _read_text(path)
    except InvalidInput:
        raise
    except Exception as error:  # readers of five libraries fail in as many ways
        raise InvalidInput(f"{path.name} cannot be read as a table: {_first_line(error)}", str(path)) from error
    if not len(table):
        raise InvalidInput(f"{path.name} holds no rows.", str(path))
    return table


def first_line_of(table: pa.Table) -> int | None:
    """The line of the file where the first row of a table stands, if it is known and the rows follow each other."""
    line = (table.schema.metadata or {}).get(_FIRST_LINE)
    return None if line is None else int(line)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _read_text(path: Path) -> pa.Table:
    if path.stat().st_size > _LARGEST_TEXT:
        raise InvalidInput(f"{path.name} is a text of more than 512 MB: give it as Parquet.", str(path))
    raw = path.read_bytes().decode("utf-8-sig")
    if raw.lstrip().startswith(("{", "[")):
        raise InvalidInput(
            f"{path.name} is JSON: tables are permitted as CSV, ECSV, VOTable, FITS, Parquet or Arrow.", str(path)
        )
    if raw.lstrip().startswith("<"):
        return _from_astropy(path, "votable")
    if raw.startswith("# %ECSV"):
        return _from_astropy(path, "ascii.ecsv")
    found = service_of(raw)
    return found if found is not None else _from_columns(raw)


def _from_columns(text: str) -> pa.Table:
    """A table of text: comma, tab, semicolon or blanks between columns; names in the first line, perhaps after a ``#``."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("@")]
    lines = _without_comments(lines)
    if lines and _HEADERLESS.match(lines[0]):
        lines = ["time filter mag magerr", *lines]
    if len(lines) < 2:
        raise InvalidInput("the text has no table: a line of column names and rows are expected.", "header")
    if set(lines[1]) <= set("- ="):
        lines = _fixed_width(lines)
    separator = _separator(lines[0])
    if not separator:
        separator, lines = "\t", ["\t".join(line.split()) for line in lines]
    names = [name.strip() for name in next(csv.reader([lines[0]], delimiter=separator))]
    if all(_is_number(name) for name in names if name):
        raise InvalidInput(f"the first line names no columns: {lines[0][:80]!r}.", "header")
    return _placed(_typed(_unique(names), "\n".join(lines[1:]), separator), text)


def _placed(table: pa.Table, text: str) -> pa.Table:
    """The table with the line of its first row, if no other line is between its rows."""
    numbers = [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith(("#", "@"))
    ][-len(table) :]
    if not numbers or len(numbers) != len(table) or numbers[-1] - numbers[0] != len(table) - 1:
        return table
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _FIRST_LINE: str(numbers[0])})


def _fixed_width(lines: list[str]) -> list[str]:
    """Lines of columns that a line of dashes delimits, with tabs between."""
    spans = [match.span() for match in re.finditer(r"[-=]+", lines[1])]
    return ["\t".join(line[start:end].strip() for start, end in spans) for line in (lines[0], *lines[2:])]


def _unique(names: list[str]) -> list[str]:
    return [name if name and names.index(name) == at else f"{name}_{at + 1}" for at, name in enumerate(names)]


def _without_comments(lines: list[str]) -> list[str]:
    """Lines of a table; a comment right before the first row that names as many columns is its header."""
    data = [line for line in lines if not line.lstrip().startswith("#")]
    if not data or len(data) == len(lines):
        return data
    first = lines.index(data[0])
    header = lines[first - 1].lstrip("# ") if first else ""
    separator = _separator(header)
    width = len(header.split(separator)) if separator else len(header.split())
    own = len(data[0].split(separator)) if separator else len(data[0].split())
    is_header = header and width == own and _is_number(re.split(r"[\s,;]+", data[0].strip())[0])
    return [header, *data] if is_header else data


def _separator(line: str) -> str:
    return next((mark for mark in (",", "\t", ";", "|") if mark in line), "")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _typed(names: list[str], body: str, separator: str) -> pa.Table:
    """Columns of text, as Arrow's own CSV reader types them; names stay text."""
    keep = {name: pa.string() for name in names if re.search(r"(id|name|object|filter|band)$", name, re.IGNORECASE)}
    ragged: list[tuple[str, int]] = []

    def refused(row: pa.csv.InvalidRow) -> str:
        ragged.append((row.text, row.actual_columns))
        return "error"

    try:
        return pa.csv.read_csv(
            io.BytesIO(body.encode()),
            pa.csv.ReadOptions(column_names=names),
            pa.csv.ParseOptions(delimiter=separator, invalid_row_handler=refused),
            pa.csv.ConvertOptions(column_types=keep, strings_can_be_null=True, null_values=_NULLS),
        )
    except pa.ArrowInvalid:
        if not ragged:
            raise
        text, count = ragged[0]
        row = next((n for n, line in enumerate(body.splitlines(), start=1) if line.rstrip() == text.rstrip()), 0)
        raise InvalidInput(
            f"row {row} has {count} columns, the header {len(names)}: as many are needed.", f"row {row}"
        ) from None


def _from_astropy(path: Path, form: str) -> pa.Table:
    from astropy.table import Table

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return arrow_of_astropy(Table.read(path, format=form))


def arrow_of_astropy(table: Any) -> pa.Table:
    """An astropy table as Arrow: times as MJD (UTC), units of flux density in the names, columns of arrays left out."""
    columns = [table[name] for name in table.colnames]
    return pa.table({_named(column): _arrow(column) for column in columns if len(column.shape) == 1})


def _named(column: Any) -> str:
    """The name of a column, with the unit of a flux density."""
    from astropy import units as u

    unit = getattr(column, "unit", None)
    column_name = column.info.name
    for name in ("uJy", "mJy", "nJy", "Jy"):
        if unit is not None and unit == u.Unit(name):
            return f"{column_name}_{name}"
    return str(column_name)


def _arrow(column: Any) -> pa.Array:
    if hasattr(column, "mjd"):
        return pa.array(np.asarray(column.utc.mjd))
    mask = np.zeros(len(column), dtype=bool) | getattr(column, "mask", False)
    values = np.asarray(column)
    if values.dtype.kind in "SUO":
        texts = [v.decode() if isinstance(v, bytes) else str(v) for v in values.tolist()]
        return pa.array(texts, pa.string(), mask=mask)
    return pa.array(values.astype(values.dtype.newbyteorder("=")), mask=mask)


def _from_parquet(path: Path) -> pa.Table:
    return pa.parquet.read_table(path)


def _from_ipc(path: Path) -> pa.Table:
    with pa.OSFile(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _from_stream(path: Path) -> pa.Table:
    with pa.OSFile(str(path)) as source:
        return pa.ipc.open_stream(source).read_all()


_BINARY: tuple[tuple[bytes, Callable[[Path], pa.Table]], ...] = (
    (b"PAR1", _from_parquet),
    (b"ARROW1", _from_ipc),
    (b"\xff\xff\xff\xff", _from_stream),
    (b"SIMPLE  =", lambda path: _from_astropy(path, "fits")),
)
"""The first bytes of files that are no text."""
