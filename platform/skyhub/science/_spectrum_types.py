"""What readers of spectra share: how to read, what was read, and the checks that all of it passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput
from skyhub.science._spectrum_order import rising_order
from skyhub.science._spectrum_units import believable, doubtful_unit, wavelength_factor

__all__ = ["Column", "ParsedSpectrum", "ReadOptions", "Values", "finished"]

Values = NDArray[np.float64]
Column = int | str

_FEWEST = 2
_MOST = 500_000
_SHORTEST_GUESS, _SHORTEST_SURE = 100.0, 900.0
"""Without a unit, wavelengths below the one (Å) are refused, and below the other doubted."""


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file whose own words do not suffice; a column is a number (from 0) or a name.

    Parameters
    ----------
    wave_column, flux_column, fluxerr_column
        Which columns hold wavelengths, fluxes and their errors.
    wave_unit, flux_unit
        The units, as ``nm`` or ``1e-17 erg/s/cm2/Angstrom``; they go before what the file says.
    """

    wave_column: Column | None = None
    flux_column: Column | None = None
    fluxerr_column: Column | None = None
    wave_unit: str | None = None
    flux_unit: str | None = None


@dataclass(frozen=True)
class ParsedSpectrum:
    """A spectrum as it was read.

    Parameters
    ----------
    form
        ``text``, ``SNID``, ``FITS image`` or ``FITS table``.
    wavelengths
        Å, not decreasing, shape ``(n,)``.
    fluxes, errors
        In `flux_unit`, shape ``(n,)``; an error that is not known is NaN.
    flux_unit
        As the file has it; None if it does not say.
    medium
        ``air`` or ``vacuum``, in which the wavelengths are meant; None if the file does not say.
    frame
        ``observed``, or ``rest`` if the wavelengths were divided by 1 + z.
    columns
        Which column of the file became what.
    header
        What the file says about itself.
    facts
        What the header says in fields of a spectrum: ``observed_at``, ``instrument``, ``exposure`` (s) …
    label
        What tells this spectrum from others of the same file.
    notes
        What was done to the numbers, and what is doubtful.
    """

    form: str
    wavelengths: Values
    fluxes: Values
    errors: Values | None = None
    flux_unit: str | None = None
    medium: str | None = None
    frame: str = "observed"
    columns: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    label: str | None = None
    notes: tuple[str, ...] = ()


def finished(
    raw: ParsedSpectrum, wave_unit: str | None, options: ReadOptions, lines: Sequence[int] | None = None
) -> ParsedSpectrum:
    """A spectrum with wavelengths in Å, finite numbers and rising wavelengths.

    Parameters
    ----------
    raw
        As it stands in the file.
    wave_unit
        Of its wavelengths, as the file has it.
    options
        What goes before the file.
    lines
        Numbers of the lines of the file that hold its points, if it has lines.

    Raises
    ------
    InvalidInput
        If fewer than two points are left, the unit of wavelengths cannot be used, or they are in no order.
    """
    notes = list(raw.notes)
    wavelengths = raw.wavelengths * _factor(raw.wavelengths, options.wave_unit or wave_unit, notes)
    kept = np.isfinite(wavelengths) & np.isfinite(raw.fluxes)
    if not kept.all():
        notes.append(f"{int((~kept).sum())} points without a finite wavelength and flux were left out.")
    if not _FEWEST <= kept.sum() <= _MOST:
        raise InvalidInput(
            f"the spectrum has {int(kept.sum())} points with finite wavelength and flux: "
            f"{_FEWEST} to {_MOST} are permitted.",
            "file",
        )
    if wavelengths[kept].min() <= 0:
        raise InvalidInput(
            f"the least wavelength is {wavelengths[kept].min():g} Å: only positive ones are permitted. "
            "Choose the columns with wave_column and flux_column.",
            "wave_column",
        )
    kept_lines = None if lines is None else np.asarray(lines)[kept].tolist()
    order = rising_order(wavelengths[kept], raw.fluxes[kept], kept_lines, notes)
    errors = None if raw.errors is None else _errors(raw.errors[kept][order], notes)
    fluxes = raw.fluxes[kept][order]
    unit = _flux_unit(fluxes, options.flux_unit or raw.flux_unit, wavelengths[kept][order], notes)
    changed = {"wavelengths": wavelengths[kept][order], "fluxes": fluxes, "errors": errors, "flux_unit": unit}
    return ParsedSpectrum(**{**raw.__dict__, **changed, "notes": tuple(notes)})


def _factor(wavelengths: Values, unit: str | None, notes: list[str]) -> float:
    if unit is not None:
        factor = wavelength_factor(unit)
        if doubt := doubtful_unit(wavelengths, unit):
            notes.append(doubt)
        return factor
    longest = float(np.nanmax(wavelengths, initial=0))
    if longest < _SHORTEST_GUESS:
        raise InvalidInput(
            f"wavelengths up to {longest:g} and no unit: Å are assumed only from {_SHORTEST_GUESS:g} on. "
            "Say wave_unit='um', 'nm' or 'Angstrom', or choose the column with wave_column.",
            "wave_unit",
        )
    doubt = " (in Å that is extreme ultraviolet: say wave_unit='nm' if they are nm)"
    notes.append(
        f"The file does not say the unit of wavelengths: Å was assumed{doubt if longest < _SHORTEST_SURE else ''}."
    )
    return 1.0


def _errors(errors: Values, notes: list[str]) -> Values | None:
    usable = np.isfinite(errors) & (errors > 0)
    if not usable.any():
        notes.append("No error is finite and positive: they were left out.")
        return None
    if not usable.all():
        notes.append(f"{int((~usable).sum())} errors are not finite and positive: they count as not known.")
    return np.where(usable, errors, np.nan)


def _flux_unit(fluxes: Values, unit: str | None, wavelengths: Values, notes: list[str]) -> str | None:
    if unit is not None and not believable(fluxes, wavelengths, unit):
        notes.append(f"In {unit} it would outshine every star of the night: the unit was left out.")
        return None
    return unit
