"""Similar objects: what is refused, who is compared with whom, and that the nearest are the nearest."""

from __future__ import annotations

import pytest
from search_support import ANNA, BEN, GROUPS, VISITOR, measured, store
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.search import similar_objects
from skyhub.team import add_groups

RISING = {
    "A": [10, 20, 40], "B": [12, 23, 45], "C": [60, 20, 5], "D": [900, 100, 10], "F": [10, 20, 41], "G": [10, 20, 40],
}  # fmt: skip
"""Flux by day; F is of one group, G of another, E has no point."""


@pytest.fixture
def sky_of_seven(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr("search_support.FLUXES", RISING)
    add_groups(db, GROUPS)
    store(db)
    return db


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_limits_are_kept(sky_of_seven: Database, limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        similar_objects(sky_of_seven, ANNA, "ZTF26A", limit)


@pytest.mark.parametrize(
    ("viewer", "name"), [(ANNA, "nothing"), (ANNA, "ZTF26G"), (VISITOR, "ZTF26F"), (BEN, "ZTF26F")]
)
def test_what_one_may_not_see_has_nothing_similar(sky_of_seven: Database, viewer: Viewer, name: str) -> None:
    with pytest.raises(NotFound):
        similar_objects(sky_of_seven, viewer, name)


def test_an_object_without_points_cannot_be_compared(sky_of_seven: Database) -> None:
    with pytest.raises(InvalidInput, match="Wait for more points"):
        similar_objects(sky_of_seven, ANNA, "ZTF26E")


@pytest.mark.parametrize(
    ("viewer", "seen", "first"),
    [(VISITOR, "BCD", "B"), (ANNA, "BCDF", "F"), (BEN, "BCDG", "G"), (ADMINISTRATOR, "BCDFG", "G")],
    ids=["visitor", "anna", "ben", "administrator"],
)
def test_the_nearest_of_what_one_may_see(sky_of_seven: Database, viewer: Viewer, seen: str, first: str) -> None:
    found = similar_objects(sky_of_seven, viewer, "ZTF26A").to_pydict()
    names = [name.removeprefix("ZTF26") for name in found["object_id"]]
    assert sorted(names) == list(seen)
    assert names[0] == first
    assert found["distance"] == sorted(found["distance"])
    if "G" in seen:
        assert found["distance"][0] == pytest.approx(0, abs=1e-9)


def test_distances_are_symmetric_and_in_units_of_the_scatter(sky_of_seven: Database) -> None:
    def between(one: str, other: str) -> float:
        found = similar_objects(sky_of_seven, ADMINISTRATOR, f"ZTF26{one}").to_pydict()
        return float(found["distance"][found["object_id"].index(f"ZTF26{other}")])

    for one, other in [("A", "B"), ("A", "D"), ("C", "F")]:
        assert between(one, other) == pytest.approx(between(other, one))


def test_new_points_and_as_of(sky_of_seven: Database) -> None:
    before = similar_objects(sky_of_seven, VISITOR, "ZTF26A")
    moment = sky_of_seven.writer.write(lambda transaction: transaction.now)
    measured(sky_of_seven, "ZTF26B", [900.0, 1000.0, 1200.0], start=61100.0)
    after = similar_objects(sky_of_seven, VISITOR, "ZTF26A")
    assert after["distance"].to_pylist() != before["distance"].to_pylist()
    assert similar_objects(sky_of_seven, VISITOR, "ZTF26A", as_of=moment).equals(before)
