"""Candidate filters: a condition on each alert and nothing else, whatever is written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from skyhub.candidates import Filter, add_filter, filter_documents
from skyhub.candidates import _sandbox as sandbox
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from support.houses import OTHER, VISITOR, ingest
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
        Filter(1, 1, "attack", None, "ZTF", expression).passes(BATCH)


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
    assert Filter(1, 1, "x", None, "ZTF", expression).passes(BATCH).tolist() == passes


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


def test_an_error_names_the_cut() -> None:
    batch = BATCH.append_column("sso_name", [["Ceres"] * 3])
    unfit = Filter(1, 1, "unfit", None, "ZTF", "drb > 0.5 AND CAST(sso_name AS INTEGER) > 0 AND mjd > 1")
    with pytest.raises(InvalidInput, match="at its cut 'CAST\\(sso_name AS INTEGER\\) > 0'"):
        unfit.passes(batch)


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


def test_filters_in_force_are_listed_for_those_who_may_see_them(house: Database) -> None:
    add_filter(house, "filter of bursts", "mag > 19", "bursts")

    def names(viewer: Viewer) -> list[tuple[str | None, str, int]]:
        return [(f["group"], f["name"], f["version"]) for f in filter_documents(house, viewer)]

    assert names(OTHER) == [(None, "Real detections", 1), ("bursts", "filter of bursts", 2)]
    assert names(VISITOR) == [(None, "Real detections", 1)]
    assert {f["expression"] for f in filter_documents(house, OTHER)} >= {"mag > 19"}
