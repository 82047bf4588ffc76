"""What people say of circulars: about an event or not, taken back; seen by their groups, reversible, as of a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.discovery import set_status
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.events import ingest_notice
from skyhub.published import (
    CIRCULAR_STATUSES,
    archive_members,
    circular_table,
    mark_circular,
    published_circular,
    reading_table,
    store_circulars,
)
from skyhub.records import history, remove
from skyhub.service import open_database
from skyhub.team import add_groups
from support.commands import skyhub
from support.houses import VISITOR

ANN = Viewer("ann", frozenset({"transients"}), scopes=ROLES["scientist"])
CAT = Viewer("cat", frozenset({"transients"}), scopes=ROLES["scientist"])
BOB = Viewer("bob", frozenset({"bursts"}), scopes=ROLES["scientist"])
EVENT, OTHER = "S230914ak", 34285
OWN = [34713, 34695, 34692]

_opened = count()


@pytest.fixture
def archive(shared: Path, empty_house: Path) -> Iterator[Database]:
    """Three real circulars about an event, and one about another."""
    with open_database(empty_house.parent / f"statuses {next(_opened)}") as db:
        add_groups(db, {"transients": (), "bursts": ()})
        members = archive_members([shared / "gcn" / "circulars"])
        store_circulars(db, ADMINISTRATOR, [one for one in members if b"S230914ak" in one[1] or f"{OTHER}" in one[0]])
        notice = shared / "gcn" / "json/gcn-schema/notices/icecube/lvk_nu_track_search.example.json"
        ingest_notice(db, ADMINISTRATOR, notice.read_bytes())
        yield db


def _statuses(db: Database, viewer: Viewer, *asked: str, as_of: Any = None) -> dict[int, str | None]:
    rows = circular_table(db, viewer, event=EVENT, statuses=asked, as_of=as_of).to_pylist()
    return {row["number"]: row["status"] for row in rows}


def test_what_does_not_fit_is_refused(archive: Database) -> None:
    for number, status, event, error, says in (
        (34713, "dubious", EVENT, InvalidInput, "status"),
        (34713, "unrelated", None, InvalidInput, "related and unrelated are said of a circular and an event"),
        (34713, "retracted", EVENT, InvalidInput, "retracted of a circular alone"),
        (34713, "unrelated", "S999999z", NotFound, "S999999z"),
        (1, "unrelated", EVENT, NotFound, "circular 1 is not here"),
    ):
        with pytest.raises(error, match=says):
            mark_circular(archive, ANN, number, status, event)
    with pytest.raises(PermissionRefused):
        mark_circular(archive, VISITOR, 34713, "unrelated", EVENT)
    with pytest.raises(InvalidInput, match="'odd' is no status: related, unrelated, retracted, unsaid"):
        circular_table(archive, ANN, event=EVENT, statuses=["odd"])
    with pytest.raises(InvalidInput, match="without an event"):
        circular_table(archive, ANN, statuses=["related"])
    assert set(_statuses(archive, ANN).values()) == {None}


def test_an_unrelated_circular_is_listed_as_such_and_can_be_said_otherwise(archive: Database) -> None:
    assert list(_statuses(archive, ANN)) == OWN
    before = archive.writer.write(lambda transaction: transaction.now)
    said = mark_circular(archive, ANN, 34713, "unrelated", EVENT, "another burst")
    assert _statuses(archive, ANN) == {34713: "unrelated", 34695: None, 34692: None}
    assert _statuses(archive, CAT, "unrelated") == {34713: "unrelated"}
    assert list(_statuses(archive, ANN, "related", "unsaid")) == [34695, 34692]
    assert _statuses(archive, BOB)[34713] is None
    assert _statuses(archive, ANN, as_of=before)[34713] is None
    [event] = published_circular(archive, ANN, 34713)["events"]
    assert (event["status"], event["reason"]) == ("unrelated", "another burst")
    mark_circular(archive, CAT, 34713, "related", EVENT)
    versions = history(archive, ANN, CIRCULAR_STATUSES, int(said["circular_status_id"]))
    assert [(one["status"], one["edited_by"]) for one in versions] == [("unrelated", "ann"), ("related", "cat")]
    remove(archive, ANN, CIRCULAR_STATUSES, int(said["circular_status_id"]))
    assert _statuses(archive, ANN)[34713] is None


def test_numbers_of_unrelated_and_retracted_circulars_are_none_of_the_event(archive: Database) -> None:
    def numbers() -> set[int]:
        return set(reading_table(archive, ANN, event=EVENT)["number"].to_pylist())

    for status, event, counted in (
        ("related", EVENT, {OTHER}),
        ("unrelated", EVENT, set()),
        ("related", EVENT, {OTHER}),
        ("retracted", None, set()),
    ):
        mark_circular(archive, ANN, OTHER, status, event)
        assert numbers() == counted
    assert len(reading_table(archive, ANN, number=OTHER)) > 0


def test_a_retracted_circular_is_so_everywhere(archive: Database) -> None:
    mark_circular(archive, ANN, 34695, "related", EVENT)
    mark_circular(archive, ANN, 34695, "retracted", reason="wrong field")
    assert _statuses(archive, ANN)[34695] == "retracted"
    rows = {row["number"]: row for row in circular_table(archive, ANN).to_pylist()}
    assert (rows[34695]["status"], rows[34695]["reason"], rows[34695]["said_by"]) == ("retracted", "wrong field", "ann")
    assert rows[34713]["status"] is None
    assert published_circular(archive, ANN, 34695)["status"] == "retracted"
    assert published_circular(archive, BOB, 34695)["status"] is None


def test_a_circular_that_names_no_event_is_made_its_own(archive: Database) -> None:
    mark_circular(archive, ANN, OTHER, "related", EVENT, "same error circle")
    rows = circular_table(archive, ANN, event=EVENT).to_pylist()
    assert {row["number"]: row["linked_by"] for row in rows}[OTHER] == "person"
    [event] = published_circular(archive, ANN, OTHER)["events"]
    assert event["linked_by"] == "person"
    assert OTHER not in _statuses(archive, BOB)
    assert published_circular(archive, BOB, OTHER)["events"] == []


def test_a_circular_tells_which_objects_it_shows_to_be_what(house: Database, shared: Path) -> None:
    notice = shared / "gcn" / "json/gcn-schema/notices/icecube/lvk_nu_track_search.example.json"
    ingest_notice(house, ADMINISTRATOR, notice.read_bytes())
    members = archive_members([shared / "gcn" / "circulars"])
    store_circulars(house, ADMINISTRATOR, [one for one in members if b"34713" in one[1]])
    set_status(house, ANN, EVENT, "ZTF26public", "rejected", "dwarf nova", circular=34713)
    [shown] = published_circular(house, ANN, 34713)["counterparts"]
    assert (shown["object_id"], shown["status"], shown["reason"]) == ("ZTF26public", "rejected", "dwarf nova")
    assert published_circular(house, BOB, 34713)["counterparts"] == []


def test_the_command_says_the_same(archive: Database) -> None:
    data = archive.data_dir
    archive.close()
    said = skyhub("circular", "mark", "34692", "unrelated", EVENT, "--reason", "a glitch", data_dir=data)
    assert (said["status"], said["reason"]) == ("unrelated", "a glitch")
    listed = skyhub("circular", "published", "--event", EVENT, "--status", "unrelated", data_dir=data)
    assert [row["number"] for row in listed["rows"]] == [34692]
