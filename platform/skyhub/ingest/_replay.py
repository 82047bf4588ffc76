"""Replay: a stored night as packets again, fed at the pace of a clock of its own."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from skyhub.alerts import CUTOUT_KINDS, PACKET_SCHEMA
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.ingest._pipeline import Stored

__all__ = ["ReplaySummary", "night_packets", "replay_packets"]

_BATCH = 256
_DAY_SECONDS = 86400.0
_BLOBS = {"packet": "packet", **{f"cutout_{kind}": kind for kind in CUTOUT_KINDS}}
_POINT = tuple(field.name for field in PACKET_SCHEMA.field("photometry").type.value_type if field.name != "stream")


def night_packets(
    db: Database, viewer: Viewer, dayobs: date, offset: int, limit: int, as_of: datetime | None = None
) -> pa.Table:
    """The alerts of a night as the packets that they came as, in the order of their times.

    Of the history in a packet it gives the points of the object up to the alert that are stored: those of earlier packets
    are among them, those that the viewer may not see are not.

    Parameters
    ----------
    db
        The database.
    viewer, as_of
        With whose rights, and as of when.
    dayobs
        The night.
    offset, limit
        Which of its alerts.

    Returns
    -------
    pyarrow.Table
        With the columns of `skyhub.alerts.PACKET_SCHEMA`.
    """
    statement = f"SELECT * FROM @alerts WHERE dayobs = ? ORDER BY mjd, survey, candid LIMIT {limit:d} OFFSET {offset:d}"
    alerts = db.reader.rows(viewer, statement, [dayobs], as_of)
    histories = _histories(db, viewer, sorted({alert["object_id"] for alert in alerts}), as_of)
    return pa.Table.from_pylist([_packet(db, alert, histories) for alert in alerts], PACKET_SCHEMA)


def _packet(db: Database, alert: dict[str, Any], histories: dict[Any, list[dict[str, Any]]]) -> dict[str, Any]:
    blobs = {
        name: db.packs.read(alert["pack"], alert[f"{column}_at"], alert[f"{column}_size"])
        for name, column in _BLOBS.items()
        if alert[f"{column}_at"] is not None
    }
    points = histories[alert["object_id"], alert["survey"]]
    known = bisect_right(points, alert["mjd"], key=lambda point: point["mjd"])
    return {**alert, **blobs, "photometry": points[:known], "annotations": []}


def _histories(
    db: Database, viewer: Viewer, object_ids: Sequence[str], as_of: datetime | None
) -> dict[Any, list[dict[str, Any]]]:
    """Points that came with alerts, by object and survey, in the order of their times."""
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    columns = ("object_id", "survey", "upload_id", "acl", *_POINT)
    names = {number: name for name, number in db.access.streams.items()}
    points = db.reader.points(viewer, object_ids, columns, as_of) if object_ids else pa.table({"mjd": []})
    for point in points.sort_by("mjd").to_pylist():
        groups, streams = db.access.members(point["acl"])
        if point["upload_id"] is None and not groups and len(streams) < 2:
            stream = names[next(iter(streams))] if streams else None
            found[point["object_id"], point["survey"]].append({**point, "stream": stream})
    return found


@dataclass
class ReplaySummary:
    """What became of a replayed night."""

    read: int = 0
    stored: int = 0
    duplicates: int = 0
    candidates: int = 0
    objects: int = 0
    first_mjd: float | None = None
    """Time (MJD, UTC) of the first alert."""
    last_mjd: float | None = None
    """Time (MJD, UTC) of the last alert."""
    seconds: float = 0.0
    """How long it took."""
    longest_delay: float = 0.0
    """The longest time (s) from when a packet was due until it was stored."""

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


def replay_packets(
    pages: Iterable[pa.Table],
    store: Callable[[pa.Table], Stored],
    speed: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> ReplaySummary:
    """Feed packets at the pace of their times: the clock of the replay begins with the first of them.

    Parameters
    ----------
    pages
        Packets in the order of their times, as `night_packets` gives them.
    store
        Stores a batch.
    speed
        How many times faster than the night; infinite for no waiting.
    clock, sleep
        Seconds that pass, and how to wait for some.

    Raises
    ------
    InvalidInput
        If the speed is not above zero.
    """
    if not speed > 0:
        raise InvalidInput(f"speed is {speed}: more than 0 is permitted, inf for no waiting.", "speed")
    summary, names, begin = ReplaySummary(), set[str](), clock()
    for page in pages:
        times = page["mjd"].to_numpy()
        names.update(page["object_id"].to_pylist())
        summary.first_mjd = float(times[0]) if summary.first_mjd is None else summary.first_mjd
        due = begin + (times - summary.first_mjd) * _DAY_SECONDS / speed
        at = 0
        while at < len(page):
            sleep(max(0.0, float(due[at]) - clock()))
            end = min(max(int(np.searchsorted(due, clock(), "right")), at + 1), at + _BATCH)
            stored = store(page.slice(at, end - at))
            summary.stored += stored.stored
            summary.duplicates += stored.duplicates
            summary.candidates += stored.candidates
            if np.isfinite(speed):
                summary.longest_delay = max(summary.longest_delay, clock() - float(due[at]))
            at = end
        summary.read += len(page)
        summary.last_mjd = float(times[-1])
    summary.objects, summary.seconds = len(names), clock() - begin
    return summary
