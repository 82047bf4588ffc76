"""Full disks, damaged files, clocks that jump, kill -9 at the worst moment: clear errors, nothing lost, the way back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from skyhub.care import backup, check, restore
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import DamagedFile, StorageError
from support.commands import skyhub
from support.houses import run_python

_COMMON = """
import json, sys
from pathlib import Path
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import StorageError

acknowledged, refused, told = [], [], {}

def write(db, name, size=1000):
    try:
        db.writer.write(lambda t: (t.insert("visits", [{"user_name": name}]), t.announce(name, {"x": "y" * size}, 0)))
        acknowledged.append(name)
    except StorageError as error:
        refused.append(error.message)

def visits(db):
    return sorted(row["user_name"] for row in db.reader.rows(ADMINISTRATOR, "SELECT user_name FROM @visits"))
"""

_SERVICE = (
    _COMMON
    + """
import httpx
from skyhub.service import open_database, serving

def health(address):
    return httpx.get(address.url + "/health", trust_env=False).json()
"""
)

_FULL_DISK = (
    _SERVICE
    + """
import os
root = Path(sys.argv[1])
with open_database(root / "data") as db, serving(db) as address:
    for number in range(20):
        write(db, f"before-{number}")
    told["before"] = health(address)["status"]
    state = os.statvfs(root)
    filler = (root / "filler").open("wb")
    filler.write(bytes(state.f_bavail * state.f_frsize - 200_000))
    filler.flush()
    for number in range(5):
        write(db, f"full-{number}", 10_000)
    told["refused"] = len(refused)
    told["message"] = refused[0]
    told["full"] = health(address)
    told["readable"] = len(visits(db))
    try:
        db.packs.append("night", [bytes(10_000_000)])
    except StorageError as error:
        told["pack"] = error.message
    filler.close()
    (root / "filler").unlink()
    for number in range(5):
        write(db, f"after-{number}")
    told["after"] = health(address)["status"]
with Database(root / "data") as db:
    told["lost"] = sorted(set(acknowledged) - set(visits(db)))
    told["torn"] = len(visits(db)) - len(db.reader.rows(ADMINISTRATOR, "SELECT * FROM @changes WHERE contains(kind, '-')"))
    told["acknowledged"] = len(acknowledged)
print(json.dumps(told))
"""
)

_LIMIT = (
    _SERVICE
    + """
import resource
root = Path(sys.argv[1])
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

def limit(bytes_):
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))

with open_database(root / "data") as db, serving(db) as address:
    for number in range(20):
        write(db, f"before-{number}")
    log = root / "data" / "skyhub.duckdb.wal"
    limit(log.stat().st_size + 4096)
    for number in range(3):
        write(db, f"full-{number}", 50_000)
    told["refused"], told["message"] = len(refused), refused[0]
    told["readable"] = len(visits(db))
    write(db, "small", 10)
    told["small"] = "small" in acknowledged
    limit(4096)
    try:
        db.writer.between(lambda connection: connection.execute("CHECKPOINT"))
    except Exception as error:
        told["checkpoint"] = type(error).__name__
    told["still readable"] = len(visits(db))
    limit(soft)
    for number in range(5):
        write(db, f"after-{number}")
    told["after"] = health(address)["status"]
    db.writer.between(lambda connection: connection.execute("CHECKPOINT"))
    told["at the end"] = len(visits(db))
with Database(root / "data") as db:
    told["lost"] = sorted(set(acknowledged) - set(visits(db)))
    told["acknowledged"] = len(acknowledged)
print(json.dumps(told))
"""
)


def _on_small_disk(code: str, place: Path) -> dict[str, Any]:
    """Run a program with a disk of 48 MB of its own; skipped where the system lets nobody have one."""
    own = ["unshare", "--user", "--map-root-user", "--mount"]
    mount = f"mount -t tmpfs -o size=48m tmpfs {place}"
    place.mkdir()
    try:
        possible = subprocess.run([*own, "sh", "-c", mount], capture_output=True, timeout=20).returncode == 0
    except OSError:
        possible = False
    if not possible:
        pytest.skip("this system gives no small disk to an ordinary user (unshare, mount)")
    done = subprocess.run(
        [*own, "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, "-c", code, str(place)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def test_a_full_disk_refuses_writes_and_loses_none(tmp_path: Path) -> None:
    told = _on_small_disk(_FULL_DISK, tmp_path / "disk")
    assert (told["before"], told["after"]) == ("ok", "ok")
    assert told["refused"] == 5
    assert "free disk space, then try again" in told["message"]
    assert told["full"]["status"] == "degraded"
    assert "MiB free" in told["full"]["problem"]
    assert told["full"]["disk_free_bytes"] < 1_000_000
    assert told["readable"] == 20
    assert "Free disk space" in told["pack"]
    assert (told["acknowledged"], told["lost"], told["torn"]) == (25, [], 0)


@pytest.mark.slow
def test_a_file_that_may_not_grow_is_survived_and_so_is_a_failed_checkpoint(tmp_path: Path) -> None:
    told = run_python(_LIMIT, str(tmp_path))
    assert told["refused"] == 3
    assert "nothing was written" in told["message"]
    assert told["readable"] == 20
    assert told["small"]
    assert told["checkpoint"] == "FatalException"
    assert told["still readable"] == 21
    assert told["after"] == "ok"
    assert (told["at the end"], told["acknowledged"], told["lost"]) == (26, 26, [])


def test_no_backup_without_room_and_older_ones_stay(tmp_path: Path) -> None:
    code = (
        _COMMON
        + """
from skyhub.care import backup, restore
root = Path(sys.argv[1])
with Database(root / "data") as db:
    for number in range(20):
        write(db, f"n{number}")
    first = backup(db, root / "backups")["path"]
    db.packs.append("night", [bytes(30_000_000)])
    try:
        backup(db, root / "backups")
    except StorageError as error:
        told["message"] = error.message
    write(db, "afterwards")
    told["left"] = sorted(str(p) for p in (root / "backups").glob("*") if p.name != ".lock")
    told["first"] = first
    told["visits"] = len(visits(db))
(root / "data" / "packs" / "night.pack").unlink()
told["restored"] = restore(Path(first), root / "again")["tables"]["visits"]
print(json.dumps(told))
"""
    )
    told = _on_small_disk(code, tmp_path / "disk")
    assert "No space left" in told["message"]
    assert told["left"] == [told["first"]]
    assert (told["visits"], told["restored"]) == (21, 20)


def _overwrite(path: Path, at: int, size: int = 64) -> None:
    with path.open("r+b") as f:
        f.seek(at)
        f.write(os.urandom(size))


def _filled(data_dir: Path, rows: int = 5_000) -> None:
    with Database(data_dir) as db:
        names = [{"user_name": f"{n:020d}"} for n in range(rows)]
        db.writer.write(lambda t: t.insert("visits", names))


def _spoil_later_headers(path: Path) -> None:
    _overwrite(path, 4096, 2 * 4096)


def _leave_zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "first header": lambda path: _overwrite(path, 0),
    "later headers": _spoil_later_headers,
    "zeros": _leave_zeros,
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
}


@pytest.mark.parametrize(
    "damage",
    [pytest.param(d, marks=() if name in ("first header", "cut") else pytest.mark.slow) for name, d in DAMAGES.items()],
    ids=DAMAGES.keys(),
)
def test_a_damaged_database_is_named_with_the_way_back(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    data_dir = tmp_path / "data"
    _filled(data_dir)
    with Database(data_dir) as db:
        path = backup(db, tmp_path / "backups")["path"]
    damage(data_dir / "skyhub.duckdb")
    with pytest.raises(DamagedFile, match=r"skyhub\.duckdb.* skyhub restore BACKUP") as caught:
        Database(data_dir)
    assert caught.value.where.endswith("skyhub.duckdb")
    restore(Path(path), data_dir, replace=True)
    with Database(data_dir) as db:
        assert errors_of(check(db, deep=True)) == []


def test_the_commands_lead_from_a_damaged_database_to_a_sound_one(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    _filled(data_dir)
    with Database(data_dir) as db:
        path = backup(db, tmp_path / "backups")["path"]
    _overwrite(data_dir / "skyhub.duckdb", 0)
    document = skyhub("check", "--data-dir", data_dir)
    assert document["ok"] is False
    assert [(p["kind"], p["where"]) for p in document["problems"]] == [("database", str(data_dir / "skyhub.duckdb"))]
    assert "skyhub restore" in document["problems"][0]["what_to_do"]
    told = skyhub("restore", path, "--replace", "--data-dir", data_dir)
    assert told["tables"]["visits"] == 5_000
    assert skyhub("check", "--deep", "--data-dir", data_dir)["ok"]


def errors_of(document: dict[str, Any]) -> list[dict[str, str]]:
    return [p for p in document["problems"] if p["severity"] == "error"]


def test_a_damaged_block_is_found_by_the_deep_check(tmp_path: Path) -> None:
    _filled(tmp_path, 200_000)
    size = (tmp_path / "skyhub.duckdb").stat().st_size
    for at in range(3 * 4096 + 100_000, size, 262_144):
        _overwrite(tmp_path / "skyhub.duckdb", at)
    try:
        with Database(tmp_path) as db:
            problems = check(db, deep=True)["problems"]
    except DamagedFile as error:
        problems = [{"kind": "database", "where": error.where}]
    assert ("database", str(tmp_path / "skyhub.duckdb")) in [(p["kind"], p["where"]) for p in problems]


_WRITE_AND_DIE = (
    _COMMON
    + """
import os
db = Database(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    write(db, f"n{number:03d}", 100)
print(json.dumps(acknowledged), flush=True)
os.kill(os.getpid(), 9)
"""
)


def _log_of(data_dir: Path, n_writes: int = 50) -> Path:
    """A log of writes that no checkpoint has taken in, left by a process that was killed."""
    Database(data_dir).close()
    arguments = [sys.executable, "-c", _WRITE_AND_DIE, str(data_dir), str(n_writes)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL
    return data_dir / "skyhub.duckdb.wal"


def test_a_log_that_ends_in_the_middle_of_a_write_gives_all_whole_ones(tmp_path: Path) -> None:
    log = _log_of(tmp_path)
    os.truncate(log, log.stat().st_size - 30)
    with Database(tmp_path) as db:
        visits = [r["user_name"] for r in db.reader.rows(ADMINISTRATOR, "SELECT user_name FROM @visits ORDER BY 1")]
        changes = [r["kind"] for r in db.reader.rows(ADMINISTRATOR, "SELECT kind FROM @changes ORDER BY 1")]
        assert visits == changes == [f"n{n:03d}" for n in range(49)]
        db.writer.write(lambda t: t.insert("visits", [{"user_name": "next"}]))


def test_a_log_damaged_in_its_middle_is_refused_not_shortened(tmp_path: Path) -> None:
    log = _log_of(tmp_path)
    whole = log.read_bytes()
    before = whole.replace(b"n025", b"n\xff25", 1)
    assert before != whole
    log.write_bytes(before)
    with pytest.raises(DamagedFile, match=r"skyhub restore BACKUP"):
        Database(tmp_path)
    assert log.read_bytes() == before


def test_a_truncated_pack_is_named_with_the_way_back(house: Database) -> None:
    [row] = house.reader.rows(
        ADMINISTRATOR, "SELECT pack, packet_at, packet_size FROM @alerts ORDER BY packet_at DESC LIMIT 1"
    )
    pack = house.data_dir / "packs" / f"{row['pack']}.pack"
    os.truncate(pack, row["packet_at"] + 1)
    with pytest.raises(StorageError, match=r"restore it from the last backup"):
        house.packs.read(*row.values())
    assert ("pack", str(pack)) in [(p["kind"], p["where"]) for p in check(house)["problems"]]


def test_a_clock_that_jumps_forward_and_back_loses_no_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from skyhub.db import _writer

    class Clock(datetime):
        shift = timedelta(0)

        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + cls.shift

    monkeypatch.setattr(_writer, "datetime", Clock)
    days = (0, -1, 40, 0, -400)
    with Database(tmp_path) as db:
        for number, shift in enumerate(days):
            Clock.shift = timedelta(days=shift)
            db.writer.write(lambda t, n=number: t.insert("visits", [{"user_name": str(n)}]))
        rows = db.reader.rows(ADMINISTRATOR, "SELECT * FROM @visits ORDER BY user_name")
        times = [row["known_at"] for row in rows]
        assert times == sorted(times)
        assert times[2] == times[4] > datetime.now(UTC).replace(tzinfo=None) + timedelta(days=39)
        problems = {p["kind"]: p for p in check(db)["problems"]}
    assert "visits" in problems["clock"]["where"]
    assert "Set the clock" in problems["clock"]["what_to_do"]


_CHECKPOINT = (
    _COMMON
    + """
db = Database(Path(sys.argv[1]))
begin = len(visits(db))
for number in range(begin, begin + 100_000):
    write(db, f"{number:06d}", 20_000)
    print(number, flush=True)
    if number % 5 == 0:
        db.writer.between(lambda connection: connection.execute("CHECKPOINT"))
"""
)

_BACKUP = (
    _COMMON
    + """
import threading
from skyhub.care import backup
db = Database(Path(sys.argv[1]))
begin = len(visits(db))
def forever():
    while True:
        backup(db, Path(sys.argv[2]), keep=2)
threading.Thread(target=forever, daemon=True).start()
for number in range(begin, begin + 100_000):
    write(db, f"{number:06d}", 20_000)
    print(number, flush=True)
"""
)


def _killed(code: str, *arguments: object, seconds: float) -> list[int]:
    """What a program had acknowledged when it was killed, some time after its first acknowledgement."""
    words = [sys.executable, "-c", code, *map(str, arguments)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    return [int(line) for line in lines if line.endswith("\n")]


def _rows_of(data_dir: Path) -> list[int]:
    with Database(data_dir) as db:
        visits = [
            int(r["user_name"]) for r in db.reader.rows(ADMINISTRATOR, "SELECT user_name FROM @visits ORDER BY 1")
        ]
        changes = [int(r["kind"]) for r in db.reader.rows(ADMINISTRATOR, "SELECT kind FROM @changes ORDER BY 1")]
        errors = errors_of(check(db))
    assert visits == changes
    assert errors == []
    return visits


@pytest.mark.slow
def test_killed_while_making_checkpoints_nothing_is_lost(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    for number in range(3):
        acknowledged += _killed(_CHECKPOINT, tmp_path, seconds=0.3 + 0.1 * number)
        stored = _rows_of(tmp_path)
        assert stored == list(range(len(stored)))
        assert set(acknowledged) <= set(stored)
    assert len(acknowledged) > 20


@pytest.mark.slow
def test_killed_while_backing_up_nothing_is_lost_and_backups_are_whole(tmp_path: Path) -> None:
    data_dir, backups = tmp_path / "data", tmp_path / "backups"
    acknowledged: list[int] = []
    whole: list[Path] = []
    number = 0
    while number < 3 or not whole:
        acknowledged += _killed(_BACKUP, data_dir, backups, seconds=0.6 + 0.25 * number)
        stored = _rows_of(data_dir)
        assert stored == list(range(len(stored)))
        assert set(acknowledged) <= set(stored)
        whole = sorted(backups.glob("skyhub-*"))
        number += 1
    for place, path in enumerate(whole):
        restore(path, tmp_path / f"restored{place}")
        restored = _rows_of(tmp_path / f"restored{place}")
        assert restored == list(range(len(restored)))
    with Database(data_dir) as db:
        backup(db, backups)
    assert list(backups.glob(".unfinished-*")) == []
