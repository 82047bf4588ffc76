"""Filters as records of work: who may propose, take live and off; what was live when; trying before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from skyhub.candidates import (
    activate_filter,
    deactivate_filter,
    dry_run,
    filter_documents,
    filter_record,
    propose_filter,
)
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.history import audit
from skyhub.team import change_group
from support.commands import skyhub
from support.first_release import write_first_release
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, ingest
from support.packets import record, write_packets
from support.services import Served

LEADER = Viewer("leader", frozenset({"transients"}), scopes=ROLES["scanner"])
READER = Viewer("reader", frozenset({"transients"}))
NIGHT = date(2026, 11, 21)


@pytest.fixture
def led(house: Database) -> Database:
    """The house, in which the group transients has an administrator."""
    change_group(house, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    return house


def _live(db: Database, viewer: Viewer = SCANNER, as_of: datetime | None = None) -> dict[str, int]:
    return {f["name"]: f["version"] for f in filter_documents(db, viewer, as_of)}


@pytest.mark.parametrize(
    ("changes", "error", "where"),
    [
        ({"name": ""}, InvalidInput, "name"),
        ({"name": "x" * 101}, InvalidInput, "name"),
        ({"name": " x"}, InvalidInput, "name"),
        ({"name": "17"}, InvalidInput, "name"),
        ({"survey": "HST"}, InvalidInput, "survey"),
        ({"guard": 0.0}, InvalidInput, "guard"),
        ({"guard": 1.5}, InvalidInput, "guard"),
        ({"guard": float("nan")}, InvalidInput, "guard"),
        ({"guard": 0.06}, PermissionRefused, "guard"),
        ({"expression": "no_such_column > 1"}, InvalidInput, "expression"),
        ({"expression": "drb > 0.5 AND random() > 0.5"}, InvalidInput, "expression"),
        ({"expression": "count(*) > 0"}, InvalidInput, "expression"),
        ({"group": "bursts"}, PermissionRefused, "group"),
        ({"group": "unheard-of"}, PermissionRefused, "group"),
        ({"group": None}, PermissionRefused, "group"),
    ],
)
def test_what_cannot_be_a_filter_is_refused(
    house: Database, changes: dict[str, Any], error: type[Exception], where: str
) -> None:
    before = house.version()
    with pytest.raises(error) as refused:
        propose_filter(house, SCANNER, **{"name": "new", "expression": "drb > 0.5", "group": "transients", **changes})
    assert refused.value.where == where  # type: ignore[attr-defined]
    assert house.version() == before


def test_a_proposal_is_not_live(house: Database) -> None:
    told = propose_filter(house, SCANNER, "new", "drb > 0.6", "transients", guard=0.01)
    assert (told["live"], told["live_since"], told["group"], told["states"]) == (False, None, "transients", [])
    assert (told["author"], told["guard"], told["version"]) == ("scanner", 0.01, 1)
    assert "new" not in _live(house)
    assert "new" in {f["name"] for f in filter_documents(house, COLLEAGUE, every=True)}
    assert "new" not in {f["name"] for f in filter_documents(house, OTHER, every=True)}


def test_the_same_again_is_no_new_version(house: Database) -> None:
    first = propose_filter(house, SCANNER, "new", "drb > 0.6", "transients")
    assert propose_filter(house, COLLEAGUE, "new", "drb > 0.6", "transients") == first
    second = propose_filter(house, COLLEAGUE, "new", "drb > 0.6", "transients", guard=0.04)
    assert (second["filter_id"], second["newest_version"]) == (first["filter_id"], 2)
    assert [v["author"] for v in second["versions"]] == ["scanner", "colleague"]


def test_who_administers_a_group_raises_the_guard_of_a_filter(led: Database) -> None:
    guards = [
        propose_filter(led, viewer, "new", expression, "transients", guard=guard)["versions"][-1]["guard"]
        for viewer, expression, guard in (
            (SCANNER, "drb > 0.1", None),
            (LEADER, "drb > 0.2", 0.5),
            (SCANNER, "drb > 0.3", None),
            (SCANNER, "drb > 0.4", 0.4),
            (SCANNER, "drb > 0.5", 0.01),
            (SCANNER, "drb > 0.6", 0.05),
        )
    ]
    assert guards == [0.05, 0.5, 0.5, 0.4, 0.01, 0.05]
    with pytest.raises(PermissionRefused, match=r"up to 0\.05 is permitted to scanner"):
        propose_filter(led, SCANNER, "new", "drb > 0.7", "transients", guard=0.4)


WHO = {"leader": LEADER, "administrator": ADMINISTRATOR, "scanner": SCANNER, "reader": READER, "other": OTHER,
       "visitor": VISITOR}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "propose", "change"),
    [
        ("leader", None, None),
        ("administrator", None, None),
        ("scanner", None, PermissionRefused),
        ("reader", PermissionRefused, PermissionRefused),
        ("other", PermissionRefused, NotFound),
        ("visitor", PermissionRefused, PermissionRefused),
    ],
)
def test_who_may(led: Database, who: str, propose: type[Exception] | None, change: type[Exception] | None) -> None:
    number = int(propose_filter(led, LEADER, "theirs", "drb > 0.6", "transients")["filter_id"])
    attempts = (
        (propose, lambda: propose_filter(led, WHO[who], "theirs", "drb > 0.7", "transients")),
        (change, lambda: activate_filter(led, WHO[who], number, 1, "a test")),
        (change, lambda: deactivate_filter(led, WHO[who], number)),
    )
    for error, attempt in attempts:
        before = led.version()
        if error is None:
            attempt()
        else:
            with pytest.raises(error):
                attempt()
            assert led.version() == before


def test_filters_of_everybody_are_the_platforms(led: Database) -> None:
    with pytest.raises(PermissionRefused):
        propose_filter(led, LEADER, "all", "drb > 0.6", None)
    number = int(propose_filter(led, ADMINISTRATOR, "all", "drb > 0.6", None)["filter_id"])
    with pytest.raises(PermissionRefused):
        activate_filter(led, LEADER, number, 1, "a test")
    activate_filter(led, ADMINISTRATOR, number, 1, "a test")
    assert _live(led, VISITOR)["all"] == 1


def test_live_and_off_are_facts(led: Database) -> None:
    def now() -> datetime:
        return led.writer.write(lambda transaction: transaction.now)

    number = int(propose_filter(led, LEADER, "new", "drb > 0.6", "transients")["filter_id"])
    proposed = now()
    activate_filter(led, LEADER, number, 1, "a first try")
    first = now()
    propose_filter(led, LEADER, "new", "drb > 0.7", "transients")
    assert _live(led)["new"] == 1
    activate_filter(led, LEADER, number, 2, "a test")
    second = now()
    told = deactivate_filter(led, LEADER, number, "too much")
    assert [(s["version"], s["active"], s["user_name"], s["reason"]) for s in told["states"]] == [
        (1, True, "leader", "a first try"),
        (2, True, "leader", "a test"),
        (2, False, "leader", "too much"),
    ]
    assert [_live(led, as_of=at).get("new") for at in (proposed, first, second, None)] == [None, 1, 2, None]
    assert len(filter_record(led, SCANNER, number, as_of=proposed)["versions"]) == 1
    entries = audit(led, SCANNER, table="filters")
    assert [e["action"] for e in entries][:3] == ["taken off", "taken live", "proposed"]
    activate_filter(led, LEADER, number, 1, "a test")
    assert _live(led)["new"] == 1


def test_what_is_so_already_is_a_conflict(led: Database) -> None:
    number = int(propose_filter(led, LEADER, "new", "drb > 0.6", "transients")["filter_id"])
    with pytest.raises(Conflict, match="no version"):
        deactivate_filter(led, LEADER, number)
    with pytest.raises(NotFound, match="it has 1"):
        activate_filter(led, LEADER, number, 2, "a test")
    activate_filter(led, LEADER, number, 1, "a test")
    with pytest.raises(Conflict, match="already"):
        activate_filter(led, LEADER, number, 1, "a test")
    with pytest.raises(InvalidInput, match="reason"):
        deactivate_filter(led, LEADER, number, "x" * 4001)


def test_only_live_versions_make_candidates(led: Database, tmp_path: Path) -> None:
    number = int(propose_filter(led, LEADER, "new", "mag < 19", "transients")["filter_id"])

    def passes(candid: int) -> list[int]:
        ingest(led, write_packets(tmp_path / f"{candid}.avro", record(candid, f"ZTF26x{candid}")))
        sql = "SELECT filter_version AS v FROM @candidates WHERE filter_id = ? AND candid = ?"
        return [row["v"] for row in led.reader.rows(ADMINISTRATOR, sql, [number, candid])]

    assert passes(11) == []
    activate_filter(led, LEADER, number, 1, "a test")
    assert passes(12) == [1]
    propose_filter(led, LEADER, "new", "mag < 18.9", "transients")
    assert passes(13) == [1]
    activate_filter(led, LEADER, number, 2, "a test")
    assert passes(14) == [2]
    deactivate_filter(led, LEADER, number)
    assert passes(15) == []


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({}, InvalidInput),
        ({"expression": "drb >"}, InvalidInput),
        ({"expression": "now() > '2026-01-01'"}, InvalidInput),
        ({"expression": "drb > 0.5", "nights": [date.fromordinal(700_000 + n) for n in range(101)]}, InvalidInput),
        ({"filter_id": 10**6}, NotFound),
        ({"filter_id": 1, "version": 7}, NotFound),
        ({"filter_id": 3}, NotFound),
    ],
)
def test_impossible_dry_runs_are_refused(house: Database, asked: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        dry_run(house, SCANNER, **asked)


def test_a_dry_run_in_numbers(house: Database) -> None:
    """Of the night a scanner sees four alerts: 20.4 mag faint, one bogus, two bright."""
    told = dry_run(house, SCANNER, [NIGHT], filter_id=2, expression="drb > 0.5")
    assert (told["nights"], told["n_alerts"], told["n_passed"], told["fraction"]) == (["2026-11-21"], 4, 3, 0.75)
    assert told["objects"] == ["ZTF26faint", "ZTF26partner", "ZTF26public"]
    assert (told["added"], told["removed"]) == (["ZTF26faint"], [])
    assert told["cost_ms"] > 0
    visitor = dry_run(house, VISITOR, expression="drb < 0.5")
    assert (visitor["n_alerts"], visitor["objects"], visitor["added"]) == (3, ["ZTF26bogus"], None)


def test_a_dry_run_of_another_time_or_night_sees_that(house: Database) -> None:
    early = datetime(2020, 1, 1, tzinfo=UTC)
    for told in (
        dry_run(house, SCANNER, [date(2020, 1, 1)], expression="true"),
        dry_run(house, SCANNER, expression="true", as_of=early),
    ):
        assert (told["n_alerts"], told["fraction"], told["cost_ms"], told["objects"]) == (0, None, None, [])


def test_a_dry_run_tells_on_what_it_could_not_be_computed(house: Database, tmp_path: Path) -> None:
    ingest(house, write_packets(tmp_path / "x.avro", record(99, "ZTF26fragile", ssnamenr="Ceres")))
    told = dry_run(
        house, SCANNER, expression="mag < 30 AND CAST(sso_name AS INTEGER) IS NULL", annotations={"m": "mag"}
    )
    assert (told["n_faults"], told["n_passed"]) == (1, told["n_alerts"] - 1)
    assert "Ceres" in told["fault"]
    assert [set(example["annotations"]) for example in told["examples"]] == [{"m"}] * told["n_passed"]


def test_through_the_client(served: Served) -> None:
    change_group(served.db, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    with served.sky(LEADER) as sky:
        assert sky.filters.add("mine", "mag < 19", "transients", guard=0.5)["live"] is False
        assert sky.filters.dry_run("mine", ["2026-11-21"])["n_passed"] == 3
        assert sky.filters.activate("mine", 1, "first")["live"] is True
        sky.filters.add("mine", "mag < 18", "transients")
        assert sky.filters.versions("mine")["expression"].to_pylist() == ["mag < 19", "mag < 18"]
        assert sky.filters.dry_run("mine", ["2026-11-21"])["removed"] == ["ZTF26bogus", "ZTF26partner", "ZTF26public"]
        assert sky.filters.deactivate("mine")["live"] is False
        assert "mine" not in {f["name"] for f in sky.filters()}
        assert [s["reason"] for s in sky.filters.get("mine")["states"]] == ["first", None]
        rows = sky.sql(
            "SELECT version, active FROM filter_states WHERE user_name = 'leader' ORDER BY known_at"
        ).to_rows()
        assert rows == [{"version": 1, "active": True}, {"version": 1, "active": False}]
        with pytest.raises(PermissionRefused):
            sky.filters.add("mine", "mag < 19", "bursts")
    with served.sky(OTHER) as sky, pytest.raises(NotFound):
        sky.filters.get("mine")


def test_from_the_command_line(house_dir: Path) -> None:
    at = ("--data-dir", house_dir)
    number = skyhub("filter", "add", "mine", "mag < 19", "--group", "bursts", "--guard", "0.5", *at)["filter_id"]
    assert skyhub("filter", "dry-run", "mine", "--night", "2026-11-21", *at)["n_passed"] == 4
    assert skyhub("filter", "activate", "mine", "1", "--reason", "a test", *at)["live"]
    assert {f["name"] for f in skyhub("filter", "list", *at)["rows"]} >= {"mine", "filter of bursts"}
    assert skyhub("filter", "deactivate", number, *at)["states"][-1]["active"] is False
    assert [v["guard"] for v in skyhub("filter", "show", number, *at)["versions"]] == [0.5]
    assert (
        skyhub("filter", "add", "mine", "mag <", "--group", "bursts", *at, status=2)["error"]["code"] == "invalid_input"
    )


def test_versions_of_the_first_release_were_live_from_when_they_were_stored(tmp_path: Path) -> None:
    write_first_release(tmp_path)
    with Database(tmp_path) as db:
        stored = {row["version"]: row["known_at"].replace(tzinfo=UTC) for row in db.reader.rows(
            ADMINISTRATOR, "SELECT version, known_at FROM @filters WHERE name = 'old'")}  # fmt: skip
        assert _live(db, ADMINISTRATOR) == {"old": 2, "ours": 1}
        assert _live(db, ADMINISTRATOR, stored[1]) == {"old": 1}
        assert _live(db, ADMINISTRATOR, stored[2]) == {"old": 2, "ours": 1}
        assert {f["guard"] for f in filter_documents(db, ADMINISTRATOR)} == {0.05}
