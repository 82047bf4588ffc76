"""Reports about scanning, executed with the rights of who asks: every fact follows from what is stored, nobody is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from skyhub.candidates import (
    PREFERENCES,
    close_injection,
    decide,
    filter_purity,
    injection_result,
    prepare_injection,
    scanner_agreement,
)
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import NotFound
from skyhub.followup import SHIFTS
from skyhub.notes import COMMENTS, REDSHIFTS
from skyhub.records import add
from skyhub.reports import report_template, request_run, run_record
from skyhub.scheduler._execute import Execution, execute_report
from skyhub.science.nights import parse_dayobs
from support.houses import COLLEAGUE, OTHER, SCANNER, candidates_of
from support.services import Served

NIGHT = "2026-11-21"

_keys = (f"report {number}" for number in count())


def _decide(db: Database, viewer: Viewer, object_id: str, verdict: str) -> None:
    decide(db, viewer, next(_keys), candidates_of(db, viewer)[object_id], verdict, ["transients"])


@pytest.fixture
def scanned(served: Served) -> Served:
    """Two agree on one object and not on another; a third is left; somebody is asked something."""
    for object_id, mine, other in (("ZTF26public", "save", "save"), ("ZTF26partner", "reject", "save")):
        _decide(served.db, SCANNER, object_id, mine)
        _decide(served.db, COLLEAGUE, object_id, other)
    _decide(served.db, SCANNER, "ZTF26faint", "save")
    _decide(served.db, SCANNER, "ZTF26faint", "undo")
    for viewer in (SCANNER, COLLEAGUE):
        with served.sky(viewer) as sky:
            sky.transport.post("/api/visits", {})
    comments = [{"object_id": "ZTF26public", "text": f"<b>Spectrum?</b> @{SCANNER.name} @{COLLEAGUE.name}"}]
    add(served.db, COLLEAGUE, COMMENTS, comments, ["transients"])
    return served


def _run(served: Served, name: str, viewer: Viewer = SCANNER, **given: Any) -> tuple[Execution, dict[str, Any]]:
    template = report_template(name)
    parameters = template.sidecar.values(
        {**({"dayobs": NIGHT} if "dayobs" in template.sidecar.parameters else {}), **given}, datetime.now(UTC)
    )
    claim = {"report_id": name, "name": name, "parameters": parameters, "requested_by": viewer.name, "data_version": 1}
    claim |= {"reads_at": datetime.now(UTC).isoformat(), "timeout": 300}
    reader = Viewer(viewer.name, viewer.groups, viewer.streams)
    claim |= {"rights": sorted(viewer.groups), "token": served.token_of(reader)}
    execution = execute_report(template, claim, served.url)
    return execution, json.loads(execution.artifacts["facts"])


def _rows(served: Served, query: dict[str, Any]) -> list[dict[str, Any]]:
    with served.sky(SCANNER) as sky:
        return sky.sql(query["sql"], query["parameters"]).to_rows()


def test_the_hand_over_of_a_night(scanned: Served) -> None:
    execution, facts = _run(scanned, "shift_handover", group="transients")
    assert execution.state == "done", execution.detail
    counts = {
        "n_candidates": 2,
        "n_scanned": 2,
        "n_scanners": 2,
        "n_saved": 2,
        "n_rejected": 0,
        "n_disputed": 1,
        "n_left": 0,
    }
    assert facts["counts"] == counts
    assert sorted(facts["new_sources"]) == ["ZTF26partner", "ZTF26public"]
    assert facts["disputed"] == [{"object_id": "ZTF26partner", "n_save": 1, "n_reject": 1}]
    assert facts["n_mentions"] == 1
    assert facts["look_first"] == ["ZTF26partner (disputed)"]
    assert _rows(scanned, facts["queries"]["counts"]) == [counts]
    for name in ("new_sources", "mentions"):
        assert len(_rows(scanned, facts["queries"][name])) == facts[f"n_{name}"]
    lines = execution.artifacts["text"].splitlines()
    assert lines[0].endswith("2 of 2 candidates scanned by 2; 2 saved, 0 rejected by all, 0 left.")
    assert "ZTF26public for scanner, colleague" in lines[2] or "ZTF26public for colleague, scanner" in lines[2]
    assert max(map(len, lines)) < 300
    page = execution.artifacts["html"]
    asked = [q for q in json.loads(execution.artifacts["queries"]) if "statement" in q]
    known = {query["sql"] for query in facts["queries"].values() if "sql" in query}
    assert known <= {query["statement"] for query in asked}
    assert len({query["as_of"] for query in asked}) == 1
    [counted] = [query for query in asked if query["statement"] == facts["queries"]["counts"]["sql"]]
    assert (counted["rows"], {"candidates", "decisions"} <= set(counted["tables"])) == (1, True)
    assert "<summary>Queries run: " in page
    assert "<svg" in page
    assert "<td>&lt;b&gt;Spectrum?" in page
    assert "<b>Spectrum?" not in page


def test_the_hand_over_of_a_shift_that_has_not_begun(scanned: Served) -> None:
    begin = datetime.now(UTC) + timedelta(hours=1)
    shift = {"name": "late", "start_date": begin.isoformat(), "end_date": (begin + timedelta(hours=8)).isoformat()}
    add(scanned.db, SCANNER, SHIFTS, [shift], ["transients"])
    execution, facts = _run(scanned, "shift_handover", shift="late", n_shown=0)
    assert execution.state == "done", execution.detail
    assert facts["counts"]["n_scanned"] == facts["n_new_sources"] == facts["n_mentions"] == 0
    assert facts["counts"]["n_left"] == facts["counts"]["n_candidates"] == len(facts["look_first"]) > 0


def test_a_hand_over_is_asked_for_what_there_is(scanned: Served) -> None:
    execution, _ = _run(scanned, "shift_handover", OTHER, group="transients")
    assert execution.state == "failed"
    assert "transients is none of your groups: bursts are permitted" in execution.detail


def test_the_agreement_names_nobody(scanned: Served) -> None:
    execution, facts = _run(scanned, "scanner_agreement", group="transients", me=True)
    assert execution.state == "done", execution.detail
    told = scanner_agreement(scanned.db, SCANNER, [parse_dayobs(NIGHT)], ["transients"], me=True)
    assert {name: facts[name] for name in told} == told
    assert facts["mine"]["confusion"] == [[1, 0], [1, 0]]
    assert COLLEAGUE.name not in "".join(execution.artifacts.values())


def test_ones_own_figures_are_ones_own(house: Database) -> None:
    number = request_run(house, SCANNER, report_template("scanner_agreement"), {"dayobs": NIGHT, "me": True})
    assert run_record(house, SCANNER, number)["state"] == "queued"
    for viewer in (COLLEAGUE, OTHER):
        with pytest.raises(NotFound):
            run_record(house, viewer, number)


def test_what_filters_find_of_known_objects(scanned: Served) -> None:
    known = "SELECT * FROM (VALUES ('ZTF26public', 'SN Ia'), ('ZTF26partner', 'CV'), ('ZTF26faint', 'TDE')) AS t(object_id, class)"
    execution, facts = _run(scanned, "filter_completeness", known=known, wanted="SN*, TDE", confidence=0.9)
    assert execution.state == "done", execution.detail
    assert facts["known"] == {"ZTF26public": True, "ZTF26partner": False, "ZTF26faint": True}
    assert {row["object_id"] for row in _rows(scanned, facts["queries"]["known"])} == facts["known"].keys()
    [row] = [row for row in facts["filters"] if row["name"] == "filter of transients"]
    assert (row["completeness"], row["purity"]) == (0.5, 0.5)
    assert "filter of transients, version 1: completeness 0.50 (" in execution.artifacts["text"]
    assert "data:image/png" in execution.artifacts["html"]


def test_the_page_of_a_filter_tells_what_it_let_through(scanned: Served) -> None:
    execution, _ = _run(scanned, "filter_report", OTHER, filter_name="filter of transients")
    assert "there is no filter 'filter of transients' among those that you may see" in execution.detail
    execution, facts = _run(scanned, "filter_report", filter_name="filter of transients", n_nights=2)
    assert execution.state == "done", execution.detail
    assert [(v["version"], v["live"]) for v in facts["versions"]] == [(1, True)]
    [passed] = facts["passed"]
    assert (passed["night"], passed["n_passed"], passed["n_objects"]) == (NIGHT, 2, 2)
    purity = filter_purity(scanned.db, SCANNER, [parse_dayobs(NIGHT)], classes=[], confidence=0.9)
    told = {(p["version"], p["dayobs"]): p["purity"] for p in facts["purity"]}
    assert told == {(p["version"], p["dayobs"]): p["purity"] for p in purity if p["name"] == "filter of transients"}
    share = f"2 of {passed['n_alerts']} alerts passed ({2 / passed['n_alerts']:.1%})"
    assert f"filter of transients (version 1 is live): {share}; purity: 1.00 (" in execution.artifacts["text"]


def test_the_page_of_an_object_tells_what_its_reader_may_see(scanned: Served) -> None:
    execution, _ = _run(scanned, "source_report", object_id="ZTF26caltech")
    assert execution.state == "failed"
    add(scanned.db, COLLEAGUE, REDSHIFTS, [{"object_id": "ZTF26public", "redshift": 0.0312, "type": "host"}])
    execution, facts = _run(scanned, "source_report", object_id="ZTF26public", n_points=1)
    assert execution.state == "done", execution.detail
    assert (facts["saved_for"], facts["redshift"]["redshift"], facts["n_spectra"]) == (["transients"], 0.0312, 0)
    assert _rows(scanned, facts["queries"]["by_filter"]) == facts["by_filter"]
    assert "ZTF26public at 10:00:" in execution.artifacts["text"]
    assert "has no class, at z = 0.0312. It was detected 2 times; last" in execution.artifacts["text"]
    page = execution.artifacts["html"]
    assert page.count('src="data:image/png') == 4  # three cutouts and the finding chart
    assert len(page) < 150_000
    assert "&lt;b&gt;Spectrum?" in page


def test_the_purity_that_decisions_tell(scanned: Served) -> None:
    execution, facts = _run(scanned, "filter_purity", n_nights=2, classes="Supernova", confidence=0.9)
    assert execution.state == "done", execution.detail
    asked = facts["queries"]["filters"]
    assert facts["filters"] == filter_purity(
        scanned.db, SCANNER, [parse_dayobs(n) for n in asked["dayobs"]], classes=asked["classification"], confidence=0.9
    )
    assert (
        "filter of transients, version 1: purity 1.00 (0.27 to 1.00), 1 of 1; 2 pass, 0 undecided, 1 disputed, "
        "so between 0.50 and 1.00."
    ) in execution.artifacts["text"]
    assert "data:image/png" in execution.artifacts["html"]


def test_what_scanners_find_of_known_objects(served: Served) -> None:
    db, third = served.db, Viewer("third", frozenset({"transients"}), scopes=SCANNER.scopes)
    members = [viewer.name for viewer in (SCANNER, COLLEAGUE, third)]
    objects = ["ZTF26public", "ZTF26partner"]
    number = prepare_injection(db, ADMINISTRATOR, members, "known", "transients", objects)["injection_id"]
    for viewer in (SCANNER, COLLEAGUE, third):
        _decide(db, viewer, "ZTF26public", "save")
    add(db, SCANNER, PREFERENCES, [{"name": "named_in_scanning", "value": True}])
    known = "SELECT 'ZTF26public' AS object_id, 'SN Ia' AS class"
    execution, _ = _run(served, "filter_completeness", known=known, injection=number)
    assert execution.state == "failed"
    close_injection(db, ADMINISTRATOR, int(number))
    execution, facts = _run(served, "filter_completeness", known=known, injection=number, confidence=0.9)
    assert execution.state == "done", execution.detail
    assert facts["injected"] == injection_result(db, SCANNER, int(number), confidence=0.9)
    assert "transients, injection known: recall 0.50 (" in execution.artifacts["text"]
    assert "Of those that I decided on" in execution.artifacts["html"]
    _, facts = _run(served, "filter_completeness", COLLEAGUE, known=known, injection=number)
    assert facts["injected"]["mine"] is None
