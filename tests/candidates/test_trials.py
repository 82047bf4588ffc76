"""Before a version goes live it is tried: how much passes, what it finds, what it costs, what changes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from skyhub.candidates import (
    activate_filter,
    add_filter,
    dry_run,
    filter_record,
    filter_trials,
    propose_filter,
    try_filter,
)
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.service import open_database
from skyhub.team import change_group
from support.commands import skyhub
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, ingest
from support.packets import record, write_packets
from support.services import Served

LEADER = Viewer("leader", frozenset({"transients"}), frozenset({"ztf-caltech"}), ROLES["scanner"])
"""Sees an alert of a stream that the group lacks."""
READER = Viewer("reader", frozenset({"transients"}))
NIGHT = date(2026, 11, 21)


@pytest.fixture
def led(house: Database) -> Database:
    change_group(house, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    return house


def _propose(db: Database, expression: str, guard: float = 0.5, name: str = "filter of transients") -> int:
    told = propose_filter(db, LEADER, name, expression, "transients", guard=guard)
    return int(told["filter_id"])


@pytest.mark.parametrize(
    ("viewer", "changes", "error"),
    [
        (READER, {}, PermissionRefused),
        (VISITOR, {}, PermissionRefused),
        (OTHER, {}, NotFound),
        (SCANNER, {"filter_id": 10**6}, NotFound),
        (SCANNER, {"filter_id": 1}, PermissionRefused),
        (SCANNER, {"version": 7}, NotFound),
        (SCANNER, {"list_name": "unheard-of"}, InvalidInput),
        (SCANNER, {"known_objects": [f"x{n}" for n in range(10_001)]}, InvalidInput),
        (SCANNER, {"nights": [date.fromordinal(700_000 + n) for n in range(101)]}, InvalidInput),
    ],
)
def test_impossible_trials_are_refused(
    led: Database, viewer: Viewer, changes: dict[str, Any], error: type[Exception]
) -> None:
    number = _propose(led, "drb > 0.5")
    before = led.version()
    with pytest.raises(error):
        try_filter(led, viewer, **{"filter_id": number, **changes})
    assert led.version() == before


def test_a_version_that_cannot_be_computed_on_an_alert_needs_a_reason(led: Database, tmp_path: Path) -> None:
    number = _propose(led, "mag < 30 AND CAST(sso_name AS INTEGER) > 0")
    ingest(led, write_packets(tmp_path / "x.avro", record(99, "ZTF26fragile", ssnamenr="Ceres")))
    told = try_filter(led, SCANNER, number)
    assert (told["n_alerts"], told["n_passed"], told["n_faults"], told["within_guard"]) == (5, 0, 1, True)
    with pytest.raises(PermissionRefused, match="could not be computed on 1 of 5 alerts"):
        activate_filter(led, SCANNER, number, 2)
    assert activate_filter(led, LEADER, number, 2, "there is one Ceres")["version"] == 2


def test_a_trial_in_numbers(led: Database) -> None:
    """Members of the group see four alerts of the night; the live version asks for drb > 0.5 AND mag < 19."""
    number = _propose(led, "drb > 0.5 AND mag > 18.6 OR object_id = 'ZTF26public'")
    known = ["ZTF26faint", "ZTF26public", "ZTF26bogus", "ZTF26caltech", "ZTF00nothing"]
    told = try_filter(led, SCANNER, number, nights=[NIGHT], known_objects=known)
    assert (told["version"], told["live_version"], told["nights"]) == (2, 1, ["2026-11-21"])
    assert (told["n_alerts"], told["n_passed"], told["fraction"], told["guard"]) == (4, 2, 0.5, 0.5)
    assert told["within_guard"] is True
    assert (told["recovered"], told["missed"]) == (["ZTF26faint", "ZTF26public"], ["ZTF26bogus"])
    assert told["absent"] == ["ZTF00nothing", "ZTF26caltech"]
    assert told["recall"] == pytest.approx(2 / 3)
    assert (told["added"], told["removed"]) == (["ZTF26faint"], ["ZTF26partner"])
    assert (told["live_n_passed"], told["n_faults"]) == (2, 0)
    assert told["cost_ms"] > 0
    assert filter_trials(led, COLLEAGUE, number) == [told]
    with pytest.raises(NotFound):
        filter_trials(led, OTHER, number)
    assert filter_trials(led, SCANNER, number, datetime.now(UTC)) == [told]


def test_a_trial_tells_nothing_of_what_members_may_not_see(led: Database) -> None:
    number = _propose(led, "object_id = 'ZTF26caltech'")
    assert dry_run(led, LEADER, filter_id=number)["objects"] == ["ZTF26caltech"]
    told = try_filter(led, LEADER, number, known_objects=["ZTF26caltech"])
    assert (told["n_alerts"], told["n_passed"], told["absent"]) == (4, 0, ["ZTF26caltech"])


def test_a_trial_of_everybodys_filter_sees_what_everybody_sees(led: Database) -> None:
    number = int(propose_filter(led, ADMINISTRATOR, "all", "true", None)["filter_id"])
    told = try_filter(led, ADMINISTRATOR, number)
    assert (told["n_alerts"], told["live_version"], told["added"], told["recall"]) == (3, None, None, None)
    assert filter_trials(led, VISITOR, number) == [told]


def test_what_keeps_to_its_guard_goes_live(led: Database) -> None:
    number = _propose(led, "drb > 0.5 AND mag > 20")
    trial = try_filter(led, SCANNER, number)
    told = activate_filter(led, COLLEAGUE, number, 2)
    state = told["states"][-1]
    assert (told["live"], told["version"]) == (True, 2)
    assert (state["filter_trial_id"], state["reason"], state["user_name"]) == (
        trial["filter_trial_id"],
        None,
        "colleague",
    )


@pytest.mark.parametrize(
    ("expression", "guard", "nights", "told"),
    [
        ("drb > 0.5", 0.5, [NIGHT], "lets 75 % of 4 alerts through, and its guard is 50 %"),
        ("drb > 0.5", 0.9, None, "was not tried"),
        ("drb > 0.5", 0.9, [date(2020, 1, 1)], "nights without alerts"),
    ],
)
def test_what_has_not_kept_to_its_guard_needs_an_administrators_reason(
    led: Database, expression: str, guard: float, nights: list[date] | None, told: str
) -> None:
    number = _propose(led, expression, guard)
    trial = None if nights is None else try_filter(led, SCANNER, number, nights=nights)
    before = led.version()
    with pytest.raises(PermissionRefused, match=told):
        activate_filter(led, SCANNER, number, 2, "because")
    for nothing in (None, "", "  "):
        with pytest.raises(Conflict, match=told):
            activate_filter(led, LEADER, number, 2, nothing)
    assert led.version() == before
    assert filter_record(led, SCANNER, number)["version"] == 1
    state = activate_filter(led, LEADER, number, 2, "the moon is full")["states"][-1]
    assert (state["reason"], state["user_name"]) == ("the moon is full", "leader")
    assert state["filter_trial_id"] == (trial and trial["filter_trial_id"])


def test_the_last_trial_counts(led: Database) -> None:
    number = _propose(led, "drb > 0.5")
    try_filter(led, SCANNER, number, nights=[NIGHT])
    add_filter(led, "another", "true", "bursts")
    assert try_filter(led, SCANNER, number, version=1, nights=[NIGHT])["fraction"] == 0.5
    with pytest.raises(PermissionRefused, match="75 %"):
        activate_filter(led, SCANNER, number, 2)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, empty_house: Path, ztf: Path) -> Iterator[Database]:
    with open_database(Path(copytree(empty_house, tmp_path_factory.mktemp("real") / "data"))) as db:
        ingest(db, ztf)
        yield db


def test_real_nights_with_known_supernovae_and_variables(real: Database, ztf: Path) -> None:
    """What a trial counts is what is in the catalogue of the packets, whose labels come from others."""
    with (ztf / "index.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["programid"] == "1"]
    known = {row["objectId"] for row in rows if row["bts_type"] or row["tde_name"] or row["gcvs_type"]}
    nights = real.reader.rows(
        ADMINISTRATOR, "SELECT DISTINCT dayobs FROM @alerts WHERE object_id IN (SELECT unnest(?))", [sorted(known)]
    )
    chosen = sorted(row["dayobs"] for row in nights)[:100]
    candids = real.reader.rows(VISITOR, "SELECT candid FROM @alerts WHERE dayobs IN (SELECT unnest(?))", [chosen])
    there = {str(row["candid"]) for row in candids}
    alerts = [row for row in rows if row["candid"] in there]
    number = int(propose_filter(real, ADMINISTRATOR, "known", "coalesce(drb, rb) > 0.9", None)["filter_id"])
    told = try_filter(real, ADMINISTRATOR, number, nights=chosen, known_objects=sorted(known))
    passed = [row for row in alerts if float(row["drb"] or row["rb"]) > 0.9]
    here = known & {row["objectId"] for row in alerts}
    found = known & {row["objectId"] for row in passed}
    assert (told["n_alerts"], told["n_passed"]) == (len(alerts), len(passed))
    assert len(alerts) > 20
    assert set(told["recovered"]) == found
    assert set(told["missed"]) == here - found
    assert 0 < told["recall"] < 1
    assert told["recall"] == pytest.approx(len(found) / len(here))
    assert told["within_guard"] == (len(passed) / len(alerts) <= 0.05)


def test_through_the_client(served: Served) -> None:
    change_group(served.db, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    with served.sky(LEADER) as sky:
        sky.filters.add("mine", "mag < 19", "transients", guard=0.6)
        known = sky.sql("SELECT object_id FROM objects WHERE object_id LIKE '%public'")
        told = sky.filters.trial("mine", nights=["2026-11-21"], known=known)
        assert (told["fraction"], told["within_guard"], told["recall"]) == (0.75, False, 1.0)
        assert sky.filters.trial("mine", known=known.to_pandas())["recovered"] == ["ZTF26public"]
        sky.lists.add(object_id="ZTF26faint", list_name="wanted")
        assert sky.filters.trial("mine", list_name="wanted")["missed"] == ["ZTF26faint"]
        with pytest.raises(Conflict, match="guard"):
            sky.filters.activate("mine", 1)
        assert sky.filters.activate("mine", 1, "agreed")["live"]
        assert [trial["within_guard"] for trial in sky.filters.trials("mine")] == [False] * 3
        statement = "SELECT n_alerts, added FROM filter_trials WHERE user_name = 'leader' LIMIT 1"
        assert sky.sql(statement).to_rows() == [{"n_alerts": 4, "added": None}]
    with served.sky(OTHER) as sky:
        assert len(sky.sql(statement)) == 0


def test_from_the_command_line(house_dir: Path) -> None:
    at = ("--data-dir", house_dir)
    skyhub("filter", "add", "mine", "mag > 20", "--group", "transients", "--guard", "0.5", *at)
    told = skyhub("filter", "trial", "mine", "--night", "2026-11-21", "--known", "ZTF26faint", *at)
    assert (told["fraction"], told["recall"], told["within_guard"]) == (0.25, 1.0, True)
    assert skyhub("filter", "trials", "mine", *at)["rows"] == [told]
    assert skyhub("filter", "activate", "mine", "1", *at)["live"]
