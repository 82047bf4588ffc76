"""The quarantine of incoming streams: messages that were refused, with the reason and their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from skyhub.db import Database, Transaction, Viewer
from skyhub.errors import NotFound

__all__ = ["Refused", "quarantine", "refused_bytes", "refused_messages"]

_PACK = "refused"
_COLUMNS = "refused_message_id, stream_name, place, checksum, reason, n_records, message_size, known_at"
_NEW = """
    SELECT number FROM skyhub_refused ANTI JOIN refused_messages USING (stream_name, place, checksum)
    QUALIFY row_number() OVER (PARTITION BY place, checksum ORDER BY number) = 1 ORDER BY number
"""


@dataclass(frozen=True)
class Refused:
    """A message of which records were refused: where it was, why, how many records, its bytes."""

    place: str
    reason: str
    n_records: int
    data: bytes


def quarantine(db: Database, stream: str, messages: Sequence[Refused]) -> int:
    """Keep messages that a stream refused; one that is there already is not kept again.

    Returns
    -------
    int
        How many are new.
    """
    return db.writer.write(lambda transaction: _keep(db, transaction, stream, messages))


def refused_messages(
    db: Database, viewer: Viewer, stream: str, limit: int = 1000, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """What a stream has refused, newest first; administrators only: nobody knows whose data a refused message holds."""
    viewer.require("administer")
    statement = f"SELECT {_COLUMNS} FROM @refused_messages WHERE stream_name = ? ORDER BY refused_message_id DESC LIMIT {limit:d}"
    return db.reader.rows(viewer, statement, [stream], as_of)


def refused_bytes(db: Database, viewer: Viewer, number: int, as_of: datetime | None = None) -> bytes:
    """The bytes of a refused message, as they came; administrators only.

    Raises
    ------
    NotFound
        If there is no such message.
    """
    viewer.require("administer")
    statement = "SELECT pack, message_at, message_size FROM @refused_messages WHERE refused_message_id = ?"
    rows = db.reader.rows(viewer, statement, [number], as_of)
    if not rows:
        raise NotFound(f"there is no refused message {number}.", str(number))
    [row] = rows
    return db.packs.read(row["pack"], row["message_at"], row["message_size"]) if row["message_size"] else b""


def _keep(db: Database, transaction: Transaction, stream: str, messages: Sequence[Refused]) -> int:
    checksums = [hashlib.sha256(message.data).hexdigest() for message in messages]
    given = pa.table(
        {
            "number": pa.array(range(len(messages)), pa.int64()),
            "stream_name": pa.array([stream] * len(messages), pa.string()),
            "place": pa.array([message.place for message in messages], pa.string()),
            "checksum": pa.array(checksums, pa.string()),
        }
    )
    new = transaction.with_table("skyhub_refused", given, _NEW)["number"].to_pylist()
    first = transaction.next_id("refused_messages", "refused_message_id", len(new))
    places = db.packs.append(_PACK, [messages[n].data for n in new])
    rows = [
        {
            "refused_message_id": first + place,
            "stream_name": stream,
            "place": messages[n].place,
            "checksum": checksums[n],
            "reason": messages[n].reason,
            "n_records": messages[n].n_records,
            "pack": _PACK,
            "message_at": at,
            "message_size": len(messages[n].data),
        }
        for place, (n, at) in enumerate(zip(new, places, strict=True))
    ]
    transaction.insert("refused_messages", rows)
    return len(rows)
