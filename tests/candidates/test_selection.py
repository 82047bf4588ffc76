"""Selections: what is refused, what each criterion means, pages that neither skip nor repeat, and rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from skyhub.candidates import SCAN_PROFILES, Selection, add_filter, cards, decide, filter_documents, queue, selection_of
from skyhub.classification import CLASSIFICATIONS
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.notes import ANNOTATIONS, LIST_ENTRIES, REDSHIFTS
from skyhub.records import add, find
from skyhub.science.nights import datetime_of_mjd
from skyhub.service import open_database
from skyhub.sources import save_source, unsave_source
from skyhub.team import add_groups
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of, ingest
from support.packets import JD, record, write_packets
from support.services import Served

BOTH = Viewer("both", frozenset({"transients", "bursts"}), scopes=ROLES["scanner"])
MAGS = {"A": 17.0, "B": 18.0, "C": 18.5, "D": 18.5, "E": 19.5}
"""Objects of two nights: E alone is of the night before."""


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("selection")
    with open_database(folder / "data") as db:
        add_groups(db, {"transients": [], "bursts": []})
        add_filter(db, "all of transients", "true", "transients")
        add_filter(db, "faint of bursts", "mag > 18.2", "bursts")
        for place, (name, mag) in enumerate(MAGS.items()):
            whole = record(
                10**15 + place, f"ZTF26{name}", magpsf=mag, ra=150.0 + place, jd=JD - (name == "E") + place * 1e-3,
                drb=0.9 - place / 10, sgscore1=0.1 * place,
            )  # fmt: skip
            ingest(db, write_packets(folder / f"{name}.avro", whole))
        yield db


def listed(db: Database, viewer: Viewer = BOTH, as_of: datetime | None = None, **given: Any) -> str:
    """The letters of the objects of a selection, in its order."""
    return "".join(c["object_id"][-1] for c in queue(db, viewer, selection_of(given), as_of)["candidates"])


BAD = [
    {"saved_status": "saved"},
    {"saved_status": "savedToAllSelected"},
    {"dayobs": "2026-02-30"},
    {"first_dayobs": "2026-11-20"},
    {"first_dayobs": "2026-11-21", "last_dayobs": "2026-11-20"},
    {"first_dayobs": "2026-01-01", "last_dayobs": "2026-11-20"},
    {"dayobs": "2026-11-21", "first_dayobs": "2026-11-20", "last_dayobs": "2026-11-21"},
    {"group": ["transients", "nobody"]},
    {"filter_id": "999"},
    {"filter_id": "one"},
    {"annotations": "drb > 1"},
    {"annotations": '{"key": "drb"}'},
    {"annotations": [{"key": "drb", "min": 1, "max": 0}]},
    {"annotations": [{"key": "drb", "min": 0, "value": 1}]},
    {"annotations": [{"key": "drb", "min": "NaN"}]},
    {"annotations": [{"key": "drb", "least": 1}]},
    {"min_redshift": 1, "max_redshift": 0.5},
    {"max_redshift": "Infinity"},
    {"min_detections": 0},
    {"first_after": "yesterday"},
    {"sort_order": "up"},
    {"cursor": "!"},
    {"cursor": "W10="},
    {"limit": 2001},
    {"colour": "red"},
]


@pytest.mark.parametrize("given", BAD, ids=str)
def test_what_cannot_be_asked_for_is_refused(two_nights: Database, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        queue(two_nights, BOTH, selection_of(given))
    assert refused.value.where


@pytest.mark.parametrize("query", ["status=new", "limit=5&limit=6", "min_redshift=x", "annotations=[", "colour=red"])
def test_the_interface_refuses_the_same(still: Served, query: str) -> None:
    answer = still.get(f"/api/candidates?{query}", still.token_of(SCANNER))
    assert answer.status_code == 400
    assert answer.json()["error"]["where"] == query.partition("=")[0]


def test_nights_one_and_several(two_nights: Database) -> None:
    assert listed(two_nights) == "DCBA"
    assert listed(two_nights, dayobs="2026-11-20") == "E"
    assert listed(two_nights, first_dayobs="2026-11-20", last_dayobs="2026-11-21") == "DCBAE"
    assert listed(two_nights, first_dayobs="2026-11-01", last_dayobs="2026-11-19") == ""
    assert listed(two_nights, sort_order="asc") == "ABCD"


def test_groups_and_filters(two_nights: Database) -> None:
    numbers = {row["name"]: int(row["filter_id"]) for row in filter_documents(two_nights, BOTH)}
    all_, faint = numbers["all of transients"], numbers["faint of bursts"]
    assert listed(two_nights, group="bursts") == "DC"
    assert listed(two_nights, group=["bursts", "transients"]) == "DCBA"
    assert listed(two_nights, filter_id=faint) == "DC"
    assert listed(two_nights, group="transients", filter_id=faint) == ""
    assert listed(two_nights, SCANNER, filter_id=[all_]) == "DCBA"
    for viewer in (SCANNER, VISITOR):
        with pytest.raises(InvalidInput, match=f"you may see no filter {faint}"):
            listed(two_nights, viewer, filter_id=faint)


def test_annotations_of_alerts_and_of_objects(two_nights: Database) -> None:
    assert listed(two_nights, annotations=[{"origin": "ZTF", "key": "drb", "min": 0.65, "max": 0.85}]) == "CB"
    assert listed(two_nights, annotations='[{"key": "mag", "value": 18.5}]') == "DC"
    assert listed(two_nights, annotations=[{"origin": "LSST", "key": "mag", "max": 30}]) == ""
    assert listed(two_nights, annotations=[{"key": "star_score", "min": 0.1}, {"key": "mag", "max": 18.2}]) == "B"
    rows = [
        {"object_id": "ZTF26A", "origin": "Gaia", "data": {"plx": 4.0, "class": "star", "known": True}},
        {"object_id": "ZTF26B", "origin": "Gaia", "data": {"plx": -1.0, "class": "qso", "a/b": 1}},
        {"object_id": "ZTF26B", "origin": "other", "data": {"plx": 5.0}},
        {"object_id": "ZTF26D", "origin": "Gaia", "data": {"plx": "none"}},
    ]
    add(two_nights, BOTH, ANNOTATIONS, rows, ["transients"])
    assert listed(two_nights, annotations=[{"origin": "Gaia", "key": "plx", "min": 0}]) == "A"
    assert listed(two_nights, annotations=[{"key": "plx", "min": 0}]) == "BA"
    assert listed(two_nights, annotations=[{"key": "class", "value": "qso"}]) == "B"
    assert listed(two_nights, annotations=[{"key": "known", "value": True}]) == "A"
    assert listed(two_nights, annotations=[{"key": "a/b", "value": 1}]) == "B"
    assert listed(two_nights, OTHER, group="bursts", annotations=[{"key": "plx", "min": 0}]) == ""
    assert listed(two_nights, sort_key="plx", sort_origin="Gaia") == "ABCD"
    assert listed(two_nights, sort_key="plx", sort_order="asc") == "BACD"
    assert listed(two_nights, sort_key="drb") == "ABCD"
    assert listed(two_nights, OTHER, group="bursts", sort_key="plx") == "CD"


def test_classifications_redshifts_and_lists(two_nights: Database) -> None:
    db = two_nights
    classes = [
        {"object_id": "ZTF26A", "classification": "Supernova", "probability": 0.0},
        {"object_id": "ZTF26B", "classification": "Type Ia", "probability": 0.9},
        {"object_id": "ZTF26C", "classification": "AGN"},
    ]
    add(db, BOTH, CLASSIFICATIONS, classes, ["transients"])
    assert listed(db, classification="supernova") == "B"
    assert listed(db, classification=["Type Ia", "AGN"]) == "CB"
    assert listed(db, without_classification="Supernova") == "DCA"
    assert listed(db, OTHER, group="bursts", classification="AGN") == ""
    assert listed(db, OTHER, group="bursts", without_classification="AGN") == "DC"
    redshifts = [
        {"object_id": "ZTF26A", "redshift": 0.5, "type": "photometric"},
        {"object_id": "ZTF26A", "redshift": 0.1, "type": "spectroscopic"},
        {"object_id": "ZTF26B", "redshift": 0.3, "type": "host"},
    ]
    add(db, BOTH, REDSHIFTS, redshifts, ["transients"])
    assert listed(db, max_redshift=0.2) == "A"
    assert listed(db, min_redshift=0.2, max_redshift=0.3) == "B"
    add(db, BOTH, LIST_ENTRIES, [{"object_id": "ZTF26D", "list_name": "favourites"}])
    assert listed(db, on_list=["favourites", "watched"]) == "D"
    assert listed(db, not_on_list="favourites") == "CBA"
    assert listed(db, SCANNER, on_list="favourites") == ""


def test_detections(house: Database) -> None:
    names = {c["object_id"] for c in queue(house, SCANNER, Selection())["candidates"]}

    def found(**given: Any) -> set[str]:
        return {c["object_id"] for c in queue(house, SCANNER, selection_of(given))["candidates"]}

    [row] = house.reader.rows(
        SCANNER,
        "SELECT min(mjd) AS first, max(mjd) AS last FROM @photometry WHERE object_id = 'ZTF26public' AND flux > 0",
    )
    first, last = (datetime_of_mjd(row[name]) for name in ("first", "last"))
    second = timedelta(seconds=1)
    assert found(min_detections=2) == names
    assert found(min_detections=3) == set()
    assert "ZTF26public" in found(first_after=(first - second).isoformat())
    assert "ZTF26public" not in found(first_after=(first + second).isoformat())
    assert "ZTF26public" in found(last_before=(last + second).isoformat(), exclude_forced=True)
    assert "ZTF26public" not in found(last_before=(last - second).replace(tzinfo=None).isoformat())


@pytest.fixture
def saved(house_dir: Path) -> Iterator[Database]:
    """Public is saved for transients, partner for both groups, faint for none; the partner's save for bursts is another's."""
    with open_database(house_dir) as db:
        decide(db, SCANNER, "1", candidates_of(db, SCANNER)["ZTF26public"], "save", ["transients"])
        save_source(db, BOTH, "ZTF26partner", ["transients", "bursts"])
        yield db


@pytest.mark.parametrize(
    ("status", "groups", "expected"),
    [
        ("all", [], {"public", "partner", "faint"}),
        ("saved_to_any_selected", ["transients"], {"public", "partner"}),
        ("saved_to_all_selected", ["transients", "bursts"], {"partner"}),
        ("saved_to_any_selected", ["bursts"], set()),
        ("saved_to_any_accessible", [], {"public", "partner"}),
        ("not_saved_to_any_accessible", [], {"faint"}),
        ("not_saved_to_any_accessible", ["bursts"], {"faint"}),
        ("not_saved_to_any_selected", ["transients", "bursts"], {"faint"}),
        ("not_saved_to_all_selected", ["transients", "bursts"], {"public", "faint"}),
    ],
)
def test_saved_statuses(saved: Database, status: str, groups: list[str], expected: set[str]) -> None:
    page = queue(saved, BOTH, selection_of({"saved_status": status, "group": groups}))
    assert {c["object_id"].removeprefix("ZTF26") for c in page["candidates"]} - {"bogus"} == expected
    assert page["total"] == page["counts"]["all"] == len(page["candidates"])


def test_nobody_learns_of_what_groups_saved_that_are_not_ones_own(saved: Database) -> None:
    for viewer, expected in ((SCANNER, ["transients"]), (COLLEAGUE, ["transients"]), (BOTH, ["bursts", "transients"])):
        [card] = cards(saved, viewer, [candidates_of(saved, viewer)["ZTF26partner"]])
        assert sorted(entry["group"] for entry in card["saved"]) == expected
        assert {entry["saved_by"] for entry in card["saved"]} == {"both"}
    unsave_source(saved, SCANNER, "ZTF26partner", ["transients"])
    page = queue(saved, SCANNER, selection_of({"saved_status": "not_saved_to_any_accessible"}))
    assert "ZTF26partner" in {c["object_id"] for c in page["candidates"]}
    assert cards(saved, SCANNER, [candidates_of(saved, SCANNER)["ZTF26partner"]])[0]["saved"] == []


def test_what_was_selected_at_a_time(two_nights: Database) -> None:
    before = two_nights.writer.write(lambda transaction: transaction.now)
    save_source(two_nights, BOTH, "ZTF26A", ["transients"])
    assert listed(two_nights, saved_status="saved_to_any_accessible") == "A"
    assert listed(two_nights, as_of=before, saved_status="saved_to_any_accessible") == ""
    assert listed(two_nights, as_of=datetime(2020, 1, 1, tzinfo=UTC)) == ""


@pytest.mark.parametrize(
    "given", [{}, {"sort_key": "drb"}, {"sort_key": "nothing"}, {"sort_key": "mag", "sort_order": "asc"}]
)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_add_up_to_the_whole(two_nights: Database, given: dict[str, Any], limit: int) -> None:
    whole, pages, cursor = listed(two_nights, **given), "", None
    for _ in range(6):
        page = queue(two_nights, BOTH, selection_of({**given, "limit": limit, "cursor": cursor}))
        assert page["total"] == len(whole)
        pages += "".join(c["object_id"][-1] for c in page["candidates"])
        if (cursor := page["cursor"]) is None:
            break
    assert pages == whole


def test_a_page_goes_on_where_it_was_when_candidates_leave_the_queue(house: Database) -> None:
    whole = [c["object_id"] for c in queue(house, SCANNER, Selection(status="unreviewed"))["candidates"]]
    first = queue(house, SCANNER, Selection(status="unreviewed", limit=1))
    decide(house, SCANNER, "1", int(first["candidates"][0]["candidate_id"]), "reject")
    rest = queue(house, SCANNER, Selection(status="unreviewed", cursor=first["cursor"]))
    assert [c["object_id"] for c in rest["candidates"]] == whole[1:]


def test_a_selection_in_an_address(still: Served) -> None:
    query = {"group": ["transients"], "annotations": json.dumps([{"key": "mag", "max": 19}]), "dayobs": ""}
    page = still.get("/api/candidates", still.token_of(SCANNER), params=query).json()
    assert {c["object_id"] for c in page["candidates"]} == {"ZTF26public", "ZTF26partner"}
    with still.sky(SCANNER) as sky:
        table = sky.candidates(group=["transients"], annotations=[{"key": "mag", "max": 19}])
        assert len(table) == 2


BAD_PROFILES = [
    {"name": "", "selection": {}},
    {"name": "x"},
    {"name": "x", "selection": {"status": "new"}},
    {"name": "x", "selection": {"annotations": [{"key": "drb"}]}},
    {"name": "x", "selection": {"cursor": "abc"}},
    {"name": "x", "selection": {"colour": "red"}},
]


@pytest.mark.parametrize("given", BAD_PROFILES, ids=str)
def test_profiles_that_cannot_be_asked_for_are_refused(house: Database, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        add(house, SCANNER, SCAN_PROFILES, [given])
    assert find(house, ADMINISTRATOR, SCAN_PROFILES) == []


def test_profiles_are_ones_own(house: Database) -> None:
    selection = {"group": ["transients"], "annotations": [{"origin": "ZTF", "key": "drb", "min": 0.9}]}
    with pytest.raises(PermissionRefused):
        add(house, VISITOR, SCAN_PROFILES, [{"name": "good", "selection": selection}])
    add(house, SCANNER, SCAN_PROFILES, [{"name": "good", "selection": selection}])
    [profile] = find(house, SCANNER, SCAN_PROFILES)
    assert profile["selection"] == selection
    assert find(house, COLLEAGUE, SCAN_PROFILES) == []
    add(house, SCANNER, SCAN_PROFILES, [{"name": "good", "selection": {"status": "all"}}], revise=True)
    assert [p["selection"] for p in find(house, SCANNER, SCAN_PROFILES)] == [{"status": "all"}]


def test_a_night_of_its_own_type_is_kept(two_nights: Database) -> None:
    assert queue(two_nights, BOTH, Selection(dayobs=date(2026, 11, 20)))["dayobs"] == "2026-11-20"
