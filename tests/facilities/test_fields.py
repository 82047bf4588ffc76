"""Grids of surveys: read from all kinds of files, stored once, superseded by new ones, tiled on the sky."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.facilities import (
    fields_at,
    fields_table,
    instrument_named,
    ranges_of,
    read_grid,
    read_references,
    store_fields,
)
from skyhub.science.coordinates import Position, hpx_index
from support.services import Served

GRIDS = {
    "skyportal/ZTF_Fields.csv": 1778,
    "ztf_information/ZTF_Fields.txt": 1778,
    "skyportal/DECam_Fields.csv": 13092,
    "skyportal/LSST_Fields.csv": 4206,
    "skyportal/WINTER_Fields.csv.bz2": 49152,
    "gwemopt/BlackGEM.tess": 15483,
    "gwemopt/ATLAS.tess": 1413,
    "gwemopt/PS1.tess": 8375,
    "gwemopt/GOTO-4.tess": 2384,
    "gwemopt/TRE.tess": 2450,
    "gwemopt/Gattini.tess": 1329,
    "yse/surveyfields.txt": 236,
}
SMALL = [(1, 10.0, 0.0), (2, 12.0, 0.0), (3, 10.0, 2.0)]


def _grid(fields: list[tuple[int, float, float]]) -> pa.Table:
    ids, ra, dec = zip(*fields, strict=True)
    return pa.table({"field_id": ids, "ra": pa.array(ra, pa.float64()), "dec": pa.array(dec, pa.float64())})


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("", ["the file is empty"]),
        ("field,ra1,dec1\n1,2,3\n", ["are no fields"]),
        ("ID,RA\n1,2\n", ["no column dec"]),
        ("RA,Dec\n1,2\n", ["no column field_id"]),
        ("some text\n", ["are no fields"]),
        (
            "ID,RA,Dec\n1,400,0\n2,10,95\n3,x,0\n4,10\n5,10,nan\n",
            ["outside of the sky", "outside", "no field", "2 columns", "no field"],
        ),
        ("ID,RA,Dec\n1,10,10\n1,10,11\n", ["occurs twice with different positions"]),
    ],
)
def test_what_is_no_field_is_rejected_with_its_reason(tmp_path: Path, text: str, reasons: list[str]) -> None:
    path = tmp_path / "grid.csv"
    path.write_text(text)
    grid = read_grid(path)
    assert len(grid.rejected) == len(reasons)
    for rejection, reason in zip(grid.rejected, reasons, strict=True):
        assert reason in rejection.reason
        assert rejection.file == str(path)
    assert grid.read == len(grid.fields) + len([r for r in grid.rejected if r.record is not None])


def test_files_that_are_no_text_are_rejected_whole(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"ID,RA,Dec\n1,2,3\n")[:-12])
    for path in (tmp_path / "a.csv", tmp_path / "b.csv.gz", tmp_path / "none.csv", tmp_path):
        [rejection] = read_grid(path).rejected
        assert rejection.record is None


@pytest.mark.parametrize(("name", "count"), GRIDS.items())
def test_real_grids(shared: Path, name: str, count: int) -> None:
    grid = read_grid(shared / "survey" / name)
    assert len(grid.fields) == count
    assert grid.read == count + len(grid.rejected)
    assert len({field.field_id for field in grid.fields}) == count


def test_names_that_are_no_numbers_are_kept(shared: Path) -> None:
    grid = read_grid(shared / "survey" / "yse" / "surveyfields.txt")
    assert grid.fields[0] == (1, "403.A", pytest.approx(49.351958, abs=1e-6), -4.2, (), ())
    assert ["527.E" in r.reason or "527.F" in r.reason for r in grid.rejected] == [True, True]


def test_two_files_of_one_grid_agree(shared: Path) -> None:
    survey = shared / "survey"
    one = read_grid(survey / "skyportal" / "ZTF_Fields.csv").fields
    other = read_grid(survey / "ztf_information" / "ZTF_Fields.txt").fields
    assert [f.field_id for f in one] == [f.field_id for f in other]
    assert np.array([f[2:4] for f in one]) == pytest.approx(np.array([f[2:4] for f in other]), abs=1e-3)


def test_references_belong_to_their_fields(shared: Path) -> None:
    survey = shared / "survey" / "skyportal"
    grid = read_references(survey / "DECam_Ref.csv", read_grid(survey / "DECam_Fields.csv"))
    [field] = [f for f in grid.fields if f.field_id == 3277]
    assert field.reference_filters == ("desg", "desr", "desz")
    assert field.reference_limits[0] == pytest.approx(23.518, abs=1e-3)
    with pytest.raises(InvalidInput, match="no reference"):
        read_references(survey / "DECam_Fields.csv", grid)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        (pa.table({"field_id": [1], "ra": [1.0]}), "with the columns"),
        (_grid(SMALL).slice(0, 0), "0 fields"),
        (_grid([(1, 361.0, 0.0)]), "outside of the sky"),
        (_grid([(1, float("nan"), 0.0)]), "outside of the sky"),
        (_grid([(1, 1.0, 0.0), (1, 2.0, 0.0)]), "occurs twice"),
        (pa.table({"field_id": ["a"], "ra": [1.0], "dec": [1.0]}), "cannot be read"),
    ],
)
def test_grids_that_cannot_be_stored(db: Database, grid: pa.Table, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        store_fields(db, ADMINISTRATOR, "ZTF", grid)
    assert len(fields_table(db, ADMINISTRATOR, "ZTF")) == 0


def test_only_administrators_store_grids(db: Database) -> None:
    with pytest.raises(PermissionRefused, match="administer"):
        store_fields(db, Viewer("sonja", scopes=ROLES["scientist"]), "ZTF", _grid(SMALL))
    with pytest.raises(NotFound, match="no instrument 'Nope'"):
        store_fields(db, ADMINISTRATOR, "Nope", _grid(SMALL))
    with pytest.raises(InvalidInput, match="region"):
        store_fields(db, ADMINISTRATOR, "ZTF", _grid(SMALL), "box(0,0)")


def test_a_new_grid_supersedes_the_old_one(db: Database) -> None:
    first = store_fields(db, ADMINISTRATOR, "ZTF", _grid(SMALL))
    assert (first.stored, first.duplicates, first.ended) == (3, 0, 0)
    again = store_fields(db, ADMINISTRATOR, "ZTF", _grid(SMALL))
    assert (again.stored, again.duplicates, again.ended) == (0, 3, 0)
    before = datetime.now(UTC)
    second = store_fields(db, ADMINISTRATOR, "ZTF", _grid([(1, 10.0, 0.5), (2, 12.0, 0.0), (4, 50.0, 1.0)]))
    assert (second.stored, second.duplicates, second.ended) == (2, 1, 1)
    assert fields_table(db, ADMINISTRATOR, "ZTF")["field_id"].to_pylist() == [1, 2, 4]
    assert fields_table(db, ADMINISTRATOR, "ZTF")["dec"].to_pylist() == [0.5, 0.0, 1.0]
    old = fields_table(db, ADMINISTRATOR, "ZTF", before)
    assert (old["field_id"].to_pylist(), old["dec"].to_pylist()) == ([1, 2, 3], [0.0, 0.0, 2.0])
    kept = store_fields(db, ADMINISTRATOR, "ZTF", _grid([(5, 1.0, 1.0)]), keep=True)
    assert (kept.stored, kept.ended) == (1, 0)
    assert fields_table(db, ADMINISTRATOR, "ZTF")["field_id"].to_pylist() == [1, 2, 4, 5]


def test_an_instrument_is_found_by_its_other_names(db: Database) -> None:
    assert instrument_named(db, ADMINISTRATOR, "LSSTCam")["name"] == "LSST"
    assert instrument_named(db, ADMINISTRATOR, "ATLAS")["name"] == "ATLAS"


def test_ranges_follow_grid_and_footprint(db: Database) -> None:
    store_fields(db, ADMINISTRATOR, "ZTF", _grid(SMALL), "icrs\nbox(0,0,2,2,0)")
    ranges = ranges_of(db, ADMINISTRATOR, "ZTF")
    assert ranges is ranges_of(db, ADMINISTRATOR, "ZTF")
    assert ranges.areas == pytest.approx([4, 4, 4], rel=0.03)
    store_fields(db, ADMINISTRATOR, "ZTF", _grid(SMALL[:2]), "icrs\nbox(0,0,1,1,0)")
    assert ranges_of(db, ADMINISTRATOR, "ZTF").areas == pytest.approx([1, 1], rel=0.06)
    with pytest.raises(InvalidInput, match="footprint of DBSP is not known"):
        ranges_of(db, ADMINISTRATOR, "DBSP")


def test_gaps_may_count_as_seen(db: Database) -> None:
    store_fields(db, ADMINISTRATOR, "ZTF", _grid(SMALL[:1]), "box(-1,0,1,2,0);box(1,0,1,2,0)")
    assert fields_at(db, ADMINISTRATOR, "ZTF", Position(10, 0)).num_rows == 0
    number = instrument_named(db, ADMINISTRATOR, "ZTF")["instrument_id"]
    from skyhub.facilities._kinds import INSTRUMENTS
    from skyhub.records import edit

    edit(db, ADMINISTRATOR, INSTRUMENTS, number, {"gaps": "filled"})
    assert fields_at(db, ADMINISTRATOR, "ZTF", Position(10, 0))["field_id"].to_pylist() == [1]
    assert ranges_of(db, ADMINISTRATOR, "ZTF").areas == pytest.approx([6], rel=0.03)


def test_fields_that_see_a_position(shared: Path, db: Database) -> None:
    survey = shared / "survey" / "skyportal"
    grid = read_grid(survey / "ZTF_Fields.csv")
    table = pa.Table.from_pylist([f._asdict() for f in grid.fields])
    store_fields(db, ADMINISTRATOR, "ZTF", table, (survey / "ZTF_Region.reg").read_text())
    ranges = ranges_of(db, ADMINISTRATOR, "ZTF")
    random = np.random.default_rng(1)
    for ra, dec in zip(random.uniform(0, 360, 20), random.uniform(-25, 85, 20), strict=True):
        seen = set(fields_at(db, ADMINISTRATOR, "ZTF", Position(ra, dec))["field_id"].to_pylist())
        index = int(hpx_index(ra, dec))
        covering = (ranges.low <= index) & (index < ranges.high)
        assert seen ^ set(ranges.field_ids[ranges.fields[covering]].tolist()) <= _near_edges(ranges, index)


def _near_edges(ranges: Any, index: int) -> set[int]:
    """Fields whose coverage changes within a pixel or two: there the bitmap may say otherwise than the geometry."""
    step = 2 * 4 ** (29 - 10)
    close = (np.abs(ranges.low - index) < step) | (np.abs(ranges.high - index) < step)
    return set(ranges.field_ids[ranges.fields[close]].tolist())


def test_fields_through_the_service(served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky, served.sky(Viewer("anyone")) as other:
        done = sky.instruments.set_fields("ZTF", [{"field_id": 7, "ra": 20.0, "dec": 30.0}], "box(0,0,2,2,0)")
        assert (done["stored"], done["rejected"]) == (1, [])
        assert other.instruments.fields("ZTF").to_rows()[0]["field_id"] == 7
        assert len(other.instruments.fields("ZTF", at="20.5 30.5")) == 1
        assert len(other.instruments.fields("ZTF", at="22 30")) == 0
        assert other.instruments.footprint("ZTF")["area"] == pytest.approx(4, rel=1e-3)
        assert len(other.instruments.fields("WFC3/UVIS")) == 0
        with pytest.raises(PermissionRefused):
            other.instruments.set_fields("ZTF", [{"field_id": 7, "ra": 20.0, "dec": 30.0}])
        with pytest.raises(InvalidInput, match="is no position"):
            other.instruments.fields("ZTF", at="there")
        assert other.sql("SELECT instrument, field_id FROM instrument_fields").to_rows() == [
            {"instrument": "ZTF", "field_id": 7}
        ]
