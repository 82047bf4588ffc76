"""Files of catalogues: what is refused, which columns are understood, nothing lost without a reason."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from skyhub.catalogs import GALAXIES, SPATIAL_ENTRIES, read_catalog
from skyhub.cli._catalogs import _pairs
from skyhub.errors import InvalidInput

HEAD = "name,ra,dec,distmpc,z,mstar\n"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,361,0,10,,", "ra is 361 deg: 0 to 360"),
        ("A,10,91,10,,", "dec is 91 deg"),
        ("A,,0,10,,", "ra is missing"),
        ("A,x,0,10,,", "ra is missing"),
        ("A,10,0,-3,,", "distance is -3 Mpc"),
        ("A,10,0,10,30,", "redshift is 30"),
        ("A,10,0,10,0.1,1e300", "log_mass is 300"),
        ("B,10,20,30,,", "occurs twice with different values"),
    ],
)
def test_entries_that_cannot_be_are_rejected_with_their_reason(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "galaxies.csv"
    path.write_text(f"{HEAD}B,1,2,3,0.1,1e10\n{row}\n")
    content = read_catalog(path, GALAXIES)
    assert (content.read, len(content.table)) == (2, 1)
    [rejection] = content.rejected
    assert rejection["record"] == 2
    assert reason in rejection["reason"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b""),
        ("a.csv", b"name,x,y\nA,1,2\n"),
        ("a.csv", b"\xff\xfe"),
        ("a.csv.gz", gzip.compress(b"name,ra,dec\nA,1,2\n", mtime=0)[:-9]),
        ("a.parquet", b"PAR1"),
        ("a.fits", b"SIMPLE"),
        ("a.hdf5", b"\x89HDF"),
        ("a.vot", b"<VOTABLE"),
        ("missing.csv", None),
    ],
)
def test_files_that_are_no_catalogue_are_rejected_whole(tmp_path: Path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    content = read_catalog(tmp_path / name, GALAXIES)
    assert [(r["file"], r["record"]) for r in content.rejected] == [(str(tmp_path / name), None)]
    assert len(content.table) == 0


def test_columns_that_are_not_there_cannot_be_matched(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,alpha,delta\nA,1,2\n")
    for names in ({"ra": "x", "dec": "delta"}, {"colour": "n"}):
        assert "cannot be matched" in read_catalog(path, GALAXIES, names).rejected[0]["reason"]
    content = read_catalog(path, GALAXIES, {"name": "n", "ra": "alpha", "dec": "delta"})
    assert content.table.select(["name", "ra", "dec"]).to_pylist() == [{"name": "A", "ra": 1.0, "dec": 2.0}]


def test_a_table_is_the_same_in_all_formats(tmp_path: Path) -> None:
    columns = {
        "name": ["B", "A"],
        "RAJ2000": [10.5, 200.0],
        "DEJ2000": [-5.0, 40.0],
        "DistMpc": [12.5, np.nan],
        "note": ["x", "y"],
    }
    table = Table(columns)
    for name in ("t.fits", "t.vot", "t.hdf5", "t.csv"):
        form = {"vot": "votable", "csv": "ascii.csv"}.get(name[2:], name[2:])
        table.write(tmp_path / name, format=form, **({"path": "data"} if form == "hdf5" else {}))
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((tmp_path / "t.csv").read_bytes()))
    found = [read_catalog(p, GALAXIES) for p in sorted(tmp_path.iterdir())]
    assert len(found) == 6
    for content in found:
        assert content.rejected == []
        assert content.unknown_columns == ["note"]
        assert content.table.equals(found[0].table), content.file
    assert {row["name"]: row["distance"] for row in found[0].table.to_pylist()} == {"A": None, "B": 12.5}


def test_real_galaxies(shared: Path) -> None:
    survey = shared / "survey"
    small = read_catalog(survey / "skyportal" / "CLU_mini.csv", GALAXIES)
    assert (small.read, len(small.table), small.rejected) == (10, 10, [])
    same = read_catalog(survey / "growth" / "CLU.hdf5", GALAXIES)
    assert {row["name"] for row in same.table.to_pylist()} == {row["name"] for row in small.table.to_pylist()}
    [galaxy] = [row for row in small.table.to_pylist() if row["name"] == "2MASX J00021772-4345168"]
    assert galaxy["log_mass"] == pytest.approx(np.log10(19468772606.159004), rel=1e-6)
    assert (galaxy["distance"], galaxy["axis_ratio"]) == (pytest.approx(175.22024536), pytest.approx(0.416869))
    large = read_catalog(survey / "skyportal" / "CLU_mini.hdf5", GALAXIES)
    assert (large.read, len(large.table)) == (92, 92)


def test_entries_without_a_name_are_called_by_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("ra,dec\n231.413765,17.680664\n")
    assert read_catalog(path, GALAXIES).table["name"].to_pylist() == ["J152539.304+174050.39"]


def test_real_extended_sources(shared: Path) -> None:
    content = read_catalog(shared / "survey" / "skyportal" / "gll_psc_v27.csv", SPATIAL_ENTRIES)
    assert content.read == len(content.table) + len(content.rejected) + content.repeated
    assert len(content.table) > 3600
    assert "4FGL J0000.3-7355" in content.table["name"].to_pylist()
    path = shared / "survey" / "catalogs" / "table-4LAC-DR3-l.fits"
    assert len(read_catalog(path, SPATIAL_ENTRIES).table) == 0
    active = read_catalog(path, SPATIAL_ENTRIES, radius=0.05)
    assert len(active.table) == 407
    assert "SpectrumType" in json.loads(active.table["data"][0].as_py())


def test_names_of_columns_are_given_as_ours() -> None:
    assert _pairs(["distance=D", "ra=A"]) == {"distance": "D", "ra": "A"}
    with pytest.raises(InvalidInput, match="OURS=THEIRS"):
        _pairs(["distance"])
