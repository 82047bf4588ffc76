"""The maps of notices are localizations: stored with the notice, seen by who sees it, linked whatever the time becomes."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from skyhub.config import EventSettings
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import PermissionRefused
from skyhub.events import event_document, ingest_notice
from skyhub.localizations import map_of, store_localization
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import write_sky_map
from skyhub.team import add_groups
from support.houses import GROUPS, VISITOR
from support.notices import alert, burst

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])
STREAM = Viewer("stream", scopes=frozenset({"view", "ingest"}))


def _encoded(shape: Cone) -> str:
    return b64encode(write_sky_map(skymap_of(shape))).decode()


WIDE, NARROW = _encoded(Cone.from_90(150.0, 2.0, 15.0)), _encoded(Cone.from_90(151.0, 2.0, 3.0))


def _kept(db: Database, viewer: Viewer = ADMINISTRATOR) -> list[dict[str, Any]]:
    return db.reader.rows(viewer, "SELECT * FROM @localizations ORDER BY localization_id")


def test_what_is_refused_or_passed_over_leaves_no_localization(db: Database) -> None:
    small = EventSettings(largest_area=10)
    assert ingest_notice(db, STREAM, alert(skymap=WIDE[:4000]))["action"] == "rejected"
    assert ingest_notice(db, STREAM, alert(skymap=WIDE), settings=small)["action"] == "ignored"
    with pytest.raises(PermissionRefused):
        ingest_notice(db, VISITOR, alert(skymap=WIDE))
    assert _kept(db) == []
    assert not list((db.data_dir / "attachments").rglob("?" * 64))


def test_who_brings_notices_needs_no_right_to_upload(db: Database) -> None:
    done = ingest_notice(db, STREAM, alert(skymap=WIDE))
    [row] = _kept(db, VISITOR)
    assert done["localization"]["localization_id"] == str(row["localization_id"])
    assert (row["author"], row["acl"]) == ("stream", 0)
    assert row["prob_500"] == pytest.approx(1 - 0.1 ** (500 / (3.14159 * 225)), abs=0.01)
    with pytest.raises(PermissionRefused):
        store_localization(db, STREAM, skymap_of(Cone.from_90(0, 0, 1)), "mine")


def test_each_map_of_an_event_is_there_once_newest_first(db: Database) -> None:
    for hour, (kind, skymap) in enumerate((("PRELIMINARY", WIDE), ("INITIAL", NARROW), ("INITIAL", NARROW))):
        ingest_notice(db, STREAM, alert(kind, created=f"2026-11-22T0{3 + hour}:01:00Z", skymap=skymap))
    first, *_, last = event_document(db, VISITOR, "S261122a")["localizations"]
    assert len(_kept(db)) == 2
    assert (first["notice_type"], last["notice_type"]) == ("LVC_INITIAL", "LVC_PRELIMINARY")
    assert first["area_90"] < last["area_90"]
    assert (first["max_l"], first["max_b"]) == pytest.approx((237.5, 43.4), abs=1.5)
    assert 0 < first["ebv"] < 0.2
    assert map_of(db, VISITOR, int(first["localization_id"])).area_within(0.9) == pytest.approx(first["area_90"])


def test_a_time_that_is_told_more_finely_later_keeps_the_link(db: Database) -> None:
    ingest_notice(db, STREAM, alert(time="2026-11-22T03:00:00Z", skymap=WIDE))
    add_groups(db, GROUPS)
    own = store_localization(
        db, VERA, skymap_of(Cone.from_90(10, 10, 2)), "mine", datetime(2026, 11, 22, 3, tzinfo=UTC)
    )
    then = datetime.now(UTC)
    ingest_notice(
        db, STREAM, alert("INITIAL", created="2026-11-22T05:00:00Z", time="2026-11-22T03:00:00.7Z", skymap=NARROW)
    )
    event = event_document(db, VERA, "S261122a")
    assert event["event"] == "2026-11-22T03:00:01"
    brought = [one for one in event["localizations"] if one["notice_type"]]
    assert [one["dateobs"] for one in brought] == ["2026-11-22T03:00:01.000Z"] * 2
    assert own["localization"]["localization_id"] in {one["localization_id"] for one in event["localizations"]}
    before = event_document(db, VERA, "S261122a", then)["localizations"]
    assert {one["dateobs"] for one in before} == {"2026-11-22T03:00:00.000Z"}
    assert len(before) == 2


def test_a_restricted_event_has_maps_of_its_own(db: Database) -> None:
    add_groups(db, GROUPS)
    ingest_notice(db, VERA, alert(skymap=NARROW), groups=["transients"])
    assert _kept(db, STRANGER) == event_document(db, VERA, "S261122a")["notices"][0]["map_links"] == []
    ingest_notice(db, STREAM, alert(created="2026-11-22T03:02:00Z", skymap=NARROW))
    assert len(_kept(db)) == 2
    assert len(event_document(db, STRANGER, "S261122a")["localizations"]) == 1


def test_events_of_the_same_second_keep_their_maps_apart(db: Database) -> None:
    ingest_notice(db, STREAM, alert(skymap=WIDE))
    ingest_notice(db, STREAM, alert(name="MS261122b", skymap=NARROW))
    real, mock = (event_document(db, VISITOR, name)["localizations"] for name in ("S261122a", "MS261122b"))
    assert len(real) == len(mock) == 1
    assert real[0]["area_90"] > mock[0]["area_90"]


def test_nothing_is_stored_when_the_transaction_fails(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("no more")

    monkeypatch.setattr("skyhub.events._store._announce", broken)
    with pytest.raises(RuntimeError):
        ingest_notice(db, STREAM, burst())
    assert _kept(db) == db.reader.rows(ADMINISTRATOR, "SELECT * FROM @events") == []
