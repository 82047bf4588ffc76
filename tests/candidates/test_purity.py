"""Purity by what people decided: counts that can be followed, what does not count, rights, earlier times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.candidates import decide, filter_purity
from skyhub.candidates._purity import _figures
from skyhub.classification import CLASSIFICATIONS, SHIPPED
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.records import add
from skyhub.science.proportions import wilson_interval
from skyhub.sources import save_source, unsave_source
from support.houses import COLLEAGUE, OTHER, SCANNER, candidates_of
from support.services import Served

NIGHT = date(2026, 11, 21)
_keys = (f"purity {number}" for number in count())


def _decide(db: Database, viewer: Viewer, object_id: str, verdict: str) -> None:
    decide(db, viewer, next(_keys), candidates_of(db, viewer)[object_id], verdict)


def _row(db: Database, viewer: Viewer = SCANNER, **asked: Any) -> dict[str, Any]:
    """All nights together, of the filter of transients: it lets through ZTF26public and ZTF26partner."""
    rows = filter_purity(db, viewer, [NIGHT], **asked)
    [row] = [row for row in rows if row["name"] == "filter of transients" and row["dayobs"] is None]
    return row


def _counts(row: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(row[f"n_{name}"] for name in ("passed", "real", "not_real", "disputed", "undecided"))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"nights": []}, InvalidInput),
        ({"nights": [date.fromordinal(700_000 + n) for n in range(101)]}, InvalidInput),
        ({"filter_ids": [10**6]}, NotFound),
        ({"confidence": 0.0}, InvalidInput),
    ],
)
def test_what_may_not_be_asked(house: Database, changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        filter_purity(house, SCANNER, **{"nights": [NIGHT], **changes})


def test_counts_that_can_be_followed(house: Database) -> None:
    row = _row(house)
    assert _counts(row) == (2, 0, 0, 0, 2)
    assert (row["purity"], row["purity_low"], row["purity_high"]) == (None, 0, 1)
    assert (row["purity_least"], row["purity_most"]) == (0, 1)
    _decide(house, SCANNER, "ZTF26public", "save")
    row = _row(house, confidence=0.9)
    assert _counts(row) == (2, 1, 0, 0, 1)
    assert (row["purity"], row["purity_least"], row["purity_most"]) == (1, 0.5, 1)
    assert (row["purity_low"], row["purity_high"]) == tuple(map(float, wilson_interval(1, 1, 0.9)))
    _decide(house, SCANNER, "ZTF26partner", "reject")
    row = _row(house)
    assert _counts(row) == (2, 1, 1, 0, 0)
    assert row["purity"] == row["purity_least"] == row["purity_most"] == 0.5
    _decide(house, COLLEAGUE, "ZTF26partner", "save")
    assert _counts(_row(house)) == (2, 1, 0, 1, 0)
    _decide(house, SCANNER, "ZTF26partner", "undo")
    assert _counts(_row(house)) == (2, 2, 0, 0, 0)


def test_each_night_and_version_has_its_row(house: Database) -> None:
    rows = filter_purity(house, SCANNER, [NIGHT, date(2026, 11, 20)], [int(_row(house)["filter_id"])])
    assert [(r["name"], r["version"], r["live"], r["dayobs"]) for r in rows] == [
        ("filter of transients", 1, True, None),
        ("filter of transients", 1, True, "2026-11-21"),
    ]
    assert filter_purity(house, SCANNER, [date(2020, 1, 1)]) == []


def test_what_is_taken_off_the_list_was_not_real(house: Database) -> None:
    _decide(house, SCANNER, "ZTF26public", "save")
    unsave_source(house, SCANNER, "ZTF26public", ["transients"])
    assert _counts(_row(house)) == (2, 0, 1, 0, 1)


def test_what_was_saved_without_a_candidate_does_not_count(house: Database) -> None:
    save_source(house, SCANNER, "ZTF26public", ["transients"])
    assert _counts(_row(house)) == (2, 0, 0, 0, 2)


def test_classes_of_people_come_before_decisions(house: Database) -> None:
    _decide(house, SCANNER, "ZTF26public", "reject")
    told = {"taxonomy": SHIPPED, "probability": 0.9}
    given = [
        {"object_id": "ZTF26public", "classification": "Ia", **told},
        {"object_id": "ZTF26partner", "classification": "AGN", **told, "ml": True, "origin": "a machine"},
    ]
    add(house, SCANNER, CLASSIFICATIONS, given)
    assert _counts(_row(house)) == (2, 0, 1, 0, 1)
    assert _counts(_row(house, classes=["Supernova"])) == (2, 1, 0, 0, 1)
    assert _counts(_row(house, classes=["TDE"])) == (2, 0, 1, 0, 1)


def test_decisions_of_other_groups_do_not_count(house: Database) -> None:
    both = Viewer("both", frozenset({"transients", "bursts"}), scopes=SCANNER.scopes)
    decide(house, both, next(_keys), candidates_of(house, both)["ZTF26public"], "save", ["bursts"])
    assert _counts(_row(house, both)) == (2, 0, 0, 0, 2)


def test_only_what_one_may_see_counts(house: Database) -> None:
    _decide(house, SCANNER, "ZTF26partner", "save")
    _decide(house, SCANNER, "ZTF26public", "save")
    number = int(_row(house)["filter_id"])
    with pytest.raises(NotFound):
        filter_purity(house, OTHER, [NIGHT], [number])
    of_everybody = [row for row in filter_purity(house, OTHER, [NIGHT]) if row["name"] == "Real detections"]
    shown = {name for name in candidates_of(house, OTHER) if name != "ZTF26bogus"}
    assert {_counts(row) for row in of_everybody} == {(len(shown), 0, 0, 0, len(shown))}
    assert "ZTF26partner" not in shown


def test_at_an_earlier_time(house: Database) -> None:
    [newest] = house.reader.rows(ADMINISTRATOR, "SELECT max(known_at) AS at FROM @candidates")
    moment: datetime = newest["at"].replace(tzinfo=UTC)
    _decide(house, SCANNER, "ZTF26public", "save")
    assert _counts(_row(house, as_of=moment)) == (2, 0, 0, 0, 2)


def test_over_http(served: Served) -> None:
    _decide(served.db, SCANNER, "ZTF26public", "save")
    with served.sky(SCANNER) as sky:
        rows = sky.filters.purity(["2026-11-21"], ["filter of transients"], classes=["TDE"], confidence=0.9).to_rows()
    number = int(rows[0]["filter_id"])
    assert rows == filter_purity(served.db, SCANNER, [NIGHT], [number], classes=["TDE"], confidence=0.9)


@given(st.lists(st.sampled_from(["real", "not_real", "disputed", "undecided"]), min_size=1))
def test_the_range_holds_the_purity_that_all_decisions_would_give(statuses: list[Any]) -> None:
    told = _figures(statuses, 0.9)
    assert sum(_counts(told)[1:]) == told["n_passed"] == len(statuses)
    assert 0 <= told["purity_least"] <= told["purity_most"] <= 1
    if told["purity"] is not None:
        assert told["purity_least"] <= told["purity"] + 1e-12
        assert told["purity"] <= told["purity_most"] + 1e-12
        assert told["purity_low"] <= told["purity"] <= told["purity_high"]
