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
        "read": 10, "stored": 10, "duplicates": 0, "rejected": [], "unknown_columns": ["btc"],
    }  # fmt: skip
    assert told(*clu)["duplicates"] == 10
    path = survey / "catalogs" / "table-4LAC-DR3-l.fits"
    assert len(told("ingest", "spatial", path, "--catalog", "4LAC", status=2)["rejected"]) == 407
    assert told("ingest", "spatial", path, "--catalog", "4LAC", "--radius", "0.1")["stored"] == 407
    counts = "SELECT (SELECT count(*) FROM galaxies), (SELECT count(*) FROM spatial_entries)"
    assert told("sql", counts)["rows"] == [[10, 407]]
