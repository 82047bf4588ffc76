"""What of a broker's data somebody may see: a broker shows what the platform's account may see, which may be more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyhub.alerts import STREAMS
from skyhub.db import Database, Viewer

__all__ = ["programs_of", "restricted"]


def programs_of(db: Database, viewer: Viewer) -> frozenset[int]:
    """The programs of ZTF whose data a viewer may see: the public one, and those of the viewer's streams."""
    if viewer.administers:
        return frozenset(STREAMS)
    entitled = db.access.entitled(viewer)
    names = {name for name, number in db.access.streams.items() if number in entitled}
    return frozenset(program for program, stream in STREAMS.items() if stream is None or stream in names)


def restricted(packet: Mapping[str, Any], programs: frozenset[int]) -> dict[str, Any] | None:
    """A packet of ZTF with the points of some programs alone; None if it has no detection of theirs.

    What the broker says is about the newest alert, and left out if that is not among them.
    """
    if "candidate" not in packet:
        return dict(packet)
    history = [point for point in packet["prv_candidates"] if point["programid"] in programs]
    forced = [point for point in packet["fp_hists"] if point["programid"] in programs]
    if packet["candidate"]["programid"] in programs:
        return {**packet, "prv_candidates": history, "fp_hists": forced}
    detections = [point for point in history if point["magpsf"] is not None]
    if not detections:
        return None
    newest = max(detections, key=lambda point: float(point["jd"]))
    kept = {name: packet[name] for name in ("schemavsn", "objectId")}
    earlier = [point for point in history if point is not newest]
    return {**kept, "candid": newest["candid"], "candidate": newest, "prv_candidates": earlier, "fp_hists": forced}
