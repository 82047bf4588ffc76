"""Replay: a stored night gives another database the same alerts, points and candidates, at the pace of its own clock."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from skyhub.alerts import PACKET_SCHEMA, alert_files
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.ingest import Stored, night_packets, replay_packets, store_packets
from skyhub.science.nights import dayobs_of_mjd
from skyhub.service import open_database
from support.commands import skyhub
from support.houses import NIGHT, SCANNER, ingest

_POINTS = (
    "SELECT object_id, survey, instrument, origin, filter, mjd, flux, fluxerr, mag, magerr, limiting_mag, ra, dec, point_id "
    "FROM @photometry JOIN (SELECT object_id, max(mjd) AS last FROM @alerts GROUP BY 1) USING (object_id) "
    "WHERE mjd <= last ORDER BY ALL"
)


class Clock:
    """A clock that goes when somebody waits, and by a little when it is looked at."""

    def __init__(self, look: float = 0.0) -> None:
        self.now, self.look, self.waits = 100.0, look, list[float]()

    def __call__(self) -> float:
        self.now += self.look
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def _page(*seconds: float) -> pa.Table:
    """Packets that follow the first by so many seconds."""
    row: dict[str, Any] = dict.fromkeys(PACKET_SCHEMA.names)
    rows = [{**row, "candid": n, "object_id": f"o{n % 2}", "mjd": 61000.0 + s / 86400} for n, s in enumerate(seconds)]
    return pa.Table.from_pylist(rows, PACKET_SCHEMA)


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(InvalidInput, match="more than 0"):
        replay_packets([], lambda batch: Stored(0, 0, 0), speed)


def test_packets_come_when_the_clock_of_the_replay_says(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, given = Clock(), list[tuple[float, int]]()

    def store(batch: pa.Table) -> Stored:
        given.append((clock.now - 100.0, len(batch)))
        return Stored(len(batch), 0, 1)

    summary = replay_packets([_page(0, 0, 30, 60), _page(90, 600)], store, 10.0, clock, clock.sleep)
    assert [(pytest.approx(at, abs=1e-3), n) for at, n in given] == [(0, 2), (3, 1), (6, 1), (9, 1), (60, 1)]
    assert (summary.read, summary.stored, summary.candidates, summary.objects) == (6, 6, 5, 2)
    assert summary.seconds == pytest.approx(60, abs=1e-3)
    assert summary.longest_delay == pytest.approx(0, abs=1e-3)


def test_a_slow_store_is_given_what_is_due_meanwhile() -> None:
    clock, sizes = Clock(), list[int]()

    def store(batch: pa.Table) -> Stored:
        sizes.append(len(batch))
        clock.now += 5.0
        return Stored(len(batch), 0, 0)

    summary = replay_packets([_page(*range(12))], store, 1.0, clock, clock.sleep)
    assert sizes == [1, 5, 5, 1]
    assert summary.longest_delay == pytest.approx(9, abs=1e-3)  # what was due at 1 s is stored at 10 s


def test_at_infinite_speed_nothing_waits() -> None:
    clock = Clock(look=1e-6)
    replay_packets([_page(*range(300))], lambda batch: Stored(len(batch), 0, 0), math.inf, clock, clock.sleep)
    assert max(clock.waits) == 0.0


def _contents(db: Database, dayobs: date) -> Any:
    alerts = db.reader.rows(
        ADMINISTRATOR, "SELECT * EXCLUDE (known_at) FROM @alerts WHERE dayobs = ? ORDER BY candid", [dayobs]
    )
    shown = []
    for alert in alerts:
        blobs = [
            db.packs.read(alert["pack"], alert[f"{name}_at"], alert[f"{name}_size"])
            if alert[f"{name}_at"] is not None
            else None
            for name in ("packet", "science", "template", "difference")
        ]
        plain = {key: value for key, value in alert.items() if not key.endswith(("_at", "_size")) and key != "acl"}
        shown.append((plain, blobs, db.access.members(alert["acl"])))
    candidates = db.reader.rows(
        ADMINISTRATOR, "SELECT candid, filter_id, mag FROM @candidates WHERE dayobs = ? ORDER BY ALL", [dayobs]
    )
    return shown, candidates


def test_real_nights_give_the_same_again(tmp_path: Path, ztf_files: list[Path]) -> None:
    """All nights one after the other: another database then holds the same alerts, blobs, points and candidates.

    Four objects of the set have points that are later than their last alert: no alert of theirs knew these.
    """
    files = [path for path in alert_files(ztf_files[:120])]
    with open_database(tmp_path / "a") as source, open_database(tmp_path / "b") as target:
        ingest(source, *files)
        nights = [
            row["dayobs"] for row in source.reader.rows(ADMINISTRATOR, "SELECT DISTINCT dayobs FROM @alerts ORDER BY 1")
        ]
        for night in nights:
            pages = (night_packets(source, ADMINISTRATOR, night, at, 7) for at in count(0, 7))
            summary = replay_packets(takewhile(len, pages), lambda batch: store_packets(target, batch), math.inf)
            assert (summary.stored, summary.duplicates) == (summary.read, 0)
            assert _contents(target, night) == _contents(source, night)
        assert len(points := target.reader.rows(ADMINISTRATOR, _POINTS)) > 2000
        assert points == source.reader.rows(ADMINISTRATOR, _POINTS)
        assert len(nights) > 15


def test_a_viewer_gets_the_packets_and_the_points_that_she_may_see(house: Database) -> None:
    [row] = house.reader.rows(
        ADMINISTRATOR, "SELECT any_value(dayobs) AS night, count(DISTINCT dayobs) AS n FROM @alerts"
    )
    assert row["n"] == 1
    for viewer, streams in (
        (Viewer("visitor"), {None}),
        (SCANNER, {None, "ztf-partnership"}),
        (ADMINISTRATOR, {None, "ztf-partnership", "ztf-caltech"}),
    ):
        packets = night_packets(house, viewer, row["night"], 0, 100)
        assert set(packets["stream"].to_pylist()) == streams
        points = [point["stream"] for history in packets["photometry"].to_pylist() for point in history]
        assert set(points) <= streams
    assert len(packets) == len(NIGHT)
    assert len(night_packets(house, ADMINISTRATOR, row["night"], 0, 100, datetime(2020, 1, 1, tzinfo=UTC))) == 0


@pytest.mark.slow
def test_the_command_replays_into_another_directory(house_dir: Path, tmp_path: Path) -> None:
    [[mjd]] = skyhub("sql", "SELECT min(mjd) FROM alerts", data_dir=house_dir)["rows"]
    night = dayobs_of_mjd(mjd).isoformat()
    error = skyhub("replay", "2020-01-01", "--speed", "inf", data_dir=house_dir, status=2)["error"]
    assert "no alerts of the night" in error["message"]
    assert "another" in skyhub("replay", night, "--into", house_dir, data_dir=house_dir, status=2)["error"]["message"]
    for n_stored in (len(NIGHT), 0):
        document = skyhub("replay", night, "--speed", "inf", "--into", tmp_path / "again", data_dir=house_dir)
        assert (document["read"], document["stored"]) == (len(NIGHT), n_stored)
        assert document["duplicates"] == len(NIGHT) - n_stored
    assert (document["night"], document["speed"], document["into"]) == (night, None, str(tmp_path / "again"))
    fresh = skyhub("replay", night, "--speed", "1e9", data_dir=house_dir)
    assert (fresh["stored"], fresh["speed"]) == (len(NIGHT), 1e9)
    assert Path(fresh["into"]).parent == house_dir / "replays"
