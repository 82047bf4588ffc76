"""A watched directory: each file once, when it is whole; a restart remembers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from skyhub.adapters import Feed, open_feed
from skyhub.config import DirectoryStream
from skyhub.errors import Unavailable
from support.services import wait_until


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


def _open(drop: Path, settle_seconds: float = 0.05) -> Feed:
    settings = DirectoryStream(kind="directory", path=drop, settle_seconds=settle_seconds, batch_seconds=0.02)
    return open_feed("drop", settings, drop.parent / "memory")


@pytest.fixture
def feed(drop: Path) -> Iterator[Feed]:
    with closing(_open(drop)) as opened:
        yield opened


def test_a_directory_that_is_away_is_said_and_waited_for(drop: Path, feed: Feed) -> None:
    drop.rmdir()
    with pytest.raises(Unavailable, match="is not there"):
        feed.take()
    drop.mkdir()
    assert feed.take() == []


def test_each_file_once_below_the_directory_by_the_pattern(drop: Path, feed: Feed) -> None:
    (drop / "night").mkdir()
    for name in ("b.avro", "a.avro", "night/c.avro", "README.md", "d.avro.part"):
        (drop / name).write_bytes(name.encode())
    (drop / "folder.avro").mkdir()
    found = wait_until(feed.take)
    assert [m.place for m in found] == ["a.avro", "b.avro", "night/c.avro"]
    assert [m.data for m in found] == [b"a.avro", b"b.avro", b"night/c.avro"]
    assert feed.lag() == 3
    assert feed.take(wait=False) == []
    feed.acknowledge(found)
    assert feed.lag() == 0
    assert feed.take() == []


def test_a_restart_remembers_what_was_acknowledged_and_a_changed_file_is_another(drop: Path) -> None:
    for name in ("a.avro", "b.avro"):
        (drop / name).write_bytes(b"x")
    with closing(_open(drop)) as feed:
        found = wait_until(feed.take)
        feed.acknowledge(found[:1])
    with closing(_open(drop)) as feed:
        again = wait_until(feed.take)
        assert [m.place for m in again] == ["b.avro"]
        feed.acknowledge(again)
        (drop / "a.avro").write_bytes(b"longer")
        assert [m.data for m in wait_until(feed.take)] == [b"longer"]


def test_a_file_that_is_being_written_is_waited_for(drop: Path, feed: Feed) -> None:
    with (drop / "a.avro").open("wb") as file:
        file.write(b"first")
        file.flush()
        for _ in range(10):  # longer than it takes to settle
            assert feed.take() == []
        assert feed.lag() == 1
        file.write(b" second")
    assert [m.data for m in wait_until(feed.take)] == [b"first second"]


def test_a_file_that_grows_by_pieces_is_waited_for(drop: Path) -> None:
    with closing(_open(drop, settle_seconds=0.4)) as feed:
        for n in range(8):
            with (drop / "a.avro").open("ab") as file:
                file.write(str(n).encode())
            assert feed.take() == []
        assert [m.data for m in wait_until(feed.take)] == [b"01234567"]


def test_a_renamed_file_appears_whole(drop: Path, feed: Feed) -> None:
    (drop / "a.tmp").write_bytes(b"whole")
    assert feed.take() == []
    (drop / "a.tmp").replace(drop / "a.avro")
    assert [m.data for m in wait_until(feed.take)] == [b"whole"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_cannot_be_read_stops_nothing(drop: Path, feed: Feed) -> None:
    for name in ("a.avro", "b.avro"):
        (drop / name).write_bytes(b"x")
    (drop / "a.avro").chmod(0)
    assert [m.place for m in wait_until(feed.take)] == ["b.avro"]
    (drop / "a.avro").chmod(0o600)
    assert "a.avro" in [m.place for m in wait_until(feed.take)]
