"""The population of candidates: what is refused, who sees what, and that figures are those of the light curves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from skyhub.candidates import Selection, population, queue, selection_of
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.photometry import add_up, statistics
from skyhub.science.coordinates import galactic
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR


@pytest.mark.parametrize("given", [{"group": "bursts"}, {"filter_id": 99}, {"status": "new"}])
def test_impossible_selections_are_refused(house: Database, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        population(house, SCANNER, selection_of(given))


@pytest.mark.parametrize("viewer", [VISITOR, SCANNER, COLLEAGUE, OTHER, ADMINISTRATOR], ids=lambda viewer: viewer.name)
def test_everybody_has_the_objects_of_the_own_queue(house: Database, viewer: Viewer) -> None:
    told = population(house, viewer, Selection())
    assert told["object_id"].to_pylist() == sorted(
        entry["object_id"] for entry in queue(house, viewer, Selection())["candidates"]
    )
    assert "acl" not in told.column_names


@pytest.mark.parametrize("viewer", [VISITOR, SCANNER, ADMINISTRATOR], ids=lambda viewer: viewer.name)
def test_figures_are_of_the_points_that_the_viewer_sees(house: Database, viewer: Viewer) -> None:
    _see_red_points(house, "ZTF26public", ["transients"])
    told = {row["object_id"]: row for row in population(house, viewer, Selection()).to_pylist()}
    expected = statistics(house, viewer, list(told))
    for name, row in told.items():
        for figure in ("n_detections", "first_mjd", "peak_mag", "last_mag", "mag_rms", "rise_rate", "decay_rate"):
            assert row[figure] == pytest.approx(expected[name][figure], abs=1e-9), (name, figure)
        assert row["galactic_latitude"] == pytest.approx(galactic(row["ra"], row["dec"])[1])
    means = {name: figures["mean_mag"] for name, figures in expected["ZTF26public"]["filters"].items()}
    green, red = means.get("ztfg"), means.get("ztfr")
    seen = None if green is None or red is None else green - red
    assert (seen is None) == (viewer is VISITOR)
    assert told["ZTF26public"]["g_r"] == pytest.approx(seen)


def test_the_limit_of_a_page_leaves_nothing_out(house: Database) -> None:
    assert len(population(house, SCANNER, Selection(limit=1))) == len(population(house, SCANNER, Selection()))


@pytest.mark.parametrize(
    ("selection", "as_of"),
    [(Selection(dayobs=date(2020, 1, 1)), None), (Selection(), datetime(2020, 1, 1, tzinfo=UTC))],
)
def test_where_nothing_was_known_the_table_is_empty(
    house: Database, selection: Selection, as_of: datetime | None
) -> None:
    told = population(house, SCANNER, selection, as_of)
    assert len(told) == 0
    assert told.column_names == population(house, SCANNER, Selection()).column_names


def _see_red_points(db: Database, object_id: str, groups: list[str]) -> None:
    """Points in another filter that one group alone may see."""
    acl = db.writer.write(lambda t: t.acl([db.access.groups[group] for group in groups]))
    points = pa.table({
        "object_id": [object_id] * 2, "acl": pa.array([acl] * 2, pa.int32()), "filter": ["ztfg", "ztfr"],
        "origin": ["alert"] * 2, "mjd": [61000.0, 61000.1], "flux": [100.0, 150.0], "fluxerr": [1.0, 1.0],
        "limiting_mag": [20.5, 20.5],
    })  # fmt: skip
    db.writer.write(lambda t: add_up(t, points))
