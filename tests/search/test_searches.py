"""Persistent searches: what is refused, what runs find, who sees it, the nightly run, the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from search_support import ANNA, BEN, CLEO, GROUPS, VISITOR, measured, store
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.records import add, edit, find, remove, share
from skyhub.search import SEARCHES, run_due_searches, run_search, search_finds, search_runs
from skyhub.team import add_groups, add_user
from support.services import Served

DUE = datetime(2026, 11, 22, 16, 5, tzinfo=UTC)


@pytest.fixture
def kept(db: Database) -> tuple[Database, int]:
    """A search of Anna's that is shared with her group."""
    add_groups(db, GROUPS)
    for name, groups in (("anna", ["transients"]), ("ben", ["bursts"])):
        add_user(db, name, groups, role="scientist")
    store(db, "ABF")
    return db, keep(db, ANNA, ["transients"], max_peak_mag=20.5)


def keep(db: Database, viewer: Viewer, groups: list[str] | None = None, name: str = "bright", **conditions: Any) -> int:
    fields = {"name": name, "conditions": conditions}
    return int(add(db, viewer, SEARCHES, [fields], groups)["records"][0]["search_id"])


def letters(rows: list[dict[str, Any]]) -> str:
    return "".join(sorted(row["object_id"][-1] for row in rows))


@pytest.mark.parametrize(
    "conditions",
    [{"colour": "red"}, {"limit": 5}, {"cursor": "x"}, {"min_redshift": 1, "max_redshift": 0}, {"sort": 3}],
)
def test_what_cannot_be_searched_for_is_not_kept(db: Database, conditions: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        keep(db, ANNA, None, **conditions)
    assert find(db, ADMINISTRATOR, SEARCHES) == []


def test_who_may_not_see_or_save_does_not_run(kept: tuple[Database, int]) -> None:
    db, number = kept
    for absent in (number, 99):
        for read in (run_search, search_finds, search_runs):
            with pytest.raises(NotFound):
                read(db, BEN, absent)
    with pytest.raises(PermissionRefused):
        run_search(db, Viewer("reader", frozenset({"transients"})), number)


def test_a_run_finds_what_is_new(kept: tuple[Database, int]) -> None:
    db, number = kept
    first = run_search(db, ANNA, number)
    assert "".join(name[-1] for name in first["new"]) == "ABF"
    assert run_search(db, ANNA, number)["new"] == []
    store(db, "CD")
    third = run_search(db, ANNA, number)
    assert third["new"] == ["ZTF26C"]
    assert letters(search_finds(db, ANNA, number)) == "ABCF"
    assert search_finds(db, ANNA, number, int(third["search_run_id"]))[0]["object_id"] == "ZTF26C"
    [document] = find(db, ANNA, SEARCHES)
    assert document["n_new"] == 1
    assert len(search_runs(db, ANNA, number)) == 3


def test_nothing_is_found_twice_by_runs_at_once(kept: tuple[Database, int]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    db, number = kept
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: run_search(db, ANNA, number), range(4)))
    assert sorted(len(run["new"]) for run in runs) == [0, 0, 0, 3]


def test_each_sees_of_the_finds_what_he_may_see(kept: tuple[Database, int]) -> None:
    db, number = kept
    store(db, "G")
    run_search(db, CLEO, number)
    mate = Viewer("mate", frozenset({"transients"}), scopes=ROLES["scanner"])
    seen = {ANNA: "ABF", mate: "ABF", CLEO: "ABFG", ADMINISTRATOR: "ABFG"}
    for viewer, expected in seen.items():
        assert letters(search_finds(db, viewer, number)) == expected
        assert find(db, viewer, SEARCHES)[0]["n_new"] == len(expected)
    for viewer in (BEN, VISITOR):
        assert find(db, viewer, SEARCHES) == []


def test_who_sees_a_search_later_sees_what_it_finds_from_then_on(kept: tuple[Database, int]) -> None:
    db, _ = kept
    number = keep(db, CLEO, None, "mine", max_detections=3, max_peak_mag=20)
    run_search(db, CLEO, number)
    with pytest.raises(NotFound):
        search_finds(db, BEN, number)
    share(db, CLEO, SEARCHES, number, ["bursts"])
    assert search_finds(db, BEN, number) == []
    run_search(db, CLEO, number)
    assert letters(search_finds(db, BEN, number)) == "AB"


def test_each_night_it_is_run_once_with_the_rights_of_its_author(kept: tuple[Database, int]) -> None:
    db, number = kept
    store(db, "G")
    assert run_due_searches(db, DUE + timedelta(hours=13)) == []
    assert run_due_searches(db, DUE) == [{"search_id": str(number), "new": 3}]
    assert run_due_searches(db, DUE + timedelta(minutes=5)) == []
    assert letters(search_finds(db, ADMINISTRATOR, number)) == "ABF"
    measured(db, "ZTF26E", [900.0])
    store(db, "C")
    assert run_due_searches(db, DUE + timedelta(days=1)) == [{"search_id": str(number), "new": 1}]
    assert [run["user_name"] for run in search_runs(db, ANNA, number)] == ["anna", "anna"]
    edit(db, ANNA, SEARCHES, number, {"nightly": False})
    assert run_due_searches(db, DUE + timedelta(days=2)) == []


def test_a_run_that_fails_says_why_and_leaves_the_others_alone(kept: tuple[Database, int]) -> None:
    db, number = kept
    lost = keep(db, CLEO, None, "lost", saved="saved", group=["bursts"])
    outcomes = {run["search_id"]: run for run in run_due_searches(db, DUE)}
    assert outcomes[str(number)]["new"] == 3
    assert "cleo" in outcomes[str(lost)]["reason"]
    assert "cleo" in search_runs(db, CLEO, lost)[0]["reason"]
    assert search_finds(db, CLEO, lost) == []


def test_finds_have_a_past_and_stay(kept: tuple[Database, int]) -> None:
    db, number = kept
    before = db.writer.write(lambda transaction: transaction.now)
    run_search(db, ANNA, number)
    then = db.writer.write(lambda transaction: transaction.now)
    store(db, "C")
    run_search(db, ANNA, number)
    assert [letters(search_finds(db, ANNA, number, as_of=moment)) for moment in (before, then, None)] == [
        "",
        "ABF",
        "ABCF",
    ]
    assert [len(search_runs(db, ANNA, number, as_of=moment)) for moment in (before, then, None)] == [0, 1, 2]
    remove(db, ANNA, SEARCHES, number)
    assert letters(search_finds(db, ANNA, number, as_of=then)) == "ABF"
    with pytest.raises(NotFound):
        search_finds(db, ANNA, number)


def test_the_client_and_the_scheduler_run_searches(served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        kept = sky.searches.add(name="all", conditions={"name": "ZTF26"})
        run = sky.searches.run(kept["search_id"])
        assert len(run["new"]) == 5
        assert len(sky.searches.finds(kept["search_id"], run["search_run_id"])) == 5
        assert len(sky.searches.runs(kept["search_id"])) == 1
        assert "runs" in sky.transport.post("/api/searches/due", {})
