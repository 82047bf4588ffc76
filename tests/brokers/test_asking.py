"""Asking brokers through the service: with the asker's rights, without telling secrets, one broker never stopping another."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused, Unavailable
from support import broker_answers as answers
from support.brokers import BrokerServer, Reply, real_packets
from support.commands import skyhub
from support.houses import OTHER, SCANNER, VISITOR
from support.packets import stamp
from support.services import Served

BOOM_OBJECT = "ZTF21abiuvdk"
CALTECH = Viewer("caltech", streams=frozenset({"ztf-caltech"}))


def _programs(sky: Sky) -> set[str | None]:
    return {point["stream"] for point in sky.broker("boom").fetch(BOOM_OBJECT)["photometry"]}


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"ra": 1.0},
        {"ra": 1.0, "dec": 2.0, "since": 60000.0},
        {"ra": 1.0, "dec": 2.0, "radius": 0},
        {"ra": 1.0, "dec": 2.0, "radius": 20_000},
        {"ra": 400.0, "dec": 2.0},
        {"ra": "nan", "dec": 2.0},
        {"since": "inf"},
        {"since": 60000.0, "limit": 0},
        {"since": 60000.0, "limit": 1001},
        {"since": 60000.0, "select": "class"},
        {"since": 60000.0, "select": "colour=red"},
    ],
)
def test_questions_that_make_no_sense_are_not_passed_on(
    desk: Served, server: BrokerServer, question: dict[str, Any]
) -> None:
    with desk.sky(VISITOR) as sky, pytest.raises(InvalidInput):
        sky.transport.get("/api/brokers/fink/objects", **question)
    assert server.asked == []


@pytest.mark.parametrize("name", [f"{answers.FINK_OBJECT},ZTF18abcgqmz", "a b", "a;b", "x" * 81, "{$ne: 1}"])
def test_only_one_object_at_a_time_is_asked_for(desk: Served, server: BrokerServer, name: str) -> None:
    with desk.sky(OTHER) as sky:
        for question in (sky.broker("fink").fetch, sky.broker("boom").save):
            with pytest.raises(InvalidInput, match="no name of one object"):
                question(name)
    assert server.asked == []


def test_who_asks_gets_objects_light_curves_and_images(desk: Served) -> None:
    with desk.sky(VISITOR) as sky:
        alerce = sky.broker("alerce")
        [near] = alerce.cone(279.90476624999997, -4.8708879).to_rows()
        assert (near["object_id"], near["survey"]) == (answers.ALERCE_OBJECT, "ZTF")
        assert near["separation"] == pytest.approx(0, abs=1e-3)
        found = alerce.fetch(answers.ALERCE_OBJECT)
        assert (found["candid"], found["filter"], len(found["photometry"])) == ("593191350115010084", "ztfg", 2)
        assert found["annotations"]["alerce"]["lc_classifier"] == "LPV"
        assert alerce.photometry(answers.ALERCE_OBJECT).to_rows()[1]["mag"] == 18.30812
        assert np.isfinite(alerce.cutout(answers.ALERCE_OBJECT, found["candid"], "difference")).all()
        [new] = sky.broker("fink").newest(50_000.0, class_="Unknown").to_rows()
        assert new["object_id"] == answers.FINK_OBJECT


def test_brokers_are_told_without_secrets_and_with_their_health(desk: Served, server: BrokerServer) -> None:
    with desk.sky(VISITOR) as sky:
        assert {row["name"]: row["state"] for row in sky.brokers().to_rows()} == dict.fromkeys(
            ("fink", "alerce", "boom", "gone"), "unasked"
        )
        sky.broker("fink").fetch(answers.FINK_OBJECT)
        for _ in range(3):
            with pytest.raises(Unavailable, match="gone: it does not answer"):
                sky.broker("gone").cone(1.0, 2.0)
        with pytest.raises(Unavailable, match="is asked again in"):
            sky.broker("gone").cone(1.0, 2.0)
        sky.broker("boom").fetch(BOOM_OBJECT)
        rows = {row["name"]: row for row in sky.transport.get("/api/brokers")["brokers"]}
        assert {name: row["state"] for name, row in rows.items()} == {
            "fink": "ok", "alerce": "unasked", "boom": "ok", "gone": "down",
        }  # fmt: skip
        assert rows["gone"]["next_try_at"]
        assert answers.PASSWORD not in json.dumps(rows)
        with pytest.raises(NotFound, match="alerce, boom, fink, gone are declared"):
            sky.broker("finck").cone(1.0, 2.0)


def test_only_administrators_have_a_broker_asked_again(desk: Served) -> None:
    for viewer in (VISITOR, SCANNER):
        with desk.sky(viewer) as sky, pytest.raises(PermissionRefused):
            sky.broker("gone").retry()
    with desk.sky(ADMINISTRATOR) as sky:
        for _ in range(3):
            with pytest.raises(Unavailable):
                sky.broker("gone").cone(1.0, 2.0)
        sky.broker("gone").retry()
        with pytest.raises(Unavailable, match="does not answer"):
            sky.broker("gone").cone(1.0, 2.0)


@pytest.mark.parametrize(
    ("viewer", "streams"),
    [
        (VISITOR, {None}),
        (OTHER, {None}),
        (CALTECH, {None}),
        (SCANNER, {None, "ztf-partnership"}),
        (ADMINISTRATOR, {None, "ztf-partnership"}),
    ],
    ids=lambda v: getattr(v, "name", ""),
)
def test_a_brokers_account_gives_nobody_more_rights(
    desk: Served, shared: Path, viewer: Viewer, streams: set[str | None]
) -> None:
    packets = real_packets(shared, BOOM_OBJECT)
    newest = packets[-1]
    assert len(packets) % 2 == 0  # every second one is of the partnership, and so is the newest
    with desk.sky(viewer) as sky:
        entitled = "ztf-partnership" in streams
        assert _programs(sky) == streams
        found = sky.broker("boom").fetch(BOOM_OBJECT)
        assert (found["candid"] == str(newest["candid"])) == entitled
        assert bool(found["annotations"]) == entitled
        assert len(sky.broker("boom").cone(0.8143, 16.1457)) == 1
        if entitled:
            assert sky.broker("boom").cutout(BOOM_OBJECT, newest["candid"]).shape == (63, 63)
        else:
            with pytest.raises(NotFound, match="that you may see"):
                sky.broker("boom").cutout(BOOM_OBJECT, newest["candid"])


def test_what_is_saved_goes_the_way_of_all_alerts(desk: Served, server: BrokerServer) -> None:
    for viewer in (VISITOR,):
        with desk.sky(viewer) as sky, pytest.raises(PermissionRefused, match="save"):
            sky.broker("fink").save(answers.FINK_OBJECT)
    assert server.asked == []
    with desk.sky(OTHER) as sky:
        with pytest.raises(PermissionRefused):
            sky.broker("fink").save(answers.FINK_OBJECT, groups=["transients"])
        saved = sky.broker("alerce").save(answers.ALERCE_OBJECT, groups=["bursts"])
        assert (saved["stored"], saved["duplicates"]) == (1, 0)
        assert [s["group"] for s in saved["saved"]] == ["bursts"]
        assert saved["cutouts"] == ["science", "template", "difference"]
        again = sky.broker("alerce").save(answers.ALERCE_OBJECT, source=False)
        assert (again["stored"], again["duplicates"], again["saved"]) == (0, 1, [])
        shown = sky.source(answers.ALERCE_OBJECT)
        assert [s["group"] for s in shown["saved"]] == ["bursts"]
        assert len(sky.photometry(answers.ALERCE_OBJECT)) == 2
        assert np.array_equal(sky.cutout("593191350115010084", "science").shape, (63, 63))
        notes = sky.annotations(object_id=answers.ALERCE_OBJECT).to_rows()
        assert [n["origin"] for n in notes] == ["alerce"]
    with desk.sky(VISITOR) as sky:
        assert len(sky.photometry(answers.ALERCE_OBJECT)) == 2


def test_who_saves_brings_in_no_more_than_he_may_see(desk: Served) -> None:
    with desk.sky(OTHER) as sky:
        sky.broker("boom").save(BOOM_OBJECT, groups=["bursts"])
    with desk.sky(ADMINISTRATOR) as sky:
        public = len(sky.photometry(BOOM_OBJECT))
        streams = desk.db.reader.rows(
            ADMINISTRATOR, "SELECT DISTINCT acl FROM @photometry WHERE object_id = ?", [BOOM_OBJECT]
        )
        assert [row["acl"] for row in streams] == [0]
        sky.broker("boom").save(BOOM_OBJECT, source=False)
        assert len(sky.photometry(BOOM_OBJECT)) > public
    with desk.sky(OTHER) as sky:
        assert len(sky.photometry(BOOM_OBJECT)) == public


def test_an_alert_without_images_is_saved_without_them(desk: Served, server: BrokerServer) -> None:
    server.answers["/get_stamp"] = lambda asked: Reply(b"", 404)
    with desk.sky(OTHER) as sky:
        assert sky.broker("alerce").save(answers.ALERCE_OBJECT)["cutouts"] == []
    server.answers["/api/v1/cutouts"] = lambda asked: Reply(stamp() if asked.given["kind"] == "Science" else b"<html>")
    with desk.sky(OTHER) as sky:
        assert sky.broker("fink").save(answers.FINK_OBJECT)["cutouts"] == []


def test_a_packet_that_cannot_be_used_is_the_brokers_failure_and_nothing_is_stored(
    desk: Served, server: BrokerServer
) -> None:
    path = f"/ztf/v1/objects/{answers.ALERCE_OBJECT}/detections"
    row = {"candid": 5.3e17, "mjd": 60000.5, "fid": 1, "magpsf": 18.0, "sigmapsf": 0.1, "ra": 1.0, "dec": 2.0}
    server.answers[path] = lambda asked: [row]
    before = desk.db.version()
    with desk.sky(OTHER) as sky:
        for question in (sky.broker("alerce").fetch, sky.broker("alerce").save):
            with pytest.raises(Unavailable, match="cannot be used: candid is"):
                question(answers.ALERCE_OBJECT)
    assert desk.db.version() == before


def test_a_broker_that_hangs_stops_no_other(desk: Served, server: BrokerServer) -> None:
    release = threading.Event()

    def hang(asked: Any) -> Any:
        release.wait(20)
        return {"items": []}

    server.answers["/ztf/v1/objects/"] = hang
    with desk.sky(VISITOR) as sky, desk.sky(VISITOR) as other:
        waiting = [threading.Thread(target=_ignoring, args=(sky, n)) for n in range(12)]
        for thread in waiting:
            thread.start()
        try:
            assert other.broker("fink").fetch(answers.FINK_OBJECT)["object_id"] == answers.FINK_OBJECT
            assert other.me()["name"] == "visitor"
        finally:
            release.set()
            for thread in waiting:
                thread.join()


def _ignoring(sky: Sky, n: int) -> None:
    with suppress(Unavailable):
        sky.broker("alerce").cone(float(n), 2.0)


def test_what_was_asked_a_moment_ago_is_not_asked_again(desk: Served, server: BrokerServer) -> None:
    with desk.sky(VISITOR) as sky:
        sky.broker("fink").fetch(answers.FINK_OBJECT)
        n = len(server.asked)
        sky.broker("fink").fetch(answers.FINK_OBJECT)
        assert len(server.asked) == n


def test_commands_ask_brokers_too(settings: Path, house_dir: Path) -> None:
    listed = skyhub("broker", "list", data_dir=house_dir)["brokers"]
    assert {row["name"] for row in listed} == {"fink", "alerce", "boom", "gone"}
    found = skyhub("broker", "search", "alerce", "--ra", "279.9047", "--dec", "-4.8708", data_dir=house_dir)
    assert [row["object_id"] for row in found["rows"]] == [answers.ALERCE_OBJECT]
    newest = skyhub("broker", "search", "fink", "--since", "50000", "--select", "class=Unknown", data_dir=house_dir)
    assert [row["object_id"] for row in newest["rows"]] == [answers.FINK_OBJECT]
    assert skyhub("broker", "fetch", "alerce", answers.ALERCE_OBJECT, data_dir=house_dir)["filter"] == "ztfg"
    words = ("broker", "fetch", "alerce", answers.ALERCE_OBJECT, "--save", "--group", "stars")
    assert skyhub(*words, data_dir=house_dir)["stored"] == 1
    rows = skyhub("photometry", answers.ALERCE_OBJECT, data_dir=house_dir)["rows"]
    assert len(rows) == 2
    error = skyhub("broker", "search", "gone", "--ra", "1", "--dec", "2", data_dir=house_dir, status=2)["error"]
    assert (error["code"], "does not answer" in error["message"]) == ("unavailable", True)
    for wrong in (("search", "fink"), ("fetch", "fink", "x", "--group", "stars")):
        assert skyhub("broker", *wrong, data_dir=house_dir, status=2)["error"]["code"] == "invalid_input"
