"""Annotations that come with alerts: what brokers say of them, each seen by whoever sees the alert."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from skyhub.db import Transaction, Viewer
from skyhub.notes._annotations import ANNOTATIONS, HOT_KEYS, Annotation
from skyhub.records import Planned, store

__all__ = ["INGEST", "packet_annotations", "write_packet_annotations"]

INGEST = Viewer("ingest")
"""Who brings what comes in packets."""
_KEYS = pa.schema([("object_id", pa.string()), ("origin", pa.string()), ("acl", pa.int32())])
_KNOWN = """
    SELECT a.* FROM annotations AS a SEMI JOIN skyhub_annotated AS b USING (object_id, origin, acl)
    WHERE a.known_until IS NULL AND a.about_table IS NULL AND a.author = 'ingest'
"""


def packet_annotations(transaction: Transaction, batch: pa.Table, acl: pa.Array) -> list[Planned]:
    """What is to become of the annotations in a batch of packets: the newest alert's are in force.

    Parameters
    ----------
    transaction
        Looks up what is there already, and writes nothing yet.
    batch
        Packets, also such that are stored already: another broker may say more of them.
    acl
        Who may see each packet.
    """
    if not len(pc.list_flatten(batch["annotations"])):
        return []
    newest: dict[tuple[str, str, int], dict[str, Any]] = {}
    for packet, number in zip(_columns(batch), acl.to_pylist(), strict=True):
        for given in packet["annotations"]:
            key = (packet["object_id"], given["origin"], number)
            if key not in newest or newest[key]["mjd"] <= packet["mjd"]:
                newest[key] = {"candid": str(packet["candid"]), "mjd": packet["mjd"], **_checked(given["data"])}
    keys = pa.Table.from_pylist([dict(zip(_KEYS.names, key, strict=True)) for key in newest], _KEYS)
    known = {_key(row): row for row in transaction.with_table("skyhub_annotated", keys, _KNOWN).to_pylist()}
    return [plan for key, data in newest.items() if (plan := _planned(transaction, key, data, known.get(key)))]


def write_packet_annotations(transaction: Transaction, planned: list[Planned]) -> None:
    """Write annotations, and tell of them."""
    if planned:
        store(transaction, INGEST, ANNOTATIONS, planned)


def _columns(batch: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = batch.select(["candid", "object_id", "mjd", "annotations"]).to_pylist()
    return rows


def _key(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["object_id"], row["origin"], row["acl"]


def _checked(text: str) -> dict[str, Any]:
    """Values by key; where a number is promised for searching, others are left out."""
    data: dict[str, Any] = json.loads(text)
    return {key: value for key, value in data.items() if key not in HOT_KEYS or _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _planned(
    transaction: Transaction, key: tuple[str, str, int], data: dict[str, Any], known: dict[str, Any] | None
) -> Planned | None:
    object_id, origin, acl = key
    if known is not None and json.loads(known["data"]).get("mjd", 0.0) > data["mjd"]:
        return None
    try:
        row = ANNOTATIONS.row(Annotation(object_id=object_id, origin=origin, data=data))
    except ValidationError:  # such as an origin of more than 100 characters
        return None
    if known is None:
        number = transaction.next_id(ANNOTATIONS.table, ANNOTATIONS.id_column)
        base = {"version": 1, "author": INGEST.name, "edited_by": INGEST.name, ANNOTATIONS.id_column: number}
        return Planned("added", {**row, **base, "acl": acl})
    if known["data"] == row["data"]:
        return None
    return Planned("revised", {**known, **row, "version": known["version"] + 1}, known)
