"""Questions to brokers: what is near a place, what is new, what is known of an object."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any

from skyhub.adapters.brokers import Found
from skyhub.alerts import CUTOUT_KINDS, AlertReader, Packet
from skyhub.brokers._desk import BrokerDesk
from skyhub.brokers._rights import programs_of, restricted
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound, Unavailable

__all__ = ["cone", "cutout", "decoded", "fetch", "listed", "newest", "record_of", "reopen"]

_LARGEST_RADIUS = 18_000.0
_LARGEST_LIST = 1000
_NAME = re.compile(r"[A-Za-z0-9_.:+-]{1,80}")
_UNTOLD = frozenset({"packet", "photometry", "annotations", *(f"cutout_{kind}" for kind in CUTOUT_KINDS)})


def listed(db: Database) -> list[dict[str, Any]]:
    """The brokers that are declared: name, kind, survey, what one may select by, and how each fares.

    ``state`` is ``ok``, ``slow``, ``down`` or ``unasked``; ``seconds`` is how long the last answer took.
    """
    desk = db.part(BrokerDesk)
    rows = []
    for name, settings in desk.settings.items():
        broker = desk.broker(name)
        about = {"name": name, "kind": settings.kind, "survey": broker.survey, "selects": dict(broker.selects)}
        rows.append({**about, **asdict(broker.health.state)})
    return rows


def cone(
    db: Database, viewer: Viewer, name: str, ra: float, dec: float, radius: float, limit: int = 100
) -> list[dict[str, Any]]:
    """Objects of a broker within a radius (arcsec) of a place (ICRS, deg), nearest first.

    Raises
    ------
    InvalidInput
        If there is no such place.
    Unavailable
        If the broker does not answer.
    """
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise InvalidInput(f"ra, dec are {ra}, {dec}: 0 ≤ ra ≤ 360 and −90 ≤ dec ≤ 90 deg are permitted.", "ra")
    if not 0 < radius <= _LARGEST_RADIUS:
        raise InvalidInput(f"radius is {radius}: up to {_LARGEST_RADIUS:g} arcsec is permitted.", "radius")
    broker = db.part(BrokerDesk).broker(name)
    return _rows(broker.cone(ra, dec, radius, _bounded(limit), programs_of(db, viewer)))


def newest(
    db: Database, viewer: Viewer, name: str, since: float, limit: int = 100, select: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Objects of a broker with a detection since a time (MJD, UTC) that fulfil a selection in the broker's words."""
    if not isfinite(since):
        raise InvalidInput(f"since is {since}: a time (MJD) is needed.", "since")
    broker = db.part(BrokerDesk).broker(name)
    return _rows(broker.newest(since, _bounded(limit), select or {}, programs_of(db, viewer)))


def fetch(db: Database, viewer: Viewer, name: str, object_id: str) -> dict[str, Any]:
    """What a broker has of an object: its newest alert, its light curve (µJy, AB), what the broker says of it.

    Raises
    ------
    NotFound
        If it has no detection that the viewer may see.
    """
    packet = decoded(db, name, record_of(db, viewer, name, object_id))
    about = {key: value for key, value in asdict(packet).items() if key not in _UNTOLD}
    points = [
        {**asdict(point), "point_id": str(point.point_id)} for point in sorted(packet.photometry, key=lambda p: p.mjd)
    ]
    said = {note.origin: json.loads(note.data) for note in packet.annotations}
    return {"broker": name, **about, "photometry": points, "annotations": said}


def cutout(db: Database, viewer: Viewer, name: str, object_id: str, candid: int, kind: str) -> bytes:
    """A FITS image of an alert that the viewer may see.

    Raises
    ------
    NotFound
        If there is no such alert among those that the viewer may see, or the broker has no such image.
    """
    if kind not in CUTOUT_KINDS:
        raise InvalidInput(f"{kind!r} is no kind of cutout: {', '.join(CUTOUT_KINDS)} are permitted.", "kind")
    packet = decoded(db, name, record_of(db, viewer, name, object_id))
    if candid not in {point.point_id for point in packet.photometry if point.origin == "alert"}:
        raise NotFound(f"{name} has no alert {candid} of {object_id} among those that you may see.", str(candid))
    images = db.part(BrokerDesk).broker(name).cutouts(object_id, candid)
    if kind not in images:
        raise NotFound(f"{name} has no {kind} cutout of {candid}.", str(candid))
    return images[kind]


def reopen(db: Database, viewer: Viewer, name: str) -> dict[str, Any]:
    """Ask a broker again at its next question, although it failed or wanted to be left alone; administrators only."""
    viewer.require("administer")
    broker = db.part(BrokerDesk).broker(name)
    broker.health.reopen()
    return {"name": name, **asdict(broker.health.state)}


def record_of(db: Database, viewer: Viewer, name: str, object_id: str) -> dict[str, Any]:
    """An object as a packet of its survey, with what the viewer may see."""
    if not _NAME.fullmatch(object_id):
        raise InvalidInput(
            f"{object_id[:60]!r} is no name of one object: letters, digits and _ . : + - are.", "object_id"
        )
    found = restricted(db.part(BrokerDesk).packet(name, object_id), programs_of(db, viewer))
    if found is None:
        raise NotFound(f"{name} has no detection of {object_id} among those that you may see.", object_id)
    return found


def decoded(db: Database, name: str, record: Mapping[str, Any]) -> Packet:
    """The packet of a record. Raises `Unavailable` if the broker gave one that cannot be used."""
    content = AlertReader.of(db.data_dir).read_bytes(json.dumps(record).encode(), name)
    if content.rejected:
        raise Unavailable(f"{name} gives a packet that cannot be used: {content.rejected[0].reason}", name)
    return content.packets[0]


def _bounded(limit: int) -> int:
    if not 1 <= limit <= _LARGEST_LIST:
        raise InvalidInput(f"limit is {limit}: 1 to {_LARGEST_LIST} are permitted.", "limit")
    return limit


def _rows(found: Sequence[Found]) -> list[dict[str, Any]]:
    return [{key: value for key, value in asdict(one).items() if key != "program"} for one in found]
