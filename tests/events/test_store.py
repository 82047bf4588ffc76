"""Notices make events: once, in any order, apart by role and audience, and what cannot be used changes nothing."""

from __future__ import annotations

import base64
import json
import random
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.config import EventSettings
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import NotFound, PermissionRefused
from skyhub.events import event_document, event_table, ingest_notice, notice_bytes, notice_table
from skyhub.service import open_database
from support.effort import repeats
from support.houses import VISITOR
from support.notices import alert, burst

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])


def ingest(db: Database, content: bytes, **options: Any) -> dict[str, Any]:
    return ingest_notice(db, ADMINISTRATOR, content, **options)


def actions(db: Database, *contents: bytes) -> list[str]:
    return [ingest(db, content)["action"] for content in contents]


def rows(db: Database, table: str) -> list[dict[str, Any]]:
    return db.reader.rows(ADMINISTRATOR, f"SELECT * FROM @{table} ORDER BY ALL")


BROKEN = {
    "no notice": b"hello",
    "cut": burst()[:200],
    "RA 400": burst(ra=400),
    "NaN": burst(dec="NaN"),
    "a map that is none": alert(skymap="%%%"),
    "a map that is cut": alert(skymap=base64.b64encode(b"SIMPLE  =                    T" + b" " * 200).decode()),
    "a map that is packed and cut": alert(skymap=base64.b64encode(b"\x1f\x8b\x08\x00 abc").decode()),
    "a document type": burst(what="<x/>").replace(b"?>", b"?><!DOCTYPE a [<!ENTITY b 'c'>]>"),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_what_cannot_be_used_is_kept_with_its_reason_and_changes_nothing(db: Database, content: bytes) -> None:
    ingest(db, burst())
    before = rows(db, "events")
    done = ingest(db, content, file="/data/../x.xml")
    assert done["action"] == "rejected"
    assert done["reason"]
    assert rows(db, "events") == before
    [kept] = [row for row in rows(db, "event_notices") if row["action"] == "rejected"]
    assert (kept["reason"], kept["file"], kept["event_id"]) == (done["reason"], "/data/../x.xml", None)
    assert notice_bytes(db, ADMINISTRATOR, kept["event_notice_id"]) == content
    again = ingest(db, content)
    assert (again["action"], again["event_notice_id"]) == ("rejected", done["event_notice_id"])
    with pytest.raises(NotFound):
        notice_bytes(db, VISITOR, kept["event_notice_id"])


def test_a_refused_copy_of_a_notice_does_not_keep_the_notice_out(db: Database) -> None:
    assert actions(db, burst(ra=400), burst()) == ["rejected", "created"]


def test_a_cut_map_of_a_real_alert_is_refused_whole(db: Database, shared: Path) -> None:
    whole = (shared / "gcn" / "lvk_json" / "S240112y_Preliminary1.json").read_bytes()
    begin = whole.index(b'"skymap"') + 12
    cut = whole[: begin + 4000] + whole[whole.index(b'"', begin) :]
    assert ingest(db, cut)["action"] == "rejected"
    assert rows(db, "events") == []
    assert ingest(db, whole)["action"] == "created"


def test_a_burst_becomes_an_event_and_its_notices_update_it(db: Database) -> None:
    first = ingest(db, burst(), file="bat.xml")
    assert {n: first[n] for n in ("file", "action", "event", "notice_type", "role", "aliases", "reason")} == {
        "file": "bat.xml", "action": "created", "event": "2026-11-22T03:00:00", "notice_type": "SWIFT_BAT_GRB_POS_ACK",
        "role": "observation", "aliases": ["SWIFT#1234567"], "reason": None,
    }  # fmt: skip
    told = first["localization"]
    assert told["name"] == "10.00000_20.00000_0.05000"
    assert told["area_90"] == pytest.approx(3.14159 * 0.05**2, rel=0.01)  # the radius holds 90 %
    assert (told["distmean"], told["diststd"]) == (None, None)
    assert told["prob_sum"] == pytest.approx(1)
    xrt = burst(
        stream="SWIFT#XRT_Pos_1", kind=67, time="2026-11-22T03:02:50", radius=0.001, issued="2026-11-22T03:03:00"
    )
    second = ingest(db, xrt)
    assert (second["action"], second["event"]) == ("updated", "2026-11-22T03:00:00")
    event = event_document(db, VISITOR, "SWIFT#1234567")
    assert (event["n_notices"], event["version"], len(event["notices"])) == (2, 2, 2)
    assert [one["name"] for one in event["localizations"]] == ["10.00000_20.00000_0.00100", "10.00000_20.00000_0.05000"]


@pytest.mark.slow
def test_a_month_is_stored_and_spoilt_copies_of_it_leave_nothing_behind(db: Database, shared: Path) -> None:
    month = [path.read_bytes() for path in sorted((shared / "gcn" / "voevent" / "archive_2023-05").rglob("*.xml*"))]
    first = actions(db, *month)
    assert len(first) > 150
    assert set(first) == {"created", "updated", "ignored"}
    assert len(rows(db, "events")) == first.count("created")
    assert set(actions(db, *month)) <= {"duplicate", "ignored"}
    chance = random.Random(5)
    for content in chance.sample(month, 100):
        before = [rows(db, table) for table in ("events", "localizations")]
        done = ingest(db, content[: chance.randrange(1, len(content) - 20)], file="/data/../x.xml")
        assert done["action"] == "rejected", done
        assert [rows(db, table) for table in ("events", "localizations")] == before


def test_the_same_again_is_a_duplicate(db: Database) -> None:
    assert actions(db, burst(), burst(), burst().replace(b"><", b">\n<")) == ["created", "duplicate", "duplicate"]
    done = ingest(db, burst())
    assert done["event"] == "2026-11-22T03:00:00"
    assert done["localization"]["name"] == "10.00000_20.00000_0.05000"
    assert len(rows(db, "event_notices")) == len(rows(db, "events")) == 1


def test_many_at_once_make_one_event(db: Database) -> None:
    notices = [burst(serial=n // 2, stream=f"SWIFT#BAT_GRB_Pos_{n // 2}") for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        done = [found["action"] for found in pool.map(lambda one: ingest(db, one), notices)]
    assert sorted(done) == ["created", *["duplicate"] * 6, *["updated"] * 5]
    assert event_document(db, VISITOR, "1234567")["n_notices"] == 6


def test_identity_by_name_then_by_the_second_but_not_against_names(db: Database) -> None:
    assert ingest(db, burst())["action"] == "created"
    other = burst(trigger=7654321, stream="SWIFT#BAT_GRB_Pos_2")
    assert ingest(db, other)["action"] == "created"  # the same second, and another trigger of the same telescope
    fermi = burst(stream="Fermi#GBM_Alert_3", kind=110, trigger=785074797, radius=0)
    assert ingest(db, fermi)["action"] == "updated"
    later = burst(stream="SWIFT#BAT_GRB_Pos_4", time="2026-12-22T03:00:00", issued="2026-12-22T03:01:00")
    assert ingest(db, later)["action"] == "created"  # the number recurs a month later


def test_trials_share_no_number(db: Database) -> None:
    kept = EventSettings(roles=["observation", "test"])
    for day in (1, 2):
        trial = burst(
            role="test", trigger=99999, time=f"2026-11-0{day}T00:00:00", stream=f"SWIFT#BAT_GRB_Test_Pos_{day}"
        )
        assert ingest(db, trial, settings=kept)["action"] == "created"


def test_roles_are_kept_apart(db: Database) -> None:
    assert actions(db, alert(name="S261122a"), alert(name="MS261122a")) == ["created", "created"]
    assert [row["role"] for row in event_table(db, VISITOR).to_pylist()] == ["observation"]
    assert len(event_table(db, VISITOR, roles=["mock"])) == 1


def test_an_alert_and_its_later_versions(db: Database) -> None:
    first = ingest(db, alert(significant=False, classification={"Terrestrial": 0.8, "BNS": 0.2}, far=1e-6))
    assert {"Subthreshold", "Terrestrial", "GW", "LVC"} <= set(first["tags"])
    ingest(db, alert("INITIAL", created="2026-11-22T04:00:00Z"))
    event = event_document(db, VISITOR, "S261122a")
    assert {"Significant", "BNS"} <= set(event["tags"])
    assert not {"Subthreshold", "Terrestrial", "retracted"} & set(event["tags"])
    assert event["far"] == event["properties"]["FAR"] == 1e-9
    late = alert("PRELIMINARY", created="2026-11-22T03:02:00Z", far=1e-7)
    assert ingest(db, late)["action"] == "updated"
    assert (
        event_document(db, VISITOR, "LVC#S261122a")["far"] == 1e-9
    )  # an older notice that comes late changes no number


def test_a_retraction_is_seen_at_once_and_stays(db: Database) -> None:
    ingest(db, alert())
    before = datetime.now(UTC)
    done = ingest(db, alert("RETRACTION", created="2026-11-22T05:00:00Z"))
    assert (done["action"], done["event"], done["retraction"]) == ("updated", "2026-11-22T03:00:00", True)
    assert "LVC#S261122a" in done["aliases"]
    assert "retracted" in done["tags"]
    event = event_document(db, VISITOR, "S261122a")
    assert event["retracted"]
    assert event["tags"][-1] == "retracted"
    assert len(event_table(db, VISITOR, retracted=False)) == 0
    then = event_document(db, VISITOR, "S261122a", as_of=before)
    assert (then["retracted"], then["n_notices"], len(then["notices"])) == (False, 1, 1)
    ingest(db, alert("UPDATE", created="2026-11-22T06:00:00Z"))
    assert event_document(db, VISITOR, "S261122a")["retracted"]


def test_a_retraction_that_comes_first_counts_when_the_event_comes(db: Database) -> None:
    done = ingest(db, alert("RETRACTION"))
    assert (done["action"], done["event"], done["aliases"]) == ("ignored", None, ["LVC#S261122a"])
    assert ingest(db, alert("RETRACTION"))["event_notice_id"] == done["event_notice_id"]
    ingest(db, alert())
    assert event_document(db, VISITOR, "S261122a")["retracted"]


def test_a_time_told_more_finely_gives_the_event_its_second_and_the_old_name_still_finds_it(db: Database) -> None:
    cut = burst(stream="gwnet/LVC#S1", time="2026-11-22T03:00:00", trigger="", radius=0, what=(
        '<Param name="GraceID" value="S261122a"/><Param name="AlertType" value="Preliminary"/><Param name="FAR" value="1e-9"/>'
    ))  # fmt: skip
    assert ingest(db, cut)["event"] == "2026-11-22T03:00:00"
    assert ingest(db, alert(time="2026-11-22T03:00:00.7Z"))["event"] == "2026-11-22T03:00:01"
    for name in ("2026-11-22T03:00:01", "2026-11-22T03:00:00Z", "S261122a"):
        assert event_document(db, VISITOR, name)["event"] == "2026-11-22T03:00:01"


PASSED_OVER = [
    (burst(role="utility"), {}, "its role is utility"),
    (burst(role="test"), {}, "its role is test"),
    (burst(kind=66), {}, "SWIFT_SC_SLEW"),
    (burst(kind=141), {}, "KNOWN"),
    (burst(), {"types": ["LVC_*"]}, r"LVC_\* are kept"),
    (burst(), {"ignored_tags": ["GRB"]}, "tag GRB"),
    (alert(far=2e-7), {"highest_far": 1e-7}, "FAR is 2e-07"),
    (alert(), {"highest": {"Terrestrial": 0.05}}, "Terrestrial is 0.1"),
    (alert(properties={"HasNS": 0.1}), {"lowest": {"HasNS": 0.5}}, "HasNS is 0.1: 0.5 at least"),
    (burst(radius=10), {"largest_area": 100}, "90 % region has 3.. deg²: 100 at most"),
]


@pytest.mark.parametrize(("content", "kept", "reason"), PASSED_OVER)
def test_what_is_passed_over_is_told_with_the_reason_and_its_event(
    db: Database, content: bytes, kept: dict[str, Any], reason: str
) -> None:
    done = ingest(db, content, settings=EventSettings(**kept))
    assert done["action"] == "ignored"
    assert done["event"] == "2026-11-22T03:00:00"
    assert done["aliases"]
    [row] = rows(db, "event_notices")
    assert re.search(reason, row["reason"]), row["reason"]
    assert rows(db, "events") == []
    assert ingest(db, content)["action"] in ("created", "ignored")  # judged anew by other settings


def test_alerts_that_state_nothing_are_not_cut_by_it(db: Database) -> None:
    kept = EventSettings(highest_far=1e-12, lowest={"HasNS": 0.5}, largest_area=1.0)
    quiet = burst(stream="Fermi#GBM_Alert_1", kind=110, radius=0)
    assert ingest(db, quiet, settings=kept)["action"] == "created"


def test_who_may_bring_notices_in(house: Database) -> None:
    for viewer, groups in ((VISITOR, None), (VISITOR, ["transients"]), (VERA, None), (VERA, ["bursts"])):
        with pytest.raises(PermissionRefused):
            ingest_notice(house, viewer, burst(), groups=groups)
    assert rows(house, "events") == rows(house, "event_notices") == []


def test_an_event_of_a_group_is_nobody_elses(house: Database) -> None:
    done = ingest_notice(house, VERA, burst(), groups=["transients"])
    assert done["action"] == "created"
    assert event_document(house, VERA, "SWIFT#1234567")["groups"] == ["transients"]
    for viewer in (STRANGER, VISITOR):
        assert len(event_table(house, viewer)) == len(notice_table(house, viewer)) == 0
        for name in ("SWIFT#1234567", "1234567", "2026-11-22T03:00:00"):
            with pytest.raises(NotFound):
                event_document(house, viewer, name)
        with pytest.raises(NotFound):
            notice_bytes(house, viewer, int(done["event_notice_id"]))
    public = ingest(house, burst())
    assert (public["action"], public["event_notice_id"] != done["event_notice_id"]) == ("created", True)
    assert event_document(house, STRANGER, "1234567")["n_notices"] == 1
    assert ingest_notice(house, VERA, burst(), groups=["transients"])["action"] == "duplicate"


def test_changes_of_events_are_told_to_those_who_may_see_them(house: Database) -> None:
    heard: list[Any] = []
    stop = house.changes.listen(lambda changes: heard.extend(changes))
    ingest(house, alert())
    ingest(house, alert("RETRACTION"))
    ingest_notice(house, VERA, burst(), groups=["transients"])
    ingest(house, burst(role="utility"))
    stop()
    told = [(c.payload["action"], c.payload["event"], c.payload["retracted"]) for c in heard if c.kind == "events"]
    assert told == [
        ("created", "2026-11-22T03:00:00", False), ("retracted", "2026-11-22T03:00:00", True),
        ("created", "2026-11-22T03:00:00", False),
    ]  # fmt: skip
    acl = next(c.acl for c in heard if "SWIFT#1234567" in c.payload.get("aliases", ()))
    assert [bool(house.access.visible(viewer)[acl]) for viewer in (VERA, STRANGER)] == [True, False]


def test_two_notices_of_a_trigger_of_two_telescopes(db: Database, shared: Path) -> None:
    """SkyPortal's case: one event, though the second notice tells another time; two localizations."""
    for name in ("SWIFT_1125809-092.xml", "SWIFT_1125809-104.xml"):
        done = ingest(db, (shared / "gcn" / "voevent" / "skyportal" / name).read_bytes())
        assert done["event"] == "2022-09-30T11:11:52"
    names = {one["name"] for one in event_document(db, VISITOR, "SWIFT#1125809")["localizations"]}
    assert names == {"64.73730_13.35170_0.05000", "64.71490_13.35000_0.00130"}


def test_maps_of_real_alerts_have_the_published_areas(db: Database, shared: Path) -> None:
    expected = json.loads((shared / "skymaps" / "expected_values.json").read_text())
    for want in expected.values():
        file = want["file"].split(" ")[0]
        if not file.startswith("gcn/lvk_json/"):
            continue
        done = ingest(db, (shared / file).read_bytes())
        told = done["localization"]
        assert told["area_90"] == pytest.approx(want["area90_deg2"], rel=2e-3), file
        assert told["area_50"] == pytest.approx(want["area50_deg2"], rel=2e-3), file
        assert told["distmean"] == pytest.approx(want["header_distmean"]), file


_KINDS = st.permutations(["PRELIMINARY", "INITIAL", "UPDATE", "RETRACTION"])


@settings(max_examples=repeats(10, 5))
@given(order=_KINDS, repeated=st.lists(st.integers(0, 3), max_size=3))
def test_in_any_order_and_however_often_the_same_event_is_known(
    order: list[str], repeated: list[int], empty_house: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hours = {"PRELIMINARY": 3, "INITIAL": 4, "UPDATE": 5, "RETRACTION": 6}
    given_ = [*order, *(order[n] for n in repeated)]
    with open_database(Path(shutil.copytree(empty_house, tmp_path_factory.mktemp("order") / "data"))) as db:
        for kind in given_:
            ingest(db, alert(kind, created=f"2026-11-22T0{hours[kind]}:00:00Z", far=10.0 ** -hours[kind]))
        event = event_document(db, VISITOR, "S261122a")
    assert event["retracted"]
    assert event["event"] == "2026-11-22T03:00:00"
    assert event["far"] == 1e-5
