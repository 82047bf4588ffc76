"""Bringing files of alerts in: read, decode, store in batches, account for every record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from skyhub.alerts import SURVEYS, Packet, Rejection, alert_files, packet_table, read_alert_file
from skyhub.errors import InvalidInput
from skyhub.ingest._pipeline import Stored

__all__ = ["IngestSummary", "ingest_alert_files"]

_BATCH = 256


@dataclass
class IngestSummary:
    """What became of the files: every record read is stored, a duplicate, or rejected with a reason."""

    read: int = 0
    stored: int = 0
    duplicates: int = 0
    objects: int = 0
    candidates: int = 0
    rejected: list[Rejection] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)


def ingest_alert_files(
    paths: Iterable[Path], store: Callable[[pa.Table], Stored], survey: str = "auto"
) -> IngestSummary:
    """Store the alerts of files and of directories (searched recursively).

    Parameters
    ----------
    paths
        Files or directories.
    store
        Stores one batch: `skyhub.ingest.store_packets` on an open database, or a call to the data service.
    survey
        A name in `skyhub.alerts.SURVEYS`, or ``auto``.
    """
    if survey.lower() not in {"auto", *(name.lower() for name in SURVEYS)}:
        raise InvalidInput(f"survey {survey!r} is not known: auto, {', '.join(SURVEYS)} are permitted.", "survey")
    summary = IngestSummary()
    names: set[str] = set()
    for packets in _batches(paths, survey, summary):
        names.update(packet.object_id for packet in packets)
        stored = store(packet_table(packets))
        summary.stored += stored.stored
        summary.duplicates += stored.duplicates
        summary.candidates += stored.candidates
    summary.objects = len(names)
    return summary


def _batches(paths: Iterable[Path], survey: str, summary: IngestSummary) -> Iterator[list[Packet]]:
    waiting: list[Packet] = []
    for path in alert_files(paths):
        content = read_alert_file(path, survey)
        summary.read += content.n_records
        summary.rejected += content.rejected
        waiting += content.packets
        if len(waiting) >= _BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting
