"""One owner: whoever comes second is refused and told why."""

from __future__ import annotations

from pathlib import Path

import pytest
from skyhub.db import ADMINISTRATOR, Database
from skyhub.errors import StorageError
from support.houses import run_python

_OPEN = """
import json, sys
from pathlib import Path
from skyhub.db import Database
from skyhub.errors import StorageError
try:
    with Database(Path(sys.argv[1])) as db:
        print(json.dumps({"schema": db.schema}))
except StorageError as error:
    print(json.dumps({"message": error.message, "where": error.where}))
"""


def test_a_second_owner_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with Database(tmp_path):
        with pytest.raises(StorageError, match="open in this process already"):
            Database(tmp_path)
        with pytest.raises(StorageError, match="open in this process already"):
            Database(tmp_path / "." / ".." / tmp_path.name)


def test_a_second_owner_in_another_process_is_refused(tmp_path: Path) -> None:
    with Database(tmp_path):
        answer = run_python(_OPEN, str(tmp_path))
    assert "owned by another process" in answer["message"]
    assert answer["where"].endswith("skyhub.duckdb")


def test_a_closed_database_is_free_for_another_process(tmp_path: Path) -> None:
    db = Database(tmp_path)
    db.reader.rows(ADMINISTRATOR, "SELECT count(*) FROM @alerts")
    db.version()
    db.close()
    assert run_python(_OPEN, str(tmp_path)) == {"schema": db.schema}


def test_a_refused_opening_leaves_nothing_locked(tmp_path: Path) -> None:
    (tmp_path / "skyhub.duckdb").write_bytes(b"this is no database" * 1000)
    for _ in range(2):
        with pytest.raises(StorageError, match="cannot be opened"):
            Database(tmp_path)
    (tmp_path / "skyhub.duckdb").unlink()
    Database(tmp_path).close()


def test_a_file_is_no_data_directory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(StorageError, match="cannot be used as data directory"):
        Database(path)


def test_the_data_directory_is_its_owners_alone(tmp_path: Path) -> None:
    with Database(tmp_path / "new"):
        assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_what_is_asked_of_a_closed_database_is_refused(tmp_path: Path) -> None:
    db = Database(tmp_path)
    db.close()
    with pytest.raises(StorageError, match="closed"):
        db.writer.write(lambda transaction: None)
    with pytest.raises(StorageError, match="closed"):
        db.reader.rows(ADMINISTRATOR, "SELECT 1 AS one")
    db.close()
