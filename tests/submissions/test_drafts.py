"""Drafts of circulars: from runs, edited by people of their groups, compared, united with a new run."""

from __future__ import annotations

import pytest
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.events import ingest_notice
from skyhub.records import add, edit, find, get, history
from skyhub.reports import request_run
from skyhub.submissions import (
    CIRCULARS,
    approve_circular,
    compare_versions,
    draft_from_run,
    edit_circular,
    judge_circular,
    read_facts,
    review_circular,
    unite_with_run,
)
from submissions_support import _TEMPLATE, BODY, OLAF, OTHER, SCANNER, SUBJECT, VERA, drafted, run_of
from support.notices import alert, burst

_WIDER = Viewer("wide", VERA.groups | {"bursts"}, scopes=VERA.scopes)


@pytest.mark.parametrize("text", ["", "Nothing was found.", '{"facts": 1}'])
def test_a_run_that_wrote_no_circular_makes_no_draft(team: Database, text: str) -> None:
    with pytest.raises(InvalidInput):
        draft_from_run(team, VERA, run_of(team, text=text), "x")


def test_a_run_that_is_not_done_or_not_ones_own_makes_no_draft(team: Database) -> None:
    with pytest.raises(Conflict, match="queued"):
        draft_from_run(team, VERA, request_run(team, VERA, _TEMPLATE, {}), "x")
    report_id = run_of(team)
    for stranger in (OLAF, OTHER):
        with pytest.raises(NotFound):
            draft_from_run(team, stranger, report_id, "x")
        with pytest.raises(NotFound):
            add(team, stranger, CIRCULARS, [{"name": "x", "subject": "s", "body": "b", "report_id": report_id}])
    with pytest.raises(NotFound):
        add(team, VERA, CIRCULARS, [{"name": "x", "subject": "s", "body": "b", "event": "S999999zz"}])


def test_many_drafts_of_one_run_have_names_and_versions_by_their_writers(team: Database) -> None:
    report_id = run_of(team)
    first, second = (draft_from_run(team, VERA, report_id, name, ["transients"]) for name in ("short", "long"))
    assert (first["subject"], first["body"], first["state"]) == (SUBJECT, BODY.strip(), "draft")
    with pytest.raises(Conflict, match="is there already"):
        draft_from_run(team, VERA, report_id, "short", ["transients"])
    number = int(second["circular_id"])
    edited = edit_circular(team, OLAF, number, {"body": f"{BODY}\nWe thank all."}, 1)
    assert (edited["version"], edited["edited_by"], edited["author"]) == (2, "olaf", "vera")
    with pytest.raises(Conflict, match="version 2 by now, by olaf"):
        edit_circular(team, VERA, number, {"body": "x"}, 1)
    assert [row["edited_by"] for row in history(team, VERA, CIRCULARS, number)] == ["vera", "olaf"]
    assert {row["name"] for row in find(team, OLAF, CIRCULARS, {"report_id": report_id})} == {"short", "long"}


def test_a_public_draft_is_read_by_all_and_written_by_nobody_else(team: Database) -> None:
    fields = {"name": "public", "subject": SUBJECT, "body": BODY}
    [record] = add(team, ADMINISTRATOR, CIRCULARS, [fields], ["public"])["records"]
    number = int(record["circular_id"])
    assert get(team, OTHER, CIRCULARS, number)["subject"] == SUBJECT
    with pytest.raises(PermissionRefused, match="none of the groups"):
        edit_circular(team, OTHER, number, {"body": "x"}, 1)
    with pytest.raises(PermissionRefused, match="none of the groups"):
        review_circular(team, OTHER, number, 1)


def test_an_event_is_kept_by_a_name_of_its_own_and_stays_when_others_write(team: Database) -> None:
    ingest_notice(team, ADMINISTRATOR, alert(name="S261124c", time="2026-11-24T03:00:00.123Z"))
    ours = burst(time="2026-11-25T03:00:00")
    ingest_notice(team, _WIDER, ours, groups=["bursts"])
    for given, kept in (("2026-11-24T03:00:00", "LVC#S261124c"), ("2026-11-25T03:00:00", "SWIFT#1234567")):
        number = drafted(team, _WIDER, event=given)
        assert get(team, _WIDER, CIRCULARS, number)["event"] == kept
        assert edit_circular(team, OLAF, number, {"body": f"{BODY}\nMore."}, 1)["event"] == kept


def test_parts_that_are_no_text_are_not_edited_by_members(team: Database) -> None:
    number = drafted(team)
    with pytest.raises(InvalidInput, match="no part of the text"):
        edit_circular(team, OLAF, number, {"report_id": "x"}, 1)
    with pytest.raises(PermissionRefused, match="its author"):
        edit(team, OLAF, CIRCULARS, number, {"name": "mine"})


def test_a_new_run_comes_in_and_what_people_wrote_stays(team: Database) -> None:
    number = drafted(team)
    edit_circular(team, OLAF, number, {"body": BODY.replace("extinction.\n", "extinction. Spectra are\nwanted.\n")}, 1)
    new = BODY.replace("20.5 ", "20.7 ")
    united = unite_with_run(team, VERA, number, run_of(team, text=f"SUBJECT: {SUBJECT} (update)\n\n{new}"))
    assert (united["version"], united["conflicts"], united["subject"]) == (3, [], f"{SUBJECT} (update)")
    assert "r > 20.7 (AB, 5 sigma), not corrected for Galactic extinction. Spectra are wanted." in " ".join(
        united["body"].split()
    )


def test_a_conflict_is_shown_and_blocks_the_approval(team: Database) -> None:
    number = drafted(team)
    edit_circular(team, VERA, number, {"body": BODY.replace("20.5 ", "20.4 "), "subject": "GRB 230812B: mine"}, 1)
    text = f"SUBJECT: GRB 230812B: theirs\n\n{BODY.replace('20.5 ', '20.7 ')}"
    united = unite_with_run(team, VERA, number, run_of(team, text=text))
    pairs = [(c["edited"], c["new"]) for c in united["conflicts"]]
    assert pairs[0] == ("GRB 230812B: mine", "GRB 230812B: theirs")
    assert ("20.4" in pairs[1][0], "20.7" in pairs[1][1]) == (True, True)
    assert united["subject"] == "GRB 230812B: mine"
    review_circular(team, OLAF, number, 3)
    with pytest.raises(Conflict, match=r"3 errors.*conflict"):
        approve_circular(team, VERA, number, 3)


def test_a_draft_from_no_run_has_nothing_to_unite_with(team: Database) -> None:
    [record] = add(team, VERA, CIRCULARS, [{"name": "by hand", "subject": SUBJECT, "body": BODY}])["records"]
    number = int(record["circular_id"])
    with pytest.raises(Conflict, match="from no run"):
        unite_with_run(team, VERA, number, run_of(team))
    assert judge_circular(team, VERA, number)["numbers"] == []
    assert read_facts(team, VERA, number) == {"report_id": None, "facts": None}


def test_numbers_by_hand_are_marked_beside_the_facts(team: Database) -> None:
    number = drafted(team)
    assert judge_circular(team, VERA, number) == {"findings": [], "numbers": [], "warnings": []}
    body = BODY.replace("20.5 ", "20.51 ").replace("21:37", "21:38")
    proposed = judge_circular(team, VERA, number, {"subject": f"{SUBJECT} of 3 nights", "body": body})
    marked = [(n["line"], n["was"], n["now"], n["in_facts"]) for n in proposed["numbers"]]
    assert marked == [(0, None, "3", False), (3, "21:37", "21:38", False), (4, "20.5", "20.51", True)]
    assert judge_circular(team, VERA, number)["numbers"] == []
    assert [f["rule"] for f in judge_circular(team, VERA, number, {"subject": "Re: x", "body": ""})["findings"]]


def test_facts_are_told_to_those_with_the_rights_of_the_run(team: Database) -> None:
    number = drafted(team)
    told = read_facts(team, OLAF, number)["facts"]
    assert told["limits"] == [{"filter": "r", "limiting_mag": 20.512}]
    report_id = run_of(team, _WIDER)
    wide = int(draft_from_run(team, _WIDER, report_id, "wide", ["transients"])["circular_id"])
    with pytest.raises(PermissionRefused, match="facts are hidden"):
        read_facts(team, OLAF, wide)
    assert read_facts(team, ADMINISTRATOR, wide)["report_id"] == report_id


def test_versions_are_compared_with_each_other_and_with_the_run(team: Database) -> None:
    number = drafted(team)
    edit_circular(team, OLAF, number, {"subject": "GRB 230812B: limits"}, 1)
    edit_circular(team, VERA, number, {"subject": "GRB 230812B: deep limits"}, 2)
    newest = compare_versions(team, SCANNER, number)
    assert (newest["was"], newest["now"], newest["by"]) == (2, 3, "vera")
    assert [(line["change"], line["text"]) for line in newest["lines"][:2]] == [
        ("removed", "GRB 230812B: limits"),
        ("added", "GRB 230812B: deep limits"),
    ]
    assert all(line["change"] == "same" for line in compare_versions(team, VERA, number, 0, 1)["lines"])
    with pytest.raises(InvalidInput, match="0 to 3"):
        compare_versions(team, VERA, number, 1, 9)
