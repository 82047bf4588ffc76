"""The first binary table of a FITS file, read in blocks of rows so that a map of any size fits into memory.

References
----------
.. [1] Pence et al. 2010, A&A 524, A42. doi:10.1051/0004-6361/201015362
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput

__all__ = ["FitsTable", "open_table"]

_BLOCK, _CARD = 2880, 80
_MOST_HEADER_BLOCKS = 400
_MOST_TABLES = 16
_CARD_VALUE = re.compile(r"'((?:[^']|'')*)'|([^/]*)")
_TYPES = {"L": "S1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
_FORM = re.compile(r"(\d*)([A-Z])")

Header = dict[str, str | float | int | bool]


class Column(NamedTuple):
    """A column of a table: its name in capitals, numpy's type, values in a row, unit, and what is added to integers."""

    name: str
    kind: str
    repeat: int
    unit: str
    zero: float


class FitsTable:
    """A binary table [1]_ whose rows are read one block after another.

    Parameters
    ----------
    header
        The cards of the primary header and, above them, those of the table.
    """

    def __init__(self, header: Header, file: BinaryIO) -> None:
        self.header = header
        self._file = file
        self.n_rows = _count(header, "NAXIS2")
        self.columns = {c.name: c for c in (_column(header, n + 1) for n in range(_count(header, "TFIELDS")))}
        self._row = np.dtype([(c.name, c.kind, (c.repeat,)) for c in self.columns.values()])
        if self._row.itemsize != _count(header, "NAXIS1"):
            raise _broken(f"its rows of {header['NAXIS1']} bytes do not hold its columns of {self._row.itemsize}")

    @property
    def n_values(self) -> int:
        """How many values the columns have in all rows."""
        return self.n_rows * self.repeat

    @property
    def repeat(self) -> int:
        """Values of a column in one row, the same in all columns."""
        repeats = {c.repeat for c in self.columns.values()}
        if len(repeats) != 1:
            raise _broken("its columns have different numbers of values in a row")
        return repeats.pop()

    def blocks(self, values: int) -> Iterator[dict[str, NDArray[Any]]]:
        """The columns, one after another `values` long, or less at the end.

        Raises
        ------
        InvalidInput
            If the file ends before the table does.
        """
        rows = max(1, values // self.repeat)
        for begin in range(0, self.n_rows, rows):
            size = min(rows, self.n_rows - begin) * self._row.itemsize
            data = self._file.read(size)
            if len(data) < size:
                raise _broken(f"it ends in row {begin + len(data) // self._row.itemsize} of {self.n_rows}")
            table = np.frombuffer(data, self._row)
            yield {c.name: _values(table[c.name].ravel(), c) for c in self.columns.values()}


@contextmanager
def open_table(source: Path | bytes) -> Iterator[FitsTable]:
    """The first binary table of a FITS file or of its bytes, gzipped or plain.

    Raises
    ------
    InvalidInput
        If it cannot be read; also while the block lasts.
    """
    try:
        with _opened(source) as plain, _unpacked(plain) as file:
            yield FitsTable(_find_table(file), file)
    except (OSError, EOFError, zlib.error) as error:
        raise _broken(f"it cannot be read: {error}") from error


def _opened(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _unpacked(file: BinaryIO) -> BinaryIO:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[return-value]


def _find_table(file: BinaryIO) -> Header:
    """The header of the first table, on top of the primary one; the file then stands at the table's rows."""
    primary = _read_header(file)
    if "SIMPLE" not in primary:
        raise _broken("it does not begin with SIMPLE")
    header = primary
    for _ in range(_MOST_TABLES):
        if not _skip(file, _data_size(header)):
            break
        header = _read_header(file)
        if header.get("XTENSION") == "BINTABLE":
            return primary | header
    raise _broken("it has no binary table")


def _skip(file: BinaryIO, size: int) -> bool:
    """Read over bytes; whether so many were there."""
    while size > 0 and (part := file.read(min(size, 1 << 20))):
        size -= len(part)
    return size == 0


def _read_header(file: BinaryIO) -> Header:
    header: Header = {}
    for _ in range(_MOST_HEADER_BLOCKS):
        block = file.read(_BLOCK).decode("ascii", errors="replace")
        if len(block) < _BLOCK:
            break
        for card in (block[n : n + _CARD] for n in range(0, _BLOCK, _CARD)):
            if card.rstrip() == "END":
                return header
            if card[8:10] == "= ":
                header.setdefault(card[:8].strip(), _card_value(card[10:]))
    raise _broken("a header of it has no end")


def _card_value(text: str) -> str | float | int | bool:
    found = _CARD_VALUE.match(text.strip())
    if found is None or found[1] is not None:
        return found[1].replace("''", "'").strip() if found else ""
    word = found[2].strip()
    if word in ("T", "F"):
        return word == "T"
    for kind in (int, float):
        try:
            return kind(word.replace("D", "E"))
        except ValueError:
            continue
    return word


def _data_size(header: Header) -> int:
    axes = [_count(header, f"NAXIS{n + 1}") for n in range(_count(header, "NAXIS"))]
    size = abs(_count(header, "BITPIX", lowest=-64)) // 8 * int(np.prod(axes, dtype=object)) if axes else 0
    size += _count(header, "PCOUNT") if "PCOUNT" in header and axes else 0
    return -(-size // _BLOCK) * _BLOCK


def _count(header: Header, key: str, lowest: int = 0) -> int:
    value = header.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value < 2**48:
        raise _broken(f"its header has {key} = {value!r}: a number is needed")
    return value


def _column(header: Header, number: int) -> Column:
    form, name = str(header.get(f"TFORM{number}", "")), str(header.get(f"TTYPE{number}", f"COLUMN{number}"))
    found = _FORM.fullmatch(form)
    if not found or found[2] not in _TYPES:
        raise _broken(f"its column {name} has the format {form!r}: whole and floating point numbers are permitted")
    zero, scale = header.get(f"TZERO{number}", 0), header.get(f"TSCAL{number}", 1)
    if not isinstance(zero, int | float) or scale != 1:
        raise _broken(f"its column {name} is scaled by {scale!r}: plain numbers are permitted")
    unit = str(header.get(f"TUNIT{number}", "")).strip()
    return Column(name.strip().upper(), _TYPES[found[2]], int(found[1] or 1), unit, zero)


def _values(values: NDArray[Any], column: Column) -> NDArray[Any]:
    """Values in the byte order of the machine, integers with what is to be added; never through floats."""
    native = values.astype(values.dtype.newbyteorder("="))
    return native + np.array(int(column.zero), np.uint64).astype(native.dtype) if column.zero else native


def _broken(what: str) -> InvalidInput:
    return InvalidInput(
        f"the file is no FITS table that can be read: {what}. A sky map has one binary table, gzipped or plain.", "map"
    )
