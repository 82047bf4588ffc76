"""What is asked of those who bring spectra or photometry in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ALWAYS", "PHOTOMETRY", "SPECTRA", "given_fields"]

_SAID = "as the file says"
"""The choice that leaves a field to the file."""
_COLUMN = "Number (from 0) or name; empty: by the file's own names"
_GROUPS: dict[str, Any] = {
    "type": "list", "title": "Groups", "default": [], "description": "Who shall see it; empty: all of your groups",
}  # fmt: skip


def _optional(kind: str, title: str, description: str = "", **more: Any) -> dict[str, Any]:
    return {"type": kind, "title": title, "description": description, "default": None, **more}


def _choice(title: str, *values: str) -> dict[str, Any]:
    return {"type": "string", "title": title, "enum": [_SAID, *values], "default": _SAID}


SPECTRA: dict[str, dict[str, Any]] = {
    "observed_at": _optional("time", "Observed at (UTC)", "Such as 2026-11-20T03:00; empty: of the header or name"),
    "instrument": _optional("string", "Instrument"),
    "type": _choice("Light of", "source", "host", "host_center"),
    "wave_unit": _choice("Unit of wavelength", "Angstrom", "nm", "um"),
    "flux_unit": _optional("string", "Unit of flux", "Such as 1e-17 erg/s/cm2/Angstrom; empty: as the file says"),
    "medium": _choice("Wavelengths in", "air", "vacuum"),
    "wave_column": _optional("string", "Column of wavelengths", _COLUMN),
    "flux_column": _optional("string", "Column of fluxes", _COLUMN),
    "fluxerr_column": _optional("string", "Column of errors", _COLUMN),
    "reducers": {"type": "list", "title": "Reducers", "default": []},
    "observers": {"type": "list", "title": "Observers", "default": []},
    "label": _optional("string", "Label", "Tells it from others of the same exposure"),
    "groups": _GROUPS,
}
"""Fields of a spectrum that the file may not say."""
PHOTOMETRY: dict[str, dict[str, Any]] = {
    "instrument": _optional("string", "Instrument", "Of points that name none"),
    "filter": _optional("string", "Filter", "Of points that name none, as ztfr"),
    "magsys": _choice("Magnitudes", "ab", "vega"),
    "flux_unit": _choice("Unit of flux", "uJy", "mJy", "Jy", "nJy"),
    "zp": _optional("number", "Zero point (mag)", "Of fluxes that name none"),
    "nsigma": _optional("number", "Significance of limits (σ)", "Of limits that name none; 3 if empty", minimum=0.1),
    "columns": {
        "type": "list", "title": "Columns", "default": [],
        "description": "Where names do not tell: mag=MAG_APER, magerr=MAGERR_APER, mjd=…",
    },
    "groups": _GROUPS,
}  # fmt: skip
"""Options of an upload of photometry."""

ALWAYS = frozenset({"observed_at", "instrument", "filter", "groups"})
"""What is asked at first sight: the rest is mostly as the file says, and unfolds."""


def given_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was said: not the fields that are left to the file."""
    return {name: value for name, value in values.items() if value not in (None, "", [], _SAID)}
