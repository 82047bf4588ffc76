"""Templates of groups: who may see, write, try, activate and run them; what they were forked from, and how they differ."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused, SkyhubError
from skyhub.reports import (
    Outcome,
    activate_template,
    claim_own_run,
    claim_run,
    deactivate_template,
    dry_run_template,
    find_template,
    finish_run,
    fork_template,
    group_template,
    group_templates,
    known_templates,
    list_runs,
    propose_template,
    report_template,
    request_run,
    request_verification,
    run_record,
    template_differences,
    template_version,
)
from skyhub.team import change_group
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR
from support.reports import SIDECAR, notebook_text, write_report

LEADER = Viewer("leader", frozenset({"transients"}), scopes=ROLES["scanner"])
READER = Viewer("reader", frozenset({"transients"}))
NAME = "transients/ours"


@pytest.fixture
def led(house: Database) -> Database:
    """A house in which `LEADER` administers the transients."""
    change_group(house, ADMINISTRATOR, "transients", {"admins": ["leader"]})
    return house


def _proposed(db: Database, *sources: str, viewer: Viewer = SCANNER) -> int:
    made = propose_template(db, viewer, "transients", "ours", notebook_text(*sources), SIDECAR)
    return int(made["report_template_id"])


def _tried(db: Database, number: int, version: int, viewer: Viewer = SCANNER, state: str = "done") -> str:
    report_id = dry_run_template(db, viewer, number, version, {})
    assert claim_own_run(db, viewer, report_id) is not None
    finish_run(db, report_id, Outcome(state, "", 1.0, "r", 1, {"facts": "{}", "text": ""}), final=True)
    return report_id


def _current(db: Database, *sources: str) -> int:
    number = _proposed(db, *sources)
    _tried(db, number, 1)
    activate_template(db, LEADER, number, 1)
    return number


def _permitted(deed: Any) -> type[SkyhubError] | None:
    try:
        deed()
    except SkyhubError as error:
        return type(error)
    return None


def test_versions_are_numbered_and_kept_and_equal_ones_are_not_stored_again(led: Database) -> None:
    number = _proposed(led, "1")
    assert _proposed(led, "1") == number == _proposed(led, "2", viewer=COLLEAGUE)
    found = group_template(led, SCANNER, number)
    assert (found["name"], found["current"], found["forked_from"]) == (NAME, None, None)
    assert [(v["version"], v["author"]) for v in found["versions"]] == [(1, "scanner"), (2, "colleague")]
    first = template_version(led, SCANNER, number, 1)
    assert json.loads(first["notebook"])["cells"][1]["source"] == ["1"]
    assert first["sha256"] == found["versions"][0]["sha256"] != found["versions"][1]["sha256"]
    with pytest.raises(NotFound, match="1 to 2"):
        template_version(led, SCANNER, number, 3)


def test_each_group_has_its_own_names(led: Database) -> None:
    _proposed(led, "1")
    other = propose_template(led, OTHER, "bursts", "ours", notebook_text("2"), SIDECAR)
    assert other["name"] == "bursts/ours"
    assert {t["name"] for t in group_templates(led, ADMINISTRATOR)} == {NAME, "bursts/ours"}


def test_only_what_was_tried_comes_into_force(led: Database) -> None:
    number = _proposed(led, "1")
    with pytest.raises(Conflict, match="no dry run that succeeded"):
        activate_template(led, LEADER, number, 1)
    _tried(led, number, 1, state="failed")
    with pytest.raises(Conflict, match="no dry run that succeeded"):
        activate_template(led, LEADER, number, 1)
    with pytest.raises(NotFound):
        find_template(led, SCANNER, NAME)
    report_id = _tried(led, number, 1)
    found = activate_template(led, LEADER, number, 1, "agreed")
    assert found["current"] == 1
    assert [(s["user_name"], s["reason"], s["report_id"]) for s in found["states"]] == [("leader", "agreed", report_id)]
    with pytest.raises(Conflict, match="already"):
        activate_template(led, LEADER, number, 1)
    _proposed(led, "2")
    with pytest.raises(Conflict, match="no dry run"):
        activate_template(led, LEADER, number, 2)
    template = find_template(led, SCANNER, NAME)
    assert template.version is not None
    assert template.version.version == 1
    assert deactivate_template(led, LEADER, number)["current"] is None
    with pytest.raises(Conflict, match="no version"):
        deactivate_template(led, LEADER, number)
    assert NAME not in known_templates(led, SCANNER)


MATRIX: dict[str, tuple[Viewer, dict[str, type[SkyhubError] | None]]] = {
    "visitor": (
        VISITOR,
        {"see": NotFound, "write": PermissionRefused, "try": NotFound, "activate": PermissionRefused, "run": NotFound},
    ),
    "non-member": (
        OTHER,
        {"see": NotFound, "write": PermissionRefused, "try": NotFound, "activate": NotFound, "run": NotFound},
    ),
    "member who may view": (
        READER,
        {
            "see": None,
            "write": PermissionRefused,
            "try": PermissionRefused,
            "activate": PermissionRefused,
            "run": PermissionRefused,
        },
    ),
    "member": (
        COLLEAGUE,
        {"see": None, "write": None, "try": PermissionRefused, "activate": PermissionRefused, "run": None},
    ),
    "author": (SCANNER, {"see": None, "write": None, "try": None, "activate": PermissionRefused, "run": None}),
    "group administrator": (LEADER, {"see": None, "write": None, "try": None, "activate": None, "run": None}),
    "administrator": (ADMINISTRATOR, {"see": None, "write": None, "try": None, "activate": None, "run": None}),
}


@pytest.mark.parametrize(("viewer", "expected"), MATRIX.values(), ids=MATRIX)
def test_who_may_what(led: Database, viewer: Viewer, expected: dict[str, type[SkyhubError] | None]) -> None:
    number = _current(led, "1")
    _proposed(led, "2")
    _tried(led, number, 2)
    deeds = {
        "see": lambda: template_version(led, viewer, number, 2),
        "write": lambda: propose_template(led, viewer, "transients", "other", notebook_text(), SIDECAR),
        "try": lambda: dry_run_template(led, viewer, number, 2, {}),
        "activate": lambda: activate_template(led, viewer, number, 2),
        "run": lambda: request_run(led, viewer, find_template(led, viewer, NAME), {}),
    }
    assert {name: _permitted(deed) for name, deed in deeds.items()} == expected
    sees = expected["see"] is None
    assert [t["name"] for t in group_templates(led, viewer)][:1] == [NAME] * sees
    assert (NAME in known_templates(led, viewer)) == sees
    differ = _permitted(lambda: template_differences(led, viewer, number, 2, "1"))
    assert differ == (None if sees else NotFound)


def test_what_is_hidden_is_as_what_does_not_exist(led: Database) -> None:
    number = _current(led, "1")
    told = []
    for name, asked in ((NAME, number), ("transients/nothing", 999)):
        with pytest.raises(NotFound) as by_name:
            find_template(led, OTHER, name)
        with pytest.raises(NotFound) as by_number:
            group_template(led, OTHER, asked)
        told.append((by_name.value.message.replace(name, ""), by_number.value.message.replace(str(asked), "")))
    assert told[0] == told[1]


def test_a_group_may_say_who_writes_its_reports(led: Database) -> None:
    change_group(led, ADMINISTRATOR, "transients", {"savers": ["leader"]})
    with pytest.raises(PermissionRefused, match="may not write reports of transients"):
        _proposed(led, "1")
    assert _proposed(led, "1", viewer=LEADER)
    with pytest.raises(PermissionRefused, match="~scanner"):
        propose_template(led, SCANNER, "~scanner", "ours", notebook_text(), SIDECAR)


def test_a_fork_is_the_original_without_its_schedule_and_tells_when_that_has_changed(
    led: Database, reports: Path
) -> None:
    write_report(reports, "shipped", "first = 1\nsecond = 2")
    sidecar = reports / "shipped.yaml"
    sidecar.write_text(f"{sidecar.read_text()}schedule: {{cron: '0 16 * * *'}}\n")
    made = fork_template(led, SCANNER, "transients", "ours", "shipped")
    number = int(made["report_template_id"])
    assert (made["forked_from"], made["original_changed"]) == ("shipped", False)
    assert made["versions"][0]["forked_sha256"] == report_template("shipped").sha256
    assert template_differences(led, SCANNER, number, 1)["cells"] == []
    assert any(line.startswith("-schedule") for line in template_differences(led, SCANNER, number, 1)["sidecar"])
    with pytest.raises(Conflict, match="already"):
        fork_template(led, COLLEAGUE, "transients", "ours", "shipped")
    with pytest.raises(NotFound, match="no report 'nothing'"):
        fork_template(led, SCANNER, "transients", "theirs", "nothing")
    own = template_version(led, SCANNER, number, 1)
    changed = own["notebook"].replace("second = 2", "second = 3")
    propose_template(led, SCANNER, "transients", "ours", changed, own["sidecar"])
    [cell] = template_differences(led, SCANNER, number, 2)["cells"]
    assert (cell["change"], cell["was"], cell["is"]) == ("changed", 2, 2)
    assert {"-second = 2", "+second = 3"} <= set(cell["lines"])
    write_report(reports, "shipped", "first = 0\nsecond = 2")
    assert group_template(led, SCANNER, number)["original_changed"]
    assert "-first = 0" in template_differences(led, SCANNER, number, 2, "shipped")["cells"][0]["lines"]
    assert "-second = 2" in template_differences(led, SCANNER, number, 2)["cells"][0]["lines"]
    taken = changed.replace("first = 1", "first = 0")
    found = propose_template(led, SCANNER, "transients", "ours", taken, own["sidecar"], follows_shipped=True)
    assert (len(found["versions"]), found["original_changed"]) == (3, False)
    assert "-second = 2" in template_differences(led, SCANNER, number, 3)["cells"][0]["lines"]
    for path in reports.glob("shipped.*"):
        path.unlink()
    assert group_template(led, SCANNER, number)["original_changed"]


def test_what_cannot_be_compared_is_said(led: Database) -> None:
    number = _proposed(led, "1")
    for against, told in (("original", "not forked"), ("9", "1 to 1"), ("mine", "original, shipped or a version")):
        with pytest.raises(NotFound, match=told):
            template_differences(led, SCANNER, number, 1, against)
    with pytest.raises(InvalidInput, match="follows none"):
        propose_template(led, SCANNER, "transients", "ours", notebook_text("2"), SIDECAR, follows_shipped=True)


def test_cells_that_came_and_went_are_told(led: Database) -> None:
    number = _proposed(led, "a = 1", "b = 2", "c = 3")
    _proposed(led, "a = 1", "c = 3", "d = 4")
    cells = template_differences(led, SCANNER, number, 2, "1")["cells"]
    assert [(c["change"], c["was"], c["is"]) for c in cells] == [("removed", 3, None), ("added", None, 4)]


def test_a_run_keeps_to_its_version_and_so_does_its_verification(led: Database) -> None:
    number = _current(led, "1")
    report_id = request_run(led, SCANNER, find_template(led, SCANNER, NAME), {})
    _proposed(led, "2")
    _tried(led, number, 2)
    activate_template(led, LEADER, number, 2)
    claimed = claim_own_run(led, SCANNER, report_id)
    assert claimed is not None
    assert claimed[1].version is not None
    assert claimed[1].version.version == 1
    finish_run(led, report_id, Outcome("done", "", 1.0, "r", 1, {"facts": "{}", "text": ""}))
    again = run_record(led, SCANNER, request_verification(led, SCANNER, report_id))
    first = run_record(led, SCANNER, report_id)
    assert (again["template_version"], again["template_sha256"]) == (1, first["template_sha256"])
    assert (again["name"], again["report_template_id"], first["dry_run"]) == (NAME, str(number), False)
    left = Viewer("scanner", scopes=SCANNER.scopes)
    with pytest.raises(NotFound, match="report template"):
        request_verification(led, left, report_id)


def test_the_house_claims_no_run_of_a_group_and_a_user_none_of_others(led: Database) -> None:
    _current(led, "1")
    shipped = request_run(led, SCANNER, report_template("night_summary"), {})
    own = request_run(led, SCANNER, find_template(led, SCANNER, NAME), {})
    assert claim_run(led, "h/1", own) is None
    assert claim_own_run(led, SCANNER, shipped) is None
    for viewer in (COLLEAGUE, LEADER, OTHER, ADMINISTRATOR):
        assert claim_own_run(led, viewer, own) is None
        assert claim_own_run(led, viewer) is None
    claim = claim_run(led, "h/1")
    assert claim is not None
    assert claim.report_id == shipped
    assert claim_run(led, "h/1") is None


def test_who_left_the_group_does_not_run_its_report_any_more(led: Database) -> None:
    _current(led, "1")
    own = request_run(led, SCANNER, find_template(led, SCANNER, NAME), {})
    assert claim_own_run(led, Viewer("scanner", scopes=SCANNER.scopes)) is None
    record = run_record(led, SCANNER, own)
    assert (record["state"], record["detail"]) == (
        "failed",
        "scanner is not in the group transients any more, whose report this is.",
    )


def test_templates_have_a_past(led: Database) -> None:
    def now() -> datetime:
        return led.writer.write(lambda transaction: transaction.now)

    before = now()
    number = _proposed(led, "1")
    proposed = now()
    _tried(led, number, 1)
    activate_template(led, LEADER, number, 1)
    _proposed(led, "2")
    assert group_templates(led, SCANNER, before) == []
    [then] = group_templates(led, SCANNER, proposed)
    assert (len(then["versions"]), then["current"], then["versions"][0]["dry_runs"]) == (1, None, [])
    assert NAME not in known_templates(led, SCANNER, proposed)
    assert NAME in known_templates(led, SCANNER, datetime.now(UTC))
    with pytest.raises(NotFound):
        template_version(led, SCANNER, number, 2, proposed)


def test_dry_runs_are_their_askers_alone_and_read_with_their_rights(led: Database) -> None:
    number = _proposed(led, "1")
    mine = dry_run_template(led, SCANNER, number, 1, {"word": "blue"})
    theirs = dry_run_template(led, LEADER, number, 1, {})
    assert [r["report_id"] for r in list_runs(led, SCANNER)] == [mine]
    assert run_record(led, SCANNER, mine)["parameters"] == {"word": "blue"}
    claimed = claim_own_run(led, LEADER)
    assert claimed is not None
    assert (claimed[0].report_id, claimed[0].viewer.groups, claimed[0].viewer.scopes) == (
        theirs,
        LEADER.groups,
        frozenset({"view"}),
    )
    with pytest.raises(InvalidInput, match="no parameter"):
        dry_run_template(led, SCANNER, number, 1, {"other": 1})
    shown = group_template(led, SCANNER, number)["versions"][0]["dry_runs"]
    assert {run["requested_by"]: run["state"] for run in shown} == {"scanner": "queued", "leader": "running"}
