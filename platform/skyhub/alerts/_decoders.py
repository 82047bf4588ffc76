"""Decoding beside storing: processes that decode groups of files and messages while another one stores what came before."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import pyarrow as pa

from skyhub.alerts._decoding import Decoded, Source, decoded
from skyhub.alerts._files import AlertReader
from skyhub.errors import Unavailable

__all__ = ["Decoders"]

_MOST = 4
"""Processes: with more, the one that stores cannot follow."""

_Sent: TypeAlias = tuple[Decoded, str | None]
"""What a process gives back: all but the batch, and the file that holds it; it is mapped into memory, not copied."""


class Decoders:
    """What decodes groups of files and messages.

    Parameters
    ----------
    open_reader
        Gives what decodes one; if `apart`, it must be possible to pickle it, and the program to import.
    apart
        Decode in processes of their own, as many as there are cores.
    at_least
        Groups of fewer files or messages are decoded here all the same: they are done sooner than they are sent.
    """

    def __init__(self, open_reader: Callable[[], AlertReader], apart: bool = False, at_least: int = 0) -> None:
        self._open_reader, self._at_least = open_reader, at_least
        self._reader = open_reader()
        self._processes = min(_MOST, _n_cores()) if apart else 0
        self._pool: ProcessPoolExecutor | None = None
        self._directory = Path(tempfile.gettempdir()) / f"skyhub-decoded-{uuid4().hex}"
        self._lock = threading.Lock()

    @property
    def n_ahead(self) -> int:
        """How many groups are worth having under way while one is stored."""
        return self._processes + 1 if self._processes else 0

    def require(self, survey: str) -> None:
        """Raises `InvalidInput` if there is no survey of this name, and it is not ``auto``."""
        self._reader.survey(survey)

    def begin(self, sources: Sequence[Source], survey: str) -> Callable[[], Decoded]:
        """Begin to decode a group; what is given back waits for the end.

        Parameters
        ----------
        sources
            Files or messages.
        survey
            Name of the survey whose packets they are, or ``auto``.

        Raises
        ------
        InvalidInput
            If there is no such survey.
        Unavailable
            If a process ends before its work. What is begun after that is done by new ones.
        """
        expected = self._reader.survey(survey)
        if not self._processes or len(sources) < self._at_least:
            return partial(decoded, self._reader, expected, sources)
        pool = self._running()
        try:
            return partial(self._received, pool, pool.submit(_in_worker, sources, survey))
        except BrokenProcessPool as error:
            raise self._lost(pool) from error

    def close(self) -> None:
        """End the processes; what was begun and not waited for is dropped."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _running(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._directory.mkdir(0o700, exist_ok=True)
                begin = (self._open_reader, self._directory)
                self._pool = ProcessPoolExecutor(self._processes, get_context("spawn"), _begin, begin)
            return self._pool

    def _received(self, pool: ProcessPoolExecutor, sent: Future[_Sent]) -> Decoded:
        try:
            result, name = sent.result()
        except BrokenProcessPool as error:
            raise self._lost(pool) from error
        if name is not None:
            with pa.memory_map(name) as file:
                result.batch = pa.ipc.open_stream(file).read_all()
            os.unlink(name)
        return result

    def _lost(self, pool: ProcessPoolExecutor) -> Unavailable:
        """Give up a pool of which a process has ended; another one is begun when it is needed."""
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.shutdown(wait=False, cancel_futures=True)
        return Unavailable(
            "a process that decodes packets has ended before its work, as it does when the memory is full: "
            "what was stored before stays; give the same again, and packets that are there are duplicates."
        )


def _n_cores() -> int:
    """How many this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_reader: AlertReader
_directory: Path


def _begin(open_reader: Callable[[], AlertReader], directory: Path) -> None:
    """In another process: it ends with the first one, and leaves an interrupt to it."""
    global _reader, _directory
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _reader, _directory = open_reader(), directory
    gc.freeze()  # what was imported stays: it is not looked through again and again


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        shutil.rmtree(_directory, ignore_errors=True)
        os._exit(1)


def _in_worker(sources: Sequence[Source], survey: str) -> _Sent:
    result = decoded(_reader, _reader.survey(survey), sources)
    batch, result.batch = result.batch, None
    if batch is None:
        return result, None
    descriptor, name = tempfile.mkstemp(".arrow", dir=_directory)
    with os.fdopen(descriptor, "wb") as file, pa.ipc.new_stream(file, batch.schema) as writer:
        writer.write_table(batch)
    return result, name
