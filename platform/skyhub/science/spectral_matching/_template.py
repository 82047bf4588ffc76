"""A template: a spectrum whose type and redshift are known."""

from __future__ import annotations

from dataclasses import dataclass

from skyhub.science.spectral_matching._flattened import Flattened

__all__ = ["Template"]


@dataclass(frozen=True)
class Template:
    """A spectrum whose type and redshift are known."""

    name: str
    type: str
    lines: Flattened
    redshift: float = 0.0
    """Of the wavelengths as they are in `lines`: 0 at rest."""
    phase: float | None = None
    """Days since maximum, if known."""
    spectrum_id: str | None = None
    """Of one that is stored; None of those that are made."""
