"""The SQL workbench: the Python side, on a real service."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from skyhub.client import Sky
from skyhub_widgets import SqlWorkbench
from skyhub_widgets._sql import _file
from skyhub_widgets.dashboard._sql import SqlView
from support.houses import SCANNER, candid_of
from support.services import Served, wait_until

ENDLESS = "SELECT sum(hash(a.range * b.range)) FROM range(100000000) a, range(100000000) b"


@pytest.fixture(scope="module")
def connection(still: Served) -> Iterator[Sky]:
    with still.sky(SCANNER) as sky:
        yield sky


@pytest.fixture
def bench(connection: Sky) -> SqlWorkbench:
    return SqlWorkbench(connection)


def _run(bench: SqlWorkbench, statement: str, as_of: str = "") -> dict[str, Any]:
    bench._received(bench, {"type": "run", "statement": statement, "as_of": as_of}, [])
    wait_until(lambda: bench.pad.status["state"] != "running", 60)
    return dict(bench.pad.status)


@pytest.mark.parametrize(
    ("statement", "said"),
    [("nonsense", "nonsense"), ("SELECT nope FROM alerts", "nope"), ("DROP TABLE alerts", "SELECT")],
)
def test_what_fails_is_said(bench: SqlWorkbench, statement: str, said: str) -> None:
    status = _run(bench, statement)
    assert status["state"] == "failed"
    assert said in status["message"]
    assert bench.answer is None


def test_a_time_that_is_none_is_said(bench: SqlWorkbench) -> None:
    status = _run(bench, "FROM alerts", "yesterday")
    assert (status["state"], "2026-11-22T03:00:00Z" in status["message"]) == ("failed", True)


def test_a_statement_is_answered(bench: SqlWorkbench) -> None:
    status = _run(bench, "SELECT candid, mjd, mag, filter, known_at, NULL AS gap FROM alerts ORDER BY candid")
    assert (status["state"], status["rows"], status["shown"], status["truncated"]) == ("done", 4, 4, False)
    assert bench.table.records[1]["candid"] == str(candid_of(1))
    columns = {c["field"]: c for c in bench.table.columns}
    assert (columns["mjd"]["unit"], columns["mjd"]["kind"], columns["candid"]["kind"]) == ("d", "number", "integer")
    assert columns["known_at"]["kind"] == "time"
    assert columns["mag"]["description"]
    assert bench.answer is not None
    assert len(bench.answer) == 4
    html = str(bench.static()._repr_html_())
    assert "SELECT candid" in html
    assert str(candid_of(1)) in html


def test_an_answer_of_all_kinds_of_values(bench: SqlWorkbench) -> None:
    status = _run(
        bench,
        "SELECT [1, 2] AS list, {'a': 1} AS struct, 1.5::DECIMAL(4, 1) AS decimal, 'x'::BLOB AS blob, true AS yes, "
        "DATE '2026-01-01' AS day, 0.1::FLOAT AS single, NULL::FLOAT AS gap, 'nan'::DOUBLE AS nan, 1 AS \"a.b\", "
        '2 AS "a b", INTERVAL 1 DAY AS span, uuid() AS id',
    )
    assert status["state"] == "done"
    [row] = bench.table.records
    assert (row["list"], row["decimal"], row["yes"], row["nan"], row["a.b"]) == ("1, 2", 1.5, True, None, 1)
    assert (row["single"], row["gap"]) == (0.1, None)


def test_only_the_first_thousand_are_shown(bench: SqlWorkbench) -> None:
    status = _run(bench, "SELECT * FROM range(2500)")
    assert (status["rows"], status["shown"], len(bench.table.records)) == (2500, 1000, 1000)


def test_as_of_reaches_the_statement(bench: SqlWorkbench) -> None:
    assert _run(bench, "FROM alerts", "2020-01-01")["rows"] == 0
    assert bench.table.columns[0]["field"] == "candid"


def test_a_statement_is_cancelled(bench: SqlWorkbench) -> None:
    bench.run(ENDLESS)
    wait_until(lambda: "s" in bench.pad.status.get("message", ""))
    bench.run("SELECT 1")
    assert bench.pad.status["statement"] == ENDLESS
    bench._received(bench, {"type": "cancel"}, [])
    wait_until(lambda: bench.pad.status["state"] == "cancelled")
    bench.cancel()
    assert _run(bench, "SELECT 1")["state"] == "done"


def test_the_whole_answer_is_downloaded(bench: SqlWorkbench, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[dict[str, Any], Any]] = []
    monkeypatch.setattr(bench.pad, "send", lambda message, buffers=None: sent.append((message, buffers)))
    bench._received(bench, {"type": "download", "form": "csv"}, [])
    assert sent == []
    _run(bench, "SELECT range AS n, [range] AS list FROM range(2500)")
    for form in ("csv", "parquet", "exe"):
        bench._received(bench, {"type": "download", "form": form}, [])
    assert [message["name"] for message, _ in sent] == ["answer.csv", "answer.parquet"]
    assert len(pyarrow.csv.read_csv(io.BytesIO(sent[0][1][0]))) == 2500
    assert pyarrow.parquet.read_table(io.BytesIO(sent[1][1][0])).column_names == ["n", "list"]


def test_files_hold_what_the_answer_holds() -> None:
    table = pa.table({"a": [1, None], "b": [[1], None], "c": ["x,y", '"']})
    assert _file(table, "csv").decode().splitlines() == ['"a","b","c"', '1,"[1]","x,y"', ',,""""']


def test_the_tables_are_listed_with_columns(bench: SqlWorkbench) -> None:
    tables = {table["name"]: table for table in bench.pad.tables}
    assert {"alerts", "photometry", "sources"} <= set(tables)
    assert {"name", "type", "unit", "description"} <= set(tables["photometry"]["columns"][0])


def test_the_view_takes_a_statement_from_the_address(connection: Sky) -> None:
    class _Page:
        sky = connection

    view = SqlView(_Page())  # type: ignore[arg-type]
    view.show({})
    assert "photometry" in view._workbench.pad.statement
    view.show({"statement": "SELECT 1"})
    assert view._workbench.pad.statement == "SELECT 1"
    assert view._workbench.pad.status["state"] == "idle"
    view.hear({"kind": "user_tables"})
    view.hear({"kind": "decision"})
