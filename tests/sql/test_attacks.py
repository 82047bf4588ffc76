"""Attacks on SQL for users, tried one by one: nothing hidden comes out, nothing is written, nobody else is disturbed.

Every attack runs with the rights of somebody who may not see the hidden rows. Neither its answer nor its error may hold
a mark of them, of the canary file, or of the places where the data lie.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pytest
from skyhub.confined import Wire, die_with_parent
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.service import open_database
from skyhub.sql import Statement, run_sql, save_table
from skyhub.sql import _run as module
from skyhub.sql._job import Job
from skyhub.sql._keeper import Keeper, Worker
from skyhub.sql._limits import Limits
from support.houses import SCANNER, VISITOR, candid_of
from support.services import wait_until

CANARY = "CANARY-IN-A-FILE"
OWNER = Viewer("owner", frozenset({"bursts"}), scopes=frozenset({"view", "upload"}))
MARKS = (
    "ZTF26partner", "ZTF26caltech", str(candid_of(1)), str(candid_of(2)), CANARY, "MARK-OF-THE-OWNER", "skyhub.duckdb",
    "token-key", "root:x:0",
)  # fmt: skip


def _statements(name: str) -> list[str]:
    """One attack a line, from the list of a kind."""
    return (Path(__file__).parent / "attacks" / f"{name}.txt").read_text().splitlines()


OTHERS_ROWS = [
    *_statements("others_rows"),
    "FROM al\u200berts",
    "FROM \u202ealerts",
    "SELECT /*+ */ * FROM alerts -- x\n",
    "SELECT * FROM alerts--\n;",
]

NOBODY_ELSE_CALLS = "127.66.66.66"
"""A loopback address of these tests alone: at 127.0.0.1 a client that looks for a server that ended may call."""

FILES_AND_NETWORK = [*_statements("files_and_network")]

OTHER_STATEMENTS = [
    *_statements("other_statements"),
    "",
    "SELECT 1; --\nDROP TABLE alerts",
    "SELECT 1\x00; DROP TABLE alerts",
]

BOMBS = [*_statements("bombs")]

NESTED = {
    "parentheses": "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
    "subqueries": "SELECT * FROM " + "(SELECT * FROM " * 2_000 + "alerts" + ")" * 2_000,
    "ctes": "WITH t AS (FROM range(2)), "
    + ", ".join(f"t{n} AS (FROM t{n - 1 if n else ''} a, t{n - 1 if n else ''} b)" for n in range(40))
    + " SELECT count(*) FROM t39",
    "operators": "SELECT " + "+".join(["1"] * 50_000),
    "conditions": "SELECT count(*) FROM alerts WHERE " + " OR ".join(f"candid = {n}" for n in range(20_000)),
    "nots": "SELECT count(*) FROM alerts WHERE " + "NOT (" * 3_000 + "mjd > 1" + ")" * 3_000,
    "lists": "SELECT " + "[" * 5_000 + "]" * 5_000,
    "cases": "SELECT " + "CASE WHEN true THEN " * 3_000 + "1" + " END" * 3_000,
    "columns": "SELECT " + ", ".join(f"candid AS c{n}" for n in range(20_000)) + " FROM alerts",
    "unions": " UNION ALL ".join(["SELECT candid FROM alerts"] * 2_000),
    "joins": "SELECT count(*) FROM alerts a0 " + " ".join(f"JOIN alerts a{n} USING (candid)" for n in range(1, 120)),
    "text": "SELECT '" + "x" * 5_000_000 + "'",
    "name": 'SELECT 1 AS "' + "x" * 1_000_000 + '"',
    "items": "SELECT count(*) FROM alerts WHERE candid IN (" + ", ".join(map(str, range(100_000))) + ")",
    "comment": "/*" * 100_000 + "*/" * 100_000 + "SELECT 1",
    "unicode": "SELECT '" + "\U0010ffff\u0000é\u202e" * 1000 + "'",
    "surrogate": "SELECT '\ud800'",
}  # fmt: skip


@pytest.fixture(scope="module")
def attacked(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    import shutil

    with open_database(shutil.copytree(built_house, tmp_path_factory.mktemp("attacked") / "house")) as db:
        save_table(db, OWNER, "hidden", pa.table({"secret": ["MARK-OF-THE-OWNER"]}), "MARK-OF-THE-OWNER")
        yield db


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("canary") / "canary.txt"
    path.write_text(f"a,b\n{CANARY},1\n")
    return path


def _outcome(db: Database, statement: str, **options: Any) -> str:
    """All that an attacker gets to read."""
    try:
        return _text(run_sql(db, VISITOR, Statement(statement, **options)).table)
    except InvalidInput as error:
        return error.message


def _text(table: pa.Table) -> str:
    """Names and values; of types that Python cannot represent as Arrow prints them."""
    try:
        return str(table.to_pylist())
    except (OverflowError, ValueError):
        return table.to_string(preview_cols=1000)


def _require_nothing(db: Database, text: str, statement: str = "") -> None:
    for mark in (*MARKS, str(db.data_dir)):
        assert mark in statement or mark not in text, f"{mark} came out"


@pytest.mark.parametrize("statement", OTHERS_ROWS)
def test_rows_of_others_stay_hidden(attacked: Database, statement: str) -> None:
    _require_nothing(attacked, _outcome(attacked, statement), statement)


@pytest.mark.parametrize("statement", FILES_AND_NETWORK)
def test_files_and_network_cannot_be_reached(attacked: Database, canary: Path, statement: str) -> None:
    called: list[Any] = []
    with socket.create_server((NOBODY_ELSE_CALLS, 0)) as listener:
        listener.settimeout(0.05)
        address = "{}:{}".format(*listener.getsockname())
        text = statement.format(file=canary, dir=canary.parent, address=address)
        outcome = _outcome(attacked, text)
        with contextlib.suppress(TimeoutError):
            called.append(listener.accept())
    _require_nothing(attacked, outcome, text)
    assert called == []
    assert [path.name for path in canary.parent.iterdir()] == [canary.name]


@pytest.mark.parametrize("statement", OTHER_STATEMENTS)
def test_anything_but_one_select_is_refused(attacked: Database, canary: Path, statement: str) -> None:
    text = statement.replace("{file}", str(canary)).replace("{dir}", str(canary.parent))
    before = attacked.version()
    with pytest.raises(InvalidInput) as caught:
        run_sql(attacked, VISITOR, text)
    _require_nothing(attacked, caught.value.message, text)
    assert [path.name for path in canary.parent.iterdir()] == [canary.name]
    assert attacked.version() == before
    assert run_sql(attacked, VISITOR, "SELECT count(*) AS n FROM alerts").table.to_pylist() == [{"n": 3}]


@pytest.fixture
def small(attacked: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(module, "_LIMITS", Limits(seconds=3.0, memory_mb=100, answer_mb=20, rows=100_000))
    return attacked


@pytest.mark.parametrize("statement", BOMBS, ids=lambda s: s[:60])
def test_a_bomb_hurts_nobody(small: Database, statement: str) -> None:
    here = psutil.Process()
    before = here.memory_info().rss
    with contextlib.suppress(InvalidInput):
        found = run_sql(small, VISITOR, statement)
        assert len(found.data) < 21 * 2**20
        assert found.rows <= 100_000
    assert here.memory_info().rss < before + 200 * 2**20
    assert run_sql(small, VISITOR, "SELECT 1 AS x").table.to_pylist() == [{"x": 1}]


@pytest.mark.parametrize("name", NESTED)
def test_deep_and_long_statements_hurt_nobody(small: Database, name: str) -> None:
    with contextlib.suppress(InvalidInput):
        found = run_sql(small, VISITOR, NESTED[name])
        _require_nothing(small, str(found.table.schema))
        assert found.rows <= 100_000
    assert run_sql(small, VISITOR, "SELECT 1 AS x").table.to_pylist() == [{"x": 1}]


@pytest.mark.parametrize("statement", _statements("errors"))
def test_errors_hold_nothing_hidden(attacked: Database, statement: str) -> None:
    _require_nothing(attacked, _outcome(attacked, statement), statement)


def test_parameters_are_no_statements(attacked: Database) -> None:
    for value in ("' OR 1=1 --", "x'); DROP TABLE alerts; --", "ZTF26partner", "\0", "𝕏" * 1000):
        for form, given in (("?", [value]), ("$v", {"v": value})):
            rows = run_sql(
                attacked, VISITOR, Statement(f"SELECT object_id FROM alerts WHERE object_id = {form}", given)
            ).table
            assert len(rows) == 0
    _require_nothing(attacked, _outcome(attacked, "FROM query_table(?)", parameters=["user_owner.hidden"]))
    _require_nothing(attacked, _outcome(attacked, "FROM query(?)", parameters=["FROM users"]))


def test_tables_that_come_along_do_not_hide_the_platforms(attacked: Database) -> None:
    fake = pa.table({"object_id": ["ZTF26partner"], "mjd": [1.0]})
    for name in ("alerts", "Alerts", "main", "skyhub_extra_0", "x.y", 'a"; DROP', "user_owner.hidden"):
        text = "SELECT 1"
        try:
            run_sql(attacked, VISITOR, Statement(text, tables={name: fake}))
        except InvalidInput:
            continue
        assert name == "main"
    odd = pa.table({"x": pa.array([b"\xff"]), 'a"b; --': [1], "ｘ": [1]})
    assert run_sql(attacked, VISITOR, Statement("FROM mine", tables={"mine": odd})).rows == 1


def test_a_worker_that_is_stopped_is_ended(attacked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMITS", Limits(seconds=2.0))
    job = Job()
    threading.Thread(target=lambda: (wait_until(lambda: job._worker), os.kill(job._worker.pid, signal.SIGSTOP))).start()
    with pytest.raises(InvalidInput, match="more than 2 s"):
        run_sql(attacked, VISITOR, "SELECT sum(hash(range)) FROM range(100000000000)", job=job)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_worker_that_dies_is_told(attacked: Database, number: int) -> None:
    job = Job()
    threading.Thread(target=lambda: (wait_until(lambda: job.seconds > 1), os.kill(job._worker.pid, number))).start()
    with pytest.raises(InvalidInput, match="memory"):
        run_sql(attacked, VISITOR, "SELECT sum(hash(range)) FROM range(100000000000)", job=job)


def test_a_keeper_that_dies_is_replaced(attacked: Database) -> None:
    run_sql(attacked, VISITOR, "SELECT 1")
    keeper = module.keeper_of(attacked)
    assert keeper._process is not None
    keeper._process.kill()
    assert run_sql(attacked, VISITOR, "SELECT 1 AS x").table.to_pylist() == [{"x": 1}]
    assert run_sql(attacked, VISITOR, "SELECT 1 AS x").table.to_pylist() == [{"x": 1}]


def test_the_keeper_has_one_thread_and_no_rows(attacked: Database) -> None:
    run_sql(attacked, VISITOR, "SELECT 1")
    process = module.keeper_of(attacked)._process
    assert process is not None
    assert psutil.Process(process.pid).num_threads() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_worker_has_no_line_but_its_own(attacked: Database) -> None:
    """One that held the keeper's could speak in its name, and nobody would notice that the keeper has ended."""
    worker = module.keeper_of(attacked).take()
    wait_until(lambda: len(_seccomp(worker)) > 1)
    files = [os.readlink(file) for file in Path(f"/proc/{worker.pid}/fd").iterdir()]
    worker.end()
    assert sum(file.startswith("socket:") for file in files) == 1


def test_a_worker_whose_keeper_has_ended_before_it_began_ends() -> None:
    child = os.fork()
    if child == 0:
        die_with_parent(child)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the system call filter is Linux's")
def test_every_thread_of_a_worker_is_confined(attacked: Database) -> None:
    keeper = module.keeper_of(attacked)
    keeper.prepare()
    wait_until(lambda: all(len(_seccomp(worker)) > 1 for worker in keeper._ready))
    assert {mode for worker in keeper._ready for mode in _seccomp(worker)} == {"2"}
    job = Job()
    seen: set[str] = set()

    def look() -> None:
        wait_until(lambda: job.seconds > 0.2)
        seen.update(_seccomp(job._worker))
        job.cancel()

    thread = threading.Thread(target=look)
    thread.start()
    with pytest.raises(InvalidInput, match="cancelled"):
        run_sql(attacked, VISITOR, "SELECT sum(hash(range)) FROM range(100000000000)", job=job)
    thread.join()
    assert seen == {"2"}


def _seccomp(worker: Any) -> list[str]:
    """The system call filter of each thread of a worker: 2 where there is one."""
    found = [path.read_text() for path in Path(f"/proc/{worker.pid}/task").glob("*/status")]
    return [line.split()[1] for text in found for line in text.splitlines() if line.startswith("Seccomp:")]


def test_counts_of_rows_are_told_roughly(attacked: Database) -> None:
    from skyhub.sql import catalog_of
    from skyhub.sql._catalog import _coarse

    assert set(catalog_of(attacked).rows.values()) == {256}
    assert [_coarse(n) for n in (0, 256, 257, 5000, 20_000_000)] == [256, 256, 1024, 16384, 67_108_864]


def test_many_bombs_at_once_leave_room_for_others(small: Database) -> None:
    threads = [threading.Thread(target=_outcome, args=(small, bomb)) for bomb in BOMBS[:6]]
    for thread in threads:
        thread.start()
    assert run_sql(small, SCANNER, "SELECT count(*) AS n FROM alerts").table.to_pylist() == [{"n": 4}]
    for thread in threads:
        thread.join()
    assert run_sql(small, VISITOR, "SELECT 1 AS x").table.to_pylist() == [{"x": 1}]


def _open(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "open",
        "stream": 1,
        "table": "alerts",
        "columns": ["object_id"],
        "condition": ["and"],
        "done": [],
        **changes,
    }


CAPTURED = {
    "a table of nobody": [_open(table="users")],
    "a table by path": [_open(table="main.users")],
    "a hidden column": [_open(columns=["acl"])],
    "a column that is SQL": [_open(columns=["object_id FROM users --"])],
    "a condition on a hidden column": [_open(condition=["and", [">", "acl", 0]])],
    "a condition that is SQL": [_open(condition=["and", ["= 1 OR 1 =", "candid", 1]])],
    "a condition that is text": [_open(condition="1=1")],
    "a column of conditions that is SQL": [_open(condition=["and", ["valid", "object_id) OR (true"]])],
    "an extra table": [_open(table="extra 0")],
    "an extra table of others": [_open(table="extra 17")],
    "a file": [_open(table="user_tables/x.parquet")],
    "an unknown kind": [{"kind": "shutdown", "stream": 1, "done": []}],
    "no kind": [{}],
    "no stream": [{"kind": "more", "done": []}],
    "an unknown stream": [{"kind": "more", "stream": 99, "done": []}],
    "segments that are not": [{"kind": "more", "stream": 1, "done": [-1, 99, "x"]}],
    "a thousand streams": [_open(stream=n) for n in range(1000)],
    "a list": [[1, 2]],
    "an answer that is not": [{"kind": "done", "rows": "many", "truncated": 1}],
    "a long error": [{"kind": "refused", "why": "x" * 1_000_000}],
}  # fmt: skip


@pytest.mark.parametrize("name", CAPTURED)
def test_a_worker_that_an_attacker_has_captured_gets_nothing_hidden(
    attacked: Database, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ours, theirs = socket.socketpair()
    heard: list[bytes] = []

    def misbehave() -> None:
        wire = Wire(theirs)
        theirs.settimeout(3)
        with contextlib.suppress(OSError, TimeoutError, ConnectionError):
            wire.receive()
            for message in CAPTURED[name]:
                wire.send(message)
            theirs.shutdown(socket.SHUT_WR)
            while (answer := wire.receive()) is not None:
                heard.append(json.dumps(answer.header).encode() + answer.payload)
        theirs.close()

    monkeypatch.setattr(Keeper, "take", lambda self: Worker(Wire(ours), 0, -1))
    thread = threading.Thread(target=misbehave)
    thread.start()
    with pytest.raises(InvalidInput) as caught:
        run_sql(attacked, VISITOR, "SELECT 1")
    thread.join()
    _require_nothing(attacked, str(heard) + caught.value.message)
    assert len(caught.value.message) < 100_000


_CONFINED = """
import ctypes, json, os, signal, socket, subprocess, sys, threading
from skyhub.confined import confine
found = {}
def tried(name, act):
    try:
        act()
        found[name] = "done"
    except BaseException as error:
        found[name] = type(error).__name__
parent = os.getppid()
libc = ctypes.CDLL(None, use_errno=True)
confine(2**30, 60)
tried("read", lambda: open("/etc/passwd").read())
tried("write", lambda: open(sys.argv[1], "w"))
tried("open by number", lambda: 1 / (libc.syscall(257 if os.uname().machine == "x86_64" else 56, -100, b"/etc/passwd", 0) >= 0))
tried("unlink", lambda: os.unlink(sys.argv[2]))
tried("rename", lambda: os.rename(sys.argv[2], sys.argv[1]))
tried("mkdir", lambda: os.mkdir(sys.argv[1]))
tried("socket", lambda: socket.socket())
tried("socketpair", lambda: socket.socketpair())
tried("fork", lambda: os.fork() or os._exit(0))
tried("exec", lambda: os.execv("/bin/true", ["true"]))
tried("spawn", lambda: subprocess.run(["/bin/true"]))
tried("kill", lambda: os.kill(parent, 0))
tried("ptrace", lambda: 1 / (libc.ptrace(16, parent, 0, 0) == 0))
tried("memory of others", lambda: open(f"/proc/{parent}/mem"))
tried("pidfd", lambda: os.pidfd_open(parent))
tried("much memory", lambda: bytearray(2**31))
thread = threading.Thread(target=lambda: found.__setitem__("thread", "done"))
thread.start()
thread.join()
print(json.dumps(found), flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system call filter is Linux's")
def test_a_confined_process_can_only_compute(tmp_path: Path, canary: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CONFINED, str(tmp_path / "new"), str(canary)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("thread") == "done"
    assert found.pop("much memory") == "MemoryError"
    assert [name for name, outcome in found.items() if outcome == "done"] == []
    assert canary.exists()
    assert not (tmp_path / "new").exists()


def test_the_segments_that_are_shared_cannot_be_shrunk() -> None:
    from skyhub.sql._segments import Segments

    segments = Segments(2**24)
    _, memory, [file] = segments.take(2**20)
    for attack in (lambda: os.ftruncate(file, 0), lambda: os.ftruncate(file, 2**23)):
        with pytest.raises(PermissionError):
            _call(attack)
    with pytest.raises(MemoryError):
        segments.take(2**25)
    memory[:4] = b"work"
    os.close(file)
    segments.close()


def _call(act: Callable[[], object]) -> None:
    act()
