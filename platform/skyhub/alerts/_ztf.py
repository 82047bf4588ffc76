"""Alert packets of the Zwicky Transient Facility, schema versions 2.0 to 4.02.

References
----------
.. [1] Masci et al. 2019, PASP 131, 018003. doi:10.1088/1538-3873/aae8ac
.. [2] Patterson et al. 2019, PASP 131, 018001. doi:10.1088/1538-3873/aae904
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from skyhub.alerts._fields import kept_fields
from skyhub.alerts._packet import CUTOUT_KINDS, SMALLEST_ERROR, Packet, PhotometryPoint
from skyhub.errors import PacketRejected
from skyhub.science.photometry import flux_error, flux_from_counts, flux_from_mag, limit_flux_error

__all__ = ["STREAMS", "is_ztf", "packet_from_ztf"]

_MJD_OF_JD = 2400000.5
_FILTERS = {1: "ztfg", 2: "ztfr", 3: "ztfi"}
_NO_VALUE = -999.0
_NO_FORCED_FLUX = -99999.0
_LIMIT_NSIGMA = 5.0
_BRIGHTEST, _FAINTEST = -5.0, 40.0
_LARGEST_INTEGER, _LARGEST_COUNT = 2**63 - 1, 2**31 - 1
_LEFT_OUT = frozenset({"prv_candidates", "fp_hists", *(f"cutout{kind.capitalize()}" for kind in CUTOUT_KINDS)})

STREAMS = {1: None, 2: "ztf-partnership", 3: "ztf-caltech"}
"""Stream of each programid; programid 1 is public."""

_Fields = Mapping[str, Any]


def is_ztf(record: _Fields) -> bool:
    """Whether a decoded record has the form of a ZTF alert."""
    candidate = record.get("candidate")
    return "objectId" in record and isinstance(candidate, Mapping) and "fid" in candidate and "magpsf" in candidate


def packet_from_ztf(record: _Fields) -> Packet:
    """A ZTF alert as a `Packet`.

    Raises
    ------
    PacketRejected
        If a value without which it cannot be stored is missing or impossible.
    """
    candidate = record["candidate"]
    candid = _integer(record, "candid")
    if candidate.get("candid") not in (None, candid):
        raise PacketRejected(f"candid {candid} differs from the candidate's {candidate['candid']}", "candid")
    point = _detection(candidate, candid)
    mag, magerr, (ra, dec) = _need(candidate, "magpsf"), _need(candidate, "sigmapsf"), _position(candidate)
    return Packet(
        candid=candid,
        object_id=_name(record),
        survey="ZTF",
        schema_version=str(record.get("schemavsn") or ""),
        mjd=point.mjd,
        ra=ra,
        dec=dec,
        filter=point.filter,
        mag=mag,
        magerr=magerr,
        limiting_mag=point.limiting_mag,
        positive=_is_positive(candidate),
        rb=_number(candidate, "rb"),
        drb=_number(candidate, "drb"),
        star_score=_number(candidate, "sgscore1"),
        star_distance=_number(candidate, "distpsnr1"),
        sso_name=None if candidate.get("ssnamenr") in (None, "", "null") else str(candidate["ssnamenr"]).strip(),
        sso_distance=_number(candidate, "ssdistnr"),
        sso_mag=_number(candidate, "ssmagnr"),
        n_detections=_count(candidate, "ndethist"),
        first_mjd=_mjd(candidate, "jdstarthist"),
        stream=point.stream,
        packet=kept_fields(record, _LEFT_OUT),
        **{f"cutout_{kind}": _cutout(record, kind) for kind in CUTOUT_KINDS},  # type: ignore[arg-type]
        photometry=[point, *_history(record, "prv_candidates", _previous), *_history(record, "fp_hists", _forced)],
    )


def _history(record: _Fields, key: str, convert: Callable[[_Fields], PhotometryPoint | None]) -> list[PhotometryPoint]:
    points = []
    entries = record.get(key) or []
    if not isinstance(entries, list):
        raise PacketRejected(f"{key} is a {type(entries).__name__}: a list of points is needed", key)
    for number, entry in enumerate(entries):
        try:
            if type(entry) is not dict and not isinstance(entry, Mapping):
                raise PacketRejected(f"a {type(entry).__name__} is no point", key)
            point = convert(entry)
        except PacketRejected as error:
            raise PacketRejected(f"{error.message} in {key}[{number}]", error.where) from error
        if point is not None:
            points.append(point)
    return points


def _detection(fields: _Fields, candid: int) -> PhotometryPoint:
    mag, magerr = _need(fields, "magpsf"), _need(fields, "sigmapsf")
    if not (_BRIGHTEST < mag < _FAINTEST and magerr > SMALLEST_ERROR):
        raise PacketRejected(
            f"magpsf ± sigmapsf are {mag} ± {magerr}: {_BRIGHTEST} to {_FAINTEST} and a positive error are permitted",
            "magpsf",
        )
    ra, dec = _position(fields)
    flux = flux_from_mag(mag)
    return PhotometryPoint(
        mjd=_time(fields),
        filter=_filter(fields),
        origin="alert",
        flux=flux if _is_positive(fields) else -flux,
        fluxerr=flux_error(flux, magerr),
        mag=mag,
        magerr=magerr,
        limiting_mag=_limit(fields),
        ra=ra,
        dec=dec,
        point_id=candid,
        stream=_stream(fields),
    )


def _previous(fields: _Fields) -> PhotometryPoint | None:
    if fields.get("candid") is not None and _number(fields, "magpsf") is not None:
        return _detection(fields, _integer(fields, "candid"))
    limit = _limit(fields)
    if limit is None or fields.get("pid") is None:
        return None
    return PhotometryPoint(
        mjd=_time(fields),
        filter=_filter(fields),
        origin="alert",
        flux=None,
        fluxerr=limit_flux_error(limit, _LIMIT_NSIGMA),
        mag=None,
        magerr=None,
        limiting_mag=limit,
        ra=None,
        dec=None,
        point_id=-_integer(fields, "pid"),
        stream=_stream(fields),
    )


def _forced(fields: _Fields) -> PhotometryPoint | None:
    counts, error = _number(fields, "forcediffimflux"), _number(fields, "forcediffimfluxunc")
    zero_point = _number(fields, "magzpsci")
    if counts is None or error is None or zero_point is None or fields.get("pid") is None:
        return None
    if counts == _NO_FORCED_FLUX or error <= 0:
        return None
    return PhotometryPoint(
        mjd=_time(fields),
        filter=_filter(fields),
        origin="forced",
        flux=flux_from_counts(counts, zero_point),
        fluxerr=flux_from_counts(error, zero_point),
        mag=None,
        magerr=None,
        limiting_mag=_limit(fields),
        ra=None,
        dec=None,
        point_id=-_integer(fields, "pid"),
        stream=_stream(fields),
    )


def _cutout(record: _Fields, kind: str) -> bytes | None:
    cutout = record.get(f"cutout{kind.capitalize()}")
    if cutout is None:
        return None
    data = cutout.get("stampData") if isinstance(cutout, Mapping) else cutout
    if data is not None and not isinstance(data, bytes):
        raise PacketRejected(f"the {kind} cutout is a {type(data).__name__}: bytes are needed", "stampData")
    return data or None


def _name(record: _Fields) -> str:
    name = record.get("objectId")
    if not isinstance(name, str) or not name.strip():
        raise PacketRejected(f"objectId is {name!r}: a name is needed", "objectId")
    return name


def _integer(fields: _Fields, key: str) -> int:
    value = fields.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_INTEGER:
        raise PacketRejected(f"{key} is {value!r}: a positive integer of at most 64 bits is needed", key)
    return value


def _count(fields: _Fields, key: str) -> int | None:
    value = fields.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_COUNT:
        raise PacketRejected(f"{key} is {value!r}: a count from 0 to {_LARGEST_COUNT} is needed", key)
    return value


def _number(fields: _Fields, key: str) -> float | None:
    value = fields.get(key)
    if type(value) is float:
        return value if value != _NO_VALUE and -math.inf < value < math.inf else None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PacketRejected(f"{key} is {value!r}: a number is needed", key)
    return None if not math.isfinite(value) or value == _NO_VALUE else float(value)


def _limit(fields: _Fields) -> float | None:
    """The 5σ limit; exposures whose limit is no magnitude (-1006.9 occurs) have none."""
    limit = _number(fields, "diffmaglim")
    return limit if limit is not None and _BRIGHTEST < limit < _FAINTEST else None


def _need(fields: _Fields, key: str) -> float:
    value = _number(fields, key)
    if value is None:
        raise PacketRejected(f"{key} is {fields.get(key)!r}: a number is needed", key)
    return value


def _time(fields: _Fields) -> float:
    jd = _need(fields, "jd")
    if not 2450000 < jd < 2500000:
        raise PacketRejected(f"jd is {jd}: a Julian date between 2450000 and 2500000 is needed", "jd")
    return jd - _MJD_OF_JD


def _mjd(fields: _Fields, key: str) -> float | None:
    jd = _number(fields, key)
    return None if jd is None else jd - _MJD_OF_JD


def _position(fields: _Fields) -> tuple[float, float]:
    ra, dec = _need(fields, "ra"), _need(fields, "dec")
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise PacketRejected(f"ra, dec are {ra}, {dec}: 0 ≤ ra ≤ 360 and −90 ≤ dec ≤ 90 deg are permitted", "ra")
    return ra, dec


def _filter(fields: _Fields) -> str:
    fid = fields.get("fid")
    if type(fid) is not int or fid not in _FILTERS:
        raise PacketRejected(f"fid is {fid!r}: {_FILTERS} are permitted", "fid")
    return _FILTERS[fid]


def _stream(fields: _Fields) -> str | None:
    programid = fields.get("programid")
    if type(programid) is not int or programid not in STREAMS:
        raise PacketRejected(f"programid is {programid!r}: {sorted(STREAMS)} are permitted", "programid")
    return STREAMS[programid]


def _is_positive(fields: _Fields) -> bool:
    return str(fields.get("isdiffpos")).lower() in {"t", "1", "true"}
