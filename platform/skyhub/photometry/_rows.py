"""A table of the field while it is read: its columns by our names, and what is the matter with its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.photometry._columns import recognised
from skyhub.photometry._options import UploadOptions

__all__ = ["Floats", "Mask", "Rows", "Texts", "by_distinct"]

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
Mask = NDArray[np.bool_]

_NOTHING = {"", "nan", "none", "null", "-", "--", "n/a", "na", "…", "..."}


class Rows:
    """The rows of a table.

    Parameters
    ----------
    table
        Columns by any of the names in `skyhub.photometry._columns.NAMES`.
    options
        What the uploader says beside them.
    """

    def __init__(self, table: pa.Table, options: UploadOptions) -> None:
        self.table = table
        self.names = recognised(table.column_names)
        self.options = options
        self.reasons: Texts = np.full(len(table), "", dtype=object)
        self.kinds: Texts = np.full(len(table), "", dtype=object)

    def __len__(self) -> int:
        return len(self.table)

    def column(self, name: str) -> pa.Array:
        """A column in one piece."""
        column = self.table[self.names[name]].combine_chunks()
        return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column

    def floats(self, name: str) -> Floats:
        """A column of numbers; NaN where there is none. What is no number is a problem of its row."""
        if name not in self.names:
            return np.full(len(self), np.nan)
        column, called = self.column(name), self.names[name]
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            values = _parsed(column)
        elif pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_null(column.type):
            values = column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(float)
        else:
            raise InvalidInput(f"column {called} holds {column.type}: numbers are permitted.", called)
        bad = np.isinf(values) & (name != "magerr")
        self.refuse(bad, lambda at: f"{called} is {column[at].as_py()!r}: a number is permitted")
        return np.where(np.isinf(values), np.nan, values)

    def infinite(self, name: str) -> Mask:
        """Where a column of numbers is infinite, which of an error marks a limit."""
        if name not in self.names or not pa.types.is_floating(self.column(name).type):
            return np.zeros(len(self), dtype=bool)
        found: Mask = np.isinf(self.column(name).to_numpy(zero_copy_only=False))
        return found

    def texts(self, name: str, default: str | None = None) -> Texts:
        """A column of texts, stripped; the default where there is none."""
        if name not in self.names:
            return np.full(len(self), default or "", dtype=object)
        found: Texts = by_distinct(lambda text: _clean(text) or default or "", self.column(name).cast(pa.string()))
        return found

    def flags(self, name: str, true: tuple[str, ...]) -> Mask:
        """Where a column has one of some texts (lower case)."""
        if name not in self.names:
            return np.zeros(len(self), dtype=bool)
        said = by_distinct(lambda text: _clean(text).lower() in true, self.column(name).cast(pa.string()))
        return said.astype(bool)

    def refuse(self, mask: Mask, reason: str | Callable[[int], str], kind: str = "invalid") -> None:
        """Note a reason for rows that have none yet."""
        for at in np.flatnonzero(mask):
            if self.reasons[at]:
                continue
            self.reasons[at] = reason if isinstance(reason, str) else reason(int(at))
            self.kinds[at] = kind


def by_distinct(function: Callable[..., Any], *columns: Any) -> NDArray[Any]:
    """What a function gives for the texts of each row, called once for rows that are alike.

    Parameters
    ----------
    function
        Takes a text of each column.
    columns
        Texts, each of shape ``(n,)``; null is the empty text.
    """
    codes, texts = np.zeros(len(columns[0]), dtype=np.int64), []
    for column in columns:
        encoded = pc.fill_null(pa.array(column, pa.string()), "").dictionary_encode()
        texts.append(encoded.dictionary.to_pylist())
        codes = codes * max(len(texts[-1]), 1) + encoded.indices.to_numpy()
    together = pa.array(codes).dictionary_encode()
    rows = []
    for code in together.dictionary.to_pylist():
        row = []
        for column_texts in reversed(texts):
            code, at = divmod(code, len(column_texts))
            row.append(column_texts[at])
        rows.append(function(*reversed(row)))
    found: NDArray[Any] = np.array([*rows, None], dtype=object)[together.indices.to_numpy()]
    return found


def _parsed(column: pa.Array) -> Floats:
    encoded = column.dictionary_encode()
    values = np.array([_number(text) for text in encoded.dictionary.to_pylist()] + [np.nan])
    found: Floats = values[pc.fill_null(encoded.indices, len(values) - 1).to_numpy(zero_copy_only=False)]
    return found


def _number(text: str) -> float:
    plain = text.strip()
    if plain.lower() in _NOTHING:
        return np.nan
    try:
        return float(plain)
    except ValueError:
        return np.inf


def _clean(text: str) -> str:
    plain = text.strip()
    return "" if plain.lower() in _NOTHING else plain
