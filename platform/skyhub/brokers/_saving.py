"""Saving what a broker has of an object: through the one path of all alerts, and as a source of groups."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from skyhub.alerts import packet_table
from skyhub.brokers._desk import BrokerDesk
from skyhub.brokers._questions import decoded, record_of
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound, Unavailable
from skyhub.ingest import store_packets
from skyhub.sources import save_source

__all__ = ["save"]


def save(
    db: Database,
    viewer: Viewer,
    name: str,
    object_id: str,
    groups: Sequence[str] | None = None,
    source: bool = True,
) -> dict[str, Any]:
    """Store what a broker has of an object, as far as the viewer may see it, and save it as a source.

    Parameters
    ----------
    db, viewer, name, object_id
        The database, who saves, the broker and the object.
    groups
        Whose source it becomes; the viewer's that see it by default.
    source
        Whether it becomes a source; else it is stored alone.

    Returns
    -------
    dict
        ``{"object_id", "stored", "duplicates", "candidates", "cutouts", "saved"}``: alerts stored and such that were there
        already, candidates that passed filters, kinds of cutouts that came along, and the groups that have it as a source.

    Raises
    ------
    PermissionRefused
        If the viewer may not save, or not for one of the groups.
    NotFound, Unavailable
        If the broker does not know the object, or does not answer.
    """
    viewer.require("save")
    record = record_of(db, viewer, name, object_id)
    packet = decoded(db, name, record)
    images = _images(db, name, object_id, packet.candid)
    if images:
        packet = decoded(db, name, record | images)
    stored = store_packets(db, packet_table([packet]))
    saved = save_source(db, viewer, packet.object_id, groups)["saved"] if source else []
    kinds = [key.removeprefix("cutout").lower() for key in images]
    return {"object_id": packet.object_id, **stored.to_json(), "cutouts": kinds, "saved": saved}


def _images(db: Database, name: str, object_id: str, candid: int) -> dict[str, str]:
    """The cutouts as they are in a packet; none if the broker has none, or fails at them: the alert is stored without."""
    try:
        images = db.part(BrokerDesk).broker(name).cutouts(object_id, candid)
    except (NotFound, InvalidInput, Unavailable):
        return {}
    return {f"cutout{kind.capitalize()}": base64.b64encode(image).decode() for kind, image in images.items()}
