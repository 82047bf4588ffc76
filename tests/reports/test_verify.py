"""A run can be run again as of the moment at which it read; what differs is told by its path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import Conflict, NotFound, PermissionRefused
from skyhub.reports import (
    Outcome,
    ReportTemplate,
    Sidecar,
    artifact_path,
    claim_run,
    finish_run,
    report_template,
    request_run,
    request_verification,
    run_record,
    verification,
)
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR

TEMPLATE = ReportTemplate(
    "summary", Path("nowhere.ipynb"), Sidecar.model_validate({"title": "T", "description": "D", "parameters": {}})
)


def _execute(db: Database, report_id: str, facts: Any, text: str, state: str = "done") -> Any:
    claim = claim_run(db, "worker", report_id)
    artifacts = {"facts": json.dumps(facts), "text": text}
    finish_run(db, report_id, Outcome(state, "", 1.0, "r", 1, artifacts))
    return claim


def _done(db: Database, viewer: Viewer = SCANNER, facts: Any = None, text: str = "one\ntwo") -> tuple[str, Any]:
    report_id = request_run(db, viewer, TEMPLATE, {})
    return report_id, _execute(db, report_id, facts or {"n": 1, "rows": [{"mag": 18.5}], "queries": {"n": "a"}}, text)


def test_what_cannot_be_verified_is_refused(house: Database) -> None:
    with pytest.raises(NotFound):
        request_verification(house, SCANNER, "none")
    queued = request_run(house, SCANNER, TEMPLATE, {})
    with pytest.raises(Conflict, match="queued"):
        request_verification(house, SCANNER, queued)
    _execute(house, queued, {}, "", state="failed")
    with pytest.raises(Conflict, match="failed"):
        request_verification(house, SCANNER, queued)
    report_id, _ = _done(house)
    with pytest.raises(Conflict, match="no verification"):
        verification(house, SCANNER, report_id)
    again = request_verification(house, SCANNER, report_id)
    with pytest.raises(Conflict, match="queued"):
        verification(house, SCANNER, again)


def test_it_reads_at_the_moment_of_the_first_run_or_now(house: Database) -> None:
    report_id, first = _done(house)
    told = run_record(house, SCANNER, report_id)["reads_at"]
    assert told == first.reads_at.isoformat()
    then = claim_run(house, "worker", request_verification(house, SCANNER, report_id))
    assert then is not None
    assert (then.reads_at, then.viewer.groups, then.parameters) == (
        first.reads_at,
        first.viewer.groups,
        first.parameters,
    )
    now = claim_run(house, "worker", request_verification(house, SCANNER, report_id, now=True))
    assert now is not None
    assert now.reads_at > first.reads_at


def test_differences_are_told_by_path_and_queries_are_none(house: Database) -> None:
    report_id, _ = _done(house)
    again = request_verification(house, SCANNER, report_id)
    _execute(house, again, {"n": 1.0, "rows": [{"mag": 18.6}], "more": None, "queries": {}}, "one\nthree\nfour")
    found = verification(house, SCANNER, again)
    assert (found["verifies"], found["same"], found["intact"]) == (report_id, False, True)
    assert found["differences"] == [
        {"path": "n", "was": 1, "is": 1.0},
        {"path": "rows[0].mag", "was": 18.5, "is": 18.6},
        {"path": "text", "was": "two", "is": "three\nfour"},
    ]


def test_what_is_the_same_and_what_was_tampered_with(house: Database) -> None:
    report_id, _ = _done(house)
    again = request_verification(house, SCANNER, report_id)
    _execute(house, again, {"n": 1, "rows": [{"mag": 18.5}]}, "one\ntwo")
    found = verification(house, SCANNER, again)
    assert (found["same"], found["intact"], found["differences"]) == (True, True, [])
    artifact_path(house, SCANNER, report_id, "text").write_text("one\n2")
    assert verification(house, SCANNER, again)["intact"] is False


def test_nobody_reads_with_the_rights_of_others(house: Database) -> None:
    report_id, _ = _done(house)
    with pytest.raises(NotFound):
        request_verification(house, OTHER, report_id)
    with pytest.raises(PermissionRefused, match="custom:skyhub:report"):
        request_verification(house, VISITOR, report_id)
    with pytest.raises(PermissionRefused, match="groups or streams that you do not have"):
        request_verification(house, Viewer("scanner", scopes=SCANNER.scopes), report_id)
    again = request_verification(house, ADMINISTRATOR, report_id)
    claim = claim_run(house, "worker", again)
    assert claim is not None
    assert claim.viewer.groups == SCANNER.groups
    assert run_record(house, SCANNER, again)["verifies"] == report_id
    with pytest.raises(NotFound):
        run_record(house, COLLEAGUE, again)


def test_a_run_of_a_group_is_verified_by_any_of_its_members(house: Database) -> None:
    shared = request_run(house, SCANNER, TEMPLATE, {}, ["transients"])
    _execute(house, shared, {}, "")
    assert run_record(house, SCANNER, request_verification(house, COLLEAGUE, shared))["requested_by"] == "colleague"


def test_a_run_that_writes_is_verified_only_by_who_may_write(house: Database) -> None:
    fit = report_template("fit")
    report_id = request_run(house, SCANNER, fit, {"object_id": "ZTF18abcdefg"})
    _execute(house, report_id, {}, "")
    reader = Viewer("scanner", SCANNER.groups, SCANNER.streams, SCANNER.scopes - {"save"})
    for verified in (report_id, request_verification(house, SCANNER, report_id)):
        with pytest.raises(PermissionRefused, match="custom:skyhub:save"):
            request_verification(house, reader, verified)
