"""Spectra in text: columns with or without names, a header in comments or above, several spectra in one table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from skyhub.errors import InvalidInput
from skyhub.science._spectrum_columns import Chosen, choose, errors_of, unit_in_name
from skyhub.science._spectrum_header import Header, facts_of, wavelengths_of_comments
from skyhub.science._spectrum_types import ParsedSpectrum, ReadOptions, Values, finished

__all__ = ["read_text"]

_MARKS = ("#", "%", "!", ";", "//")
_MISSING = {"", "nan", "na", "null", "none", "--", "-", "...", "n/a", "indef"}
_GROUPS = {"instrument_id", "spectrum_id", "spec_id", "epoch", "mjd", "obs_id", "id"}
_ECSV = re.compile(r"- \{name: ([^,}]+)(?:, unit: ([^,}]+))?")


@dataclass
class _Lines:
    """A file taken apart."""

    header: Header = field(default_factory=Header)
    comments: list[str] = field(default_factory=list)
    names: list[str] | None = None
    rows: list[list[str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """Of the lines of the file that hold the rows, from 1."""


def read_text(text: str, options: ReadOptions) -> list[ParsedSpectrum]:
    """The spectra of a text file.

    Raises
    ------
    InvalidInput
        If it has no table of numbers, or a line does not fit the others.
    """
    lines = _taken_apart(text)
    if not lines.rows:
        raise InvalidInput(
            "there is no table of numbers in the file: lines of wavelength, flux and perhaps error are read.", "file"
        )
    width = len(lines.rows[0])
    for number, row in zip(lines.numbers, lines.rows, strict=True):
        if len(row) != width:
            raise InvalidInput(
                f"line {number} has {len(row)} columns and the lines before have {width}: "
                "the file is damaged or holds two tables; mend the line, or cut the file there.",
                f"line {number}",
            )
    names = _names(lines, width)
    units = _column_units(lines, names)
    chosen = choose(names, width, options)
    _variance_of_pysedm(lines.header.values, chosen, options)
    return [
        _spectrum(lines, lines.rows[part], lines.numbers[part], chosen, names, units, options, label)
        for part, label in _parts(lines, names, chosen)
    ]


def _taken_apart(text: str) -> _Lines:
    lines = _Lines()
    delimiter = None
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare:
            continue
        if bare.startswith(_MARKS):
            comment = bare.lstrip("#%!;/").strip()
            lines.comments.append(comment)
            if not lines.rows:
                lines.header.read(comment)
            continue
        if not lines.rows:
            delimiter = "," if "," in bare else "\t" if "\t" in bare and " " not in bare.strip() else None
        tokens = _tokens(bare, delimiter)
        if lines.rows or _numeric(tokens):
            lines.rows.append(tokens)
            lines.numbers.append(number)
        elif len(tokens) > 1 and "=" not in bare and not re.match(r"[\w -]+:(\s|$)", bare):
            lines.names = tokens
        else:
            lines.header.read(bare)
    return lines


def _tokens(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return line.split()
    return [token.strip() for token in next(csv.reader(io.StringIO(line), delimiter=delimiter))]


def _numeric(tokens: Sequence[str]) -> bool:
    """Whether a line begins the table: two or more of its entries are numbers, the first or second among them."""
    flags = [_as_number(token) is not None for token in tokens]
    return sum(flags) >= 2 and any(flags[:2])


def _as_number(token: str) -> float | None:
    try:
        return float(token)
    except ValueError:
        pass
    try:
        return float(token.replace("D", "e").replace("d", "e"))
    except ValueError:
        return float("nan") if token.lower() in _MISSING else None


def _names(lines: _Lines, width: int) -> list[str] | None:
    """Names of the columns: a line above them, ``COLUMN01…``, or a comment with as many words."""
    if lines.names and len(lines.names) == width:
        return lines.names
    cards = [lines.header.values.get(f"COLUMN{at + 1:02d}") for at in range(width)]
    if all(isinstance(card, str) for card in cards):
        return [str(card) for card in cards]
    for comment in reversed(lines.comments):
        joined = re.sub(r"\s+(?=[(\[])", "", comment)
        for words in (joined.split(), [word.strip() for word in comment.split(",")]):
            if len(words) == width and _tells(words):
                return words
    if lines.names and _tells(lines.names):
        raise InvalidInput(
            f"the names {', '.join(lines.names)} are {len(lines.names)} and the columns {width}.", "file"
        )
    return None


def _tells(words: Sequence[str]) -> bool:
    try:
        choose(words, len(words), ReadOptions())
    except InvalidInput:
        return False
    return True


def _column_units(lines: _Lines, names: Sequence[str] | None) -> dict[str, str]:
    """Units of columns by name, from the names themselves or from the header of an ECSV."""
    found = {m[1].strip(): m[2].strip() for c in lines.comments if (m := _ECSV.match(c)) and m[2]}
    return {name: unit for name in names or () if (unit := found.get(name) or unit_in_name(name))}


def _parts(lines: _Lines, names: Sequence[str] | None, chosen: Chosen) -> Iterator[tuple[slice, str | None]]:
    """The rows of each spectrum: a named column that tells several apart, else all rows are one."""
    groups = [at for at, name in enumerate(names or ()) if name.lower() in _GROUPS]
    whole = slice(0, len(lines.rows))
    if not groups:
        yield whole, None
        return
    values = [lines.rows[at][groups[0]] for at in range(len(lines.rows))]
    edges = [0, *(at for at in range(1, len(values)) if values[at] != values[at - 1]), len(values)]
    if len(edges) - 1 != len(set(values)) or len(edges) == 2:
        yield whole, None
        return
    assert names is not None
    for first, last in pairwise(edges):
        yield slice(first, last), f"{names[groups[0]]} {values[first]}"


def _spectrum(
    lines: _Lines,
    rows: Sequence[Sequence[str]],
    numbers: Sequence[int],
    chosen: Chosen,
    names: Sequence[str] | None,
    units: dict[str, str],
    options: ReadOptions,
    label: str | None,
) -> ParsedSpectrum:
    notes = list(chosen.notes)
    header = lines.header
    said = wavelengths_of_comments([*header.lines, *lines.comments])
    wave, flux = (_column(rows, numbers, at) for at in (chosen.wave, chosen.flux))
    error = None if chosen.error is None else _column(rows, numbers, chosen.error)
    if error is not None and not names and options.fluxerr_column is None and _per_frequency(wave, flux, error):
        chosen, error = replace(chosen, error=None), None
        notes = ["The third column is the same flux per frequency: it was left out."]
    frame, scale = _normalised(header, notes)
    flux_unit = units.get(names[chosen.flux] if names else "") or _bunit(header.values) or said.get("flux_unit")
    raw = ParsedSpectrum(
        "text", wave, flux, errors_of(error, chosen, notes, numbers), scale + flux_unit if flux_unit else None,
        said.get("medium"), frame, chosen.described(names), header.document(), facts_of(header.values), label,
        tuple(notes),
    )  # fmt: skip
    wave_unit = units.get(names[chosen.wave] if names else "") or said.get("wave_unit") or header.values.get("CUNIT1")
    return finished(raw, str(wave_unit) if wave_unit else None, options, numbers)


def _per_frequency(wave: Values, flux: Values, other: Values) -> bool:
    """Whether a column is the flux times the square of the wavelength, as tables of standard stars have it."""
    with np.errstate(all="ignore"):
        ratio = other / (flux * wave**2)
        ratio = ratio[np.isfinite(ratio)]
        return len(ratio) > 10 and bool(np.std(ratio) < 1e-3 * abs(np.mean(ratio)))


def _column(rows: Sequence[Sequence[str]], numbers: Sequence[int], at: int) -> Values:
    values = [_as_number(row[at]) for row in rows]
    for number, value, row in zip(numbers, values, rows, strict=True):
        if value is None:
            raise InvalidInput(
                f"line {number}: {row[at][:40]!r} in column {at} is no number: mend the line, or choose the columns.",
                f"line {number}",
            )
    return np.array(values, dtype=float)


def _normalised(header: Header, notes: list[str]) -> tuple[str, str]:
    """The frame of the wavelengths, and the factor that the fluxes were divided by, where comments on keys say so."""
    frame, scale = "observed", ""
    if re.search(r"divided by \(?1 *\+ *z", header.comments.get("Z", "")):
        frame = "rest"
        notes.append("The header says that wavelengths were divided by 1 + z: they are in the rest frame.")
    norm = header.values.get("NORM")
    if re.search(r"flux\w* divided by norm", header.comments.get("NORM", "")) and isinstance(norm, float | int):
        scale = f"{norm:g} "
        notes.append(f"The header says that fluxes were divided by {norm:g}, which is kept in their unit.")
    return frame, scale


def _bunit(header: dict[str, Any]) -> str | None:
    unit = header.get("BUNIT", header.get("FLUX_UNIT", header.get("FLUXUNIT")))
    return unit if isinstance(unit, str) and unit else None


def _variance_of_pysedm(header: dict[str, Any], chosen: Chosen, options: ReadOptions) -> None:
    """PySEDM writes variances in the third column, without saying so."""
    if "PYSEDMV" in header and chosen.error == 2 and options.fluxerr_column is None:
        chosen.form = "variance"
        chosen.notes = ["PySEDM writes variances in the third column: errors are their roots."]
