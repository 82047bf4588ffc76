"""The text that forced-photometry services of ATLAS and ZTF send back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skyhub.errors import InvalidInput

__all__ = ["service_of"]

_Floats = NDArray[np.float64]

_ZTF_MISSING = {"null", "nan", ""}
_ATLAS_COLUMNS = {"MJD", "uJy", "duJy", "F"}


class _Service(NamedTuple):
    """A service: whether a text is of its kind, and what is in it."""

    recognises: Callable[[str], bool]
    read: Callable[[str], pa.Table]


def service_of(text: str) -> pa.Table | None:
    """The table in a text of a forced-photometry service, or None if it is of none.

    Columns are ``mjd, filter, flux, fluxerr, zp, magsys, origin, instrument`` and, where known, ``ra, dec``. Epochs without
    a measurement are left out.

    Raises
    ------
    InvalidInput
        If the text is of a service and cannot be read.
    """
    return next((service.read(text) for service in _SERVICES if service.recognises(text)), None)


def _is_ztf(text: str) -> bool:
    return "forcediffimflux" in text[:20_000] and text.lstrip().startswith("#")


def _read_ztf(text: str) -> pa.Table:
    """ZTF's forced-photometry service: fluxes in DN with the zero point of each exposure."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if "forcediffimflux," in line), None)
    if start is None:
        raise InvalidInput("the text of ZTF's service has no line that names its columns.", "header")
    header = lines[start]
    names = [name.strip() for name in header.lstrip("# ").split(",")]
    rows = [line.split() for line in lines[start + 1 :] if line.strip() and not line.startswith("#")]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise InvalidInput(f"row {number} has {len(row)} values: {len(names)} are permitted.", f"row {number}")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    flux, error = _numbers(columns["forcediffimflux"]), _numbers(columns["forcediffimfluxunc"])
    good = np.isfinite(flux) & np.isfinite(error) & (error > 0)
    position = re.findall(r"^# Requested input (?:R\.A\.|Dec\.) = ([-+.\d]+)", text, re.MULTILINE)
    filters = [name.replace("ZTF_", "ztf") for name in columns["filter"]]
    return _table(
        good, _numbers(columns["jd"]) - 2_400_000.5, filters, flux, error, _numbers(columns["zpdiff"]), "ZTF", position
    )


def _is_atlas(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    header = next((line for line in lines if not re.match(r"#[^#]", line)), "")
    return set(re.split(r"[\s,]+", header.lstrip("#").strip())) >= _ATLAS_COLUMNS


def _read_atlas(text: str) -> pa.Table:
    """ATLAS's forced-photometry service, each exposure or averaged by night: fluxes in µJy."""
    lines = [line for line in text.splitlines() if line.strip() and not re.match(r"#[^#]", line)]
    names = re.split(r"[\s,]+", lines[0].lstrip("#").strip())
    rows = [re.split(r"[\s,]+", line.strip()) for line in lines[1:]]
    for number, row in enumerate(rows, start=1):
        if len(row) < len(names):
            raise InvalidInput(f"row {number} has {len(row)} values: {len(names)} are permitted.", f"row {number}")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    flux, error = _numbers(columns["uJy"]), _numbers(columns["duJy"])
    faulty = _numbers(columns["err"]) if "err" in columns else np.zeros(len(rows))
    good = np.isfinite(flux) & (error > 0) & (faulty == 0)
    filters = [f"atlas{name}" for name in columns["F"]]
    position = [columns["RA"][0], columns["Dec"][0]] if rows and {"RA", "Dec"} <= columns.keys() else []
    return _table(good, _numbers(columns["MJD"]), filters, flux, error, np.full(len(rows), 23.9), "ATLAS", position)


def _table(
    good: NDArray[np.bool_],
    mjd: _Floats,
    filters: list[str],
    flux: _Floats,
    error: _Floats,
    zp: _Floats,
    instrument: str,
    position: list[str],
) -> pa.Table:
    n = len(filters)
    columns = {
        "mjd": mjd, "filter": np.array(filters, dtype=object), "flux": flux, "fluxerr": error, "zp": zp,
        "magsys": np.full(n, "ab", object), "origin": np.full(n, "forced", object), "instrument": np.full(n, instrument, object),
    }  # fmt: skip
    if len(position) == 2:
        columns |= {"ra": np.full(n, float(position[0])), "dec": np.full(n, float(position[1]))}
    return pa.table({name: pa.array(values[good]) for name, values in columns.items()})


def _numbers(texts: list[str]) -> _Floats:
    return np.array([np.nan if text.lower() in _ZTF_MISSING else float(text) for text in texts], dtype=float)


_SERVICES = (_Service(_is_ztf, _read_ztf), _Service(_is_atlas, _read_atlas))
