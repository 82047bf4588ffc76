"""Decoding in processes of their own: the same batches, and an end of any process loses and doubles nothing."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from skyhub.alerts import AlertReader, Decoders, FileContent, Packet, _decoding, groups_of_files
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import InvalidInput, Unavailable
from skyhub.ingest import Stored, ingest_alert_files, store_packets
from support.packets import record, write_packets
from support.services import wait_until

_PROGRAM = """
import sys, time

if __name__ == "__main__":
    import multiprocessing
    from pathlib import Path
    from skyhub.alerts import AlertReader, Decoders

    decoders = Decoders(AlertReader, apart=True)
    decoders.begin(sorted(Path(sys.argv[1]).rglob("*.avro"))[:5], "auto")()
    print(decoders._directory, *(child.pid for child in multiprocessing.active_children()), flush=True)
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
    groups = list(groups_of_files(paths))
    ways = [Decoders(AlertReader, apart) for apart in (False, True)]
    here, there = ([begun() for begun in [way.begin(group, "auto") for group in groups]] for way in ways)
    assert len(here) > 3
    assert here == there
    for way in ways:
        way.close()
    assert sum(len(decoded.rejected) for decoded in here) >= 3
    assert multiprocessing.active_children() == []


def test_few_files_need_no_other_process(ztf: Path) -> None:
    def store(batch: pa.Table) -> Stored:
        assert multiprocessing.active_children() == []
        return Stored(len(batch), 0, 0)

    assert ingest_alert_files([ztf], store, apart=True).stored == 330


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    (tmp_path / "away.avro").symlink_to(tmp_path / "nowhere")
    found = Decoders(AlertReader).begin([tmp_path / "away.avro"], "auto")()
    assert "no readable file" in found.rejected[0].reason
    assert (found.n_read, found.n_records, found.rejected_of, found.batch_of) == (1, 0, [0], [])


def test_a_packet_that_no_column_can_hold_is_refused_alone(tmp_path: Path) -> None:
    def unfit(packet: Packet) -> Packet:
        return replace(packet, n_detections=2**63) if packet.candid == 2 else packet

    class Reader(AlertReader):
        def read_bytes(self, *given: Any, **more: Any) -> FileContent:
            content = super().read_bytes(*given, **more)
            content.packets = [unfit(packet) for packet in content.packets]
            return content

    paths = [write_packets(tmp_path / f"{n}.avro", record(n, f"ZTF{n}")) for n in (1, 2, 3)]
    found = Decoders(Reader).begin([paths[0], ("t/0/1", paths[1].read_bytes()), paths[2]], "auto")()
    assert found.batch is not None
    assert (found.batch["candid"].to_pylist(), found.batch_of, found.rejected_of) == ([1, 3], [0, 2], [1])
    assert found.rejected[0].file == "t/0/1"
    assert "candid 2" in found.rejected[0].reason
    alone = Decoders(Reader).begin(paths[1:2], "auto")()
    assert (alone.batch, alone.n_read, len(alone.rejected)) == (None, 1, 1)


def test_after_the_death_of_processes_new_ones_decode(ztf_files: list[Path]) -> None:
    decoders = Decoders(AlertReader, apart=True, at_least=2)
    assert decoders.begin(ztf_files[:1], "auto")().n_read == 1
    assert multiprocessing.active_children() == []
    assert decoders.begin(ztf_files[:2], "auto")().n_read == 2
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
    with pytest.raises(Unavailable, match="has ended before its work"):
        decoders.begin(ztf_files[:2], "auto")()
    assert decoders.begin(ztf_files[:2], "auto")().n_read == 2
    decoders.close()
    assert multiprocessing.active_children() == []


def test_the_death_of_the_other_processes_is_told_and_all_can_be_given_again(
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


def test_an_interrupt_ends_all(small_groups: None, ztf: Path) -> None:
    def store(_: pa.Table) -> Stored:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_alert_files([ztf], store, apart=True)
    assert multiprocessing.active_children() == []


def test_the_other_processes_end_with_this_one(ztf: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM)
    with subprocess.Popen([sys.executable, str(program), str(ztf)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        directory, *others = process.stdout.readline().split()
        assert others
        assert all(_lives(int(other)) for other in others)
        assert Path(directory).is_dir()
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(_lives(int(other)) for other in others))
    assert not Path(directory).exists()


def _lives(pid: int) -> bool:
    """Whether a process is there and has not ended; one that nobody waits for stays as a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
