"""Magnitudes in tables: the head of a column says that they are magnitudes or limits, perhaps in which filter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

__all__ = ["TableValue", "values_in_tables"]

_BAND = r"(?:[ugrizyUBVRIYJHKL]['’]?|Ks|[RIV]c|C[RV]|white|clear)"
_FILTER = re.compile(r"^(?:filters?|filt\.?|flt\.?|bands?|bandpass)\b", re.IGNORECASE)
_ERROR = re.compile(
    r"^(?:mag(?:nitude)?[ _-]?)?(?:err(?:or)?s?\.?|sigma|unc(?:ertainty)?\.?|e_?mag|dmag)(?![a-z])", re.IGNORECASE
)
_LIMIT = re.compile(
    rf"^(?P<band>{_BAND})?[\s_-]*(?:(?:AB|3|5)[\s-]*(?:sigma)?\s*)?(?:mag[.\s_-]*)?(?:lim(?:it(?:ing)?)?s?|UL|u\.?l\.?|upper[\s-]lim)(?![a-z])",
    re.IGNORECASE,
)
_MAGNITUDE = re.compile(
    rf"^(?:(?P<band>{_BAND})[\s(_-]*)?(?:AB[\s_-]*)?mags?(?:nitudes?)?(?![a-z])|^OT$", re.IGNORECASE
)
_BAND_ALONE = re.compile(r"^(?:[ugriBVRI]['’]?|[RI]c)$")
_VALUE = re.compile(
    r"^(?P<relation>[<>~≥]?)\s*(?P<mag>\d{1,2}(?P<decimals>\.\d{1,4})?)"
    r"(?:\s*(?:\+/?-|±)\s*(?P<error>\d*\.?\d+)|\s*\(\s*(?:\+/?-|±)?\s*(?P<bracket>\d?\.\d+)\s*\))?(?:\s*mag)?(?:\s*\(?AB\)?)?$"
)
_ERROR_VALUE = re.compile(r"^(?:\+/?-|±)?\s*(\d?\.\d+)$")
_ERROR_SIGN = re.compile(r"\s*(\+/?-|±)\s*")
_BAND_BEFORE = re.compile(rf"(?<!\S)({_BAND})\s+(?=(?:mag|lim))", re.IGNORECASE)
_BRACKETED = re.compile(r"\s\([^)|]*\)")
_RULE = re.compile(r"^[\s|+=_*#-]*$")
_PROSE = re.compile(r"\b(?:the|of|in|is|are|has|have|been|with|from|for|by|was|were|we|and|not)\b", re.IGNORECASE)
_BRIGHTEST, _FAINTEST = 8.0, 30.0
_LONGEST_HEAD, _LONGEST_FILTER = 16, 14
_MOST_GAPS = 2

Split = Callable[[str], list[str]]


@dataclass(frozen=True)
class TableValue:
    """A magnitude in a row of a table."""

    line: int
    """The line of the row, from 1."""
    row: str
    values: dict[str, Any]


@dataclass(frozen=True)
class _Column:
    at: int
    is_limit: bool
    band: str | None
    bare: bool
    """Whether it is named by a filter alone."""
    error_at: int | None = None


@dataclass(frozen=True)
class _Head:
    split: Split
    width: int
    columns: list[_Column]
    filter_at: int | None


def values_in_tables(body: str) -> list[TableValue]:
    """Magnitudes (``filter, mag, magerr, is_limit``) in the rows below heads that name columns of magnitudes.

    Examples
    --------
    >>> [found.values for found in values_in_tables("JD  Filter  Mag  Err\\n2460171.4  R  20.5  0.3")]
    [{'filter': 'R', 'mag': 20.5, 'magerr': 0.3, 'is_limit': False}]
    """
    lines = body.splitlines()
    found: list[TableValue] = []
    at = 0
    while at < len(lines):
        tables = [(head, _rows(lines, at + 1, head)) for head in _heads(lines[at])]
        best = max((rows for _, rows in tables), key=_told, default=[])
        found += best
        at = best[-1].line if best else at + 1
    return found


def _told(rows: list[TableValue]) -> tuple[int, int]:
    """How much rows tell: values, and filters and errors of them."""
    return len(rows), sum(row.values[name] is not None for row in rows for name in ("filter", "magerr"))


def _heads(line: str) -> Iterator[_Head]:
    """What a line may be the head of, by each way in which it can be split."""
    if _PROSE.search(line):
        return
    for split in _splits(line):
        cells = split(line)
        if not 2 <= len(cells) <= _LONGEST_HEAD:
            continue
        columns = [column for n, cell in enumerate(cells) if (column := _column(n, cell, cells))]
        filter_at = next((n for n, cell in enumerate(cells) if _FILTER.match(cell)), None)
        if columns and not any(any(map(str.isdigit, c)) and _VALUE.match(c) for c in cells):
            yield _Head(split, len(cells), columns, filter_at)


def _splits(line: str) -> Iterator[Split]:
    if line.count("|") > 1:
        yield lambda text: [cell.strip() for cell in text.strip().split("|")]
        return
    if "\t" in line:
        yield lambda text: [cell.strip() for cell in re.split(r"\t+", text.strip())]
    if line.count(",") > 1:
        yield lambda text: [cell.strip() for cell in text.strip().strip(",").split(",")]
    yield lambda text: re.split(r"\s{2,}", text.strip())
    yield lambda text: _BAND_BEFORE.sub(r"\1-", _ERROR_SIGN.sub(r"\1", _BRACKETED.sub("", text.strip()))).split()


def _column(n: int, cell: str, cells: list[str]) -> _Column | None:
    if _ERROR.match(cell):
        return None
    limit, magnitude = _LIMIT.match(cell), _MAGNITUDE.match(cell)
    bare = bool(_BAND_ALONE.match(cell))
    told = limit or magnitude
    if not told and not bare:
        return None
    error_at = n + 1 if n + 1 < len(cells) and _ERROR.match(cells[n + 1]) else None
    is_limit = bool(limit) or "limit" in cell.lower()
    return _Column(n, is_limit, cell if bare else told and told.groupdict().get("band"), bare, error_at)


def _rows(lines: list[str], begin: int, head: _Head) -> list[TableValue]:
    """The values in the lines below a head, up to where there is none; units may stand between."""
    found: list[TableValue] = []
    gaps = 0
    for number, line in zip(count(begin + 1), lines[begin:]):
        if _RULE.match(line):
            continue
        if _PROSE.search(line):
            break
        values = _values(line, head)
        if not values:
            gaps += 1
            if (found and line.count("|") < 2) or gaps > _MOST_GAPS:
                break
            continue
        gaps = 0
        found += [TableValue(number, " ".join(line.split()), one) for one in values]
    return found


def _values(line: str, head: _Head) -> list[dict[str, Any]]:
    cells = head.split(line)
    if len(cells) < max(2, head.width - 2):
        return []
    for shift in dict.fromkeys((max(0, len(cells) - head.width), 0, len(cells) - head.width)):
        if found := [one for column in head.columns if (one := _value(cells, column, head, shift))]:
            return found
    return []


def _value(cells: list[str], column: _Column, head: _Head, shift: int) -> dict[str, Any] | None:
    cell = _cell(cells, column.at, shift)
    match = _VALUE.match(cell)
    band = column.band
    if band is None and head.filter_at is not None:
        band = _cell(cells, head.filter_at, shift) or _cell(cells, head.filter_at, 0)
    if match is None or not _BRIGHTEST <= float(match["mag"]) <= _FAINTEST or (column.bare and not match["decimals"]):
        return None
    if head.filter_at is not None and (not band or len(band) > _LONGEST_FILTER or band[0].isdigit()):
        return None
    error = match["error"] or match["bracket"]
    if error is None and column.error_at is not None:
        beside = _ERROR_VALUE.match(_cell(cells, column.error_at, shift))
        error = beside and beside[1]
    return {
        "filter": band,
        "mag": float(match["mag"]),
        "magerr": None if error is None else float(error),
        "is_limit": match["relation"] in (">", "≥") or (column.is_limit and error is None),
    }


def _cell(cells: list[str], at: int, shift: int) -> str:
    place = at + shift
    return cells[place] if 0 <= place < len(cells) else ""
