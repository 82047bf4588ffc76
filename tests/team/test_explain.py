"""Explain: the rule by which a row is seen; of a hidden row not a word more than of one that is not there."""

from __future__ import annotations

from typing import Any

import pytest
from skyhub.candidates import decide
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.team import explain, personal_group
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of
from support.services import Served


@pytest.mark.parametrize("table", ["nothing", "users", "streams", "acls", "sqlite_master", "objects; DROP TABLE x", ""])
def test_what_is_no_protected_table_is_refused(still: Served, table: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be explained"):
        explain(still.db, SCANNER, table, "1")


@pytest.mark.parametrize("row_id", ["", "x", "-1", "1.5", "9" * 40, "1 OR 1=1", "' OR ''='", "\x00", "²"])
@pytest.mark.parametrize("table", ["objects", "decisions", "candidates"])
def test_an_identifier_that_can_be_none_is_answered_like_any_other(still: Served, table: str, row_id: str) -> None:
    answer = explain(still.db, VISITOR, table, row_id)
    assert (answer["visible"], answer["rows"]) == (False, [])


def test_every_protected_table_with_identifiers_is_explained(still: Served) -> None:
    left = set()
    for table, columns in still.db.reader.columns.items():
        if "acl" in columns:
            try:
                assert explain(still.db, SCANNER, table, "1")["you"]["name"] == "scanner"
            except InvalidInput:
                left.add(table)
    assert left == {"acls"}


@pytest.mark.parametrize("table", ["objects", "alerts", "photometry", "candidates", "sources"])
@pytest.mark.parametrize("viewer", [VISITOR, OTHER, SCANNER], ids=lambda v: v.name)
def test_hidden_and_absent_rows_are_answered_alike(still: Served, table: str, viewer: Viewer) -> None:
    with still.sky(viewer) as sky:
        answers = [sky.explain(table, name) for name in ("ZTF26caltech", "ZTF26nothing")]
    assert [a["visible"] for a in answers] == [False, False]
    hidden, absent = ({**answer, "id": None} for answer in answers)
    assert hidden == absent
    assert "caltech" not in str(hidden).replace("ZTF26caltech", "")


def _by(answer: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(row["by"], row["groups"]) for row in answer["rows"]]


def test_the_rule_is_named(house: Database) -> None:
    assert _by(explain(house, VISITOR, "objects", "ZTF26public")) == [("public", [])]
    assert _by(explain(house, ADMINISTRATOR, "objects", "ZTF26caltech")) == [("administrator", [])]
    entitled = explain(house, SCANNER, "objects", "ZTF26partner")
    assert _by(entitled) == [("stream", [])]
    assert entitled["rows"][0]["streams"] == {"ztf-partnership": ["transients"]}
    assert "ztf-partnership through the group transients" in entitled["rows"][0]["text"]
    account = Viewer("x", streams=frozenset({"ztf-partnership"}))
    assert "by your account" in explain(house, account, "objects", "ZTF26partner")["rows"][0]["text"]
    both = explain(house, SCANNER, "candidates", "ZTF26partner")["rows"]
    assert ("group", ["transients"]) in [(row["by"], row["groups"]) for row in both]


def test_a_row_of_ones_own_and_one_of_a_group(house: Database) -> None:
    made = decide(house, SCANNER, "k", candidates_of(house, SCANNER)["ZTF26public"], "save")["decision"]["decision_id"]
    assert _by(explain(house, COLLEAGUE, "decisions", made)) == [("group", ["transients"])]
    assert explain(house, COLLEAGUE, "sources", "ZTF26public")["rows"][0]["count"] == 1
    for stranger in (OTHER, VISITOR):
        hidden, absent = explain(house, stranger, "decisions", made), explain(house, stranger, "decisions", "999999")
        assert {**hidden, "id": 0} == {**absent, "id": 0}
    number = personal_group(house, SCANNER)
    house.writer.write(lambda t: t.insert("objects", [{"object_id": "hers", "acl": t.acl(groups=[number])}]))
    assert _by(explain(house, SCANNER, "objects", "hers")) == [("personal", [])]
    assert explain(house, COLLEAGUE, "objects", "hers")["visible"] is False


def test_other_groups_of_a_row_are_not_told(house: Database) -> None:
    groups = [house.access.groups[name] for name in ("transients", "stars")]
    house.writer.write(lambda t: t.insert("objects", [{"object_id": "shared", "acl": t.acl(groups=groups)}]))
    answer = explain(house, SCANNER, "objects", "shared")
    assert _by(answer) == [("group", ["transients"])]
    assert "stars" not in str(answer)
