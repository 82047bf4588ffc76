"""What travels to a statement is what it needs, and the answer is the one that all rows would give."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, Database, Viewer, append_points
from skyhub.service import open_database
from skyhub.sql import Statement, catalog_of, run_sql
from skyhub.sql import _scan as scan_module
from skyhub.sql._conditions import MOST_VALUES, where_clause
from skyhub.sql._dataset import DistantDataset
from skyhub.sql._expressions import pushed
from skyhub.team import add_groups
from support.effort import repeats

ROWS = 400
VIEWER = Viewer("ann", frozenset({"a"}))
NAMES = ["ZTF1", "ZTF2", "it's", 'a "b"', "é\n;--", ""]
NUMBERS = [0.0, -0.0, 1.0, 0.1, -1e300, math.inf, -math.inf, math.nan]


def _alerts(acls: list[int]) -> list[dict[str, Any]]:
    rng = np.random.default_rng(5)

    def perhaps(value: Any) -> Any:
        return None if rng.random() < 0.15 else value

    return [
        {
            "candid": 2**60 + int(rng.integers(0, 50)),
            "object_id": perhaps(NAMES[rng.integers(len(NAMES))]),
            "survey": "ZTF",
            "dayobs": perhaps(date(2026, 1, 1) + timedelta(days=int(rng.integers(0, 9)))),
            "mjd": perhaps(NUMBERS[rng.integers(len(NUMBERS))]),
            "drb": perhaps(NUMBERS[rng.integers(len(NUMBERS))]),
            "positive": perhaps(bool(rng.integers(2))),
            "n_detections": perhaps(int(rng.integers(-2, 5))),
            "acl": acls[rng.integers(len(acls))],
        }
        for _ in range(ROWS)
    ]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with open_database(tmp_path_factory.mktemp("many") / "data") as db:
        add_groups(db, {"a": [], "b": []})
        groups = db.access.groups
        acls = db.writer.write(lambda t: [0, t.acl([groups["a"]]), t.acl([groups["b"]])])
        for part in (_alerts(acls), _alerts(acls)):
            db.writer.write(lambda t, rows=part: t.insert("alerts", rows))
        yield db


@pytest.fixture(scope="module")
def whole(many: Database) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine that holds all that the viewer may see."""
    with duckdb.connect() as engine:
        visible = many.reader.query(VIEWER, catalog_of(many).tables["alerts"].statement)
        engine.register("visible", visible)
        engine.execute("CREATE TABLE alerts AS FROM visible")
        yield engine


class _Recorded:
    """What an engine asked for."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.asked: list[tuple[list[str], list[Any]]] = []

    def fetch(self, name: str, columns: list[str], condition: list[Any]) -> Iterator[pa.RecordBatch]:
        self.asked.append((columns, condition))
        table = catalog_of(self.db).tables[name]
        where, values = where_clause(condition, table.types)
        chosen = ", ".join(f'"{c}"' for c in columns)
        with self.db.reader.stream(VIEWER, f"SELECT {chosen} FROM ({table.statement}) WHERE {where}", values) as found:
            yield from found.batches


def _engine(db: Database, adapter: str) -> tuple[duckdb.DuckDBPyConnection, _Recorded]:
    engine, recorded = duckdb.connect(config={"threads": 1}), _Recorded(db)
    schema = catalog_of(db).tables["alerts"].schema
    if adapter == "dataset":
        engine.register("alerts", DistantDataset("alerts", schema, recorded.fetch))
    else:
        scan_module.register(engine, "alerts", "alerts", schema, recorded.fetch, lambda name: 1000, True)
    return engine, recorded


@pytest.fixture(scope="module", params=["source", "dataset"])
def distant(many: Database, request: pytest.FixtureRequest) -> Iterator[tuple[duckdb.DuckDBPyConnection, _Recorded]]:
    engine, recorded = _engine(many, request.param)
    with engine:
        yield engine, recorded


def _sorted(rows: list[tuple[Any, ...]]) -> list[str]:
    return sorted(map(repr, rows))


_CONSTANTS = {
    "candid": st.integers(2**60 - 2, 2**60 + 52).map(str),
    "object_id": st.sampled_from([*NAMES, "ZTF3", "%", "ZTF"]).map(lambda s: "'" + s.replace("'", "''") + "'"),
    "dayobs": st.integers(0, 10).map(lambda n: f"DATE '2026-01-01' + {n}"),
    "mjd": st.sampled_from(["0", "1", "0.1", "-1e300", "'inf'::DOUBLE", "'-inf'::DOUBLE", "'nan'::DOUBLE", "0.1::FLOAT"]),
    "drb": st.sampled_from(["0", "1", "0.1", "0.1::DOUBLE", "'inf'::FLOAT", "'nan'::FLOAT"]),
    "n_detections": st.integers(-3, 6).map(str),
    "known_at": st.sampled_from(["TIMESTAMP '2020-01-01'", "TIMESTAMP '2100-01-01 00:00:00.123456'", "now()::TIMESTAMP"]),
}  # fmt: skip


@st.composite
def _leaves(draw: st.DrawFn) -> str:
    column = draw(st.sampled_from(sorted(_CONSTANTS)))
    constant = _CONSTANTS[column]
    kind = draw(st.sampled_from(["compare", "compare", "in", "between", "null", "bool", "odd"]))
    if kind == "compare":
        return (
            f"{column} {draw(st.sampled_from(['=', '!=', '<', '<=', '>', '>=', 'IS DISTINCT FROM']))} {draw(constant)}"
        )
    if kind == "in":
        items = ", ".join(draw(st.lists(constant, min_size=1, max_size=4)))
        return f"{column} {draw(st.sampled_from(['IN', 'NOT IN']))} ({items})"
    if kind == "between":
        return f"{column} BETWEEN {draw(constant)} AND {draw(constant)}"
    if kind == "null":
        return f"{column} IS {draw(st.sampled_from(['', 'NOT ']))}NULL"
    if kind == "bool":
        return draw(st.sampled_from(["positive", "NOT positive", "positive = true", "positive IS NOT true"]))
    return draw(
        st.sampled_from(
            ["object_id LIKE 'ZTF%'", "length(object_id) > 3", "mjd + 1 > 1", "candid % 2 = 0",
             "TRY_CAST(drb AS INT) = 1 AND drb < 2",
             "candid = (SELECT max(candid) FROM alerts)", "object_id = (SELECT min(object_id) FROM alerts WHERE drb > 0)"]
        )
    ) if column != "drb" else "isfinite(drb)"  # fmt: skip


_conditions = st.recursive(
    _leaves(),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]} AND {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} OR {p[1]})"),
        inner.map(lambda c: f"(NOT ({c}))"),
    ),
    max_leaves=5,
)
_columns = st.lists(
    st.sampled_from(["candid", "object_id", "mjd", "drb", "n_detections", "positive"]), min_size=1, max_size=3
)


@st.composite
def _statements(draw: st.DrawFn) -> str:
    where = draw(_conditions)
    form = draw(st.sampled_from(["rows", "rows", "count", "group", "join", "semi", "union", "window"]))
    columns = ", ".join(dict.fromkeys(draw(_columns)))
    match form:
        case "rows":
            return f"SELECT {columns} FROM alerts WHERE {where}"
        case "count":
            return f"SELECT count(*) FROM alerts WHERE {where}"
        case "group":
            return f"SELECT object_id, count(*), max(n_detections) FROM alerts WHERE {where} GROUP BY ALL"
        case "join":
            kind = draw(st.sampled_from(["JOIN", "LEFT JOIN", "FULL JOIN"]))
            on = f"a.candid = b.candid AND b.n_detections > {draw(st.integers(-3, 5))}"
            part = f"(SELECT candid, object_id FROM alerts WHERE {where})"
            return f"SELECT a.candid, a.object_id, b.drb FROM {part} a {kind} alerts b ON {on} WHERE b.positive"
        case "semi":
            return f"SELECT {columns} FROM alerts WHERE candid IN (SELECT candid FROM alerts WHERE {where})"
        case "union":
            return f"SELECT {columns} FROM alerts WHERE {where} UNION ALL SELECT {columns} FROM alerts WHERE drb > 0"
    return f"SELECT candid, rank() OVER (ORDER BY candid) FROM alerts WHERE {where} QUALIFY rank() OVER (ORDER BY candid) < 9"


@settings(max_examples=repeats(120))
@given(_statements())
def test_the_answer_is_that_of_all_rows(
    distant: tuple[duckdb.DuckDBPyConnection, _Recorded], whole: duckdb.DuckDBPyConnection, statement: str
) -> None:
    expected = whole.execute(statement).fetchall()
    assert _sorted(distant[0].execute(statement).fetchall()) == _sorted(expected)


@settings(max_examples=repeats(60))
@given(_statements())
def test_the_answer_through_a_worker_is_that_of_all_rows(
    many: Database, whole: duckdb.DuckDBPyConnection, statement: str
) -> None:
    expected = whole.execute(statement).fetchall()
    found = run_sql(many, VIEWER, statement).table
    rows = list(zip(*(column.to_pylist() for column in found.columns), strict=True))
    assert _sorted(rows) == _sorted(expected)


def test_columns_and_rows_that_are_not_needed_stay_away(
    distant: tuple[duckdb.DuckDBPyConnection, _Recorded],
) -> None:
    engine, recorded = distant
    recorded.asked.clear()
    engine.execute("SELECT n_detections FROM alerts WHERE object_id = ? AND candid IN (1, 2)", ["ZTF1"]).fetchall()
    [(columns, condition)] = recorded.asked
    assert columns == ["n_detections"]
    assert condition[0] == "and"
    assert ["==", "object_id", "ZTF1"] in condition
    assert ["in", "candid", [1, 2]] in condition


def test_a_limit_ends_the_reading(many: Database) -> None:
    found = run_sql(many, ADMINISTRATOR, "SELECT a.candid FROM alerts a, alerts b, alerts c LIMIT 5")
    assert found.rows == 5
    assert found.rows_read <= 3 * 2 * ROWS


def test_a_limit_ends_the_reading_of_light_curves(db: Database) -> None:
    n = 400_000
    points = {
        "object_id": [f"ZTF{i // 1000}" for i in range(n)], "mjd": np.arange(n) / 10, "filter": ["ztfr"] * n,
        "instrument": ["ZTF"] * n, "origin": ["alert"] * n, "flux": np.ones(n), "acl": np.zeros(n, np.int32),
    }  # fmt: skip
    db.writer.write(lambda t: append_points(t, pa.table(points)))
    found = run_sql(db, ADMINISTRATOR, "SELECT object_id, mjd FROM photometry LIMIT 5")
    assert found.rows == 5
    assert found.rows_read < n
    assert run_sql(db, ADMINISTRATOR, "SELECT count(*) AS n FROM photometry").table.to_pylist() == [{"n": n}]


@settings(max_examples=repeats(60))
@given(
    objects=st.lists(st.sampled_from(["ZTF1", "it's", "nothing", 'a "b"']), min_size=1, max_size=3),
    rest=st.sampled_from(
        ["true", "mag IS NOT NULL", "filter = 'ztfg' AND mjd > 3", "flux > 0 OR flux IS NULL", "NOT (flux < 5)",
         "flux >= 'nan'::DOUBLE", "filter IN ('ztfg', 'x')", "mjd BETWEEN 2 AND 6", "object_id = 'ZTF1'"]
    ),
    viewer=st.sampled_from([VIEWER, ADMINISTRATOR, Viewer("nobody")]),
)  # fmt: skip
def test_the_short_way_to_light_curves_is_a_way(
    pointed: Database, objects: list[str], rest: str, viewer: Viewer
) -> None:
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in objects)
    statement = (
        f"SELECT point_id, object_id, mjd, flux, known_at FROM photometry WHERE object_id IN ({names}) AND {rest}"
    )
    everything = pointed.reader.query(viewer, catalog_of(pointed).tables["photometry"].statement)
    with duckdb.connect() as engine:
        engine.register("photometry", everything)
        engine.execute("CREATE TABLE whole AS FROM photometry")
        expected = engine.execute(statement.replace("FROM photometry", "FROM whole")).fetchall()
    found = run_sql(pointed, viewer, statement).table
    rows = list(zip(*(column.to_pylist() for column in found.columns), strict=True))
    assert _sorted(rows) == _sorted(expected)


@pytest.fixture(scope="module")
def pointed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with open_database(tmp_path_factory.mktemp("points") / "data") as db:
        add_groups(db, {"a": [], "b": []})
        groups = db.access.groups
        acls = db.writer.write(lambda t: [0, t.acl([groups["a"]]), t.acl([groups["b"]])])
        rng, n = np.random.default_rng(9), 300
        flux = [[1.0, -2.0, math.nan, math.inf, None][k] for k in rng.integers(0, 5, n)]
        points = {
            "object_id": [["ZTF1", "it's", 'a "b"', "other"][k] for k in rng.integers(0, 4, n)],
            "mjd": rng.integers(0, 9, n).astype(float), "filter": [["ztfg", "ztfr", None][k] for k in rng.integers(0, 3, n)],
            "instrument": ["ZTF"] * n, "origin": ["alert"] * n, "flux": pa.array(flux, pa.float64()),
            "mag": pa.array([None if f is None else 18.5 for f in flux], pa.float32()), "point_id": np.arange(n),
            "acl": np.array(acls, np.int32)[rng.integers(0, 3, n)],
        }  # fmt: skip
        table = pa.table(points)
        db.writer.write(lambda t: append_points(t, table.slice(0, 200)))
        while db.photometry.n_recent and db.photometry.merge():
            pass
        db.writer.write(lambda t: append_points(t, table.slice(200)))
        yield db


def test_rows_read_are_those_that_are_needed(many: Database) -> None:
    [most] = run_sql(many, VIEWER, "SELECT max(candid) AS c FROM alerts").table.to_pylist()
    found = run_sql(many, VIEWER, Statement("SELECT count(*) AS n FROM alerts WHERE candid = ?", [most["c"]]))
    assert found.rows_read == found.table.to_pylist()[0]["n"]


@pytest.mark.parametrize(
    "condition",
    [
        [], ["xor"], ["and", []], ["=="], ["==", "mjd"], ["==", "nothing", 1], ["==", "acl", 1], ["==", "mjd) OR (1", 1],
        ["== 1 OR 1", "mjd", 1], ["in", "mjd", []], ["in", "mjd", "x"], ["in", "mjd"], ["==", "mjd", [1]], ["==", "mjd", None],
        ["==", "mjd", {"a": 1, "b": 2}], ["not"], ["valid"], ["and", 1], "and", 1, None, ["in", "mjd", [[1]]],
        ["in", "mjd", list(range(MOST_VALUES + 1))], {"and": []}, [["and"]],
    ],
    ids=lambda c: repr(c)[:30],
)  # fmt: skip
def test_what_is_no_condition_is_refused(condition: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, IndexError)):
        where_clause(condition, {"mjd": "DOUBLE"})


def test_values_are_bound() -> None:
    text, values = where_clause(["or", ["==", "name", "x' OR 1=1 --"], ["not", ["null", "name"]]], {"name": "VARCHAR"})
    assert "OR 1" not in text
    assert values == {"v0": "x' OR 1=1 --"}
    assert where_clause(["and"], {}) == ("true", {})


@pytest.mark.parametrize(
    ("expression", "condition", "exact"),
    [
        (None, ["and"], True),
        (pc.field("a") > 1, ["and", [">", "a", 1]], True),
        ((pc.field("a") > 1) & (pc.field("b") + 1 > 2), ["and", [">", "a", 1]], False),
        ((pc.field("a") > 1) | (pc.field("b") + 1 > 2), ["and"], False),
        (pc.field("a").isin([1, None]), ["and"], False),
        (pc.field("a").isin(["x", "y"]), ["and", ["in", "a", ["x", "y"]]], True),
        (pc.if_else(pc.field("b").is_valid(), pc.field("a").isin([1]), pa.scalar(None, pa.bool_())), ["and"], False),
        (pc.field("a") == pa.scalar(datetime(2026, 1, 1, tzinfo=UTC)), ["and"], False),
        (pc.field("a") == pa.scalar(math.nan), ["and"], False),
        (pc.field("a\nb") == 1, ["and"], False),
        (pc.field("a").is_null(nan_is_null=True), ["and"], False),
        (pc.field("a").is_null() | pc.field("a").is_valid(), ["and", ["or", ["null", "a"], ["valid", "a"]]], True),
    ],
    ids=str,
)
def test_expressions_are_read_as_far_as_they_can_be_said(expression: Any, condition: list[Any], exact: bool) -> None:
    found = pushed(expression)
    assert (found.condition, found.exact) == (condition, exact)


def test_the_same_statement_of_another_time(many: Database, tmp_path: Path) -> None:
    before = datetime(2020, 1, 1, tzinfo=UTC)
    assert run_sql(many, VIEWER, "SELECT count(*) AS n FROM alerts WHERE mjd > 0", before).table.to_pylist() == [
        {"n": 0}
    ]
