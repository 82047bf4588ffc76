"""Light curves as tables and as JSON columns, and their statistics."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from skyhub.db import ADMINISTRATOR, Database
from skyhub.photometry import COLUMNS, light_curves, photometry_table, statistics_of
from support.houses import OTHER, SCANNER, VISITOR, candid_of


@pytest.mark.parametrize("name", ["", "ZTF26nothing", "ZTF26caltech", "'; DROP TABLE photometry"])
def test_what_one_may_not_see_is_empty(house: Database, name: str) -> None:
    assert len(photometry_table(house, SCANNER, name)) == 0
    curve = light_curves(house, SCANNER, [name])[name]
    assert curve == {column: [] for column in COLUMNS}
    assert statistics_of(curve).n_detections == 0


def test_points_come_in_the_order_of_time_with_exact_numbers(house: Database) -> None:
    table = photometry_table(house, SCANNER, "ZTF26partner")
    assert table["mjd"].to_pylist() == sorted(table["mjd"].to_pylist())
    assert table["point_id"].to_pylist() == [-1001, candid_of(1) - 1000, candid_of(1)]
    assert table["flux"].to_pylist() == [
        None,
        pytest.approx(10 ** (0.4 * (23.9 - 19.25))),
        pytest.approx(10 ** (0.4 * (23.9 - 18.5))),
    ]
    assert table["limiting_mag"].to_pylist() == pytest.approx([20.1, 20.5, 20.5], abs=1e-5)


def test_columns_in_json_agree_with_the_table(house: Database) -> None:
    names = ["ZTF26public", "ZTF26partner", "ZTF26faint"]
    curves = light_curves(house, SCANNER, names)
    json.dumps(curves, allow_nan=False)
    for name in names:
        table = photometry_table(house, SCANNER, name)
        assert curves[name] == {column: table[column].to_pylist() for column in COLUMNS}


def test_each_viewer_sees_the_points_of_their_streams(house: Database) -> None:
    counts = {v.name: len(photometry_table(house, v, "ZTF26partner")) for v in (VISITOR, OTHER, SCANNER, ADMINISTRATOR)}
    assert counts == {"visitor": 0, "other": 0, "scanner": 3, "administrator": 3}
    assert len(photometry_table(house, ADMINISTRATOR, "ZTF26partner", datetime(2020, 1, 1, tzinfo=UTC))) == 0


def test_forced_points_are_no_detections() -> None:
    curve = {
        "mjd": [1.0, 2.0, 3.0], "filter": ["ztfg"] * 3, "mag": [None, 18.0, 17.0], "magerr": [None, 0.1, 0.1],
        "limiting_mag": [20.0, 20.0, 20.0], "flux": [None, 1.0, 2.0], "fluxerr": [0.1] * 3, "origin": ["alert", "alert", "forced"],
    }  # fmt: skip
    found = statistics_of(curve)
    assert (found.n_detections, found.n_limits) == (1, 1)
    assert found.peak is not None
    assert found.peak.mag == 18.0
