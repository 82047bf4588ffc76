"""Packets in JSON, as brokers send them: brought back to the form in which their survey sends them.

Lasair sends the alert within a record of its own, and of Rubin's all detections in one list. Bytes travel as base64, NaN stands
for no value, integers stay integers.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from skyhub.alerts._packet import CUTOUT_KINDS
from skyhub.errors import PacketRejected

__all__ = ["is_json", "json_records"]

_CUTOUTS = tuple(f"cutout{kind.capitalize()}" for kind in CUTOUT_KINDS)
_BEGINNINGS = (b"{", b"[")
_RUBIN_LISTS = {"diaSourcesList": "prvDiaSources", "diaForcedSourcesList": "prvDiaForcedSources"}
_RUBIN_TIME = "midpointMjdTai"


def is_json(data: bytes) -> bool:
    """Whether the bytes begin like a JSON record, or a list of records."""
    return data[:64].lstrip().startswith(_BEGINNINGS)


def json_records(data: bytes) -> list[Any]:
    """The records of a JSON document, in their survey's own form.

    Raises
    ------
    PacketRejected
        If it is no JSON, a cutout in it is no base64, or it says in place of an alert what the ``problem`` was.
    """
    try:
        found = json.loads(data, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise PacketRejected(f"no readable JSON: {error}") from error
    return [_own_form(record) for record in (found if isinstance(found, list) else [found])]


def _own_form(record: Any) -> Any:
    if not isinstance(record, Mapping):
        return record
    if isinstance(problem := record.get("problem"), str):
        raise PacketRejected(f"{record.get('objectId')}: {problem}", "problem")
    inner = record.get("alert")
    if isinstance(inner, Mapping):
        around = {key: value for key, value in record.items() if key != "alert" and _is_plain(value)}
        record = {"broker_annotations": {"lasair": around}, **inner}
    if "diaSourcesList" in record:
        record = _rubin_form(record)
    return {key: _cutout(value, key) if key in _CUTOUTS else value for key, value in record.items()}


def _rubin_form(record: Mapping[str, Any]) -> dict[str, Any]:
    """The newest detection apart from the earlier ones."""
    own = {_RUBIN_LISTS.get(key, key): value for key, value in record.items()}
    sources = own["prvDiaSources"]
    if not isinstance(sources, list) or not sources or not all(isinstance(s, Mapping) for s in sources):
        raise PacketRejected("diaSourcesList has no detection: an alert has at least one", "diaSourcesList")
    try:
        newest = max(sources, key=lambda source: float(source[_RUBIN_TIME]))
    except (KeyError, TypeError, ValueError):
        raise PacketRejected(f"a detection of diaSourcesList has no {_RUBIN_TIME}", "diaSourcesList") from None
    if newest.get("diaSourceId") is None:
        raise PacketRejected(
            "its detections have no diaSourceId: choose the full alert in the settings of the broker's filter",
            "diaSourcesList",
        )
    return {**own, "diaSource": newest, "prvDiaSources": [source for source in sources if source is not newest]}


def _cutout(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return {**value, "stampData": _cutout(value.get("stampData"), key)}
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise PacketRejected(f"{key} is no base64: {error}", key) from error


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
