"""What was measured, as it is given in a table, and as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.photometry._columns import flux_unit_of
from skyhub.photometry._rows import Floats, Mask, Rows, Texts, by_distinct
from skyhub.science.bandpasses import bandpass
from skyhub.science.photometry import (
    SYSTEMS,
    UNIT_ZERO_POINTS,
    UPLOAD_NSIGMA,
    Measurements,
    ab_offsets,
    measured_fluxes,
    measured_magnitudes,
)

__all__ = ["measured"]

_SYSTEMS = {
    "ab": "ab",
    "abmag": "ab",
    "sdss": "ab",
    "vega": "vega",
    "vegamag": "vega",
    "johnson": "vega",
    "landolt": "vega",
}
_SAID = {"bessell", "standard", "2mass", "uvot", "gaia", "csp", "keplercam", "4shooter2"}
"""Families whose magnitudes are given in either system, so that one must say which it is; of the others they are AB."""
_SNANA_ZERO_POINT = 27.5
_LSST_ZERO_POINT = 31.4
_IMPOSSIBLE = 60.0
"""Magnitudes beyond this, either way, are how tables mark that there is none (99, -999, 100)."""


@dataclass
class _Given:
    """Numbers as they were given, NaN where they were not."""

    mag: Floats
    magerr: Floats
    limit: Floats
    nsigma: Floats
    flux: Floats
    fluxerr: Floats
    zp: Floats
    by_flux: Mask


def measured(rows: Rows, filters: Texts) -> dict[str, NDArray[Any]]:
    """The columns of measurements, stored and as given; rows that cannot be used are refused.

    Parameters
    ----------
    rows
        The table.
    filters
        Names of bandpasses, empty where not known, shape ``(n,)``.
    """
    given = _given(rows)
    _check(rows, given)
    systems = _systems(rows, filters)
    good = rows.reasons == ""
    offset = np.zeros(len(rows))
    if good.any():
        offset[good] = ab_offsets(filters[good].astype(str), systems[good].astype(str))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = _stored(given, offset, rows.options.default_error)
    rows.refuse(~(np.isfinite(found.fluxerr) & (found.fluxerr > 0)), "its error in flux is not a positive number")
    flux = np.where(rows.flags("positive", ("f", "false", "0", "-1", "-1.0")), -found.flux, found.flux)
    return {
        **found._replace(flux=flux)._asdict(),
        "given_value": np.where(given.by_flux, given.flux, given.mag),
        "given_error": np.where(given.by_flux, given.fluxerr, given.magerr),
        "given_limit": np.where(given.by_flux, np.nan, given.limit),
        "given_unit": np.where(given.by_flux, _units(rows, given.zp), "mag").astype(object),
        "given_zp": np.where(given.by_flux, given.zp, np.nan),
        "given_system": systems,
    }


def _stored(given: _Given, offset: Floats, default_error: float | None) -> Measurements:
    magerr = given.magerr if default_error is None else np.where(np.isnan(given.magerr), default_error, given.magerr)
    mags = measured_magnitudes(given.mag, magerr, given.limit, given.nsigma, offset)
    fluxes = measured_fluxes(given.flux, given.fluxerr, given.zp, given.nsigma, offset)
    found = Measurements(*(np.where(given.by_flux, f, m) for f, m in zip(fluxes, mags, strict=True)))
    return found._replace(limiting_nsigma=np.where(np.isnan(found.limiting_mag), np.nan, found.limiting_nsigma))


def _given(rows: Rows) -> _Given:
    mag, magerr = _possible(rows.floats("mag")), _possible(rows.floats("magerr"))
    limit, five = _possible(rows.floats("limiting_mag")), _possible(rows.floats("five_sigma"))
    usual = np.where(np.isnan(limit) & ~np.isnan(five), 5.0, rows.options.nsigma or UPLOAD_NSIGMA)
    limit = np.where(np.isnan(limit), five, limit)
    is_limit = rows.flags("is_limit", ("t", "true", "1", "y", "yes")) | (rows.infinite("magerr") & ~np.isnan(mag))
    limit = np.where(is_limit & np.isnan(limit), mag, limit)
    mag, magerr = np.where(is_limit, np.nan, mag), np.where(is_limit, np.nan, magerr)
    nsigma = rows.floats("nsigma")
    flux, fluxerr = rows.floats("flux"), rows.floats("fluxerr")
    by_flux = np.isnan(mag) & (~np.isnan(flux) | (~np.isnan(fluxerr) & np.isnan(limit)))
    return _Given(
        mag, magerr, limit, np.where(np.isnan(nsigma), usual, nsigma), flux, fluxerr, _zero_points(rows), by_flux
    )


def _possible(values: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < _IMPOSSIBLE, values, np.nan)


def _zero_points(rows: Rows) -> Floats:
    """Magnitude of one unit of flux: as the row, the uploader, the column's name or its survey says."""
    zp = rows.floats("zp")
    usual = rows.options.zp
    name = rows.names.get("flux") or rows.names.get("fluxerr") or ""
    unit = rows.options.flux_unit or flux_unit_of(name)
    if usual is None and unit:
        usual = UNIT_ZERO_POINTS[unit]
    elif usual is None:
        usual = {"fluxcal": _SNANA_ZERO_POINT, "psfflux": _LSST_ZERO_POINT}.get(name.lower().replace("_", ""), np.nan)
    return np.where(np.isnan(zp), usual, zp)


def _units(rows: Rows, zp: Floats) -> Texts:
    found = np.full(len(rows), "count", dtype=object)
    for unit, zero_point in UNIT_ZERO_POINTS.items():
        found[zp == zero_point] = unit
    return found


def _check(rows: Rows, given: _Given) -> None:
    by_mag = ~given.by_flux
    nothing = by_mag & np.isnan(given.mag) & np.isnan(given.limit)
    if nothing.any():
        raw = rows.floats("mag")
        rows.refuse(
            nothing & ~np.isnan(raw),
            lambda at: (
                f"mag is {raw[at]:g}, which stands for no detection: give its limit in limiting_mag, or leave it out"
            ),
        )
    rows.refuse(nothing, "nothing is measured: give mag, limiting_mag or flux")
    if rows.options.default_error is None:
        rows.refuse(
            by_mag & ~np.isnan(given.mag) & np.isnan(given.magerr), "magerr is missing: give it, or a default error"
        )
    rows.refuse(by_mag & np.isnan(given.mag) & ~np.isnan(given.magerr), "magerr is given and mag is not")
    with np.errstate(invalid="ignore"):
        rows.refuse(by_mag & (given.magerr <= 0), lambda at: f"magerr is {given.magerr[at]:g}: it must be positive")
        rows.refuse(
            ~(given.nsigma > 0),
            lambda at: f"the significance of the limit is {given.nsigma[at]:g}: it must be positive",
        )
        rows.refuse(
            given.by_flux & ~(given.fluxerr > 0), lambda at: f"fluxerr is {given.fluxerr[at]:g}: it must be positive"
        )
    rows.refuse(
        given.by_flux & np.isnan(given.zp), "the zero point of its flux is missing: give zp, or the unit of flux"
    )


def _systems(rows: Rows, filters: Texts) -> Texts:
    """The magnitude system of each row: as it says, as the uploader says, or AB where that is the custom."""
    said = rows.texts("magsys", rows.options.magsys)
    if "magsys" not in rows.names and rows.options.magsys is None and flux_unit_of(rows.names.get("flux", "")):
        said = np.full(len(rows), "ab", dtype=object)
    bands = {name: bandpass(name) for name in set(filters) if name}
    usual = {name: "" if band.family in _SAID else "ab" for name, band in bands.items()}
    found = by_distinct(lambda s, f: _SYSTEMS.get(s.lower(), "?") if s else usual.get(f, "ab"), said, filters)
    rows.refuse(found == "?", lambda at: f"magnitude system {said[at]!r} is not known: ab and vega are permitted")
    rows.refuse(found == "", lambda at: f"the magnitude system is missing: say whether {filters[at]} is in ab or vega")
    _refuse_mixed(rows, filters, found)
    for name, band in bands.items():
        if band.vega_offset is None:
            rows.refuse((filters == name) & (found == "vega"), f"{name} has no Vega magnitudes: give AB ones or fluxes")
    return found


def _refuse_mixed(rows: Rows, filters: Texts, systems: Texts) -> None:
    """Refuse rows whose filter had, with the same camera, magnitudes in the other system before."""
    if len(set(systems) & set(SYSTEMS)) < 2:
        return
    cameras = zip(filters, rows.texts("instrument"), rows.texts("telescope"), strict=True)
    first: dict[tuple[str, str, str], int] = {}
    before = np.array([first.setdefault(camera, at) for at, camera in enumerate(cameras)])
    other = np.isin(systems, SYSTEMS) & np.isin(systems[before], SYSTEMS) & (systems != systems[before])
    rows.refuse(
        other & (filters != ""),
        lambda at: (
            f"{filters[at]} is in {systems[at]} and was in {systems[before[at]]} in row {before[at] + 1}: say the "
            "instrument or telescope of each, or give them in two tables"
        ),
    )
