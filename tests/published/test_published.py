"""Circulars that were published: taken whole or refused, linked to events of the sky, in force as of a time."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from skyhub.circulars import read_circular_file
from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.events import ingest_notice
from skyhub.published import (
    archive_members,
    circular_table,
    events_of_circular,
    names_of_event,
    published_circular,
    reading_table,
    store_circulars,
)
from skyhub.service import open_database
from skyhub.streams import ServiceReceiver
from skyhub.team import add_groups
from support.commands import skyhub
from support.houses import VISITOR

_TELLS = re.compile(rb"230824A|S230914ak|GRB 230728A|713559497")
NOTICES = (
    "voevent/gtecs/Swift/1187142-BAT_GRB_POS.xml",
    "json/gcn-schema/notices/icecube/lvk_nu_track_search.example.json",
)


def document(
    number: Any = 1, subject: str = "GRB 230812B: seen", body: str = "A. Author reports: r = 19.6 +/- 0.1."
) -> bytes:
    return json.dumps({"circularId": number, "subject": subject, "body": body, "createdOn": 1691867325790}).encode()


@pytest.fixture(scope="module")
def archive(shared: Path, empty_house: Path) -> Iterator[Database]:
    """Real circulars, and two events that some of them are about."""
    with open_database(empty_house.parent / "archive") as db:
        store_circulars(
            db, ADMINISTRATOR, [one for one in archive_members([shared / "gcn" / "circulars"]) if _TELLS.search(one[1])]
        )
        for notice in NOTICES:
            assert ingest_notice(db, ADMINISTRATOR, (shared / "gcn" / notice).read_bytes())["action"] == "created"
        yield db


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "no text in UTF-8"),
        (b'{"subject": "GRB 230812B"}', "no subject and body"),
        (document("34395"), "whole number"),
        (document(None), "no number"),
        (document(subject=" "), "no number, subject or text"),
        (b"SUBJECT: GRB 230812B: a draft\n\nA. Author reports.", "no number"),
        (b"x" * 1_000_001, "more than"),
    ],
)
def test_what_is_no_published_circular_is_refused_and_leaves_nothing(db: Database, content: bytes, says: str) -> None:
    done = store_circulars(db, ADMINISTRATOR, [("a.json", content)])
    assert (done.read, done.stored, done.duplicates) == (1, 0, 0)
    assert done.rejected[0]["file"] == "a.json"
    assert says in done.rejected[0]["reason"]
    assert len(circular_table(db, ADMINISTRATOR)) == 0


def test_who_may_not_bring_in_what_all_see_brings_nothing(db: Database) -> None:
    for viewer in (VISITOR, Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])):
        with pytest.raises(PermissionRefused, match="custom:skyhub:ingest"):
            store_circulars(db, viewer, [("", document())])
    with pytest.raises(InvalidInput, match="1 to 1000"):
        store_circulars(db, ADMINISTRATOR, [])


def test_archives_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.tar.gz").write_bytes(b"\x1f\x8b\x08\x00 abc")
    for path in (tmp_path / "cut.tar.gz", tmp_path / "absent.json"):
        with pytest.raises(InvalidInput, match="cannot be read"):
            list(archive_members([path]))


def test_a_new_text_is_a_new_version_and_the_old_one_is_still_known(db: Database) -> None:
    def store(*contents: bytes) -> tuple[int, int, int]:
        done = store_circulars(db, ADMINISTRATOR, [("", content) for content in contents])
        return done.stored, done.revised, done.duplicates

    assert store(document(7), document(8), document(8)) == (2, 0, 1)
    assert store(document(7)) == (0, 0, 1)
    then = db.writer.write(lambda transaction: transaction.now)
    assert store(document(7, body="Erratum: r = 19.8 +/- 0.1 mag."), document(9)) == (2, 1, 0)
    now = published_circular(db, VISITOR, 7)
    assert (now["version"], [one["mag"] for one in now["readings"]]) == (2, [19.8])
    before = published_circular(db, VISITOR, 7, then)
    assert (before["version"], [one["mag"] for one in before["readings"]]) == (1, [19.6])
    assert circular_table(db, VISITOR, as_of=then)["number"].to_pylist() == [8, 7]
    with pytest.raises(NotFound, match="circular 9 is not here"):
        published_circular(db, VISITOR, 9, then)


def test_real_circulars_belong_to_the_events_that_they_name(archive: Database) -> None:
    def linked(event: str) -> dict[int, str]:
        rows = circular_table(archive, VISITOR, event=event).to_pylist()
        return {row["number"]: row["linked_by"] for row in rows}

    assert linked("S230914ak") == {34692: "subject", 34695: "subject", 34713: "subject"}
    burst = linked("SWIFT#1187142")
    assert burst.pop(34547) == "subject"  # the only one that tells the trigger
    by_hand = {
        one.number
        for one in map(read_circular_file, (Path(row) for row in _files(archive)))
        if "230824A" in one.subject.replace(" ", "")
    }
    assert set(burst) | {34547} == by_hand
    assert set(burst.values()) == {"burst"}


def _files(db: Database) -> list[str]:
    return [row["file"] for row in db.reader.rows(ADMINISTRATOR, "SELECT file FROM @published_circulars")]


def test_a_burst_that_no_notice_names_is_found_by_its_name(archive: Database) -> None:
    rows = circular_table(archive, VISITOR, event="GRB230728A").to_pylist()
    assert 34285 in [row["number"] for row in rows]
    assert {row["linked_by"] for row in rows} == {"subject"}
    assert len(reading_table(archive, VISITOR, event="GRB 230728A", kinds=["magnitude"])) > 0
    with pytest.raises(NotFound, match="there is no event 'GRB 990101A'"):
        circular_table(archive, VISITOR, event="GRB 990101A")


def test_a_circular_tells_its_events(archive: Database) -> None:
    [event] = events_of_circular(archive, VISITOR, 34713)
    assert (event["aliases"], event["linked_by"]) == (["LVC#S230914ak"], "subject")
    [burst] = events_of_circular(archive, VISITOR, 34577)
    assert (burst["aliases"], burst["linked_by"]) == (["SWIFT#1187142"], "burst")
    assert events_of_circular(archive, VISITOR, 34386) == []


def test_an_event_that_few_may_see_is_not_told_by_its_circulars(db: Database, shared: Path) -> None:
    vera = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
    add_groups(db, {"transients": []})
    ingest_notice(db, vera, (shared / "gcn" / NOTICES[0]).read_bytes(), groups=["transients"])
    store_circulars(db, ADMINISTRATOR, list(archive_members([shared / "gcn" / "circulars" / "34547.json"])))
    assert len(published_circular(db, vera, 34547)["events"]) == 1
    assert published_circular(db, VISITOR, 34547)["events"] == []
    with pytest.raises(NotFound, match="there is no event"):
        circular_table(db, VISITOR, event="SWIFT#1187142")


def test_a_trigger_of_another_year_is_another_one(db: Database, shared: Path) -> None:
    ingest_notice(db, ADMINISTRATOR, (shared / "gcn" / NOTICES[0]).read_bytes())
    early = json.dumps(
        {
            "circularId": 5,
            "subject": "GRB 130824A: a burst",
            "body": "Swift trigger 1187142 is told.",
            "createdOn": 1377300000000,
        }
    ).encode()
    store_circulars(db, ADMINISTRATOR, [("", early)])
    assert len(circular_table(db, VISITOR, event="SWIFT#1187142")) == 0


@pytest.mark.parametrize(
    ("alias", "names"),
    [
        ("LVC#MS181101ab", ["MS181101ab"]),
        ("FERMI#713559497", ["trigger 713559497"]),
        ("FERMI#bn230812790", ["bn230812790"]),
        ("ICECUBE#138354_45413430", ["138354_45413430"]),
        ("SVOM#sb24022203", ["sb24022203"]),
        ("SWIFT#-1373890615", []),
        ("GECAM#175", []),
    ],
)
def test_names_of_events_are_as_circulars_write_them(alias: str, names: list[str]) -> None:
    assert names_of_event([alias]) == names


def test_numbers_are_listed_with_their_sentences(archive: Database) -> None:
    found = reading_table(archive, VISITOR, number=34285, kinds=["magnitude"]).to_pylist()
    assert (found[0]["filter"], found[0]["mag"], found[0]["is_limit"]) == ("r", 24.2, True)
    assert "down to upper limits of r > 24.2 mag" in found[0]["sentence"]
    swift = reading_table(archive, VISITOR, event="S230914ak", kinds=["position"])
    assert set(swift["number"].to_pylist()) <= {34692, 34695, 34713}
    assert len(reading_table(archive, VISITOR, event="S230914ak", number=34285)) == 0


def test_the_commands_bring_an_archive_in_and_show_it(shared: Path, tmp_path: Path) -> None:
    packed = tmp_path / "archive.json.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        for number in (34285, 34386):
            tar.add(shared / "gcn" / "circulars" / f"{number}.json", f"archive.json/{number}.json")
        tar.addfile(tarfile.TarInfo("archive.json/README.md"), io.BytesIO())
    data = ("--data-dir", tmp_path / "data")
    done = skyhub("ingest", "circulars", packed, *data)
    assert (done["read"], done["stored"], done["rejected"]) == (2, 2, [])
    assert "Gamma-ray Burst Monitor" in skyhub("circular", "published", 34386, *data)["body"]


def test_the_client_tells_the_same(sky: Sky, tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(document(11))
    assert sky.published_circulars.ingest(tmp_path)["stored"] == 1
    assert sky.published_circulars(text="grb 230812b").to_rows()[0]["subject"] == "GRB 230812B: seen"
    assert sky.published_circulars.get(11)["body"].startswith("A. Author")
    assert sky.published_circulars.readings(number=11).to_rows()[0]["mag"] == 19.6


def test_a_stream_hands_them_in(sky: Sky) -> None:
    receiver = ServiceReceiver(lambda: sky.transport)
    said = [receiver.circular("t/0/1", document(12)), receiver.circular("t/0/2", document(12))]
    assert [*said, receiver.circular("t/0/3", document(12, body="Erratum."))] == ["created", "duplicate", "updated"]
    with pytest.raises(InvalidInput, match="no number"):
        receiver.circular("t/0/4", document(None))
