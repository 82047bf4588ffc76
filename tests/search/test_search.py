"""Searching: what is refused, what each condition means, pages that neither skip nor repeat, the past, and rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search_support import ANNA, BEN, CLEO, GROUPS, VISITOR, measured, store
from skyhub.classification import CLASSIFICATIONS
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.notes import ANNOTATIONS, LIST_ENTRIES, OBJECT_TAGS, REDSHIFTS, TAGS
from skyhub.photometry import statistics
from skyhub.records import add, from_fields
from skyhub.science.nights import datetime_of_mjd
from skyhub.search import SORTS, Search, search_objects, search_places
from skyhub.service import open_database
from skyhub.sources import ALIASES, save_source, unsave_source
from skyhub.team import add_groups, personal_group
from support.commands import skyhub
from support.effort import repeats
from support.services import Served


@pytest.fixture(scope="module")
def sky_of_seven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with open_database(tmp_path_factory.mktemp("search") / "data") as db:
        add_groups(db, GROUPS)
        store(db)
        for name, z in (("A", 0.05), ("B", 0.2), ("F", 0.01)):
            add(
                db, ADMINISTRATOR, REDSHIFTS, [{"object_id": f"ZTF26{name}", "redshift": z, "type": "host"}], ["public"]
            )
        for name, label, p in (("A", "SN Ia", 0.9), ("B", "Kilonova", 0.4), ("C", "AGN", None), ("G", "SN Ia", 0.8)):
            who = BEN if name == "G" else ANNA
            about = {"object_id": f"ZTF26{name}", "classification": label, "probability": p}
            add(db, who, CLASSIFICATIONS, [about])
        add(db, ADMINISTRATOR, ANNOTATIONS, [
            {"object_id": "ZTF26A", "origin": "program", "data": {"score": 0.7, "kind": "fast", "host": True}},
            {"object_id": "ZTF26B", "origin": "program", "data": {"score": 0.3, "kind": "slow", "host": False, "n": 5}},
            {"object_id": "ZTF26C", "origin": "other", "data": {"n": "5", "kind": "fast"}},
        ], ["public"])  # fmt: skip
        add(db, ADMINISTRATOR, TAGS, [{"name": "young"}], ["public"])
        add(db, ANNA, OBJECT_TAGS, [{"object_id": "ZTF26A", "tag": "young"}])
        add(db, ANNA, LIST_ENTRIES, [{"object_id": f"ZTF26{n}", "list_name": "favourites"} for n in "AC"])
        add(db, ANNA, ALIASES, [{"object_id": "ZTF26D", "alias": "SN 2026abc"}])
        save_source(db, ANNA, "ZTF26A")
        save_source(db, BEN, "ZTF26B")
        save_source(db, ANNA, "ZTF26B")
        unsave_source(db, ANNA, "ZTF26B")
        yield db


def found(db: Database, viewer: Viewer = ANNA, as_of: datetime | None = None, **asked: Any) -> str:
    """The letters of the objects that are found, in their order."""
    search = from_fields(Search, {"sort": "object_id", "order": "asc", **asked}, "search")
    return "".join(o["object_id"][-1] for o in search_objects(db, viewer, search, as_of)["objects"])


BAD = [
    {"around": ""}, {"around": "nowhere"}, {"around": "ZTF26G"}, {"around": "400 0"}, {"around": "10 20", "radius": 0},
    {"around": "10 20", "radius": "NaN"}, {"radius": -1}, {"min_redshift": 1, "max_redshift": 0.5},
    {"min_peak_mag": "bright"}, {"saved": "yes"}, {"group": "bursts"}, {"group": ["transients", "nobody"]},
    {"saved_after": "2026-11-02", "saved_before": "2026-11-01"}, {"created_after": "yesterday"},
    {"saved": "not_saved", "saved_after": "2026-11-01"}, {"min_probability": 0.5}, {"max_probability": 0.5},
    {"classification": "SN Ia", "min_probability": 1.5}, {"min_detections": -1}, {"annotations": "["},
    {"annotations": '[{"key": "score"}]'}, {"annotations": [{"key": "score", "min": 1, "max": 0}]}, {"sort": "colour"},
    {"sort": "separation_arcsec"}, {"order": "up"}, {"limit": 0}, {"limit": 100_001}, {"cursor": "!"},
    {"cursor": "W10="}, {"colour": "red"}, {"name": ""}, {"name": "x" * 101},
]  # fmt: skip


@pytest.mark.parametrize("asked", BAD, ids=str)
def test_what_cannot_be_searched_for_is_refused(sky_of_seven: Database, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        found(sky_of_seven, **asked)
    assert refused.value.where
    assert len(refused.value.message) > 20


@pytest.mark.parametrize("query", ["sort=colour", "limit=5&limit=6", "min_redshift=x", "annotations=[", "colour=red"])
def test_the_interface_refuses_the_same(still: Served, query: str) -> None:
    for path in ("search", "search/places"):
        answer = still.get(f"/api/{path}?{query}", still.token_of(ANNA))
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["where"] == query.partition("=")[0]


NOW = datetime.now(UTC)

MEANS: list[tuple[dict[str, Any], str]] = [
    ({}, "ABCDEF"),
    ({"around": "10 20", "radius": 5}, "AB"),
    ({"around": "ZTF26A", "radius": 3.3}, "A"),
    ({"around": "00:00:00 +00:00:00", "radius": 1}, "CD"),
    ({"around": "140 -89.9999", "radius": 1}, "EF"),
    ({"around": "10 20", "radius": 324000, "sort": "separation_arcsec"}, "ABDC"),
    ({"name": "ztf26a"}, "A"),
    ({"name": "2026AB"}, "D"),
    ({"name": "%"}, ""),
    ({"classification": "SN Ia"}, "A"),
    ({"classification": "Supernova"}, "A"),
    ({"classification": ["Kilonova", "AGN"]}, "BC"),
    ({"classification": ["Kilonova", "AGN"], "min_probability": 0.5}, "C"),
    ({"without_classification": ["SN Ia", "AGN"]}, "BDEF"),
    ({"min_redshift": 0.05}, "AB"),
    ({"max_redshift": 0.05}, "AF"),
    ({"saved": "saved"}, "A"),
    ({"saved": "not_saved"}, "BCDEF"),
    ({"group": "transients"}, "A"),
    ({"saved": "not_saved", "group": "transients"}, "BCDEF"),
    ({"saved_after": NOW - timedelta(hours=1)}, "A"),
    ({"saved_before": NOW - timedelta(hours=1)}, ""),
    ({"created_after": NOW - timedelta(hours=1)}, "ABCDEF"),
    ({"created_before": NOW - timedelta(hours=1)}, ""),
    ({"last_detected_after": datetime_of_mjd(61001.5)}, "AB"),
    ({"first_detected_before": datetime_of_mjd(61000.5), "last_detected_before": datetime_of_mjd(61000.5)}, "C"),
    ({"min_detections": 3}, "AB"),
    ({"max_detections": 1}, "C"),
    ({"max_peak_mag": 18.0}, "F"),
    ({"min_last_mag": 21.0}, "BD"),
    ({"max_rise_rate": -0.1}, "A"),
    ({"min_decay_rate": 0.1}, "BF"),
    ({"tag": "Young"}, "A"),
    ({"without_tag": "young"}, "BCDEF"),
    ({"on_list": "favourites"}, "AC"),
    ({"not_on_list": ["favourites"]}, "BDEF"),
    ({"annotations": [{"key": "score", "min": 0.5}]}, "A"),
    ({"annotations": [{"key": "kind", "value": "fast"}]}, "AC"),
    ({"annotations": [{"origin": "program", "key": "kind", "value": "fast"}]}, "A"),
    ({"annotations": [{"key": "host", "value": False}]}, "B"),
    ({"annotations": [{"key": "n", "min": 5, "max": 5}]}, "B"),
    ({"annotations": [{"key": "n", "value": "5"}]}, "C"),
    ({"sort": "redshift", "order": "desc", "limit": 3}, "BAF"),
    ({"sort": "n_detections", "order": "desc"}, "ABDFCE"),
    ({"sort": "peak_mag", "limit": 3}, "FCA"),
    ({"sort": "classification", "limit": 3}, "CBA"),
    ({"sort": "saved_at", "limit": 2}, "AB"),
    ({"order": "desc"}, "FEDCBA"),
    ({"classification": "SN Ia", "min_redshift": 0.1}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), MEANS, ids=range(len(MEANS)))
def test_what_is_searched_for_is_found(sky_of_seven: Database, asked: dict[str, Any], expected: str) -> None:
    assert found(sky_of_seven, **asked) == expected


def test_a_row_says_what_is_known_of_the_object(sky_of_seven: Database) -> None:
    answer = search_objects(sky_of_seven, ANNA, from_fields(Search, {"name": "ZTF26A", "around": "10 20.001"}))
    [row] = answer["objects"]
    own = statistics(sky_of_seven, ANNA, ["ZTF26A"])["ZTF26A"]
    assert row.items() >= {name: own[name] for name in ("n_detections", "peak_mag", "last_mjd", "rise_rate")}.items()
    assert row["separation_arcsec"] == pytest.approx(3.6, abs=1e-6)
    told = {"classification": "SN Ia", "probability": 0.9, "redshift": 0.05, "groups": ["transients"], "saved_by": "anna",
            "tags": ["young"], "lists": ["favourites"], "aliases": []}  # fmt: skip
    assert row.items() >= told.items()
    assert (answer["total"], answer["seen"], answer["cursor"]) == (1, 6, None)


def test_everybody_finds_what_he_may_see_and_by_what_he_may_see(sky_of_seven: Database) -> None:
    """Objects, sums of points, notes and sources: nothing of what is hidden is found, sorted by or counted."""
    everything = {ANNA: "ABCDEF", BEN: "ABCDEG", CLEO: "ABCDEFG", VISITOR: "ABCDE", ADMINISTRATOR: "ABCDEFG"}
    for viewer, letters in everything.items():
        assert found(sky_of_seven, viewer) == letters
        assert "".join(sorted(found(sky_of_seven, viewer, sort="peak_mag"))) == letters
        places = search_places(sky_of_seven, viewer, Search())["object_id"].to_pylist()
        assert "".join(name[-1] for name in places) == letters
    hidden = {
        "classification": {ANNA: "A", BEN: "G", CLEO: "AG", VISITOR: "", ADMINISTRATOR: "AG"},
        "tag": {ANNA: "A", BEN: "", CLEO: "A", VISITOR: "", ADMINISTRATOR: "A"},
        "on_list": {ANNA: "AC", BEN: "", CLEO: "", VISITOR: "", ADMINISTRATOR: ""},
        "saved": {ANNA: "A", BEN: "B", CLEO: "AB", VISITOR: "", ADMINISTRATOR: "AB"},
        "name": {ANNA: "D", BEN: "", CLEO: "D", VISITOR: "", ADMINISTRATOR: "D"},
    }
    words = {"classification": "SN Ia", "tag": "young", "on_list": "favourites", "saved": "saved", "name": "2026abc"}
    for condition, expected in hidden.items():
        for viewer, letters in expected.items():
            assert found(sky_of_seven, viewer, **{condition: words[condition]}) == letters, (condition, viewer.name)


def test_what_is_hidden_of_an_object_does_not_count(db: Database) -> None:
    add_groups(db, GROUPS)
    store(db, "C")
    number = db.access.groups["transients"]
    own = db.writer.write(lambda t: t.acl([number]))
    personal = personal_group(db, BEN)
    alone = db.writer.write(lambda t: t.acl([personal]))
    measured(db, "ZTF26C", [900], own, 61010.0)
    measured(db, "ZTF26C", [2000], alone, 61020.0)
    last = {v: search_objects(db, v, Search())["objects"][0]["last_mjd"] for v in (ANNA, BEN, CLEO, VISITOR)}
    assert last == {ANNA: 61010.0, BEN: 61020.0, CLEO: 61010.0, VISITOR: 61000.0}


def test_what_is_written_is_found_at_once(db: Database) -> None:
    add_groups(db, GROUPS)
    store(db, "B")
    assert found(db) == "B"
    store(db, "AD")
    assert found(db) == "ABD"
    assert found(db, max_peak_mag=17) == ""
    measured(db, "ZTF26A", [5000], start=61005.0)
    assert found(db, max_peak_mag=17) == "A"
    assert found(db, sort="last_mjd", order="desc") == "ABD"
    row = search_objects(db, ANNA, from_fields(Search, {"name": "ZTF26A"}))["objects"][0]
    assert row["n_detections"] == 4
    save_source(db, ANNA, "ZTF26D")
    assert found(db, saved="saved") == "D"


def test_the_past_is_searched_as_it_was(db: Database) -> None:
    add_groups(db, GROUPS)
    store(db, "AC")
    add(db, ANNA, REDSHIFTS, [{"object_id": "ZTF26A", "redshift": 0.1, "type": "host"}])
    then = db.writer.write(lambda transaction: transaction.now)
    store(db, "B")
    measured(db, "ZTF26A", [5000], start=61005.0)
    add(db, ANNA, REDSHIFTS, [{"object_id": "ZTF26A", "redshift": 0.3, "type": "spectroscopic"}])
    save_source(db, ANNA, "ZTF26A")
    for _ in range(2):
        assert (found(db, as_of=then), found(db)) == ("AC", "ABC")
        assert (found(db, as_of=then, max_peak_mag=17), found(db, max_peak_mag=17)) == ("", "A")
        assert (found(db, as_of=then, min_redshift=0.2), found(db, min_redshift=0.2)) == ("", "A")
        assert (found(db, as_of=then, saved="saved"), found(db, saved="saved")) == ("", "A")
    assert found(db, as_of=datetime(2020, 1, 1, tzinfo=UTC)) == ""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Objects of which many have equal values, and some none."""
    with open_database(tmp_path_factory.mktemp("pages") / "data") as db:
        add_groups(db, GROUPS)
        rows = [
            {"object_id": f"OBJ{n:02d}", "survey": "ZTF", "ra": float(n % 3), "dec": n / 10, "hpx": n, "acl": 0}
            for n in range(40)
        ]
        db.writer.write(lambda t: t.insert("objects", rows))
        for n in range(0, 40, 3):
            measured(db, f"OBJ{n:02d}", [10.0 * (1 + n % 4)])
        yield db


@settings(max_examples=repeats(40))
@given(
    st.sampled_from([s for s in SORTS if s != "separation_arcsec"]),
    st.sampled_from(["asc", "desc"]),
    st.integers(1, 45),
)
def test_pages_neither_skip_nor_repeat(many: Database, sort: str, order: str, limit: int) -> None:
    whole = search_objects(many, ANNA, from_fields(Search, {"sort": sort, "order": order, "limit": 100}))
    expected = [o["object_id"] for o in whole["objects"]]
    assert (len(set(expected)), whole["total"], whole["cursor"]) == (40, 40, None)
    names: list[str] = []
    cursor = None
    while cursor is not None or not names:
        page = search_objects(
            many, ANNA, from_fields(Search, {"sort": sort, "order": order, "limit": limit, "cursor": cursor})
        )
        names += [o["object_id"] for o in page["objects"]]
        cursor = page["cursor"]
    assert names == expected


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_go_on_when_objects_come(db: Database, order: str) -> None:
    add_groups(db, GROUPS)
    store(db, "BDF", "X")
    asked = {"sort": "object_id", "order": order, "limit": 2}
    first = search_objects(db, CLEO, from_fields(Search, asked))
    store(db, "ACE", "X")
    second = search_objects(db, CLEO, from_fields(Search, {**asked, "limit": 9, "cursor": first["cursor"]}))
    told = "".join(o["object_id"][-1] for o in (*first["objects"], *second["objects"]))
    assert told == ("BDEF" if order == "asc" else "FDCBA")


def test_the_interface_has_tables_and_places(still: Served) -> None:
    with still.sky(ADMINISTRATOR) as sky:
        table = sky.search(sort="object_id", order="asc", annotations=[{"key": "nothing", "value": 1}])
        assert len(table) == 0
        table = sky.search(sort="object_id", order="asc", limit=2)
        assert len(table) == 2
        assert (table.total, table.seen) == (5, 5)
        rest = sky.search(sort="object_id", order="asc", limit=10, cursor=table.cursor)
        assert len(rest) == 3
        assert len(sky.search.places()) == 5
        assert table.to_pandas()["saved_at"].dtype.kind == "M"


def test_the_address_and_the_record_say_the_same() -> None:
    asked = {"group": ["a", "b"], "min_redshift": 0.1, "annotations": [{"key": "k", "min": 1.0}], "limit": 7}
    search = from_fields(Search, asked)
    assert search.conditions == {
        "group": ["a", "b"], "min_redshift": 0.1, "annotations": [{"key": "k", "min": 1.0}],
    }  # fmt: skip
    assert from_fields(Search, json.loads(json.dumps(search.conditions))).conditions == search.conditions


def test_the_command_searches(house_dir: Path) -> None:
    answer = skyhub("search", "name=ZTF26", "sort=object_id", "order=asc", "limit=2", data_dir=house_dir)
    assert [row["object_id"] for row in answer["rows"]] == ["ZTF26bogus", "ZTF26caltech"]
    assert answer["total"] == 5
    for wrong in ("name", "colour=red", "limit=none"):
        assert skyhub("search", wrong, data_dir=house_dir, status=2)["error"]["where"] == wrong.partition("=")[0]
