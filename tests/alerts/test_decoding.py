"""Decoding in a process of its own: the same batches, and an end of either process loses and doubles nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from skyhub.alerts import AlertReader, _decoding
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import InvalidInput, Unavailable
from skyhub.ingest import Stored, ingest_alert_files, store_packets

_PROGRAM = """
import sys, time

if __name__ == "__main__":
    import multiprocessing
    from pathlib import Path
    from skyhub.alerts import AlertReader, _decoding

    _decoding._FILES = 5
    for batch in _decoding.decoded_batches([Path(sys.argv[1])], AlertReader, "auto", True):
        print(multiprocessing.active_children()[0].pid, flush=True)
        time.sleep(600)
"""


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_decoding, "_FILES", 60)


def test_what_cannot_be_given_is_refused_before_anything_is_stored(ztf: Path, tmp_path: Path) -> None:
    for paths, survey in (([ztf, tmp_path / "nothing"], "auto"), ([ztf], "sloan")):
        with pytest.raises(InvalidInput, match=r"does not exist|survey 'sloan'"):
            ingest_alert_files(paths, pytest.fail, survey, apart=True)


def test_both_ways_give_the_same(small_groups: None, shared: Path) -> None:
    paths = [shared / "alerts" / name for name in ("broken", "ztf", "other")]
    here, there = (list(_decoding.decoded_batches(paths, AlertReader, "auto", apart)) for apart in (False, True))
    assert len(here) > 3
    assert here == there
    assert sum(len(decoded.rejected) for decoded in here) >= 3
    assert multiprocessing.active_children() == []


def test_few_files_need_no_other_process(ztf: Path) -> None:
    def store(batch: pa.Table) -> Stored:
        assert multiprocessing.active_children() == []
        return Stored(len(batch), 0, 0)

    assert ingest_alert_files([ztf], store, apart=True).stored == 330


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    (tmp_path / "away.avro").symlink_to(tmp_path / "nowhere")
    [group] = _decoding._groups([tmp_path / "away.avro"])
    assert "no readable file" in _decoding._decoded(AlertReader(), None, group).rejected[0].reason


def test_the_death_of_the_other_process_is_told_and_all_can_be_given_again(
    small_groups: None, db: Database, ztf: Path
) -> None:
    def store(batch: pa.Table) -> Stored:
        for child in multiprocessing.active_children():
            child.kill()
        return store_packets(db, batch)

    with pytest.raises(Unavailable, match="has ended before its work"):
        ingest_alert_files([ztf], store, apart=True)
    [before] = db.reader.rows(ADMINISTRATOR, "SELECT count(*) AS n FROM @alerts")
    again = ingest_alert_files([ztf], partial(store_packets, db))
    assert (again.read, again.duplicates, again.stored) == (330, before["n"], 330 - before["n"])
    assert 0 < before["n"] < 330


def test_an_interrupt_ends_both(small_groups: None, ztf: Path) -> None:
    def store(_: pa.Table) -> Stored:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_alert_files([ztf], store, apart=True)
    assert multiprocessing.active_children() == []


def test_the_other_process_ends_with_this_one(ztf: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM)
    with subprocess.Popen([sys.executable, str(program), str(ztf)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        other = int(process.stdout.readline())
        os.kill(other, 0)
        process.send_signal(signal.SIGKILL)
    end = time.monotonic() + 20
    while _lives(other) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _lives(other)


def _lives(pid: int) -> bool:
    """Whether a process is there and has not ended; one that nobody waits for stays as a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
