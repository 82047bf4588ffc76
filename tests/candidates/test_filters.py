"""Candidate filters: a condition on each alert and nothing else, whatever is written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from skyhub.candidates import Filter, add_filter, filter_documents, filter_passes
from skyhub.candidates import _sandbox as sandbox
from skyhub.candidates._conditions import conditions_met, judge_condition, require_condition
from skyhub.candidates._verdicts import Verdicts
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from support.houses import OTHER, SCANNER, VISITOR, ingest
from support.packets import record, write_packets

BATCH = pa.table(
    {"mjd": [1.0, 2.0, 3.0], "first_mjd": [0.5, 0.5, None], "drb": [0.9, None, 0.1], "survey": ["ZTF"] * 3}
)

ATTACKS = [
    "",
    "   ",
    "drb >",
    "no_such_column > 1",
    "true) ; DROP TABLE batch; SELECT (1",
    "true); SELECT (true",
    "true)::BOOLEAN, false) FROM batch UNION ALL SELECT coalesce((true",
    "true)::BOOLEAN, false) FROM batch LIMIT 1 OFFSET (SELECT coalesce((1",
    "true, false",
    "*",
    "count(*) > 0",
    "bool_or(true)",
    "(SELECT content FROM read_text('/etc/passwd')) IS NOT NULL",
    "(SELECT count(*) FROM read_csv('/etc/passwd')) > 0",
    "(SELECT count(*) FROM '/etc/passwd') > 0",
    "(SELECT count(*) FROM glob('/etc/*')) > 0",
    "getenv('HOME') IS NOT NULL",
    "(SELECT count(*) FROM filters) >= 0",
    "(SELECT count(*) FROM users) >= 0",
    "(SELECT count(*) FROM rows) >= 0",
    "(SELECT count(*) FROM statements) >= 0",
    "(COPY batch TO '/tmp/skyhub-stolen.csv')",
    "(SELECT * FROM batch)",
    "CAST('x' AS INTEGER) = 1",
    "repeat('x', 1000000000000) = ''",
    "(SELECT sum(hash(a.range * b.range)) FROM range(1000000) a, range(1000000) b) > 0",
    "(" * 5000 + "true" + ")" * 5000,
    "NOT " * 100_000 + "true",
    "drb > 0 -- and a comment that swallows\n) -- the rest",
]


@pytest.mark.parametrize("expression", ATTACKS, ids=[a[:40] for a in ATTACKS])
def test_what_is_no_condition_is_refused(monkeypatch: pytest.MonkeyPatch, expression: str) -> None:
    monkeypatch.setattr(sandbox, "_SECONDS", 1.0)
    with pytest.raises(InvalidInput):
        _evaluate(Filter(1, 1, "attack", None, "ZTF", expression))


def _evaluate(version: Filter) -> Verdicts:
    require_condition(version, BATCH.slice(0, 0))
    return judge_condition(version, BATCH)


@pytest.mark.parametrize("expression", ATTACKS, ids=[a[:40] for a in ATTACKS])
def test_what_is_no_expression_is_no_annotation(monkeypatch: pytest.MonkeyPatch, expression: str) -> None:
    monkeypatch.setattr(sandbox, "_SECONDS", 1.0)
    version = Filter(1, 1, "attack", None, "ZTF", "true", annotations={"x": expression})
    refused, found = "", None
    try:
        found = _evaluate(version)
    except InvalidInput as error:
        refused = error.where
    assert refused == "annotations" or (found and found.annotations == [{}] * 3 and found.faults)


@pytest.mark.parametrize("key", ["", "a b", "1a", "a" * 101, "a;b", "a.b", "é"])
def test_keys_of_annotations_are_names(key: str) -> None:
    with pytest.raises(InvalidInput, match="no key of an annotation"):
        _evaluate(Filter(1, 1, "x", None, "ZTF", "true", annotations={key: "drb"}))


@pytest.mark.parametrize(
    ("expression", "passes"),
    [
        ("true", [True, True, True]),
        ("false", [False, False, False]),
        ("drb > 0.5", [True, False, False]),
        ("drb IS NULL OR drb < 0.5", [False, True, True]),
        ("age > 1", [False, True, False]),
        ("drb > 0.5 -- a comment", [True, False, False]),
        ("mjd >= 2 AND\nsurvey = 'ZTF'", [False, True, True]),
        ("1", [True, True, True]),
        ("NULL", [False, False, False]),
        ("'; DROP TABLE batch; --' = survey", [False, False, False]),
        ("mjd > (SELECT avg(mjd) FROM batch)", [False, False, True]),
    ],
)
def test_conditions(expression: str, passes: list[bool]) -> None:
    assert judge_condition(Filter(1, 1, "x", None, "ZTF", expression), BATCH).passed.tolist() == passes


def test_a_bad_filter_is_not_stored(house: Database) -> None:
    before = house.reader.rows(ADMINISTRATOR, "SELECT * FROM @filters")
    for expression in ("no_such_column > 1", "count(*) > 1", "true); SELECT (1"):
        with pytest.raises(InvalidInput, match="filter 'new'"):
            add_filter(house, "new", expression, "transients")
    assert house.reader.rows(ADMINISTRATOR, "SELECT * FROM @filters") == before


@pytest.mark.parametrize(
    ("expression", "cut", "what"),
    [
        ("drb > 0.5 AND mag > (SELECT avg(mag) FROM batch)", "mag > (SELECT avg(mag) FROM batch)", "a query"),
        ("drb > 0.5 AND mag IN (FROM range(3))", "mag IN (FROM range(3))", "a query"),
        ("row_number() OVER () < 9 AND drb > 0.5", "row_number() OVER () < 9", "a window"),
        ("drb > 0.5 AND random() < 0.1", "random() < 0.1", "random()"),
        ("mjd > 60000 AND now() > '2026-01-01'", "now() > '2026-01-01'", "now()"),
        ("drb > 0.5 AND current_date > '2026-01-01'", "current_date > '2026-01-01'", "current_date"),
        ("current_timestamp > '2026-01-01' AND drb > 0.5", "current_timestamp > '2026-01-01'", "current_timestamp"),
        ("drb > 0.5 AND getvariable('x') IS NULL", "getvariable('x') IS NULL", "getvariable()"),
    ],
)
def test_a_filter_must_give_the_same_of_an_alert_at_all_times(
    house: Database, expression: str, cut: str, what: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        add_filter(house, "new", expression, "transients")
    assert f"the cut {cut!r} uses {what}" in refused.value.message


@pytest.mark.parametrize(
    "hindrance", ["CAST('x' AS INTEGER) > mjd", "nonsense > 0", "count(*) > 0", "true) FROM batch --"]
)
def test_filters_that_can_be_computed_are_judged_together(hindrance: str) -> None:
    texts = ["mjd > 2", "mjd < 2 OR drb < 0.5", "null", "true"]
    versions = [Filter(n, 1, "x", None, "ZTF", text) for n, text in enumerate(texts)]
    met = conditions_met(versions, BATCH)
    for version, passed in zip(versions, met, strict=True):
        assert passed is not None
        alone, told = judge_condition(version, BATCH), judge_condition(version, BATCH, passed)
        assert passed.tolist() == alone.passed.tolist() == told.passed.tolist()
    assert conditions_met([*versions, Filter(9, 1, "x", None, "ZTF", hindrance)], BATCH) == [None] * 5


def test_an_error_names_the_cut() -> None:
    unfit = Filter(1, 1, "unfit", None, "ZTF", "drb > 0.5 AND no_such_column > 0 AND mjd > 1")
    with pytest.raises(InvalidInput, match="at its cut 'no_such_column > 0'"):
        judge_condition(unfit, BATCH)


def test_an_alert_that_cannot_be_computed_fails_alone() -> None:
    batch = BATCH.append_column("sso_name", [["7", "Ceres", None]])
    found = judge_condition(Filter(1, 1, "fragile", None, "ZTF", "mjd > 0 AND CAST(sso_name AS INTEGER) > 0"), batch)
    assert found.passed.tolist() == [True, False, False]
    [fault] = found.faults
    assert fault.place == 1
    assert "Ceres" in fault.reason


def test_an_annotation_that_cannot_be_computed_is_left_out() -> None:
    batch = BATCH.append_column("sso_name", [["7", "Ceres", None]])
    given = {"n": "CAST(sso_name AS INTEGER)", "twice": "2 * mjd", "score": "sso_name"}
    found = judge_condition(Filter(1, 1, "x", None, "ZTF", "mjd < 3", annotations=given), batch)
    assert found.annotations == [{"n": 7, "twice": 2.0}, {"twice": 4.0}]
    assert [fault.place for fault in found.faults] == [1, 0, 1]
    assert "annotation 'n'" in found.faults[0].reason
    assert "annotation 'score' is '7': a number is permitted" in found.faults[1].reason


def test_a_filter_has_versions(house: Database) -> None:
    first = add_filter(house, "new", "drb > 0.5", "transients")
    assert add_filter(house, "new", "drb > 0.5", "transients") == first
    second = add_filter(house, "new", "drb > 0.6", "transients")
    assert (second.filter_id, second.version) == (first.filter_id, 2)
    assert add_filter(house, "new", "drb > 0.5", "bursts").filter_id != first.filter_id


def test_a_filter_that_fails_on_data_holds_up_nothing(house: Database, tmp_path: Path) -> None:
    add_filter(house, "fragile", "CAST(sso_name AS INTEGER) > 0", "transients")
    path = write_packets(tmp_path / "x.avro", record(99, "ZTF26fragile", ssnamenr="Ceres"))
    summary = ingest(house, path)
    assert (summary.stored, summary.rejected) == (1, [])
    names = house.reader.rows(
        ADMINISTRATOR,
        "SELECT DISTINCT f.name FROM @candidates AS c JOIN @filters AS f USING (filter_id) WHERE c.object_id = 'ZTF26fragile'",
    )
    found = {row["name"] for row in names}
    assert "filter of transients" in found
    assert "fragile" not in found
    [told] = [f for f in filter_passes(house, SCANNER)["filters"] if f["n_faults"]]
    assert (told["n_faults"], told["failing"], told["last_fault"]["object_id"]) == (1, False, "ZTF26fragile")
    assert "Ceres" in told["last_fault"]["reason"]


def test_one_alert_that_fails_keeps_back_no_other(house: Database, tmp_path: Path) -> None:
    add_filter(house, "fragile", "coalesce(CAST(sso_name AS INTEGER) > 0, true)", "transients")
    names = {"ZTF26ok": None, "ZTF26fails": "Ceres", "ZTF26seven": "7"}
    packets = [record(99 + n, name, ssnamenr=sso) for n, (name, sso) in enumerate(names.items())]
    ingest(house, *(write_packets(tmp_path / f"{n}.avro", packet) for n, packet in enumerate(packets)))
    rows = house.reader.rows(
        ADMINISTRATOR,
        "SELECT object_id FROM @candidates AS c JOIN @filters AS f USING (filter_id) WHERE f.name = 'fragile' ORDER BY 1",
    )
    assert [row["object_id"] for row in rows] == ["ZTF26ok", "ZTF26seven"]


@pytest.mark.parametrize("survey", ["ZFT", "", "ztf", "ztf-partnership"])
def test_a_misspelt_survey_is_refused(house: Database, survey: str) -> None:
    with pytest.raises(InvalidInput, match=r"survey .* is not known: .*LSST.*ZTF.* are permitted"):
        add_filter(house, "new", "drb > 0.5", "transients", survey)


def test_filters_in_force_are_listed_for_those_who_may_see_them(house: Database) -> None:
    add_filter(house, "filter of bursts", "mag > 19", "bursts")

    def names(viewer: Viewer) -> list[tuple[str | None, str, int]]:
        return [(f["group"], f["name"], f["version"]) for f in filter_documents(house, viewer)]

    assert names(OTHER) == [(None, "Real detections", 1), ("bursts", "filter of bursts", 2)]
    assert names(VISITOR) == [(None, "Real detections", 1)]
    assert {f["expression"] for f in filter_documents(house, OTHER)} >= {"mag > 19"}
