"""Sending rules: who may make one, what it sends and what not, once whatever breaks, and how it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import skyhub.requests._by_rule as by_rule
from requests_support import FORMS, Team
from skyhub.candidates import OwnersBook
from skyhub.cli import _sending_rules as commands
from skyhub.cli import app
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.default_plans import DEFAULT_PLANS
from skyhub.errors import InvalidInput, NotFound, PermissionRefused, SkyhubError, Unavailable
from skyhub.events import ingest_notice
from skyhub.followup import ALLOCATIONS
from skyhub.localizations import store_localization
from skyhub.notify import RULES, list_messages, watch_journal
from skyhub.planning import PLANS
from skyhub.records import add, edit, find, get, remove
from skyhub.requests import REQUESTS, SENDING_RULES, list_sendings, send_by_rules, submit_request, switch_off
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.team import AccountDirectory, change_group
from skyhub.web import TokenSigner
from support.notices import alert
from support.telescopes import broken, later, tonight
from typer.testing import CliRunner

WISHES = {"filters": ["r"], "exposure": 60}


class House:
    """A default plan of vera's with a rule, an event, and drafts of its localizations: as the watch would make them."""

    def __init__(self, team: Team, **rule: Any) -> None:
        self.team, self.db = team, team.db
        self.t0 = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
        self.allocation = team.allocation("ZTF")
        given = {"name": "ToO", "allocation_id": self.allocation, "wishes": WISHES}
        vera = team.who("vera")
        self.default = int(add(self.db, vera, DEFAULT_PLANS, [given])["records"][0]["default_plan_id"])
        self.rule = self.add_rule(**rule)
        self.event_id = self.add_event()
        self.n = 0

    def add_rule(self, **fields: Any) -> int:
        given = {
            "default_plan_id": self.default, "payload": FORMS["ZTF"], "lowest_probability": 0.3, "most_hours": 2.0,
            "latest_start": 24.0, "active": True, **fields,
        }  # fmt: skip
        [record] = add(self.db, self.team.who("vera"), SENDING_RULES, [given])["records"]
        return int(record["sending_rule_id"])

    def add_event(self) -> int:
        time = self.t0.isoformat().replace("+00:00", "Z")
        ingest_notice(self.db, ADMINISTRATOR, alert(time=time), groups=["public"])
        return int(self.db.reader.rows(ADMINISTRATOR, "SELECT max(event_id) AS n FROM @events")[0]["n"])

    def retract(self) -> None:
        later = self.t0 + timedelta(minutes=4)
        created = later.isoformat().replace("+00:00", "Z")
        ingest_notice(self.db, ADMINISTRATOR, alert("RETRACTION", created=created), groups=["public"])

    def draft(self, default: int | None = None, **fields: Any) -> int:
        """A plan over a new localization, drafted by the default plan; its number."""
        self.n += 1
        cone = skymap_of(Cone(150.0, 10.0, 2.0 + self.n, 0.9))
        store_localization(self.db, ADMINISTRATOR, cone, f"cone {self.n}", self.t0, ["public"])
        newest = "SELECT max(localization_id) AS n FROM @localizations"
        localization = self.db.reader.rows(ADMINISTRATOR, newest)[0]["n"]
        name = f"ToO: localization {localization}"
        plan = self.team.plan(approved=False, localization_id=localization, name=name, **fields)
        note = {
            "default_plan_id": default or self.default, "key": f"localizations/{localization}/{self.event_id}",
            "event": self.t0.strftime("%Y-%m-%dT%H:%M:%S"), "localization_id": localization, "plan_id": plan,
            "state": "drafted", "detail": "", "acl": 0,
        }  # fmt: skip
        self.db.writer.write(lambda transaction: transaction.insert("default_plan_drafts", [note]))
        return plan

    def turn(self, at: datetime | None = None) -> list[int]:
        return send_by_rules(self.db, at or datetime.now(UTC))

    def became(self, plan: int) -> tuple[str, str]:
        """What the rule did with a plan last, and why."""
        row = next(row for row in list_sendings(self.db, self.team.who("vera")) if row["plan_id"] == str(plan))
        return row["state"], row["detail"]

    def request(self, plan: int) -> dict[str, Any]:
        [found] = find(self.db, self.team.who("vera"), REQUESTS, {"plan_id": plan})
        return found

    def requests(self) -> list[dict[str, Any]]:
        return find(self.db, ADMINISTRATOR, REQUESTS)

    def told(self) -> dict[str, Any]:
        """The rule as it is now."""
        return get(self.db, self.team.who("vera"), SENDING_RULES, self.rule)


@pytest.fixture
def house(team: Team) -> House:
    return House(team)


_BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"default_plan_id": 99}, "no default_plan 99"),
    ({"payload": {}}, "program_pi: Field required"),
    ({"payload": {**FORMS["ZTF"], "url": "http://169.254.169.254/"}}, "url: Extra inputs"),
    ({"lowest_probability": 1.5}, "lowest_probability"),
    ({"most_hours": 0}, "most_hours"),
    ({"latest_start": -1}, "latest_start"),
    ({"newer": "twice"}, "newer"),
    ({"default_plan_id": None}, "default_plan_id"),
)


def test_what_is_no_rule_is_refused(house: House) -> None:
    remove(house.db, house.team.who("vera"), SENDING_RULES, house.rule)
    for fields, message in _BAD:
        with pytest.raises(SkyhubError, match=message):
            house.add_rule(**fields)
    assert find(house.db, ADMINISTRATOR, SENDING_RULES) == []


def test_only_an_administrator_of_the_allocation_makes_a_rule_for_a_default_plan_of_his_own(house: House) -> None:
    team, db = house.team, house.db
    given = {
        "default_plan_id": house.default, "payload": FORMS["ZTF"], "lowest_probability": 0.3, "most_hours": 2, "latest_start": 9,
    }  # fmt: skip

    def make(who: Viewer, default: int) -> dict[str, Any]:
        made: dict[str, Any] = add(db, who, SENDING_RULES, [{**given, "default_plan_id": default}])["records"][0]
        return made

    for name in ("olaf", "other"):
        with pytest.raises(NotFound, match="no default_plan"):
            make(team.who(name), house.default)
    with pytest.raises(PermissionRefused, match="is of vera"):
        make(ADMINISTRATOR, house.default)
    his = {"name": "his", "allocation_id": house.allocation, "wishes": WISHES}
    number = int(add(db, team.who("olaf"), DEFAULT_PLANS, [his])["records"][0]["default_plan_id"])
    with pytest.raises(PermissionRefused, match=r"may not change allocation \d+"):
        make(team.who("olaf"), number)
    edit(db, team.who("vera"), ALLOCATIONS, house.allocation, {"admins": ["olaf"]})
    for scopes in ({"trigger"}, {"save"}):
        weak = Viewer("olaf", frozenset({"transients"}), scopes=frozenset(scopes))
        with pytest.raises(PermissionRefused, match="custom:skyhub:"):
            make(weak, number)
    made = make(team.who("olaf"), number)
    assert (made["active"], made["author"], made["default_plan_version"]) == (False, "olaf", 1)


def test_a_rule_is_told_in_words_to_all_who_share_the_time(house: House) -> None:
    words = get(house.db, house.team.who("olaf"), SENDING_RULES, house.rule)["words"]
    for part in (
        "'ToO'",
        "at least 30 %",
        "at most 2 h",
        "24 h after the event",
        "not retracted",
        "One plan",
        "by vera on 20",
    ):
        assert part in words, words
    with pytest.raises(NotFound):
        get(house.db, house.team.who("other"), SENDING_RULES, house.rule)


def test_a_draft_that_is_as_the_rule_asks_is_sent_once_and_says_so(house: House) -> None:
    plan = house.draft()
    assert house.turn() == [plan]
    assert house.turn() == []
    request = house.request(plan)
    assert (request["state"], request["submitted_by"], request["sending_rule_id"]) == (
        "queued",
        "vera",
        str(house.rule),
    )
    assert request["comment"] == f"Sent by rule {house.rule}"
    assert [house.team.work(), house.team.work()] == ["submitted", None]
    assert house.team.ztf.changes() == ["PUT"]
    told = get(house.db, house.team.who("olaf"), PLANS, plan)
    assert (told["state"], told["sending_rule_id"]) == ("sent", str(house.rule))
    assert house.became(plan) == ("sent", "")
    by_hand = house.team.plan()
    assert get(house.db, house.team.who("olaf"), PLANS, by_hand)["sending_rule_id"] is None


_HELD: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
    ({}, {"probability": 0.29}, "29 % of the probability .* asks for 30 %"),
    ({"most_hours": 0.01}, {}, r"take 0\.0167 h: the rule permits 0\.01 h"),
    ({"latest_start": 0.5}, {}, r"begins 1\.\d+ h after the event: the rule permits 0\.5 h"),
    ({}, {"observations": tonight(-0.5)}, "not sent so late"),
)


@pytest.mark.parametrize(("rule", "plan", "reason"), _HELD)
def test_what_is_not_as_the_rule_asks_is_held(
    team: Team, rule: dict[str, Any], plan: dict[str, Any], reason: str
) -> None:
    house = House(team, **rule)
    number = house.draft(**plan)
    assert house.turn() == [number]
    state, detail = house.became(number)
    assert state == "held"
    assert re.search(reason, detail), detail
    assert house.requests() == []
    assert get(house.db, team.who("vera"), PLANS, number)["state"] == "draft"
    assert house.turn() == []


def test_a_rule_that_is_off_or_younger_than_the_draft_sends_nothing(team: Team) -> None:
    house = House(team, active=False)
    plan = house.draft()
    assert house.turn() == []
    assert "It is not switched on" in house.told()["words"]
    edit(house.db, team.who("vera"), SENDING_RULES, house.rule, {"active": True})
    assert house.turn() == []
    assert house.requests() == []
    house.draft()
    assert len(house.turn()) == 1
    assert get(house.db, team.who("vera"), PLANS, plan)["state"] == "draft"


def test_a_plan_that_people_have_touched_is_theirs(house: House) -> None:
    changed, cancelled, asked = house.draft(), house.draft(), house.draft()
    vera = house.team.who("vera")
    edit(house.db, vera, PLANS, changed, {"observations": tonight(2)})
    edit(house.db, vera, PLANS, cancelled, {"state": "cancelled"})
    digest = get(house.db, vera, PLANS, asked)["digest"]
    edit(house.db, vera, PLANS, asked, {"state": "approved", "approved": digest})
    fields = {"allocation_id": house.allocation, "plan_id": asked, "payload": FORMS["ZTF"]}
    by_hand = int(add(house.db, vera, REQUESTS, [fields])["records"][0]["request_id"])
    submit_request(house.db, vera, by_hand)
    house.turn()
    assert house.became(changed)[0] == house.became(cancelled)[0] == "held"
    assert house.became(asked) == ("held", f"request {by_hand} is for this plan already.")
    assert len(house.requests()) == 1


def test_time_that_is_over_is_not_used(house: House) -> None:
    past = [{"start_date": "2020-01-01", "end_date": "2020-02-01"}]
    vera = house.team.who("vera")
    edit(house.db, vera, ALLOCATIONS, house.allocation, {"validity_ranges": past})
    plan = house.draft()
    house.turn()
    state, detail = house.became(plan)
    assert (state, "may be used from 2020-01-01" in detail) == ("held", True)
    assert (house.requests(), get(house.db, vera, PLANS, plan)["state"]) == ([], "draft")


def test_one_plan_is_sent_for_an_event_of_its_newest_localization(house: House) -> None:
    first, second = house.draft(), house.draft(observations=tonight(2))
    assert sorted(house.turn()) == [first, second]
    assert house.became(second)[0] == "sent"
    state, detail = house.became(first)
    assert (state, "sends one for each event" in detail) == ("held", True)
    third = house.draft(observations=tonight(3))
    house.turn()
    assert house.became(third)[0] == "held"
    assert len(house.requests()) == 1


def test_what_the_telescope_refused_does_not_count_as_sent(house: House) -> None:
    house.team.ztf.refuse = "no time is left"
    first = house.draft()
    house.turn()
    assert house.team.work() == "rejected"
    assert "no time is left" in house.request(first)["detail"]
    house.team.ztf.refuse = ""
    second = house.draft(observations=tonight(2))
    house.turn()
    assert (house.became(second)[0], house.team.work()) == ("sent", "submitted")


def test_each_localization_is_sent_where_the_rule_says_so_but_equal_exposures_once(team: Team) -> None:
    house = House(team, newer="send")
    exposures = tonight()
    first = house.draft(observations=exposures)
    house.turn()
    second = house.draft(observations=tonight(2))
    house.turn()
    assert [house.became(each)[0] for each in (first, second)] == ["sent", "sent"]
    assert [team.work(), team.work()] == ["submitted", "submitted"]
    assert len(team.ztf.queues) == 2


def test_a_newer_plan_takes_the_place_of_what_was_sent_where_the_rule_says_so(team: Team) -> None:
    house = House(team, newer="update")
    first = house.draft()
    house.turn()
    assert team.work() == "submitted"
    newer = tonight(2)
    second = house.draft(observations=newer)
    assert house.turn() == [second]
    assert house.became(second)[0] == "updated"
    assert house.turn() == []
    assert team.work() == "submitted"
    [queue] = team.ztf.queues.values()
    [request] = house.requests()
    assert (request["plan_id"], request["sending_rule_id"]) == (str(second), str(house.rule))
    vera = team.who("vera")
    assert [get(house.db, vera, PLANS, each)["state"] for each in (first, second)] == ["cancelled", "sent"]
    assert len(queue["targets"]) == len(newer)


def test_a_change_waits_while_nobody_knows_whether_the_first_has_arrived(team: Team) -> None:
    house = House(team, newer="update")
    house.draft()
    house.turn()
    team.ztf.swallow = [broken()]
    assert team.work() == "queued"
    [request] = house.requests()
    assert request["unsure"] is True
    second = house.draft(observations=tonight(2))
    assert house.turn() == []
    team.hurry(request["request_id"])
    assert team.work() == "submitted"
    assert house.turn() == [second]
    assert house.became(second) == ("updated", "")
    assert (team.work(), len(team.ztf.queues)) == ("submitted", 1)


def test_a_throttled_telescope_is_asked_again_and_has_it_once(house: House) -> None:
    plan = house.draft()
    house.turn()
    house.team.ztf.faults = [later(3000)]
    assert house.team.work() == "queued"
    number = house.request(plan)["request_id"]
    assert (house.turn(), house.team.work()) == ([], None)
    house.team.hurry(number)
    assert (house.team.work(), len(house.team.ztf.queues)) == ("submitted", 1)


def test_what_breaks_between_draft_and_sending_sends_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = house.draft()

    class Killed(BaseException):
        pass

    def dies(*_: Any, **__: Any) -> Any:
        raise Killed

    for step in ("add", "submit_request"):  # before the request is kept, and before it is submitted
        with monkeypatch.context() as patch:
            patch.setattr(by_rule, step, dies)
            with pytest.raises(Killed):
                house.turn()
        assert all(each["state"] == "draft" for each in house.requests())
        assert house.team.work() is None
    assert house.turn() == [plan]
    assert [each["state"] for each in house.requests()] == ["queued"]
    assert [house.team.work(), house.team.work()] == ["submitted", None]
    assert len(house.team.ztf.queues) == 1


def test_two_turns_at_once_submit_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = house.draft()
    submit, others = by_rule.submit_request, list[Any]()

    def another_first(*given: Any, **named: Any) -> Any:
        if not others:
            others.append(plan)
            house.turn()
        return submit(*given, **named)

    monkeypatch.setattr(by_rule, "submit_request", another_first)
    house.turn()
    assert len(list_sendings(house.db, house.team.who("vera"))) == 1
    assert [house.team.work(), house.team.work()] == ["submitted", None]


_LOSSES: dict[str, tuple[Callable[[House], object], str]] = {
    "left the group": (
        lambda house: AccountDirectory(house.db).remove("transients", "vera"),
        "no allocation|no default_plan|for members",
    ),
    "no administrator any more": (
        lambda house: house.db.writer.between(
            lambda connection: connection.execute("UPDATE allocations SET author = 'olaf'")
        ),
        r"may not change allocation \d+",
    ),
    "default plan changed": (
        lambda house: edit(
            house.db, house.team.who("vera"), DEFAULT_PLANS, house.default, {"wishes": {**WISHES, "exposure": 30}}
        ),
        "was changed since",
    ),
    "default plan removed": (
        lambda house: remove(house.db, house.team.who("vera"), DEFAULT_PLANS, house.default),
        "no default_plan",
    ),
    "allocation for other things": (
        lambda house: edit(house.db, house.team.who("vera"), ALLOCATIONS, house.allocation, {"types": ["triggered"]}),
        "needs observation_plan",
    ),
}


@pytest.mark.parametrize("loss", _LOSSES)
@pytest.mark.parametrize("queued", [False, True])
def test_a_rule_whose_owner_has_lost_the_right_stops_and_tells(house: House, loss: str, queued: bool) -> None:
    lose, reason = _LOSSES[loss]
    team = house.team
    add(team.db, team.who("olaf"), RULES, [{"name": "r", "occasions": ["sending"]}])
    watch_journal(team.db)
    plan = house.draft()
    if queued:
        house.turn()
    lose(house)
    house.turn()
    assert team.work() is None
    assert team.ztf.asked == []
    [row, *_] = [row for row in list_sendings(team.db, ADMINISTRATOR) if row["plan_id"] == str(plan)]
    assert (row["state"], bool(re.search(reason, row["detail"]))) == ("stopped", True), row
    rule = get(team.db, ADMINISTRATOR, SENDING_RULES, house.rule)
    assert rule["active"] is False
    assert row["detail"] in rule["words"]
    watch_journal(team.db)
    titles = [message["title"] for message in list_messages(team.db, team.who("olaf"))]
    assert f"Sending rule {house.rule} has stopped: plan {plan} is not sent" in titles
    assert house.turn() == []
    if queued:
        assert house.requests()[0]["state"] == "withdrawn"


def test_who_is_gone_sends_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = house.draft()
    monkeypatch.setattr(house.db.part(OwnersBook), "viewer", lambda name: None)
    house.turn()
    assert house.became(plan) == ("stopped", "there is no user vera any more.")


def test_who_cannot_be_looked_up_now_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = house.draft()
    book = house.db.part(OwnersBook)
    accounts = book.viewer

    def away(name: str) -> Viewer | None:
        raise Unavailable("the hub does not answer.")

    monkeypatch.setattr(book, "viewer", away)
    assert house.turn() == []
    monkeypatch.setattr(book, "viewer", accounts)
    assert house.turn() == [plan]


@pytest.mark.parametrize("who", ["vera", "olaf"])
def test_a_rule_is_switched_off_at_once_by_any_member(house: House, who: str) -> None:
    plan = house.draft()
    house.turn()
    told = switch_off(house.db, house.team.who(who), house.rule)
    assert (told["active"], told["edited_by"]) == (False, who)
    assert f"by {who}" in told["words"]
    assert house.team.work() is None
    assert house.team.ztf.asked == []
    request = house.request(plan)
    assert request["state"] == "withdrawn"
    assert f"switched off by {who}" in request["detail"]
    submit_request(house.db, house.team.who("vera"), int(request["request_id"]))  # a person may
    assert house.team.work() == "submitted"
    assert house.request(plan)["sending_rule_id"] is None
    assert house.became(plan)[0] == "taken over"


def test_who_is_in_none_of_its_groups_does_not_switch_it_off(house: House) -> None:
    reader = Viewer("olaf", frozenset({"transients"}))
    for who, error in ((house.team.who("other"), NotFound), (reader, PermissionRefused)):
        with pytest.raises(error):
            switch_off(house.db, who, house.rule)
    change_group(house.db, ADMINISTRATOR, "transients", {"admins": ["olaf"]})
    switch_off(house.db, house.team.who("vera"), house.rule)
    with pytest.raises(NotFound, match="no default_plan"):  # whoever leads the group: it is sent in vera's name
        edit(house.db, house.team.who("olaf"), SENDING_RULES, house.rule, {"active": True})
    assert house.told()["active"] is False


def test_nothing_of_a_retracted_event_is_sent(house: House) -> None:
    queued = house.draft()
    house.turn()
    house.retract()
    late = house.draft(observations=tonight(2))
    house.turn()
    assert house.became(late) == ("held", "the event has been retracted.")
    assert house.team.work() is None
    assert house.request(queued)["state"] == "withdrawn"
    assert "retracted" in house.request(queued)["detail"]
    assert house.team.ztf.asked == []


@pytest.mark.parametrize("takes_back", [False, True])
def test_what_a_telescope_has_of_a_retracted_event_is_taken_back_only_where_the_rule_says_so(
    team: Team, takes_back: bool
) -> None:
    house = House(team, cancel_retracted=takes_back)
    plan = house.draft()
    house.turn()
    assert team.work() == "submitted"
    house.retract()
    assert house.turn() == ([plan] if takes_back else [])
    assert house.turn() == []
    assert team.work() == ("cancelled" if takes_back else None)
    assert len(team.ztf.queues) == (0 if takes_back else 1)
    assert house.became(plan)[0] == ("cancelled" if takes_back else "sent")


def test_the_client_makes_follows_and_ends_a_rule(team: Team) -> None:
    house = House(team)
    token = TokenSigner(team.db.data_dir).issue(team.who("vera"), timedelta(minutes=10))
    plan = house.draft()
    with Sky(Transport(team.transport.url, token)) as sky:
        assert team.transport.post("/api/sending_rules/due", {})["plan_ids"] == [plan]
        [row] = sky.sending_rules.sendings(house.rule).to_rows()
        assert (row["state"], str(row["plan_id"])) == ("sent", str(plan))
        assert sky.sending_rules.off(house.rule)["active"] is False
        assert sky.sending_rules.on(house.rule)["active"] is True
        assert [rule["active"] for rule in sky.sending_rules.history(house.rule)] == [True, False, True]
        rows = sky.sql("SELECT state, plan_id FROM rule_sendings").to_rows()
        assert [row["state"] for row in rows] == ["sent"]
        with pytest.raises(PermissionRefused):
            sky.transport.post("/api/sending_rules/due", {})


def test_the_past_of_a_sending(house: House) -> None:
    plan = house.draft()
    before = house.db.writer.write(lambda transaction: transaction.now)
    house.turn()
    vera = house.team.who("vera")
    assert get(house.db, vera, PLANS, plan, before)["sending_rule_id"] is None
    assert list_sendings(house.db, vera, as_of=before) == []
    assert list_sendings(house.db, house.team.who("other")) == []
    with pytest.raises(InvalidInput):
        edit(house.db, vera, SENDING_RULES, house.rule, {"most_hours": -1})


def test_commands_tell_a_rule_and_switch_it(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(team)
    plan = house.draft()
    house.turn()
    token = TokenSigner(team.db.data_dir).issue(team.who("vera"), timedelta(minutes=10))
    monkeypatch.setattr(commands, "session", lambda _: Sky(Transport(team.transport.url, token)))

    def run(*words: object) -> str:
        done = CliRunner().invoke(app, ["sending-rule", *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.output

    [rule] = json.loads(run("list", "--json"))["rows"]
    assert (rule["active"], "Switched on by vera" in rule["words"]) == (True, True)
    [row] = json.loads(run("sendings", "--rule", house.rule, "--json"))["rows"]
    assert (str(row["plan_id"]), row["state"]) == (str(plan), "sent")
    assert "by vera" in run("off", house.rule)
    assert house.told()["active"] is False
    assert "Switched on by vera" in run("on", house.rule)
