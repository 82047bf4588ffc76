"""Objects by name: what cannot be is refused, what is known is kept, and nothing is told of what one may not see."""

from __future__ import annotations

import threading

import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.objects import Place, ensure_object, ensure_objects, unseen_objects
from support.houses import OTHER, SCANNER

UPLOADER = Viewer("uploader", frozenset({"transients"}), scopes=ROLES["scientist"])
BURSTER = Viewer("burster", frozenset({"bursts"}), scopes=ROLES["scientist"])


def _rows(db: Database, viewer: Viewer, name: str) -> list[dict[str, object]]:
    return db.reader.rows(viewer, "SELECT ra, dec, survey FROM @objects WHERE object_id = ?", [name])


@pytest.mark.parametrize("name", ["", " AT2026x", "AT/2026x", "a" * 65, "x?y", "é", "<b>", "a\nb", "AT2026x "])
def test_odd_names_are_refused(house: Database, name: str) -> None:
    with pytest.raises(InvalidInput, match="no name of an object"):
        ensure_object(house, UPLOADER, name, 10, 10)


@pytest.mark.parametrize(("ra", "dec"), [(-1, 0), (361, 0), (0, 91), (0, -91), (float("nan"), 0), (0, float("inf"))])
def test_impossible_positions_are_refused_and_nothing_is_made(house: Database, ra: float, dec: float) -> None:
    with pytest.raises(InvalidInput, match="permitted"):
        ensure_objects(house, UPLOADER, {"AT2026a": Place(10, 10), "AT2026b": Place(ra, dec)})
    assert unseen_objects(house, ADMINISTRATOR, ["AT2026a", "AT2026b"]) == ["AT2026a", "AT2026b"]


def test_a_new_object_needs_a_position_a_scope_and_groups_of_ones_own(house: Database) -> None:
    with pytest.raises(NotFound, match="give ra and dec"):
        ensure_object(house, UPLOADER, "AT2026x")
    with pytest.raises(PermissionRefused, match="upload"):
        ensure_object(house, SCANNER, "AT2026x", 10, 10)
    with pytest.raises(PermissionRefused, match="bursts"):
        ensure_object(house, UPLOADER, "AT2026x", 10, 10, ["bursts"])


def test_a_new_object_is_seen_by_its_groups(house: Database) -> None:
    assert ensure_object(house, UPLOADER, "AT2026x", 360, -10.5)
    assert not ensure_object(house, UPLOADER, "AT2026x", 50, 50)
    assert _rows(house, SCANNER, "AT2026x") == [{"ra": 0.0, "dec": -10.5, "survey": "uploaded"}]
    assert _rows(house, OTHER, "AT2026x") == []


def test_a_known_object_keeps_its_position(house: Database) -> None:
    assert not ensure_object(house, UPLOADER, "ZTF26public")
    assert _rows(house, SCANNER, "ZTF26public")[0]["ra"] == 150.0


def test_an_object_that_one_may_not_see_is_made_as_if_it_were_not_there(house: Database) -> None:
    assert ensure_object(house, BURSTER, "ZTF26caltech", 12, 13)
    assert _rows(house, BURSTER, "ZTF26caltech") == [{"ra": 12.0, "dec": 13.0, "survey": "uploaded"}]
    assert len(_rows(house, ADMINISTRATOR, "ZTF26caltech")) == 2


def test_many_at_once_make_one_object(house: Database) -> None:
    made: list[bool] = []
    threads = [
        threading.Thread(target=lambda: made.append(ensure_object(house, UPLOADER, "AT2026x", 1, 2))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 11 + [True]
    assert len(_rows(house, ADMINISTRATOR, "AT2026x")) == 1


def test_the_journal_tells_of_it(house: Database) -> None:
    ensure_object(house, UPLOADER, "AT2026x", 1, 2)
    [row] = house.reader.rows(SCANNER, "SELECT payload FROM @changes WHERE kind = 'objects'")
    assert row["payload"] == '{"action": "added", "user": "uploader", "object_id": "AT2026x"}'
