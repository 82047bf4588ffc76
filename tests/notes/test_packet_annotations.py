"""What brokers say in packets: kept as annotations, for those who see the alert, the newest in force, one of each broker."""

from __future__ import annotations

import json
from typing import Any

import pytest
from skyhub.alerts import AlertReader, packet_table
from skyhub.db import ADMINISTRATOR, Database
from skyhub.ingest import Stored, store_packets
from support.houses import OTHER, SCANNER, VISITOR
from support.packets import JD, record

CANDID = 1427174604415015001


def _store(db: Database, notes: dict[str, Any], candid: int = CANDID, **changes: Any) -> Stored:
    whole = {**record(candid, **changes), "broker_annotations": notes}
    content = AlertReader().read_bytes(json.dumps(whole).encode(), "message")
    assert content.rejected == []
    return store_packets(db, packet_table(content.packets))


def _notes(db: Database, viewer: Any = ADMINISTRATOR, versions: str = "") -> list[dict[str, Any]]:
    sql = f"SELECT origin, data, version, author FROM @annotations{versions} ORDER BY origin, version"
    return [{**row, "data": json.loads(row["data"])} for row in db.reader.rows(viewer, sql)]


def test_one_alert_through_two_brokers_is_stored_once_with_the_words_of_both(db: Database) -> None:
    assert _store(db, {"fink": {"finkclass": "SN candidate"}}).stored == 1
    assert _store(db, {"alerce": {"stamp_classifier.SN": 0.9}}) == Stored(0, 1, 0)
    found = _notes(db)
    assert [(n["origin"], n["version"], n["author"]) for n in found] == [("alerce", 1, "ingest"), ("fink", 1, "ingest")]
    assert found[0]["data"] == {"candid": str(CANDID), "mjd": JD - 2400000.5, "stamp_classifier.SN": 0.9}
    assert len(db.reader.rows(ADMINISTRATOR, "SELECT candid FROM @alerts")) == 1


def test_the_newest_alert_is_in_force_whatever_the_order(db: Database) -> None:
    _store(db, {"fink": {"score": 0.5}})
    version = db.version()
    _store(db, {"fink": {"score": 0.5}})
    assert db.version() == version
    _store(db, {"fink": {"score": 0.7}}, CANDID + 2, jd=JD + 1)
    _store(db, {"fink": {"score": 0.1}}, CANDID - 2, jd=JD - 1)
    [note] = _notes(db)
    assert (note["data"]["score"], note["data"]["candid"], note["version"]) == (0.7, str(CANDID + 2), 2)
    assert [n["version"] for n in _notes(db, versions="*")] == [1, 2]


@pytest.mark.parametrize(("program", "seen_by"), [(1, "visitor scanner other"), (2, "scanner"), (3, "")])
def test_seen_by_whoever_sees_the_alert(house: Database, program: int, seen_by: str) -> None:
    _store(house, {"boom": {"rock": False}}, programid=program)
    assert {v.name for v in (VISITOR, SCANNER, OTHER) if _notes(house, v)} == set(seen_by.split())


def test_a_text_where_a_number_is_searched_for_is_left_out(db: Database) -> None:
    _store(db, {"fink": {"score": "high", "photo_z": 0.1, "class": "SN"}, "x" * 101: {"a": 1}})
    [note] = _notes(db)
    assert note["data"].keys() == {"candid", "mjd", "photo_z", "class"}
