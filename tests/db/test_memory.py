"""What is kept in memory holds: it is looked up again when touched, and forgotten when a commit fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from skyhub.db import Database, Known, Memory, Transaction
from skyhub.errors import StorageError


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as opened:
        yield opened


@pytest.fixture
def loads() -> list[str]:
    return []


@pytest.fixture
def memory(db: Database, loads: list[str]) -> Memory[str, int]:
    def load(key: str) -> int:
        loads.append(key)
        return len(loads)

    return Memory(db.writer, "test", load)


def _put(db: Database, memory: Memory[str, int], key: str, value: int, *, fail: bool = False) -> None:
    def work(transaction: Transaction) -> None:
        memory.put(transaction, key, value)
        if fail:
            transaction.insert("visits", [{"user_name": object()}])

    db.writer.write(work)


def test_a_value_is_looked_up_once(memory: Memory[str, int], loads: list[str]) -> None:
    assert [memory.get("a").value for _ in range(3)] == [1, 1, 1]
    assert memory.get("b").value == 2
    assert loads == ["a", "b"]


def test_what_the_writer_puts_holds(db: Database, memory: Memory[str, int], loads: list[str]) -> None:
    seen = memory.get("a")
    _put(db, memory, "a", 10)
    assert memory.get("a").value == 10
    assert loads == ["a"]

    def latest(transaction: Transaction) -> Known[int] | None:
        return memory.latest(transaction, "a", seen)

    known = db.writer.write(latest)
    assert known is not None
    assert known.value == 10


def test_what_was_touched_is_looked_up_again(db: Database, memory: Memory[str, int], loads: list[str]) -> None:
    seen = memory.get("a")
    db.writer.write(lambda transaction: transaction.touch(("test", "a")))
    assert db.writer.write(lambda transaction: memory.latest(transaction, "a", seen)) is None
    assert memory.get("a").value == 2


def test_a_commit_that_fails_leaves_no_trace(db: Database, memory: Memory[str, int]) -> None:
    seen = memory.get("a")
    with pytest.raises(StorageError):
        _put(db, memory, "a", 10, fail=True)
    assert memory.get("a").value == 2
    assert db.writer.write(lambda transaction: memory.latest(transaction, "a", seen)) is not None
    _put(db, memory, "a", 11)
    assert memory.get("a").value == 11


def test_work_that_is_refused_leaves_no_trace(db: Database, memory: Memory[str, int]) -> None:
    def work(transaction: Transaction) -> None:
        memory.put(transaction, "a", 10)
        raise ValueError("refused")

    memory.get("a")
    with pytest.raises(ValueError, match="refused"):
        db.writer.write(work)
    assert memory.get("a").value == 2


def test_several_values_are_looked_up_together_and_once(db: Database, memory: Memory[str, int]) -> None:
    asked: list[list[str]] = []

    def load(keys: Sequence[str]) -> dict[str, int]:
        asked.append(list(keys))
        return {key: len(asked) for key in keys}

    assert memory.several(["a", "b"], load) == [1, 1]
    assert memory.several(["b", "c", "a"], load) == [1, 2, 1]
    db.writer.write(lambda transaction: transaction.touch(("test", "b")))
    assert memory.several(["a", "b", "c"], load) == [1, 3, 2]
    assert memory.several([], load) == []
    assert asked == [["a", "b"], ["c"], ["b"]]
