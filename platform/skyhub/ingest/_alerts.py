"""Bringing files of alerts in: read, decode, store in batches, account for every record."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from skyhub.alerts import AlertReader, Decoded, Decoders, Rejection, groups_of_files
from skyhub.ingest._pipeline import Stored

__all__ = ["IngestSummary", "ingest_alert_files"]

_WORTH_A_PROCESS = 3
"""Groups of files; fewer are decoded before another process has begun."""


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
        Decode many files in processes of their own while this one stores; `open_reader` must be possible to pickle, and the
        program to import, as `multiprocessing` wants it.

    Raises
    ------
    InvalidInput
        If there is no such path or survey.
    Unavailable
        If a process that decodes ends before its work; what was stored before stays.
    """
    summary = IngestSummary()
    names: set[str] = set()
    groups = groups_of_files(paths)
    first = list(islice(groups, _WORTH_A_PROCESS))
    with closing(Decoders(open_reader, apart and len(first) == _WORTH_A_PROCESS)) as decoders:
        decoders.require(survey)
        for decoded in _decoded(decoders, chain(first, groups), survey):
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


def _decoded(decoders: Decoders, groups: Iterable[list[Path]], survey: str) -> Iterator[Decoded]:
    """What groups of files hold, in their order; some are being decoded while one is stored."""
    ahead: deque[Callable[[], Decoded]] = deque()
    for group in groups:
        ahead.append(decoders.begin(group, survey))
        if len(ahead) > decoders.n_ahead:
            yield ahead.popleft()()
    while ahead:
        yield ahead.popleft()()
