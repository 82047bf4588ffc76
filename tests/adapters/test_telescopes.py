"""Queues of telescopes against servers that speak their protocols: taken, refused, throttled, broken, late, expired."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from skyhub.adapters.telescopes import (
    QUEUE_KINDS,
    NotAnswered,
    Order,
    Refused,
    Target,
    TelescopeQueue,
    open_queue,
)
from skyhub.config import AtlasQueue, LetterQueue, NotificationSettings, PortalQueue, RubinQueue, ZtfQueue
from skyhub.science.nights import mjd_of_datetime
from support.brokers import Reply, on_this_machine
from support.channels import mail_server, webhooks
from support.telescopes import (
    GARBAGE,
    AtlasServer,
    PortalServer,
    RubinServer,
    Telescope,
    ZtfServer,
    broken,
    later,
    slow,
    tonight,
)

SECRET = "tok-4711-secret"
SOON = datetime.now(UTC) + timedelta(hours=2)
WINDOW = {"start": SOON.isoformat(), "end": (SOON + timedelta(hours=6)).isoformat()}
TARGET = Target("ZTF26abc", 150.25, -2.5)
ZTF = Order(32 * "a", "ZTF", {"program_pi": "Kulkarni", "queue_name": "S1"}, "vera", observations=tonight())
LCO = Order(
    32 * "b", "Sinistro", {"optical_elements": ["gp", "rp"], "exposure_time": 120, **WINDOW}, "vera", "P-1", TARGET
)
RUBIN = Order(32 * "c", "LSSTCam", {"program": "BNS", "filters": ["g"], **WINDOW}, "vera", target=TARGET)
ATLAS = Order(32 * "e", "ATLAS", {"mjd_min": 61_000.0}, "vera", target=TARGET)


@pytest.fixture
def ztf() -> Iterator[ZtfServer]:
    with on_this_machine(ZtfServer(authorization=f"Bearer {SECRET}")) as server:
        yield server


@pytest.fixture
def portal() -> Iterator[PortalServer]:
    with on_this_machine(PortalServer(authorization=f"Token {SECRET}")) as server:
        yield server


@pytest.fixture
def rubin() -> Iterator[RubinServer]:
    with on_this_machine(RubinServer(authorization=f"Bearer {SECRET}")) as server:
        yield server


@pytest.fixture
def atlas() -> Iterator[AtlasServer]:
    with on_this_machine(AtlasServer(authorization=f"Token {SECRET}")) as server:
        yield server


def _open(server: Telescope, **more: Any) -> TelescopeQueue:
    kinds = {ZtfServer: ZtfQueue, PortalServer: PortalQueue, RubinServer: RubinQueue, AtlasServer: AtlasQueue}
    given: dict[str, Any] = {"instruments": ["I"], "url": server.url, **more}
    kind = kinds[type(server)]
    word = {"ZtfQueue": "ztf", "PortalQueue": "lco", "RubinQueue": "rubin", "AtlasQueue": "atlas"}[kind.__name__]
    return open_queue(kind(kind=word, **given), {"token": SECRET}, NotificationSettings())


def _heard(queue: TelescopeQueue) -> str:
    return json.dumps([vars(exchange) for exchange in queue.exchanges])


@pytest.mark.parametrize(
    ("kind", "subject", "payload"),
    [
        ("ztf", "plan", {}),
        ("ztf", "plan", {"program_pi": "K", "program_id": 4}),
        ("ztf", "plan", {"program_pi": "K", "subprogram_name": "GRB"}),
        ("ztf", "plan", {"program_pi": "K", "queue_name": "a b"}),
        ("lco", "target", {**LCO.payload, "optical_elements": []}),
        ("lco", "target", {**LCO.payload, "exposure_time": float("nan")}),
        ("lco", "target", {**LCO.payload, "end": LCO.payload["start"]}),
        ("lco", "target", {**LCO.payload, "colour": "red"}),
        ("rubin", "target", {"program": "BNS"}),
        ("rubin", "plan", {"program": "", "priority": 3}),
        ("atlas", "target", {"mjd_min": 61_000, "mjd_max": 60_000}),
        ("letter", "target", {"text": "please"}),
        ("letter", "plan", {"text": "x" * 5001}),
    ],
)
def test_forms_refuse_what_cannot_be_asked(kind: str, subject: Any, payload: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        QUEUE_KINDS[kind].forms[subject].model_validate(payload)


def test_a_queue_needs_an_account(ztf: ZtfServer) -> None:
    settings = ZtfQueue(kind="ztf", instruments=["ZTF"], url=ztf.url)
    for secrets in ({}, {"token": ""}, {"username": "vera"}):
        with pytest.raises(Refused, match="token, or username and password"):
            open_queue(settings, secrets, NotificationSettings())
    ztf.authorization = "Basic dmVyYTpwYWxvbWFy"
    queue = open_queue(settings, {"username": "vera", "password": "palomar"}, NotificationSettings())
    assert queue.submit(ZTF).word == "submitted"
    ztf.authorization = "another"
    with pytest.raises(Refused, match="does not accept the account"):
        queue.status(ZTF)
    assert "palomar" not in _heard(queue)
    assert "dmVyYTpwYWxvbWFy" not in _heard(queue)


def test_a_plan_goes_into_the_queue_of_ztf_and_out_again(ztf: ZtfServer) -> None:
    queue = _open(ztf)
    standing = queue.submit(ZTF)
    assert (standing.word, standing.remote_id) == ("submitted", f"ToO_S1_{12 * 'a'}")
    [(name, kept)] = ztf.queues.items()
    assert (name, kept["queue_type"], kept["user"]) == (standing.remote_id, "list", "vera")
    assert [target["filter_id"] for target in kept["targets"]] == [1, 2]
    assert kept["targets"][0]["subprogram_name"] == "ToO_EMGW"
    begin, end = (datetime.fromisoformat(row["start"]).replace(tzinfo=UTC) for row in ZTF.observations)
    assert kept["validity_window_mjd"] == pytest.approx(
        [mjd_of_datetime(begin), mjd_of_datetime(end) + 30 / 86_400], abs=1e-9
    )
    changed = replace(ZTF, payload={**ZTF.payload, "program_id": 3})
    assert queue.update(changed).word == "submitted"
    assert {target["program_id"] for target in ztf.queues[name]["targets"]} == {3}
    assert queue.status(ZTF).word == "submitted"
    assert queue.cancel(ZTF).word == queue.cancel(ZTF).word == "cancelled"
    assert ztf.queues == {}
    assert queue.status(ZTF).word == "ended"
    assert queue.retrieve(ZTF) == ()
    assert ztf.changes() == ["PUT", "DELETE", "PUT", "DELETE"]
    assert SECRET not in _heard(queue)


def test_ztf_takes_no_second_queue_of_a_name(ztf: ZtfServer) -> None:
    queue = _open(ztf)
    queue.submit(ZTF)
    assert queue.submit(ZTF).word == "submitted"  # the scheduler says that it is there
    assert queue.submit(replace(ZTF, again=True)).detail == "it was there already"
    assert (len(ztf.queues), ztf.changes()) == (1, ["PUT", "PUT"])


def test_what_ztf_cannot_observe_is_not_sent(ztf: ZtfServer) -> None:
    queue = _open(ztf)
    for observations, reason in ((tonight(-24), "has passed"), (tonight(filters=("z",)), "ztfz is none of ZTF's")):
        with pytest.raises(Refused, match=reason):
            queue.submit(replace(ZTF, observations=observations))
    ztf.refuse = "the window is outside of the night"
    with pytest.raises(Refused, match="the window is outside of the night"):
        queue.submit(ZTF)
    assert ztf.changes() == ["PUT"]
    assert queue.exchanges[-1].status == 400


def test_a_queue_of_ztf_expires(ztf: ZtfServer) -> None:
    queue = _open(ztf)
    queue.submit(ZTF)
    ztf.queues["night"] = {"queue_name": "night", "validity_window_mjd": None}
    ztf.expire()
    assert queue.status(ZTF).word == "expired"


@pytest.mark.parametrize(
    ("fault", "unsure", "retry_after"),
    [
        (later(40), False, 40.0),
        (Reply(b"", 503, {"Retry-After": "7"}), False, 7.0),
        (broken(500), True, None),
        (broken(502), True, None),
        (GARBAGE, True, None),
        (slow(1.0), True, None),
        (Reply(b'{"id": 1}', cut=3), True, None),
    ],
)
@pytest.mark.parametrize("server", ["ztf", "portal", "rubin", "atlas"])
def test_faults_are_told_from_refusals(
    request: pytest.FixtureRequest, server: str, fault: Reply, unsure: bool, retry_after: float | None
) -> None:
    telescope: Telescope = request.getfixturevalue(server)
    order = {"ztf": ZTF, "portal": LCO, "rubin": RUBIN, "atlas": ATLAS}[server]
    telescope.swallow = [fault]
    if server == "portal":
        telescope.swallow = [Reply(b"{}"), fault]  # first it is asked whether it would take it
    queue = _open(telescope, timeout_seconds=0.5 if fault.after else 20)
    with pytest.raises(NotAnswered) as caught:
        queue.submit(order)
    assert (caught.value.unsure, caught.value.retry_after) == (unsure, retry_after)
    assert queue.exchanges[-1].sent
    assert SECRET not in _heard(queue)
    assert _open(telescope).submit(replace(order, again=True)).word == "submitted"  # it had swallowed it: there is one
    kept = {"ztf": "queues", "portal": "groups", "rubin": "entries", "atlas": "tasks"}[server]
    assert len(getattr(telescope, kept)) == 1


def test_nobody_there(ztf: ZtfServer) -> None:
    with pytest.raises(NotAnswered, match="cannot be reached") as caught:
        open_queue(
            ZtfQueue(kind="ztf", instruments=["ZTF"], url="http://127.0.0.1:9/x"),
            {"token": SECRET},
            NotificationSettings(),
        ).submit(ZTF)
    assert not caught.value.unsure
    ztf.faults = [Reply(b"", 302, {"Location": "http://127.0.0.1:9/"})]
    with pytest.raises(Refused, match="sends elsewhere"):
        _open(ztf).submit(ZTF)


@pytest.mark.parametrize("answer", [[], {"data": [{"name": "x"}]}, {"data": "[1]"}, {"data": 3}])
def test_lists_of_queues_that_are_none_are_not_believed(ztf: ZtfServer, answer: Any) -> None:
    ztf.faults = [Reply(json.dumps(answer).encode())]
    queue = _open(ztf)
    if answer == []:
        assert queue.status(ZTF).word == "ended"
        return
    with pytest.raises(NotAnswered, match="nonsense"):
        queue.status(ZTF)


def test_a_target_goes_to_the_portal_and_its_states_are_followed(portal: PortalServer) -> None:
    queue = _open(portal, instrument_types={"Sinistro": "1M0-SCICAM-SINISTRO"})
    standing = queue.submit(LCO)
    [group] = portal.groups.values()
    assert (standing.remote_id, group["name"]) == (str(group["id"]), f"ZTF26abc {12 * 'b'}")
    [asked] = group["requests"]
    [configuration] = asked["configurations"]
    assert (group["proposal"], asked["location"]) == ("P-1", {"telescope_class": "1m0"})
    assert (configuration["type"], configuration["target"]["ra"]) == ("EXPOSE", 150.25)
    elements = [one["optical_elements"] for one in configuration["instrument_configs"]]
    assert elements == [{"filter": "gp"}, {"filter": "rp"}]
    order = replace(LCO, remote_id=standing.remote_id)
    assert queue.status(order).word == "submitted"
    portal.scheduled = "2026-12-01T03:00:00"
    assert queue.status(order).detail == "scheduled for 2026-12-01T03:00:00 UTC"
    for state, word in (
        ("COMPLETED", "completed"),
        ("WINDOW_EXPIRED", "expired"),
        ("CANCELED", "cancelled"),
        ("FAILURE_LIMIT_REACHED", "ended"),
    ):
        group["state"] = state
        assert queue.status(order).word == word
    with pytest.raises(Refused, match="the group is FAILURE_LIMIT_REACHED"):
        queue.cancel(order)
    group["state"] = "PENDING"
    assert queue.cancel(order).word == "cancelled"
    assert group["state"] == "CANCELED"
    group["state"] = "DREAMING"
    with pytest.raises(NotAnswered, match="nonsense"):
        queue.status(order)
    with pytest.raises(Refused, match="Not found"):
        queue.status(replace(order, remote_id="7"))
    with pytest.raises(Refused, match="cannot be changed"):
        queue.update(order)
    assert queue.cancel(replace(LCO, key=32 * "d")).word == "cancelled"  # it never arrived


def test_a_portal_gives_its_reasons(portal: PortalServer) -> None:
    portal.errors = {"requests": [{"windows": [{"non_field_errors": ["The target is not visible."]}]}]}
    queue = _open(portal)
    with pytest.raises(Refused, match=r"requests\.windows: The target is not visible\."):
        queue.submit(LCO)
    assert portal.groups == {}


def test_spectra_are_fetched_from_permitted_servers_alone(portal: PortalServer) -> None:
    queue = _open(portal, archive_url=portal.url)
    order = replace(LCO, payload={**LCO.payload, "observe": "spectrum", "optical_elements": ["slit_2.0as"]})
    number = queue.submit(order).remote_id
    [configuration] = portal.groups[int(number)]["requests"][0]["configurations"]
    assert configuration["instrument_configs"][0]["optical_elements"] == {"slit": "slit_2.0as"}
    order = replace(order, remote_id=number)
    portal.files["/files/a-1d.fits"] = b"SIMPLE"
    portal.frames = [
        {"filename": "a-1d.fits", "url": f"{portal.url}/files/a-1d.fits?Signature=KEY"},
        {"filename": "b-1d.fits", "url": "http://127.0.0.1:9/b-1d.fits"},
        {"filename": "c-e91.fits.fz", "url": f"{portal.url}/files/c"},
    ]
    [product] = queue.retrieve(order)
    assert (product.kind, product.name, product.content) == ("spectrum", "a-1d.fits", b"SIMPLE")
    assert "Signature" not in _heard(queue)
    assert _open(portal).retrieve(order) == ()


def test_an_entry_of_a_list_is_put_changed_and_taken_out(rubin: RubinServer) -> None:
    queue = _open(rubin)
    name = queue.submit(RUBIN).remote_id
    assert rubin.entries[name]["targets"] == [
        {"ra": 150.25, "dec": -2.5, "exposure_s": 30.0, "target": "ZTF26abc", "filter": "g"}
    ]
    queue.submit(RUBIN)
    queue.update(replace(RUBIN, payload={**RUBIN.payload, "priority": 5}))
    assert [entry["priority"] for entry in rubin.entries.values()] == [5]
    for status, word in (("observing", "submitted"), ("done", "completed"), ("expired", "expired")):
        rubin.entries[name]["status"] = status
        assert queue.status(RUBIN).word == word
    rubin.entries[name] |= {"status": "rejected", "reason": "too near to the Moon"}
    with pytest.raises(Refused, match="too near to the Moon"):
        queue.status(RUBIN)
    assert queue.cancel(RUBIN).word == queue.cancel(RUBIN).word == "cancelled"
    plan = replace(RUBIN, payload={"program": "BNS"}, target=None, observations=tonight())
    queue.submit(plan)
    assert [target["field_id"] for target in rubin.entries[name]["targets"]] == [700, 701]
    with pytest.raises(Refused, match="has passed"):
        queue.submit(replace(plan, observations=tonight(-24)))


def test_forced_photometry_is_measured_and_fetched(atlas: AtlasServer) -> None:
    queue = _open(atlas)
    order = replace(ATLAS, remote_id=queue.submit(ATLAS).remote_id)
    [task] = atlas.tasks.values()
    assert (task["ra"], task["mjd_min"], task["send_email"]) == (150.25, 61_000.0, False)
    assert (queue.status(order).detail, queue.retrieve(order)) == ("place 3 in the queue", ())
    atlas.finish(b"###MJD")
    assert queue.status(order).word == "completed"
    [product] = queue.retrieve(order)
    assert (product.kind, product.content) == ("photometry", b"###MJD")
    task["result_url"] = "http://127.0.0.1:9/job.txt"
    with pytest.raises(Refused, match="another server"):
        queue.retrieve(order)
    task["error_msg"] = "No data returned"
    with pytest.raises(Refused, match="No data returned"):
        queue.status(order)
    assert queue.cancel(order).word == queue.cancel(order).word == "cancelled"
    with pytest.raises(Refused, match="cannot be changed"):
        queue.update(order)


def test_people_are_asked_by_letter() -> None:
    order = replace(LCO, payload={"observe": "g r i, 300 s", "text": "Young supernova"})
    settings = LetterQueue(kind="letter", instruments=["Sinistro"])
    with mail_server() as mailbox, webhooks() as hooks:
        notifications = NotificationSettings(smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none")
        desk = open_queue(settings, {"email": "night@example.org"}, notifications)
        mailbox.answers = ["451 later", "250 OK"]
        with pytest.raises(NotAnswered):
            desk.submit(order)
        desk.submit(replace(order, again=True))
        [letter] = mailbox.letters
        assert letter["Subject"] == f"Request {12 * 'b'}: ZTF26abc with Sinistro"
        assert "RA 150.250000, Dec -2.500000" in letter.get_content()
        assert "Sent again" in letter.get_content()
        assert "night@example.org" not in _heard(desk)
        desk.cancel(order)
        assert mailbox.letters[1]["Subject"].startswith("Cancelled request")
        assert mailbox.letters[1]["Message-ID"] != letter["Message-ID"]
        slack = open_queue(settings, {"slack": f"{hooks.url}/SECRET"}, notifications)
        slack.submit(replace(ZTF, payload={"text": "Tonight"}))
        assert "field 700" in hooks.received[0]["body"]["text"]
        hooks.answers = [404]
        with pytest.raises(Refused, match="404"):
            slack.update(order)
        assert "SECRET" not in _heard(slack)
        assert (slack.status(order).word, slack.retrieve(order), slack.follows) == ("submitted", (), False)
