"""Runs of groups' reports between the house and the servers of their owners: claimed, handed in, overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.reports import (
    LARGEST_HANDED_IN,
    Outcome,
    claim_handed_in,
    claim_own_run,
    close_overdue,
    dry_run_template,
    finish_run,
    hand_in_run,
    own_runs_waiting,
    owners_waiting,
    propose_template,
    release_own_runs,
    report_template,
    request_run,
    run_record,
)
from support.houses import COLLEAGUE, SCANNER, VISITOR
from support.reports import SIDECAR, notebook_text


@pytest.fixture
def asked(house: Database) -> str:
    """A dry run that the scanner asked for."""
    made = propose_template(house, SCANNER, "transients", "ours", notebook_text("1"), SIDECAR)
    return dry_run_template(house, SCANNER, int(made["report_template_id"]), 1, {})


def _now(hours: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def test_a_run_waits_for_its_owners_server_alone(house: Database, asked: str) -> None:
    assert owners_waiting(house, _now()) == ["scanner"]
    assert own_runs_waiting(house, SCANNER, _now()) == [asked]
    assert own_runs_waiting(house, COLLEAGUE, _now()) == []
    with pytest.raises(PermissionRefused, match="report"):
        own_runs_waiting(house, VISITOR, _now())
    claimed = claim_own_run(house, SCANNER)
    assert claimed is not None
    assert claim_own_run(house, SCANNER) is None
    assert owners_waiting(house, _now()) == []
    assert release_own_runs(house, COLLEAGUE) == []
    assert release_own_runs(house, SCANNER) == [asked]
    assert own_runs_waiting(house, SCANNER, _now()) == [asked]


def test_what_is_handed_in_is_put_together_once(house: Database, asked: str) -> None:
    with pytest.raises(Conflict, match="queued"):
        hand_in_run(house, SCANNER, asked, "{}")
    assert claim_handed_in(house, "h/1") is None
    claim_own_run(house, SCANNER)
    assert claim_handed_in(house, "h/1") is None
    hand_in_run(house, SCANNER, asked, '{"state": "done"}')
    assert release_own_runs(house, SCANNER) == []
    assert claim_own_run(house, SCANNER) is None
    with pytest.raises(Conflict, match="already"):
        hand_in_run(house, SCANNER, asked, "{}")
    found = claim_handed_in(house, "h/1", asked)
    assert found is not None
    assert (found.claim.report_id, found.content, found.claim.viewer.name) == (asked, '{"state": "done"}', "scanner")
    assert found.seconds >= 0
    assert claim_handed_in(house, "h/2") is None
    finish_run(house, asked, Outcome("done", "", 1.0, "r", 1, {}))
    assert run_record(house, SCANNER, asked)["state"] == "done"
    with pytest.raises(Conflict, match="done"):
        hand_in_run(house, SCANNER, asked, "{}")


@pytest.mark.parametrize("viewer", [COLLEAGUE, ADMINISTRATOR], ids=lambda viewer: str(viewer.name))
def test_nobody_hands_in_for_another(house: Database, asked: str, viewer: Viewer) -> None:
    claim_own_run(house, SCANNER)
    with pytest.raises(PermissionRefused, match="not executed by your server"):
        hand_in_run(house, viewer, asked, "{}")


def test_nobody_hands_in_what_the_house_executes(house: Database) -> None:
    scientist = Viewer("scanner", SCANNER.groups, scopes=ROLES["scientist"])
    shipped = request_run(house, scientist, report_template("night_summary"), {})
    from skyhub.reports import claim_run

    claim_run(house, "h/1", shipped)
    with pytest.raises(PermissionRefused, match="not executed by your server"):
        hand_in_run(house, scientist, shipped, "{}")
    with pytest.raises(NotFound):
        hand_in_run(house, scientist, "../../x", "{}")


def test_too_much_is_refused(house: Database, asked: str) -> None:
    claim_own_run(house, SCANNER)
    with pytest.raises(InvalidInput, match="are permitted"):
        hand_in_run(house, SCANNER, asked, "x" * (LARGEST_HANDED_IN + 1))


def test_a_server_that_does_not_begin_or_not_end_is_not_waited_for(house: Database, asked: str) -> None:
    assert close_overdue(house, _now()) == []
    assert close_overdue(house, _now(hours=0.2)) == []
    claim_own_run(house, SCANNER)
    assert close_overdue(house, _now(hours=0.1)) == []
    assert close_overdue(house, _now(hours=1)) == [asked]
    record = run_record(house, SCANNER, asked)
    assert (record["state"], record["detail"]) == (
        "failed",
        "it took longer than 540 s, and the server of scanner did not hand it in.",
    )
    with pytest.raises(Conflict, match="failed"):
        hand_in_run(house, SCANNER, asked, "{}")


def test_a_run_that_no_server_takes_is_closed(house: Database, asked: str) -> None:
    assert close_overdue(house, _now(hours=1)) == [asked]
    assert (
        run_record(house, SCANNER, asked)["detail"] == "the server of scanner did not begin with it within 15 minutes."
    )
    assert close_overdue(house, _now(hours=1)) == []
