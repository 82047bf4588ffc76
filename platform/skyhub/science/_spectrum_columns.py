"""Which column of a table is what: by option, by name, by place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science._spectrum_order import place_of
from skyhub.science._spectrum_types import Column, ReadOptions, Values

__all__ = ["Chosen", "choose", "errors_of", "unit_in_name"]

_WAVE = {
    "wave",
    "wavelength",
    "wavelengths",
    "wavelen",
    "wl",
    "lambda",
    "lam",
    "lbda",
    "wav",
    "w",
    "angstrom",
    "loglam",
}
_FLUX = {"flux", "fluxes", "fl", "flam", "f_lambda", "flambda", "fluxdensity", "spec", "f", "flux_reduced", "fnu"}
_ERROR = {
    "error", "errors", "err", "fluxerr", "fluxerror", "fluxerrors", "fluxunc", "unc", "uncertainty", "sigma", "noise",
    "fluxdensityuncertainty", "fluxdensityerror", "eflux", "errflux", "errreduced", "staterror", "std", "fluxsigma",
    "fluxuncertainty", "e", "fluxstd",
}  # fmt: skip
_VARIANCE = {"var", "variance", "fluxvar", "fluxvariance"}
_INVERSE = {"ivar", "invvar", "inversevariance", "fluxivar"}
_UNIT = re.compile(r"[(\[]([^()\[\]]*(?:\([^()]*\)[^()\[\]]*)*)[)\]]\s*$")


@dataclass
class Chosen:
    """Numbers of the columns with wavelengths, fluxes and errors, and how errors are given."""

    wave: int
    flux: int
    error: int | None = None
    form: str = "error"
    """``error``, ``variance`` or ``inverse variance``."""
    guessed: bool = False
    """Whether the column of errors was chosen by its place alone."""
    notes: list[str] = field(default_factory=list)

    def described(self, names: Sequence[str] | None) -> dict[str, str]:
        """Which column became what, in words."""
        places = {"wavelengths": self.wave, "fluxes": self.flux, "errors": self.error}
        return {role: f"{at} ({names[at]})" if names else str(at) for role, at in places.items() if at is not None} | (
            {"errors_from": self.form} if self.form != "error" else {}
        )


def choose(names: Sequence[str] | None, n_columns: int, options: ReadOptions) -> Chosen:
    """The columns to use.

    Parameters
    ----------
    names
        Names of the columns; None if they have none.
    n_columns
        How many there are.
    options
        What goes before names and places.

    Raises
    ------
    InvalidInput
        If an option names no column, or the names tell nothing.
    """
    if n_columns < 2:
        raise InvalidInput(f"there are {n_columns} columns: a spectrum needs wavelengths and fluxes.", "wave_column")
    wave = _asked(names, n_columns, options.wave_column, "wave_column")
    flux = _asked(names, n_columns, options.flux_column, "flux_column")
    error = _asked(names, n_columns, options.fluxerr_column, "fluxerr_column")
    by_name = [_role(name) for name in names or ()]
    known = {role: by_name.index(role) for role in dict.fromkeys(by_name) if role}
    if names and not {"wave", "flux"} <= known.keys() and (wave is None or flux is None):
        raise InvalidInput(
            f"the columns {', '.join(names[:20])} do not tell which are wavelengths and fluxes: "
            "say wave_column and flux_column.",
            "wave_column",
        )
    if not names:
        return _by_place(n_columns, wave, flux, error)
    chosen = Chosen(known.get("wave", 0) if wave is None else wave, known.get("flux", 1) if flux is None else flux)
    for role in ("error", "variance", "inverse variance"):
        if error is None and chosen.error is None and role in known:
            chosen.error, chosen.form = known[role], role
    if error is not None:
        chosen.error, chosen.form = error, _role(names[error]) or "error"
        chosen.form = chosen.form if chosen.form in ("variance", "inverse variance") else "error"
    return chosen


def _by_place(n_columns: int, wave: int | None, flux: int | None, error: int | None) -> Chosen:
    chosen = Chosen(0 if wave is None else wave, 1 if flux is None else flux, error)
    if error is None and n_columns == 3 and {chosen.wave, chosen.flux} == {0, 1}:
        chosen.error, chosen.guessed = 2, True
        chosen.notes.append("The columns have no names: the third was taken for errors of the fluxes.")
    elif n_columns > 3:
        chosen.notes.append(
            f"The {n_columns} columns have no names: {chosen.wave} and {chosen.flux} were taken for wavelengths and "
            f"fluxes{'' if error is not None else '; say fluxerr_column if one of the others holds their errors'}."
        )
    return chosen


def errors_of(
    values: NDArray[Any] | None, chosen: Chosen, notes: list[str], lines: Sequence[int] | None = None
) -> Values | None:
    """Errors from errors, variances or inverse variances.

    Parameters
    ----------
    values
        The column; None if there is none.
    chosen
        How it was chosen: if only by its place, one with negative numbers is left out with a note.
    notes
        Receives what was done.
    lines
        Numbers of the lines of the file, if it has lines.

    Raises
    ------
    InvalidInput
        If the column is known to hold errors or variances and one is negative.
    """
    if values is None:
        return None
    numbers: Values = np.asarray(values, dtype=float)
    negative = np.flatnonzero(numbers < 0)
    if len(negative) and chosen.guessed:
        notes.append("The third column has negative numbers, so it does not hold errors: it was left out.")
        return None
    if len(negative):
        raise InvalidInput(
            f"{place_of(negative[0], lines)}: {numbers[negative[0]]:g} is a negative {chosen.form} ({len(negative)} are): "
            "mend them, write nan where it is not known, or choose another fluxerr_column.",
            "fluxerr_column",
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        if chosen.form == "variance":
            numbers = np.sqrt(numbers)
        elif chosen.form == "inverse variance":
            numbers = np.where(numbers > 0, 1 / np.sqrt(numbers), np.nan)
    return numbers


def unit_in_name(name: str) -> str | None:
    """The unit in brackets at the end of a column's name, or after its last underscore."""
    if found := _UNIT.search(name):
        return found[1].strip() or None
    tail = name.rpartition("_")[2].lower()
    return tail if tail in {"nm", "um", "angstrom", "micron"} else None


def _asked(names: Sequence[str] | None, n_columns: int, column: Column | None, option: str) -> int | None:
    if column is None:
        return None
    if isinstance(column, str) and names and column.lower() in (lower := [name.lower() for name in names]):
        return lower.index(column.lower())
    number = int(column) if str(column).lstrip("-").isdecimal() else -1
    if not 0 <= number < n_columns:
        permitted = ", ".join(names[:20]) if names else f"0 to {n_columns - 1}"
        raise InvalidInput(f"{option} is {column!r}: {permitted} are permitted.", option)
    return number


def _role(name: str) -> str | None:
    plain = _UNIT.sub("", name).strip().lower()
    short = re.sub(r"[^a-z]", "", re.sub(r"_(nm|um|angstrom|aa|air|vac|micron|obs)$", "", plain))
    for role, words in (
        ("wave", _WAVE), ("flux", _FLUX), ("error", _ERROR), ("variance", _VARIANCE), ("inverse variance", _INVERSE),
    ):  # fmt: skip
        if plain in words or short in words or short in {re.sub("[^a-z]", "", word) for word in words}:
            return role
    return None
