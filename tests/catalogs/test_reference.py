"""Catalogues of known objects: what is refused, real lists of others, newer copies that replace older ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from skyhub.catalogs import REFERENCE_ENTRIES, StoredEntries, read_catalog, store_entries
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused

SONJA = Viewer("sonja", scopes=ROLES["scientist"])


def _entries(*names: str, ra: float = 10.0, mag: float | None = None) -> pa.Table:
    rows = [{"name": name, "ra": ra + n, "dec": 20.0, "mag": mag} for n, name in enumerate(names)]
    return pa.Table.from_pylist(rows, REFERENCE_ENTRIES.schema)


def _store(db: Database, table: pa.Table, *, kind: str = "star", replace: bool = True) -> StoredEntries:
    return store_entries(db, SONJA, REFERENCE_ENTRIES, "Stars", table, kind=kind, replace=replace)


def _names(db: Database, as_of: datetime | None = None) -> list[str]:
    sql = "SELECT name FROM @reference_entries ORDER BY name"
    return [row["name"] for row in db.reader.rows(ADMINISTRATOR, sql, as_of=as_of)]


def test_a_catalogue_is_refused_whole(db: Database) -> None:
    _store(db, _entries("A"))
    for bad in (_entries("B", "B"), _entries("B", ra=361), _entries("B", mag=99.0), _entries()):
        with pytest.raises(InvalidInput):
            _store(db, bad)
    with pytest.raises(InvalidInput, match="of kind star, not agn"):
        _store(db, _entries("B"), kind="agn")
    for other in (Viewer("other"), Viewer("other", scopes=ROLES["scientist"])):
        with pytest.raises(PermissionRefused):
            store_entries(db, other, REFERENCE_ENTRIES, "Stars", _entries("B"), kind="star", replace=True)
    assert _names(db) == ["A"]


def test_a_newer_copy_replaces_the_older_which_stays_readable(db: Database) -> None:
    assert _store(db, _entries("A", "B", "C")) == StoredEntries(3, 0, 0)
    before = datetime.now(UTC)
    assert _store(db, _entries("A", "B", "D")) == StoredEntries(1, 2, 1)
    assert _names(db) == ["A", "B", "D"]
    assert _names(db, before) == ["A", "B", "C"]
    later = datetime.now(UTC)
    assert _store(db, _entries("E", "A"), replace=False) == StoredEntries(2, 0, 0)
    assert _names(db) == ["A", "B", "D", "E"]
    assert _names(db, later) == ["A", "B", "D"]
    assert _store(db, _entries("C")) == StoredEntries(1, 0, 4)
    assert _names(db) == ["C"]


@pytest.mark.slow
def test_a_million_entries_come_and_are_replaced(db: Database) -> None:
    count = 1_000_000
    random = np.random.default_rng(3)
    table = pa.table(
        {
            "name": np.char.add("S", np.arange(count).astype(str)),
            "ra": random.uniform(0, 360, count),
            "dec": np.degrees(np.arcsin(random.uniform(-1, 1, count))),
        }
    )
    assert _store(db, table) == StoredEntries(count, 0, 0)
    assert _store(db, table.slice(10)) == StoredEntries(0, count - 10, 10)


def test_real_lists_of_transients(shared: Path) -> None:
    tns = read_catalog(shared / "survey" / "catalogs" / "tns_raw.parquet", REFERENCE_ENTRIES)
    assert tns.rejected == []
    rows = {row["name"]: row for row in tns.table.to_pylist()}
    assert rows.keys() == {"AT 2026cqa", "SN 2022and", "SN 2018lzf"}
    row = rows["SN 2022and"]
    assert (row["class"], row["redshift"], row["dec"]) == ("SN II", 0.043, 3.75714275086)
    assert row["discovered_at"] == datetime(2022, 1, 27, 10, 49, 26, 400_000)
    assert row["reporter"] == "ATLAS"
    assert rows["AT 2026cqa"]["class"] is None
    tde = read_catalog(shared / "survey" / "catalogs" / "known_tde_44.parquet", REFERENCE_ENTRIES)
    assert (len(tde.table), tde.rejected) == (44, [])


def test_positions_of_counterparts_are_taken_of_gamma_ray_sources(shared: Path) -> None:
    content = read_catalog(shared / "survey" / "catalogs" / "table-4LAC-DR3-l.fits", REFERENCE_ENTRIES)
    assert (content.read, len(content.table), content.rejected) == (407, 407, [])
    assert content.columns["ra"] == "RA_Counterpart"
    row = next(row for row in content.table.to_pylist() if row["name"] == "4FGL J0014.7+5801")
    assert row["class"] == "bll"


def test_the_public_list_of_the_tns_begins_with_its_date(tmp_path: Path) -> None:
    path = tmp_path / "tns_public_objects.csv"
    path.write_text(
        '"2026-11-28 00:00:00"\n"objid","name_prefix","name","ra","declination","redshift","type"\n'
        '"1","AT","2026abc","10.5","-3.25","",""\n"2","SN","2026abd","11.5","3.25","0.01","SN II"\n'
    )
    table = read_catalog(path, REFERENCE_ENTRIES).table
    assert sorted(zip(table["name"].to_pylist(), table["dec"].to_pylist(), strict=True)) == [
        ("AT 2026abc", -3.25),
        ("SN 2026abd", 3.25),
    ]


@pytest.mark.parametrize(
    ("ra", "dec", "reason"), [("25:00:00", "+1:00:00", "ra is missing"), ("1:2:3", "+91:00:00", "ra is missing")]
)
def test_sexagesimal_positions_off_the_sky_are_rejected(tmp_path: Path, ra: str, dec: str, reason: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"name,ra,dec\nA,1:00:00,-1:30:00\nB,{ra},{dec}\n")
    content = read_catalog(path, REFERENCE_ENTRIES)
    assert content.table.select(["ra", "dec"]).to_pylist() == [{"ra": 15.0, "dec": -1.5}]
    assert reason in content.rejected[0]["reason"]
