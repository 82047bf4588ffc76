"""Bringing files of alerts in: read, decode, store in batches, account for every record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from skyhub.alerts import AlertReader, Rejection, decoded_batches
from skyhub.ingest._pipeline import Stored

__all__ = ["IngestSummary", "ingest_alert_files"]


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
    open_reader: Callable[[], AlertReader] = AlertReader,
    apart: bool = False,
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
    open_reader
        Gives what decodes the files; by default with the surveys that are shipped.
    apart
        Decode many files in a process of its own while this one stores; `open_reader` must be possible to pickle, and the
        program to import, as `multiprocessing` wants it.

    Raises
    ------
    InvalidInput
        If there is no such path or survey.
    Unavailable
        If the process that decodes ends before its work; what was stored before stays.
    """
    summary = IngestSummary()
    names: set[str] = set()
    with closing(decoded_batches(paths, open_reader, survey, apart)) as batches:
        for decoded in batches:
            summary.read += decoded.n_records
            summary.rejected += decoded.rejected
            if decoded.batch is not None:
                names.update(decoded.batch["object_id"].to_pylist())
                stored = store(decoded.batch)
                summary.stored += stored.stored
                summary.duplicates += stored.duplicates
                summary.candidates += stored.candidates
    summary.objects = len(names)
    return summary
