"""Advocates: one comes forward oneself, for an event that one sees, and only who sees the event hears of it."""

from __future__ import annotations

import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, NotFound, PermissionRefused
from skyhub.events import ADVOCATES, ingest_notice
from skyhub.records import add, find
from skyhub.team import add_groups
from support.houses import GROUPS, VISITOR
from support.notices import alert

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
OTHER = Viewer("other", frozenset({"bursts"}), scopes=ROLES["scientist"])


@pytest.fixture
def event_id(db: Database) -> int:
    add_groups(db, GROUPS)
    ingest_notice(db, VERA, alert(), groups=["transients"])
    [row] = db.reader.rows(ADMINISTRATOR, "SELECT event_id FROM @events")
    return int(row["event_id"])


def test_who_may_not_write_or_not_see_the_event_is_refused(db: Database, event_id: int) -> None:
    with pytest.raises(PermissionRefused):
        add(db, VISITOR, ADVOCATES, [{"event_id": event_id}])
    with pytest.raises(NotFound):
        add(db, OTHER, ADVOCATES, [{"event_id": event_id}])
    with pytest.raises(PermissionRefused, match="comes forward oneself"):
        add(db, VERA, ADVOCATES, [{"event_id": event_id, "user_name": "other"}])
    assert find(db, ADMINISTRATOR, ADVOCATES, {}) == []


def test_one_comes_forward_once_and_only_who_sees_the_event_knows(db: Database, event_id: int) -> None:
    [record] = add(db, VERA, ADVOCATES, [{"event_id": event_id}])["records"]
    assert (record["user_name"], record["groups"]) == ("vera", ["transients"])
    with pytest.raises(Conflict):
        add(db, VERA, ADVOCATES, [{"event_id": event_id}])
    add(db, ADMINISTRATOR, ADVOCATES, [{"event_id": event_id, "user_name": "olaf"}], ["transients"])
    assert {one["user_name"] for one in find(db, VERA, ADVOCATES, {})} == {"vera", "olaf"}
    assert find(db, OTHER, ADVOCATES, {}) == []
