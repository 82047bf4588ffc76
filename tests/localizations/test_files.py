"""The commands on files of sky maps: bad files and numbers are refused, and rows come in the catalogue's order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import write_sky_map
from support.commands import skyhub

REGION = "icrs\nbox(150, 2, 2, 2, 0)\n"


@pytest.fixture
def cone(tmp_path: Path) -> Path:
    path = tmp_path / "cone.fits"
    path.write_bytes(write_sky_map(skymap_of(Cone.from_sigma(10, 20, 2.0))))
    return path


def _csv(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("ra,dec\n", "no rows"),
        ("ra,declination\n1,2\n", "ra and dec"),
        ("ra,dec,ra\n1,2,3\n", "ra and dec"),
        ("ra,dec\n10,20\n400,0\n", "ra 400.0, dec 0.0 in row 1"),
        ("ra,dec\n10,-91\n", "dec -91"),
        ("ra,dec\nnan,0\n", "ra nan"),
        ("ra,dec\n10,\n", "dec nan"),
        ("ra,dec\n10,north\n", "no numbers in its column dec"),
    ],
)
@pytest.mark.parametrize("command", ["search", "coverage"])
def test_tables_without_positions_are_refused(cone: Path, tmp_path: Path, command: str, text: str, said: str) -> None:
    path, region = _csv(tmp_path, text), tmp_path / "camera.reg"
    region.write_text(REGION)
    options = ["--catalog", path] if command == "search" else ["--pointings", path, "--footprint", region]
    error = skyhub("localization", command, cone, *options, status=2)["error"]
    assert said in error["message"]
    assert error["where"] == str(path)


@pytest.mark.parametrize("level", ["0", "1.5", "-1", "nan"])
def test_levels_that_are_none_are_refused(cone: Path, tmp_path: Path, level: str) -> None:
    path = _csv(tmp_path, "ra,dec\n10,20\n")
    assert (
        skyhub("localization", "search", cone, "--catalog", path, "--level", level, status=2)["error"]["where"]
        == "level"
    )


def test_files_that_are_no_maps_are_refused_by_name(tmp_path: Path) -> None:
    for path in (_csv(tmp_path, "ra,dec\n10,20\n"), tmp_path / "missing.fits"):
        error = skyhub("localization", "stats", path, status=2)["error"]
        assert (error["code"], error["where"]) == ("invalid_input", str(path))


@pytest.mark.parametrize("text", ["", "image\nbox(1, 2, 3, 4, 0)\n", "icrs\n-circle(1, 2, 3)\n"])
def test_footprints_that_are_none_are_refused(cone: Path, tmp_path: Path, text: str) -> None:
    pointings, region = _csv(tmp_path, "ra,dec\n10,20\n"), tmp_path / "camera.reg"
    region.write_text(text)
    words = ["localization", "coverage", cone, "--pointings", pointings, "--footprint", region]
    assert skyhub(*words, status=2)["error"]["code"] == "invalid_input"


def test_stats_of_a_cone(cone: Path) -> None:
    stats = skyhub("localization", "stats", cone)
    assert stats["area_90"] == pytest.approx(57.8, abs=0.1)
    assert (stats["max_ra"], stats["max_dec"]) == pytest.approx((10, 20), abs=0.1)
    assert (stats["distmean"], stats["diststd"], stats["notes"]) == (None, None, [])


def test_rows_come_in_the_order_of_the_catalogue(cone: Path, tmp_path: Path) -> None:
    path = _csv(tmp_path, "name,RA,Dec,distance\nout,200,20,1\nnear,10,21,\nhere,10,20,40\nfar,10,24.5,3\n")
    found = skyhub("localization", "search", cone, "--catalog", path)
    assert [row["index"] for row in found["rows"]] == [1, 2]
    assert found["n_inside"] == 2
    assert found["rows"][0]["searched_prob"] == pytest.approx(1 - np.exp(-1 / 8), abs=0.02)
    assert found["rows"][1]["prob_density"] > found["rows"][0]["prob_density"] > 0
    assert "searched_prob_vol" not in found["rows"][0]
    everything = skyhub("localization", "search", cone, "--catalog", path, "--level", "1")
    assert everything["n_inside"] == 4


def test_distances_are_ranked_in_volume(shared: Path, tmp_path: Path) -> None:
    path = _csv(tmp_path, "ra,dec,distance\n194.3,-17.85,40\n194.3,-17.85,400\n194.3,-17.85,\n")
    name = shared / "skymaps/MS181101ab_bayestar.multiorder.fits"
    rows: list[dict[str, Any]] = skyhub("localization", "search", name, "--catalog", path)["rows"]
    near, far, unknown = (row["searched_prob_vol"] for row in rows)
    assert near < 0.1
    assert far > 0.99
    assert unknown is None


def test_coverage_of_a_square_field(cone: Path, tmp_path: Path) -> None:
    pointings, region = (
        _csv(tmp_path, "ra,dec,time,filter\n10,20,60000.1,g\n10,20,60000.2,r\n"),
        tmp_path / "camera.reg",
    )
    region.write_text(REGION)
    covered = skyhub("localization", "coverage", cone, "--pointings", pointings, "--footprint", region)
    assert covered["n_pointings"] == 2
    assert covered["area"] == pytest.approx(4, rel=5e-3)
    assert covered["probability"] == pytest.approx(0.3829**2, rel=0.01)
