"""Packs: bad names and short files are refused, blobs come back as they went in, also while others write."""

from __future__ import annotations

import threading
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.db import PackStore
from skyhub.errors import StorageError


@pytest.mark.parametrize("name", ["", "../night", "a/b", "a\x00b", "night\n", "ночь", " "])
def test_names_that_could_leave_the_directory_are_refused(tmp_path: Path, name: str) -> None:
    packs = PackStore(tmp_path / "packs")
    with pytest.raises(StorageError, match="no name of a pack"):
        packs.append(name, [b"x"])
    with pytest.raises(StorageError, match="no name of a pack"):
        packs.append_all({"20261121": [b"x"], name: [b"x"]})
    with pytest.raises(StorageError, match="no name of a pack"):
        packs.read(name, 0, 1)
    assert list(tmp_path.rglob("*.pack")) == []


def test_a_missing_pack_and_a_truncated_one_are_refused(tmp_path: Path) -> None:
    packs = PackStore(tmp_path)
    with pytest.raises(StorageError, match="cannot be read"):
        packs.read("20261121", 0, 1)
    [at] = packs.append("20261121", [b"0123456789"])
    with (tmp_path / "20261121.pack").open("r+b") as f:
        f.truncate(4)
    with pytest.raises(StorageError, match="ends before 10"):
        packs.read("20261121", at, 10)
    packs.close()


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    packs = PackStore(tmp_path)
    (tmp_path / "20261121.pack").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="Free disk space"):
        packs.append("20261121", [b"x" * 100_000])
    with pytest.raises(StorageError, match="Free disk space"):
        packs.append_all({"20261121": [b"x"], "20261122": [b"whole"]})
    assert packs.read("20261122", 0, 5) == b"whole"
    packs.close()


def test_blobs_go_into_many_packs_at_once(tmp_path: Path) -> None:
    packs = PackStore(tmp_path)
    packs.append("7", [b"before"])
    names = [str(number) for number in range(20)]
    places = packs.append_all({name: [name.encode(), pa.py_buffer(b"after"), b""] for name in names} | {"none": []})
    assert places.pop("none") == []
    assert not (tmp_path / "none.pack").exists()
    for name, (first, second, third) in places.items():
        assert first == (6 if name == "7" else 0)
        assert packs.read(name, first, len(name) + 5) == name.encode() + b"after"
        assert (second, third) == (first + len(name), first + len(name) + 5)
    packs.close()


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.lists(st.binary(max_size=50), max_size=4)), max_size=8))
def test_blobs_come_back_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[str, list[bytes]]]
) -> None:
    directory = tmp_path_factory.mktemp("packs")
    places = []
    for name, blobs in batches:
        packs = PackStore(directory)  # a new store, as after a restart
        places += [(name, at, blob) for at, blob in zip(packs.append(name, blobs), blobs, strict=True)]
        packs.close()
    packs = PackStore(directory)
    assert [packs.read(name, at, len(blob)) for name, at, blob in places] == [blob for _, _, blob in places]
    packs.close()


def test_reading_goes_on_while_a_pack_grows(tmp_path: Path) -> None:
    packs = PackStore(tmp_path)
    places: list[tuple[int, bytes]] = []

    def grow() -> None:
        for number in range(100):
            blob = str(number).encode() * 20
            places.append((packs.append("night", [blob])[0], blob))

    thread = threading.Thread(target=grow)
    thread.start()
    while thread.is_alive() or not places:
        for at, blob in places:
            assert packs.read("night", at, len(blob)) == blob
    thread.join()
    assert len(places) == 100
    packs.close()
