"""Triggered or passed on: decided by those who may use the allocation, seen by those who see allocation and event."""

from __future__ import annotations

import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.events import EVENT_TRIGGERS, ingest_notice
from skyhub.followup import ALLOCATIONS
from skyhub.records import add, edit, find
from skyhub.team import add_groups
from support.houses import GROUPS
from support.notices import alert

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
OTHER = Viewer("other", frozenset({"bursts"}), scopes=ROLES["scientist"])
SCANNER = Viewer("sam", frozenset({"transients"}), scopes=ROLES["scanner"])


@pytest.fixture
def decided(db: Database) -> dict[str, int]:
    """The fields of a decision about an event that only some see, with an allocation that only they have."""
    add_groups(db, GROUPS)
    ingest_notice(db, VERA, alert(), groups=["transients"])
    [event] = db.reader.rows(ADMINISTRATOR, "SELECT event_id FROM @events")
    given = {"title": "Kilonovae", "pi": "Vera", "instrument": "ZTF"}
    [allocation] = add(db, VERA, ALLOCATIONS, [given], ["transients"])["records"]
    return {"event_id": int(event["event_id"]), "allocation_id": int(allocation["allocation_id"])}


def test_who_may_not_decide_is_refused(db: Database, decided: dict[str, int]) -> None:
    with pytest.raises(PermissionRefused):
        add(db, SCANNER, EVENT_TRIGGERS, [{**decided, "decision": "passed"}])
    with pytest.raises(NotFound):
        add(db, OTHER, EVENT_TRIGGERS, [{**decided, "decision": "passed"}])
    with pytest.raises(NotFound):
        add(db, VERA, EVENT_TRIGGERS, [{**decided, "allocation_id": 99, "decision": "passed"}])
    with pytest.raises(InvalidInput):
        add(db, VERA, EVENT_TRIGGERS, [{**decided, "decision": "perhaps"}])
    seen = {"title": "Service", "pi": "Olaf", "instrument": "ZTF"}
    [theirs] = add(db, ADMINISTRATOR, ALLOCATIONS, [seen], ["public"])["records"]
    with pytest.raises(PermissionRefused, match="members of its groups alone"):
        add(db, VERA, EVENT_TRIGGERS, [{**decided, "allocation_id": theirs["allocation_id"], "decision": "passed"}])
    assert find(db, ADMINISTRATOR, EVENT_TRIGGERS, {}) == []


def test_one_decision_an_allocation_which_may_be_changed_and_stays_in_the_group(
    db: Database, decided: dict[str, int]
) -> None:
    [made] = add(db, VERA, EVENT_TRIGGERS, [{**decided, "decision": "passed", "reason": "too far"}])["records"]
    assert made["groups"] == ["transients"]
    with pytest.raises(Conflict):
        add(db, VERA, EVENT_TRIGGERS, [{**decided, "decision": "triggered"}])
    edit(db, VERA, EVENT_TRIGGERS, int(made["event_trigger_id"]), {"decision": "triggered"})
    assert [one["decision"] for one in find(db, SCANNER, EVENT_TRIGGERS, {})] == ["triggered"]
    assert find(db, OTHER, EVENT_TRIGGERS, {}) == []
