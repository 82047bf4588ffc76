"""``skyhub fit``: refused with one document, one fit of real points, and the rest rejected with the reason."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from skyhub.science.models import MODELS
from skyhub.science.sncosmo_files import SALT_MODELS
from support.commands import run_skyhub, skyhub

NAME = "ZTF20aakyoez"
FILTERS = {"g": "ztfg", "R": "ztfr"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """A type Ia supernova of the Bright Transient Survey."""
    folder = tmp_path_factory.mktemp("fit-command")
    with (shared / "photometry" / "ztf_bts_snia" / f"{NAME}.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["band"] in FILTERS]
    points = folder / f"{NAME}.csv"
    told = [f"{row['time']},{FILTERS[row['band']]},{row['mag']},{row['magerr']}" for row in rows]
    points.write_text("\n".join(["mjd,filter,mag,magerr", *told]))
    skyhub("ingest", "photometry", points, "--object", NAME, "--ra", 200.87, "--dec", 62.44, data_dir=folder / "data")
    return folder / "data"


def test_the_help_names_every_model() -> None:
    told = " ".join(run_skyhub("fit", "--help").stdout.replace("│", " ").split())
    for name in (*SALT_MODELS, *MODELS):
        assert name in told


@pytest.mark.parametrize(
    ("words", "code"),
    [([], "usage"), ([NAME, "--model", "salt9"], "invalid_input"), ([NAME, "--redshift", "far"], "invalid_input")],
)
def test_what_cannot_be_asked_for_is_one_document(data_dir: Path, words: list[str], code: str) -> None:
    assert skyhub("fit", *words, data_dir=data_dir, status=2)["error"]["code"] == code


def test_of_unknown_objects_none_is_fitted(data_dir: Path) -> None:
    answer = skyhub("fit", "nowhere", "--model", "bazin", data_dir=data_dir, status=2)
    assert answer["rows"] == []
    assert [one["object_id"] for one in answer["rejected"]] == ["nowhere"]


def test_a_fit_is_made_and_the_rest_rejected(data_dir: Path) -> None:
    answer = skyhub("fit", NAME, "nowhere", "--model", "bazin", "--filters", "ztfr", data_dir=data_dir)
    assert [one["object_id"] for one in answer["rejected"]] == ["nowhere"]
    [row] = answer["rows"]
    assert (row["object_id"], row["model"], row["settings"]["filters"]) == (NAME, "bazin", ["ztfr"])
    found = {one["name"]: one for one in row["parameters"]}
    assert found.keys() == set(MODELS["bazin"].names)
    assert found["t0"]["value"] == pytest.approx(58895, abs=15)
    assert all(one["error"] > 0 for one in found.values())
    assert row["chi2"] / row["dof"] < 3
    assert isinstance(row["analysis_id"], str)
    assert row["report_id"]
