"""Known objects run again through filters: who may ask for what, counts that can be followed by hand, rights."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

import pytest
from skyhub.candidates import activate_filter, dry_run, filter_completeness, propose_filter
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.proportions import wilson_interval
from support.houses import OTHER, SCANNER
from support.services import Served

NIGHT = date(2026, 11, 21)
KNOWN = {"ZTF26public": True, "ZTF26partner": False, "ZTF26faint": True, "ZTF26bogus": False, "ZTF26elsewhere": True}


def _of(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    [row] = [row for row in rows if row["name"] == name]
    return row


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"known": {}}, InvalidInput),
        ({"known": {f"x{n}": True for n in range(10_001)}}, InvalidInput),
        ({"nights": [date.fromordinal(700_000 + n) for n in range(301)]}, InvalidInput),
        ({"filter_ids": [10**6]}, NotFound),
        ({"confidence": 1.0}, InvalidInput),
    ],
)
def test_what_may_not_be_asked(house: Database, changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        filter_completeness(house, SCANNER, **{"known": KNOWN, **changes})


def test_anothers_filter_is_not_there(house: Database) -> None:
    number = next(int(r["filter_id"]) for r in filter_completeness(house, OTHER, KNOWN) if "bursts" in r["name"])
    with pytest.raises(NotFound):
        filter_completeness(house, SCANNER, KNOWN, filter_ids=[number])


def test_counts_that_can_be_followed(house: Database) -> None:
    """Of two wanted objects with alerts the bright one passes, and with it the one that is not wanted."""
    row = _of(filter_completeness(house, SCANNER, KNOWN, [NIGHT], confidence=0.9), "filter of transients")
    assert (row["n_wanted"], row["n_recovered"], row["completeness"]) == (2, 1, 0.5)
    assert (row["n_known_passed"], row["n_unwanted_passed"], row["purity"]) == (2, 1, 0.5)
    assert (row["missed"], row["unwanted"]) == (["ZTF26faint"], ["ZTF26partner"])
    bounds = tuple(float(bound) for bound in wilson_interval(1, 2, 0.9))
    assert (row["completeness_low"], row["completeness_high"]) == bounds
    assert (row["purity_low"], row["purity_high"]) == bounds
    assert (row["live"], row["failed"]) == (True, None)


def test_it_is_what_a_dry_run_says(house: Database) -> None:
    for row in filter_completeness(house, SCANNER, KNOWN):
        passed = set(dry_run(house, SCANNER, filter_id=int(row["filter_id"]))["objects"])
        assert row["n_objects"] == len(passed)
        assert row["n_known_passed"] == len(passed & KNOWN.keys())


def test_only_what_one_may_see_counts(house: Database) -> None:
    public = Viewer("public", frozenset({"bursts"}))
    row = _of(filter_completeness(house, public, {"ZTF26partner": True, "ZTF26faint": True}), "filter of bursts")
    assert (row["n_wanted"], row["completeness"], row["missed"]) == (1, 1.0, [])


def test_where_nothing_is_known(house: Database) -> None:
    row = _of(filter_completeness(house, SCANNER, {"ZTF26elsewhere": True}), "filter of transients")
    assert (row["n_wanted"], row["completeness"], row["completeness_low"], row["completeness_high"]) == (0, None, 0, 1)
    assert row["purity"] is None


def test_each_version(house: Database) -> None:
    number = int(_of(filter_completeness(house, SCANNER, KNOWN), "filter of transients")["filter_id"])
    propose_filter(house, SCANNER, "filter of transients", "drb > 0.5", "transients")
    asked = {"known": KNOWN, "filter_ids": [number]}
    rows = filter_completeness(house, SCANNER, **asked, every_version=True)
    assert [(r["version"], r["live"], r["completeness"]) for r in rows] == [(1, True, 0.5), (2, False, 1.0)]
    assert [r["version"] for r in filter_completeness(house, SCANNER, **asked)] == [1]
    [newest] = house.reader.rows(ADMINISTRATOR, "SELECT max(known_at) AS at FROM @filters")
    moment = newest["at"].replace(tzinfo=UTC)
    activate_filter(house, ADMINISTRATOR, number, 2, "it finds more")
    assert [r["version"] for r in filter_completeness(house, SCANNER, **asked)] == [2]
    assert [r["version"] for r in filter_completeness(house, SCANNER, **asked, as_of=moment)] == [1]


def test_nothing_is_stored(house: Database) -> None:
    before = house.version()
    filter_completeness(house, Viewer("reader", frozenset({"transients"})), KNOWN)
    assert house.version() == before


def test_over_http(house: Database, served: Served) -> None:
    with served.sky(SCANNER) as sky:
        table = sky.filters.completeness(KNOWN, [NIGHT.isoformat()], ["filter of transients"], confidence=0.9)
    [row] = table.to_rows()
    assert (row["name"], row["completeness"], row["purity"]) == ("filter of transients", 0.5, 0.5)


def test_within_a_report_it_reads_at_its_moment(house: Database, served: Served) -> None:
    number = int(_of(filter_completeness(house, SCANNER, KNOWN), "filter of transients")["filter_id"])
    propose_filter(house, SCANNER, "filter of transients", "drb > 0.5", "transients")
    [newest] = house.reader.rows(ADMINISTRATOR, "SELECT max(known_at) AS at FROM @filters")
    moment = newest["at"].replace(tzinfo=UTC).isoformat()
    activate_filter(house, ADMINISTRATOR, number, 2, "it finds more")
    propose_filter(house, SCANNER, "filter of transients", "drb > 2", "transients")
    with Sky(Transport(served.url, served.token_of(SCANNER), moment)) as sky:
        [row] = sky.filters.completeness(KNOWN, names=[number]).to_rows()
        assert (row["version"], row["live"]) == (1, True)
        assert sky.filters.dry_run(number)["n_passed"] > 0
