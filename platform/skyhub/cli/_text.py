"""Documents as text for people: names and values in two columns, records as aligned tables with units."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

__all__ = ["cell_text", "print_document"]

_WIDE = 10_000
"""Width of what is no terminal: nothing is folded or cut."""
_UNITS = {
    "ra": "deg",
    "dec": "deg",
    "mag": "AB",
    "magerr": "mag",
    "limiting_mag": "AB",
    "flux": "µJy",
    "fluxerr": "µJy",
    "seconds": "s",
    "rise_mag_per_day": "mag/d",
    "age_days": "d",
    "separation_arcsec": "arcsec",
    "distance": "Mpc",
    "elevation": "m",
}
_DECIMALS = {
    **dict.fromkeys(("ra", "dec"), 6),
    **dict.fromkeys(("mjd", "redshift"), 5),
    **dict.fromkeys(("mag", "magerr", "limiting_mag", "probability", "rise_mag_per_day"), 3),
    **dict.fromkeys(("flux", "fluxerr", "rb", "drb", "age_days"), 2),
    "seconds": 1,
}
_SIGNIFICANT = 10
_FEWEST_COLUMNS = 4
"""Lists of one length in a mapping are a table if they are so many; fewer are a coincidence."""
_NOTHING = "–"


def print_document(document: Any) -> None:
    """Print a document on stdout; a terminal that wants no colour (``NO_COLOR``) gets none, a pipe gets plain lines."""
    console = Console(
        file=sys.stdout,
        width=None if sys.stdout.isatty() else _WIDE,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for number, part in enumerate(_parts(document)):
        if number:
            console.print()
        console.print(part)


def cell_text(name: str, value: Any) -> str:
    """One value as text.

    Examples
    --------
    >>> cell_text("ra", 68.5782093), cell_text("candid", 2520123456789012345), cell_text("mag", None)
    ('68.578209', '2520123456789012345', '–')
    """
    if value is None or value in ([], {}, ""):
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        digits = _DECIMALS.get(name)
        return f"{value:.{_SIGNIFICANT}g}" if digits is None else f"{value:.{digits}f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {cell_text(key, item)}" for key, item in value.items() if item is not None)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(cell_text(name, item) for item in value)
    return _printable(str(value))


def _printable(text: str) -> str:
    """Text without what would command a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def _parts(document: Any) -> Iterator[RenderableType]:
    if not isinstance(document, Mapping):
        yield _table("", document) if _is_records(document) else Text(cell_text("", document))
        return
    if "columns" in document and "rows" in document:
        yield _rows(document["columns"], document["rows"])
        return
    sections = {name: value for name, value in document.items() if _is_section(value)}
    plain = {name: value for name, value in document.items() if name not in sections}
    if plain:
        yield _pairs("", plain)
    for name, value in sections.items():
        yield from _section(name, value)


def _section(name: str, value: Any) -> Iterator[RenderableType]:
    title = "" if name == "rows" else name.replace("_", " ")
    if isinstance(value, str):
        yield Text.assemble((title, "bold"), "\n", _printable(value.rstrip()))
    elif isinstance(value, Mapping) and not _is_columns(value):
        yield _pairs(title, value)
    else:
        yield _table(title, _from_columns(value) if isinstance(value, Mapping) else value)


def _is_section(value: Any) -> bool:
    return (
        _is_records(value) or (isinstance(value, Mapping) and bool(value)) or (isinstance(value, str) and "\n" in value)
    )


def _is_records(value: Any) -> bool:
    return isinstance(value, Sequence) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _is_columns(value: Mapping[str, Any]) -> bool:
    """Whether it holds lists of one length: a table by columns."""
    lists = [item for item in value.values() if isinstance(item, list)]
    return len(lists) == len(value) >= _FEWEST_COLUMNS and len({len(item) for item in lists}) == 1 and bool(lists[0])


def _from_columns(columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _pairs(title: str, pairs: Mapping[str, Any]) -> Table:
    table = _bare(title)
    table.show_header = False
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in pairs.items():
        unit = f" {_UNITS[name]}" if name in _UNITS and isinstance(value, int | float) else ""
        table.add_row(name, Text(cell_text(name, value) + unit))
    return table


def _table(title: str, records: Sequence[Mapping[str, Any]]) -> Table:
    """Records by name of field; fields in which nothing is given are left out."""
    names = list(dict.fromkeys(name for record in records for name in record))
    given = [name for name in names if any(record.get(name) not in (None, "", [], {}) for record in records)]
    table = _rows(given, [[record.get(name) for name in given] for record in records])
    table.title = title or None
    return table


def _rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    table = _bare("")
    for i, name in enumerate(names):
        numbers = all(isinstance(row[i], int | float | None) and not isinstance(row[i], bool) for row in rows)
        unit = f" ({_UNITS[name]})" if numbers and name in _UNITS else ""
        table.add_column(Text(f"{name}{unit}"), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell_text(name, value)) for name, value in zip(names, row, strict=True)))
    return table


def _bare(title: str) -> Table:
    return Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
