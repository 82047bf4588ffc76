"""The commands that bring catalogues in."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from support.commands import skyhub


def test_what_cannot_be_read_ends_with_2(tmp_path: Path) -> None:
    data = tmp_path / "data"
    told = partial(skyhub, data_dir=data)
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    done = told("ingest", "galaxies", tmp_path / "x.csv", "--catalog", "X", status=2)
    assert [r["record"] for r in done["rejected"]] == [None]
    bad_map = ("--catalog", "X", "--map", "ra")
    assert told("ingest", "galaxies", tmp_path / "x.csv", *bad_map, status=2)["error"]["where"] == "map"
    assert told("sql", "SELECT name FROM galaxy_catalogs")["rows"] == []


def test_catalogues_by_command(shared: Path, tmp_path: Path) -> None:
    survey, data = shared / "survey", tmp_path / "data"
    told = partial(skyhub, data_dir=data)
    clu = ("ingest", "galaxies", survey / "skyportal" / "CLU_mini.csv", "--catalog", "CLU")
    assert told(*clu) == {
        "read": 10, "stored": 10, "duplicates": 0, "ended": 0, "rejected": [], "unknown_columns": ["btc"],
        "columns": {
            "name": "name", "ra": "ra", "dec": "dec", "distance": "distmpc", "mag_b": "magb", "log_mass": "mstar",
            "sfr": "sfr_fuv", "major_diameter": "a", "axis_ratio": "b2a", "position_angle": "pa",
        },
    }  # fmt: skip
    assert told(*clu)["duplicates"] == 10
    path = survey / "catalogs" / "table-4LAC-DR3-l.fits"
    assert len(told("ingest", "spatial", path, "--catalog", "4LAC", status=2)["rejected"]) == 407
    assert told("ingest", "spatial", path, "--catalog", "4LAC", "--radius", "0.1")["stored"] == 407
    counts = "SELECT (SELECT count(*) FROM galaxies), (SELECT count(*) FROM spatial_entries)"
    assert told("sql", counts)["rows"] == [[10, 407]]


def test_catalogues_of_known_objects_by_command(shared: Path, tmp_path: Path) -> None:
    told = partial(skyhub, data_dir=tmp_path / "data")
    tns = ("ingest", "catalog", shared / "logs" / "tns" / "tns_search_SNIa.csv", "--kind", "tns", "--name", "TNS")
    done = told(*tns)
    assert (done["read"], done["stored"], done["rejected"]) == (59, 59, [])
    assert {"ra": "RA", "class": "Obj. Type", "discovered_at": "Discovery Date (UT)"}.items() <= done["columns"].items()
    first = (
        "SELECT name, class, redshift, round(ra, 6), discovered_at FROM reference_entries WHERE name = 'SN 2021abhh'"
    )
    assert told("sql", first)["rows"] == [["SN 2021abhh", "SN Ia", 0.041, 108.071704, "2021-10-09T11:06:43.200Z"]]
    refused = ("ingest", "catalog", tns[2], "--kind", "star", "--name", "TNS")
    assert "of kind tns, not star" in told(*refused, status=2)["error"]["message"]
