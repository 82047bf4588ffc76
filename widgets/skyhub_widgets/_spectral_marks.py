"""Lines to be drawn over spectra: which there are, with their colours, and which one a measured line may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skyhub.science.spectral_lines import SpectralLine, line_species, spectral_lines
from skyhub.science.wavelengths import doppler_factors

__all__ = ["LINE_LISTS", "expected_wavelength", "line_by_label", "nearest_line"]

_PALETTE = (
    ("#0072b2", "#56b4e9"), ("#c34f00", "#f0853a"), ("#00785a", "#2bc79b"), ("#8a3f83", "#d996c4"),
    ("#94690a", "#e6b83c"), ("#5b4ab0", "#a99af0"), ("#00707f", "#4fc6d6"), ("#4d4d4d", "#c4c4c4"),
)  # fmt: skip
"""On light and on dark: hues after Okabe and Ito (2008); the label says the species as well."""


def _list_of(at: int, species: str) -> dict[str, Any]:
    lines = spectral_lines(species)
    colour, dark = _PALETTE[at % len(_PALETTE)]
    entries = [
        {"label": x.label, "air": x.air, "vacuum": x.vacuum, "air_end": x.air_end, "vacuum_end": x.vacuum_end}
        for x in lines
    ]
    return {
        "species": species, "group": lines[0].group, "colour": colour, "dark": dark, "moves": lines[0].moves,
        "lines": entries,
    }  # fmt: skip


LINE_LISTS: list[dict[str, Any]] = [_list_of(at, species) for at, species in enumerate(line_species())]
"""All lists of lines, as the browser gets them."""


def expected_wavelength(
    line: SpectralLine, medium: str | None, frame: str, redshift: float, expansion_velocity: float
) -> float:
    """Where a line is to be looked for (Å): shifted by the redshift, and to the blue by the expansion."""
    rest = line.wavelength(medium)
    if not line.moves:
        return rest / (1 + redshift) if frame == "rest" else rest
    stretch = 1.0 if frame == "rest" else 1 + redshift
    return rest * stretch * float(doppler_factors(-expansion_velocity))


def nearest_line(
    wavelength: float, species: Sequence[str], medium: str | None, frame: str, redshift: float, velocity: float
) -> SpectralLine | None:
    """The line of some species that is expected nearest to a wavelength; None if no species moves with the object."""
    lines = [line for line in spectral_lines(species) if line.moves]
    return min(
        lines,
        key=lambda line: abs(expected_wavelength(line, medium, frame, redshift, velocity) - wavelength),
        default=None,
    )


def line_by_label(label: str) -> SpectralLine | None:
    """The line of this label; None if there is none."""
    return next((line for line in spectral_lines() if line.label == label), None)
