"""A database as the first release left it: its own schema and ledger, and rows in every table."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
from skyhub.db import PackStore
from skyhub.db._migrations import shipped

N_OBJECTS, N_ALERTS, N_POINTS = 12, 3, 8
"""Objects; alerts and points of each."""

START = datetime(2026, 11, 1)
STREAMS = {1: "ztf-partnership", 2: "ztf-caltech"}
GROUPS = {1: "transients", 2: "bursts", 3: "~ann"}
GROUP_STREAMS = {1: {1}, 2: {1, 2}, 3: set()}
ACLS = {1: ([], [1]), 2: ([1], []), 3: ([1, 2], [1]), 4: ([3], [])}
BLOB = b"a packet of the first release"


def write_first_release(data_dir: Path, n_objects: int = N_OBJECTS) -> dict[str, int]:
    """Write it; rows of each table."""
    data_dir.mkdir(parents=True, exist_ok=True)
    packs = PackStore(data_dir / "packs")
    offsets = packs.append("20261101", [BLOB] * (n_objects * N_ALERTS))
    packs.close()
    first = shipped()[0]
    with duckdb.connect(
        str(data_dir / "skyhub.duckdb"), config={"storage_compatibility_version": "v1.5.0"}
    ) as connection:
        connection.execute(
            "CREATE TABLE migrations (number INTEGER, name VARCHAR, checksum VARCHAR, applied_at TIMESTAMP)"
        )
        connection.execute(first.sql)
        connection.execute("INSERT INTO migrations VALUES (1, ?, ?, ?)", [first.name, first.checksum, START])
        for statement in (*_team(), *_night(n_objects, offsets[0]), *_work(n_objects)):
            connection.execute(statement)
        names = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in names}
    assert all(counts.values()), counts
    return counts


def _at(minutes: int) -> str:
    return f"TIMESTAMP '{START + timedelta(minutes=minutes)}'"


def _values(table: str, *rows: str) -> str:
    return f"INSERT INTO {table} VALUES {', '.join(f'({row})' for row in rows)}"


def _team() -> list[str]:
    links = [f"{group}, {stream}, {_at(1)}" for group, streams in GROUP_STREAMS.items() for stream in streams]
    return [
        _values("streams", *(f"{number}, '{name}', NULL, {_at(0)}" for number, name in STREAMS.items())),
        _values("groups", *(f"{number}, '{name}', 'of {name}', {_at(0)}" for number, name in GROUPS.items())),
        _values("group_streams", *links),
        _values("users", f"'ann', {_at(2)}", f"'bob', {_at(2)}"),
        _values("user_groups", f"'ann', 1, {_at(3)}", f"'bob', 1, {_at(3)}", f"'bob', 2, {_at(3)}"),
        _values("user_streams", f"'bob', 2, {_at(3)}"),
        _values("acls", *(f"{acl}, {groups}, {streams}, {_at(4)}" for acl, (groups, streams) in ACLS.items())),
        _values("visits", f"'ann', {_at(5)}", f"'bob', {_at(6)}"),
    ]


def _night(n_objects: int, pack_at: int) -> list[str]:
    """Alerts, their points, objects, filters and candidates."""
    alerts = f"FROM range({n_objects}) AS o(o), range({N_ALERTS}) AS a(a)"
    points = f"FROM range({n_objects}) AS o(o), range({N_POINTS}) AS p(p)"
    name, acl = "printf('ZTF26old%05d', o)", f"(o % {len(ACLS) + 1})::INTEGER"
    candid = f"(1427174604415015001 + 2 * (o * {N_ALERTS} + a))::BIGINT"
    return [
        f"""INSERT INTO alerts BY NAME SELECT {candid} AS candid, {name} AS object_id, 'ZTF' AS survey,
            '4.02' AS schema_version, DATE '2026-11-01' AS dayobs, 61345.3 + a / 100 AS mjd, 10.0 + o AS ra,
            -5.0 + o AS dec, o AS hpx, 'ztfr' AS filter, 18.5 AS mag, 0.1 AS magerr, 20.5 AS limiting_mag,
            true AS positive, 0.9 AS rb, 0.95 AS drb, 3 AS n_detections, 61340.0 AS first_mjd, '20261101' AS pack,
            {pack_at} + {len(BLOB)} * (o * {N_ALERTS} + a) AS packet_at, {len(BLOB)} AS packet_size,
            {acl} AS acl, {_at(10)} AS known_at {alerts}""",
        f"""INSERT INTO photometry BY NAME SELECT {name} AS object_id, 61330.0 + p AS mjd,
            ['ztfg', 'ztfr'][1 + p % 2] AS filter, 'ZTF' AS survey, ['alert', 'alert', 'forced'][1 + p % 3] AS origin,
            100.0 * p AS flux, 5.0 AS fluxerr, 20.0 - p / 10 AS mag, 0.05 AS magerr, 20.5 AS limiting_mag,
            10.0 + o AS ra, -5.0 + o AS dec, o * {N_POINTS} + p + 1 AS point_id, {acl} AS acl,
            {_at(10)} + to_minutes(p) AS known_at {points}""",
        f"""INSERT INTO objects BY NAME SELECT {name} AS object_id, 'ZTF' AS survey, 10.0 + o AS ra, -5.0 + o AS dec,
            o AS hpx, {acl} AS acl, {_at(10)} AS known_at FROM range({n_objects}) AS o(o)""",
        _values(
            "filters",
            f"1, 1, 'old', NULL, 'ZTF', 'drb > 0.5', 0, {_at(7)}",
            f"1, 2, 'old', NULL, 'ZTF', 'drb > 0.6', 0, {_at(8)}",
            f"2, 1, 'ours', 1, 'ZTF', 'drb > 0.5', 2, {_at(8)}",
        ),
        f"""INSERT INTO candidates BY NAME SELECT o * {N_ALERTS} + a + 1 AS candidate_id, {name} AS object_id,
            {candid} AS candid, 'ZTF' AS survey, 1 AS filter_id, 2 AS filter_version, DATE '2026-11-01' AS dayobs,
            61345.3 + a / 100 AS mjd, 10.0 + o AS ra, -5.0 + o AS dec, 'ztfr' AS filter, 18.5 AS mag, 0.9 AS rb,
            0.95 AS drb, 3 AS n_detections, {acl} AS acl, {_at(11)} AS known_at {alerts}""",
    ]


def _work(n_objects: int) -> list[str]:
    """What people did: decisions with one undone, sources, reports; and the journal."""
    payload = json.dumps({"object_id": "ZTF26old00000", "user": "ann"})
    return [
        _values(
            "decisions",
            f"1, 'key-1', 'ZTF26old00000', 1, 'ann', 'save', [1], NULL, 2, {_at(20)}",
            f"2, 'key-2', 'ZTF26old00001', 4, 'ann', 'reject', [1], NULL, 2, {_at(21)}",
            f"3, 'key-3', 'ZTF26old00001', 4, 'ann', 'undo', [1], 2, 2, {_at(22)}",
            f"4, 'key-4', 'ZTF26old00002', 7, 'bob', 'save', [1, 2], NULL, 3, {_at(23)}",
        ),
        _values(
            "sources",
            f"'ZTF26old00000', 1, 'ann', true, 1, 2, {_at(20)}",
            f"'ZTF26old00002', 1, 'bob', true, 4, 2, {_at(23)}",
            f"'ZTF26old00002', 2, 'bob', true, 4, 2, {_at(23)}",
        ),
        f"INSERT INTO changes SELECT s + 1, 'decision', '{payload}', 2, {_at(20)} FROM range({4 * n_objects}) AS s(s)",
        _values(
            "report_runs",
            "'night_summary-20261101000000-abcdef', 'night_summary', '{\"dayobs\": \"2026-11-01\"}', 'ann', "
            f"{_at(30)}, NULL, ['transients'], ['ztf-partnership'], 4, {_at(30)}",
        ),
        _values(
            "report_states",
            f"1, 'night_summary-20261101000000-abcdef', 'queued', NULL, NULL, NULL, NULL, NULL, NULL, 4, {_at(30)}",
            "2, 'night_summary-20261101000000-abcdef', 'failed', 'w', NULL, 'the kernel died', 3.5, '0.1.0', 4, 4, "
            f"{_at(31)}",
        ),
    ]
