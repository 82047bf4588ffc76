"""Lines of elements, of galaxies, of the night sky and of the atmosphere, in air and in vacuum.

The numbers are in ``spectral_lines.csv`` beside this module, which says where they come from.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from skyhub.errors import InvalidInput
from skyhub.science.wavelengths import vacuum_wavelengths

__all__ = ["LineGroup", "SpectralLine", "line_species", "spectral_lines"]

LineGroup = Literal["element", "nebular", "galaxy emission", "galaxy absorption", "sky", "telluric"]
_OF_THE_EARTH = ("sky", "telluric")


@dataclass(frozen=True)
class SpectralLine:
    """A line, or a band of the atmosphere."""

    group: LineGroup
    """What it is looked for in."""
    species: str
    """Ion, as ``Si II`` (in brackets if the line is forbidden), or the group where several ions are looked for together."""
    label: str
    """What to write at it."""
    air: float
    """Wavelength at rest in standard air (Å); below 2000 Å in vacuum, as is the custom."""
    vacuum: float
    """Wavelength at rest in vacuum (Å)."""
    air_end: float | None = None
    """Where a band ends, in air (Å); None for a line."""
    vacuum_end: float | None = None
    """Where a band ends, in vacuum (Å); None for a line."""

    @property
    def moves(self) -> bool:
        """Whether the redshift of an object moves it: not if it is of the Earth's own sky."""
        return self.group not in _OF_THE_EARTH

    def wavelength(self, medium: str | None) -> float:
        """Wavelength at rest (Å) in ``air`` or ``vacuum``; spectra that do not say are taken to be in air."""
        return self.vacuum if medium == "vacuum" else self.air


def line_species() -> list[str]:
    """What `spectral_lines` knows, in the order in which it is listed."""
    return list(_table())


def spectral_lines(species: str | Sequence[str] | None = None) -> list[SpectralLine]:
    """The lines of some species, or of all.

    Raises
    ------
    InvalidInput
        If there is no such species.

    Examples
    --------
    >>> [line.air for line in spectral_lines("Na I")][:2]
    [5889.95, 5895.924]
    """
    wanted = line_species() if species is None else [species] if isinstance(species, str) else species
    for name in wanted:
        if name not in _table():
            raise InvalidInput(f"there are no lines of {name!r}: {', '.join(_table())} are known.", "species")
    return [line for name in wanted for line in _table()[name]]


@cache
def _table() -> dict[str, list[SpectralLine]]:
    text = (files("skyhub.science") / "spectral_lines.csv").read_text(encoding="utf-8")
    found: dict[str, list[SpectralLine]] = {}
    for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        found.setdefault(row["species"], []).append(_line(row))
    return found


def _line(row: dict[str, str]) -> SpectralLine:
    air = float(row["wavelength"])
    end = float(row["wavelength_end"]) if row["wavelength_end"] else None
    return SpectralLine(
        group=row["group"],  # type: ignore[arg-type]  # a test holds the groups of the table
        species=row["species"],
        label=_label(row, air),
        air=air,
        vacuum=_vacuum(air),
        air_end=end,
        vacuum_end=None if end is None else _vacuum(end),
    )


def _label(row: dict[str, str], air: float) -> str:
    if row["group"] not in ("element", "nebular"):
        return row["label"] if row["wavelength_end"] else f"{row['label']} {air:.0f}"
    return f"{row['species']} {row['label'] or f'{air:.0f}'}"


def _vacuum(air: float) -> float:
    return round(float(vacuum_wavelengths(air)), 3)
