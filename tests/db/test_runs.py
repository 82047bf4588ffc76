"""Photometry in runs: read as one with what came last, whatever is merged, compacted, corrected, shared or interrupted."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer, append_points
from skyhub.db import _migrations as migrations
from skyhub.db._compaction import due, slices_of
from skyhub.db._layout import Part
from skyhub.db._run_reads import ObjectIndex
from skyhub.errors import StorageError
from support.effort import repeats

_VISITOR = Viewer("visitor")
_NUMBERS = "SELECT photometry_id FROM @photometry ORDER BY ALL"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as opened:
        opened.keeper.close()
        yield opened


def _points(n: int, seed: int = 0, n_objects: int = 7, **columns: Any) -> pa.Table:
    rng = np.random.default_rng(seed)
    table = {
        "object_id": [f"o{k}" for k in rng.integers(0, n_objects, n)],
        "mjd": rng.integers(0, 5, n) + 0.5,
        "filter": ["ztfr"] * n,
        "flux": rng.normal(size=n),
        "acl": pa.array([0] * n, pa.int32()),
    }
    return pa.table({**table, **columns})


def _append(db: Database, points: pa.Table) -> int:
    return db.writer.write(lambda t: append_points(t, points))


def _numbers(db: Database, viewer: Viewer = ADMINISTRATOR, as_of: datetime | None = None) -> list[int]:
    return [row["photometry_id"] for row in db.reader.rows(viewer, _NUMBERS, (), as_of)]


def _fast(db: Database, viewer: Viewer = ADMINISTRATOR, as_of: datetime | None = None) -> list[int]:
    """The same numbers, object by object and for all objects at once."""
    names = [f"o{n}" for n in range(8)]
    singly = [db.reader.points(viewer, [name], ["photometry_id"], as_of)["photometry_id"].to_pylist() for name in names]
    together = db.reader.points(viewer, names, ["photometry_id"], as_of)["photometry_id"].to_pylist()
    assert together == [number for numbers in singly for number in numbers]
    return sorted(together)


def _supersede(db: Database, *numbers: int) -> datetime:
    def run(transaction: Transaction) -> datetime:
        db.photometry.supersede(transaction, numbers)
        return transaction.now

    return db.writer.write(run)


def _share(db: Database, acls: dict[int, int]) -> None:
    db.writer.write(lambda t: db.photometry.share(t, acls))


def test_a_point_needs_a_number(db: Database) -> None:
    with pytest.raises(StorageError, match="photometry_id"):
        db.writer.write(lambda t: t.insert("photometry", [{"object_id": "o1", "mjd": 1.0}]))
    assert _numbers(db) == []


@pytest.mark.parametrize("names", [[], [""], ["nothing"], ["o99999"], ["'; DROP TABLE photometry; --"], ["\0", "o"]])
def test_of_objects_without_points_there_are_none(db: Database, names: list[str]) -> None:
    _append(db, _points(50))
    db.photometry.merge()
    assert len(db.reader.points(ADMINISTRATOR, names, ["mjd"])) == 0
    _append(db, _points(50, 1))
    assert len(db.reader.points(ADMINISTRATOR, names, ["mjd"])) == 0


@pytest.mark.parametrize("spoil", ["remove", "cut", "garble"])
def test_a_missing_or_damaged_run_is_told(tmp_path: Path, spoil: str) -> None:
    with Database(tmp_path) as db:
        _append(db, _points(100))
        db.photometry.merge()
        path = db.photometry.parts[0].path
    content = path.read_bytes()
    if spoil == "remove":
        path.unlink()
    else:
        path.write_bytes(content[:-4096] if spoil == "cut" else bytes(len(content)))
    with pytest.raises(StorageError, match=path.name):
        Database(tmp_path)
    path.write_bytes(content)
    with Database(tmp_path) as db:
        assert len(_numbers(db)) == 100


def test_merging_nothing_makes_no_file(db: Database) -> None:
    assert db.photometry.merge() == 0
    assert db.photometry.compact() == 0
    assert db.photometry.compact(everything=True) == 0
    assert db.photometry.parts == ()


def test_points_are_numbered_in_the_order_of_arrival(tmp_path: Path) -> None:
    with Database(tmp_path) as db:
        assert _append(db, _points(10)) == 1
        assert _append(db, _points(10)) == 11
        db.photometry.merge()
        assert db.reader.rows(ADMINISTRATOR, "SELECT count(*) AS n FROM @photometry") == [{"n": 20}]
    with Database(tmp_path) as db:
        assert _append(db, _points(5)) == 21
        uploads = pa.array([7] * 5, pa.int64())
        _append(db, _points(5, upload_id=uploads))
        db.photometry.merge()
    with Database(tmp_path) as db:
        assert db.writer.write(lambda t: t.next_id("photometry", "upload_id")) == 8
        assert _numbers(db) == _fast(db) == list(range(1, 31))


def test_numbers_are_not_given_again_after_a_restart_and_a_merge(tmp_path: Path) -> None:
    with Database(tmp_path) as db:
        _append(db, _points(5, upload_id=pa.array([7] * 5, pa.int64())))
    with Database(tmp_path) as db:
        db.photometry.merge()
        assert _append(db, _points(5)) == 6
        assert db.writer.write(lambda t: t.next_id("photometry", "upload_id")) == 8


def test_runs_are_sorted_and_small_groups_of_rows(db: Database) -> None:
    _append(db, _points(30_000, n_objects=300))
    db.photometry.merge()
    [part] = db.photometry.parts
    assert (part.n_rows, part.last_id) == (30_000, 30_000)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{part.path}' AS run (READ_ONLY)")
        rows = connection.execute("SELECT object_id, mjd, photometry_id FROM run.run_points ORDER BY rowid").fetchall()
        groups = connection.execute(
            "SELECT max(count) FROM pragma_storage_info('run.run_points') WHERE segment_type != 'VALIDITY'"
        ).fetchone()
        [(tags,)] = connection.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'run'").fetchall()
    assert rows == sorted(rows)
    assert groups == (10_240,)
    assert tags["storage_version"].startswith("v1.5")


def test_all_columns_come_back_as_they_were(db: Database) -> None:
    points = _points(20, ra=np.linspace(0, 359, 20), given_unit=["mag"] * 19 + [None], owner=[None] * 19 + ["ann"])
    _append(db, points)
    before = db.reader.query(ADMINISTRATOR, "SELECT * FROM @photometry ORDER BY photometry_id")
    db.photometry.merge()
    assert db.photometry.n_recent == 0
    assert db.reader.query(ADMINISTRATOR, "SELECT * FROM @photometry ORDER BY photometry_id").equals(before)
    for name in set(before["object_id"].to_pylist()):
        fast = db.reader.points(ADMINISTRATOR, [name], before.column_names)
        assert fast.to_pylist() == sorted(
            (row for row in before.to_pylist() if row["object_id"] == name),
            key=lambda r: (r["mjd"], r["photometry_id"]),
        )


def test_a_superseded_point_in_a_run_is_read_as_of_its_time(db: Database) -> None:
    _append(db, _points(40))
    recent = _supersede(db, 1)
    db.photometry.merge()
    older = _supersede(db, 2, 3)
    successor = _append(db, _points(1, 5))
    for _ in range(2):
        assert _numbers(db) == _fast(db) == list(range(4, 42))
        assert _numbers(db, as_of=recent) == _fast(db, as_of=recent) == list(range(2, 41))
        assert _numbers(db, as_of=older) == _fast(db, as_of=older) == list(range(4, 41))
        db.photometry.compact(everything=True)
    assert successor == 41
    assert db.reader.rows(ADMINISTRATOR, "SELECT count(*) AS n FROM @photometry_overlay") == [{"n": 0}]


def test_superseding_twice_keeps_the_first_time(db: Database) -> None:
    _append(db, _points(10))
    db.photometry.merge()
    first = _supersede(db, 1)
    _supersede(db, 1)
    for _ in range(2):
        stamps = db.reader.rows(ADMINISTRATOR, "SELECT known_until FROM @photometry* WHERE photometry_id = 1")
        assert stamps == [{"known_until": first.replace(tzinfo=None)}]
        db.photometry.compact(everything=True)


def test_sharing_points_in_runs_takes_effect_at_once(db: Database) -> None:
    hidden = db.writer.write(lambda t: t.acl(groups=[99]))
    _append(db, _points(20, acl=pa.array([hidden] * 20, pa.int32())))
    db.photometry.merge()
    assert _numbers(db, _VISITOR) == _fast(db, _VISITOR) == []
    db.writer.write(lambda t: db.photometry.share(t, {1: 0, 2: 0}))
    db.writer.write(lambda t: db.photometry.share(t, {2: hidden, 3: 0}))
    for _ in range(2):
        assert _numbers(db, _VISITOR) == _fast(db, _VISITOR) == [1, 3]
        assert _numbers(db) == _fast(db) == list(range(1, 21))
        db.photometry.compact(everything=True)


def test_changes_survive_a_restart(tmp_path: Path) -> None:
    with Database(tmp_path) as db:
        _append(db, _points(10))
        db.photometry.merge()
        _supersede(db, 4)
    with Database(tmp_path) as db:
        assert _numbers(db) == _fast(db) == [1, 2, 3, 5, 6, 7, 8, 9, 10]


def test_a_change_while_a_run_is_written_is_not_lost(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    _append(db, _points(10))
    write = db.photometry._files.write

    def change_first(*arguments: Any) -> Any:
        _supersede(db, 1)
        return write(*arguments)

    monkeypatch.setattr(db.photometry._files, "write", change_first)
    original = db.photometry._ask

    def change_after(sql: str) -> pa.Table:
        rows = original(sql)
        if sql.startswith("SELECT * FROM photometry WHERE"):
            _supersede(db, 2)
        return rows

    monkeypatch.setattr(db.photometry, "_ask", change_after)
    assert db.photometry.merge() == 10
    assert _numbers(db) == _fast(db) == list(range(3, 11))
    assert db.photometry.compact(everything=True) == 10
    assert _numbers(db) == _fast(db) == list(range(3, 11))


def test_a_transaction_sees_what_earlier_work_of_its_group_brought(db: Database) -> None:
    _append(db, _points(10, n_objects=1))
    db.photometry.merge()
    _supersede(db, 1)

    def append(transaction: Transaction) -> None:
        append_points(transaction, _points(1, n_objects=1))

    def look(transaction: Transaction) -> list[Any]:
        found = db.photometry.stored(transaction, ["o0"], ["photometry_id", "known_until"])
        return sorted(row["photometry_id"] for row in found.to_pylist() if row["known_until"] is None)

    submitted = [db.writer.submit(work) for work in (append, look, append, look)]
    assert submitted[1].result() == list(range(2, 12))
    assert submitted[3].result() == list(range(2, 13))


def test_a_failed_merge_changes_nothing(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    _append(db, _points(10))
    monkeypatch.setattr(db.photometry._files, "path", lambda number: Path("/nowhere/run.duckdb"))
    with pytest.raises(StorageError, match="cannot be written"):
        db.photometry.merge()
    monkeypatch.undo()
    _supersede(db, 3)
    assert _numbers(db) == _fast(db) == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    assert db.photometry.merge() == 10
    assert _numbers(db) == _fast(db) == [1, 2, 4, 5, 6, 7, 8, 9, 10]


def test_files_that_belong_to_nobody_are_removed(tmp_path: Path) -> None:
    with Database(tmp_path) as db:
        _append(db, _points(10))
        db.photometry.merge()
        [kept] = (tmp_path / "runs").iterdir()
    orphan = tmp_path / "runs" / "000009.duckdb"
    orphan.write_bytes(kept.read_bytes())
    orphan.with_name("000010.duckdb.wal").write_bytes(b"x")
    with Database(tmp_path) as db:
        assert list((tmp_path / "runs").iterdir()) == [kept]
        assert len(_numbers(db)) == 10


def test_compaction_removes_the_files_it_read(db: Database) -> None:
    for seed in range(5):
        _append(db, _points(20, seed))
        db.photometry.merge()
    assert len(due(db.photometry.parts)) == 5
    assert db.photometry.due
    assert db.photometry.compact() == 100
    assert not db.photometry.due
    [part] = db.photometry.parts
    assert list((db.data_dir / "runs").iterdir()) == [part.path]
    assert _numbers(db) == _fast(db) == list(range(1, 101))


def test_files_stay_while_somebody_reads_them(db: Database) -> None:
    for seed in range(2):
        _append(db, _points(20, seed))
        db.photometry.merge()
    thread = threading.Thread(target=db.photometry.compact, kwargs={"everything": True})
    with db.photometry.files() as parts:
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        assert all(part.path.exists() for part in parts)
        assert _numbers(db) == _fast(db) == list(range(1, 41))
    thread.join(20)
    assert not any(part.path.exists() for part in parts)


def test_large_runs_are_shared_out_over_files(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skyhub.db._compaction._SAMPLE", 10)
    monkeypatch.setattr("skyhub.db._compaction._SAMPLES_PER_SLICE", 2)
    for seed in range(3):
        _append(db, _points(500, seed))
        db.photometry.merge()
    assert db.photometry.compact(everything=True) == 1500
    assert len(db.photometry.parts) == 2
    one, other = db.photometry.parts
    assert one.first_object == "o0"
    assert one.last_object < other.first_object
    assert other.last_object == "o6"
    assert _numbers(db) == _fast(db) == list(range(1, 1501))


def test_slices_hold_each_object_once() -> None:
    names = [f"{n:03d}" for n in range(100)]
    index = ObjectIndex(pa.array(names), np.arange(0, 101) * 100_000)
    slices = slices_of([index, index])
    assert (slices[0].low, slices[-1].high) == (None, None)
    assert len(slices) > 10
    assert [one.high for one in slices[:-1]] == [one.low for one in slices[1:]]
    assert all(one.low < one.high for one in slices[1:-1] if one.low and one.high)


def test_an_index_finds_what_it_holds() -> None:
    names = sorted(["", "a", "ab", "b", "ä", "星"])
    index = ObjectIndex(pa.array(["skipped", *names]).slice(1), np.arange(len(names) + 1) * 3)
    assert [index.rows(name) for name in names] == [(3 * n, 3 * n + 3) for n in range(len(names))]
    assert [index.rows(name) for name in ("0", "aa", "abc", "z", "星星")] == [None] * 5


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [([], 0), ([10] * 3, 0), ([10] * 4, 4), ([10**7, 10, 10, 10], 0), ([10**7, *[10] * 4], 4), ([10, *[10**7] * 4], 5)],
)
def test_runs_of_one_size_are_due(sizes: list[int], chosen: int) -> None:
    parts = [Part(n, n, size, "", "", 0, 0, 0, 0, 0, "", Path(), frozenset()) for n, size in enumerate(sizes)]
    assert len(due(parts)) == chosen


def test_predicates_reach_the_runs(db: Database) -> None:
    _append(db, _points(50_000, n_objects=2000))
    db.photometry.merge()
    plan = db.reader.query(
        _VISITOR, "EXPLAIN ANALYZE SELECT flux FROM @photometry WHERE object_id = ? AND mjd BETWEEN 1 AND 3", ["o7"]
    )
    scan = "\n".join(plan["explain_value"].to_pylist()).split("run_points")[-1]
    assert re.search(r"object_id ?= ?'o7'", scan)
    assert "mjd >= 1.0" in scan


@settings(max_examples=repeats(25))
@given(
    st.lists(st.sampled_from(["append", "merge", "compact", "supersede", "share", "restart"]), max_size=14),
    st.randoms(),
)
def test_every_path_agrees_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], random: Any
) -> None:
    """A model of the points in a dictionary, beside the statements and the fast way."""
    data_dir = tmp_path_factory.mktemp("runs")
    points: dict[int, int] = {}
    db = Database(data_dir)
    hidden = db.writer.write(lambda t: t.acl(groups=[99]))
    for turn, step in enumerate(steps):
        some = random.sample(sorted(points), min(len(points), 3))
        if step == "append":
            first = _append(db, _points(12, turn))
            points |= dict.fromkeys(range(first, first + 12), 0)
        elif step == "merge":
            db.photometry.merge()
        elif step == "compact":
            db.photometry.compact(everything=True)
        elif step == "supersede":
            _supersede(db, *some)
            points = {number: acl for number, acl in points.items() if number not in some}
        elif step == "share":
            acl = random.choice([0, hidden])
            _share(db, dict.fromkeys(some, acl))
            points |= dict.fromkeys(some, acl)
        else:
            db.close()
            db = Database(data_dir)
        assert _numbers(db) == _fast(db) == sorted(points)
        assert _numbers(db, _VISITOR) == _fast(db, _VISITOR) == sorted(n for n, acl in points.items() if acl == 0)
    db.close()


def _correct_and_move(db: Database, points: pa.Table) -> None:
    """Commits each of which replaces a point of every object by its successor, while points move to runs."""
    n_objects = 5

    def correct(transaction: Transaction, oldest: int) -> None:
        db.photometry.supersede(transaction, range(oldest, oldest + n_objects))
        append_points(transaction, points.slice(0, n_objects))

    for turn in range(repeats(30, 3)):
        db.writer.write(partial(correct, oldest=1 + turn * n_objects))
        if turn % 5 == 4:
            db.photometry.merge()
        if turn % 10 == 9:
            db.photometry.compact(everything=True)


def test_readers_see_each_point_once_while_it_moves(db: Database) -> None:
    names = [f"o{n}" for n in range(5)] * 40
    points = pa.table({"object_id": names, "mjd": np.arange(200.0), "acl": pa.array([0] * 200, pa.int32())})
    _append(db, points)
    wrong, done = [], threading.Event()
    reads: dict[int, Callable[[], Any]] = {
        200: lambda: _numbers(db, _VISITOR),
        40: lambda: db.reader.points(_VISITOR, ["o2"], ["mjd"]),
        80: lambda: db.reader.points(_VISITOR, ["o1", "o3"], ["mjd"]),
    }

    def watch(count: int) -> None:
        while not done.is_set() and not wrong:
            if (found := len(reads[count]())) != count:
                wrong.append((count, found))

    readers = [threading.Thread(target=watch, args=(count,)) for count in reads]
    for thread in readers:
        thread.start()
    _correct_and_move(db, points)
    done.set()
    for thread in readers:
        thread.join(20)
    assert wrong == []


_KILLED = """
import sys
from pathlib import Path
import numpy as np, pyarrow as pa
from skyhub.db import Database, append_points

db = Database(Path(sys.argv[1]))
turn = 0
while True:
    names = [f"o{n % 7}" for n in range(200)]
    table = pa.table({"object_id": names, "mjd": np.arange(200.0), "acl": pa.array([0] * 200, pa.int32())})
    def run(t):
        first = append_points(t, table)
        db.photometry.supersede(t, range(max(first - 300, 1), max(first - 200, 1)))
        return first
    print(db.writer.write(run), flush=True)
    db.photometry.merge()
    turn += 1
    if turn % 3 == 0:
        db.photometry.compact(everything=True)
"""


def _killed(data_dir: Path, acknowledged: int) -> int:
    """The first number of the last batch that was acknowledged before the owner was killed."""
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(data_dir)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        last = 0
        for turn, line in enumerate(process.stdout):
            last = int(line)
            if turn == acknowledged:
                os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return last


@pytest.mark.slow
def test_a_killed_owner_leaves_every_acknowledged_point_once(tmp_path: Path) -> None:
    for acknowledged in (0, 5, 9):
        last = _killed(tmp_path, acknowledged)
        with Database(tmp_path) as db:
            every = db.reader.rows(ADMINISTRATOR, "SELECT photometry_id, known_until FROM @photometry* ORDER BY ALL")
            numbers = [row["photometry_id"] for row in every]
            assert numbers == list(range(1, len(numbers) + 1))
            assert len(numbers) in (last + 199, last + 399)
            current = [row["photometry_id"] for row in every if row["known_until"] is None]
            assert _numbers(db) == _fast(db) == current
            assert len(current) < len(numbers) or last < 300
            files = {path.name for path in (tmp_path / "runs").iterdir()}
            assert files == {part.path.name for part in db.photometry.parts}


def test_what_an_older_release_has_written_is_kept(tmp_path: Path) -> None:
    """Only the first schema, with rows: opened, they have numbers, an instrument and a version."""
    first = migrations.shipped()[0]
    with duckdb.connect(str(tmp_path / "skyhub.duckdb")) as connection:
        connection.execute(migrations._LEDGER)
        connection.execute(first.sql)
        connection.execute("INSERT INTO migrations VALUES (1, ?, ?, now()::TIMESTAMP)", [first.name, first.checksum])
        connection.execute(
            "INSERT INTO photometry BY NAME SELECT 'o' || (i % 3) AS object_id, 60000.5 + i AS mjd, 'ztfr' AS filter, "
            "'ZTF' AS survey, 'alert' AS origin, 1.5 * i AS flux, 20.5 AS limiting_mag, i AS point_id, 0 AS acl, "
            "TIMESTAMP '2026-01-01' + INTERVAL 1 MINUTE * i AS known_at FROM range(30) AS t(i)"
        )
    with Database(tmp_path) as db:
        rows = db.reader.rows(ADMINISTRATOR, "SELECT * FROM @photometry ORDER BY photometry_id")
        assert [row["photometry_id"] for row in rows] == list(range(1, 31))
        assert [row["point_id"] for row in rows] == list(range(30))
        assert [row["flux"] for row in rows] == [1.5 * i for i in range(30)]
        same = {(row["instrument"], row["limiting_nsigma"], row["repeat"], row["version"]) for row in rows}
        assert same == {("ZTF", 5.0, 0, 1)}
        assert all(row["known_until"] is None for row in rows)
        assert _append(db, _points(3)) == 31
        db.photometry.merge()
        assert _numbers(db) == _fast(db) == list(range(1, 34))
