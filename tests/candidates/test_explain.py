"""Why an alert passes a filter: its cuts conjoined are the filter, for what one may see, at the time and now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.candidates import Filter, add_filter, explain_candidate, explain_filter
from skyhub.candidates._conditions import judge_condition
from skyhub.candidates._cuts import cuts_of
from skyhub.candidates._explain import explained
from skyhub.candidates._sandbox import evaluate
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from support.commands import run_skyhub, skyhub
from support.effort import repeats
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candid_of, candidates_of, ingest
from support.packets import record, write_packets
from support.services import Served

PARTNER = Viewer("partner", streams=frozenset({"ztf-partnership"}))


def _number(db: Database, name: str) -> int:
    [row] = db.reader.rows(ADMINISTRATOR, "SELECT DISTINCT filter_id FROM @filters WHERE name = ?", [name])
    return int(row["filter_id"])


@pytest.mark.parametrize("text", ["", "drb >", "true; SELECT 1", "true, false", "true) OR (true", "drb > 0 -- \n) --"])
def test_what_is_no_condition_has_no_cuts(text: str) -> None:
    with pytest.raises(InvalidInput):
        cuts_of(text)


@pytest.mark.parametrize(
    ("condition", "cuts"),
    [
        ("drb > 0.5", ["drb > 0.5"]),
        ("drb > 0.5 AND (mag < 19 AND NOT (rb > 1 AND rb < 2))", ["drb > 0.5", "mag < 19", "NOT (rb > 1 AND rb < 2)"]),
        ("drb > 0.5 OR mag < 19 AND rb > 1", ["drb > 0.5 OR mag < 19 AND rb > 1"]),
        ("mag BETWEEN 1 AND 2 AND (mag - 1) * 2 IS NULL", ["mag BETWEEN 1 AND 2", "(mag - 1) * 2 IS NULL"]),
        ("sso_name = 'é AND x' AND\n-- a comment AND another\n drb>1", ["sso_name = 'é AND x'", "drb>1"]),
        ("CASE WHEN drb > 1 AND rb > 1 THEN true END", ["CASE WHEN drb > 1 AND rb > 1 THEN true END"]),
    ],
)
def test_cuts_are_what_the_outermost_ands_join(condition: str, cuts: list[str]) -> None:
    assert [cut.text for cut in cuts_of(condition)] == cuts


def test_a_cut_knows_its_columns_and_what_it_measures() -> None:
    cuts = cuts_of(
        "19 > mag - limiting_mag AND filter IN ('ztfg') AND list_sum(list_transform([rb], x -> x + drb)) > 1"
    )
    assert [cut.columns for cut in cuts] == [("mag", "limiting_mag"), ("filter",), ("rb", "drb")]
    assert [cut.measured for cut in cuts[:2]] == ["(mag - limiting_mag)", '"filter"']


_numbers = st.sampled_from(["drb", "mag", "age", "0.5", "19", "NULL", "mag - drb", "coalesce(drb, 0.2)", "abs(mag)"])
_plain = st.one_of(
    st.builds("{} {} {}".format, _numbers, st.sampled_from(["<", "<=", "=", "!=", ">", ">="]), _numbers),
    st.builds("{} BETWEEN {} AND {}".format, _numbers, _numbers, _numbers),
    st.builds("{} IS {}".format, _numbers, st.sampled_from(["NULL", "NOT NULL"])),
    st.builds("{} IN ({}, {})".format, _numbers, _numbers, _numbers),
    st.sampled_from(["positive", "NULL", "true", "1", "sso_name LIKE 'C%'", "sso_name = 'a AND b'", "false"]),
)
_conditions = st.recursive(
    _plain,
    lambda inner: st.one_of(
        st.builds("({}) AND ({})".format, inner, inner),
        st.builds("{} AND {}".format, _plain, _plain),
        st.builds("({}) OR ({})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
        st.builds("CASE WHEN {} THEN {} ELSE {} END".format, *[_plain] * 3),
    ),
    max_leaves=8,
)
_floats = st.none() | st.floats(-30, 30, width=32) | st.just(float("nan"))
_alerts = st.fixed_dictionaries(
    {
        "drb": _floats, "mag": _floats, "mjd": st.floats(5e4, 7e4), "first_mjd": st.none() | st.floats(5e4, 7e4),
        "positive": st.none() | st.booleans(), "sso_name": st.sampled_from([None, "Ceres", "a AND b"]),
    }
)  # fmt: skip
_SCHEMA = pa.schema(
    {
        "drb": pa.float32(), "mag": pa.float32(), "mjd": pa.float64(), "first_mjd": pa.float64(),
        "positive": pa.bool_(), "sso_name": pa.string(), "survey": pa.string(),
    }
)  # fmt: skip


@given(condition=_conditions, alert=_alerts, survey=st.sampled_from(["ZTF", "LSST"]))
def test_the_verdicts_conjoined_are_the_filters(
    db: Database, condition: str, alert: dict[str, Any], survey: str
) -> None:
    batch = pa.Table.from_pylist([{**alert, "survey": survey}], _SCHEMA)
    version = Filter(1, 1, "random", None, "ZTF", condition)
    told = explained(db, version, batch)
    verdicts = [cut["verdict"] for cut in told["cuts"][1:]]
    together = False if False in verdicts else None if None in verdicts else True
    assert [(together,)] == evaluate(batch, [condition])
    assert told["passes"] == (bool(judge_condition(version, batch).passed[0]) and survey == "ZTF")
    assert not any(cut["error"] for cut in told["cuts"])


def test_explained_in_numbers(db: Database) -> None:
    batch = pa.Table.from_pylist([{"mag": 18.5, "drb": None, "mjd": 6.0, "first_mjd": 1.0, "survey": "ZTF"}], _SCHEMA)
    told = explained(db, Filter(1, 3, "x", None, "ZTF", "mag * 2 < 38 AND drb > 0.5 AND age > 5"), batch)
    assert (told["version"], told["passes"]) == (3, False)
    assert [(c["cut"], c["verdict"], c["value"], c["columns"]) for c in told["cuts"]] == [
        ("survey = 'ZTF'", True, "ZTF", {"survey": "ZTF"}),
        ("mag * 2 < 38", True, 37.0, {"mag": 18.5}),
        ("drb > 0.5", None, None, {"drb": None}),
        ("age > 5", False, 5.0, {"age": 5.0}),
    ]


def test_a_cut_that_cannot_be_computed_says_so_alone(db: Database) -> None:
    batch = pa.Table.from_pylist([{"mag": 18.5, "sso_name": "Ceres", "survey": "ZTF"}], _SCHEMA)
    told = explained(db, Filter(1, 1, "x", None, "ZTF", "mag < 19 AND CAST(sso_name AS INTEGER) > 0"), batch)
    assert [cut["verdict"] for cut in told["cuts"]] == [True, True, None]
    assert [bool(cut["error"]) for cut in told["cuts"]] == [False, False, True]
    assert "Ceres" in told["cuts"][2]["error"]
    assert told["passes"] is False


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({}, InvalidInput),
        ({"candid": 1, "object_id": "ZTF26public"}, InvalidInput),
        ({"object_id": "ZTF26public", "limit": 0}, InvalidInput),
        ({"candid": 1}, NotFound),
        ({"object_id": "nothing"}, NotFound),
        ({"object_id": "ZTF26public", "version": 2}, NotFound),
        ({"object_id": "ZTF26public", "as_of": datetime.fromisoformat("2020-01-01T00:00Z")}, NotFound),
    ],
)
def test_impossible_questions_are_refused(house: Database, asked: dict[str, Any], error: type[Exception]) -> None:
    number = _number(house, "filter of transients")
    with pytest.raises(error):
        explain_filter(house, SCANNER, number, **asked)
    with pytest.raises(NotFound):
        explain_candidate(house, SCANNER, 10**6)


VIEWERS = {"scanner": SCANNER, "colleague": COLLEAGUE, "other": OTHER, "visitor": VISITOR, "partner": PARTNER}
SEES_FILTER = {"filter of transients": {"scanner", "colleague"}, "Real detections": set(VIEWERS)}
SEES_ALERT = {"ZTF26public": set(VIEWERS), "ZTF26partner": {"scanner", "colleague", "partner"}, "ZTF26caltech": set()}


@pytest.mark.parametrize("who", VIEWERS)
@pytest.mark.parametrize("name", SEES_FILTER)
@pytest.mark.parametrize(("place", "object_id"), enumerate(SEES_ALERT))
def test_who_may_not_see_both_sees_nothing(house: Database, who: str, name: str, place: int, object_id: str) -> None:
    number, viewer = _number(house, name), VIEWERS[who]
    permitted = who in SEES_FILTER[name] & SEES_ALERT[object_id]
    for asked in ({"object_id": object_id}, {"candid": candid_of(place)}):
        if permitted:
            assert explain_filter(house, viewer, number, **asked)["alerts"][0]["object_id"] == object_id
        else:
            with pytest.raises(NotFound):
                explain_filter(house, viewer, number, **asked)


def test_at_the_time_and_now(house: Database) -> None:
    before = house.writer.write(lambda transaction: transaction.now)
    add_filter(house, "filter of transients", "drb > 0.5 AND mag < 18", "transients")
    number = _number(house, "filter of transients")
    [alert] = explain_filter(house, SCANNER, number, object_id="ZTF26public")["alerts"]
    assert (alert["at_alert"]["version"], alert["at_alert"]["passes"]) == (1, True)
    assert (alert["now"]["version"], alert["now"]["passes"]) == (2, False)
    assert [c["verdict"] for c in alert["now"]["cuts"]] == [True, True, False]
    assert alert["at_alert"]["candidate_id"] is not None
    [earlier] = explain_filter(house, SCANNER, number, object_id="ZTF26public", as_of=before)["alerts"]
    assert earlier["now"]["version"] == 1
    [asked] = explain_filter(house, SCANNER, number, object_id="ZTF26public", version=1)["alerts"]
    assert asked["now"]["version"] == 1


def test_before_the_filter_there_was_none(house: Database) -> None:
    late = add_filter(house, "late", "mag < 30", "transients")
    [alert] = explain_filter(house, SCANNER, late.filter_id, object_id="ZTF26faint")["alerts"]
    assert (alert["at_alert"], alert["now"]["passes"]) == (None, True)


def test_of_alerts_of_one_number_the_filters_survey_counts(house: Database) -> None:
    number = _number(house, "filter of transients")
    twin = house.reader.query(ADMINISTRATOR, "SELECT * FROM @alerts WHERE candid = ?", [candid_of(0)])
    other = {"survey": "LSST", "object_id": "LSST1", "mag": 10.0}
    row = {**twin.to_pylist()[0], **other}
    house.writer.write(lambda transaction: transaction.insert("alerts", [row]))
    [alert] = explain_filter(house, SCANNER, number, candid=candid_of(0))["alerts"]
    assert (alert["object_id"], alert["now"]["passes"]) == ("ZTF26public", True)
    [alert] = explain_filter(house, SCANNER, number, object_id="LSST1")["alerts"]
    assert [cut["verdict"] for cut in alert["now"]["cuts"]] == [False, True, True]
    assert alert["at_alert"]["candidate_id"] is None


def test_why_a_candidate_is_here(house: Database) -> None:
    number = candidates_of(house, SCANNER)["ZTF26public"]
    told = explain_candidate(house, SCANNER, number)
    assert [p["filter"]["name"] for p in told["passed"]] == ["Real detections", "filter of transients"]
    assert all(cut["verdict"] for p in told["passed"] for cut in p["at_alert"]["cuts"])
    hidden = candidates_of(house)["ZTF26caltech"]
    with pytest.raises(NotFound):
        explain_candidate(house, SCANNER, hidden)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, empty_house: Path, ztf: Path) -> Iterator[Database]:
    import shutil

    from skyhub.service import open_database

    folder = Path(shutil.copytree(empty_house, tmp_path_factory.mktemp("real") / "data"))
    with open_database(folder) as db:
        add_filter(
            db, "fresh", "coalesce(drb, rb) > 0.65 AND age < 30 AND NOT coalesce(star_score > 0.76, false)", None
        )
        ingest(db, ztf)
        yield db


def test_explain_agrees_with_what_became_of_real_alerts(real: Database) -> None:
    for name in ("fresh", "Real detections"):
        number = _number(real, name)
        rows = real.reader.rows(ADMINISTRATOR, "SELECT candid FROM @candidates WHERE filter_id = ?", [number])
        passed = {row["candid"] for row in rows}
        alerts = real.reader.rows(ADMINISTRATOR, "SELECT candid FROM @alerts ORDER BY candid")
        assert 0 < len(passed) < len(alerts)
        for row in alerts[::3][: repeats(len(alerts), 12)]:
            [alert] = explain_filter(real, ADMINISTRATOR, number, candid=row["candid"])["alerts"]
            assert alert["at_alert"]["passes"] == (row["candid"] in passed)
            assert (alert["at_alert"]["candidate_id"] is not None) == (row["candid"] in passed)


def test_through_the_client(served: Served, tmp_path: Path) -> None:
    ingest(served.db, write_packets(tmp_path / "x.avro", record(99, "ZTF26public", jd=2461367.7, magpsf=18.9)))
    with served.sky(SCANNER) as sky:
        told = sky.filters.explain("filter of transients", object_id="ZTF26public")
        assert [alert["candid"] for alert in told["alerts"]] == ["99", str(candid_of(0))]
        assert told["alerts"][0]["now"]["cuts"][2]["columns"]["mag"] == pytest.approx(18.9)
        assert sky.filters.explain(told["filter"]["filter_id"], candid="99")["alerts"] == told["alerts"][:1]
        [candidate] = [c for c in sky.candidates.queue()["candidates"] if c["object_id"] == "ZTF26public"]
        assert sky.candidates.explain(candidate["candidate_id"])["passed"][0]["at_alert"]["passes"]
        assert {f["name"] for f in sky.filters()} == {"Real detections", "filter of transients"}
        with pytest.raises(NotFound, match="'filter of transients'"):
            sky.filters.explain("unheard-of", candid=99)
        with pytest.raises(InvalidInput, match="candid"):
            sky.filters.explain("filter of transients", candid="x")


def test_from_the_command_line(house_dir: Path) -> None:
    asked = ("filter", "explain", "filter of bursts", "--object", "ZTF26public")
    told = skyhub(*asked, "--data-dir", house_dir)
    assert [c["verdict"] for c in told["alerts"][0]["now"]["cuts"]] == [True, False]
    text = run_skyhub(*asked, data_dir=house_dir).stdout
    assert "no    mag > 20   [mag = 18.500]" in text
    number = str(told["alerts"][0]["at_alert"]["candidate_id"] or 1)
    assert "passes version 1" in run_skyhub("filter", "why", number, data_dir=house_dir).stdout
    assert (
        skyhub("filter", "explain", "none", "--candid", "1", "--data-dir", house_dir, status=2)["error"]["code"]
        == "not_found"
    )
