"""Bringing files of alerts in: read, decode, store in batches, account for every record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from skyhub.alerts import AlertReader, Packet, Rejection, Survey, alert_files, packet_table
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
    paths: Iterable[Path],
    store: Callable[[pa.Table], Stored],
    survey: str = "auto",
    reader: AlertReader | None = None,
) -> IngestSummary:
    """Store the alerts of files and of directories (searched recursively).

    Parameters
    ----------
    paths
        Files or directories.
    store
        Stores one batch: `skyhub.ingest.store_packets` on an open database, or a call to the data service.
    survey
        Name of the survey whose packets they are, or ``auto``: each packet tells its own.
    reader
        Decodes the files; by default with the surveys that are shipped.

    Raises
    ------
    InvalidInput
        If there is no such path or survey.
    """
    reader = reader or AlertReader()
    summary = IngestSummary()
    names: set[str] = set()
    for packets in _batches(paths, reader, reader.survey(survey), summary):
        names.update(packet.object_id for packet in packets)
        stored = store(packet_table(packets))
        summary.stored += stored.stored
        summary.duplicates += stored.duplicates
        summary.candidates += stored.candidates
    summary.objects = len(names)
    return summary


def _batches(
    paths: Iterable[Path], reader: AlertReader, survey: Survey | None, summary: IngestSummary
) -> Iterator[list[Packet]]:
    waiting: list[Packet] = []
    for path in alert_files(paths):
        content = reader.read(path, survey)
        summary.read += content.n_records
        summary.rejected += content.rejected
        waiting += content.packets
        if len(waiting) >= _BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting
