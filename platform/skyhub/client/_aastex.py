"""Tables for papers, in the AAS's LaTeX."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

__all__ = ["aastex"]

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        **{character: f"\\{character}" for character in "&%$#_{}"},
    }
)
_MISSING = r"\nodata"


def aastex(rows: Sequence[Mapping[str, Any]], units: Mapping[str, str], caption: str, digits: Mapping[str, int]) -> str:
    """A ``deluxetable`` of rows that have the same columns; text is escaped, what is missing is ``\\nodata``.

    Parameters
    ----------
    rows
        One at least.
    units
        By column.
    caption
        Plain text.
    digits
        Decimals by column; all digits of the others.
    """
    from astropy.io import ascii
    from astropy.table import Table

    names = list(rows[0])
    table = Table({_escaped(name): [_cell(row[name], digits.get(name)) for row in rows] for name in names})
    told = {_escaped(name): _escaped(units[name]) for name in names if name in units}
    out = io.StringIO()
    ascii.write(table, out, format="aastex", latexdict={"caption": _escaped(caption), "units": told})
    return out.getvalue()


def _cell(value: Any, digits: int | None) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return _MISSING
    if digits is not None and isinstance(value, int | float):
        return f"{value:.{digits}f}"
    return _escaped(f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value))


def _escaped(text: str) -> str:
    return text.translate(_SPECIAL)
