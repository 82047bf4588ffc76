"""Maps as they are kept: a compressed Arrow table by its content, and the ones in use in memory."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.attachments import blobs_of, keep_file
from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.science.coordinates import HPX_ORDER
from skyhub.science.skymaps import Distances, MapFacts, SkyMap

__all__ = ["keep_map", "kept_map", "map_of", "row_of"]

_MOST_CELLS = 4_000_000
_ROW = "SELECT localization_id, name, dateobs, digest, acl FROM @localizations WHERE localization_id = ?"
_DISTANCES = ("distmu", "distsigma", "distnorm")


class _Maps:
    """The maps that were used last, by the digest of their bytes, which never change."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._maps: OrderedDict[str, SkyMap] = OrderedDict()

    def get(self, digest: str) -> SkyMap:
        """A map; from disk if it was not used of late."""
        with self._lock:
            if digest in self._maps:
                self._maps.move_to_end(digest)
                return self._maps[digest]
        found = _unpacked(blobs_of(self._db).read(digest))
        with self._lock:
            self._maps[digest] = found
            while len(self._maps) > 1 and sum(map(len, self._maps.values())) > _MOST_CELLS:
                self._maps.popitem(last=False)
        return found


def keep_map(db: Database, viewer: Viewer, sky_map: SkyMap) -> str:
    """Keep a map that the viewer brings, whose record is to follow; returns its digest."""
    return keep_file(db, viewer, _packed(sky_map))


def kept_map(db: Database, digest: str) -> SkyMap:
    """The map of a digest."""
    return db.part(_Maps).get(digest)


def map_of(db: Database, viewer: Viewer, localization_id: int, as_of: datetime | None = None) -> SkyMap:
    """The map of a localization that the viewer may see. Raises `NotFound` if there is none."""
    return kept_map(db, row_of(db, viewer, localization_id, as_of)["digest"])


def row_of(db: Database, viewer: Viewer, localization_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """The row of a localization that the viewer may see. Raises `NotFound` if there is none."""
    rows = db.reader.rows(viewer, _ROW, [localization_id], as_of)
    if not rows:
        raise NotFound(
            f"there is no localization {localization_id} among those that you may see.",
            f"localizations/{localization_id}",
        )
    return rows[0]


def _packed(sky_map: SkyMap) -> bytes:
    columns = {"low": sky_map.low, "order": sky_map.orders.astype(np.int8), "density": sky_map.density}
    if sky_map.distances:
        columns |= dict(zip(_DISTANCES, sky_map.distances, strict=True))
    table = pa.table(columns).replace_schema_metadata({"facts": json.dumps(asdict(sky_map.facts))})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _unpacked(content: bytes) -> SkyMap:
    table = pa.ipc.open_stream(content).read_all()
    facts = json.loads(table.schema.metadata[b"facts"])
    columns = {name: table[name].to_numpy() for name in table.column_names}
    width = np.int64(4) ** (HPX_ORDER - columns["order"].astype(np.int64))
    distances = Distances(*(columns[name] for name in _DISTANCES)) if "distmu" in columns else None
    notes = tuple(facts.pop("notes"))
    return SkyMap(columns["low"], columns["low"] + width, columns["density"], distances, MapFacts(**facts, notes=notes))
