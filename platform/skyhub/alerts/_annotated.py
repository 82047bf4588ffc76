"""What a broker says of an alert in its packet: classes and scores, taken out as annotations with the broker as origin."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from skyhub.alerts._packet import PacketAnnotation

__all__ = ["annotations_of"]

_FINK_ZTF = (
    "cdsxmatch", "finkclass", "tns", "tnsclass", "rf_snia_vs_nonia", "snn_snia_vs_nonia", "snn_sn_vs_all",
    "rf_kn_vs_nonkn", "slsn_score", "anomaly_score", "mulens", "roid", "tracklet", "is_transient", "nalerthist", "DR3Name",
    "Plx", "e_Plx", "gaiaClass", "vsx", "gcvs", "spicy_class", "x3hsp", "x4lac", "mangrove", "mag_rate", "delta_time",
)  # fmt: skip
_FINK_LSST = ("clf", "xm", "pred", "tns_type_recomputed")
_FINK_VERSIONS = ("fink_broker_version", "fink_science_version")
_PARALLAXES = ("Plx", "gaiadr3_Plx")
_BOOM = ("rock", "star", "near_brightstar", "stationary")
_NOTHING = frozenset({"", "unknown", "none", "nan", "null", "\ufffd"})
_NOT_COMPUTED = frozenset({-1.0, -99.0})
_LARGEST = 2**53
_LONGEST = 100_000
"""Characters; what is longer is no word on an object."""


def annotations_of(record: Mapping[str, Any]) -> list[PacketAnnotation]:
    """The annotations in a record, by the forms in which brokers add theirs; values that say nothing are left out."""
    given = record.get("broker_annotations")
    found = dict(given) if isinstance(given, Mapping) else {}
    if "fink_broker_version" in record or "cdsxmatch" in record:
        names = _FINK_LSST if "diaSource" in record else _FINK_ZTF
        data = _flat({name: record.get(name) for name in (*names, *_FINK_VERSIONS)})
        found["fink"] = _with_parallax(data)
    properties = record.get("properties")
    if "survey_matches" in record and isinstance(properties, Mapping):
        found["boom"] = {name: properties.get(name) for name in _BOOM} | {"scores": record.get("classifications")}
    cleaned = ((str(origin), _flat(data)) for origin, data in found.items() if isinstance(data, Mapping))
    written = [(o, json.dumps(data)) for o, data in cleaned if data.keys() - set(_FINK_VERSIONS)]
    return [PacketAnnotation(origin, text) for origin, text in written if len(text) <= _LONGEST]


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_entries(data))


def _entries(data: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _entries(value, f"{before}{key}." if before or key not in _FINK_LSST else "")
        elif isinstance(value, list):
            if value and all(isinstance(item, str | int) for item in value):
                yield f"{before}{key}", ", ".join(map(str, value))
        elif not _says_nothing(str(key), value):
            yield f"{before}{key}", _plain(value)


def _says_nothing(key: str, value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _NOTHING or value.startswith("Fail")
    if isinstance(value, float):
        return not math.isfinite(value) or ("score" in key and value in _NOT_COMPUTED and "anomaly" not in key)
    return value is None


def _plain(value: Any) -> Any:
    """Numbers, texts and truth values; integers that other programs would round are texts."""
    if isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LARGEST else str(value)
    return str(value)


def _with_parallax(data: dict[str, Any]) -> dict[str, Any]:
    """Gaia's parallax (mas) under the key by which it is searched."""
    given = next((data[name] for name in _PARALLAXES if isinstance(data.get(name), float)), None)
    return data if given is None else {**data, "parallax": given}
