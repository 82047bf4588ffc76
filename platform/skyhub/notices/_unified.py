"""Notices in GCN's unified schema.

References
----------
.. [1] GCN schema, https://gcn.nasa.gov/docs/schema
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from skyhub.errors import InvalidInput
from skyhub.notices._lvk import GRACE_ID, role_of_grace_id
from skyhub.notices._missions import MISSIONS, Mission, mission_of
from skyhub.notices._notice import Localization, MapLink, Notice, Property, Role
from skyhub.notices._rates import rate_tags
from skyhub.notices._values import (
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
from skyhub.science.sky_shapes import Circles, Cone, Ellipse, Polygon, SkyShape

__all__ = ["is_unified", "unified_notice"]

_SCHEMA = re.compile(r"https?://[\w.-]+/schema/[\w.-]+/gcn/notices/([\w./-]+?)(?:\.schema)?(?:\.json)?")
_ROLES: dict[str, Role] = {"test": "test", "injection": "mock", "planned": "utility", "commanded": "utility"}
_KINDS = ("initial", "subsequent", "update", "retraction")
_NO_PROPERTIES = {
    "$schema", "ra", "dec", "ra_dec_error", "id", "mission", "instrument", "messenger", "trigger_time", "alert_datetime",
    "alert_tense", "alert_type", "healpix_file", "far", "event_name", "ref_ID",
}  # fmt: skip
_LEVEL = 0.9
"""The schema's [1]_ containment probability of an error radius where none is said."""
_DURATIONS = {"LONG": "long", "SHORT": "short"}
_LIKELY = 0.5


def is_unified(document: Mapping[str, Any]) -> bool:
    """Whether a document says that it follows the schema."""
    return isinstance(document.get("$schema"), str) and "/schema/" in document["$schema"]


def unified_notice(document: Mapping[str, Any]) -> Notice:
    """The notice of a document in the unified schema [1]_.

    Raises
    ------
    InvalidInput
        If it is of no event at a time, or a value cannot be used.
    """
    path = _path(document)
    mission = _mission(document, path)
    time = moment(document.get("trigger_time"), "trigger_time")
    if time is None:
        raise InvalidInput(
            f"a document of {'/'.join(path)} has no trigger_time: it is no notice of an event.", "trigger_time"
        )
    kind = (word(document.get("alert_type")) or "initial").lower()
    if kind not in _KINDS:
        raise InvalidInput(f"alert_type is {kind[:40]!r}: {', '.join(_KINDS)} are known.", "alert_type")
    properties = _properties(document)
    return Notice(
        form="GCN schema",
        notice_type=".".join(path),
        role=_role(document),
        mission=mission.name,
        time=time,
        issued_at=moment(document.get("alert_datetime"), "alert_datetime"),
        aliases=_aliases(document, mission),
        tags=unique([*mission.tags, mission.name, *_tags(document, path), *rate_tags(properties.get("FAR"))]),
        properties=properties,
        position=_position(document),
        localizations=() if kind == "retraction" else tuple(_localizations(document)),
        retraction=kind == "retraction",
    )


def _path(document: Mapping[str, Any]) -> list[str]:
    found = _SCHEMA.fullmatch(document["$schema"])
    if not found:
        raise InvalidInput(f"$schema is {document['$schema'][:80]!r}: one of a notice is needed.", "$schema")
    return found[1].strip("/").split("/")


def _mission(document: Mapping[str, Any], path: list[str]) -> Mission:
    given = word(document.get("mission")) or path[0]
    return MISSIONS.get(path[0].lower()) or mission_of(given)


def _role(document: Mapping[str, Any]) -> Role:
    event = word(document.get("ref_ID"))
    if event and GRACE_ID.fullmatch(event):
        return role_of_grace_id(event)
    return _ROLES.get((word(document.get("alert_tense")) or "").lower(), "observation")


def _aliases(document: Mapping[str, Any], mission: Mission) -> tuple[str, ...]:
    event = word(document.get("ref_ID"))
    if event and GRACE_ID.fullmatch(event):
        return (f"LVC#{event}",)
    names = words(document.get("id"))
    if mission.name == "IceCube" or mission.tags[:1] == ("FRB",):
        names += words(document.get("event_name"))
    if mission.authority == "SUPERK":
        names += words(document.get("trigger_number"))
    return unique(f"{mission.authority}#{name}" for name in names)


def _properties(document: Mapping[str, Any]) -> dict[str, Property]:
    found = properties_of((name, value) for name, value in scalars(document) if name not in _NO_PROPERTIES)
    for name in ("classification", "properties"):
        found |= probabilities(document.get(name), name)
    far = number(document.get("far"), "far")
    if far is not None and far < 0:
        raise InvalidInput(f"far is {far}: a rate is never negative.", "far")
    return found if far is None else {**found, "FAR": far}


def _tags(document: Mapping[str, Any], path: list[str]) -> Iterator[str | None]:
    messenger = word(document.get("messenger"))
    if messenger in ("Neutrino", "GW"):
        yield messenger
    yield word(document.get("instrument"))
    yield from (word_ for word_ in ("Gold", "Bronze", "Cascade") if word_ in (word(document.get("pipeline")) or ""))
    for name, probability in probabilities(document.get("classification"), "classification").items():
        if probability > _LIKELY:
            yield name.replace("_", " ").capitalize() if "_" in name else name
    yield _DURATIONS.get(word(document.get("duration_class")) or "")
    if path[:2] in (["fermi", "gbm"], ["swift", "bat"]) or path[0] == "svom":
        yield "GRB" if not document.get("classification") else None
    if word(document.get("ref_ID")):
        yield "GW follow-up"


def _position(document: Mapping[str, Any]) -> tuple[float, float] | None:
    ra, dec = number(document.get("ra"), "ra"), number(document.get("dec"), "dec")
    if ra is None or dec is None:
        return None
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise InvalidInput(f"the position is ra {ra}, dec {dec}: 0 to 360 and -90 to 90 deg are permitted.", "ra")
    return ra, dec


def _localizations(document: Mapping[str, Any]) -> Iterator[Localization]:
    if document.get("healpix_file") is not None:
        yield Localization("healpix_file", map_file(document["healpix_file"], "healpix_file"))
    shape = _shape(document)
    if shape is not None:
        yield Localization(shape.name, shape)
    if url := link(document.get("healpix_url")):
        yield Localization(url.rsplit("/", 1)[-1], MapLink(url))


def _shape(document: Mapping[str, Any]) -> SkyShape | None:
    corners = document.get("rectangular_error_corners")
    if corners is not None:
        return _polygon(corners)
    position, level = _position(document), number(document.get("containment_probability"), "containment_probability")
    if position is None:
        return None
    axes, level = _axes(document), _LEVEL if level is None else level
    if not axes or axes[0] <= 0:
        return None
    major, minor = axes[0], axes[1] if len(axes) > 1 else axes[0]
    if level == 1:
        return Circles((position[0],), (position[1],), (max(major, minor),))
    if major == minor:
        return Cone(*position, major, level)
    angle = axes[2] if len(axes) > 2 else 0.0
    if minor > major:
        major, minor, angle = minor, major, angle + 90
    return Ellipse(*position, major, minor, angle, level)


def _axes(document: Mapping[str, Any]) -> list[float]:
    given = document.get("ra_dec_error")
    if isinstance(given, list):
        found = [number(value, "ra_dec_error") for value in given[:3]]
        return [value for value in found if value is not None]
    single = number(given, "ra_dec_error")
    return [] if single is None else [single]


def _polygon(corners: Any) -> Polygon:
    if not (isinstance(corners, list) and all(isinstance(c, list) and len(c) == 2 for c in corners)):
        raise InvalidInput("the corners are no pairs of ra and dec.", "rectangular_error_corners")
    return Polygon(tuple(c[0] for c in corners), tuple(c[1] for c in corners))
