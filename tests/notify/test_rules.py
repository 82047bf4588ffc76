"""Rules: bad ones are refused; who is told of what, once; nobody of what he may not read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.candidates import OwnersBook
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, PermissionRefused, Unavailable
from skyhub.events import ingest_notice
from skyhub.notes import COMMENTS
from skyhub.notify import CHANNELS, RULES, list_messages, read_messages, unread_messages, watch_journal
from skyhub.notify._quiet import is_quiet
from skyhub.records import add, edit, find, remove
from skyhub.sources import save_source
from skyhub.team import viewer_of_account
from support.channels import Hooks
from support.notices import alert, burst


def _viewer(db: Database, name: str) -> Viewer:
    return viewer_of_account(db, name)


def _rule(db: Database, user: str, *occasions: str, **fields: Any) -> int:
    given = {"name": "r", "occasions": list(occasions), **fields}
    return int(add(db, _viewer(db, user), RULES, [given])["records"][0]["rule_id"])


def _titles(db: Database, user: str) -> list[str]:
    return [message["title"] for message in reversed(list_messages(db, _viewer(db, user)))]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"occasions": []}, "occasions"),
        ({"occasions": ["supper"]}, "occasions.0"),
        ({"occasions": ["save", "save"]}, "occasions"),
        ({"conditions": {"highest_far": 0}}, "conditions.highest_far"),
        ({"conditions": {"colour": "red"}}, "conditions.colour"),
        ({"saved_for": ["bursts"]}, "saved_for"),
        ({"channels": ["phone"]}, "channels"),
        ({"name": " "}, "name"),
    ],
)
def test_a_bad_rule_is_refused(team: Database, fields: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        add(team, _viewer(team, "vera"), RULES, [{"name": "r", "occasions": ["save"], **fields}])
    assert refused.value.where == where
    assert find(team, ADMINISTRATOR, RULES) == []


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({}, "address"),
        ({"address": "https://hooks.slack.com/services/T/B/x"}, "address"),
        ({"address": "file:///etc/passwd"}, "address"),
        ({"address": "{hooks}@169.254.169.254/x"}, "address"),
        ({"address": "http://user:word@{host}/x"}, "address"),
        ({"address": "http://[::1]:1/"}, "address"),
        ({"address": "{hooks}0/x"}, "address"),
        ({"address": "{hooks}/x", "token": "t"}, "token"),
        ({"address": "{hooks}/x", "room": "!a:b"}, ""),
        ({"type": "matrix", "address": "{hooks}", "room": "!a:b"}, "token"),
        ({"type": "matrix", "address": "{hooks}", "room": "../a", "token": "t"}, "room"),
        ({"type": "email", "address": "vera@elsewhere.org"}, "address"),
        ({"type": "email", "address": "vera@example.org\nBcc: all@example.org"}, "address"),
        ({"type": "email", "address": "a@b, vera@example.org"}, "address"),
        ({"address": "{hooks}/x", "quiet_from": "22:00"}, ""),
        ({"address": "{hooks}/x", "quiet_from": "24:00", "quiet_until": "07:00"}, "quiet_from"),
        ({"address": "{hooks}/x", "time_zone": "../../etc/passwd"}, "time_zone"),
        ({"address": "{hooks}/x", "sealed": "forged"}, "sealed"),
    ],
)
def test_a_bad_channel_is_refused(team: Database, hooks: Hooks, fields: dict[str, Any], where: str) -> None:
    host = hooks.url.removeprefix("http://")
    given = {k: v.format(hooks=hooks.url, host=host) if isinstance(v, str) else v for k, v in fields.items()}
    with pytest.raises(InvalidInput) as refused:
        add(team, _viewer(team, "vera"), CHANNELS, [{"name": "phone", "type": "slack", **given}])
    assert refused.value.where == where
    assert find(team, ADMINISTRATOR, CHANNELS) == []


def test_addresses_are_never_shown(team: Database, hooks: Hooks) -> None:
    vera = _viewer(team, "vera")
    slack = {"name": "room", "type": "slack", "address": f"{hooks.url}/services/SECRET"}
    mail = {"name": "mail", "type": "email", "address": "vera@example.org"}
    added = add(team, vera, CHANNELS, [slack, mail])["records"]
    assert [record["shown_as"] for record in added] == [hooks.url, "v…@example.org"]
    edited = edit(team, vera, CHANNELS, int(added[0]["channel_id"]), {"quiet_from": "22:00", "quiet_until": "07:00"})
    assert edited["shown_as"] == hooks.url
    for viewer in (vera, ADMINISTRATOR):
        assert "SECRET" not in str(find(team, viewer, CHANNELS))
    assert find(team, _viewer(team, "olaf"), CHANNELS) == []
    with team.reader.borrowed() as cursor:
        kept = str(cursor.execute("SELECT * FROM channels").fetchall() + cursor.execute("FROM changes").fetchall())
    assert "SECRET" not in kept
    assert "vera@example.org" not in kept


def test_who_may_only_view_keeps_no_rules(team: Database) -> None:
    with pytest.raises(PermissionRefused):
        add(team, Viewer("vera", frozenset({"transients"})), RULES, [{"name": "r", "occasions": ["save"]}])


def test_events_are_told_by_what_they_are_like_each_once(team: Database) -> None:
    _rule(team, "vera", "new_event", "retracted_event", conditions={"tags": ["BNS"], "highest_far": 1e-8})
    _rule(team, "vera", "new_event", name="all")
    _rule(team, "olaf", "updated_event", conditions={"types": ["LVC_*"]})
    for notice in (
        alert(),
        alert("INITIAL", created="2026-11-22T03:10:00Z"),
        alert(name="S261122b", far=1e-6, time="2026-11-22T05:00:00Z"),
        burst(role="test", serial=9),
        alert("RETRACTION", created="2026-11-22T03:20:00Z"),
        alert("RETRACTION", name="S261122b", created="2026-11-22T05:20:00Z"),
    ):
        ingest_notice(team, ADMINISTRATOR, notice)
    assert watch_journal(team) == 4
    assert watch_journal(team) == 0
    assert _titles(team, "vera") == [
        "New event S261122a (LVC_PRELIMINARY)",
        "New event S261122b (LVC_PRELIMINARY)",
        "Retracted: S261122a (LVC_RETRACTION)",
    ]
    assert _titles(team, "olaf") == ["Update of S261122a (LVC_INITIAL)"]
    first = list_messages(team, _viewer(team, "vera"))[-1]
    assert len(first["rule_ids"]) == 2
    assert "false alarms: one in 31.7 years" in first["lines"]
    assert "It has been retracted since." in first["lines"]
    assert (first["view"], first["params"]) == ("events", {"event": "LVC#S261122a"})


def test_saves_of_others_in_my_groups_and_mentions(team: Database) -> None:
    vera, olaf, other = (_viewer(team, name) for name in ("vera", "olaf", "other"))
    _rule(team, "vera", "save", "mention")
    _rule(team, "other", "save", "mention")
    save_source(team, olaf, "SN2026a", ["transients"], 10.0, 20.0)
    save_source(team, vera, "SN2026b", ["transients"], 30.0, 20.0)
    said = {"object_id": "SN2026a", "text": "look, @vera and @other"}
    comment = int(add(team, olaf, COMMENTS, [said], ["transients"])["records"][0]["comment_id"])
    assert watch_journal(team) == 2
    edit(team, olaf, COMMENTS, comment, {"text": "look again, @vera"})
    assert watch_journal(team) == 0
    assert _titles(team, "vera") == ["olaf saved SN2026a", "olaf mentions you on SN2026a"]
    assert _titles(team, "other") == []
    assert unread_messages(team, vera) == 2
    assert read_messages(team, other) == {"read": 0}
    assert read_messages(team, vera, [1]) == {"read": 1}
    assert unread_messages(team, vera) == 1
    remove(team, olaf, COMMENTS, comment)
    assert _titles(team, "vera") == ["olaf saved SN2026a"]


def test_the_groups_of_saves_come_out_as_they_were_given(team: Database) -> None:
    vera = _viewer(team, "vera")
    rule = {"name": "ours", "occasions": ["save"], "saved_for": ["transients"]}
    [made] = add(team, vera, RULES, [rule])["records"]
    [kept] = find(team, vera, RULES)
    assert kept["saved_for"] == ["transients"]
    edit(team, vera, RULES, int(made["rule_id"]), {"saved_for": []})
    assert find(team, vera, RULES)[0]["saved_for"] == []


def test_what_may_not_be_read_any_more_is_not_told(team: Database) -> None:
    from skyhub.team import AccountDirectory

    _rule(team, "vera", "new_event")
    ingest_notice(team, _viewer(team, "olaf"), alert(), groups=["transients"])
    assert watch_journal(team) == 1
    assert len(_titles(team, "vera")) == 1
    AccountDirectory(team).remove("transients", "vera")
    assert _titles(team, "vera") == []
    assert unread_messages(team, _viewer(team, "vera")) == 0
    ingest_notice(team, _viewer(team, "olaf"), alert(name="S261123c"), groups=["transients"])
    assert watch_journal(team) == 0


def test_nothing_is_passed_over_while_rights_are_unknown(team: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    _rule(team, "vera", "new_event")
    ingest_notice(team, ADMINISTRATOR, alert())
    book = team.part(OwnersBook)
    known = book.viewer

    def away(name: str) -> Viewer | None:
        raise Unavailable("the hub is away")

    monkeypatch.setattr(book, "viewer", away)
    assert [watch_journal(team), watch_journal(team)] == [0, 0]
    monkeypatch.setattr(book, "viewer", known)
    assert [watch_journal(team), watch_journal(team)] == [1, 0]
    assert len(_titles(team, "vera")) == 1


def test_who_cannot_be_looked_up_now_is_told_later_and_holds_nobody_up(
    team: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in ("olaf", "vera"):
        _rule(team, user, "new_event")
    book = team.part(OwnersBook)
    known = book.viewer

    def away_for_olaf(name: str) -> Viewer | None:
        if name == "olaf":
            raise Unavailable("the hub is away")
        return known(name)

    monkeypatch.setattr(book, "viewer", away_for_olaf)
    ingest_notice(team, ADMINISTRATOR, alert())
    assert watch_journal(team) == 1
    ingest_notice(team, ADMINISTRATOR, alert(name="S261123c"))
    assert watch_journal(team) == 1
    assert [len(_titles(team, user)) for user in ("olaf", "vera")] == [0, 2]
    monkeypatch.setattr(book, "viewer", known)
    assert [watch_journal(team), watch_journal(team)] == [2, 0]
    assert _titles(team, "olaf") == _titles(team, "vera")


def test_a_rule_tells_nothing_that_precedes_it_but_an_edit_keeps_its_age(team: Database) -> None:
    ingest_notice(team, ADMINISTRATOR, alert())
    number = _rule(team, "vera", "new_event")
    ingest_notice(team, ADMINISTRATOR, alert(name="S261124d", time="2026-11-24T03:00:00Z"))
    edit(team, _viewer(team, "vera"), RULES, number, {"urgent": True})
    assert watch_journal(team) == 1
    assert _titles(team, "vera") == ["New event S261124d (LVC_PRELIMINARY)"]
    edit(team, _viewer(team, "vera"), RULES, number, {"active": False})
    ingest_notice(team, ADMINISTRATOR, alert(name="S261125e", time="2026-11-25T03:00:00Z"))
    assert watch_journal(team) == 0


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-07-01T19:59", False),
        ("2026-07-01T20:00", True),
        ("2026-07-02T04:59", True),
        ("2026-07-02T05:00", False),
        ("2026-10-25T00:30", True),  # 02:30 summer time, and an hour later 02:30 again
        ("2026-10-25T05:30", True),
        ("2026-10-25T06:00", False),
    ],
)
def test_quiet_hours_cross_midnight_and_follow_the_clocks(moment: str, quiet: bool) -> None:
    assert is_quiet(datetime.fromisoformat(moment).replace(tzinfo=UTC), time(22), time(7), BERLIN) is quiet


@given(begin=st.times(), end=st.times(), at=st.times())
def test_quiet_hours_and_their_rest_are_the_day(begin: time, end: time, at: time) -> None:
    moment = datetime.combine(date(2026, 1, 1), at, UTC)
    zone = ZoneInfo("UTC")
    if begin != end:
        assert is_quiet(moment, begin, end, zone) is not is_quiet(moment, end, begin, zone)
    assert is_quiet(moment, begin, begin, zone)
