"""A private group is named to nobody who is not in it, wherever rows that it shares with others are read."""

from __future__ import annotations

import pytest
from skyhub.candidates import current_decisions, decide
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import PermissionRefused
from skyhub.history import object_history
from skyhub.notes import COMMENTS
from skyhub.records import add, find, get
from skyhub.sources import save_source, unsave_source
from skyhub.team import add_groups
from support.houses import candidates_of

SCOPES = frozenset({"view", "scan", "save"})
INSIDER = Viewer("insider", frozenset({"transients", "hush"}), scopes=SCOPES)
OUTSIDER = Viewer("outsider", frozenset({"transients"}), scopes=SCOPES)


@pytest.fixture
def db(house: Database) -> Database:
    add_groups(house, {"hush": []})
    house.access.private.add(house.access.groups["hush"])
    return house


def test_records_name_it_to_its_members_only(db: Database) -> None:
    comment = {"object_id": "ZTF26public", "text": "Rising."}
    record = add(db, INSIDER, COMMENTS, [comment], ["transients", "hush"])["records"][0]
    assert record["groups"] == ["hush", "transients"]
    number = int(record["comment_id"])
    assert get(db, INSIDER, COMMENTS, number)["groups"] == ["hush", "transients"]
    assert get(db, ADMINISTRATOR, COMMENTS, number)["groups"] == ["hush", "transients"]
    assert get(db, OUTSIDER, COMMENTS, number)["groups"] == ["transients"]
    assert "hush" not in str(find(db, OUTSIDER, COMMENTS)) + str(object_history(db, OUTSIDER, "ZTF26public"))


def test_decisions_name_it_to_its_members_only(db: Database) -> None:
    number = candidates_of(db, INSIDER)["ZTF26public"]
    decide(db, INSIDER, "key", number, "save", ["transients", "hush"])
    assert "hush" in str(current_decisions(db, INSIDER, ["ZTF26public"]))
    assert "hush" not in str(current_decisions(db, OUTSIDER, ["ZTF26public"]))
    heard = db.reader.rows(OUTSIDER, "SELECT payload FROM @changes WHERE kind = 'decision'")
    assert len(heard) == 1
    assert "hush" not in str(heard)


def test_only_savers_save_or_take_off_directly(db: Database) -> None:
    db.access.group_savers[db.access.groups["transients"]] = {"insider"}
    with pytest.raises(PermissionRefused, match="its savers may"):
        save_source(db, OUTSIDER, "ZTF26public", ["transients"])
    with pytest.raises(PermissionRefused, match="its savers may"):
        save_source(db, OUTSIDER, "ZTF26public")
    assert save_source(db, INSIDER, "ZTF26public", ["transients"])["changed"] == ["transients"]
    with pytest.raises(PermissionRefused, match="its savers may"):
        unsave_source(db, OUTSIDER, "ZTF26public", ["transients"])
    assert [s["group"] for s in unsave_source(db, INSIDER, "ZTF26public", ["transients"])["saved"]] == []


def test_what_is_said_of_a_partners_object_is_for_the_partners(db: Database) -> None:
    both = Viewer("both", frozenset({"transients", "bursts"}), scopes=SCOPES)
    elsewhere = Viewer("elsewhere", frozenset({"bursts"}), scopes=SCOPES)
    for object_id in ("ZTF26partner", "ZTF26public"):
        add(db, both, COMMENTS, [{"object_id": object_id, "text": f"about {object_id}"}])
    assert {c["object_id"] for c in find(db, INSIDER, COMMENTS)} == {"ZTF26partner", "ZTF26public"}
    assert {c["object_id"] for c in find(db, elsewhere, COMMENTS)} == {"ZTF26public"}
    heard = db.reader.rows(elsewhere, "SELECT payload FROM @changes WHERE kind = 'comments'")
    assert "ZTF26partner" not in str(heard)
