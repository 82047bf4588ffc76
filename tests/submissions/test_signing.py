"""Reviews and approvals: who may sign what, what blocks it, and what takes it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from skyhub.config import CircularSettings
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import Conflict, NotFound, PermissionRefused, SkyhubError
from skyhub.events import ingest_notice
from skyhub.records import edit, get, remove, share
from skyhub.submissions import (
    CIRCULARS,
    approve_circular,
    circular_steps,
    compare_versions,
    edit_circular,
    judge_circular,
    request_sending,
    review_circular,
    tell_outcome,
    withdraw_approval,
)
from skyhub.submissions._signing import CircularRules
from submissions_support import BODY, OLAF, OTHER, READER, SCANNER, VERA, approved, drafted
from support.notices import alert

ROBOT = Viewer("vera", VERA.groups, scopes=frozenset({"view", "save"}))
"""What the notebook of a report that vera asked for may do."""

_Deed = Callable[[Database, Viewer, int], Any]
DEEDS: dict[str, _Deed] = {
    "judge": judge_circular,
    "compare": compare_versions,
    "steps": circular_steps,
    "write": lambda db, viewer, number: edit_circular(db, viewer, number, {"body": f"{BODY}\nMore."}, 1),
    "withdraw": withdraw_approval,
    "review": lambda db, viewer, number: review_circular(db, viewer, number, 1),
    "approve": lambda db, viewer, number: approve_circular(db, viewer, number, 1),
    "send": lambda db, viewer, number: request_sending(db, viewer, number, 1, "form"),
    "tell": lambda db, viewer, number: tell_outcome(db, viewer, number, sent=True, number=12),
}
READS = {"judge", "compare", "steps"}
WRITES = {*READS, "write", "withdraw", "review"}
MAY: list[tuple[str, Viewer, set[str]]] = [
    ("scientist of the group", OLAF, set(DEEDS)),
    ("administrator", ADMINISTRATOR, set(DEEDS)),
    ("scanner of the group", SCANNER, WRITES),
    ("who may only view", READER, READS),
    ("a report of its author", ROBOT, READS),
    ("scientist of another group", OTHER, set()),
]


def _ready(db: Database, deed: str) -> int:
    """A draft with which a deed can be done."""
    if deed in ("judge", "compare", "steps", "write", "review"):
        return drafted(db)
    number = drafted(db)
    review_circular(db, OLAF, number, 1)
    if deed in ("send", "tell", "withdraw"):
        approve_circular(db, VERA, number, 1)
    if deed == "tell":
        request_sending(db, VERA, number, 1, "form")
    return number


@pytest.mark.parametrize(("viewer", "may"), [row[1:] for row in MAY], ids=[row[0] for row in MAY])
def test_who_may_do_what(team: Database, viewer: Viewer, may: set[str]) -> None:
    done = set()
    for name, deed in DEEDS.items():
        number = _ready(team, name)
        before = circular_steps(team, ADMINISTRATOR, number)
        try:
            deed(team, viewer, number)
            done.add(name)
        except (NotFound, PermissionRefused):
            assert circular_steps(team, ADMINISTRATOR, number) == before
    assert done == may


def _refused(deed: Callable[[], Any], kind: type[SkyhubError], match: str) -> None:
    with pytest.raises(kind, match=match):
        deed()


def test_nothing_is_approved_that_was_not_reviewed_in_this_version(team: Database) -> None:
    number = drafted(team)
    _refused(lambda: approve_circular(team, OLAF, number, 1), Conflict, "was not reviewed")
    review_circular(team, OLAF, number, 1)
    edit_circular(team, VERA, number, {"body": f"{BODY}\nMore."}, 1)
    _refused(lambda: approve_circular(team, OLAF, number, 1), Conflict, "version 2 by now, not 1")
    _refused(lambda: review_circular(team, OLAF, number, 1), Conflict, "version 2 by now, not 1")
    _refused(lambda: approve_circular(team, OLAF, number, 2), Conflict, "was not reviewed")


def test_the_last_editor_does_not_sign_alone(team: Database) -> None:
    number = drafted(team)
    review_circular(team, VERA, number, 1)
    _refused(lambda: approve_circular(team, VERA, number, 1), PermissionRefused, "second_person")
    review_circular(team, SCANNER, number, 1)
    told = approve_circular(team, VERA, number, 1)
    assert (told["state"], told["reviewed_by"], told["approved_by"]) == ("approved", ["vera", "scanner"], "vera")


def test_a_house_of_one_may_sign_alone(team: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team.part(CircularRules), "settings", CircularSettings(second_person=False))
    number = drafted(team)
    _refused(lambda: approve_circular(team, VERA, number, 1), Conflict, "was not reviewed")
    review_circular(team, VERA, number, 1)
    assert approve_circular(team, VERA, number, 1)["state"] == "approved"


def test_errors_of_the_linter_block_it_and_warnings_do_not(team: Database) -> None:
    number = drafted(team)
    edit_circular(team, VERA, number, {"subject": "Re: GRB 230812B", "body": f"{BODY}\nIt was seen at 22:00."}, 1)
    review_circular(team, OLAF, number, 2)
    _refused(lambda: approve_circular(team, OLAF, number, 2), Conflict, "1 errors.*subject-reply")
    edit_circular(team, VERA, number, {"subject": "GRB 230812B: limits"}, 2)
    review_circular(team, OLAF, number, 3)
    assert {f["severity"] for f in judge_circular(team, OLAF, number)["findings"]} == {"warning"}
    assert approve_circular(team, OLAF, number, 3)["state"] == "approved"


@pytest.mark.parametrize(
    "change",
    [
        lambda db, number: edit_circular(db, SCANNER, number, {"body": f"{BODY}\nMore."}, 1),
        lambda db, number: edit(db, VERA, CIRCULARS, number, {"name": f"anew {number}"}),
        lambda db, number: withdraw_approval(db, SCANNER, number, "a wrong band"),
    ],
)
def test_an_edit_after_the_approval_withdraws_it(team: Database, change: Callable[[Database, int], Any]) -> None:
    number = approved(team)
    change(team, number)
    now = get(team, OLAF, CIRCULARS, number)
    assert (now["state"], now["reviewed_by"], now["approved_by"]) == ("draft", [], None)
    _refused(lambda: request_sending(team, OLAF, number, now["version"], "form"), Conflict, "only what is approved")
    assert [step["step"] for step in circular_steps(team, OLAF, number)][:2] == ["reviewed", "approved"]


def test_an_edit_that_changes_nothing_leaves_it_approved(team: Database) -> None:
    number = approved(team)
    assert edit_circular(team, SCANNER, number, {"body": BODY.strip()}, 1)["state"] == "approved"


def test_the_state_of_a_time_is_told(team: Database) -> None:
    number = drafted(team)
    first = review_circular(team, OLAF, number, 1)
    then = team.writer.write(lambda transaction: transaction.now)
    approve_circular(team, OLAF, number, 1)
    assert get(team, OLAF, CIRCULARS, number, then)["state"] == first["state"] == "reviewed"
    assert len(circular_steps(team, OLAF, number, then)) == 1


def test_who_gets_a_draft_later_sees_its_steps_too(team: Database) -> None:
    number = approved(team)
    wide = Viewer("vera", VERA.groups | {"bursts"}, scopes=VERA.scopes)
    share(team, wide, CIRCULARS, number, ["transients", "bursts"])
    assert get(team, OTHER, CIRCULARS, number)["approved_by"] == "olaf"
    assert len(circular_steps(team, OTHER, number)) == 2


def test_a_retracted_event_is_warned_of(team: Database) -> None:
    assert ingest_notice(team, ADMINISTRATOR, alert())["action"] == "created"
    number = drafted(team, event="S261122a")
    assert judge_circular(team, OLAF, number)["warnings"] == []
    ingest_notice(team, ADMINISTRATOR, alert("RETRACTION", created="2026-11-22T04:00:00Z"))
    warnings = judge_circular(team, OLAF, number)["warnings"]
    assert warnings == ["the event LIGO/Virgo/KAGRA S261122a has been retracted"]
    review_circular(team, OLAF, number, 1)
    _refused(lambda: approve_circular(team, OLAF, number, 1), Conflict, "has been retracted")
    assert approve_circular(team, OLAF, number, 1, despite_warnings=True)["state"] == "approved"


def test_a_draft_may_be_removed(team: Database) -> None:
    number = drafted(team)
    remove(team, VERA, CIRCULARS, number)
    with pytest.raises(NotFound):
        review_circular(team, OLAF, number, 1)
