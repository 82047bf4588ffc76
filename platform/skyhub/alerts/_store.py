"""Alerts in the database: which packets of a batch are new, their rows and their blobs."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skyhub.alerts._packet import CUTOUT_KINDS
from skyhub.db import PackStore, Transaction
from skyhub.science.coordinates import hpx_index
from skyhub.science.nights import dayobs_of_mjd

__all__ = ["alert_rows", "places_of_new", "stream_acls"]

_NEW = """
    SELECT min(place) AS place FROM skyhub_packets ANTI JOIN alerts USING (candid, survey)
    GROUP BY candid, survey ORDER BY place
"""
_BLOBS = ("packet", *(f"cutout_{kind}" for kind in CUTOUT_KINDS))


def places_of_new(transaction: Transaction, batch: pa.Table) -> pa.ChunkedArray:
    """Row numbers of the packets of a batch that are not stored yet, each candid of a survey once."""
    rows = transaction.with_table(
        "skyhub_packets",
        pa.table({"candid": batch["candid"], "survey": batch["survey"], "place": np.arange(len(batch))}),
        _NEW,
    )
    return rows["place"]


def stream_acls(transaction: Transaction, streams: dict[str, int], names: pa.ChunkedArray) -> pa.Array:
    """The acl of each row from the name of its stream (null is public)."""
    encoded = pc.fill_null(names, "").combine_chunks().dictionary_encode()
    acls = [transaction.acl(streams=[streams[name]] if name else []) for name in encoded.dictionary.to_pylist()]
    return pa.array(np.array(acls, dtype=np.int32)[encoded.indices.to_numpy()] if len(names) else [], pa.int32())


def alert_rows(packs: PackStore, packets: pa.Table, acl: pa.Array) -> pa.Table:
    """Rows of the ``alerts`` table; the blobs are written to the pack of each night on the way."""
    nights = [dayobs_of_mjd(mjd) for mjd in packets["mjd"].to_pylist()]
    rows = packets.drop_columns(["photometry", "annotations", *_BLOBS])
    rows = rows.append_column("dayobs", pa.array(nights, pa.date32()))
    rows = rows.append_column("hpx", pa.array(hpx_index(packets["ra"].to_numpy(), packets["dec"].to_numpy())))
    for name, column in _pack_blobs(packs, packets, [f"{night:%Y%m%d}" for night in nights]).items():
        rows = rows.append_column(name, column)
    return rows.append_column("acl", acl)


def _pack_blobs(packs: PackStore, packets: pa.Table, names: list[str]) -> dict[str, pa.Array]:
    blobs = [[blob.as_buffer() for blob in packets[name]] for name in _BLOBS]
    places: list[list[Any]] = [[None] * len(names) for _ in _BLOBS]
    present: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, name in enumerate(names):
        present[name] += [(kind, row) for kind in range(len(_BLOBS)) if blobs[kind][row]]
    found = packs.append_all({name: [blobs[kind][row] for kind, row in members] for name, members in present.items()})
    for name, members in present.items():
        for (kind, row), at in zip(members, found[name], strict=True):
            places[kind][row] = at
    columns: dict[str, pa.Array] = {"pack": pa.array(names)}
    for kind, name in enumerate(_BLOBS):
        column = name.removeprefix("cutout_")
        columns[f"{column}_at"] = pa.array(places[kind], pa.int64())
        columns[f"{column}_size"] = pa.array([len(b) if b else None for b in blobs[kind]], pa.int32())
    return columns
