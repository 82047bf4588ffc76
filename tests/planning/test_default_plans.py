"""Default plans: bad ones are refused; each localization that is asked for makes one draft, with the rights of its owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.candidates import OwnersBook
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.default_plans import DEFAULT_PLANS, drafts_of_defaults, watch_default_plans
from skyhub.errors import InvalidInput, NotFound, PermissionRefused, Unavailable
from skyhub.events import ingest_notice
from skyhub.followup import ALLOCATIONS
from skyhub.kinds import kind_of
from skyhub.localizations import store_localization
from skyhub.planning import PLANS
from skyhub.records import add, edit, find
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.team import add_groups, add_user, viewer_of_account
from support.notices import burst

WISHES = {"filters": ["r"], "exposure": 60, "method": "preview", "sun_altitude": -6, "pointings": "own"}
POLE = skymap_of(Cone(160.0, 85.0, 3.0, 0.9))
"""A place that is up in every night of Palomar."""
T0 = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.fixture
def team(db: Database) -> Database:
    """A team with time at ZTF, and another one."""
    add_groups(db, {"transients": [], "bursts": []})
    for name, group in (("vera", "transients"), ("other", "bursts")):
        add_user(db, name, [group], role="scientist")
    footprint = {"footprint": "box(0, 0, 4, 4, 0)"}
    [ztf] = find(db, ADMINISTRATOR, kind_of("instruments"), {"name": "ZTF"})
    edit(db, ADMINISTRATOR, kind_of("instruments"), int(ztf["instrument_id"]), footprint)
    common = {"pi": "V. Rubin", "instrument": "ZTF"}
    for types in (["observation_plan"], ["triggered"]):
        add(db, _viewer(db), ALLOCATIONS, [{"title": "ToO", **common, "types": types}], ["transients"])
    return db


def _viewer(db: Database, name: str = "vera") -> Viewer:
    return viewer_of_account(db, name)


def _default(db: Database, name: str = "ToO", **fields: Any) -> int:
    given = {"name": name, "allocation_id": 1, "wishes": WISHES, **fields}
    return int(add(db, _viewer(db), DEFAULT_PLANS, [given])["records"][0]["default_plan_id"])


def _event(db: Database, *groups: str) -> None:
    """A burst with a small localization of its own, and POLE."""
    ingest_notice(db, ADMINISTRATOR, burst(), groups=list(groups))
    store_localization(db, ADMINISTRATOR, POLE, "cone", T0, list(groups))


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"allocation_id": 2}, "allocation_id"),
        ({"wishes": {}}, "filters"),
        ({"wishes": {**WISHES, "seeing": 1}}, "seeing"),
        ({"wishes": {**WISHES, "start": "2026-01-01"}}, "wishes.start"),
        ({"wishes": {**WISHES, "localization_id": 1}}, "wishes.localization_id"),
        ({"for_group": "bursts"}, "for_group"),
        ({"conditions": {"largest_area": 0}}, "conditions.largest_area"),
    ],
)
def test_a_bad_default_plan_is_refused(team: Database, fields: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _default(team, **fields)
    assert refused.value.where == where
    assert find(team, ADMINISTRATOR, DEFAULT_PLANS) == []


def test_only_who_may_use_the_time_plans_by_default(team: Database) -> None:
    given = [{"name": "theirs", "allocation_id": 1, "wishes": WISHES}]
    with pytest.raises(NotFound, match="no allocation 1"):
        add(team, _viewer(team, "other"), DEFAULT_PLANS, given)
    with pytest.raises(PermissionRefused, match="custom:skyhub:trigger"):
        add(team, Viewer("vera", frozenset({"transients"})), DEFAULT_PLANS, given)


def test_each_localization_that_is_asked_for_is_drafted_once(team: Database) -> None:
    number = _default(team, for_group="transients")
    _default(team, "small", conditions={"largest_area": 0.001})
    _default(team, "off", active=False)
    assert watch_default_plans(team, datetime.now(UTC)) == []
    _event(team, "public")
    now = datetime.now(UTC)
    made = watch_default_plans(team, now)
    told = drafts_of_defaults(team, _viewer(team))
    assert {row["default_plan_id"] for row in told} == {str(number)}
    assert len(told) == 2
    drafted = [row for row in told if row["state"] == "drafted"]
    failed = [row for row in told if row["state"] == "failed"]
    assert sorted(int(row["plan_id"]) for row in drafted) == sorted(made)
    assert all(row["detail"] for row in failed)
    assert all(row["event"] == "2026-11-22T03:00:00" for row in told)
    assert watch_default_plans(team, now) == []
    for plan in find(team, _viewer(team), PLANS):
        assert (plan["state"], plan["author"], plan["instrument"]) == ("draft", "vera", "ZTF")
        assert plan["name"].startswith("ToO: 2026-11-22T03:00:00, localization ")
    assert find(team, _viewer(team, "other"), PLANS) == drafts_of_defaults(team, _viewer(team, "other")) == []


def test_what_its_owner_may_not_see_is_not_planned(team: Database) -> None:
    _default(team)
    _event(team, "bursts")
    assert watch_default_plans(team, datetime.now(UTC)) == []
    assert drafts_of_defaults(team, ADMINISTRATOR) == []


def test_what_came_long_ago_is_not_planned_any_more(team: Database) -> None:
    number = _default(team)
    _event(team, "public")
    assert watch_default_plans(team, datetime.now(UTC) + timedelta(days=2)) == []
    assert {row["state"] for row in drafts_of_defaults(team, _viewer(team))} == {"missed"}
    edit(team, _viewer(team), DEFAULT_PLANS, number, {"active": False})
    assert watch_default_plans(team, datetime.now(UTC)) == []


def test_who_cannot_be_looked_up_now_is_planned_for_later_and_holds_nobody_up(
    team: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(team, "olaf", ["transients"], role="scientist")
    _default(team)
    given = {"name": "his", "allocation_id": 1, "wishes": WISHES}
    his = add(team, _viewer(team, "olaf"), DEFAULT_PLANS, [given])["records"][0]["default_plan_id"]
    book = team.part(OwnersBook)
    accounts = book.viewer

    def away_for_vera(name: str) -> Viewer | None:
        if name == "vera":
            raise Unavailable("the hub does not answer.")
        return accounts(name)

    monkeypatch.setattr(book, "viewer", away_for_vera)
    _event(team, "public")
    now = datetime.now(UTC)
    assert len(watch_default_plans(team, now)) == 1
    assert {row["default_plan_id"] for row in drafts_of_defaults(team, ADMINISTRATOR)} == {his}
    for n in range(600):  # so much that the journal was looked at since
        team.writer.write(lambda transaction, n=n: transaction.announce("objects", {"n": n}, 0))
    assert watch_default_plans(team, now) == watch_default_plans(team, now) == []
    marks = (
        "SELECT (SELECT count(*) FROM @default_plan_marks) AS marks, (SELECT count(*) FROM @owners_behind) AS behind"
    )
    written = team.reader.rows(ADMINISTRATOR, marks)
    assert watch_default_plans(team, now) == []
    assert team.reader.rows(ADMINISTRATOR, marks) == written
    monkeypatch.setattr(book, "viewer", accounts)
    assert len(watch_default_plans(team, now)) == 1
    assert len(drafts_of_defaults(team, _viewer(team))) == 2
    assert watch_default_plans(team, now) == []
