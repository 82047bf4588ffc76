"""Groups, streams, accounts and what is new since the last visit."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from skyhub.candidates import decide
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.service import open_database
from skyhub.team import add_groups, add_user, groups_of, news, personal_group, record_visit, viewer_of_account
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candidates_of


@pytest.mark.parametrize("name", ["", " ", "~ann", "x" * 65])
def test_impossible_names_are_refused_and_leave_nothing(db: Database, name: str) -> None:
    for given in ((name, [], []), ("ann", [name], []), ("ann", [], [name])):
        with pytest.raises(InvalidInput, match="is no name"):
            add_user(db, *given)
    assert db.reader.rows(ADMINISTRATOR, "SELECT * FROM @users") == []
    assert db.access.groups == {}


def test_an_account_that_does_not_exist_is_told(db: Database) -> None:
    with pytest.raises(NotFound, match="skyhub user add ann"):
        viewer_of_account(db, "ann")


def test_accounts_gather_groups_and_streams(tmp_path: Path) -> None:
    with open_database(tmp_path) as db:
        assert add_user(db, "ann", ["g"], ["s"]) == {"user": "ann", "groups": ["g"], "streams": ["s"]}
        assert add_user(db, "ann", ["g", "h"]) == {"user": "ann", "groups": ["g", "h"], "streams": ["s"]}
        add_user(db, "bob", ["h"])
    with open_database(tmp_path) as db:
        assert viewer_of_account(db, "ann") == Viewer("ann", frozenset("gh"), frozenset("s"), ROLES["scanner"])
        assert viewer_of_account(db, "bob").groups == {"h"}
        assert len(db.reader.rows(ADMINISTRATOR, "SELECT * FROM @users")) == 2
        assert len(db.reader.rows(ADMINISTRATOR, "SELECT * FROM @user_groups")) == 3


def test_groups_made_by_many_at_once_are_made_once(db: Database) -> None:
    threads = [threading.Thread(target=add_groups, args=(db, {f"g{n}": ["s"] for n in range(5)})) for _ in range(8)]
    threads += [threading.Thread(target=personal_group, args=(db, SCANNER)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = db.reader.rows(ADMINISTRATOR, "SELECT name, group_id FROM @groups")
    assert sorted(row["name"] for row in rows) == [*(f"g{n}" for n in range(5)), "~scanner"]
    assert len({row["group_id"] for row in rows}) == 6
    streams = {row["name"]: row["stream_ids"] for row in db.reader.rows(ADMINISTRATOR, "SELECT * FROM @groups")}
    assert streams == {**{f"g{n}": [db.access.streams["s"]] for n in range(5)}, "~scanner": []}


def test_groups_of_a_viewer(house: Database) -> None:
    personal_group(house, SCANNER)
    assert groups_of(house, SCANNER) == ["transients"]
    assert groups_of(house, Viewer("x", frozenset({"unknown", "~scanner"}))) == []
    assert groups_of(house, ADMINISTRATOR) == ["bursts", "stars", "transients"]


def test_news_are_what_one_may_see(house: Database) -> None:
    now = datetime.now(UTC)
    decide(house, SCANNER, "k", candidates_of(house, SCANNER)["ZTF26public"], "save")
    counts = {v.name: news(house, v, now) for v in (VISITOR, SCANNER, COLLEAGUE, OTHER)}
    assert [counts[name]["candidates"] for name in counts] == [2, 3, 3, 2]
    assert [counts[name]["sources"] for name in counts] == [0, 1, 1, 0]
    assert [counts[name]["decisions"] for name in counts] == [0, 0, 1, 0]


def test_news_begin_at_the_last_visit_that_has_ended(house: Database) -> None:
    record_visit(house, SCANNER)
    now = datetime.now(UTC)
    assert news(house, SCANNER, now)["candidates"] == 3
    later = news(house, SCANNER, now + timedelta(minutes=6))
    assert later["candidates"] == 0
    assert abs((datetime.fromisoformat(later["since"]) - now).total_seconds()) < 60
    assert news(house, COLLEAGUE, now + timedelta(minutes=6))["candidates"] == 3
