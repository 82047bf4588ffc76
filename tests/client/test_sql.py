"""SQL through the client: parameters, frames, progress, cancelling, the cell magic, tables that one keeps."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import QTable, Table
from skyhub.client import Sky, connect, load_ipython_extension
from skyhub.client import _progress as progress_module
from skyhub.client._frames import frame_of, is_frame
from skyhub.client._magic import run_cell
from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR, candid_of
from support.services import Served, wait_until

ENDLESS = "SELECT sum(hash(a.range * b.range)) FROM range(100000000) a, range(100000000) b"
ANN = Viewer("ann", frozenset({"transients"}), scopes=frozenset({"view", "upload"}))


@pytest.mark.parametrize("given", ["text", [object()], {"a": object()}, [b"bytes"], [[object()]]])
def test_parameters_that_cannot_travel(still: Served, given: Any) -> None:
    with still.sky(VISITOR) as sky, pytest.raises(InvalidInput, match="parameter"):
        sky.sql("SELECT ?", given)


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        ("SELECT ?", []), ("SELECT ?, ?", [1]), ("SELECT 1", [1]), ("SELECT $a", {"b": 1}), ("SELECT ? AS a", {"a": 1}),
        ("SELECT $a", [1, 2]),
    ],
)  # fmt: skip
def test_parameters_that_do_not_fit(still: Served, statement: str, parameters: Any) -> None:
    with still.sky(VISITOR) as sky, pytest.raises(InvalidInput):
        sky.sql(statement, parameters)


@pytest.mark.parametrize(
    "value",
    [
        1, -1, 2**53 + 1, 2**63 - 1, 0.1, "text", "' OR 1=1 --", "", True, None, [1, 2], ["a'", 'b"'],
        datetime(2026, 1, 2, 3, 4, 5, 678901), date(2026, 1, 2),
    ],
)  # fmt: skip
def test_parameters_arrive_as_they_are(still: Served, value: Any) -> None:
    with still.sky(VISITOR) as sky:
        assert sky.sql("SELECT ? AS x", [value]).to_rows() == [{"x": value}]
        assert sky.sql("SELECT $it AS x", {"it": value}).to_rows() == [{"x": value}]


def test_parameters_of_other_libraries(still: Served) -> None:
    zoned = datetime(2026, 1, 2, 3, tzinfo=UTC)
    with still.sky(VISITOR) as sky:
        row = sky.sql(
            "SELECT ? AS a, ? AS b, ? AS c, ? AS d", [np.int64(7), np.float32(0.5), zoned, np.array([1, 2])]
        ).to_rows()[0]
    assert row == {"a": 7, "b": 0.5, "c": datetime(2026, 1, 2, 3), "d": [1, 2]}


def test_a_parameter_selects(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        found = sky.sql("SELECT candid FROM alerts WHERE object_id = ? AND mjd > ?", ["ZTF26partner", 1])
        assert found.to_rows() == [{"candid": candid_of(1)}]
        assert sky.sql("SELECT candid FROM alerts WHERE object_id = ?", ["ZTF26caltech"]).to_rows() == []


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"object_id": ["ZTF26public", "ZTF26caltech"], "z": [0.1, 0.2]}),
        pl.DataFrame({"object_id": ["ZTF26public", "ZTF26caltech"], "z": [0.1, 0.2]}),
        pl.DataFrame({"object_id": ["ZTF26public", "ZTF26caltech"], "z": [0.1, 0.2]}).lazy(),
        pa.table({"object_id": ["ZTF26public", "ZTF26caltech"], "z": [0.1, 0.2]}),
        Table({"object_id": ["ZTF26public", "ZTF26caltech"], "z": [0.1, 0.2]}),
        {"object_id": ["ZTF26public", "ZTF26caltech"], "z": [0.1, 0.2]},
        [{"object_id": "ZTF26public", "z": 0.1}, {"object_id": "ZTF26caltech", "z": 0.2}],
    ],
    ids=lambda frame: type(frame).__module__ + type(frame).__name__,
)
def test_frames_of_ones_own_are_joined(still: Served, frame: Any) -> None:
    with still.sky(VISITOR) as sky:
        found = sky.sql("SELECT object_id, z FROM df JOIN alerts USING (object_id)", tables={"df": frame})
    assert found.to_rows() == [{"object_id": "ZTF26public", "z": 0.1}]


@pytest.mark.parametrize(
    "name", ["alerts", "ALERTS", "a b", "", "a;b", "1a", '"x"', "skyhub_extra_0", "x" * 70, "main.x"]
)
def test_names_that_frames_cannot_have(still: Served, name: str) -> None:
    with still.sky(ADMINISTRATOR) as sky, pytest.raises(InvalidInput):
        sky.sql("SELECT 1", tables={name: pa.table({"x": [1]})})


@pytest.mark.parametrize("frame", [1, "no/such/file.parquet", "file.txt", object(), [1, 2], pa.table({})])
def test_what_is_no_frame(still: Served, frame: Any) -> None:
    with still.sky(VISITOR) as sky, pytest.raises(InvalidInput):
        sky.sql("SELECT * FROM df", tables={"df": frame})


def test_frames_keep_masks_units_and_times() -> None:
    from astropy import units as u
    from astropy.time import Time

    table = QTable({"flux": [1.0, 2.0] * u.Jy, "at": Time([60000.0, 60001.0], format="mjd"), "n": [1, 2]})
    arrow = frame_of(table)
    assert arrow.schema.field("flux").metadata == {b"unit": b"Jy"}
    assert arrow["at"].to_pylist()[0] == "2023-02-25T00:00:00.000"
    masked = Table({"x": np.ma.array([1.0, 2.0], mask=[True, False])}, masked=True)
    assert frame_of(masked)["x"].to_pylist() == [None, 2.0]
    assert [is_frame(x) for x in (table, pd.DataFrame(), pl.LazyFrame(), 3, "x", {"a": 1})] == [True] * 3 + [False] * 3


def test_the_schema_says_what_there_is(still: Served) -> None:
    with still.sky(VISITOR) as sky:
        tables = {row["name"]: row for row in sky.sql.tables()}
        assert {"alerts", "objects", "sources", "candidates", "photometry", "comments", "user_tables"} <= set(tables)
        assert all(row["description"] for row in tables.values() if row["name"] in ("alerts", "photometry"))
        columns = {row["name"]: row for row in sky.sql.columns("photometry")}
        assert (columns["flux"]["unit"], columns["mjd"]["type"]) == ("uJy", "DOUBLE")
        assert "acl" not in columns
        with pytest.raises(InvalidInput, match="photometry"):
            sky.sql.columns("nothing")


def test_every_example_runs(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        for row in sky.sql.tables():
            assert sky.sql(row["example"]).columns, row["name"]


def test_an_answer_tells_of_itself(still: Served) -> None:
    with still.sky(VISITOR) as sky:
        answer = sky.sql("SELECT object_id FROM alerts WHERE object_id = 'ZTF26public'")
        assert (answer.rows_read, answer.truncated, len(answer)) == (1, False, 1)
        assert 0 < answer.seconds < 30
        with pytest.warns(UserWarning, match="first 1000000"):
            assert sky.sql("SELECT * FROM range(1000001)").truncated


def test_an_interrupt_ends_the_statement(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    from skyhub.client import _sql

    def interrupted(*_: Any) -> None:
        wait_until(lambda: sky.sql.running())
        raise KeyboardInterrupt

    with served.sky(VISITOR) as sky:
        monkeypatch.setattr(_sql, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sky.sql(ENDLESS)
        wait_until(lambda: sky.sql.running() == [])
        monkeypatch.undo()
        assert sky.sql("SELECT 1 AS x").to_rows() == [{"x": 1}]


def test_a_statement_is_watched_and_cancelled(served: Served) -> None:
    with served.sky(VISITOR) as sky, served.sky(OTHER) as stranger:
        job, answer = sky.sql.start(ENDLESS)
        wait_until(lambda: sky.sql.running() and sky.sql.progress(job)["state"] == "running")
        assert [j["statement"] for j in sky.sql.running()] == [ENDLESS]
        assert stranger.sql.running() == []
        for forbidden in (lambda: stranger.sql.progress(job), lambda: stranger.sql.cancel(job)):
            with pytest.raises(NotFound):
                forbidden()
        sky.sql.cancel(job)
        with pytest.raises(InvalidInput, match="cancelled"):
            answer.result(20)
        with pytest.raises(NotFound):
            sky.sql.cancel(job)


def test_a_statement_ends_with_its_connection(served: Served) -> None:
    address = served.url.removeprefix("http://")
    headers = {"Authorization": f"Bearer {served.token_of(VISITOR)}", "Content-Type": "application/json"}
    with served.sky(VISITOR) as watcher:
        leaver = HTTPConnection(address, timeout=20)
        leaver.request("POST", "/api/sql", json.dumps({"statement": ENDLESS}), headers)
        wait_until(watcher.sql.running)
        leaver.close()
        wait_until(lambda: watcher.sql.running() == [])


def test_so_many_statements_of_one_user_at_a_time(served: Served) -> None:
    with served.sky(VISITOR) as sky, served.sky(OTHER) as other:
        answers = [sky.sql.start(ENDLESS) for _ in range(4)]
        wait_until(lambda: len(sky.sql.running()) == 4)
        with pytest.raises(Conflict, match="4 statements"):
            sky.sql("SELECT 1")
        assert other.sql("SELECT 1 AS x").to_rows() == [{"x": 1}]
        for job, _ in answers:
            sky.sql.cancel(job)
        for _, answer in answers:
            with pytest.raises(InvalidInput, match="cancelled"):
                answer.result(20)
        assert sky.sql("SELECT 1 AS x").to_rows() == [{"x": 1}]


def test_progress_is_shown_on_a_terminal(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    with served.sky(VISITOR) as sky:
        threading.Timer(2.5, lambda: [sky.sql.cancel(job["id"]) for job in sky.sql.running()]).start()
        with pytest.raises(InvalidInput):
            sky.sql(f"SELECT a.object_id FROM alerts a, ({ENDLESS}) b", progress=True)
        shown = capsys.readouterr().err
        assert "[" in shown
        assert " s\x1b[K" in shown
        assert shown.endswith("\r\x1b[K")


def test_progress_is_shown_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(progress_module, "_in_notebook", lambda: True)
    bar = progress_module.ProgressBar()
    monkeypatch.setattr(bar, "_show_html", shown.append)
    bar.close()
    assert shown == []
    job = {"state": "running", "fraction": 0.5, "reading": "<b>", "rows_read": 1234, "seconds": 2.1}
    bar.show(job)
    bar.show({**job, "state": "waiting"})
    bar.close()
    assert 'value="0.500"' in shown[0]
    assert "&lt;b&gt;, 1,234 rows" in shown[0]
    assert "waiting" in shown[1]
    assert shown[2] == ""


class _Shell:
    """As much of an IPython shell as the extension asks for."""

    def __init__(self, **names: Any) -> None:
        self.user_ns = names
        self.magics: dict[str, Any] = {}

    def register_magic_function(self, function: Any, kind: str, name: str) -> None:
        assert kind == "line_cell"
        self.magics[name] = function


def test_the_cell_magic(still: Served) -> None:
    frame = pd.DataFrame({"object_id": ["ZTF26public"], "z": [0.1]})
    with still.sky(SCANNER) as sky:
        shell = _Shell(sky=sky, mine=frame, alerts=frame, limit=1, other="no frame")
        load_ipython_extension(shell)
        magic = shell.magics["sky"]
        assert magic("", "SELECT z FROM mine JOIN alerts USING (object_id) LIMIT $limit").to_rows() == [{"z": 0.1}]
        assert magic("SELECT count(*) AS n FROM alerts").to_rows() == [{"n": 4}]
        assert magic("found", "SELECT 1 AS x") is None
        assert shell.user_ns["found"].to_rows() == [{"x": 1}]
        assert magic("--as-of 2020-01-01", "SELECT count(*) AS n FROM alerts").to_rows() == [{"n": 0}]
        assert magic("past --as-of 2020-01-01T00:00:00Z", "FROM alerts") is None
        assert len(shell.user_ns["past"]) == 0
        assert magic("", "FROM found").to_rows() == [{"x": 1}]


@pytest.mark.parametrize("line", ["a b", "1a", "--as-of", "x --as-of never", "--other", "a-b"])
def test_lines_that_the_magic_does_not_understand(line: str) -> None:
    with pytest.raises(InvalidInput):
        run_cell({}, line, "SELECT 1", connect)


def test_the_extension_loads_by_name() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        assert shell.extension_manager.load_extension("skyhub") is None
        assert shell.find_cell_magic("sky")
    finally:
        InteractiveShell.clear_instance()


def test_the_magic_comes_with_the_connection(still: Served) -> None:
    import skyhub
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        assert shell.find_cell_magic("sky") is None
        skyhub.connect(url=still.url, token=still.token).close()
        assert shell.find_cell_magic("sky")
    finally:
        InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    "name",
    ["", "alerts", "user_tables", "Mine", "a b", "a.b", "1a", "main", "user_x", "skyhub_x", "x" * 64, "é", "../x"],
)
def test_names_that_tables_cannot_have(served: Served, name: str) -> None:
    with served.sky(ANN) as sky, pytest.raises((InvalidInput, NotFound)):
        sky.save_table(name, {"x": [1]})


@pytest.mark.parametrize(
    "frame",
    [
        pa.table({}), pa.table([[1], [2]], names=["x", "X"]), pa.table([[1]], names=["a\nb"]), pa.table([[1]], names=[""]),
        pa.table([[1]], names=["x" * 121]),
    ],
    ids=str,
)  # fmt: skip
def test_tables_that_cannot_be_kept(served: Served, frame: pa.Table) -> None:
    with served.sky(ANN) as sky, pytest.raises(InvalidInput):
        sky.save_table("mine", frame)
    assert not (served.db.data_dir / "user_tables").exists()


def test_keeping_tables_needs_the_right(served: Served) -> None:
    with served.sky(VISITOR) as sky:
        for refused in (
            lambda: sky.save_table("mine", {"x": [1]}),
            lambda: sky.drop_table("mine"),
            lambda: sky.share_table("mine"),
        ):
            with pytest.raises(PermissionRefused, match="upload"):
                refused()


def test_a_table_is_kept_joined_and_dropped(served: Served, tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"object_id": ["ZTF26public", "ZTF26partner"], "My z": [0.1, None]}), tmp_path / "t.parquet"
    )
    with served.sky(ANN) as sky:
        dry = sky.save_table("mine", str(tmp_path / "t.parquet"), dry_run=True)
        assert (dry["stored"], dry["n_rows"]) == (False, 2)
        assert len(sky.tables()) == 0
        kept = sky.save_table("mine", str(tmp_path / "t.parquet"), description="redshifts")
        assert (kept["version"], kept["sql"], kept["groups"]) == (1, "mine", [])
        statement = 'SELECT object_id, "My z" FROM {} JOIN objects USING (object_id) ORDER BY 1 DESC'
        expected = [{"object_id": "ZTF26public", "My z": 0.1}, {"object_id": "ZTF26partner", "My z": None}]
        for name in ("mine", "MINE", "user_ann.mine", '"user_ann"."mine"'):
            assert sky.sql(statement.format(name)).to_rows() == expected
        assert sky.sql('SELECT count(*) AS n FROM mine WHERE "My z" > 0').to_rows() == [{"n": 1}]
        assert [row["name"] for row in sky.tables()] == ["mine"]
        assert "mine" in [row["name"] for row in sky.sql.tables()]
        assert [c["name"] for c in sky.sql.columns("mine")] == ["object_id", "My z"]
        sky.drop_table("mine")
        with pytest.raises(NotFound):
            sky.drop_table("mine")
        with pytest.raises(InvalidInput, match="mine"):
            sky.sql("FROM mine")
        assert len(sky.tables()) == 0


def test_versions_of_a_table_stay_readable(served: Served) -> None:
    with served.sky(ANN) as sky:
        times = []
        for version in (1, 2):
            assert sky.save_table("mine", {"x": [version]})["version"] == version
            times.append(datetime.now(UTC))
            time.sleep(0.01)
        sky.drop_table("mine")
        for version, moment in enumerate(times, start=1):
            assert sky.sql("FROM mine", as_of=moment).to_rows() == [{"x": version}]
            assert [row["version"] for row in sky.tables(as_of=moment)] == [version]
        assert sky.save_table("mine", {"x": [3]})["version"] == 3


def test_a_table_is_seen_by_those_it_is_shared_with(served: Served) -> None:
    def seen(viewer: Viewer) -> int | None:
        with served.sky(viewer) as other:
            names = [row["sql"] for row in other.tables()]
            try:
                rows = len(other.sql("FROM user_ann.mine"))
            except InvalidInput:
                assert names == []
                return None
            assert names == ["mine" if viewer is ANN else '"user_ann".mine']
            return rows

    with served.sky(ANN) as sky:
        sky.save_table("mine", {"x": [1, 2]})
        assert [seen(v) for v in (ANN, COLLEAGUE, OTHER, VISITOR)] == [2, None, None, None]
        assert sky.share_table("mine", "transients")["groups"] == ["transients"]
        assert [seen(v) for v in (ANN, COLLEAGUE, OTHER, VISITOR)] == [2, 2, None, None]
        sky.save_table("mine", {"x": [1]})
        assert [seen(v) for v in (ANN, COLLEAGUE, OTHER, VISITOR)] == [1, 1, None, None]
        with pytest.raises(PermissionRefused):
            sky.share_table("mine", "bursts")
        with pytest.raises(PermissionRefused):
            sky.share_table("mine", "public")
        sky.share_table("mine")
        assert [seen(v) for v in (ANN, COLLEAGUE, OTHER, VISITOR)] == [1, None, None, None]
    with served.sky(Viewer("bea", frozenset({"transients"}), scopes=frozenset({"view", "upload"}))) as sky:
        with pytest.raises(NotFound):
            sky.drop_table("mine")
        sky.save_table("mine", {"y": [7]})
        assert sky.sql("FROM mine").to_rows() == [{"y": 7}]
    assert seen(ANN) == 1


def test_a_statement_prefers_the_frame_it_came_with(served: Served) -> None:
    with served.sky(ANN) as sky:
        sky.save_table("mine", {"x": [1]})
        assert sky.sql("FROM mine", tables={"mine": {"x": [2]}}).to_rows() == [{"x": 2}]
        assert sky.sql("FROM user_ann.mine", tables={"mine": {"x": [2]}}).to_rows() == [{"x": 1}]


def test_there_is_room_for_so_much(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    from skyhub.sql import _user_tables

    with served.sky(ANN) as sky:
        size = sky.save_table("mine", {"x": list(range(1000))})["n_bytes"]
        monkeypatch.setattr(_user_tables, "_MOST_BYTES", int(2.5 * size))
        sky.save_table("mine", {"x": list(range(1000, 2000))})
        first = datetime.now(UTC)
        sky.save_table("mine", {"x": list(range(2000, 3000))})
        assert len(list((served.db.data_dir / "user_tables").glob("*"))) == 2
        assert len(sky.sql("FROM mine", as_of=first)) == 1000
        with pytest.raises(InvalidInput, match="Drop some"):
            sky.save_table("other", {"x": np.random.default_rng(1).normal(size=10_000)})
        assert len(list((served.db.data_dir / "user_tables").glob("*"))) <= 2
        monkeypatch.setattr(_user_tables, "MOST_ROWS", 10)
        with pytest.raises(InvalidInput, match="10 rows"):
            sky.save_table("mine", {"x": list(range(11))})


def test_a_connection_has_what_it_says(still: Served) -> None:
    with still.sky(VISITOR) as sky:
        assert isinstance(sky, Sky)
        assert {"save_table", "tables", "drop_table", "share_table", "sql"} <= set(dir(sky))
