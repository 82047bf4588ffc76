"""The commands that bring catalogues in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SKYHUB = Path(sys.executable).parent / "skyhub"


def skyhub(data_dir: Path, *words: object, status: int = 0) -> Any:
    command = [SKYHUB, *map(str, words), "--json", "--data-dir", str(data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def test_what_cannot_be_read_ends_with_2(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    done = skyhub(data, "ingest", "galaxies", tmp_path / "x.csv", "--catalog", "X", status=2)
    assert [r["record"] for r in done["rejected"]] == [None]
    bad_map = ("--catalog", "X", "--map", "ra")
    assert skyhub(data, "ingest", "galaxies", tmp_path / "x.csv", *bad_map, status=2)["error"]["where"] == "map"
    assert skyhub(data, "sql", "SELECT name FROM galaxy_catalogs")["rows"] == []


def test_catalogues_by_command(shared: Path, tmp_path: Path) -> None:
    survey, data = shared / "survey", tmp_path / "data"
    clu = ("ingest", "galaxies", survey / "skyportal" / "CLU_mini.csv", "--catalog", "CLU")
    assert skyhub(data, *clu) == {
        "read": 10, "stored": 10, "duplicates": 0, "rejected": [], "unknown_columns": ["btc"],
    }  # fmt: skip
    assert skyhub(data, *clu)["duplicates"] == 10
    path = survey / "catalogs" / "table-4LAC-DR3-l.fits"
    assert len(skyhub(data, "ingest", "spatial", path, "--catalog", "4LAC", status=2)["rejected"]) == 407
    assert skyhub(data, "ingest", "spatial", path, "--catalog", "4LAC", "--radius", "0.1")["stored"] == 407
    counts = "SELECT (SELECT count(*) FROM galaxies), (SELECT count(*) FROM spatial_entries)"
    assert skyhub(data, "sql", counts)["rows"] == [[10, 407]]
