"""Alerts of LIGO, Virgo and KAGRA: JSON or Avro of ``igwn.gwalert``, and VOEvents that say the same.

References
----------
.. [1] IGWN Public Alerts User Guide, https://emfollow.docs.ligo.org/userguide/content.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from skyhub.errors import InvalidInput
from skyhub.notices._notice import Localization, MapLink, Notice, Property, Role
from skyhub.notices._packet import Packet
from skyhub.notices._rates import rate_tags
from skyhub.notices._values import (
    flag,
    link,
    map_file,
    moment,
    number,
    probabilities,
    properties_of,
    scalars,
    unique,
    word,
    words,
)

__all__ = ["GRACE_ID", "is_lvk", "lvk_notice", "lvk_of_packet", "role_of_grace_id"]

GRACE_ID = re.compile(r"([MT]?)(?:S\d{6}[a-z]+\d*|GW\d{6}[a-z]*|[GE]\d{3,})|[MT]\d{3,}")
"""Names in GraceDB; those that begin with M are of injected signals, with T of trials."""

_TYPES = {
    "PRELIMINARY": "LVC_PRELIMINARY", "INITIAL": "LVC_INITIAL", "UPDATE": "LVC_UPDATE",
    "EARLYWARNING": "LVC_EARLY_WARNING", "EARLY_WARNING": "LVC_EARLY_WARNING", "RETRACTION": "LVC_RETRACTION",
}  # fmt: skip
_OLD_NAMES = {"ProbHasNS": "HasNS", "ProbHasRemnant": "HasRemnant", "ProbHasMassGap": "HasMassGap"}
_CLASSES = {"BNS", "NSBH", "BBH", "MassGap", "Terrestrial"}
_OF_COINCIDENCES = {
    "External_GCN_Notice_Id": "gcn_notice_id", "External_Ivorn": "ivorn", "External_Observatory": "observatory",
    "External_Search": "search", "Time_Difference": "time_difference",
    "Time_Coincidence_FAR": "time_coincidence_far",
    "Time_Sky_Position_Coincidence_FAR": "time_sky_position_coincidence_far",
    "joint_skymap_fits": "combined_skymap",
}  # fmt: skip
"""What VOEvents call the fields of a coincidence with another messenger."""


def is_lvk(packet: Packet) -> bool:
    """Whether a VOEvent is an alert of LIGO, Virgo and KAGRA."""
    return packet.text("GraceID") is not None


def role_of_grace_id(name: str) -> Role:
    """What an event of a name in GraceDB is."""
    return {"M": "mock", "T": "test"}.get(name[:1], "observation")  # type: ignore[return-value]


def lvk_of_packet(packet: Packet) -> Notice:
    """The notice of a VOEvent. Raises `InvalidInput` if a value cannot be used."""
    kind = re.sub(r"[\s_-]", "", packet.text("AlertType") or "").upper()
    if flag(packet.text("Retraction")):
        kind = "RETRACTION"
    coincidence = packet.group("External Coincidence")
    old = {_OLD_NAMES.get(p.name, p.name): p.value for p in packet.params if p.name in _OLD_NAMES or p.name in _CLASSES}
    maps = [p.value for p in packet.params if p.name in ("skymap_fits", "skymap_fits_basic")]
    classes = packet.group("Classification") or {name: old[name] for name in old if name in _CLASSES}
    alert = {
        "alert_type": kind,
        "time_created": packet.issued_at,
        "superevent_id": packet.text("GraceID"),
        "event": {
            "time": packet.time,
            "far": packet.text("FAR"),
            "significant": None if packet.text("Significant") is None else flag(packet.text("Significant")),
            "instruments": [name.strip() for name in (packet.text("Instruments") or "").split(",")],
            "group": packet.text("Group"),
            "pipeline": packet.text("Pipeline"),
            "search": packet.text("Search"),
            "duration": packet.number("Duration"),
            "central_frequency": packet.number("CentralFreq"),
            "classification": classes,
            "properties": packet.group("Properties") or {n: v for n, v in old.items() if n not in _CLASSES},
            "skymap_link": maps[0] if maps else None,
        },
        "external_coinc": {mine: coincidence.get(theirs) for theirs, mine in _OF_COINCIDENCES.items()}
        if coincidence
        else None,
    }
    return lvk_notice(alert, form=packet.form, identifier=packet.identifier)


def lvk_notice(alert: Mapping[str, Any], form: str = "igwn.gwalert", identifier: str | None = None) -> Notice:
    """The notice of an alert as JSON or Avro states it.

    Parameters
    ----------
    alert
        The alert [1]_.
    form, identifier
        How it was written, and what names it; by default event, kind and time of the alert.

    Raises
    ------
    InvalidInput
        If a value cannot be used.
    """
    name = word(alert.get("superevent_id"))
    if name is None or not GRACE_ID.fullmatch(name):
        raise InvalidInput(f"superevent_id is {str(name)[:40]!r}: a name such as S230518h is needed.", "superevent_id")
    kind = (word(alert.get("alert_type")) or "").upper()
    if kind not in _TYPES:
        raise InvalidInput(f"alert_type is {kind[:40]!r}: {', '.join(_TYPES)} are known.", "alert_type")
    retraction = kind == "RETRACTION"
    event = alert.get("event") or {}
    if not isinstance(event, Mapping) or not (event or retraction):
        raise InvalidInput(f"event is {str(event)[:40]!r}: an alert that is no retraction needs one.", "event")
    coincidence = alert.get("external_coinc") or {}
    if not isinstance(coincidence, Mapping):
        raise InvalidInput(f"external_coinc is {str(coincidence)[:40]!r}: fields by name are needed.", "external_coinc")
    issued_at = moment(alert.get("time_created"), "time_created")
    time = _time(event, retraction)
    properties = _properties(event, coincidence)
    classes = probabilities(event.get("classification"), "classification")
    return Notice(
        form=form,
        notice_type=_TYPES[kind],
        role=role_of_grace_id(name),
        mission="LVC",
        time=time,
        identifier=identifier or f"igwn.gwalert#{name}-{kind}-{issued_at:%Y%m%dT%H%M%S}" if issued_at else identifier,
        issued_at=issued_at,
        aliases=(f"LVC#{name}",),
        tags=unique(["LVC", "GW", *_tags(event, coincidence, classes, kind), *rate_tags(properties.get("FAR"))]),
        properties=properties,
        localizations=() if retraction else tuple(_localizations(name, kind, event, coincidence)),
        retraction=retraction,
    )


def _time(event: Mapping[str, Any], retraction: bool) -> datetime | None:
    time = moment(event.get("time"), "time")
    if time is None and not retraction:
        raise InvalidInput("the event has no time: an alert that is no retraction needs one.", "time")
    return time


def _properties(event: Mapping[str, Any], coincidence: Mapping[str, Any]) -> dict[str, Property]:
    found: dict[str, Property] = {}
    for field, name in (("far", "FAR"), ("duration", "duration"), ("central_frequency", "central_frequency")):
        if (value := number(event.get(field), field)) is not None:
            found[name] = value
    if found.get("FAR", 0.0) < 0:  # type: ignore[operator]
        raise InvalidInput(f"far is {found['FAR']}: a rate is never negative.", "far")
    found |= probabilities(event.get("classification"), "classification")
    found |= probabilities(event.get("properties"), "properties")
    instruments = _instruments(event)
    if instruments:
        found["num_instruments"] = float(len(instruments))
    outside = {n: v for n, v in scalars(coincidence) if n != "combined_skymap"}
    return found | {f"external_{name}": value for name, value in properties_of(outside.items()).items()}


def _instruments(event: Mapping[str, Any]) -> list[str]:
    return words(event.get("instruments"))


def _tags(
    event: Mapping[str, Any], coincidence: Mapping[str, Any], classes: Mapping[str, float], kind: str
) -> Iterator[str | None]:
    if classes:
        yield max(classes, key=lambda name: classes[name])
    elif word(event.get("group")) == "Burst":
        yield "Burst"
    yield word(event.get("search"))
    yield word(event.get("pipeline"))
    instruments = _instruments(event)
    yield from instruments
    if len(instruments) > 1:
        yield "MultiInstrument"
    if event.get("significant") is not None:
        yield "Significant" if event["significant"] else "Subthreshold"
    if _TYPES[kind] == "LVC_EARLY_WARNING":
        yield "EarlyWarning"
    if coincidence:
        yield "RAVEN"


def _localizations(
    name: str, kind: str, event: Mapping[str, Any], coincidence: Mapping[str, Any]
) -> Iterator[Localization]:
    if event.get("skymap") is not None:
        yield Localization(f"{name}-{kind}.multiorder.fits", map_file(event["skymap"], "skymap"))
    elif url := link(event.get("skymap_link")):
        yield Localization(f"{name}-{kind}-{url.rsplit('/', 1)[-1]}", MapLink(url))
    combined = coincidence.get("combined_skymap")
    if url := link(combined):
        yield Localization(f"{name}-{kind}-combined-{url.rsplit('/', 1)[-1]}", MapLink(url))
    elif combined is not None:
        yield Localization(f"{name}-{kind}-combined.multiorder.fits", map_file(combined, "combined_skymap"))
