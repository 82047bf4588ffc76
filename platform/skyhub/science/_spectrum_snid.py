"""Template files of SNID (``.lnw``): several epochs of one supernova, at rest, divided by their continuum.

References
----------
Blondin & Tonry 2007, ApJ 666, 1024, https://doi.org/10.1086/520494
"""

from __future__ import annotations

import numpy as np

from skyhub.errors import InvalidInput
from skyhub.science._spectrum_types import ParsedSpectrum, ReadOptions, Values, finished

__all__ = ["is_snid", "read_snid"]

_UNIT = "continuum-divided"


def is_snid(text: str) -> bool:
    """Whether a text begins as a template of SNID: four numbers, the number of knots, name, decline rate, type."""
    words = text.split("\n", 1)[0].split()
    try:
        n_epochs, n_bins, first, last = int(words[0]), int(words[1]), float(words[2]), float(words[3])
        int(words[4]), float(words[6])
    except (ValueError, IndexError):
        return False
    return len(words) >= 8 and n_epochs > 0 and n_bins > 1 and 0 < first < last


def read_snid(text: str, options: ReadOptions) -> list[ParsedSpectrum]:
    """The epochs of a template, each a spectrum; where SNID writes zeros because there are no data, they are cut off.

    Raises
    ------
    InvalidInput
        If lines are missing.
    """
    lines = text.splitlines()
    words = lines[0].split()
    n_epochs, n_bins, n_knots = int(words[0]), int(words[1]), int(words[4])
    begin = 2 + n_knots
    if len(lines) < begin + 1 + n_bins:
        raise InvalidInput(
            f"the SNID template ends after {len(lines)} lines of {begin + 1 + n_bins}: copy it again.", "file"
        )
    ages = _numbers(lines[begin : begin + 1], n_epochs + 1)[0, 1:]
    table = _numbers(lines[begin + 1 : begin + 1 + n_bins], n_epochs + 1)
    header = {"name": words[5], "delta_m15": float(words[6]), "type": words[7]}
    return [_epoch(table, at, float(age), header, options) for at, age in enumerate(ages)]


def _numbers(lines: list[str], width: int) -> Values:
    try:
        table = np.array([[float(word) for word in line.split()] for line in lines])
    except ValueError as error:
        raise InvalidInput(f"the SNID template has a line that cannot be read: {error}.", "file") from None
    if table.shape[1:] != (width,):
        raise InvalidInput(f"the SNID template should have {width} columns: copy it again.", "file")
    return table


def _epoch(table: Values, at: int, age: float, header: dict[str, object], options: ReadOptions) -> ParsedSpectrum:
    fluxes = table[:, at + 1]
    covered = np.flatnonzero(fluxes)
    part = slice(covered[0], covered[-1] + 1) if len(covered) else slice(0, 0)
    raw = ParsedSpectrum(
        "SNID",
        table[part, 0],
        fluxes[part],
        flux_unit=_UNIT,
        frame="rest",
        columns={"wavelengths": "0", "fluxes": str(at + 1)},
        header={**header, "age_days": age},
        facts={"object_name": header["name"], "object_type": header["type"]},
        label=f"epoch {at + 1}, age {age:+g} d",
        notes=("A SNID template: at rest, divided by its continuum.",),
    )
    return finished(raw, "Angstrom", options)
