"""ZTF's alerts as BOOM and Kowalski keep them, in documents of MongoDB."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from skyhub.adapters.brokers._protocol import CUTOUTS, Found, Programs, Selection
from skyhub.adapters.brokers._select import wanted
from skyhub.adapters.brokers._sky import separation
from skyhub.adapters.brokers._ztf import MJD_OF_JD, number, ztf_packet
from skyhub.errors import InvalidInput

__all__ = [
    "LISTED",
    "MOST_ALERTS",
    "SCORES",
    "WITHOUT_IMAGES",
    "bounds_of",
    "images_of",
    "listed_in",
    "of_programs",
    "packet_of",
    "unextended",
]

_PROGRAMS = (1, 2, 3)
SCORES: Mapping[str, str] = MappingProxyType(
    {"drb": "the least deep real–bogus score", "ndethist": "the least number of detections"}
)
"""What selections may bound, of the fields of ``candidate``."""
_ABOUT = ("rock", "star", "near_brightstar", "stationary")
WITHOUT_IMAGES = {"cutoutScience": 0, "cutoutTemplate": 0, "cutoutDifference": 0}
"""A projection that leaves images out."""
MOST_ALERTS = 5000
"""Of one object."""
LISTED = {"objectId": 1, "candid": 1, **{f"candidate.{name}": 1 for name in ("jd", "ra", "dec", "programid", "candid")}}
"""A projection for lists."""


def of_programs(programs: Programs | None) -> dict[str, Any]:
    """Conditions for alerts of some programs; none for all that the account may see."""
    return {} if programs is None else {"candidate.programid": {"$in": sorted(programs)}}


def bounds_of(broker: str, select: Selection, since: float, programs: Programs | None) -> dict[str, Any]:
    """Conditions for alerts since a time (MJD, UTC) that fulfil a selection. Raises `InvalidInput` for one that it cannot."""
    wanted(broker, select, SCORES)
    bounds: dict[str, Any] = {"candidate.jd": {"$gte": since + MJD_OF_JD}, **of_programs(programs)}
    for name, least in select.items():
        if (value := number(least)) is None:
            raise InvalidInput(f"{name} is {least!r}: a number is needed.", "select")
        bounds[f"candidate.{name}"] = {"$gte": value}
    return bounds


def listed_in(
    documents: Iterable[Mapping[str, Any]], programs: Programs | None, centre: tuple[float, float] | None = None
) -> list[Found]:
    """The objects of alerts, as far as these have a name, a time and one of some programs (any by default)."""
    permitted = frozenset(_PROGRAMS) if programs is None else programs
    return [one for document in documents if (one := _found(document, centre)) and one.program in permitted]


def _found(document: Mapping[str, Any], centre: tuple[float, float] | None) -> Found | None:
    name, candidate = document.get("objectId"), document.get("candidate")
    if not isinstance(name, str) or not isinstance(candidate, Mapping):
        return None
    jd, program = number(candidate.get("jd")), candidate.get("programid")
    if jd is None or program not in _PROGRAMS:
        return None
    ra, dec = number(candidate.get("ra")), number(candidate.get("dec"))
    return Found(name, "ZTF", ra, dec, jd - MJD_OF_JD, separation(centre, ra, dec), int(program))


def packet_of(
    object_id: str, alerts: Sequence[Mapping[str, Any]], aux: Mapping[str, Any], origin: str
) -> dict[str, Any] | None:
    """A packet of an object.

    Parameters
    ----------
    object_id
        The object.
    alerts
        All documents of its alerts.
    aux
        The document of its history: limits and forced photometry.
    origin
        Under which the broker's words are kept.
    """
    alerts = [alert for alert in alerts if alert.get("objectId") == object_id]
    detections = [_detection(alert) for alert in alerts]
    limits = [p for name in ("prv_candidates", "prv_nondetections") for p in _points(aux, name) if not p.get("candid")]
    newest = max(alerts, key=lambda alert: _jd(alert), default={})
    said = {name: value for name, value in _mapping(newest, "properties").items() if name in _ABOUT}
    scores = dict(_mapping(newest, "classifications"))
    return ztf_packet(
        object_id, detections, limits, forced=_points(aux, "fp_hists"), annotations={origin: said | scores}
    )


def _detection(alert: Mapping[str, Any]) -> dict[str, Any]:
    """Of a detection the program is never guessed: who may see it hangs on it."""
    fields = dict(_mapping(alert, "candidate"))
    numbers = (alert.get("candid"), fields.get("candid"), alert.get("_id"))
    candid = next((n for n in numbers if isinstance(n, int) and not isinstance(n, bool)), None)
    return {**fields, "candid": candid, "programid": fields.get("programid", 0)}


def _points(aux: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    given = aux.get(name)
    points = given if isinstance(given, list) else []
    return [p for p in points if isinstance(p, Mapping) and p.get("programid") in _PROGRAMS]


def _mapping(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def _jd(alert: Mapping[str, Any]) -> float:
    return number(_mapping(alert, "candidate").get("jd")) or 0.0


def images_of(document: Mapping[str, Any]) -> dict[str, bytes]:
    """The images that a document holds."""
    images = {kind: _blob(document.get(f"cutout{kind.capitalize()}")) for kind in CUTOUTS}
    return {kind: image for kind, image in images.items() if image}


def _blob(given: Any) -> bytes | None:
    """Bytes that travel as base64, alone or as the ``stampData`` of a record; None if there are none."""
    if isinstance(given, Mapping):
        return _blob(given.get("stampData"))
    if isinstance(given, bytes):
        return given
    if not isinstance(given, str) or not given:
        return None
    try:
        return base64.b64decode(given, validate=True)
    except binascii.Error:
        return None


def unextended(value: Any) -> Any:
    """A document in MongoDB's extended JSON (``$numberLong``, ``$binary``, ``$oid``, …) with plain values."""
    if isinstance(value, list):
        return [unextended(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) <= 2:
        for key, read in _EXTENDED.items():
            if key in value:
                return read(value[key])
    return {key: unextended(item) for key, item in value.items()}


def _binary(given: Any) -> bytes | None:
    return _blob(given.get("base64") if isinstance(given, Mapping) else given)


def _whole(given: Any) -> int | None:
    return int(given) if str(given).lstrip("-").isdigit() else None


_EXTENDED: dict[str, Callable[[Any], Any]] = {
    "$numberLong": _whole,
    "$numberInt": _whole,
    "$numberDouble": number,
    "$binary": _binary,
    "$oid": str,
    "$date": str,
}
