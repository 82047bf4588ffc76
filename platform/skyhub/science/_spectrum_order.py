"""Wavelengths in order: turned round where they fall, sorted where a few pieces overlap, refused where they jump."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import InvalidInput

__all__ = ["place_of", "rising_order"]

Values = NDArray[np.float64]

_SHORTEST_PIECE = 10
"""Points; arms and orders of a spectrograph are longer, and columns that are no wavelengths are cut shorter."""


def place_of(at: int, lines: Sequence[int] | None) -> str:
    """Where a number stands, for people: the line of the file, or the point."""
    return f"point {at + 1}" if lines is None else f"line {lines[at]}"


def rising_order(
    wavelengths: Values, fluxes: Values, lines: Sequence[int] | None, notes: list[str]
) -> NDArray[np.intp]:
    """The order in which wavelengths rise.

    Parameters
    ----------
    wavelengths, fluxes
        As they stand in the file, finite, shape ``(n,)``.
    lines
        Numbers of the lines of the file, if it has lines; shape ``(n,)``.
    notes
        Receives what was done.

    Raises
    ------
    InvalidInput
        If wavelengths jump to and fro, or one stands there twice.
    """
    steps = np.diff(wavelengths)
    falls = (steps <= 0).all() and (steps < 0).any()
    back = np.flatnonzero(steps < 0)
    if len(back) and not falls:
        _require_pieces(wavelengths, fluxes, back, lines)
        notes.append(f"Wavelengths went back {len(back)} times: the points were sorted.")
    elif falls:
        notes.append("Wavelengths fell: the order was turned round.")
    repeated = np.flatnonzero(steps == 0)
    if len(repeated):
        first = int(repeated[0])
        raise InvalidInput(
            f"{place_of(first + 1, lines)} repeats the wavelength {wavelengths[first]:g} of {place_of(first, lines)} "
            f"({len(repeated)} do): leave one of the two out, or write wavelengths with more digits.",
            place_of(first + 1, lines),
        )
    return np.argsort(wavelengths, kind="stable")


def _require_pieces(wavelengths: Values, fluxes: Values, back: NDArray[np.intp], lines: Sequence[int] | None) -> None:
    if len(wavelengths) >= _SHORTEST_PIECE * (len(back) + 1):
        return
    first = int(back[0]) + 1
    swapped = bool((np.diff(fluxes) > 0).all() or (np.diff(fluxes) < 0).all())
    advice = (
        "the fluxes change steadily, so the two columns look swapped: say wave_column and flux_column the other way round"
        if swapped and len(fluxes) > 2
        else "choose the column with wave_column, or sort the lines by wavelength"
    )
    raise InvalidInput(
        f"{place_of(first, lines)}: the wavelength goes back from {wavelengths[first - 1]:g} to {wavelengths[first]:g}, "
        f"and so at {len(back)} of {len(wavelengths)} points: {advice}.",
        "wave_column",
    )
