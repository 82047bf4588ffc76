"""Schedules: bad ones are refused; every trigger makes one run of each occasion, with the rights that its owner has then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.candidates import OwnersBook
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused, Unavailable
from skyhub.events import ingest_notice
from skyhub.followup import SHIFTS
from skyhub.kinds import kind_of
from skyhub.localizations import LOCALIZATIONS, store_localization
from skyhub.records import add, edit, find
from skyhub.reports import (
    Outcome,
    activate_template,
    claim_own_run,
    claim_run,
    dry_run_template,
    finish_run,
    leased_runs,
    list_runs,
    propose_template,
    release_run,
    report_template,
    request_run,
    run_record,
)
from skyhub.schedules import MISSED_AFTER, SCHEDULES, report_calendar, watch_schedules
from skyhub.science.nights import datetime_of_mjd
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.visibility import Site, night_at
from skyhub.team import AccountDirectory, add_groups, add_user, remove_member, viewer_of_account
from support.notices import alert, burst
from support.reports import SIDECAR, notebook_text

PALOMAR = {
    "name": "Palomar", "nickname": "P", "latitude": 33.3574, "longitude": -116.8599, "elevation": 1712.0, "diameter": 1.2
}  # fmt: skip


@pytest.fixture
def team(db: Database) -> Database:
    add_groups(db, {"transients": [], "bursts": []})
    for name, group in (("vera", "transients"), ("other", "bursts")):
        add_user(db, name, [group], role="scientist")
    return db


def _viewer(db: Database, name: str = "vera") -> Viewer:
    return viewer_of_account(db, name)


def _schedule(db: Database, user: str = "vera", **fields: Any) -> int:
    given = {"name": "s", "report": "night_summary", "trigger": "cron", **fields}
    if given["trigger"] == "cron":
        given.setdefault("cron", "0 16 * * *")
    return int(add(db, _viewer(db, user), SCHEDULES, [given])["records"][0]["schedule_id"])


def _look(db: Database, at: datetime | None = None) -> list[dict[str, Any]]:
    return [run_record(db, ADMINISTRATOR, number) for number in watch_schedules(db, at or datetime.now(UTC))]


def _noon() -> datetime:
    """A noon to come, before which schedules were made."""
    return datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=2)


def _begun(db: Database) -> datetime:
    """The time until which all schedules were looked at: now."""
    now = datetime.now(UTC)
    _look(db, now)
    return now


def _outcome(state: str) -> Outcome:
    return Outcome(state, "" if state == "done" else "cell 3: ValueError", 1.0, "r", 1, {"text": "t"})


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"cron": "61 * * * *"}, ""),
        ({"cron": None}, ""),
        ({"trigger": "new_event", "cron": "0 16 * * *"}, ""),
        ({"trigger": "end_of_night"}, ""),
        ({"trigger": "supper"}, "trigger"),
        ({"trigger": "new_event", "conditions": {"highest_far": 0}}, "conditions.highest_far"),
        ({"parameters": {"colour": "red"}}, "colour"),
        ({"parameters": {"dayobs": "yesterday"}}, "dayobs"),
        ({"for_group": "bursts"}, "for_group"),
        ({"catch_up": "some"}, "catch_up"),
        ({"retries": 6}, "retries"),
        ({"timeout": 5}, "timeout"),
    ],
)
def test_a_bad_schedule_is_refused(team: Database, fields: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _schedule(team, **fields)
    assert refused.value.where == where
    with pytest.raises(NotFound, match="no report"):
        _schedule(team, report="supper")
    with pytest.raises(NotFound):
        _schedule(team, trigger="end_of_night", telescope="nowhere")
    with pytest.raises(PermissionRefused, match="custom:skyhub:report"):
        add(team, Viewer("vera"), SCHEDULES, [{"name": "s", "report": "night_summary", "trigger": "end_of_shift"}])
    assert find(team, ADMINISTRATOR, SCHEDULES) == []


def test_a_time_makes_one_run_and_what_was_missed_follows_as_is_said(team: Database) -> None:
    for policy in ("none", "latest", "all"):
        _schedule(team, name=policy, cron="0 16 * * *", catch_up=policy)
    begin = _noon()
    _look(team, begin)
    in_time = _look(team, begin + timedelta(hours=4) + MISSED_AFTER)
    assert [run["state"] for run in in_time] == ["queued"] * 3
    assert _look(team, begin + timedelta(hours=4, minutes=30)) == []
    late = _look(team, begin + timedelta(days=2, hours=10))
    names = {int(s["schedule_id"]): s["name"] for s in find(team, ADMINISTRATOR, SCHEDULES)}
    states: dict[str, list[str]] = {}
    for run in sorted(late, key=lambda run: str(run["due_at"])):
        states.setdefault(names[int(run["schedule_id"])], []).append(run["state"])
    assert states == {"none": ["missed"] * 2, "latest": ["missed", "queued"], "all": ["queued"] * 2}
    assert "10 minutes" in next(run["detail"] for run in late if run["state"] == "missed")
    nights = {run["parameters"]["dayobs"] for run in late}
    assert len(nights) == 2  # each of the night that had ended when it was due
    assert list_runs(team, _viewer(team, "other")) == []


def test_an_event_makes_one_run_at_the_first_notice_that_is_as_asked(team: Database) -> None:
    _schedule(team, report="event_summary", trigger="new_event", conditions={"tags": ["BNS"], "highest_far": 1e-8})
    _schedule(team, report="event_summary", trigger="new_event", name="off", active=False)
    ingest_notice(team, ADMINISTRATOR, alert(far=1e-6))
    assert _look(team) == []
    ingest_notice(team, ADMINISTRATOR, alert("INITIAL", created="2026-11-22T03:10:00Z"))
    [run] = _look(team)
    assert (run["state"], run["parameters"]["event"]) == ("queued", "2026-11-22T03:00:00")
    ingest_notice(team, ADMINISTRATOR, alert("UPDATE", created="2026-11-22T03:20:00Z"))
    ingest_notice(team, ADMINISTRATOR, alert("RETRACTION", created="2026-11-22T03:30:00Z"))
    ingest_notice(team, ADMINISTRATOR, burst())
    assert _look(team) == []


def test_what_was_before_a_schedule_or_is_not_for_its_owner_makes_no_run(team: Database) -> None:
    ingest_notice(team, ADMINISTRATOR, alert())
    _schedule(team, report="event_summary", trigger="new_event")
    _schedule(team, report="event_summary", trigger="new_localization", name="maps")
    assert _look(team) == []
    ingest_notice(team, _viewer(team, "other"), burst(), groups=["bursts"])
    assert _look(team) == []


def test_each_localization_of_an_event_makes_one_run(team: Database) -> None:
    _schedule(team, report="event_summary", trigger="new_localization", conditions={"largest_area": 100.0})
    ingest_notice(team, ADMINISTRATOR, burst())
    brought = _look(team)
    assert [run["parameters"]["event"] for run in brought] == ["2026-11-22T03:00:00"]
    at = datetime(2026, 11, 22, 3, tzinfo=UTC)
    for radius, groups in ((2.0, ["public"]), (40.0, ["public"])):
        store_localization(team, ADMINISTRATOR, skymap_of(Cone(10.0, 20.0, radius, 0.9)), f"{radius}", at, groups)
    store_localization(
        team, ADMINISTRATOR, skymap_of(Cone(10.0, 20.0, 3.0, 0.9)), "elsewhere", at + timedelta(days=1), ["public"]
    )
    assert len(find(team, ADMINISTRATOR, LOCALIZATIONS)) == 4
    assert len(_look(team)) == 1
    assert _look(team) == []


def test_the_end_of_a_night_is_that_of_the_sun_at_the_site(team: Database) -> None:
    add(team, ADMINISTRATOR, kind_of("telescopes"), [PALOMAR])
    _schedule(team, trigger="end_of_night", telescope="P")
    _schedule(team, trigger="end_of_night", telescope="P", name="again", parameters={"dayobs": "2026-01-01"})
    night = datetime.now(UTC).date() + timedelta(days=2)
    end = night_at(Site(33.3574, -116.8599, 1712.0), night).dark["astronomical"].end
    assert end is not None
    at = datetime_of_mjd(end)
    _look(team, at - timedelta(seconds=1))
    assert _look(team, at - timedelta(seconds=1)) == []
    told, said = _look(team, at)
    assert abs(datetime.fromisoformat(told["due_at"]) - at) < timedelta(seconds=1)
    assert (told["parameters"]["dayobs"], said["parameters"]["dayobs"]) == (night.isoformat(), "2026-01-01")
    assert _look(team, at + timedelta(hours=12)) == []


def test_the_end_of_a_shift_is_told_to_the_group_and_by_name(team: Database, later: Any) -> None:
    _schedule(team, report="shift_handover", trigger="end_of_shift", for_group="transients")
    begin = _noon()
    dates = {"start_date": begin - timedelta(hours=9), "end_date": begin + timedelta(hours=1)}
    add(team, _viewer(team), SHIFTS, [{"name": "late", **dates}], ["transients"])
    add(team, _viewer(team, "other"), SHIFTS, [{"name": "theirs", **dates}], ["bursts"])
    _look(team, begin)
    [run] = _look(team, begin + timedelta(hours=1, minutes=1))
    assert run["parameters"]["shift"] == "late"
    assert run["requested_by"] == "vera"
    later(timedelta(days=4))
    claim = claim_run(team, "h/1", run["report_id"])
    assert claim is not None
    assert (claim.viewer.groups, claim.viewer.personal) == (frozenset({"transients"}), False)


def test_a_run_has_the_rights_that_its_owner_still_has(team: Database, later: Any) -> None:
    _schedule(team)
    _schedule(team, name="ours", for_group="transients")
    begin = _begun(team)
    assert len(_look(team, begin + timedelta(days=1))) == 2
    later(timedelta(days=1))
    remove_member(team, AccountDirectory(team), ADMINISTRATOR, "transients", "vera")
    first, second = claim_run(team, "h/1"), claim_run(team, "h/1")
    assert first is not None
    assert second is not None
    assert "transients" not in first.viewer.groups | second.viewer.groups
    after = _look(team, begin + timedelta(days=2))
    assert sorted(run["state"] for run in after) == ["failed", "queued"]
    assert "not in the group transients" in next(run["detail"] for run in after if run["state"] == "failed")


def test_a_groups_report_runs_by_schedule_for_members_alone_and_says_when_its_owner_has_left(
    team: Database, later: Any
) -> None:
    made = propose_template(team, ADMINISTRATOR, "transients", "ours", notebook_text("1"), SIDECAR)
    number = int(made["report_template_id"])
    tried = dry_run_template(team, ADMINISTRATOR, number, 1, {})
    claim_own_run(team, ADMINISTRATOR, tried)
    finish_run(team, tried, _outcome("done"))
    activate_template(team, ADMINISTRATOR, number, 1)
    with pytest.raises(NotFound, match="no report 'transients/ours'"):
        _schedule(team, "other", report="transients/ours")
    _schedule(team, report="transients/ours", parameters={"word": "blue"})
    begin = _begun(team)
    shown = report_calendar(team, _viewer(team), begin, begin + timedelta(days=2))
    assert "A test" in {row["title"] for row in shown["planned"]}
    [run] = _look(team, begin + timedelta(days=1))
    assert (run["state"], run["template_version"], run["parameters"]) == ("queued", 1, {"word": "blue"})
    later(timedelta(days=1))
    assert claim_run(team, "h/1") is None
    remove_member(team, AccountDirectory(team), ADMINISTRATOR, "transients", "vera")
    assert claim_own_run(team, _viewer(team)) is None
    assert "not in the group transients any more" in run_record(team, ADMINISTRATOR, run["report_id"])["detail"]
    [after] = _look(team, begin + timedelta(days=2))
    assert after["state"] == "failed"
    assert "no report 'transients/ours' among those that you may run" in after["detail"]


def test_nobody_runs_what_he_may_not_run_any_more(team: Database, later: Any) -> None:
    _schedule(team)
    begin = _begun(team)
    [run] = _look(team, begin + timedelta(days=1))
    later(timedelta(days=2))
    book = team.part(OwnersBook)
    known = book.viewer

    def unknown(name: str) -> Viewer:
        raise Unavailable("the hub does not answer")

    book.viewer = unknown
    with pytest.raises(Unavailable):
        claim_run(team, "h/1", rights=unknown)
    assert _look(team, begin + timedelta(days=2)) == []
    book.viewer = lambda name: Viewer(name)
    assert run_record(team, ADMINISTRATOR, run["report_id"])["state"] == "queued"
    assert claim_run(team, "h/1", rights=book.viewer) is None
    closed = run_record(team, ADMINISTRATOR, run["report_id"])
    assert (closed["state"], closed["detail"]) == ("failed", "vera may not run this report any more.")
    book.viewer = known


def test_who_cannot_be_looked_up_now_gets_his_runs_later_and_holds_nobody_up(
    team: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _schedule(team, catch_up="all")
    _schedule(team, "other")
    for user in ("vera", "other"):
        _schedule(team, user, name="events", report="event_summary", trigger="new_event")
    begin = _noon()
    _look(team, begin)
    book = team.part(OwnersBook)
    accounts = book.viewer

    def away_for_vera(name: str) -> Viewer | None:
        if name == "vera":
            raise Unavailable("the hub does not answer")
        return accounts(name)

    monkeypatch.setattr(book, "viewer", away_for_vera)
    ingest_notice(team, ADMINISTRATOR, alert(), groups=["public"])
    in_time = begin + timedelta(hours=4, minutes=1)
    assert {run["requested_by"] for run in _look(team, in_time)} == {"other"}
    assert _look(team, in_time) == []
    for n in range(600):
        team.writer.write(lambda transaction, n=n: transaction.announce("objects", {"n": n}, 0))
    assert _look(team, in_time + timedelta(minutes=5)) == []
    marks = "SELECT (SELECT count(*) FROM @schedule_marks) AS marks, (SELECT count(*) FROM @owners_behind) AS behind"
    written = team.reader.rows(ADMINISTRATOR, marks)
    assert _look(team, in_time + timedelta(minutes=5)) == []
    assert team.reader.rows(ADMINISTRATOR, marks) == written
    monkeypatch.setattr(book, "viewer", accounts)
    runs = _look(team, in_time + timedelta(minutes=6))
    assert {run["requested_by"] for run in runs} == {"vera"}
    assert sorted(run["name"] for run in runs) == ["event_summary", "night_summary"]
    assert _look(team, in_time + timedelta(minutes=7)) == []


def test_a_run_waits_untried_for_the_rights_of_its_owner_and_holds_nobody_up(team: Database, later: Any) -> None:
    _schedule(team)
    begin = _begun(team)
    [run] = _look(team, begin + timedelta(days=1))
    later(timedelta(days=2))
    asked: list[str] = []

    def unknown(name: str) -> Viewer:
        asked.append(name)
        raise Unavailable("the hub does not answer")

    for _ in range(12):  # more than it is ever tried
        with pytest.raises(Unavailable):
            claim_run(team, "h/1", rights=unknown)
    states = "SELECT state FROM @report_states WHERE report_id = ?"
    assert team.reader.rows(ADMINISTRATOR, states, [run["report_id"]]) == [{"state": "queued"}]
    other = request_run(team, ADMINISTRATOR, report_template("night_summary"), {})
    claim = claim_run(team, "h/1", rights=unknown)
    assert claim is not None
    assert claim.report_id == other
    assert asked == ["vera"] * 13
    found = claim_run(team, "h/1")
    assert found is not None
    assert found.report_id == run["report_id"]


def test_a_run_that_failed_is_tried_again_as_often_as_is_said(
    team: Database, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyhub.reports._claims._PAUSE", timedelta(0))
    _schedule(team, retries=1, timeout=60)
    begin = _begun(team)
    [run] = _look(team, begin + timedelta(days=1))
    later(timedelta(days=2))
    for state in ("queued", "failed"):
        claim = claim_run(team, "h/1")
        assert claim is not None
        assert claim.timeout == 60
        finish_run(team, run["report_id"], _outcome("failed"))
        assert run_record(team, _viewer(team), run["report_id"])["state"] == state
    assert claim_run(team, "h/1") is None


def test_a_run_whose_worker_is_gone_is_free_at_once(team: Database, later: Any) -> None:
    _schedule(team)
    begin = _begun(team)
    [run] = _look(team, begin + timedelta(days=1))
    later(timedelta(days=2))
    assert claim_run(team, "host/1") is not None
    assert leased_runs(team, "host") == [{"report_id": run["report_id"], "worker": "host/1"}]
    assert leased_runs(team, "hos") == []
    with pytest.raises(Conflict, match="executed by host/1"):
        release_run(team, run["report_id"], "host/2")
    release_run(team, run["report_id"], "host/1")
    assert claim_run(team, "host/2") is not None
    with pytest.raises(NotFound):
        release_run(team, "none", "host/2")


def test_the_calendar_has_what_ran_and_what_is_to_come(team: Database) -> None:
    number = _schedule(team, name="mine", cron="0 16 * * *")
    begin = _begun(team)
    [run] = _look(team, begin + timedelta(days=1))
    shown = report_calendar(team, _viewer(team), begin, begin + timedelta(days=4))
    assert [r["report_id"] for r in shown["runs"]] == [run["report_id"]]
    own = [row for row in shown["planned"] if row["schedule"] == "mine"]
    assert [row["at"][11:16] for row in own] == ["16:00"] * 4
    shipped = {(row["report"], row["for_group"]) for row in shown["planned"] if row["schedule"] is None}
    assert ("night_summary", "transients") in shipped
    assert all(group == "transients" for _, group in shipped)
    edit(team, _viewer(team), SCHEDULES, number, {"active": False})
    other = report_calendar(team, _viewer(team, "other"), begin, begin + timedelta(days=2))
    assert {row["schedule"] for row in other["planned"]} == {None}
    assert other["runs"] == []
    for end in (begin, begin + timedelta(days=63)):
        with pytest.raises(InvalidInput, match="62 days"):
            report_calendar(team, _viewer(team), begin, end)
