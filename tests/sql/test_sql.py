"""SQL for users: one SELECT over what the API shows too; everything else is refused."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.photometry import photometry_table
from skyhub.service import open_database
from skyhub.sources import sources_table
from skyhub.sql import _run as module
from skyhub.sql import run_sql
from skyhub.sql._catalog import catalog_of
from skyhub.sql._limits import Limits
from skyhub.team import personal_group
from support.effort import repeats
from support.houses import GROUPS, NIGHT, OTHER, SCANNER, VISITOR, candid_of, candidates_of

OTHER_STATEMENTS = [
    "", ";", "   ", "nonsense", "SELECT", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE alerts",
    "INSERT INTO alerts SELECT * FROM alerts", "UPDATE alerts SET acl = 0", "DELETE FROM alerts", "DROP TABLE alerts",
    "CREATE TABLE t AS SELECT 1", "CREATE MACRO m() AS 1", "COPY alerts TO '/tmp/stolen.parquet'",
    "COPY (SELECT 1) TO '/tmp/x.csv'",
    "ATTACH '/tmp/other.duckdb' AS other", "ATTACH ':memory:' AS m", "DETACH memory", "INSTALL httpfs", "LOAD httpfs",
    "PRAGMA database_list", "PRAGMA table_info('alerts')", "SET memory_limit = '100GB'", "SET enable_external_access = true",
    "RESET lock_configuration", "CALL duckdb_tables()", "EXPORT DATABASE '/tmp/x'", "IMPORT DATABASE '/tmp/x'", "VACUUM",
    "CHECKPOINT", "BEGIN", "PREPARE p AS SELECT 1", "EXECUTE p", "EXPLAIN ANALYZE SELECT 1", "USE memory",
    "CREATE SECRET s (TYPE s3)", "SELECT 1 INTO x", "-- only a comment",
    "WITH x AS (DELETE FROM alerts RETURNING *) SELECT * FROM x",
]  # fmt: skip

READING_ELSEWHERE = [
    "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')", "SELECT * FROM '/etc/passwd'", "SELECT * FROM read_parquet('/tmp/*.parquet')",
    "SELECT * FROM read_json('/etc/passwd')", "SELECT * FROM sniff_csv('/etc/passwd')", "SELECT * FROM 'https://example.org/x.csv'",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')", "SELECT * FROM query_table('/etc/passwd')",
    "SELECT getenv('HOME')", "SELECT * FROM users", "SELECT * FROM user_groups", "SELECT * FROM acls", "SELECT * FROM visits",
    "SELECT * FROM report_runs", "SELECT * FROM migrations", "SELECT * FROM main.users", "SELECT * FROM skyhub.main.alerts",
    "SELECT * FROM secret_table", "SELECT * FROM statement", "SELECT * FROM relation", "SELECT * FROM db", "SELECT * FROM watch",
    "SELECT * FROM parquet_metadata('/tmp/x')", "SELECT load_extension('httpfs')",
    "SELECT acl FROM alerts", "SELECT pack FROM alerts", "SELECT idempotency_key FROM decisions",
]  # fmt: skip


def _rows(db: Database, viewer: Viewer, statement: str, as_of: datetime | None = None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run_sql(db, viewer, statement, as_of).table.to_pylist()
    return rows


@pytest.mark.parametrize("statement", OTHER_STATEMENTS)
def test_only_one_select_is_permitted(still_house: Database, statement: str) -> None:
    with pytest.raises(InvalidInput):
        run_sql(still_house, ADMINISTRATOR, statement)
    assert len(still_house.reader.rows(ADMINISTRATOR, "SELECT * FROM @alerts")) == len(NIGHT)


@pytest.mark.parametrize("statement", READING_ELSEWHERE)
def test_nothing_else_can_be_read(still_house: Database, statement: str) -> None:
    import pyarrow as pa

    secret_table = pa.table({"x": [1]})
    with pytest.raises(InvalidInput):
        run_sql(still_house, ADMINISTRATOR, statement)
    assert len(secret_table) == 1


def test_a_file_cannot_be_written(still_house: Database, tmp_path: Path) -> None:
    for statement in (
        f"COPY (SELECT 1) TO '{tmp_path}/x.csv'",
        f"SELECT * FROM query('COPY (SELECT 1) TO ''{tmp_path}/x.csv''')",
    ):
        with pytest.raises(InvalidInput):
            run_sql(still_house, ADMINISTRATOR, statement)
    assert list(tmp_path.glob("*.csv")) == []


def test_what_the_engine_tells_of_itself_holds_no_secret(still_house: Database) -> None:
    assert _rows(still_house, VISITOR, "SELECT * FROM duckdb_secrets()") == []
    assert _rows(still_house, VISITOR, "SELECT table_name FROM duckdb_tables()") == []
    paths = [row["path"] for row in _rows(still_house, VISITOR, "SELECT path FROM duckdb_databases()")]
    assert paths == [None] * len(paths)
    settings_text = str(_rows(still_house, VISITOR, "SELECT value FROM duckdb_settings()"))
    assert str(still_house.data_dir) not in settings_text


def test_a_statement_cannot_loosen_its_own_bounds(still_house: Database) -> None:
    for name in ("enable_external_access", "autoload_known_extensions", "python_enable_replacements"):
        [row] = _rows(still_house, VISITOR, f"SELECT current_setting('{name}') AS value")
        assert row["value"] in (False, "false")
    [row] = _rows(still_house, VISITOR, "SELECT current_setting('lock_configuration') AS value")
    assert row["value"] in (True, "true")


def test_a_statement_that_takes_too_long_is_ended(still_house: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMITS", Limits(seconds=0.5))
    for statement in (
        "SELECT sum(hash(a.range * b.range)) FROM range(10000000) a, range(10000000) b",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
    ):
        with pytest.raises(InvalidInput, match=r"more than 0\.5 s"):
            run_sql(still_house, VISITOR, statement)
    assert _rows(still_house, VISITOR, "SELECT 1 AS one") == [{"one": 1}]


def test_a_statement_that_needs_too_much_memory_is_refused(
    still_house: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LIMITS", Limits(memory_mb=50))
    for statement in (
        "SELECT list(range) FROM range(100000000)",
        "SELECT * FROM range(30000000) ORDER BY hash(range)",
        "SELECT count(*) FROM (SELECT DISTINCT hash(range) FROM range(100000000))",
        "SELECT repeat('x', 1000000) FROM range(3000)",
    ):
        with pytest.raises(InvalidInput, match=r"(?i)memory"):
            run_sql(still_house, VISITOR, statement)
    assert not Path(".tmp").exists()


def test_rows_beyond_the_limit_are_left_out_and_told(still_house: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LIMITS", Limits(rows=100))
    result = run_sql(still_house, VISITOR, "SELECT * FROM range(1000000000000)")
    assert (len(result.table), result.truncated) == (100, True)
    result = run_sql(still_house, VISITOR, "SELECT * FROM range(100)")
    assert (len(result.table), result.truncated) == (100, False)


def test_many_statements_at_once_do_not_mix(still_house: Database) -> None:
    expected = {
        v.name: {r["object_id"] for r in _rows(still_house, v, "SELECT object_id FROM alerts")}
        for v in (VISITOR, SCANNER)
    }
    assert expected["visitor"] < expected["scanner"]
    wrong: list[Any] = []

    def ask(viewer: Viewer) -> None:
        for _ in range(10):
            found = {r["object_id"] for r in _rows(still_house, viewer, "SELECT object_id FROM alerts")}
            if found != expected[viewer.name]:
                wrong.append((viewer.name, found))

    threads = [threading.Thread(target=ask, args=(v,)) for v in (VISITOR, SCANNER, VISITOR, SCANNER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_integers_are_exact(still_house: Database) -> None:
    rows = _rows(still_house, ADMINISTRATOR, "SELECT candid FROM alerts ORDER BY candid")
    assert [row["candid"] for row in rows] == [candid_of(n) for n in range(len(NIGHT))]
    [row] = _rows(still_house, ADMINISTRATOR, f"SELECT object_id FROM alerts WHERE candid = {candid_of(1)}")
    assert row["object_id"] == "ZTF26partner"


def test_forms_of_a_select(still_house: Database) -> None:
    assert _rows(still_house, VISITOR, "WITH x AS (SELECT 1 AS a) SELECT a FROM x;") == [{"a": 1}]
    assert _rows(still_house, VISITOR, "VALUES (1)")
    assert _rows(still_house, VISITOR, "FROM alerts SELECT count(*) AS n") == [{"n": 3}]
    assert _rows(still_house, VISITOR, 'SELECT count(*) AS n FROM "ALERTS"') == [{"n": 3}]
    assert _rows(still_house, VISITOR, "SELECT 'alerts; DROP' AS text -- a comment") == [{"text": "alerts; DROP"}]


def test_every_table_can_be_asked_for(still_house: Database) -> None:
    for name in catalog_of(still_house).tables:
        assert run_sql(still_house, ADMINISTRATOR, f"SELECT * FROM {name}").table.column_names


def test_names_of_users_are_not_told(house: Database) -> None:
    personal_group(house, SCANNER)
    assert {row["name"] for row in _rows(house, VISITOR, "SELECT name FROM groups")} == set(GROUPS)


def test_as_of_reaches_statements(still_house: Database) -> None:
    before = datetime(2020, 1, 1, tzinfo=UTC)
    assert _rows(still_house, ADMINISTRATOR, "SELECT count(*) AS n FROM alerts", before) == [{"n": 0}]


@pytest.fixture(scope="module")
def still_house(built_house: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    import shutil

    with open_database(shutil.copytree(built_house, tmp_path_factory.mktemp("sql") / "house")) as db:
        yield db


_viewers = st.builds(
    Viewer,
    st.sampled_from(["ann", "bob"]),
    st.frozensets(st.sampled_from([*GROUPS, "~ann", "none"])),
    st.frozensets(st.sampled_from(["ztf-partnership", "ztf-caltech"])),
    st.sampled_from([frozenset({"view"}), frozenset({"view", "administer"})]),
)


@settings(max_examples=repeats(36))
@given(_viewers)
def test_statements_and_the_api_show_the_same(still_house: Database, viewer: Viewer) -> None:
    db = still_house
    candids = {row["candid"] for row in _rows(db, viewer, "SELECT candid FROM alerts")}
    assert candids == {row["candid"] for row in db.reader.rows(viewer, "SELECT candid FROM @alerts")}
    numbers = {row["candidate_id"] for row in _rows(db, viewer, "SELECT candidate_id FROM candidates")}
    assert set(candidates_of(db, viewer).values()) <= numbers
    points = _rows(db, viewer, "SELECT object_id, point_id FROM photometry")
    for name, _, _ in NIGHT:
        shown = photometry_table(db, viewer, name)["point_id"].to_pylist()
        assert sorted(shown) == sorted(p["point_id"] for p in points if p["object_id"] == name)
    assert len(_rows(db, viewer, "SELECT * FROM sources")) == len(sources_table(db, viewer))


def test_a_decision_of_others_is_not_read(house: Database) -> None:
    from skyhub.candidates import decide

    decide(house, SCANNER, "k", candidates_of(house, SCANNER)["ZTF26public"], "save")
    for table in ("decisions", "sources", "changes"):
        kind = " WHERE kind = 'decision'" if table == "changes" else ""
        counts = [
            _rows(house, v, f"SELECT count(*) AS n FROM {table}{kind}")[0]["n"] for v in (SCANNER, OTHER, VISITOR)
        ]
        assert counts == [1, 0, 0]


def test_a_statement_runs_without_the_environment_of_the_service(
    house: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    worker = module.keeper_of(house).take()
    try:
        for pid in (worker.pid, psutil.Process(worker.pid).ppid()):
            assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
    finally:
        worker.end()


def test_workers_end_with_the_database(house_dir: Path) -> None:
    with open_database(house_dir) as db:
        run_sql(db, VISITOR, "SELECT 1")
        process = module.keeper_of(db)._process
        assert process is not None
        assert process.poll() is None
    assert process.poll() is not None


_KEEP = """
import sys
from pathlib import Path
from skyhub.db import Database
from skyhub.sql import _run
database = Database(Path(sys.argv[1]))
worker = _run.keeper_of(database).take()
print(worker.pid, flush=True)
import os
os._exit(0)
"""


def test_workers_end_with_the_process_that_keeps_them(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KEEP, str(tmp_path)], capture_output=True, text=True, timeout=60)
    pid = int(done.stdout)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(20)
    assert not psutil.pid_exists(pid)


def test_a_long_statement_prints_nothing_into_its_answer(
    still_house: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LIMITS", Limits(seconds=4.0))
    with pytest.raises(InvalidInput, match=r"more than 4 s"):
        run_sql(still_house, VISITOR, "SELECT count(*) FROM range(1000000000000)")


def test_each_statement_has_random_numbers_of_its_own(still_house: Database) -> None:
    drawn = {run_sql(still_house, SCANNER, "SELECT random() AS r, uuid()::VARCHAR AS u").data for _ in range(4)}
    assert len(drawn) == 4
