"""History and audit: everything in its order, nothing that one may not see, the past as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from skyhub.candidates import decide
from skyhub.classification import CLASSIFICATIONS, vote
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.history import audit, object_history
from skyhub.kinds import KINDS
from skyhub.notes import ANNOTATIONS, COMMENTS, LIST_ENTRIES, REDSHIFTS
from skyhub.objects import ensure_object
from skyhub.records import Kind, add, edit, remove, share
from skyhub.sources import ALIASES, SAME_AS, save_source, unsave_source
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of
from support.services import Served

NAME, PARTNER, HIDDEN = "ZTF26public", "ZTF26partner", "ZTF26caltech"
SCIENTIST = Viewer("scientist", frozenset({"transients"}), scopes=ROLES["scientist"])


def _note(db: Database, kind: Kind[Any], viewer: Viewer = SCANNER, **fields: Any) -> int:
    record: dict[str, Any] = add(db, viewer, kind, [{"object_id": NAME, **fields}])["records"][0]
    return int(record[kind.id_column])


def _steps(rows: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    return [(row["table"], row["action"], row["who"]) for row in rows]


@pytest.mark.parametrize("name", ["nothing", "", HIDDEN])
def test_what_one_may_not_see_has_no_history(house: Database, name: str) -> None:
    for viewer in (SCANNER, VISITOR):
        with pytest.raises(NotFound, match="among those that you may see"):
            object_history(house, viewer, name)
    with pytest.raises(NotFound):
        object_history(house, ADMINISTRATOR, NAME, datetime(2020, 1, 1, tzinfo=UTC))


def test_the_story_of_an_object(house: Database) -> None:
    candidate = candidates_of(house, SCANNER)[NAME]
    decide(house, SCANNER, "a", candidate, "save")
    redshift = _note(house, REDSHIFTS, redshift=0.1, type="host")
    edit(house, SCANNER, REDSHIFTS, redshift, {"redshift": 0.2, "origin": "spectrum"})
    classification = _note(house, CLASSIFICATIONS, COLLEAGUE, classification="Ia")
    vote(house, SCANNER, classification, 1)
    comment = _note(house, COMMENTS, text="hello")
    remove(house, SCANNER, COMMENTS, comment)
    unsave_source(house, COLLEAGUE, NAME)
    rows = object_history(house, SCANNER, NAME)
    received = {step for step in _steps(rows) if step[2] is None}
    assert {("objects", "added", None), ("alerts", "received", None), ("photometry", "received", None)} <= received
    assert ("candidates", "passed", None) in received
    assert [step for step in _steps(rows) if step[2]] == [
        ("decisions", "save", "scanner"),
        ("sources", "saved", "scanner"),
        ("redshifts", "added", "scanner"),
        ("redshifts", "revised", "scanner"),
        ("classifications", "added", "colleague"),
        ("classification_votes", "added", "scanner"),
        ("comments", "added", "scanner"),
        ("comments", "removed", "scanner"),
        ("decisions", "unsave", "colleague"),
        ("sources", "unsaved", "colleague"),
    ]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    [revised] = [row for row in rows if row["action"] == "revised"]
    assert revised["record_id"] == str(redshift)
    assert (revised["before"], revised["after"]) == (
        {"redshift": 0.1, "origin": None},
        {"redshift": 0.2, "origin": "spectrum"},
    )
    [removed] = [row for row in rows if row["action"] == "removed"]
    assert (removed["before"]["text"], removed["after"]) == ("hello", None)
    [points] = [row for row in rows if row["table"] == "photometry"]
    assert (points["after"]["n_points"], points["after"]["filters"]) == (3, ["ztfg", "ztfr"])


def test_everybody_reads_his_own_history(house: Database) -> None:
    _note(house, COMMENTS, text="for transients")
    _note(house, COMMENTS, OTHER, text="for bursts")
    number = _note(house, LIST_ENTRIES, list_name="favourites")
    remove(house, SCANNER, LIST_ENTRIES, number)

    def told(viewer: Viewer) -> list[str]:
        return [row["table"] for row in object_history(house, viewer, NAME) if row["who"]]

    assert told(SCANNER) == ["comments", "list_entries", "list_entries"]
    assert told(COLLEAGUE) == ["comments"]
    assert told(OTHER) == ["comments"]
    assert told(VISITOR) == []
    assert len(told(ADMINISTRATOR)) == 4


def test_a_share_counts_for_the_past_as_well(house: Database) -> None:
    number = _note(house, COMMENTS, text="ours")
    edit(house, SCANNER, COMMENTS, number, {"text": "yours too"})
    share(house, ADMINISTRATOR, COMMENTS, number, ["bursts"])
    assert [row["after"]["text"] for row in object_history(house, OTHER, NAME) if row["who"]] == ["ours", "yours too"]
    assert [row for row in object_history(house, COLLEAGUE, NAME) if row["who"]] == []


def test_history_as_of_a_time_is_the_beginning_of_the_history(house: Database) -> None:
    moments: list[datetime] = []

    def then(action: Callable[[], Any]) -> Any:
        done = action()
        moments.append(datetime.now(UTC))
        return done

    number = then(lambda: _note(house, REDSHIFTS, redshift=0.1, type="host"))
    then(lambda: edit(house, SCANNER, REDSHIFTS, number, {"redshift": 0.2}))
    then(lambda: remove(house, SCANNER, REDSHIFTS, number))
    then(lambda: save_source(house, SCANNER, NAME))
    whole = object_history(house, SCANNER, NAME)
    for place, moment in enumerate(moments):
        known = object_history(house, SCANNER, NAME, moment)
        assert known == whole[: len(known)]
        assert len([row for row in known if row["table"] == "redshifts"]) == min(place + 1, 3)


def test_a_link_is_in_the_history_of_both(house: Database) -> None:
    _note(house, SAME_AS, other_id=PARTNER)
    _note(house, ALIASES, alias="SN 2026abc")
    for name, tables in ((NAME, ["same_as", "aliases"]), (PARTNER, ["same_as"])):
        assert [row["table"] for row in object_history(house, SCANNER, name) if row["who"]] == tables


def test_every_kind_about_objects_is_in_the_history(house: Database) -> None:
    ensure_object(house, SCIENTIST, "AT2026x", 1, 2)
    about = {kind.table for kind in KINDS if kind.about_object}
    assert {
        "comments",
        "annotations",
        "redshifts",
        "classifications",
        "list_entries",
        "object_tags",
        "aliases",
    } <= about
    assert _steps(object_history(house, SCIENTIST, "AT2026x")) == [("objects", "added", None)]


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_impossible_pages_of_the_audit(house: Database, limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        audit(house, ADMINISTRATOR, limit=limit)


def test_the_audit_says_who_wrote_what(house: Database) -> None:
    before = datetime.now(UTC)
    candidate = candidates_of(house, SCANNER)[NAME]
    decide(house, SCANNER, "a", candidate, "reject")
    number = _note(house, ANNOTATIONS, COLLEAGUE, origin='a "user": "scanner"', data={"x": 1})
    edit(house, COLLEAGUE, ANNOTATIONS, number, {"data": {"x": 2}})
    _note(house, COMMENTS, OTHER, text="for bursts")

    def found(viewer: Viewer, **where: Any) -> list[tuple[str, str, str]]:
        rows = audit(house, viewer, since=before, **where)
        return [(row["table"], row["action"], row["user"]) for row in rows]

    assert found(ADMINISTRATOR) == [
        ("comments", "added", "other"),
        ("annotations", "revised", "colleague"),
        ("annotations", "added", "colleague"),
        ("decisions", "reject", "scanner"),
    ]
    assert found(SCANNER) == found(ADMINISTRATOR)[1:]
    assert found(VISITOR) == []
    assert found(ADMINISTRATOR, user="scanner") == [("decisions", "reject", "scanner")]
    assert found(ADMINISTRATOR, table="decisions") == [("decisions", "reject", "scanner")]
    assert len(found(ADMINISTRATOR, object_id=NAME)) == 4
    assert found(ADMINISTRATOR, object_id=PARTNER) == []
    assert found(ADMINISTRATOR, user="' OR true --") == []
    [newest] = audit(house, ADMINISTRATOR, since=before, limit=1)
    assert audit(house, ADMINISTRATOR, since=before, before=int(newest["seq"]), limit=1)[0]["action"] == "revised"
    assert audit(house, ADMINISTRATOR, table="annotations", limit=1)[0]["record_id"] == str(number)
    assert audit(house, ADMINISTRATOR, since=datetime.now(UTC)) == []


def test_the_service_and_the_client_agree(served: Served) -> None:
    with served.sky(SCANNER) as sky, served.sky(OTHER) as other:
        number = sky.redshifts.add(object_id=NAME, redshift=0.1, type="host")["redshift_id"]
        moment = datetime.now(UTC)
        sky.redshifts.edit(number, redshift=0.2)
        rows = sky.history(NAME).to_rows()
        assert [row["action"] for row in rows if row["table"] == "redshifts"] == ["added", "revised"]
        assert rows[-1]["before"] == '{"redshift": 0.1}'
        assert len(sky.history(NAME, as_of=moment)) == len(rows) - 1
        assert sky.source(NAME, as_of=moment)["redshift"]["redshift"] == 0.1
        assert [row["user"] for row in sky.audit(user="scanner", table="redshifts")] == ["scanner", "scanner"]
        assert len(other.audit(user="scanner")) == 0
        with pytest.raises(NotFound):
            sky.history(HIDDEN)
