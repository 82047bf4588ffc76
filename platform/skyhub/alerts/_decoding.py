"""Files of alerts to batches: decoded here, or in a process of its own while this one stores what came before."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context, parent_process
from pathlib import Path

import pyarrow as pa

from skyhub.alerts._files import AlertReader, Rejection, alert_files
from skyhub.alerts._packet import Packet, packet_table
from skyhub.alerts._surveys import Survey
from skyhub.errors import Unavailable

__all__ = ["Decoded", "decoded_batches"]

_FILES, _BYTES = 512, 2**25
_WORTH_A_PROCESS = 3
"""Groups of files; fewer are decoded before another process has begun."""
_AHEAD = 2
"""Groups that are being decoded or wait to be stored: what bounds the memory."""


@dataclass
class Decoded:
    """What a group of files held."""

    n_records: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    batch: pa.Table | None = None
    """Packets with the columns of `skyhub.alerts.PACKET_SCHEMA`; None if there are none."""


def decoded_batches(
    paths: Iterable[Path], open_reader: Callable[[], AlertReader], survey: str, apart: bool
) -> Generator[Decoded]:
    """Decode the files of paths, group by group in their order.

    Parameters
    ----------
    paths
        Files or directories.
    open_reader
        Gives what decodes them; if `apart`, it must be possible to pickle it.
    survey
        Name of the survey whose packets they are, or ``auto``.
    apart
        Whether many files are decoded in a process of its own.

    Raises
    ------
    InvalidInput
        If there is no such path or survey.
    Unavailable
        If the other process ends before its work.
    """
    reader = open_reader()
    decode = partial(_decoded, reader, reader.survey(survey))
    groups = _groups(alert_files(paths))
    first = list(islice(groups, _WORTH_A_PROCESS))
    if apart and len(first) == _WORTH_A_PROCESS:
        return _decoded_apart(chain(first, groups), open_reader, survey)
    return (decode(group) for group in chain(first, groups))


def _groups(files: Iterable[Path]) -> Iterator[list[Path]]:
    """Files in groups that are worth a transaction and do not fill the memory."""
    group: list[Path] = []
    size = 0
    for path in files:
        group.append(path)
        size += _size(path)
        if len(group) == _FILES or size >= _BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it is told why when it is read
        return 0


def _decoded(reader: AlertReader, survey: Survey | None, files: list[Path]) -> Decoded:
    result = Decoded()
    packets: list[Packet] = []
    for path in files:
        content = reader.read(path, survey)
        result.n_records += content.n_records
        result.rejected += content.rejected
        packets += content.packets
    if packets:
        result.batch = packet_table(packets)
    return result


def _decoded_apart(
    groups: Iterator[list[Path]], open_reader: Callable[[], AlertReader], survey: str
) -> Generator[Decoded]:
    pool = ProcessPoolExecutor(1, get_context("spawn"), _begin, (open_reader, survey))
    waiting: deque[Future[Decoded]] = deque()
    try:
        for group in groups:
            waiting.append(pool.submit(_in_worker, group))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise Unavailable(
            "the process that decodes the packets has ended before its work, as it does when the memory is full: "
            "what was stored before stays; give the same files again, and packets that are there are duplicates."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_worker: Callable[[list[Path]], Decoded]


def _begin(open_reader: Callable[[], AlertReader], survey: str) -> None:
    """In the other process: it ends with this one, and leaves an interrupt to it."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    reader = open_reader()
    _worker = partial(_decoded, reader, reader.survey(survey))


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _in_worker(files: list[Path]) -> Decoded:
    return _worker(files)
