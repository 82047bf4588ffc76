"""Backups and restoring them: refused when something is amiss, whole otherwise, also while others write."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from skyhub.care import Manifest, backup, last_backup, restore
from skyhub.care._snapshot import is_owned
from skyhub.db import ADMINISTRATOR, Database, Transaction
from skyhub.errors import Conflict, InvalidInput, PermissionRefused, StorageError
from skyhub.ports import free_port
from skyhub.service import open_database
from support.commands import skyhub
from support.houses import SCANNER
from support.services import OwnProcess, Served, wait_until


def contents(db: Database) -> dict[str, Any]:
    """All rows of all tables, and all blobs in packs."""
    rows = {}
    for table in db.reader.columns:
        found = db.reader.query(ADMINISTRATOR, f"SELECT * FROM @{table}* ORDER BY ALL")
        rows[table] = found.to_pylist()
    blobs = [
        db.packs.read(row["pack"], row[f"{kind}_at"], row[f"{kind}_size"])
        for row in rows["alerts"]
        for kind in ("packet", "science", "template", "difference")
        if row[f"{kind}_at"] is not None
    ]
    return {**rows, "packs": blobs}


@pytest.fixture
def taken(house_dir: Path, tmp_path: Path) -> Path:
    """A backup of the house."""
    with open_database(house_dir) as db:
        return Path(backup(db, tmp_path / "backups")["path"])


def test_bad_wishes_are_refused(house: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="keep is 0"):
        backup(house, tmp_path / "backups", keep=0)
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="backups cannot be written"):
        backup(house, tmp_path / "file" / "backups")
    with pytest.raises(InvalidInput, match="is no backup"):
        restore(tmp_path, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_directory_with_data_is_not_overwritten(taken: Path, house_dir: Path) -> None:
    before = sorted(house_dir.rglob("*"))
    with pytest.raises(InvalidInput, match="is not empty"):
        restore(taken, house_dir)
    assert sorted(house_dir.rglob("*")) == before


def test_a_database_in_use_is_not_replaced(taken: Path, house_dir: Path) -> None:
    with open_database(house_dir) as db:
        with pytest.raises(Conflict, match="stop the service first"):
            restore(taken, house_dir, replace=True)
        assert db.reader.rows(ADMINISTRATOR, "SELECT count(*) AS n FROM @alerts")[0]["n"] > 0


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


@pytest.mark.parametrize("spoil", [_flip, _cut, Path.unlink], ids=["flipped", "cut", "missing"])
@pytest.mark.parametrize("which", ["skyhub.duckdb", "packs/*.pack"])
def test_a_damaged_backup_is_refused_and_names_the_file(taken: Path, tmp_path: Path, spoil: Any, which: str) -> None:
    path = sorted(taken.glob(which))[0]
    spoil(path)
    with pytest.raises(StorageError, match=path.name):
        restore(taken, tmp_path / "new")
    assert [p.name for p in tmp_path.iterdir() if "new" in p.name] == []


@pytest.mark.parametrize("change", [{"format": 2}, {"schema": 9999}, {"files": {"../x": {}}}, {"tables": 3}])
def test_a_manifest_that_cannot_be_followed_is_refused(taken: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    path = taken / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(StorageError):
        restore(taken, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_name_that_leads_out_of_the_directory_is_refused(taken: Path, tmp_path: Path) -> None:
    manifest = json.loads((taken / "manifest.json").read_text())
    entry = manifest["files"]["skyhub.duckdb"]
    (taken / "manifest.json").write_text(json.dumps({**manifest, "files": {"../../stray": entry}}))
    (taken.parent.parent / "stray").write_text("x")
    with pytest.raises(StorageError, match="outside"):
        restore(taken, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_everything_reads_as_before(house_dir: Path, tmp_path: Path) -> None:
    with open_database(house_dir) as db:
        answer = backup(db, tmp_path / "backups")
        before = contents(db)
        assert len(before["packs"]) > 5
        assert answer["tables"]["alerts"] == len(before["alerts"]) > 0
        assert answer["data_version"] == db.version()
    told = restore(Path(answer["path"]), tmp_path / "new")
    assert (told["tables"], told["replaced"]) == (answer["tables"], None)
    with open_database(tmp_path / "new") as db:
        assert contents(db) == before


def test_replacing_keeps_the_old_aside(taken: Path, house_dir: Path) -> None:
    (house_dir / "homes" / "ann").mkdir(parents=True)
    (house_dir / "homes" / "ann" / "mine.txt").write_text("kept")
    (house_dir / "secrets").mkdir(exist_ok=True)
    (house_dir / "secrets" / "token-key").write_text("ab" * 32)
    with open_database(house_dir) as db:
        db.writer.write(lambda t: t.insert("visits", [{"user_name": "after the backup"}]))
    told = restore(taken, house_dir, replace=True)
    with open_database(house_dir) as db:
        assert db.reader.rows(ADMINISTRATOR, "SELECT * FROM @visits") == []
    with open_database(Path(told["replaced"])) as db:
        assert len(db.reader.rows(ADMINISTRATOR, "SELECT * FROM @visits")) == 1
    assert (house_dir / "homes" / "ann" / "mine.txt").read_text() == "kept"
    assert (house_dir / "secrets" / "token-key").read_text() == "ab" * 32


def test_a_backup_in_the_data_directory_survives_replacing(house_dir: Path) -> None:
    with open_database(house_dir) as db:
        path = Path(backup(db)["path"])
    restore(path, house_dir, replace=True)
    assert Manifest.read(path).files
    assert restore(path, house_dir, replace=True)["tables"]["alerts"] > 0


def test_what_has_not_changed_is_linked_and_nothing_to_the_live_data(house: Database, tmp_path: Path) -> None:
    first = backup(house, tmp_path / "backups")
    second = backup(house, tmp_path / "backups")
    pack = sorted((Path(second["path"]) / "packs").iterdir())[0]
    assert (first["files_linked"], second["files_linked"] > 0) == (0, True)
    assert pack.samefile(Path(first["path"]) / "packs" / pack.name)
    assert not pack.samefile(house.data_dir / "packs" / pack.name)
    house.packs.append(pack.stem, [b"more"])
    third = backup(house, tmp_path / "backups")
    grown = Path(third["path"]) / "packs" / pack.name
    assert grown.read_bytes() == pack.read_bytes() + b"more"


def test_only_so_many_are_kept_and_only_ones_own(house: Database, tmp_path: Path) -> None:
    with open_database(tmp_path / "other") as other:
        stranger = backup(other, tmp_path / "backups")["path"]
    made = [backup(house, tmp_path / "backups", keep=2) for _ in range(4)]
    assert [len(answer["removed"]) for answer in made] == [0, 0, 1, 1]
    left = {str(path) for path in (tmp_path / "backups").glob("skyhub-*")}
    assert left == {stranger, made[2]["path"], made[3]["path"]}
    last = last_backup(house.data_dir)
    assert last is not None
    assert last.path == made[3]["path"]
    restore(Path(made[3]["path"]), tmp_path / "new")


def test_secrets_are_copied_only_on_demand(house: Database, tmp_path: Path) -> None:
    (house.data_dir / "secrets").mkdir(exist_ok=True)
    (house.data_dir / "secrets" / "token-key").write_text("ab" * 32)
    (house.data_dir / "secrets" / "token-key").chmod(0o600)
    without = backup(house, tmp_path / "backups")
    assert not (Path(without["path"]) / "secrets").exists()
    with_them = backup(house, tmp_path / "backups", secrets=True)
    restore(Path(with_them["path"]), tmp_path / "new")
    key = tmp_path / "new" / "secrets" / "token-key"
    assert (key.read_text(), key.stat().st_mode & 0o777) == ("ab" * 32, 0o600)
    assert Path(with_them["path"]).stat().st_mode & 0o077 == 0


def test_other_files_are_kept_with_their_modes(house: Database, tmp_path: Path) -> None:
    folder = house.data_dir / "shared" / "transients"
    folder.mkdir(parents=True)
    folder.chmod(0o2770)
    (folder / "notes.txt").write_text("shared")
    (house.data_dir / "user_tables").mkdir(exist_ok=True)
    (house.data_dir / "user_tables" / "1-1.parquet").write_bytes(b"rows")
    (folder / "away").symlink_to("/etc/passwd")
    restore(Path(backup(house, tmp_path / "backups")["path"]), tmp_path / "new")
    again = tmp_path / "new" / "shared" / "transients"
    assert ((again / "notes.txt").read_text(), again.stat().st_mode & 0o7777) == ("shared", 0o2770)
    assert (tmp_path / "new" / "user_tables" / "1-1.parquet").read_bytes() == b"rows"
    assert not (again / "away").is_symlink()


def test_the_owners_lock_holds_through_a_backup(house: Database, tmp_path: Path) -> None:
    assert is_owned(house.data_dir / "skyhub.duckdb")
    backup(house, tmp_path / "backups")
    assert is_owned(house.data_dir / "skyhub.duckdb")


def test_a_second_backup_at_the_same_time_is_refused(house: Database, tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "backups").mkdir()
    with (tmp_path / "backups" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="another backup"):
            backup(house, tmp_path / "backups")
    backup(house, tmp_path / "backups")


def test_what_an_interrupted_backup_left_is_removed(house: Database, tmp_path: Path) -> None:
    (tmp_path / "backups" / ".unfinished-x").mkdir(parents=True)
    (tmp_path / "backups" / ".unfinished-x" / "skyhub.duckdb").touch()
    answer = backup(house, tmp_path / "backups")
    assert [p.name for p in (tmp_path / "backups").iterdir() if p.name != ".lock"] == [Path(answer["path"]).name]
    assert not (house.data_dir / ".held-for-backup").exists()


def test_a_backup_is_of_one_moment_while_others_write(db: Database, tmp_path: Path) -> None:
    """Every transaction writes to three tables and a pack; bulk rows and removals move blocks of the file about."""
    stop, before = threading.Event(), db.version()
    written: list[int] = []

    def work(number: int) -> Any:
        def run(transaction: Transaction) -> None:
            blob = b"%08d" % number * 50
            [at] = db.packs.append("night", [blob])
            row = {"candid": number, "object_id": f"o{number}", "acl": 0, "pack": "night"}
            transaction.insert("alerts", [{**row, "packet_at": at, "packet_size": len(blob)}])
            transaction.insert("objects", [{"object_id": f"o{number}", "acl": 0}] * 2)
            names = pa.array([f"{number}-{n}" for n in range(2000)])
            transaction.insert("visits", pa.table({"user_name": names}))
            transaction.announce("written", {"n": number}, 0)

        return run

    def keep_writing() -> None:
        while not stop.is_set():
            db.writer.write(work(len(written)))
            written.append(len(written))

    thread = threading.Thread(target=keep_writing)
    thread.start()
    wait_until(lambda: len(written) > 10)
    try:
        paths = [Path(backup(db, tmp_path / "backups")["path"]) for _ in range(3)]
    finally:
        stop.set()
        thread.join()
    sizes = []
    for number, path in enumerate(paths):
        data_dir = tmp_path / f"restored{number}"
        version = restore(path, data_dir)["data_version"]
        with Database(data_dir) as restored:
            alerts = restored.reader.rows(ADMINISTRATOR, "SELECT * FROM @alerts ORDER BY candid")
            sizes.append(len(alerts))
            assert [row["candid"] for row in alerts] == list(range(len(alerts)))
            assert restored.version() == version == before + len(alerts)
            for table, each in (("objects", 2), ("visits", 2000)):
                found = restored.reader.rows(ADMINISTRATOR, f"SELECT count(*) AS n FROM @{table}")
                assert found[0]["n"] == each * len(alerts)
            for row in alerts:
                assert restored.packs.read("night", row["packet_at"], row["packet_size"])[:8] == b"%08d" % row["candid"]
    assert 10 < sizes[0] <= sizes[1] <= sizes[2] <= len(written)


def test_the_route_is_the_administrators(served: Served) -> None:
    with served.sky(SCANNER) as sky:
        for call in (
            lambda: sky.transport.post("/api/care/backup", {}),
            lambda: sky.transport.get("/api/care/check"),
        ):
            with pytest.raises(PermissionRefused, match="administer"):
                call()
    assert served.get("/api/care/check").status_code == 401
    assert not (served.db.data_dir / "backups").exists()


@pytest.mark.slow
def test_commands_work_with_and_without_a_service(house_dir: Path, tmp_path: Path) -> None:
    alone = skyhub("backup", "--data-dir", house_dir)
    service = OwnProcess(house_dir, free_port())
    try:
        served = skyhub("backup", tmp_path / "elsewhere", "--keep", 3, "--data-dir", house_dir)
        refused = skyhub("restore", served["path"], "--data-dir", house_dir, "--replace", status=2)
        document = skyhub("check", "--data-dir", house_dir)
    finally:
        service.stop()
    assert refused["error"]["code"] == "conflict"
    assert served["tables"] == alone["tables"] == document["counts"]
    assert (document["ok"], document["last_backup"]["path"]) == (True, served["path"])
    shutil.rmtree(house_dir)
    told = skyhub("restore", alone["path"], "--data-dir", tmp_path / "new", status=2)
    assert told["error"]["code"] == "invalid_input"
    assert skyhub("restore", served["path"], "--data-dir", house_dir)["tables"] == alone["tables"]
    assert skyhub("check", "--deep", "--data-dir", house_dir)["ok"]
