"""ZTF's packets made of what brokers keep of them: one detection is the alert, the earlier ones are its history."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["MJD_OF_JD", "number", "plain", "ztf_packet"]

MJD_OF_JD = 2_400_000.5
_NOTHING = frozenset({"", "null", "none", "nan", "n/a"})
_INTEGERS = ("candid", "pid", "fid", "programid", "ndethist", "nid", "field", "rcid")
_NUMBERS = (
    "jd", "ra", "dec", "magpsf", "sigmapsf", "diffmaglim", "rb", "drb", "sgscore1", "distpsnr1", "ssdistnr", "jdstarthist",
)  # fmt: skip
_OF_POINTS = (
    "candid", "jd", "fid", "pid", "programid", "ra", "dec", "magpsf", "sigmapsf", "diffmaglim", "isdiffpos",
    "forcediffimflux", "forcediffimfluxunc", "magzpsci",
)  # fmt: skip
_FIDS = {"g": 1, "r": 2, "i": 3}


def plain(value: Any) -> Any:
    """A value, or None where a text or a number stands for none."""
    if isinstance(value, str):
        return None if value.strip().lower() in _NOTHING else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def number(value: Any) -> float | None:
    """A finite number that was given as one or as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def ztf_packet(
    object_id: str,
    detections: Iterable[Mapping[str, Any]],
    others: Iterable[Mapping[str, Any]] = (),
    *,
    forced: Iterable[Mapping[str, Any]] = (),
    annotations: Mapping[str, Mapping[str, Any]] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any] | None:
    """A packet of an object; None without any detection.

    Parameters
    ----------
    object_id
        The object.
    detections
        With the names of the fields of ZTF's ``candidate``; each candid is taken once. Without ``programid`` they are public.
    others
        Limits: without the number of their exposure (``pid``) they are left out, since they could not be told from those
        that other packets bring.
    forced
        Forced photometry, as in ZTF's ``fp_hists``.
    annotations, extra
        What the broker says, and further fields of the packet.
    """
    found = {
        str(fields["candid"]): fields for given in detections if (fields := _fields(given)).get("magpsf") is not None
    }
    if not found:
        return None
    *earlier, newest = sorted(found.values(), key=_when)
    limits = [fields for given in others if (fields := _fields(given)).get("pid") is not None]
    return {
        "schemavsn": "4.02",
        "objectId": object_id,
        "candid": newest["candid"],
        "candidate": newest,
        "prv_candidates": [_point(fields) for fields in (*sorted(limits, key=_when), *earlier)],
        "fp_hists": [_point(fields) for given in forced if (fields := _fields(given)).get("pid") is not None],
        "broker_annotations": {origin: dict(data) for origin, data in (annotations or {}).items()},
        **(extra or {}),
    }


def _when(fields: Mapping[str, Any]) -> float:
    return number(fields.get("jd")) or 0.0


def _fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a candidate: numbers that came as text are numbers, others are left to whoever reads the packet."""
    fields = {key: plain(value) for key, value in given.items()}
    for name in _INTEGERS:
        if isinstance(fields.get(name), str) and fields[name].strip().lstrip("-").isdigit():
            fields[name] = int(fields[name])
    for name in _NUMBERS:
        if isinstance(fields.get(name), str) and (found := number(fields[name])) is not None:
            fields[name] = found
    if fields.get("jd") is None and (mjd := number(fields.get("mjd"))) is not None:
        fields["jd"] = mjd + MJD_OF_JD
    if fields.get("fid") is None:
        fields["fid"] = _FIDS.get(str(fields.get("band") or fields.get("filter")))
    fields["programid"] = 1 if fields.get("programid") is None else fields["programid"]
    fields["candid"] = fields.get("candid")
    return fields


def _point(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields.get(name) for name in _OF_POINTS}
