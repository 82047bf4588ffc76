"""Allocations: checked, shared and corrected like all records; secrets go in and never come out."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused, SkyhubError, StorageError
from skyhub.facilities import load_facilities
from skyhub.followup import ALLOCATIONS, Sealer, allocation_secrets
from skyhub.records import add, edit, find, get, history, remove, share
from skyhub.team import add_groups
from support.services import Served

VERA = Viewer("vera", frozenset({"transients", "bursts"}), scopes=ROLES["scientist"])
OLAF = Viewer("olaf", frozenset({"transients"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"stars"}), scopes=ROLES["scientist"])

FIELDS: dict[str, Any] = {
    "title": "Spectra of young supernovae",
    "pi": "Vera R.",
    "proposal_id": "2026B-001",
    "instrument": "ZTF",
    "validity_ranges": [{"start_date": "2026-11-01", "end_date": "2027-02-01T12:00:00+02:00"}],
    "hours_allocated": 12.5,
    "types": ["triggered", "forced_photometry"],
    "default_share_groups": ["transients"],
    "secrets": {"user": "vera", "password": "palomar48"},
}


@pytest.fixture
def house(db: Database) -> Database:
    add_groups(db, {"transients": [], "bursts": [], "stars": []})
    load_facilities(db)
    return db


def _add(db: Database, viewer: Viewer = VERA, groups: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    record: dict[str, Any] = add(db, viewer, ALLOCATIONS, [{**FIELDS, **fields}], groups)["records"][0]
    return record


def _number(db: Database, **fields: Any) -> int:
    return int(_add(db, **fields)["allocation_id"])


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"title": " "}, "title"),
        ({"pi": ""}, "pi"),
        ({"hours_allocated": 0}, "hours_allocated"),
        ({"types": []}, "types"),
        ({"types": ["guess"]}, "types.0"),
        ({"types": ["triggered", "triggered"]}, "types"),
        ({"validity_ranges": [{"start_date": "2026-11-02", "end_date": "2026-11-02"}]}, "validity_ranges.0"),
        ({"default_share_groups": ["stars"]}, "default_share_groups"),
        ({"secrets": {"": "x"}}, "secrets"),
        ({"sealed": "nonsense"}, "sealed"),
    ],
)
def test_what_cannot_be_used_is_refused(house: Database, fields: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _add(house, **fields)
    assert refused.value.where == where
    assert find(house, ADMINISTRATOR, ALLOCATIONS) == []


def test_an_instrument_that_is_not_there_is_refused(house: Database) -> None:
    with pytest.raises(NotFound, match="add it first"):
        _add(house, instrument="Sextant")


def test_an_allocation_comes_back_as_it_was_given(house: Database) -> None:
    record = _add(house)
    assert record == get(house, VERA, ALLOCATIONS, int(record["allocation_id"]))
    assert record["validity_ranges"] == [{"start_date": "2026-11-01T00:00:00Z", "end_date": "2027-02-01T10:00:00Z"}]
    assert (record["hours_allocated"], record["types"]) == (12.5, ["triggered", "forced_photometry"])
    assert (record["instrument"], record["groups"]) == ("ZTF", ["bursts", "transients"])


def test_secrets_never_come_out(house: Database) -> None:
    record = _add(house)
    number = int(record["allocation_id"])
    edit(house, VERA, ALLOCATIONS, number, {"title": "New"})
    assert record["secret_names"] == ["password", "user"]
    changes = house.reader.rows(ADMINISTRATOR, "SELECT payload FROM @changes WHERE kind = 'allocations'")
    told = str([record, find(house, VERA, ALLOCATIONS), history(house, VERA, ALLOCATIONS, number), changes])
    for word in ("palomar48", "sealed", "gAAAA"):
        assert word not in told
    for name in ("secrets", "sealed"):
        with pytest.raises(InvalidInput, match="no field"):
            find(house, VERA, ALLOCATIONS, {name: "x"})


def test_secrets_are_encrypted_on_disk(house: Database) -> None:
    number = _number(house)
    house.close()
    stored = b"".join(path.read_bytes() for path in house.data_dir.rglob("*") if path.is_file())
    assert b"Spectra of young supernovae" in stored
    assert b"palomar48" not in stored
    key = house.data_dir / "secrets" / "allocations-key"
    assert key.stat().st_mode & 0o777 == 0o600
    with Database(house.data_dir) as again:
        assert allocation_secrets(again, VERA, number) == FIELDS["secrets"]


def test_secrets_are_replaced_and_removed_one_by_one(house: Database) -> None:
    number = _number(house)
    assert allocation_secrets(house, OLAF, number) == {"user": "vera", "password": "palomar48"}
    edited = edit(house, VERA, ALLOCATIONS, number, {"secrets": {"password": "new", "user": None, "key": "k"}})
    assert edited["secret_names"] == ["key", "password"]
    assert allocation_secrets(house, VERA, number) == {"password": "new", "key": "k"}
    edit(house, VERA, ALLOCATIONS, number, {"pi": "Olaf", "secret_names": ["forged"]})
    assert get(house, VERA, ALLOCATIONS, number)["secret_names"] == ["key", "password"]
    assert edit(house, VERA, ALLOCATIONS, number, {"sealed": None})["secret_names"] == []
    with pytest.raises(NotFound, match="no secrets"):
        allocation_secrets(house, VERA, number)


def test_who_may_use_the_secrets(house: Database) -> None:
    number = _number(house)
    with pytest.raises(NotFound):
        allocation_secrets(house, STRANGER, number)
    with pytest.raises(PermissionRefused, match="trigger"):
        allocation_secrets(house, Viewer("olaf", OLAF.groups, scopes=ROLES["scanner"]), number)


def test_a_lost_key_is_said_and_a_new_one_opens_nothing(house: Database) -> None:
    number = _number(house)
    key = house.data_dir / "secrets" / "allocations-key"
    key.write_text("no key")
    with pytest.raises(StorageError, match="holds no key"):
        allocation_secrets(house, VERA, number)
    key.unlink()
    with pytest.raises(StorageError, match="restore that file"):
        allocation_secrets(house, VERA, number)
    with pytest.raises(InvalidInput, match="begin anew"):
        edit(house, VERA, ALLOCATIONS, number, {"secrets": {"user": "x"}})
    assert edit(house, VERA, ALLOCATIONS, number, {"sealed": None, "secrets": {"user": "x"}})["secret_names"] == [
        "user"
    ]


def test_many_at_once_make_one_key(tmp_path: Path) -> None:
    sealed: list[str] = []
    threads = [threading.Thread(target=lambda: sealed.append(Sealer(tmp_path).seal({"a": "b"}))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Sealer(tmp_path).open(text) for text in sealed] == [{"a": "b"}] * 8
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["allocations-key"]


def test_who_sees_and_who_changes_an_allocation(house: Database) -> None:
    number = _number(house, groups=["transients"])
    with pytest.raises(PermissionRefused, match="trigger"):
        _add(house, Viewer("vera", VERA.groups, scopes=ROLES["scanner"]))
    assert len(find(house, OLAF, ALLOCATIONS)) == 1
    assert find(house, STRANGER, ALLOCATIONS) == []
    with pytest.raises(NotFound):
        edit(house, STRANGER, ALLOCATIONS, number, {"pi": "me"})
    with pytest.raises(PermissionRefused, match="its author"):
        edit(house, OLAF, ALLOCATIONS, number, {"pi": "me"})
    edit(house, VERA, ALLOCATIONS, number, {"admins": ["olaf"]})
    assert edit(house, OLAF, ALLOCATIONS, number, {"hours_allocated": 3})["edited_by"] == "olaf"
    share(house, OLAF, ALLOCATIONS, number, ["transients"])


def test_history_and_as_of(house: Database) -> None:
    number = _number(house)
    [row] = house.reader.rows(ADMINISTRATOR, "SELECT known_at FROM @allocations")
    then = row["known_at"].replace(tzinfo=UTC)
    edit(house, VERA, ALLOCATIONS, number, {"hours_allocated": 20}, version=1)
    with pytest.raises(Conflict):
        edit(house, VERA, ALLOCATIONS, number, {"hours_allocated": 30}, version=1)
    remove(house, VERA, ALLOCATIONS, number)
    assert [row["hours_allocated"] for row in history(house, VERA, ALLOCATIONS, number)] == [12.5, 20.0]
    assert get(house, VERA, ALLOCATIONS, number, then)["hours_allocated"] == 12.5
    with pytest.raises(NotFound):
        get(house, VERA, ALLOCATIONS, number, datetime(2020, 1, 1, tzinfo=UTC))


def test_allocations_over_http(served: Served) -> None:
    load_facilities(served.db)
    with served.sky(VERA) as sky:
        made = sky.allocations.add(**FIELDS)
        assert sky.allocations(pi="Vera R.")["title"].to_pylist() == [FIELDS["title"]]
        assert "palomar48" not in json.dumps(
            [made, sky.allocations.rows(), sky.allocations.history(made["allocation_id"])]
        )
        with pytest.raises(SkyhubError):
            sky.sql("SELECT sealed FROM allocations")


def test_the_migration_has_the_columns_of_the_kind(db: Database) -> None:
    from skyhub.followup import KINDS

    with db._connection.cursor() as cursor:
        for kind in KINDS:
            cursor.execute(kind.ddl.replace(f"CREATE TABLE {kind.table}", "CREATE OR REPLACE TEMP TABLE expected"))
            found, expected = (
                cursor.execute(
                    "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
                    [name],
                ).fetchall()
                for name in (kind.table, "expected")
            )
            assert found == expected
