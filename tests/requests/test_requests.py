"""Requests from a click to data, against telescopes on this machine: what is refused, sent once, followed, taken back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from requests_support import ASKED, FORMS, WINDOW, Team
from skyhub.candidates import OwnersBook
from skyhub.client import Sky, Transport
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused, SkyhubError, Unavailable
from skyhub.followup import ALLOCATIONS
from skyhub.planning import PLANS
from skyhub.records import add, edit, find, get, history, remove, share
from skyhub.requests import (
    REQUESTS,
    RequestOutcome,
    ask,
    cancel_request,
    finish_request,
    list_queues,
    retrieve_request,
    submit_request,
)
from skyhub.team import AccountDirectory
from skyhub.web import TokenSigner
from support.brokers import Reply
from support.services import wait_until
from support.telescopes import GARBAGE, broken, later, tonight


def _sinistro(team: Team, **fields: Any) -> dict[str, Any]:
    return {"allocation_id": team.allocation("Sinistro"), "object_id": ASKED, "payload": FORMS["Sinistro"], **fields}


def _asked(team: Team, instrument: str, **fields: Any) -> int:
    """Ask for the object with an instrument; the number of the request."""
    given = {"allocation_id": team.allocation(instrument), "object_id": ASKED, "payload": FORMS[instrument]}
    return int(ask(team.db, team.who("vera"), {**given, **fields})["request_id"])


def _sent(team: Team, **fields: Any) -> int:
    """Send an approved plan to ZTF; the number of the request."""
    given = {"allocation_id": team.allocation("ZTF"), "plan_id": team.plan(**fields), "payload": FORMS["ZTF"]}
    return int(ask(team.db, team.who("vera"), given)["request_id"])


_BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"object_id": None}, "give object_id, plan_id, or target"),
    ({"object_id": None, "target": "here", "ra": 10.0}, "give object_id, plan_id, or target"),
    ({"plan_id": 1}, "not both"),
    ({"object_id": "ZTF26none"}, "no object 'ZTF26none'"),
    ({"allocation_id": 99}, "no allocation 99"),
    ({"payload": {}}, "optical_elements: Field required"),
    ({"payload": {**FORMS["Sinistro"], "exposure_time": -1}}, "exposure_time: .*greater than 0"),
    ({"payload": {**FORMS["Sinistro"], "start": WINDOW["end"]}}, "must come after the start"),
    ({"payload": {**FORMS["Sinistro"], "url": "http://169.254.169.254/"}}, "url: Extra inputs"),
    ({"object_id": None, "target": "x", "ra": 361.0, "dec": 0.0}, "ra"),
)


def test_what_cannot_be_asked_is_refused_whole(team: Team) -> None:
    given = _sinistro(team)
    for fields, message in _BAD:
        with pytest.raises(SkyhubError, match=message):
            ask(team.db, team.who("vera"), {**given, **fields})
    assert find(team.db, ADMINISTRATOR, REQUESTS) == []


def test_what_an_allocation_is_not_for_is_refused(team: Team) -> None:
    vera = team.who("vera")
    plan = team.plan()
    sinistro = team.allocation("Sinistro", types=["forced_photometry"])
    past = team.allocation("Sinistro", validity_ranges=[{"start_date": "2020-01-01", "end_date": "2020-02-01"}])
    ztf = team.allocation("ZTF")
    undeclared = team.allocation("DECam")
    target = {"object_id": ASKED, "payload": FORMS["Sinistro"]}
    for fields, message in (
        ({"allocation_id": sinistro, **target}, "this needs triggered"),
        ({"allocation_id": past, **target}, "may be used from 2020-01-01"),
        ({"allocation_id": ztf, "object_id": ASKED, "payload": FORMS["ZTF"]}, "takes no target: plans it does"),
        ({"allocation_id": undeclared, **target}, "no queue is declared for DECam: ATLAS, LSST, SEDM, Sinistro, ZTF"),
        ({"allocation_id": team.allocation("LSST"), "plan_id": plan, "payload": {"program": "x"}}, "is for ZTF"),
        (
            {"allocation_id": ztf, "plan_id": team.plan(approved=False), "payload": FORMS["ZTF"]},
            "draft and not approved",
        ),
    ):
        with pytest.raises((InvalidInput, Conflict), match=message):
            ask(team.db, vera, fields)
    assert find(team.db, ADMINISTRATOR, REQUESTS) == []


def test_an_approved_plan_is_sent_followed_and_taken_back(team: Team) -> None:
    number = _sent(team)
    plan = int(team.status(number)["plan_id"])
    assert (team.status(number)["state"], team.ztf.changes()) == ("queued", [])
    assert submit_request(team.db, team.who("olaf"), number)["state"] == "queued"  # a second click
    assert [team.work(), team.work()] == ["submitted", None]
    assert team.ztf.changes() == ["PUT"]
    [(name, queue)] = team.ztf.queues.items()
    kept = team.status(number)
    assert (kept["state"], kept["remote_id"], kept["action"]) == ("submitted", name, "status")
    assert [target["field_id"] for target in queue["targets"]] == [700, 701]
    assert queue["user"] == "vera"
    assert get(team.db, ADMINISTRATOR, PLANS, plan)["state"] == "sent"
    for _ in range(2):  # of two equal answers one is kept
        team.hurry(number)
        assert [team.work(), team.work()] == ["submitted", None]
    with pytest.raises(Conflict, match=r"has request \d+ already"):
        submit_request(team.db, team.who("vera"), number)
    assert cancel_request(team.db, team.who("olaf"), number)["action"] == "cancel"
    assert [team.work(), team.work()] == ["cancelled", None]
    assert team.ztf.queues == {}
    assert get(team.db, ADMINISTRATOR, PLANS, plan)["state"] == "cancelled"
    told = team.status(number)
    assert [state["state"] for state in told["states"] if not state["running"]] == [
        "queued", "submitted", "submitted", "submitted", "submitted", "cancelled",
    ]  # fmt: skip
    assert [(said["action"], said["method"]) for said in told["transactions"]] == [
        ("submit", "PUT"), ("status", "GET"), ("cancel", "GET"), ("cancel", "DELETE"),
    ]  # fmt: skip
    everything = json.dumps(told)
    assert "SECRET" not in everything
    assert '\\"program_pi\\": \\"Kulkarni\\"' in everything
    with pytest.raises(Conflict, match="nothing to cancel"):
        cancel_request(team.db, team.who("vera"), number)


def test_a_plan_that_was_changed_since_is_not_sent(team: Team) -> None:
    number = _sent(team)
    vera = team.who("vera")
    plan = int(team.status(number)["plan_id"])
    edit(team.db, vera, PLANS, plan, {"state": "draft", "observations": tonight(2)})
    changed = edit(team.db, vera, PLANS, plan, {"name": "other"})
    edit(team.db, vera, PLANS, plan, {"state": "approved", "approved": changed["digest"]})
    assert team.work() is None
    assert (team.status(number)["state"], team.ztf.asked) == ("withdrawn", [])
    assert "not approved as it was" in team.status(number)["detail"]


def test_an_edited_request_is_changed_at_the_telescope(team: Team) -> None:
    number = _sent(team)
    vera = team.who("vera")
    team.work()
    edit(team.db, vera, REQUESTS, number, {"payload": {**FORMS["ZTF"], "program_id": 3}})
    assert team.work() is None  # nothing leaves without a click
    assert submit_request(team.db, vera, number)["action"] == "update"
    assert team.work() == "submitted"
    [queue] = team.ztf.queues.values()
    assert {target["program_id"] for target in queue["targets"]} == {3}
    team.ztf.expire()
    team.hurry(number)
    assert team.work() == "expired"
    assert team.status(number)["action"] is None
    portal = _asked(team, "Sinistro")
    team.work()
    edit(team.db, vera, REQUESTS, portal, {"payload": {**FORMS["Sinistro"], "exposure_time": 60}})
    with pytest.raises(Conflict, match="cancel this one, then submit it again"):
        submit_request(team.db, vera, portal)


def test_a_target_is_observed_and_its_spectrum_comes_in(team: Team) -> None:
    spectrum = b"# wavelength flux\n" + b"".join(b"%d %.3f\n" % (4000 + 10 * n, 1 + 0.01 * n) for n in range(200))
    number = _asked(team, "Sinistro")
    assert team.work() == "submitted"
    [group] = team.portal.groups.values()
    assert (group["proposal"], group["requests"][0]["configurations"][0]["target"]["ra"]) == ("2026B-001", 150.25)
    team.portal.scheduled = "2026-12-01T03:00:00"
    team.hurry(number)
    assert team.work() == "submitted"
    assert team.status(number)["detail"] == "scheduled for 2026-12-01T03:00:00 UTC"
    group["state"] = "COMPLETED"
    team.portal.files["/files/sn.ascii"] = spectrum
    team.portal.frames = [
        {"filename": "ZTF26abc_20261201T040000.ascii", "url": f"{team.portal.url}/files/sn.ascii?k=1"}
    ]
    team.hurry(number)
    assert [team.work(), team.work(), team.work()] == ["completed", "completed", None]
    told = team.status(number)
    assert told["detail"] == "ZTF26abc_20261201T040000.ascii: 1 spectra stored, 0 known"
    [row] = team.db.reader.rows(team.who("olaf"), "SELECT object_id, author, instrument FROM @spectra")
    assert row == {"object_id": ASKED, "author": "vera", "instrument": "Sinistro"}
    assert team.db.reader.rows(team.who("other"), "SELECT object_id FROM @spectra") == []
    retrieve_request(team.db, team.who("vera"), number)
    assert team.work() == "completed"
    assert team.status(number)["detail"] == "ZTF26abc_20261201T040000.ascii: 0 spectra stored, 1 known"


_ATLAS = b"""###MJD m dm uJy duJy F err chi/N RA Dec x y maj min phi apfit mag5sig Sky Obs
61001.250 18.500 0.050 145.0 6.5 o 0 1.0 150.25000 -2.50000 1 1 3 3 0 -0.4 19.6 20.0 01a61001o0001o
61002.250 -19.90 1.500 12.0 9.0 c 0 1.0 150.25000 -2.50000 1 1 3 3 0 -0.4 19.9 20.0 01a61002c0001c
"""


def test_forced_photometry_comes_in_for_the_groups_of_the_request(team: Team) -> None:
    allocation = team.allocation("ATLAS", types=["forced_photometry"])
    given = {"allocation_id": allocation, "object_id": ASKED, "payload": FORMS["ATLAS"]}
    number = int(ask(team.db, team.who("vera"), given)["request_id"])
    assert team.work() == "submitted"
    team.atlas.finish(_ATLAS)
    team.hurry(number)
    assert [team.work(), team.work(), team.work()] == ["completed", "completed", None]
    assert team.status(number)["detail"] == "atlas-7000.txt: 2 points stored, 0 known"
    sql = "SELECT mjd, filter, flux, origin, owner FROM @photometry WHERE object_id = ? ORDER BY mjd"
    points = team.db.reader.rows(team.who("olaf"), sql, [ASKED])
    assert [(p["mjd"], p["filter"], p["flux"], p["origin"]) for p in points] == [
        (61001.25, "atlaso", 145.0, "forced"), (61002.25, "atlasc", 12.0, "forced"),
    ]  # fmt: skip
    assert {p["owner"] for p in points} == {"vera"}
    assert team.db.reader.rows(team.who("other"), sql, [ASKED]) == []


@pytest.mark.parametrize(("fault", "detail"), [(later(3000), "fewer"), (broken(), "500"), (GARBAGE, "nonsense")])
def test_what_fails_for_now_is_tried_again_and_there_once(team: Team, fault: Reply, detail: str) -> None:
    number = _sent(team)
    team.ztf.swallow = [fault]
    assert team.work() == "queued"
    waiting = team.status(number)
    assert detail in waiting["detail"]
    assert waiting["states"][-1]["next_at"] > waiting["states"][-1]["known_at"]
    assert team.work() is None  # not before its time
    team.hurry(number)
    assert team.work() == "submitted"
    assert len(team.ztf.queues) == 1


def test_a_worker_that_ended_before_it_said_so_leaves_one_request(team: Team) -> None:
    number = _asked(team, "Sinistro")
    claim = team.transport.post("/api/requests/claims", {})["claim"]
    assert (claim["action"], claim["order"]["again"]) == ("submit", False)
    assert team.work() is None  # it is another worker's
    with pytest.raises(Conflict, match="being sent at this moment"):
        cancel_request(team.db, team.who("vera"), number)
    team.portal._create(  # what that worker did before it was killed
        type("A", (), {"given": {"name": f"{ASKED} {claim['order']['key'][:12]}", "requests": [{}]}})
    )
    team.hurry(number)
    assert team.work() == "submitted"
    assert len(team.portal.groups) == 1
    assert team.portal.changes() == []
    assert team.status(number)["detail"] == "it was there already"
    late = RequestOutcome(request_state_id=int(claim["request_state_id"]), result="refused")
    with pytest.raises(Conflict, match="has gone on without this step"):
        finish_request(team.db, number, late)
    assert team.status(number)["state"] == "submitted"


def test_what_may_have_arrived_is_not_sent_otherwise(team: Team) -> None:
    number = _sent(team)
    team.ztf.swallow = [broken()]
    assert team.work() == "queued"
    vera = team.who("vera")
    edit(team.db, vera, REQUESTS, number, {"payload": {**FORMS["ZTF"], "program_id": 3}})
    with pytest.raises(Conflict, match="nobody knows whether version 1"):
        submit_request(team.db, vera, number)
    remove(team.db, vera, PLANS, int(team.status(number)["plan_id"]))
    cancel_request(team.db, vera, number)
    assert (team.work(), team.ztf.queues) == ("cancelled", {})


def test_a_request_that_was_removed_is_followed_no_more(team: Team) -> None:
    number = _asked(team, "Sinistro")
    team.work()
    remove(team.db, team.who("vera"), REQUESTS, number)
    asked = len(team.portal.asked)
    team.hurry(number)
    assert (team.work(), len(team.portal.asked)) == (None, asked)


def test_reasons_of_a_refusal_are_told_and_it_can_be_asked_again(team: Team) -> None:
    team.portal.errors = {"requests": [{"windows": ["The target is not visible."]}]}
    number = _asked(team, "Sinistro")
    assert [team.work(), team.work()] == ["rejected", None]
    assert team.status(number)["detail"] == "requests.windows: The target is not visible."
    team.portal.errors = {}
    first = team.status(number)
    assert submit_request(team.db, team.who("vera"), number)["state"] == "queued"
    assert team.work() == "submitted"
    assert len(team.status(number)["transactions"]) > len(first["transactions"])
    team.portal.groups.clear()
    team.hurry(number)
    assert [team.work(), team.work()] == ["ended", None]


def test_it_is_given_up_after_many_tries_and_can_still_be_taken_back(team: Team) -> None:
    number = _sent(team)
    team.ztf.faults = [broken()] * 12
    states = []
    for _ in range(13):
        states.append(team.work())
        team.hurry(number)
    assert states == ["queued"] * 11 + ["failed", None]
    assert "given up after 12 tries" in team.status(number)["detail"]
    cancel_request(team.db, team.who("vera"), number)
    assert team.work() == "cancelled"


def test_nothing_is_sent_for_who_may_not_any_more(team: Team) -> None:
    number = _sent(team)
    AccountDirectory(team.db).remove("transients", "vera")
    assert team.work() is None
    assert team.ztf.asked == []
    assert team.status(number, "olaf")["state"] == "withdrawn"
    AccountDirectory(team.db).add("transients", "vera")
    gone = _asked(team, "Sinistro")
    remove(team.db, team.who("vera"), REQUESTS, gone)
    assert team.work() is None
    assert team.portal.asked == []


def test_who_cannot_be_looked_up_now_waits_and_holds_nobody_up(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    book, asked = team.db.part(OwnersBook), list[str]()
    accounts = book.viewer

    def away_for_vera(name: str) -> Viewer | None:
        asked.append(name)
        if name == "vera":
            raise Unavailable("the hub does not answer.")
        return accounts(name)

    sent = _sent(team)
    assert team.work() == "submitted"
    waits = _asked(team, "Sinistro")
    team.hurry(waits)
    of_olaf = ask(team.db, team.who("olaf"), _sinistro(team))["request_id"]
    monkeypatch.setattr(book, "viewer", away_for_vera)
    assert team.work() == "submitted"
    assert team.status(of_olaf)["state"] == "submitted"
    assert asked == ["vera", "olaf"]
    team.hurry(sent)
    assert team.work() == "submitted"  # what is asked of the telescope needs no rights
    assert team.work() is None
    assert team.status(waits)["state"] == "queued"
    monkeypatch.setattr(book, "viewer", accounts)
    assert team.work() == "submitted"
    assert team.status(waits)["state"] == "submitted"


def test_data_wait_for_rights_that_nobody_knows_now(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    allocation = team.allocation("ATLAS", types=["forced_photometry"])
    given = {"allocation_id": allocation, "object_id": ASKED, "payload": FORMS["ATLAS"]}
    number = int(ask(team.db, team.who("vera"), given)["request_id"])
    assert team.work() == "submitted"
    team.atlas.finish(_ATLAS)
    team.hurry(number)
    assert team.work() == "completed"
    book = team.db.part(OwnersBook)
    accounts = book.viewer

    def away(name: str) -> Viewer | None:
        raise Unavailable("the hub does not answer.")

    monkeypatch.setattr(book, "viewer", away)
    with pytest.raises(Unavailable):
        team.work()
    monkeypatch.setattr(book, "viewer", accounts)
    team.hurry(number)
    assert team.work() == "completed"
    assert team.status(number)["detail"] == "atlas-7000.txt: 2 points stored, 0 known"


def test_a_request_that_nobody_sent_is_cancelled_at_once(team: Team) -> None:
    number = _asked(team, "Sinistro")
    assert cancel_request(team.db, team.who("vera"), number)["state"] == "cancelled"
    assert (team.work(), team.portal.asked) == (None, [])
    [draft] = add(team.db, team.who("vera"), REQUESTS, [_sinistro(team)])["records"]
    number = int(draft["request_id"])
    assert (team.status(number)["state"], team.work()) == ("draft", None)
    for deed in (cancel_request, retrieve_request):
        with pytest.raises(Conflict, match="submit"):
            deed(team.db, team.who("vera"), number)


def test_lists_and_letters(team: Team) -> None:
    place = {"object_id": None, "target": "GRB261129A", "ra": 10.5, "dec": 20.25}
    listed, letter = _asked(team, "LSST", **place), _asked(team, "SEDM")
    assert sorted([team.work(), team.work()]) == ["submitted", "submitted"]
    [entry] = team.rubin.entries.values()
    assert (entry["targets"][0]["target"], entry["targets"][0]["ra"]) == ("GRB261129A", 10.5)
    assert team.mailbox.letters[0]["X-Envelope-To"] == "night@example.org"
    assert "night@example.org" not in json.dumps(team.status(letter))
    assert team.status(letter)["action"] is None
    with pytest.raises(InvalidInput, match="asked by a letter"):
        retrieve_request(team.db, team.who("vera"), letter)
    entry["status"] = "done"
    team.hurry(listed)
    assert [team.work(), team.work(), team.work()] == ["completed", "completed", None]
    cancel_request(team.db, team.who("vera"), letter)
    assert team.work() == "cancelled"
    assert len(team.mailbox.letters) == 2


def test_a_letter_goes_where_the_operator_permits_alone(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    number = _asked(team, "SEDM")
    monkeypatch.setenv("SKYHUB_NOTIFICATIONS", "{}")
    assert team.work() == "rejected"
    assert team.mailbox.letters == []
    assert "notifications.smtp_host" in team.status(number)["detail"]


def test_forms_are_told(team: Team) -> None:
    rows = {row["name"]: row for row in list_queues(team.db)}
    assert {name: sorted(row["forms"]) for name, row in rows.items()} == {
        "ztf": ["plan"], "lco": ["target"], "rubin": ["plan", "target"], "p60": ["plan", "target"],
        "atlas": ["target"],
    }  # fmt: skip
    assert rows["lco"]["forms"]["target"]["properties"]["exposure_time"]["unit"] == "s"
    assert all(row["guarantee"] for row in rows.values())
    assert "SECRET" not in json.dumps(list(rows.values()))


_DEEDS: dict[str, Callable[..., Any]] = {
    "submit": submit_request, "cancel": cancel_request, "retrieve": retrieve_request,
}  # fmt: skip


def test_only_members_of_the_allocation_ask_and_see(team: Team) -> None:
    number = _asked(team, "Sinistro")
    team.work()
    other, vera, olaf = team.who("other"), team.who("vera"), team.who("olaf")
    assert team.status(number, "olaf")["state"] == "submitted"
    for deed in (*_DEEDS.values(), lambda db, viewer, n: get(db, viewer, REQUESTS, n)):
        with pytest.raises(NotFound, match=f"no request {number}"):
            deed(team.db, other, number)
    public = team.allocation("LSST")
    share(team.db, vera, ALLOCATIONS, public, ["transients", "bursts"])
    seen = int(
        ask(team.db, vera, {"allocation_id": public, "object_id": ASKED, "payload": FORMS["LSST"]})["request_id"]
    )
    team.work()
    share(team.db, vera, ALLOCATIONS, public, ["transients"])
    assert team.status(seen, "other")["transactions"]  # it was made for both groups, and is still shared with them
    for deed in _DEEDS.values():
        with pytest.raises(NotFound, match="no allocation"):
            deed(team.db, other, seen)
    share(team.db, vera, REQUESTS, seen, ["transients"])
    for table in ("requests", "request_states", "request_transactions"):
        ids = [
            {row["request_id"] for row in team.db.reader.rows(v, f"SELECT request_id FROM @{table}")}
            for v in (olaf, other)
        ]
        assert ids == [{number, seen}, set()], table
    with pytest.raises(PermissionRefused, match="not everybody whom you named"):
        share(team.db, vera, REQUESTS, seen, ["bursts"])
    reader = team.who("vera").__class__("vera", frozenset({"transients"}))
    for deed in _DEEDS.values():
        with pytest.raises(PermissionRefused, match="trigger"):
            deed(team.db, reader, number)
    assert len(history(team.db, olaf, REQUESTS, number)) == 1


def test_the_past_of_a_request(team: Team) -> None:
    number = _asked(team, "Sinistro")
    then = team.db.writer.write(lambda transaction: transaction.now)
    team.work()
    assert get(team.db, team.who("vera"), REQUESTS, number, then)["state"] == "queued"
    assert get(team.db, team.who("vera"), REQUESTS, number)["state"] == "submitted"


def test_the_client_asks_follows_and_takes_back(team: Team) -> None:
    token = TokenSigner(team.db.data_dir).issue(team.who("vera"), timedelta(minutes=10))
    with Sky(Transport(team.transport.url, token)) as sky:
        assert {queue["kind"] for queue in sky.requests.queues()} == {"ztf", "lco", "rubin", "atlas", "letter"}
        sent = sky.plans.send(team.plan(), team.allocation("ZTF"), groups=["transients"], **FORMS["ZTF"])
        asked = sky.requests.submit(**_sinistro(team), comment="young")
        assert [sent["state"], asked["state"]] == ["queued", "queued"]
        assert sky.requests.submit(asked["request_id"])["state"] == "queued"
        assert sorted([team.work(), team.work()]) == ["submitted", "submitted"]
        assert [row["state"] for row in sky.requests.rows(object_id=ASKED)] == ["submitted"]
        assert sky.requests.status(sent["request_id"])["transactions"][0]["method"] == "PUT"
        assert sky.requests.retrieve(asked["request_id"])["action"] == "status"
        assert sky.requests.cancel(sent["request_id"])["action"] == "cancel"
        rows = sky.sql("SELECT state, count(*) AS n FROM request_states GROUP BY ALL ORDER BY ALL").to_rows()
        assert {row["state"] for row in rows} == {"queued", "submitted"}


_WORKER = """
import sys, threading
from pathlib import Path
from skyhub.client import Transport
from skyhub.config import load_settings
from skyhub.followup import Sealer
from skyhub.scheduler import talk_to_telescopes
talk_to_telescopes(Transport(sys.argv[1], sys.argv[2]), load_settings(), Sealer(Path(sys.argv[3])), threading.Event())
"""


@pytest.mark.slow
def test_a_worker_that_is_killed_before_it_hears_sends_a_request_once(team: Team) -> None:
    number = _asked(team, "Sinistro")
    team.portal.swallow = [Reply(b"{}"), Reply(b"{}", after=30.0)]  # validated; then it is taken, and nothing is heard
    token = team.transport._headers["Authorization"].removeprefix("Bearer ")
    command = [sys.executable, "-c", _WORKER, team.transport.url, token, str(team.db.data_dir)]
    first = subprocess.Popen(command)
    wait_until(lambda: team.portal.groups, 60)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    team.hurry(number)
    second = subprocess.Popen(command)
    try:
        wait_until(lambda: team.status(number)["state"] == "submitted", 60)
    finally:
        os.kill(second.pid, signal.SIGKILL)
        second.wait()
    assert len(team.portal.groups) == 1
    assert team.status(number)["detail"] == "it was there already"
