"""Reading the grids of surveys: tables of fields as text, with or without a header, packed or not."""

from __future__ import annotations

import bz2
import csv
import gzip
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from skyhub.errors import InvalidInput
from skyhub.science.coordinates import parse_position

__all__ = ["Field", "Grid", "Rejection", "read_grid", "read_references"]

_ALIASES = {
    "field_id": ("field_id", "id", "fieldid", "field", "number", "tile", "tile_id", "name"),
    "ra": ("ra", "ra_deg", "raj2000", "ra_j2000", "right_ascension"),
    "dec": ("dec", "decl", "dec_deg", "de", "dej2000", "dec_j2000", "declination"),
}
_NO_HEADER = {"field_id": 0, "ra": 1, "dec": 2}


@dataclass(frozen=True)
class Rejection:
    """Why a record, or a whole file (`record` is None), was refused."""

    file: str
    record: int | None
    reason: str

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


class Field(NamedTuple):
    """One field of a survey: its number, its name if it is not a number, its centre (ICRS, deg), its references."""

    field_id: int
    name: str | None
    ra: float
    dec: float
    reference_filters: tuple[str, ...] = ()
    reference_limits: tuple[float, ...] = ()


@dataclass
class Grid:
    """What a file held: every record read is a field, a repeated one, or rejected with a reason."""

    file: str
    read: int = 0
    repeated: int = 0
    fields: list[Field] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)

    def reject(self, record: int | None, reason: str) -> None:
        """Take down why a record was refused."""
        self.rejected.append(Rejection(self.file, record, reason))


def read_grid(path: Path) -> Grid:
    """The fields of a file: comma- or blank-separated, columns id, ra, dec by their names, or the first three.

    Fields whose identifiers are not numbers are numbered from 1 in the order of the file and keep them as names.
    """
    grid = Grid(str(path))
    try:
        lines = list(_lines(path))
        columns, rows = _table(lines)
    except InvalidInput as error:
        grid.reject(None, error.message)
        return grid
    grid.read = len(rows)
    named = any(not _is_whole(row[columns["field_id"]]) for _, row in rows if len(row) > max(columns.values()))
    seen: dict[str, tuple[float, float]] = {}
    for count, (number, row) in enumerate(rows, start=1):
        _take(grid, columns, number, row, seen, count if named else None)
    return grid


def read_references(path: Path, grid: Grid) -> Grid:
    """The same grid with the references of a table ``field, filter, limmag`` (AB mag; the last may be missing)."""
    filters: dict[str, list[tuple[str, float]]] = {}
    for number, row in enumerate(csv.DictReader(_lines(path)), start=1):
        try:
            limit = float(row["limmag"]) if row.get("limmag") else math.nan
            filters.setdefault(_plain(row["field"]), []).append((row["filter"], limit))
        except (KeyError, ValueError) as error:
            raise InvalidInput(
                f"{path} has no reference in record {number} ({error}): field, filter, limmag are expected.", str(path)
            ) from None
    found = [(f, filters.get(f.name or str(f.field_id), [])) for f in grid.fields]
    fields = [
        f._replace(reference_filters=tuple(n for n, _ in refs), reference_limits=tuple(m for _, m in refs))
        for f, refs in found
    ]
    return Grid(grid.file, grid.read, grid.repeated, fields, grid.rejected)


def _lines(path: Path) -> Iterator[str]:
    opener = {".bz2": bz2.open, ".gz": gzip.open}.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8", errors="strict") as file:
            yield from (line.rstrip("\r\n") for line in file)
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise InvalidInput(f"{path} cannot be read as text: {error}", str(path)) from error


def _table(lines: Sequence[str]) -> tuple[Mapping[str, int], list[tuple[int, list[str]]]]:
    """Which column is which, and the rows with their line numbers."""
    filled = [(n, line) for n, line in enumerate(lines, start=1) if line.strip()]
    if not filled:
        raise InvalidInput("the file is empty.", "file")
    header = _words(filled[0][1].lstrip(" #%"))
    names = [word.strip().lower() for word in header]
    if not set(names) & set(_ALIASES["ra"]):
        if len(names) < 3 or not _is_number(names[1]):
            raise InvalidInput(f"the columns {', '.join(header[:8])} are no fields: id, ra and dec are needed.", "file")
        columns: Mapping[str, int] = _NO_HEADER
        body = filled
    else:
        columns, body = _named_columns(names), filled[1:]
    return columns, [(n, _words(line)) for n, line in body if not line.lstrip().startswith(("#", "%"))]


def _named_columns(names: Sequence[str]) -> dict[str, int]:
    found = {}
    for column, aliases in _ALIASES.items():
        places = [names.index(alias) for alias in aliases if alias in names]
        if not places:
            raise InvalidInput(
                f"there is no column {column} among {', '.join(names)}: one of {', '.join(aliases)} is needed.", column
            )
        found[column] = places[0]
    return found


def _take(
    grid: Grid,
    columns: Mapping[str, int],
    line: int,
    row: Sequence[str],
    seen: dict[str, tuple[float, float]],
    count: int | None,
) -> None:
    if len(row) <= max(columns.values()):
        return grid.reject(line, f"the record has {len(row)} columns: id, ra and dec are needed.")
    name = _plain(row[columns["field_id"]])
    try:
        position = parse_position(f"{row[columns['ra']]} {row[columns['dec']]}")
    except InvalidInput as error:
        return grid.reject(line, error.message)
    if position is None or not name:
        return grid.reject(line, f"{', '.join(row[:4])} is no field: id, ra and dec (ICRS) are needed.")
    if name in seen:
        if seen[name] == position:
            grid.repeated += 1
            return None
        return grid.reject(line, f"field {name} occurs twice with different positions.")
    seen[name] = position
    grid.fields.append(Field(int(name) if count is None else count, None if count is None else name, *position))
    return None


def _words(line: str) -> list[str]:
    return [word.strip() for word in next(csv.reader([line]))] if "," in line else line.split()


def _plain(text: str) -> str:
    """A whole number without leading zeros or decimals; other text as it is."""
    return str(int(float(text))) if _is_whole(text) else text.strip()


def _is_whole(text: str) -> bool:
    return _is_number(text) and float(text).is_integer()


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
