"""A join reads the points of the objects that it leaves, and its answer is the one that all rows would give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, Database, Viewer, append_points
from skyhub.errors import InvalidInput
from skyhub.service import open_database
from skyhub.sql import Statement, catalog_of, run_sql
from skyhub.sql._joins import worth_a_look
from skyhub.team import add_groups
from support.effort import repeats

VIEWER = Viewer("ann", frozenset({"a"}))
NAMES = [*(f"ZTF{n}" for n in range(20)), "it's", 'a "b"', "7", "07"]
MINE = pa.table(
    {
        "object_id": ["ZTF1", "ZTF1", "ZTF3", "it's", "7", "nowhere", None],
        "host": ["x", "y", "x", "y", None, "x", "x"],
        "z": [0.1, 0.2, None, 0.3, 0.1, 0.5, 0.6],
        "mag": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
    }
)
MORE = pa.table({"object_id": ["ZTF1", "7", "ZTF4"], "k": [1, 2, 3]})
NUMBERED = pa.table({"object_id": [7], "other": ["ZTF3"]})
SENT = {"mine": MINE, "more": MORE, "numbered": NUMBERED}
FEW_POINTS = 500


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with open_database(tmp_path_factory.mktemp("points") / "data") as db:
        add_groups(db, {"a": [], "b": []})
        groups = db.access.groups
        acls = db.writer.write(lambda t: [0, t.acl([groups["a"]]), t.acl([groups["b"]])])
        rng, n = np.random.default_rng(9), 2000
        table = pa.table(
            {
                "object_id": np.array(NAMES, dtype=object)[rng.integers(0, len(NAMES), n)],
                "mjd": rng.integers(0, 9, n).astype(float), "filter": np.array(["ztfg", "ztfr"])[rng.integers(0, 2, n)],
                "instrument": ["ZTF"] * n, "origin": ["alert"] * n, "mag": rng.uniform(0, 8, n).astype(np.float32),
                "point_id": np.arange(n), "acl": np.array(acls, np.int32)[rng.integers(0, 3, n)],
            }
        )  # fmt: skip
        db.writer.write(lambda t: append_points(t, table))
        yield db


@pytest.fixture(scope="module")
def whole(points: Database) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine that holds all that the viewer may see."""
    with duckdb.connect() as engine:
        visible = points.reader.query(VIEWER, catalog_of(points).tables["photometry"].statement)
        for name, table in {"photometry": visible, **SENT}.items():
            engine.register("given", table)
            engine.execute(f"CREATE TABLE {name} AS FROM given")
            engine.unregister("given")
        yield engine


def _rows(found: pa.Table) -> list[str]:
    return sorted(map(repr, zip(*(column.to_pylist() for column in found.columns), strict=True)))


def _ask(db: Database, statement: str) -> Any:
    return run_sql(db, VIEWER, Statement(statement, tables=SENT))


_KINDS = ["JOIN", "INNER JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN", "NATURAL JOIN"]
_ON = [
    "USING (object_id)", "ON p.object_id = m.object_id", "ON m.object_id = p.object_id AND m.z > 0.1",
    "ON p.object_id = m.object_id OR p.mjd = 3", "ON p.object_id < m.object_id", "ON p.object_id = m.host",
    "ON p.object_id = m.object_id AND p.mag < m.mag", "ON p.mjd = m.mag AND m.host = 'x'",
]  # fmt: skip
_WHERE = [
    "true", "m.host = 'x'", "host = 'x'", "m.z > 0.15 AND p.mjd < 4", "z BETWEEN 0.1 AND 0.3", "host IN ('x', 'z')",
    "m.host IS NULL", "NOT (m.host = 'y')", "m.host = 'x' OR p.mjd = 2", "p.mag > 3", "m.mag > 3 AND m.host <> 'z'",
    "m.object_id IS NULL", "(host = 'x' OR z = 0.2) AND filter = 'ztfg'", "upper(m.host) = 'Y'", "m.z = 9",
    "p.object_id IN (SELECT object_id FROM more)", "EXISTS (FROM more r WHERE r.object_id = m.object_id)",
    "m.z = (SELECT max(z) FROM mine)", "p.object_id NOT IN (SELECT object_id FROM more)",
]  # fmt: skip
_OTHERS = [
    "SELECT p.point_id, k FROM mine m JOIN more USING (object_id) JOIN photometry p USING (object_id)",
    "SELECT p.point_id FROM mine m, more, photometry p JOIN numbered USING (object_id) WHERE m.object_id = more.object_id",
    "SELECT point_id FROM photometry JOIN numbered USING (object_id)",
    "SELECT point_id FROM photometry WHERE object_id IN (SELECT object_id FROM numbered)",
    "SELECT point_id FROM photometry WHERE object_id IN (SELECT other FROM numbered)",
    "SELECT point_id FROM photometry WHERE object_id IN (SELECT object_id FROM mine WHERE host = 'x' AND z < 0.6)",
    "SELECT point_id FROM photometry WHERE object_id IN (SELECT object_id FROM mine ORDER BY z DESC NULLS LAST LIMIT 2)",
    "SELECT point_id FROM photometry WHERE object_id IN (SELECT min(object_id) FROM mine)",
    "SELECT point_id FROM photometry p WHERE object_id IN (SELECT object_id FROM mine WHERE mag > p.mag)",
    "SELECT point_id FROM photometry WHERE object_id NOT IN (SELECT object_id FROM mine WHERE object_id IS NOT NULL)",
    "SELECT point_id FROM photometry WHERE object_id IN (SELECT object_id FROM mine) OR mjd = 1",
    "SELECT m.host, (SELECT count(*) FROM photometry) FROM photometry p JOIN mine m USING (object_id)",
    "SELECT count(*) FROM photometry p JOIN mine m USING (object_id) JOIN photometry q ON q.mjd = p.mjd",
    "WITH mine AS (FROM more) SELECT point_id FROM photometry JOIN mine USING (object_id)",
    "WITH photometry AS (SELECT 'ZTF9' AS object_id) SELECT * FROM photometry JOIN mine USING (object_id)",
    "SELECT count(*) FROM photometry p JOIN mine m USING (object_id) UNION ALL SELECT count(*) FROM photometry",
    "SELECT count(*), (FROM query('SELECT count(*) FROM photometry')) FROM photometry JOIN mine USING (object_id)",
    "SELECT count(*) FROM photometry mine JOIN mine m USING (object_id)",
    "SELECT count(*) FROM photometry p JOIN mine m USING (object_id) GROUP BY ALL HAVING count(*) > 3",
    "SELECT point_id FROM photometry JOIN mine AS m(a, object_id) USING (object_id)",
    "SELECT host, n FROM mine JOIN (SELECT object_id, count(*) AS n FROM photometry GROUP BY 1) USING (object_id)",
    "SELECT count(*) FROM (FROM photometry JOIN mine USING (object_id)) WHERE host = 'x'",
]  # fmt: skip


@settings(max_examples=repeats(60), deadline=None)
@given(
    kind=st.sampled_from(_KINDS),
    on=st.sampled_from(_ON),
    where=st.sampled_from(_WHERE),
    swapped=st.booleans(),
)
def test_a_join_gives_what_all_rows_would_give(
    points: Database, whole: duckdb.DuckDBPyConnection, kind: str, on: str, where: str, swapped: bool
) -> None:
    left, right = ("mine m", "photometry p") if swapped else ("photometry p", "mine m")
    _require_same(points, whole, f"SELECT * FROM {left} {kind} {right} {'' if 'NATURAL' in kind else on} WHERE {where}")


@pytest.mark.parametrize("statement", _OTHERS)
def test_other_statements_give_what_all_rows_would_give(
    points: Database, whole: duckdb.DuckDBPyConnection, statement: str
) -> None:
    _require_same(points, whole, statement)


def _require_same(db: Database, whole: duckdb.DuckDBPyConnection, statement: str) -> None:
    try:
        expected = whole.sql(statement).to_arrow_table()
    except duckdb.Error:
        with pytest.raises(InvalidInput):
            _ask(db, statement)
        return
    assert _rows(_ask(db, statement).table) == _rows(expected)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT point_id FROM photometry JOIN mine USING (object_id)",
        "SELECT point_id FROM mine m JOIN more USING (object_id) JOIN photometry USING (object_id)",
        "SELECT count(*) FROM photometry AS p JOIN mine AS m ON m.OBJECT_ID = p.object_id WHERE m.host = 'x'",
        "SELECT count(*) FROM photometry WHERE object_id IN (SELECT object_id FROM mine WHERE z < 0.6)",
        "SELECT count(*) FROM photometry JOIN objects USING (object_id)",
        "SELECT count(*) FROM photometry JOIN candidates c USING (object_id) WHERE c.mjd > 3",
    ],
)
def test_only_points_of_the_objects_that_are_left_are_read(points: Database, statement: str) -> None:
    assert worth_a_look(statement)
    assert _ask(points, statement).rows_read <= FEW_POINTS
    assert run_sql(points, ADMINISTRATOR, "SELECT count(*) FROM photometry").rows_read > FEW_POINTS


def test_conditions_with_parameters(points: Database, whole: duckdb.DuckDBPyConnection) -> None:
    statement = "SELECT count(*) AS n FROM photometry p JOIN mine m USING (object_id) WHERE m.host = ? AND p.mjd < ?"
    found = run_sql(points, VIEWER, Statement(statement, ["x", 5.0], tables=SENT))
    [(expected,)] = whole.execute(statement, ["x", 5.0]).fetchall()
    assert found.table.to_pylist() == [{"n": expected}]


def test_a_join_beside_a_long_list(points: Database) -> None:
    mjds = ", ".join(f"{n}.5" for n in range(9_999))
    found = _ask(points, f"SELECT count(*) AS n FROM photometry JOIN mine USING (object_id) WHERE mjd IN ({mjds})")
    assert found.table.to_pylist() == [{"n": 0}]
