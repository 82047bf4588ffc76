"""Writing a night: refusals, determinism, counts, and what every night must hold."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyhub.demo import write_night
from skyhub.demo.night import main
from skyhub.demo.populations import SHARES, class_counts
from skyhub.errors import InvalidInput
from skyhub.science.nights import dayobs_of_mjd
from support.effort import repeats

DAYOBS = date(2026, 11, 21)


def _digests(directory: Path) -> dict[str, str]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(("seed", "n_objects"), [(1, 0), (1, -3), (1, 10**6), (-1, 10)])
def test_numbers_out_of_range_are_refused(tmp_path: Path, seed: int, n_objects: int) -> None:
    with pytest.raises(InvalidInput):
        write_night(tmp_path / "night", DAYOBS, seed, n_objects)
    assert not (tmp_path / "night").exists()


def test_a_directory_with_files_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(InvalidInput, match="not empty"):
        write_night(tmp_path, DAYOBS, n_objects=2)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_command_refuses_a_date_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "night"), "--dayobs", "2026-13-40"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "invalid_input"


def test_command_prints_its_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "night"), "--objects", "3", "--seed", "4", "--dayobs", "20261121"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["packets"] == len(list((tmp_path / "night").rglob("*.avro")))
    assert printed["objects"] == 3


def test_leftovers_of_an_interrupted_run_are_replaced(tmp_path: Path) -> None:
    left = tmp_path / "night.partial" / "ZTF26abxxxxx"
    left.mkdir(parents=True)
    (left / "1.avro").write_bytes(b"half")
    write_night(tmp_path / "night", DAYOBS, n_objects=2)
    assert [path.name for path in tmp_path.iterdir()] == ["night"]
    assert not (tmp_path / "night" / left.name).exists()


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_night(tmp_path / name, DAYOBS, seed=5, n_objects=30)
    assert _digests(tmp_path / "first") == _digests(tmp_path / "second")


def test_another_seed_or_date_gives_another_night(tmp_path: Path) -> None:
    write_night(tmp_path / "a", DAYOBS, seed=5, n_objects=10)
    write_night(tmp_path / "b", DAYOBS, seed=6, n_objects=10)
    write_night(tmp_path / "c", date(2026, 11, 22), seed=5, n_objects=10)
    contents = [set(_digests(tmp_path / name).values()) for name in "abc"]
    assert not contents[0] & contents[1]
    assert not contents[0] & contents[2]


def test_counts_agree_with_files_and_truth(night: Any) -> None:
    summary = night.summary
    assert summary.objects == 150 == len(night.truth) == len({path.parent for path in night.packets})
    assert summary.packets == len(night.packets) == sum(int(row["n_alerts"]) for row in night.truth.values())
    assert Counter(row["class"] for row in night.truth.values()) == summary.classes
    assert set(summary.classes) == set(SHARES)
    programmes = Counter(str(packet["candidate"]["programid"]) for packet in night.packets.values())
    assert programmes == summary.programmes


def test_programmes_are_mixed(night: Any) -> None:
    share = {key: value / night.summary.packets for key, value in night.summary.programmes.items()}
    assert 0.45 < share["1"] < 0.75
    assert share["2"] > 0.15
    assert share["3"] > 0.01


@given(st.integers(1, 5000))
def test_class_counts_add_up(n_objects: int) -> None:
    counts = class_counts(n_objects)
    assert sum(counts.values()) == n_objects
    assert n_objects < len(SHARES) or min(counts.values()) >= 1


def test_class_counts_of_300_are_the_shares() -> None:
    assert class_counts(300) == SHARES


@settings(max_examples=repeats(24), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), dayobs=st.dates(date(2020, 1, 1), date(2035, 12, 31)), n_objects=st.integers(1, 16))
def test_any_night_holds_valid_packets(
    tmp_path_factory: pytest.TempPathFactory,
    read_night: Callable[..., Any],
    seed: int,
    dayobs: date,
    n_objects: int,
) -> None:
    directory = tmp_path_factory.mktemp("any") / "night"
    night = read_night(directory, write_night(directory, dayobs, seed, n_objects))
    assert len(night.truth) == n_objects
    candids = [packet["candid"] for packet in night.packets.values()]
    assert len(set(candids)) == len(candids) >= n_objects
    assert {dayobs_of_mjd(packet["candidate"]["jd"] - 2400000.5) for packet in night.packets.values()} == {dayobs}
