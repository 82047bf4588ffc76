"""What passes a filter is annotated and saved at once: with the rights of the filter's owner, and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from skyhub.candidates import OwnersBook, activate_filter, add_filter, decide, filter_record, propose_filter
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.history import audit
from skyhub.notes import annotated
from skyhub.sources import groups_that_saved, unsave_source
from skyhub.team import add_user, change_group, set_group_streams
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of, ingest
from support.packets import record, write_packets

OWNER = Viewer("owner", frozenset({"transients"}), scopes=ROLES["scanner"])
NEW = "ZTF26new"


@pytest.fixture
def owned(house: Database) -> Database:
    add_user(house, "owner", ["transients"], role="scanner")
    return house


def _live(db: Database, expression: str = "drb > 0.5", owner: Viewer = OWNER, **results: Any) -> int:
    told = propose_filter(db, owner, "saving", expression, "transients", **results)
    number = int(told["filter_id"])
    activate_filter(db, ADMINISTRATOR, number, told["newest_version"], "for this test")
    return number


def _arrive(db: Database, path: Path, candid: int = 99, name: str = NEW, **changes: Any) -> None:
    ingest(db, write_packets(path / f"{candid}.avro", record(candid, name, pid=candid, **changes)))


@pytest.mark.parametrize(
    ("changes", "error", "where"),
    [
        ({"annotations": {"x": "no_such_column"}}, InvalidInput, "annotations"),
        ({"annotations": {"x": "count(*)"}}, InvalidInput, "annotations"),
        ({"annotations": {"x": "random()"}}, InvalidInput, "annotations"),
        ({"annotations": {"x": "(SELECT 1)"}}, InvalidInput, "annotations"),
        ({"annotations": {"x": "mag -"}}, InvalidInput, "annotations"),
        ({"annotations": {"a b": "mag"}}, InvalidInput, "annotations"),
        ({"annotations": {f"x{n}": "mag" for n in range(51)}}, InvalidInput, "annotations"),
        ({"autosave": ["bursts"]}, PermissionRefused, "autosave"),
        ({"autosave": ["transients", "unheard-of"]}, PermissionRefused, "autosave"),
        ({"language": "perl"}, InvalidInput, "language"),
    ],
)
def test_results_that_cannot_be_are_refused(
    owned: Database, changes: dict[str, Any], error: type[Exception], where: str
) -> None:
    before = owned.version()
    with pytest.raises(error) as refused:
        propose_filter(owned, OWNER, "saving", "drb > 0.5", "transients", **changes)
    assert refused.value.where == where  # type: ignore[attr-defined]
    assert owned.version() == before


def test_results_are_part_of_a_version(owned: Database) -> None:
    told = propose_filter(owned, OWNER, "saving", "drb > 0.5", "transients", annotations={"m": "mag"})
    assert propose_filter(owned, OWNER, "saving", "drb > 0.5", "transients", annotations={"m": "mag"}) == told
    told = propose_filter(owned, OWNER, "saving", "drb > 0.5", "transients", autosave=["transients"])
    assert [(v["annotations"], v["autosave"]) for v in told["versions"]] == [({"m": "mag"}, []), ({}, ["transients"])]
    live = add_filter(owned, "of the operator", "true", None, annotations={"m": "mag"})
    assert add_filter(owned, "of the operator", "true", None, annotations={"m": "mag"}) == live
    assert add_filter(owned, "of the operator", "true", None, annotations={"m": "mag + 1"}).version == 2


def test_annotations_are_stored_with_the_filter_as_origin(owned: Database, tmp_path: Path) -> None:
    _live(owned, annotations={"score": "drb / 2", "above_limit": "limiting_mag - mag", "name": "sso_name"})
    _arrive(owned, tmp_path, magpsf=18.5, diffmaglim=20.5, drb=0.99)
    rows = owned.reader.rows(SCANNER, "SELECT * FROM @annotations WHERE object_id = ?", [NEW])
    [row] = rows
    assert (row["origin"], row["author"], row["version"]) == ("saving", "owner", 1)
    assert row["score"] == pytest.approx(0.495)
    [found] = annotated(owned, SCANNER, "above_limit", low=1.9, high=2.1)
    assert (found["object_id"], found["value"]) == (NEW, pytest.approx(2.0))
    assert "name" not in row["data"]
    for stranger in (OTHER, VISITOR):
        assert owned.reader.rows(stranger, "SELECT * FROM @annotations WHERE object_id = ?", [NEW]) == []


def test_the_newest_alert_corrects_the_annotation(owned: Database, tmp_path: Path) -> None:
    _live(owned, annotations={"m": "round(mag, 1)"})
    for candid, mag in ((99, 18.5), (100, 18.5), (101, 17.5)):
        _arrive(owned, tmp_path, candid, magpsf=mag, jd=2461366.7 + candid / 1000)
    rows = owned.reader.rows(
        SCANNER, "SELECT version, data FROM @annotations* WHERE object_id = ? ORDER BY version", [NEW]
    )
    assert [(row["version"], row["data"]) for row in rows] == [(1, '{"m": 18.5}'), (2, '{"m": 17.5}')]
    assert [row["data"] for row in owned.reader.rows(SCANNER, "SELECT data FROM @annotations")] == ['{"m": 17.5}']


def test_an_annotation_needs_the_streams_of_its_alert(owned: Database, tmp_path: Path) -> None:
    _live(owned, annotations={"m": "mag"})
    _arrive(owned, tmp_path, 99, programid=1, magpsf=18.0)
    _arrive(owned, tmp_path, 100, programid=2, magpsf=17.0, jd=2461366.8)
    outsider = Viewer("outsider", frozenset({"transients"}))
    set_group_streams(owned, ADMINISTRATOR, "transients", [])
    rows = owned.reader.rows(outsider, "SELECT data FROM @annotations WHERE object_id = ?", [NEW])
    assert [row["data"] for row in rows] == ['{"m": 18.0}']


def test_what_passes_is_saved_once_by_the_owner(owned: Database, tmp_path: Path) -> None:
    number = _live(owned, autosave=["transients"])
    for candid in (99, 100):
        _arrive(owned, tmp_path, candid, jd=2461366.7 + candid / 1000)
    [saved] = groups_that_saved(owned, SCANNER, NEW)
    assert (saved["group"], saved["saved_by"]) == ("transients", "owner")
    entries = [e for e in audit(owned, SCANNER, table="sources", object_id=NEW)]
    assert [(e["action"], e["user"], e["detail"]) for e in entries] == [
        ("saved", "owner", {"filter_id": str(number), "filter": "saving"})
    ]
    assert groups_that_saved(owned, OTHER, NEW) == []


@pytest.mark.parametrize("verdict", ["reject", "unsave"])
def test_what_people_have_decided_is_left_to_them(owned: Database, tmp_path: Path, verdict: str) -> None:
    _live(owned, autosave=["transients"])
    if verdict == "unsave":
        _arrive(owned, tmp_path)
        unsave_source(owned, COLLEAGUE, NEW, ["transients"])
    else:
        add_filter(owned, "all", "true", None)
        _arrive(owned, tmp_path, drb=0.1)
        decide(owned, COLLEAGUE, "k", candidates_of(owned)[NEW], "reject", ["transients"])
    _arrive(owned, tmp_path, 100, jd=2461366.8)
    assert groups_that_saved(owned, SCANNER, NEW) == []


def test_scanners_see_a_saved_object_as_saved_by_the_owner_not_by_themselves(owned: Database, tmp_path: Path) -> None:
    _live(owned, autosave=["transients"])
    _arrive(owned, tmp_path)
    decide(owned, SCANNER, "k", candidates_of(owned)[NEW], "save", ["transients"])
    decide(owned, SCANNER, "l", candidates_of(owned)[NEW], "undo")
    assert [s["saved_by"] for s in groups_that_saved(owned, SCANNER, NEW)] == ["owner"]


@pytest.mark.parametrize(
    "change", ["left the group", "may not save for it", "has no role", "is gone", "lacks the stream"]
)
def test_rights_are_those_of_the_owner_at_that_time(owned: Database, tmp_path: Path, change: str) -> None:
    _live(owned, autosave=["transients"])
    groups = frozenset() if change == "left the group" else frozenset({"transients"})
    now = Viewer("owner", groups, scopes=ROLES["viewer" if change == "has no role" else "scanner"])
    owned.part(OwnersBook).viewer = lambda name: None if change == "is gone" else now
    if change == "may not save for it":
        change_group(owned, ADMINISTRATOR, "transients", {"savers": ["scanner"]})
    _arrive(owned, tmp_path, programid=3 if change == "lacks the stream" else 1)
    assert owned.reader.rows(ADMINISTRATOR, "SELECT * FROM @sources WHERE object_id = ?", [NEW]) == []
    assert NEW in candidates_of(owned)


def test_filters_of_the_operator_save_too(owned: Database, tmp_path: Path) -> None:
    add_filter(owned, "of the operator", "drb > 0.5", None, autosave=["transients", "bursts"])
    _arrive(owned, tmp_path, programid=2)
    saved = {s["group"]: s["saved_by"] for s in groups_that_saved(owned, ADMINISTRATOR, NEW)}
    assert saved == {"bursts": "administrator", "transients": "administrator"}
    assert [s["group"] for s in groups_that_saved(owned, SCANNER, NEW)] == ["transients"]
    assert groups_that_saved(owned, OTHER, NEW) == []  # is not entitled to the alert's stream


def test_groups_to_save_for_are_named_to_those_who_know_them(owned: Database) -> None:
    change_group(owned, ADMINISTRATOR, "stars", {"private": True})
    live = add_filter(owned, "of the operator", "drb > 0.5", None, autosave=["stars", "bursts"])
    assert filter_record(owned, VISITOR, live.filter_id)["autosave"] == ["bursts"]
