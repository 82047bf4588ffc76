"""Photometry as the widgets take it: columns by name or alias, from any table, packed into binary buffers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from skyhub.errors import InvalidInput
from skyhub.science.bandpasses import bandpass_names, instrument_of

from skyhub_widgets._any_table import columns_of, floats_of

__all__ = ["ALIASES", "Photometry", "pack", "photometry_from"]

Floats = npt.NDArray[np.float64]
Photometry = dict[str, npt.NDArray[Any]]

ALIASES: dict[str, tuple[str, ...]] = {
    "mjd": ("mjd", "jd", "time", "obstime"),
    "filter": ("filter", "band", "flt"),
    "mag": ("mag", "magpsf", "magnitude"),
    "magerr": ("magerr", "mag_err", "e_mag", "sigmapsf"),
    "limiting_mag": ("limiting_mag", "diffmaglim", "limmag"),
    "flux": ("flux", "psfflux"),
    "fluxerr": ("fluxerr", "flux_err", "psffluxerr"),
    "origin": ("origin",),
    "instrument": ("instrument", "telescope"),
    "photometry_id": ("photometry_id",),
    "validated": ("validated",),
}
NUMBERS = ("mag", "magerr", "limiting_mag", "flux", "fluxerr", "validated")
NAMES = ("filter", "instrument", "origin")
BRIGHTNESS = ("mag", "limiting_mag", "flux")
MJD_OF_JD_ZERO = 2400000.5
EMPTY: dict[str, object] = {"mjd": [], "filter": [], "mag": []}
UNITS = {"flux": "uJy", "fluxerr": "uJy"}
PACKED_AS = {"limiting_mag": "limit"}


def photometry_from(table: object) -> Photometry:
    """Columns of a light curve from a card's dictionary, a pandas, polars, Arrow or astropy table, or records.

    Parameters
    ----------
    table
        Needs a time (MJD, or JD in a column ``jd``), a filter, and at least one of mag (AB), flux (µJy, AB) and
        limiting_mag (5σ). Times may be astropy ``Time``, fluxes astropy quantities.

    Returns
    -------
    Photometry
        Arrays of equal length under the contract's names; NaN where there is no value. ``validated`` is 1 or 0 where
        somebody said so of a point; an instrument that is not given is the one that a filter belongs to, if any.

    Raises
    ------
    InvalidInput
        If a needed column is missing or the lengths differ; the message lists the accepted names.
    """
    columns = EMPTY if table is None else columns_of(table, "photometry")
    found = {name: _pick(columns, name) for name in ALIASES}
    if found["mjd"] is None or found["filter"] is None or all(found[name] is None for name in BRIGHTNESS):
        raise InvalidInput(_missing_text(columns), where="photometry")
    mjd = _times(found["mjd"], "mjd" not in _lower(columns) and "jd" in _lower(columns))
    n = len(mjd)
    result: Photometry = {"mjd": mjd, "filter": _texts(found["filter"], n, "")}
    for name in NUMBERS:
        result[name] = np.full(n, np.nan) if found[name] is None else floats_of(found[name], UNITS.get(name))
    result["origin"] = _texts(found["origin"], n, "alert")
    result["photometry_id"] = _texts(found["photometry_id"], n, "")
    result["instrument"] = _instruments(found["instrument"], result["filter"])
    _check_lengths(result, n)
    return result


def _lower(columns: Mapping[str, object]) -> dict[str, object]:
    return {name.lower(): values for name, values in columns.items()}


def _pick(columns: Mapping[str, object], name: str) -> object | None:
    lower = _lower(columns)
    return next((lower[alias] for alias in ALIASES[name] if alias in lower), None)


def _missing_text(columns: Mapping[str, object]) -> str:
    accepted = "; ".join(f"{name}: {', '.join(ALIASES[name])}" for name in ALIASES)
    return (
        f"The photometry has the columns {', '.join(columns) or '(none)'}. A time, a filter and one of mag, flux "
        f"and limiting_mag are needed. Accepted names (upper or lower case): {accepted}."
    )


def _times(column: Any, julian: bool) -> Floats:
    if hasattr(column, "mjd"):
        return np.atleast_1d(np.asarray(column.mjd, dtype=float))
    values = floats_of(column, None)
    return values - MJD_OF_JD_ZERO if julian else values


def _texts(column: Any, n: int, default: str) -> npt.NDArray[Any]:
    if column is None:
        return np.full(n, default, dtype=object)
    if hasattr(column, "to_pylist"):
        column = column.to_pylist()
    return np.array([default if value is None else str(value) for value in column], dtype=object)


def _check_lengths(columns: Photometry, n: int) -> None:
    wrong = {name: len(values) for name, values in columns.items() if len(values) != n}
    if wrong:
        given = ", ".join(f"{name} has {length}" for name, length in wrong.items())
        raise InvalidInput(f"The photometry has {n} times, but {given} entries. Give one entry per point.")


def _instruments(column: Any, filters: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if column is not None:
        return _texts(column, len(filters), "")
    of_filter = {name: _instrument(name) for name in set(filters.tolist())}
    return np.array([of_filter[name] for name in filters], dtype=object)


def _instrument(filter_name: str) -> str:
    return instrument_of(filter_name) if filter_name in bandpass_names() else ""


def pack(photometry: Photometry) -> dict[str, Any]:
    """Photometry as little-endian buffers for the browser: times float64, values float32, names as codes."""
    packed: dict[str, Any] = {"n": len(photometry["mjd"]), "mjd": photometry["mjd"].astype("<f8").tobytes()}
    for name in NUMBERS:
        packed[PACKED_AS.get(name, name)] = photometry[name].astype("<f4").tobytes()
    for name in NAMES:
        packed[f"{name}s"], packed[name] = _codes(photometry[name])
    return packed


def _codes(names: npt.NDArray[Any]) -> tuple[list[str], bytes]:
    known = {name: code for code, name in enumerate(dict.fromkeys(names.tolist()))}
    return list(known), np.array([known[name] for name in names], dtype="<u2").tobytes()
