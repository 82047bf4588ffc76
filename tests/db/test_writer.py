"""The one writer: groups of work, failures that harm nobody else, numbers and times that only grow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, PUBLIC, Change, Database, Transaction
from skyhub.errors import Conflict, InvalidInput, StorageError

Work = Callable[[Transaction], Any]


def _visit(name: str) -> Work:
    return lambda transaction: transaction.insert("visits", [{"user_name": name}])


def _visits(db: Database) -> list[str]:
    rows = db.reader.rows(ADMINISTRATOR, "SELECT user_name FROM @visits ORDER BY user_name")
    return [row["user_name"] for row in rows]


def _refuses(transaction: Transaction) -> None:
    transaction.insert("visits", [{"user_name": "never"}])
    raise Conflict("no")


def _breaks(error: Exception) -> Work:
    def work(transaction: Transaction) -> None:
        transaction.insert("visits", [{"user_name": "never"}])
        raise error

    return work


FAILING: dict[str, Work] = {
    "refuses": _refuses,
    "index error": _breaks(IndexError("list index out of range")),
    "attribute error": _breaks(AttributeError("nothing")),
    "overflow": _breaks(OverflowError("too large")),
    "memory": _breaks(MemoryError()),
    "own runtime error": _breaks(RuntimeError("mine")),
    "wrong SQL": lambda transaction: transaction.rows("SELECT * FROM no_such_table"),
    "wrong type": lambda transaction: transaction.insert("visits", [{"user_name": object()}]),
    "number too large": lambda transaction: transaction.insert("sources", [{"group_id": 2**40}]),
    "number beyond all": lambda transaction: transaction.insert("changes", [{"seq": 2**80}]),
    "unknown table": lambda transaction: transaction.insert("nothing", [{"x": 1}]),
    "reads after it wrote": lambda transaction: (
        transaction.insert("visits", [{"user_name": "never"}]),
        transaction.rows("SELECT 1"),
    ),
    "unspeakable news": lambda transaction: transaction.announce("news", {"what": object()}, PUBLIC),
}


@pytest.fixture
def held(db: Database) -> Callable[[list[Work]], list[BaseException | None]]:
    """Run pieces of work as one group, by holding the writer while they queue; the error of each."""

    def run(works: list[Work]) -> list[BaseException | None]:
        gate = threading.Event()
        blocker = db.writer.submit(lambda transaction: gate.wait(10))
        futures = [db.writer.submit(work) for work in works]
        gate.set()
        blocker.result(10)
        return [future.exception(20) for future in futures]

    return run


@pytest.mark.parametrize("failing", FAILING.values(), ids=FAILING.keys())
def test_failing_work_harms_no_neighbour(
    db: Database, held: Callable[[list[Work]], list[BaseException | None]], failing: Work
) -> None:
    errors = held([_visit("a"), failing, _visit("b"), failing, _visit("c")])
    assert [error is None for error in errors] == [True, False, True, False, True]
    assert _visits(db) == ["a", "b", "c"]
    db.writer.write(_visit("d"))
    assert _visits(db) == ["a", "b", "c", "d"]


def test_a_reader_beside_unwritable_rows_is_not_blamed(
    db: Database, held: Callable[[list[Work]], list[BaseException | None]]
) -> None:
    errors = held([FAILING["number too large"], lambda t: t.rows("SELECT 1"), _visit("a")])
    assert isinstance(errors[0], StorageError)
    assert errors[1:] == [None, None]
    assert _visits(db) == ["a"]


def test_errors_come_back_as_they_were_raised(db: Database) -> None:
    for error in (InvalidInput("bad", "here"), IndexError("i"), KeyError("k")):
        with pytest.raises(type(error)) as caught:
            db.writer.write(_breaks(error))
        assert caught.value is error


def test_a_failing_listener_harms_no_write(db: Database) -> None:
    def fails(changes: Any) -> None:
        raise RuntimeError("Event loop is closed")

    stop, before = db.changes.listen(fails), db.version()
    for name in ("a", "b"):
        db.writer.write(lambda t, name=name: (t.insert("visits", [{"user_name": name}]), t.announce("n", {}, PUBLIC)))
    stop()
    assert _visits(db) == ["a", "b"]
    assert db.version() == before + 2


def test_nothing_hangs_that_was_queued_at_the_end(tmp_path: Path) -> None:
    db = Database(tmp_path)
    outcomes: list[str] = []

    def keep_writing() -> None:
        for number in range(10_000):
            try:
                db.writer.write(_visit(str(number)))
            except StorageError:
                outcomes.append("refused")
                return

    threads = [threading.Thread(target=keep_writing) for _ in range(4)]
    for thread in threads:
        thread.start()
    db.close()
    for thread in threads:
        thread.join(20)
    assert outcomes == ["refused"] * 4


def test_a_group_is_committed_at_once_and_in_order(db: Database) -> None:
    seen: list[list[Change]] = []
    db.changes.listen(lambda changes: seen.append(list(changes)))
    gate = threading.Event()
    blocker = db.writer.submit(lambda transaction: gate.wait(10))
    futures = [db.writer.submit(lambda t, n=n: t.announce("n", {"n": n}, PUBLIC)) for n in range(100)]
    gate.set()
    for future in (blocker, *futures):
        future.result(20)
    heard = [change for group in seen for change in group]
    assert [change.payload["n"] for change in heard] == list(range(100))
    assert [change.seq - heard[0].seq for change in heard] == list(range(100))
    assert len(seen) <= 2


def test_work_sees_what_came_before_it_in_its_group(
    db: Database, held: Callable[[list[Work]], list[BaseException | None]]
) -> None:
    def once(transaction: Transaction) -> None:
        if not transaction.rows("SELECT 1 FROM visits WHERE user_name = 'only'"):
            transaction.insert("visits", [{"user_name": "only"}])

    assert held([once] * 50) == [None] * 50
    assert _visits(db) == ["only"]


def test_numbers_go_on_after_reopening(tmp_path: Path) -> None:
    for _ in range(3):
        with Database(tmp_path) as db:
            for _ in range(2):
                db.writer.write(lambda t: t.announce("n", {}, PUBLIC))
    with Database(tmp_path) as db:
        rows = db.reader.rows(ADMINISTRATOR, "SELECT seq FROM @changes ORDER BY seq")
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_many_threads_get_numbers_of_their_own(db: Database) -> None:
    def work(transaction: Transaction) -> int:
        number = transaction.next_id("decisions", "decision_id")
        transaction.insert("decisions", [{"decision_id": number, "verdict": "save", "group_ids": [1], "acl": PUBLIC}])
        return number

    futures = []
    threads = [
        threading.Thread(target=lambda: futures.extend(db.writer.submit(work) for _ in range(50))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(future.result(20) for future in futures) == list(range(1, 401))


def test_known_at_never_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from skyhub.db import _writer

    class Clock(datetime):
        shift = timedelta(0)

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + cls.shift

    monkeypatch.setattr(_writer, "datetime", Clock)
    with Database(tmp_path) as db:
        db.writer.write(_visit("a"))
        Clock.shift = -timedelta(hours=1)
        db.writer.write(_visit("b"))
    Clock.shift = -timedelta(hours=2)
    with Database(tmp_path) as db:
        db.writer.write(_visit("c"))
        rows = db.reader.rows(ADMINISTRATOR, "SELECT known_at FROM @visits ORDER BY user_name")
    times = [row["known_at"] for row in rows]
    assert times == sorted(times)


def test_as_of_gives_the_state_of_each_moment(db: Database) -> None:
    moments = []
    for name in "abc":
        db.writer.write(_visit(name))
        moments.append(datetime.now(UTC))
    sql = "SELECT user_name FROM @visits ORDER BY known_at"
    for count, moment in enumerate(moments, start=1):
        assert [r["user_name"] for r in db.reader.rows(ADMINISTRATOR, sql, (), moment)] == list("abc")[:count]
    long_ago = datetime(1, 1, 1, tzinfo=UTC)
    assert db.reader.rows(ADMINISTRATOR, sql, (), long_ago) == []
    for bad in (datetime(2026, 1, 1), datetime.max.replace(tzinfo=timezone(-timedelta(hours=12)))):
        with pytest.raises(InvalidInput, match="as_of"):
            db.reader.rows(ADMINISTRATOR, sql, (), bad)


def test_arrow_and_mappings_are_stored_alike(db: Database) -> None:
    rows = [{"object_id": "a", "ra": 1.5}, {"object_id": "b", "ra": None}]
    db.writer.write(lambda t: t.insert("objects", rows))
    db.writer.write(lambda t: t.insert("objects", pa.Table.from_pylist(rows)))
    found = db.reader.rows(
        ADMINISTRATOR, "SELECT object_id, ra, dec, count(*) AS n FROM @objects GROUP BY ALL ORDER BY 1"
    )
    assert found == [
        {"object_id": "a", "ra": 1.5, "dec": None, "n": 2},
        {"object_id": "b", "ra": None, "dec": None, "n": 2},
    ]


@given(st.lists(st.sampled_from([*FAILING, *("one", "two", "three")]), max_size=12))
def test_any_mixture_stores_exactly_what_was_acknowledged(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    with Database(tmp_path_factory.mktemp("mixture")) as db:
        futures = [(name, db.writer.submit(FAILING.get(name) or _visit(name))) for name in names]
        acknowledged = [name for name, future in futures if future.exception(20) is None]
        assert _visits(db) == sorted(acknowledged)
        assert acknowledged == [name for name in names if name not in FAILING]
