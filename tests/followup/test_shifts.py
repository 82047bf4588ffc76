"""Shifts: members of a group go on and off them, ask for a replacement and take over; nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.followup import SHIFTS, current_shifts, join, leave, need_replacement, replace
from skyhub.records import add, edit, find, get, history
from skyhub.team import add_groups
from support.services import Served

VERA, OLAF, MONA, NINA = (
    Viewer(name, frozenset({"transients"}), scopes=ROLES["scanner"]) for name in ("vera", "olaf", "mona", "nina")
)
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scanner"])
NOW = datetime.now(UTC)


@pytest.fixture
def house(db: Database) -> Database:
    add_groups(db, {"transients": [], "bursts": []})
    return db


def _add(db: Database, begin: float = -1, end: float = 7, **fields: Any) -> int:
    whole = {
        "name": "first night",
        "start_date": NOW + timedelta(hours=begin),
        "end_date": NOW + timedelta(hours=end),
        **fields,
    }
    return int(add(db, VERA, SHIFTS, [whole])["records"][0]["shift_id"])


def _members(document: dict[str, Any]) -> dict[str, bool]:
    return {member["user"]: member["needs_replacement"] for member in document["members"]}


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": ""}, "name"),
        ({"end": -1}, ""),
        ({"required_users": 0}, "required_users"),
        ({"required_users": 1, "members": [{"user": "a"}, {"user": "b"}]}, ""),
        ({"members": [{"user": "a"}, {"user": "a"}]}, "members"),
        ({"members": [{"name": "a"}]}, "members.0.user"),
    ],
)
def test_what_cannot_be_used_is_refused(house: Database, fields: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _add(house, **fields)
    assert refused.value.where == where
    assert find(house, ADMINISTRATOR, SHIFTS) == []


def test_a_shift_comes_back_as_it_was_given(house: Database) -> None:
    number = _add(house, required_users=2, description="Bring **tea**", admins=["olaf"], members=[{"user": "vera"}])
    shift = get(house, OLAF, SHIFTS, number)
    assert (shift["required_users"], shift["admins"], shift["groups"]) == (2, ["olaf"], ["transients"])
    assert _members(shift) == {"vera": False}


def test_members_of_the_group_join_and_leave(house: Database) -> None:
    number = _add(house)
    assert _members(join(house, OLAF, number)) == {"olaf": False}
    assert _members(join(house, VERA, number)) == {"olaf": False, "vera": False}
    assert join(house, VERA, number)["version"] == 3
    assert _members(leave(house, OLAF, number)) == {"vera": False}
    with pytest.raises(NotFound, match="not on this shift: vera is"):
        leave(house, OLAF, number)
    assert [row["edited_by"] for row in history(house, VERA, SHIFTS, number)] == ["vera", "olaf", "vera", "olaf"]


Act = Callable[[Database, Viewer, int], Any]
ACTS: dict[str, Act] = {
    "join": join,
    "leave": leave,
    "need_replacement": need_replacement,
    "replace": lambda db, viewer, number: replace(db, viewer, number, "vera"),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_others_can_do_nothing(house: Database, act: Act) -> None:
    number = _add(house, members=[{"user": "vera", "needs_replacement": True}])
    with pytest.raises(NotFound):
        act(house, STRANGER, number)
    with pytest.raises(NotFound):
        act(house, VERA, number + 1)
    with pytest.raises(PermissionRefused, match="scan"):
        act(house, Viewer("olaf", OLAF.groups), number)
    assert get(house, VERA, SHIFTS, number)["version"] == 1


def test_everybody_may_see_a_public_shift_and_only_its_groups_join(house: Database) -> None:
    whole = {"name": "open", "start_date": NOW, "end_date": NOW + timedelta(hours=1)}
    record = add(house, ADMINISTRATOR, SHIFTS, [whole], ["public"])["records"][0]
    with pytest.raises(PermissionRefused, match="members of its groups"):
        join(house, OLAF, int(record["shift_id"]))


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_what_is_over_stays(house: Database, act: Act) -> None:
    number = _add(house, -9, -1, members=[{"user": "vera", "needs_replacement": True}])
    with pytest.raises(Conflict, match="ended"):
        act(house, VERA, number)


def test_a_full_shift_takes_nobody_but_in_someones_place(house: Database) -> None:
    number = _add(house, required_users=1, members=[{"user": "vera"}])
    with pytest.raises(Conflict, match="has its 1 members"):
        join(house, OLAF, number)
    with pytest.raises(Conflict, match="does not ask"):
        replace(house, OLAF, number, "vera")
    assert _members(need_replacement(house, VERA, number)) == {"vera": True}
    with pytest.raises(Conflict, match="take the place of vera"):
        join(house, OLAF, number)
    assert _members(replace(house, OLAF, number, "vera")) == {"olaf": False}
    with pytest.raises(NotFound):
        replace(house, MONA, number, "vera")


def test_a_replacement_may_turn_out_not_to_be_needed(house: Database) -> None:
    number = _add(house, members=[{"user": "vera"}, {"user": "olaf"}])
    need_replacement(house, VERA, number)
    with pytest.raises(Conflict, match="on this shift already"):
        replace(house, OLAF, number, "vera")
    assert _members(need_replacement(house, VERA, number, False)) == {"vera": False, "olaf": False}
    with pytest.raises(NotFound):
        need_replacement(house, MONA, number)


def test_only_who_may_change_a_shift_takes_others_off_it(house: Database) -> None:
    number = _add(house, admins=["mona"], members=[{"user": "vera"}, {"user": "olaf"}, {"user": "nina"}])
    with pytest.raises(PermissionRefused):
        leave(house, OLAF, number, "vera")
    assert "nina" not in _members(leave(house, MONA, number, "nina"))
    assert "olaf" not in _members(leave(house, VERA, number, "olaf"))
    with pytest.raises(PermissionRefused):
        edit(house, OLAF, SHIFTS, number, {"name": "mine"})
    assert edit(house, MONA, SHIFTS, number, {"name": "second night"})["edited_by"] == "mona"


def test_overlaps_are_reported_and_not_refused(house: Database) -> None:
    first, touching, elsewhere = _add(house, 0.5, 2, name="a"), _add(house, 7, 9, name="b"), _add(house, 3, 5, name="c")
    for number in (first, touching):
        join(house, OLAF, number)
    join(house, MONA, elsewhere)
    answer = join(house, OLAF, _add(house, 1, 7))
    assert [other["name"] for other in answer["overlaps"]] == ["a"]
    assert answer["overlaps"][0]["shift_id"] == str(first)
    assert join(house, NINA, int(answer["shift_id"]))["overlaps"] == []


def test_the_shifts_under_way_are_told(house: Database) -> None:
    mine, other, later = _add(house, members=[{"user": "olaf"}]), _add(house), _add(house, 2, 4)
    join(house, OLAF, later)
    assert [shift["shift_id"] for shift in current_shifts(house, OLAF)] == [str(mine)]
    at = NOW + timedelta(hours=3)
    assert [shift["shift_id"] for shift in current_shifts(house, OLAF, at)] == [str(later), str(mine)]
    assert current_shifts(house, OLAF, NOW + timedelta(hours=8)) == []
    assert current_shifts(house, MONA) == []
    assert other not in (mine, later)


def test_who_was_on_a_shift_at_a_time(house: Database) -> None:
    number = _add(house, members=[{"user": "vera"}])
    join(house, OLAF, number)
    leave(house, VERA, number)
    times = [row["known_at"] for row in house.reader.rows(VERA, "SELECT known_at FROM @shifts* ORDER BY version")]
    known = [_members(get(house, VERA, SHIFTS, number, time.replace(tzinfo=UTC))) for time in times]
    assert [sorted(members) for members in known] == [["vera"], ["olaf", "vera"], ["olaf"]]
    begun = [current_shifts(house, VERA, NOW, time.replace(tzinfo=UTC)) for time in times]
    assert [len(shifts) for shifts in begun] == [1, 1, 0]


def test_many_who_join_at_once_are_no_more_than_required(house: Database) -> None:
    number = _add(house, required_users=3)
    refused: list[str] = []

    def work(name: str) -> None:
        try:
            join(house, Viewer(name, OLAF.groups, scopes=ROLES["scanner"]), number)
        except Conflict:
            refused.append(name)

    threads = [threading.Thread(target=work, args=(f"user{n}",)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 9
    assert len(get(house, VERA, SHIFTS, number)["members"]) == 3


def test_shifts_over_http(served: Served) -> None:
    with served.sky(VERA) as vera, served.sky(OLAF) as olaf:
        begin, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
        made = vera.shifts.add(name="night", start_date=begin.isoformat(), end_date=end.isoformat())
        number = made["shift_id"]
        assert vera.shifts.join(number)["overlaps"] == []
        assert [shift["shift_id"] for shift in vera.shifts.current()] == [number]
        assert olaf.shifts.current() == []
        vera.shifts.ask_replacement(number)
        assert _members(olaf.shifts.replace(number, "vera")) == {"olaf": False}
        assert olaf.shifts.current(at=NOW)[0]["name"] == "night"
        assert olaf.shifts.leave(number)["members"] == []
        assert len(olaf.shifts.history(number)) == 5
        with pytest.raises(NotFound):
            olaf.shifts.leave(number)
        with pytest.raises(InvalidInput):
            olaf.transport.get("/api/shifts/current", at="soon")
