"""The columns of the field's tables, by the many names that they have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skyhub.errors import InvalidInput

__all__ = ["NAMES", "flux_unit_of", "recognised"]

NAMES: dict[str, tuple[str, ...]] = {
    "mjd": ("mjd", "mjdobs", "midpointtai", "midpointmjdtai"),
    "jd": ("jd", "julianday", "juliandate"),
    "time": ("time", "isot", "iso", "datetime", "dateobs", "obsdate", "obstime", "obsjd", "date", "utc", "t"),
    "filter": ("filter", "band", "passband", "filt", "flt", "filtername", "f"),
    "fid": ("fid", "filterid"),
    "mag": ("mag", "magnitude", "magpsf", "abmag", "apparentmag"),
    "magerr": (
        "magerr", "emag", "magnitudeerror", "emagnitude", "sigmapsf", "dmag", "magerror", "sigmamag", "magunc",
        "magnitudeerr", "errmag", "merr",
    ),
    "limiting_mag": ("limitingmag", "limmag", "maglim", "limitingmagnitude", "limmagnitude", "uplim"),
    "five_sigma": ("diffmaglim", "mag5sig", "fivesigmadepth", "magzplim", "limmag5s"),
    "nsigma": ("limitingmagnsigma", "limitingnsigma", "nsigma"),
    "flux": ("flux", "fluxcal", "psfflux", "ujy", "fluxujy", "fluxmjy", "fluxnjy", "fluxjy", "fluxdensity"),
    "fluxerr": (
        "fluxerr", "eflux", "dflux", "fluxerror", "fluxunc", "fluxcalerr", "psffluxerr", "dujy", "fluxerrujy",
        "fluxujyerr", "fluxerrmjy", "sigmaflux", "fluxdensityerror", "fluxdensityerr",
    ),
    "zp": ("zp", "zeropoint", "zpt", "magzp"),
    "magsys": ("magsys", "zpsys", "system", "magnitudesystem", "magsystem"),
    "ra": ("ra", "raj2000", "radeg", "rightascension"),
    "dec": ("dec", "decl", "dej2000", "decdeg", "declination"),
    "instrument": ("instrument", "instrumentname", "camera"),
    "telescope": ("telescope", "observatory", "observatorytelescopeinstrument", "facility"),
    "origin": ("origin",),
    "object_id": ("objectid", "object", "objid", "oid", "name", "sourcename", "snid", "target", "event", "diaobjectid"),
    "is_limit": ("upperlimit", "nondet", "isupperlimit", "islimit", "upperlim"),
    "positive": ("isdiffpos",),
}  # fmt: skip
"""Our name of a column, and the names it has in tables, in lower case without punctuation; the first found is taken."""

_UNIT = re.compile(r"(?<![a-z])(ujy|mjy|njy|jy)(?![a-z])|flux(?:err|cal)?_?(ujy|mjy|njy|jy)$", re.IGNORECASE)
_UNITS = {"ujy": "uJy", "mjy": "mJy", "njy": "nJy", "jy": "Jy"}
_SINCE = re.compile(r"^time.*[\[( _](s|sec|seconds|min|h|hours|d|days)[\]) ]?$|since|phase", re.IGNORECASE)
"""Columns of time from an event on, which are no dates."""
_BRACKETED = re.compile(r"[\[(].*?[\])]")


def recognised(columns: Sequence[str]) -> dict[str, str]:
    """Our names of columns, and the names that they have in a table.

    Raises
    ------
    InvalidInput
        If there is no time, or nothing that was measured.

    Examples
    --------
    >>> recognised(["MJD", "e_mag", "Magnitude", "passband", "seeing"])
    {'mjd': 'MJD', 'filter': 'passband', 'mag': 'Magnitude', 'magerr': 'e_mag'}
    """
    plain: dict[str, str] = {}
    for name in columns:
        if not _SINCE.search(name):
            plain.setdefault(_plain(name), name)
    found = {ours: next((plain[n] for n in names if n in plain), "") for ours, names in NAMES.items()}
    found = {ours: name for ours, name in found.items() if name}
    if not found.keys() & {"mjd", "jd", "time"}:
        raise InvalidInput(f"no column is a date: mjd, jd, time or isot is permitted, not {_listed(columns)}.", "mjd")
    if not found.keys() & {"mag", "limiting_mag", "five_sigma", "flux", "fluxerr"}:
        raise InvalidInput(
            f"no column is a magnitude or flux: mag, limiting_mag or flux, not {_listed(columns)}.", "mag"
        )
    return found


def flux_unit_of(column: str) -> str | None:
    """The unit of flux density in the name of a column, such as ``mJy`` of ``flux_density(mjy)``."""
    match = _UNIT.search(column)
    return _UNITS[(match[1] or match[2]).lower()] if match else None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", _BRACKETED.sub("", name.lower()))


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:12])
    return f"{shown}, …" if len(columns) > 12 else shown or "none"
