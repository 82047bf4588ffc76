"""Sources saved directly, beside scanners' decisions: for groups of one's own, undone by any of them, nothing forgotten."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from skyhub.candidates import decide
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.sources import groups_that_saved, object_record, save_source, sources_table, unsave_source
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of
from support.services import Served

NAME = "ZTF26public"
BOTH = Viewer("both", frozenset({"transients", "bursts"}), scopes=ROLES["scientist"])


def _saved(db: Database, viewer: Viewer = ADMINISTRATOR, name: str = NAME) -> dict[str, str]:
    return {row["group"]: row["saved_by"] for row in groups_that_saved(db, viewer, name)}


def test_what_cannot_be_saved(house: Database) -> None:
    with pytest.raises(PermissionRefused, match="save"):
        save_source(house, VISITOR, NAME)
    with pytest.raises(PermissionRefused, match="bursts"):
        save_source(house, SCANNER, NAME, ["bursts"])
    with pytest.raises(PermissionRefused):
        save_source(house, SCANNER, NAME, ["no such group"])
    with pytest.raises(NotFound):
        save_source(house, SCANNER, "ZTF26caltech")
    with pytest.raises(NotFound):
        unsave_source(house, SCANNER, "ZTF26caltech")
    with pytest.raises(InvalidInput):
        save_source(house, SCANNER, NAME, [])
    with pytest.raises(InvalidInput, match="belongs to groups"):
        save_source(house, ADMINISTRATOR, NAME, ["public"])
    with pytest.raises(PermissionRefused, match="upload"):
        save_source(house, SCANNER, "AT2026x", ra=10, dec=10)
    assert _saved(house) == {}


def test_a_source_is_saved_for_groups_and_seen_by_them(house: Database) -> None:
    answer = save_source(house, BOTH, NAME, ["bursts"])
    assert answer["changed"] == ["bursts"]
    assert _saved(house, OTHER) == {"bursts": "both"}
    assert _saved(house, SCANNER) == {}
    assert save_source(house, BOTH, NAME)["changed"] == ["transients"]
    assert _saved(house) == {"bursts": "both", "transients": "both"}
    assert save_source(house, SCANNER, NAME)["changed"] == []
    assert [row["group"] for row in sources_table(house, SCANNER)] == ["transients"]


def test_a_new_object_is_made_where_it_is(house: Database) -> None:
    save_source(house, BOTH, "AT2026x", ["bursts"], ra=12.5, dec=-3.25)
    record = object_record(house, OTHER, "AT2026x")
    assert (record["ra"], record["dec"], record["saved"][0]["group"]) == (12.5, -3.25, "bursts")
    with pytest.raises(NotFound):
        object_record(house, SCANNER, "AT2026x")


def test_it_is_taken_off_by_any_member_and_the_past_stays(house: Database) -> None:
    save_source(house, BOTH, NAME)
    before = datetime.now(UTC)
    assert unsave_source(house, SCANNER, NAME)["changed"] == ["transients"]
    assert _saved(house) == {"bursts": "both"}
    assert {row["group"] for row in groups_that_saved(house, BOTH, NAME, before)} == {"bursts", "transients"}
    assert unsave_source(house, SCANNER, NAME)["changed"] == []


def test_decisions_and_direct_saves_go_together(house: Database) -> None:
    candidate = candidates_of(house, SCANNER)[NAME]
    save_source(house, SCANNER, NAME)
    decide(house, COLLEAGUE, "a", candidate, "save")
    decide(house, COLLEAGUE, "b", candidate, "reject")
    decide(house, SCANNER, "c", candidate, "reject")
    assert _saved(house) == {"transients": "scanner"}
    decide(house, COLLEAGUE, "d", candidate, "save")
    unsave_source(house, SCANNER, NAME)
    assert _saved(house) == {}
    decide(house, SCANNER, "e", candidate, "undo")
    assert _saved(house) == {}
    decide(house, COLLEAGUE, "f", candidate, "save")
    assert _saved(house) == {"transients": "colleague"}
    record = object_record(house, COLLEAGUE, NAME)
    assert [d["verdict"] for d in record["decisions"]] == ["save"]


def test_an_undo_while_scanning_leaves_direct_saves_alone(house: Database) -> None:
    candidate = candidates_of(house, SCANNER)[NAME]
    decide(house, SCANNER, "a", candidate, "reject")
    save_source(house, SCANNER, NAME)
    decide(house, SCANNER, "b", candidate, "undo")
    assert _saved(house) == {"transients": "scanner"}


def test_many_at_once_leave_one_source(house: Database) -> None:
    changed: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: changed.append(save_source(house, SCANNER, NAME)["changed"])) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changed) == [[]] * 11 + [["transients"]]
    assert len(house.reader.rows(ADMINISTRATOR, "SELECT 1 FROM @sources")) == 1


def test_what_is_in_memory_is_what_is_on_disk(house: Database, served: Served) -> None:
    with served.sky(BOTH) as sky, served.sky(OTHER) as other:
        sky.sources.save(NAME)
        sky.sources.unsave(NAME, ["transients"])
        assert other.source(NAME)["saved"][0]["group"] == "bursts"
        assert sky.sources().to_pandas()["group"].tolist() == ["bursts"]
        assert sky.sources.save("AT 2026x+y", ["bursts"], ra=1, dec=2)["changed"] == ["bursts"]
        assert other.source("AT 2026x+y")["ra"] == 1.0
        with pytest.raises(NotFound, match="there is no object"):
            sky.sources.save("AT2026nowhere")
