"""Comments, annotations, redshifts, lists and tags: what cannot be is refused; rights, versions and time travel hold."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, PERSONAL, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.notes import (
    ANNOTATIONS,
    COMMENTS,
    KINDS,
    LIST_ENTRIES,
    OBJECT_TAGS,
    REDSHIFTS,
    TAGS,
    annotated,
    redshift_in_force,
    toggle,
    watches_at,
)
from skyhub.records import Kind, add, edit, find, get, history, remove
from skyhub.team import add_user
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR

sys.path.insert(0, str(Path(__file__).parent))

from notes_support import CALTECH, LEADER, PARTNER, PUBLIC, note, require_migrated


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_the_migration_makes_the_table(house: Database, kind: Kind[Any]) -> None:
    require_migrated(house, kind)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"text": ""}, "text"),
        ({"text": "  "}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "x", "object_id": None}, ""),
        ({"text": "x", "about_table": "alerts"}, ""),
        ({"text": "x", "about_id": 3}, ""),
        ({"text": "x", "about_table": "acls", "about_id": 1}, "about_table"),
        ({"text": "x", "about_table": "users; DROP TABLE users", "about_id": 1}, "about_table"),
        ({"text": "x", "about_table": "alerts", "about_id": "ZTF:one"}, "about_id"),
        ({"text": "x", "about_table": "spectra", "about_id": "ZTF:1"}, "about_id"),
        ({"text": "x", "about_table": "alerts", "about_id": "ZTF:1", "about_survey": "LSST"}, "about_id"),
        ({"text": "x", "about_table": "candidates", "about_id": 1, "about_survey": "ZTF"}, ""),
        ({"text": "x", "html": "<b>"}, "html"),
    ],
)
def test_comments_that_cannot_be(house: Database, fields: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        note(house, COMMENTS, **{"object_id": PUBLIC, **fields})
    assert refused.value.where == where
    assert find(house, ADMINISTRATOR, COMMENTS) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"object_id": CALTECH},
        {"object_id": "ZTF26nothing"},
        {"object_id": PUBLIC, "about_table": "candidates", "about_id": 999_999},
        {"object_id": PUBLIC, "reply_to": 999},
        {"object_id": PUBLIC, "attachments": [999]},
    ],
)
def test_nobody_comments_on_what_he_may_not_see(house: Database, fields: dict[str, Any]) -> None:
    with pytest.raises(NotFound, match="among those that you may see"):
        note(house, COMMENTS, text="hello", **fields)


def test_a_viewer_may_not_write(house: Database) -> None:
    with pytest.raises(PermissionRefused, match="save"):
        note(house, COMMENTS, VISITOR, object_id=PUBLIC, text="hello")


def test_a_comment_is_seen_by_its_groups_and_read_as_html(house: Database) -> None:
    comment = note(house, COMMENTS, object_id=PUBLIC, text="**Rising** <script>alert(1)</script>")
    number = int(comment["comment_id"])
    assert get(house, COLLEAGUE, COMMENTS, number)["html"] == (
        "<p><strong>Rising</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
    )
    for viewer in (OTHER, VISITOR):
        assert find(house, viewer, COMMENTS, {"object_id": PUBLIC}) == []
        with pytest.raises(NotFound):
            get(house, viewer, COMMENTS, number)


def test_an_edit_stays_readable(house: Database) -> None:
    number = int(note(house, COMMENTS, object_id=PUBLIC, text="SN Ia?")["comment_id"])
    between = datetime.now(UTC)
    edit(house, SCANNER, COMMENTS, number, {"text": "SN II!"})
    with pytest.raises(PermissionRefused):
        edit(house, COLLEAGUE, COMMENTS, number, {"text": "mine"})
    assert [row["text"] for row in history(house, COLLEAGUE, COMMENTS, number)] == ["SN Ia?", "SN II!"]
    assert get(house, COLLEAGUE, COMMENTS, number, between)["html"] == "<p>SN Ia?</p>\n"
    remove(house, SCANNER, COMMENTS, number)
    assert find(house, SCANNER, COMMENTS) == []
    assert len(find(house, SCANNER, COMMENTS, as_of=between)) == 1


def test_an_edit_does_not_lead_to_what_one_may_not_see(house: Database) -> None:
    number = int(note(house, COMMENTS, object_id=PUBLIC, text="here")["comment_id"])
    with pytest.raises(NotFound):
        edit(house, SCANNER, COMMENTS, number, {"object_id": CALTECH})


def test_comments_on_records_know_their_object(house: Database) -> None:
    [candidate] = house.reader.rows(
        SCANNER, "SELECT candidate_id FROM @candidates WHERE object_id = ? ORDER BY ALL LIMIT 1", [PARTNER]
    )
    on_record = note(
        house, COMMENTS, about_table="candidates", about_id=candidate["candidate_id"], text="Nice subtraction."
    )
    assert on_record["object_id"] == PARTNER
    on_comment = note(house, COMMENTS, about_table="comments", about_id=int(on_record["comment_id"]), text="Indeed.")
    assert on_comment["object_id"] == PARTNER
    with pytest.raises(InvalidInput, match="has 'ZTF26partner'"):
        note(
            house,
            COMMENTS,
            object_id=PUBLIC,
            about_table="candidates",
            about_id=candidate["candidate_id"],
            text="wrong object",
        )


def test_answers_belong_to_the_same_thing(house: Database) -> None:
    question = note(house, COMMENTS, object_id=PUBLIC, text="Who takes a spectrum?")
    answer = note(house, COMMENTS, COLLEAGUE, reply_to=int(question["comment_id"]), text="I do.")
    assert (answer["object_id"], answer["reply_to"]) == (PUBLIC, int(question["comment_id"]))
    with pytest.raises(InvalidInput, match="what it answers"):
        note(house, COMMENTS, reply_to=int(question["comment_id"]), object_id=PARTNER, text="elsewhere")
    hidden = note(house, COMMENTS, OTHER, object_id=PUBLIC, text="between us")
    with pytest.raises(NotFound):
        note(house, COMMENTS, reply_to=int(hidden["comment_id"]), text="I heard you")


def test_the_mentioned_hear_of_it(house: Database) -> None:
    add_user(house, "olaf", ["transients"])
    heard: list[dict[str, Any]] = []
    stop = house.changes.listen(lambda changes: heard.extend(change.document() for change in changes))
    comment = note(house, COMMENTS, object_id=PUBLIC, text="@olaf and @nobody: look, `@olaf`")
    stop()
    assert comment["mentions"] == ["olaf"]
    [change] = [c for c in heard if c["kind"] == "comments"]
    assert (change["action"], change["user"], change["mentions"]) == ("added", "scanner", ["olaf"])
    edited = edit(house, SCANNER, COMMENTS, int(comment["comment_id"]), {"text": "never mind"})
    assert edited["mentions"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"data": {}},
        {"data": {"parallax": "near"}},
        {"data": {"parallax": True}},
        {"data": {"x": float("nan")}},
        {"data": {"x": "y" * 100_001}},
        {"data": [1]},
        {"origin": ""},
        {"object_id": None},
        {"about_table": "comments", "about_id": 1},
    ],
)
def test_annotations_that_cannot_be(house: Database, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        note(house, ANNOTATIONS, **{"object_id": PUBLIC, "origin": "gaia", "data": {"x": 1}, **fields})


def test_one_annotation_per_object_and_origin(house: Database) -> None:
    note(house, ANNOTATIONS, object_id=PUBLIC, origin="gaia", data={"parallax": 1.5, "G": 18.1})
    with pytest.raises(Conflict, match="is there already"):
        note(house, ANNOTATIONS, object_id=PUBLIC, origin="gaia", data={"G": 18.2})
    note(house, ANNOTATIONS, object_id=PUBLIC, origin="wise", data={"W1-W2": 0.9})
    revised = add(
        house,
        SCANNER,
        ANNOTATIONS,
        [{"object_id": PUBLIC, "origin": "gaia", "data": {"parallax": 1.6, "G": 18.2}}],
        revise=True,
    )
    assert revised["revised"] == 1
    [row] = find(house, COLLEAGUE, ANNOTATIONS, {"object_id": PUBLIC, "origin": "gaia"})
    assert (row["parallax"], row["data"]["G"], row["version"]) == (1.6, 18.2, 2)


def test_annotations_on_points_know_their_object(house: Database) -> None:
    [point] = house.reader.rows(
        SCANNER, "SELECT photometry_id FROM @photometry WHERE object_id = ? ORDER BY mjd LIMIT 1", [PARTNER]
    )
    note(house, ANNOTATIONS, object_id=PARTNER, origin="qa", data={"x": 1})
    on_point = note(
        house, ANNOTATIONS, about_table="photometry", about_id=point["photometry_id"], origin="qa", data={"x": 2}
    )
    assert on_point["object_id"] == PARTNER
    assert len(find(house, SCANNER, ANNOTATIONS, {"object_id": PARTNER})) == 2
    with pytest.raises(NotFound):
        note(
            house,
            ANNOTATIONS,
            OTHER,
            about_table="photometry",
            about_id=point["photometry_id"],
            origin="x",
            data={"x": 1},
        )


def test_annotations_are_found_by_their_numbers(house: Database) -> None:
    note(house, ANNOTATIONS, object_id=PUBLIC, origin="a", data={"score": 0.2, "odd/key~": 5, "text": "high"})
    note(house, ANNOTATIONS, object_id=PARTNER, origin="b", data={"score": 0.9, "odd/key~": 7.5, "text": 3})
    note(house, ANNOTATIONS, OTHER, object_id=PUBLIC, origin="c", data={"score": 0.5})

    def found(key: str, **bounds: Any) -> list[float]:
        return [row["value"] for row in annotated(house, SCANNER, key, **bounds)]

    assert found("score") == [0.2, 0.9]
    assert found("score", low=0.2, high=0.2) == [0.2]
    assert found("score", origin="b") == [0.9]
    assert found("odd/key~", low=6) == [7.5]
    assert found("text") == [3.0]
    assert found("' OR 1=1 --") == []
    assert [row["value"] for row in annotated(house, ADMINISTRATOR, "score")] == [0.2, 0.5, 0.9]
    assert annotated(house, SCANNER, "score", as_of=datetime(2020, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    "fields", [{"redshift": 21}, {"redshift": -0.2}, {"error": -0.1}, {"type": "guessed"}, {"redshift": float("inf")}]
)
def test_redshifts_that_cannot_be(house: Database, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        note(house, REDSHIFTS, **{"object_id": PUBLIC, "redshift": 0.1, "type": "host", **fields})


def test_the_most_trusted_and_newest_redshift_is_in_force(house: Database) -> None:
    assert redshift_in_force([]) is None
    in_force = []
    for z, sort in (
        (0.11, "photometric"),
        (0.1, "host"),
        (0.12, "photometric"),
        (0.101, "spectroscopic"),
        (0.102, "host"),
    ):
        note(house, REDSHIFTS, object_id=PUBLIC, redshift=z, error=0.01, type=sort)
        best = redshift_in_force(find(house, COLLEAGUE, REDSHIFTS, {"object_id": PUBLIC}))
        assert best is not None
        in_force.append(best["redshift"])
    assert in_force == [0.11, 0.1, 0.1, 0.101, 0.101]


def test_lists_are_ones_own_unless_they_are_shared(house: Database) -> None:
    mine = note(house, LIST_ENTRIES, object_id=PUBLIC, list_name="favourites")
    assert (mine["owner"], mine["groups"]) == ("scanner", [f"{PERSONAL}scanner"])
    assert find(house, COLLEAGUE, LIST_ENTRIES) == []
    note(house, LIST_ENTRIES, groups=["transients"], object_id=PARTNER, list_name="to classify")
    assert [row["object_id"] for row in find(house, COLLEAGUE, LIST_ENTRIES)] == [PARTNER]
    with pytest.raises(Conflict):
        note(house, LIST_ENTRIES, object_id=PUBLIC, list_name="favourites")
    note(house, LIST_ENTRIES, COLLEAGUE, groups=["transients"], object_id=PARTNER, list_name="to classify")
    with pytest.raises(PermissionRefused, match="a list of colleague"):
        note(house, LIST_ENTRIES, object_id=PUBLIC, list_name="favourites", owner="colleague")


def test_an_entry_is_toggled_and_its_history_kept(house: Database) -> None:
    states = [toggle(house, SCANNER, PUBLIC, "rejected")["on_list"] for _ in range(3)]
    assert states == [True, False, True]
    assert not toggle(house, SCANNER, PUBLIC, "rejected")["on_list"]
    assert find(house, SCANNER, LIST_ENTRIES) == []
    rows = house.reader.rows(SCANNER, "SELECT known_until FROM @list_entries*")
    assert len(rows) == 2
    assert all(row["known_until"] for row in rows)
    with pytest.raises(NotFound):
        toggle(house, SCANNER, CALTECH, "rejected")


def test_watch_lists_find_what_comes_near(house: Database) -> None:
    note(house, LIST_ENTRIES, object_id=PUBLIC, list_name="hosts", radius=10)
    note(house, LIST_ENTRIES, object_id=PARTNER, list_name="hosts", radius=3000, groups=["transients"])
    note(house, LIST_ENTRIES, object_id=PUBLIC, list_name="favourites")
    [near] = watches_at(house, SCANNER, 150.0, 2.5 + 5 / 3600)
    assert (near["object_id"], near["list_name"]) == (PUBLIC, "hosts")
    assert near["separation_arcsec"] == pytest.approx(5)
    assert watches_at(house, SCANNER, 150.0, 2.5 + 11 / 3600) == []
    assert watches_at(house, COLLEAGUE, 150.0, 2.5) == []
    assert [row["object_id"] for row in watches_at(house, COLLEAGUE, 151.5, 2.5)] == [PARTNER]
    for radius in (0, -1, 3601):
        with pytest.raises(InvalidInput):
            note(house, LIST_ENTRIES, object_id=PUBLIC, list_name="wide", radius=radius)


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "<b>"}, {"colour": "red"}, {"colour": "#12345"}, {"colour": "#1234567"}]
)
def test_tags_that_cannot_be(house: Database, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        note(house, TAGS, **{"name": "young", "colour": "#ff8800", **fields})


def test_objects_have_tags_of_the_registry(house: Database) -> None:
    with pytest.raises(InvalidInput, match="no tag 'young'"):
        note(house, OBJECT_TAGS, object_id=PUBLIC, tag="young")
    note(house, TAGS, name="Young", colour="#ff8800")
    assert note(house, OBJECT_TAGS, COLLEAGUE, object_id=PUBLIC, tag="young")["tag"] == "Young"
    with pytest.raises(Conflict):
        note(house, OBJECT_TAGS, object_id=PUBLIC, tag="YOUNG")
    with pytest.raises(InvalidInput, match="none yet"):
        note(house, OBJECT_TAGS, OTHER, object_id=PUBLIC, tag="Young")


def test_the_service_and_the_client_agree(served: Any) -> None:
    with served.sky(SCANNER) as sky, served.sky(COLLEAGUE) as colleague:
        sky.comments.add(object_id=PUBLIC, text="Rising *fast*")
        assert colleague.comments.rows(object_id=PUBLIC)[0]["html"] == "<p>Rising <em>fast</em></p>\n"
        sky.annotations.add(object_id=PUBLIC, origin="gaia", data={"parallax": 1.5, "G": 18.1})
        sky.annotations.add(object_id=PUBLIC, origin="wise", data={"W1": "bright"})
        assert colleague.annotations.search("G", min=18, max=19).to_rows()[0]["value"] == 18.1
        assert json.loads(sky.annotations().to_rows()[0]["data"]) == {"W1": "bright"}
        assert sky.lists.toggle(PUBLIC)
        assert not sky.lists.toggle(PUBLIC)
        sky.lists.add(object_id=PUBLIC, list_name="hosts", radius=10)
        assert sky.lists.watching(150.0, 2.5)[0]["list_name"] == "hosts"
        assert colleague.lists.watching(150.0, 2.5) == []
        with pytest.raises(InvalidInput, match="min"):
            sky.annotations.search("G", min=float("nan"))


def test_a_leader_corrects_what_members_wrote(house: Database) -> None:
    number = int(
        note(house, REDSHIFTS, groups=["transients"], object_id=PUBLIC, redshift=1, type="host")["redshift_id"]
    )
    stranger = Viewer("stranger", frozenset({"transients"}), scopes=LEADER.scopes)
    with pytest.raises(PermissionRefused):
        edit(house, stranger, REDSHIFTS, number, {"redshift": 0.1})
    house.access.group_admins[house.access.groups["transients"]] = {"leader"}
    assert edit(house, LEADER, REDSHIFTS, number, {"redshift": 0.1})["edited_by"] == "leader"
