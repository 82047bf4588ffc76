"""Classifications: classes of a taxonomy only, probabilities that add up, votes that count once, and the most probable."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from skyhub.classification import (
    CLASSIFICATION_VOTES,
    CLASSIFICATIONS,
    KINDS,
    TAXONOMIES,
    classify,
    most_probable,
    vote,
)
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.records import Kind, add, edit, find, get, history, remove
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR

NAME, HIDDEN = "ZTF26public", "ZTF26caltech"
SCIENTIST = Viewer("scientist", frozenset({"transients"}), scopes=ROLES["scientist"])


def _classify(db: Database, name: str, viewer: Viewer = SCANNER, **fields: Any) -> dict[str, Any]:
    given = {"object_id": NAME, "classification": name, **fields}
    record: dict[str, Any] = add(db, viewer, CLASSIFICATIONS, [given])["records"][0]
    return record


def _best(db: Database, viewer: Viewer = SCANNER) -> str | None:
    found = most_probable(find(db, viewer, CLASSIFICATIONS, {"object_id": NAME}))
    return found and found["classification"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_the_migration_makes_the_table(house: Database, kind: Kind[Any]) -> None:
    rows = house.reader.rows(
        ADMINISTRATOR,
        "SELECT column_name || ' ' || data_type AS line FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
        [kind.table],
    )
    assert [row["line"] for row in rows] == [line.rstrip(",);") for line in kind.ddl.split("\n    ")[1:]]


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"classification": "SN IX"}, "no class of this taxonomy"),
        ({"classification": ""}, "at least 1 character"),
        ({"probability": 1.1}, "less than or equal to 1"),
        ({"probability": -0.1}, "greater than or equal to 0"),
        ({"probability": float("nan")}, "finite"),
        ({"taxonomy": "unheard of"}, "there is no taxonomy"),
        ({"edition": "0"}, "there is no taxonomy"),
    ],
)
def test_classifications_that_cannot_be(house: Database, fields: dict[str, Any], match: str) -> None:
    given = {"object_id": NAME, "classification": "SN Ia", **fields}
    with pytest.raises(InvalidInput, match=match):
        add(house, SCANNER, CLASSIFICATIONS, [given])
    assert find(house, ADMINISTRATOR, CLASSIFICATIONS) == []


def test_rights_to_classify(house: Database) -> None:
    with pytest.raises(NotFound):
        _classify(house, "SN Ia", object_id=HIDDEN)
    with pytest.raises(PermissionRefused, match="save"):
        _classify(house, "SN Ia", VISITOR)


def test_aliases_become_the_proper_name_with_its_place(house: Database) -> None:
    record = _classify(house, "ia", probability=0.9, ml=True, origin="net-3")
    assert record["classification"] == "SN Ia"
    assert record["path"] == ["Source", "Transient", "Supernova", "SN I", "SN Ia"]
    assert (record["taxonomy"], record["edition"], record["ml"]) == ("skyhub", "1", True)
    assert len(find(house, COLLEAGUE, CLASSIFICATIONS, {"path": "Supernova"})) == 1
    assert find(house, OTHER, CLASSIFICATIONS) == []


def test_a_correction_stays_in_its_edition_and_its_history(house: Database) -> None:
    for edition, classes in (("1", ["X"]), ("2", ["Y"])):
        tree = {"class": "top", "subclasses": [{"class": name} for name in classes]}
        add(house, SCIENTIST, TAXONOMIES, [{"name": "mine", "edition": edition, "hierarchy": tree}])
        if edition == "1":
            number = int(_classify(house, "X", taxonomy="mine")["classification_id"])
            moment = datetime.now(UTC)
    with pytest.raises(InvalidInput, match="no class"):
        edit(house, SCANNER, CLASSIFICATIONS, number, {"classification": "Y"})
    edit(house, SCANNER, CLASSIFICATIONS, number, {"classification": "top", "probability": 0.5})
    edit(house, SCANNER, CLASSIFICATIONS, number, {"classification": "Y", "edition": "2"})
    versions = [(r["classification"], r["edition"]) for r in history(house, COLLEAGUE, CLASSIFICATIONS, number)]
    assert versions == [("X", "1"), ("top", "1"), ("Y", "2")]
    assert get(house, COLLEAGUE, CLASSIFICATIONS, number, moment)["classification"] == "X"


def test_one_vote_counts_per_person(house: Database) -> None:
    number = int(_classify(house, "SN Ia")["classification_id"])
    for value in (1, -1, -1):
        vote(house, COLLEAGUE, number, value)
    vote(house, SCANNER, number, 1)
    seen = get(house, COLLEAGUE, CLASSIFICATIONS, number)
    assert (seen["votes_for"], seen["votes_against"], seen["my_vote"]) == (1, 1, -1)
    assert vote(house, COLLEAGUE, number, 0)["votes_against"] == 0
    assert len(house.reader.rows(COLLEAGUE, "SELECT vote FROM @classification_votes*")) == 3


def test_votes_that_cannot_be(house: Database) -> None:
    number = int(_classify(house, "SN Ia")["classification_id"])
    with pytest.raises(NotFound):
        vote(house, OTHER, number, 1)
    with pytest.raises(PermissionRefused, match="save"):
        vote(house, Viewer("colleague", COLLEAGUE.groups), number, 1)
    for value in (2, -2, 0):
        with pytest.raises(InvalidInput):
            add(house, COLLEAGUE, CLASSIFICATION_VOTES, [{"classification_id": number, "vote": value}])
    with pytest.raises(PermissionRefused, match="vote for scanner"):
        add(house, COLLEAGUE, CLASSIFICATION_VOTES, [{"classification_id": number, "vote": 1, "voter": "scanner"}])


def test_the_most_probable_stands_for_the_object(house: Database) -> None:
    assert _best(house) is None
    _classify(house, "AGN", ml=True)
    assert _best(house) == "AGN"
    _classify(house, "SN", probability=0.8, ml=True)
    _classify(house, "SN Ia", probability=0.8, ml=True)
    _classify(house, "SN II", probability=0.1, ml=True)
    assert _best(house) == "SN Ia"
    person = int(_classify(house, "TDE")["classification_id"])
    assert _best(house) == "TDE"
    vote(house, COLLEAGUE, person, -1)
    assert _best(house) == "SN Ia"
    vote(house, SCANNER, person, 1)
    assert _best(house) == "TDE"
    remove(house, SCANNER, CLASSIFICATIONS, person)
    assert _best(house) == "SN Ia"
    assert _best(house, OTHER) is None


@pytest.mark.parametrize(
    ("probabilities", "normalise", "match"),
    [
        ({"SN Ia": 0.7, "SN Ib/c": 0.4}, False, "sum to 1.1"),
        ({"SN Ia": 0.0, "SN Ib/c": 0.0}, True, "more than 0"),
        ({"SN Ia": -1.0, "SN Ib/c": 2.0}, True, "more than 0"),
        ({"SN Ia": 0.5, "nothing": 0.2}, False, "no class"),
        ({"SN Ia": float("nan")}, False, "finite"),
    ],
)
def test_probabilities_that_do_not_add_up(
    house: Database, probabilities: dict[str, float], normalise: bool, match: str
) -> None:
    with pytest.raises(InvalidInput, match=match):
        classify(house, SCANNER, NAME, probabilities, normalise=normalise)
    assert find(house, ADMINISTRATOR, CLASSIFICATIONS) == []


def test_probabilities_are_normalised_level_by_level(house: Database) -> None:
    given = {"SN Ia": 3.0, "SN Ib/c": 1.0, "SN I": 0.6, "SN II": 0.2}
    answer = classify(house, SCANNER, NAME, given, normalise=True, ml=True, origin="net-3")
    found = {row["classification"]: row["probability"] for row in answer["records"]}
    assert found == pytest.approx({"SN Ia": 0.75, "SN Ib/c": 0.25, "SN I": 0.75, "SN II": 0.25})


def test_the_service_and_the_client_agree(served: Any) -> None:
    with served.sky(SCANNER) as sky, served.sky(COLLEAGUE) as colleague:
        record = sky.classifications.add(object_id=NAME, classification="Ia", probability=0.9)
        voted = colleague.classifications.vote(record["classification_id"], 1)
        assert (voted["votes_for"], voted["my_vote"]) == (1, 1)
        assert sky.classifications.rows(object_id=NAME)[0]["votes_for"] == 1
        rows = sky.classifications.add_probabilities(NAME, {"AGN": 2, "Nuclear transient": 2}, normalise=True, ml=True)
        assert [row["probability"] for row in rows] == [0.5, 0.5]
        assert "SN Ia" in sky.taxonomies.classes().to_pandas()["classification"].tolist()
        with pytest.raises(InvalidInput, match="permitted"):
            sky.taxonomies.classes("none")
        with pytest.raises(NotFound):
            sky.classifications.vote(99, 1)
