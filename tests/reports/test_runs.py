"""Runs of reports: leases, attempts, rights, what is left behind, and the schedule."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.reports import (
    ARTIFACTS,
    LEASE,
    Outcome,
    ReportTemplate,
    Schedule,
    Sidecar,
    artifact_path,
    cancel_run,
    claim_run,
    due_times,
    finish_run,
    list_runs,
    release_run,
    request_due_runs,
    request_run,
    run_record,
)
from skyhub.reports import _claims as module
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR

NOON = datetime(2026, 11, 22, 16, 5, tzinfo=UTC)
PARAMETERS = {"night": {"type": "dayobs", "description": "d", "default": "last-night"}}


def _template(name: str = "summary", schedule: Schedule | None = None) -> ReportTemplate:
    sidecar = Sidecar.model_validate({"title": "T", "description": "D", "parameters": PARAMETERS})
    return ReportTemplate(name, Path("nowhere.ipynb"), sidecar.model_copy(update={"schedule": schedule}))


def _outcome(**changes: Any) -> Outcome:
    fields = {
        "state": "done",
        "detail": "",
        "seconds": 1.5,
        "code_revision": "r",
        "data_version": 3,
        "artifacts": {"text": "hello"},
    }
    return Outcome(**{**fields, **changes})


def _ask(db: Database, viewer: Viewer = SCANNER, **given: Any) -> str:
    return request_run(db, viewer, _template(), given)


def test_who_may_not_ask_and_what_may_not_be_asked(house: Database) -> None:
    with pytest.raises(PermissionRefused, match="custom:skyhub:report"):
        _ask(house, VISITOR)
    with pytest.raises(InvalidInput, match="night is 'x'"):
        _ask(house, night="x")
    with pytest.raises(InvalidInput, match="no parameter"):
        _ask(house, colour="red")
    assert list_runs(house, ADMINISTRATOR) == []


def test_finishing_what_does_not_run_is_refused(house: Database) -> None:
    with pytest.raises(NotFound, match="no report run"):
        finish_run(house, "nothing", _outcome())
    number = _ask(house)
    with pytest.raises(Conflict, match="is queued"):
        finish_run(house, number, _outcome())
    claim_run(house, "w")
    finish_run(house, number, _outcome())
    with pytest.raises(Conflict, match="is done"):
        finish_run(house, number, _outcome(artifacts={"text": "another"}))
    assert artifact_path(house, SCANNER, number, "text").read_text() == "hello"


@pytest.mark.parametrize(
    "changes", [{"state": "queued"}, {"state": "well"}, {"artifacts": {"text": "a", "../../evil": "x"}}]
)
def test_impossible_outcomes_are_refused_and_leave_nothing(house: Database, changes: dict[str, Any]) -> None:
    number = _ask(house)
    claim_run(house, "w")
    with pytest.raises(InvalidInput):
        finish_run(house, number, _outcome(**changes))
    assert run_record(house, SCANNER, number)["state"] == "running"
    assert not (house.data_dir / "reports").exists()


def test_the_life_of_a_run(house: Database) -> None:
    number = _ask(house, night="2026-11-21")
    assert run_record(house, SCANNER, number)["state"] == "queued"
    claim = claim_run(house, "worker")
    assert claim is not None
    assert (claim.report_id, claim.name, claim.parameters) == (number, "summary", {"night": "2026-11-21"})
    assert claim.data_version == house.version()
    assert claim_run(house, "another") is None
    finish_run(house, number, _outcome(artifacts=dict.fromkeys(ARTIFACTS, "content")))
    record = run_record(house, SCANNER, number)
    assert (record["state"], record["seconds"], record["code_revision"], record["data_version"]) == (
        "done",
        1.5,
        "r",
        3,
    )
    assert {kind: artifact_path(house, SCANNER, number, kind).name for kind in ARTIFACTS} == ARTIFACTS
    assert claim_run(house, "worker") is None


def test_two_workers_at_once_one_wins(house: Database) -> None:
    numbers = {_ask(house) for _ in range(5)}
    claims: list[Any] = []
    barrier = threading.Barrier(10)

    def work(name: int) -> None:
        barrier.wait()
        claims.append(claim_run(house, f"worker{name}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [claim.report_id for claim in claims if claim is not None]
    assert sorted(won) == sorted(numbers)


def test_a_given_run_is_claimed_or_none(house: Database) -> None:
    first, second = _ask(house), _ask(house)
    claim = claim_run(house, "w", second)
    assert claim is not None
    assert claim.report_id == second
    assert claim_run(house, "w", second) is None
    assert claim_run(house, "w", "nothing") is None
    assert run_record(house, SCANNER, first)["state"] == "queued"


def test_a_lease_that_has_ended_frees_the_run(house: Database, later: Any) -> None:
    number = _ask(house)
    for _ in range(module._ATTEMPTS):
        claim = claim_run(house, "w")
        assert claim is not None
        later(LEASE - timedelta(seconds=5))
        assert claim_run(house, "w") is None
        later(timedelta(seconds=10))
    assert claim_run(house, "w") is None
    record = run_record(house, SCANNER, number)
    assert record["state"] == "failed"
    assert "10 attempts" in record["detail"]
    later(10 * LEASE)
    assert claim_run(house, "w") is None


def test_a_run_that_lost_its_worker_holds_up_no_other(house: Database) -> None:
    first, second = _ask(house), _ask(house)
    for expected in (first, second, first):
        claim = claim_run(house, "w")
        assert claim is not None
        assert claim.report_id == expected
        release_run(house, expected, "w")


def test_a_run_is_cancelled_by_who_asked_for_it_and_stays_so(house: Database) -> None:
    queued, running = _ask(house), _ask(house)
    claim_run(house, "w", running)
    with pytest.raises(NotFound):
        cancel_run(house, COLLEAGUE, queued)
    shared = request_run(house, SCANNER, _template(), {}, ["transients"])
    with pytest.raises(PermissionRefused, match="scanner asked for"):
        cancel_run(house, COLLEAGUE, shared)
    with pytest.raises(PermissionRefused, match="custom:skyhub:report"):
        cancel_run(house, Viewer("scanner", SCANNER.groups), queued)
    for number in (queued, running):
        assert cancel_run(house, SCANNER, number)["state"] == "cancelled"
        with pytest.raises(Conflict, match="is cancelled"):
            cancel_run(house, SCANNER, number)
    with pytest.raises(Conflict, match="is cancelled"):
        finish_run(house, running, _outcome())
    claim = claim_run(house, "w")
    assert claim is not None
    assert claim.report_id == shared
    [scheduled] = request_due_runs(
        house, [_template("daily", Schedule(cron="0 16 * * *", groups=["transients"]))], NOON
    )
    assert cancel_run(house, COLLEAGUE, scheduled)["state"] == "cancelled"


def test_a_worker_that_comes_back_late_may_finish_once(house: Database, later: Any) -> None:
    number = _ask(house)
    claim_run(house, "slow")
    later(2 * LEASE)
    assert claim_run(house, "quick") is not None
    finish_run(house, number, _outcome())
    with pytest.raises(Conflict):
        finish_run(house, number, _outcome(state="failed"))


@pytest.mark.parametrize(
    "viewer",
    [
        SCANNER,
        Viewer("stream", frozenset({"bursts"}), frozenset({"ztf-caltech"}), frozenset({"view", "report"})),
        Viewer("alone", scopes=frozenset({"view", "report"})),
        Viewer("operator", scopes=frozenset({"view", "administer"})),
    ],
    ids=lambda v: v.name,
)
def test_a_run_reads_exactly_as_who_asked_for_it(house: Database, viewer: Viewer) -> None:
    request_run(house, viewer, _template(), {})
    claim = claim_run(house, "w")
    assert claim is not None
    for table in ("alerts", "photometry", "candidates", "filters", "objects"):
        sql = f"SELECT * FROM @{table} ORDER BY ALL"
        assert house.reader.rows(claim.viewer, sql) == house.reader.rows(viewer, sql)
    assert claim.viewer.scopes == {"view"}
    for scope in ("scan", "administer", "ingest", "report", "execute"):
        with pytest.raises(PermissionRefused):
            claim.viewer.require(scope)


def test_what_a_run_left_is_for_who_asked_for_it(house: Database) -> None:
    number = _ask(house)
    claim_run(house, "w")
    finish_run(house, number, _outcome())
    for stranger in (COLLEAGUE, OTHER, VISITOR, Viewer("x", frozenset({"~scanner"}))):
        assert list_runs(house, stranger) == []
        with pytest.raises(NotFound, match="no report run"):
            run_record(house, stranger, number)
        with pytest.raises(NotFound, match="no report run"):
            artifact_path(house, stranger, number, "text")
    for reader in (SCANNER, ADMINISTRATOR):
        assert artifact_path(house, reader, number, "text").exists()
    with pytest.raises(NotFound, match="has no html"):
        artifact_path(house, SCANNER, number, "html")


@pytest.mark.parametrize("cron", ["", "x", "* * * *", "61 * * * *", "* * * * * *?", "0 16 * * 9", "0 12 31 2 *"])
def test_what_is_no_schedule_is_refused(cron: str) -> None:
    with pytest.raises(InvalidInput, match="five cron fields"):
        due_times(cron, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "after", "until", "expected"),
    [
        ("0 16 * * *", "2026-11-21T16:00", "2026-11-22T16:00", ["2026-11-22T16:00"]),
        ("0 16 * * *", "2026-11-21T15:59:59", "2026-11-21T15:59:59", []),
        ("0 16 * * *", "2026-11-21T15:59:59", "2026-11-21T16:00", ["2026-11-21T16:00"]),
        ("0 0 1 1 *", "2026-06-01T00:00", "2027-06-01T00:00", ["2027-01-01T00:00"]),
        ("*/30 3 * * *", "2026-03-29T00:00", "2026-03-30T00:00", ["2026-03-29T03:00", "2026-03-29T03:30"]),
        ("0 12 29 2 *", "2026-01-01T00:00", "2028-12-31T00:00", ["2028-02-29T12:00"]),
    ],
)
def test_due_times_are_in_the_half_open_interval(cron: str, after: str, until: str, expected: list[str]) -> None:
    assert due_times(cron, _at(after), _at(until)) == [_at(moment) for moment in expected]


def test_due_runs_are_asked_for_once_for_each_group(house: Database) -> None:
    daily = _template("daily", Schedule(cron="0 16 * * *"))
    request_run(house, SCANNER, _template(), {})
    now = _at("2026-11-22T16:05")
    asked = request_due_runs(house, [daily, _template("unscheduled")], now)
    assert len(set(asked)) == 3
    assert set(request_due_runs(house, [daily], now + timedelta(hours=11))) == set(asked)
    assert request_due_runs(house, [daily], now + timedelta(hours=13)) == []
    assert len(set(request_due_runs(house, [daily], now + timedelta(days=1))) - set(asked)) == 3
    runs = [r for r in list_runs(house, SCANNER) if r["name"] == "daily"]
    assert [r["parameters"]["night"] for r in runs] == ["2026-11-22", "2026-11-21"]


def test_a_missed_run_is_of_the_night_it_was_due_for(house: Database) -> None:
    early = _template("early", Schedule(cron="0 10 * * *", groups=["bursts"]))
    [number] = request_due_runs(house, [early], _at("2026-11-22T13:30"))
    assert run_record(house, OTHER, number)["parameters"] == {"night": "2026-11-20"}


def test_a_scheduled_run_reads_as_its_group(house: Database) -> None:
    daily = _template("daily", Schedule(cron="0 16 * * *", groups=["transients", "not here"]))
    [number] = request_due_runs(house, [daily], _at("2026-11-22T16:05"))
    claim = claim_run(house, "w")
    assert claim is not None
    sql = "SELECT candid FROM @alerts ORDER BY 1"
    assert house.reader.rows(claim.viewer, sql) == house.reader.rows(SCANNER, sql)
    assert run_record(house, COLLEAGUE, number)["requested_by"] == "scheduler"
    with pytest.raises(NotFound):
        run_record(house, OTHER, number)
