"""Reading alerts: one packet with its fields, one cutout."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime
from typing import Any

from skyhub.alerts._cutouts import png_of_cutout
from skyhub.alerts._packet import CUTOUT_KINDS
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound

__all__ = ["alert_record", "cutout_blob", "cutout_data_url"]


def alert_record(
    db: Database, viewer: Viewer, candid: int, as_of: datetime | None = None, survey: str | None = None
) -> dict[str, Any]:
    """One alert: the columns of its row and, under ``packet``, all fields of the packet but cutouts and history.

    Raises
    ------
    NotFound
        If the viewer may see no alert of this number.
    InvalidInput
        If alerts of several surveys have this number and no survey is named.
    """
    row = _row(db, viewer, candid, as_of, survey)
    blob = db.packs.read(row["pack"], row["packet_at"], row["packet_size"])
    shown = {key: value for key, value in row.items() if key != "pack" and not key.endswith(("_at", "_size"))}
    return {**shown, "packet": json.loads(gzip.decompress(blob))}


def cutout_blob(
    db: Database, viewer: Viewer, candid: int, kind: str, as_of: datetime | None = None, survey: str | None = None
) -> bytes:
    """The FITS bytes of a cutout, as in the packet, of an alert that was known at a time.

    Raises
    ------
    InvalidInput
        If there is no such kind of cutout, or alerts of several surveys have this number and no survey is named.
    NotFound
        If the viewer may see no such alert, or it came without this cutout.
    """
    if kind not in CUTOUT_KINDS:
        raise InvalidInput(f"{kind!r} is no kind of cutout: {', '.join(CUTOUT_KINDS)} are permitted.", "kind")
    blob = _blob(db, _row(db, viewer, candid, as_of, survey), kind)
    if blob is None:
        raise NotFound(f"alert {candid} came without a {kind} cutout.", str(candid))
    return blob


def cutout_data_url(db: Database, row: dict[str, Any], kind: str) -> str | None:
    """A cutout of a row of ``alerts`` as a PNG in a data URL; None if it came without, or its image is damaged."""
    blob = _blob(db, row, kind)
    if blob is None:
        return None
    try:
        return "data:image/png;base64," + base64.b64encode(png_of_cutout(blob)).decode()
    except InvalidInput:
        return None


def _row(db: Database, viewer: Viewer, candid: int, as_of: datetime | None, survey: str | None) -> dict[str, Any]:
    found = db.reader.rows(viewer, "SELECT * FROM @alerts WHERE candid = ?", [candid], as_of)
    rows = [row for row in found if survey is None or row["survey"] == survey]
    if not rows:
        raise NotFound(f"there is no alert {candid} among those that you may see.", str(candid))
    if len({row["survey"] for row in rows}) > 1:
        names = ", ".join(sorted(row["survey"] for row in rows))
        raise InvalidInput(f"several surveys have an alert {candid}: {names}. Give the survey too.", "survey")
    return rows[0]


def _blob(db: Database, row: dict[str, Any], kind: str) -> bytes | None:
    if row[f"{kind}_at"] is None:
        return None
    return db.packs.read(row["pack"], row[f"{kind}_at"], row[f"{kind}_size"])
