"""Units of spectra as people write them, and flux densities in erg/s/cm²/Å."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput

__all__ = ["believable", "constant_scale", "doubtful_unit", "flux_densities", "parsed_unit", "wavelength_factor"]

Values = NDArray[np.float64]

_FLAM = "erg / (Angstrom s cm2)"
_BRIGHTEST = 1e-5
"""erg/s/cm²/Å; Sirius has 1e-8."""
_WAVELENGTHS = {
    1.0: {"a", "å", "ang", "angs", "angstrom", "angstroms", "0.1nm", "0.1 nm"},
    10.0: {"nm", "nanometer", "nanometers", "nanometre", "nanometres"},
    1e4: {"um", "µm", "μm", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres"},
    1e8: {"cm"},
    1e10: {"m", "meter", "metre"},
}
_COMMON = {"Angstrom": 1.0, "nm": 10.0, "um": 1e4}
_POSSIBLE = (1.0, 1e7)
"""Å: from X-rays to 1 mm; spectra of other wavelengths have other units."""
_USUAL = (900.0, 6e4)
"""Å: from the Lyman limit to the thermal infrared."""
_WORDS = (
    (r"\\AA|Å|\bangstroms?\b|\bangs?\b\.?|\bA(?=\b|[-^*(\d])", "Angstrom"),
    (r"\bergs?\b", "erg"),
    (r"\b(?:seconds?|secs?|S)\b", "s"),
    (r"\bCM(?=\b|[-^*(\d])", "cm"),
    (r"\bmicrons?\b", "um"),
    (r"\bflam\b", _FLAM),
    (r"\bfnu\b", "erg / (Hz s cm2)"),
    (r"10\s*(?:\*\*|\^)\s*\(?\s*([+-]?\d+)\s*\)?", r"1e\1 "),
    (r"\b(?:per|p)\b", "/"),
)


def wavelength_factor(unit: str) -> float:
    """What a unit of wavelength is in Å. Raises `InvalidInput` for units of anything else."""
    name = unit.strip(" []()'\"").lower()
    for factor, names in _WAVELENGTHS.items():
        if name in names:
            return factor
    raise InvalidInput(
        f"{unit!r} is no unit of wavelength that is read: Angstrom, nm, um, cm and m are permitted. "
        "Convert frequencies, energies and velocities before.",
        "wave_unit",
    )


def doubtful_unit(wavelengths: Values, unit: str) -> str | None:
    """What to think about if wavelengths are unusual in their unit and usual in another one; None if they are usual.

    Raises
    ------
    InvalidInput
        If there are no spectra of such wavelengths.
    """
    given = wavelength_factor(unit)
    low, high = float(np.nanmin(wavelengths)), float(np.nanmax(wavelengths))
    others = [
        name for name, factor in _COMMON.items() if factor != given and _within(low * factor, high * factor, _USUAL)
    ]
    advice = f": say wave_unit={others[0]!r}" if others else ": say their unit with wave_unit"
    if low > 0 and not _within(low * given, high * given, _POSSIBLE):
        raise InvalidInput(
            f"wavelengths from {low:g} to {high:g} {unit} are {low * given:g} to {high * given:g} Å: "
            f"{_POSSIBLE[0]:g} to {_POSSIBLE[1]:g} Å are permitted{advice}, or choose the column with wave_column.",
            "wave_unit",
        )
    if others and not _within(low * given, high * given, _USUAL):
        return f"Wavelengths from {low:g} to {high:g} {unit} are unusual{advice} if they are that."
    return None


def _within(low: float, high: float, permitted: tuple[float, float]) -> bool:
    return permitted[0] <= low and high <= permitted[1]


@lru_cache(maxsize=512)
def parsed_unit(text: str) -> Any:
    """A unit of flux as astropy has it; None if it cannot be read."""
    from astropy import units as u

    plain = text.strip(" []'\"")
    for pattern, replacement in _WORDS:
        plain = re.sub(pattern, replacement, plain, flags=re.IGNORECASE if "CM" not in pattern else 0)
    if "(" not in plain and plain.count("/") > 1:
        head, *rest = plain.split("/")
        plain = f"{head} / ({' '.join(rest)})"
    try:
        return u.Unit(plain.strip())
    except (ValueError, TypeError):
        return None


@lru_cache(maxsize=512)
def constant_scale(text: str) -> float | None:
    """What multiplies fluxes in a unit to give erg/s/cm²/Å; None if that depends on wavelength, or the unit is another.

    Examples
    --------
    >>> constant_scale("1e-17 erg/s/cm2/A")
    1e-17
    """
    unit = parsed_unit(text)
    if unit is None:
        return None
    try:
        return float(f"{unit.to(_FLAM):.12g}")
    except ValueError:
        return None


def flux_densities(wavelengths: Values, values: Values, unit: str | None) -> Values | None:
    """Fluxes or their errors in erg/s/cm²/Å, shape ``(n,)``; None if the unit is none of a flux density.

    Parameters
    ----------
    wavelengths
        Å, shape ``(n,)``.
    values, unit
        The fluxes and their unit: per wavelength, or per frequency (then F_λ = F_ν c/λ²).
    """
    from astropy import units as u

    found = None if unit is None else parsed_unit(unit)
    if found is None:
        return None
    try:
        density: Values = (values * found).to_value(_FLAM, u.spectral_density(wavelengths * u.AA))
    except u.UnitConversionError:
        return None
    return density


def believable(fluxes: Values, wavelengths: Values, unit: str) -> bool:
    """Whether fluxes in a unit are not brighter than anything in the night sky; other units cannot be told."""
    density = flux_densities(wavelengths, fluxes, unit)
    return density is None or not np.median(np.abs(density)) > _BRIGHTEST
