"""For random users, groups, streams and rows the Reader, HTTP, the client and SQL agree with the rule in ten lines.

Also for what was known earlier, and after rows were shared otherwise: the access of today holds for all times.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rights_support import GROUP_STREAMS, acl_of, may_see
from skyhub.client import Sky
from skyhub.db import Database, Viewer
from skyhub.kinds import KINDS
from skyhub.records import Kind, find
from skyhub.sql import run_sql
from skyhub.team import explain, personal_group
from support.effort import repeats
from support.services import Served

GROUPS, STREAMS = [*GROUP_STREAMS, "~author", "~ann"], ["ztf-partnership", "ztf-caltech"]
_KIND: Kind[Any] = next(kind for kind in KINDS if kind.table == "attachments")
_audiences = st.tuples(st.frozensets(st.sampled_from(GROUPS), max_size=3), st.frozensets(st.sampled_from(STREAMS)))
_viewers = st.builds(
    Viewer,
    st.sampled_from(["ann", "author", "transients"]),
    st.frozensets(st.sampled_from([*GROUPS, "unheard-of"]), max_size=3),
    st.frozensets(st.sampled_from([*STREAMS, "unheard-of"])),
    st.sampled_from([frozenset({"view"}), frozenset({"view", "save", "upload"}), frozenset({"view", "administer"})]),
    st.booleans(),
)
_names = count()


@pytest.fixture(scope="module")
def house(still: Served) -> Served:
    for name in ("author", "ann"):
        personal_group(still.db, Viewer(name))
    return still


def _write(db: Database, name: str, audiences: list[tuple[frozenset[str], frozenset[str]]]) -> list[int]:
    """First versions of records of one name, one for each audience."""
    acls = [acl_of(db, *audience) for audience in audiences]

    def write(transaction: Any) -> list[int]:
        first = transaction.next_id(_KIND.table, _KIND.id_column, len(acls))
        transaction.insert(_KIND.table, [_row(first + n, name, acl, 1) for n, acl in enumerate(acls)])
        return [first + n for n in range(len(acls))]

    return db.writer.write(write)


def _row(number: int, name: str, acl: int, version: int) -> dict[str, Any]:
    who = {"version": version, "author": "author", "edited_by": "author", "acl": acl}
    return {_KIND.id_column: number, "name": name, "media_type": "text/plain", "size": 1, "digest": "d", **who}


def _correct(db: Database, name: str, number: int, audience: tuple[frozenset[str], frozenset[str]]) -> None:
    acl = acl_of(db, *audience)

    def write(transaction: Any) -> None:
        transaction.insert(_KIND.table, [_row(number, name, acl, 2)])
        transaction.supersede(_KIND.table, _KIND.id_column, {number: 2})
        transaction.share(_KIND.table, _KIND.id_column, {number: acl})

    db.writer.write(write)


def _everywhere(
    house: Served, sky: Sky, viewer: Viewer, name: str, ids: list[int], as_of: datetime | None
) -> dict[str, Any]:
    """What a viewer sees of the records of a name, by each way to read."""
    db, column = house.db, _KIND.id_column
    records: Any = getattr(sky, _KIND.table)
    rows = db.reader.rows(viewer, f"SELECT {column} AS id FROM @{_KIND.table} WHERE name = ?", [name], as_of)
    sql = f"SELECT {column} AS id FROM {_KIND.table} WHERE name = '{name}'"
    found = {
        "reader": [row["id"] for row in rows],
        "records": [int(row[column]) for row in find(db, viewer, _KIND, {"name": name}, as_of=as_of)],
        "client": [int(row[column]) for row in records.rows(name=name, as_of=as_of)],
        "client's sql": [row["id"] for row in sky.sql(sql, as_of=as_of).to_rows()],
        "sql": run_sql(db, viewer, sql, as_of).table["id"].to_pylist(),
    }
    if as_of is None:
        found["explain"] = [n for n in ids if explain(db, viewer, _KIND.table, str(n))["visible"]]
    return {way: sorted(numbers) for way, numbers in found.items()}


@settings(
    max_examples=repeats(25, 5), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(_audiences, min_size=1, max_size=6), st.lists(_audiences, min_size=6, max_size=6), _viewers, st.data())
def test_all_ways_to_read_agree_with_the_rule(
    house: Served,
    before: list[tuple[frozenset[str], frozenset[str]]],
    after: list[tuple[frozenset[str], frozenset[str]]],
    viewer: Viewer,
    data: st.DataObject,
) -> None:
    name = f"file-{next(_names)}"
    start = datetime.now(UTC)
    ids = _write(house.db, name, before)
    between = house.db.writer.write(lambda transaction: transaction.now)
    corrected = data.draw(st.sets(st.integers(0, len(ids) - 1)))
    now = {n: after[n] if n in corrected else audience for n, audience in enumerate(before)}
    with house.sky(viewer) as sky:
        _agree(_everywhere(house, sky, viewer, name, ids, None), viewer, ids, dict(enumerate(before)))
        for n in corrected:
            _correct(house.db, name, ids[n], after[n])
        _agree(_everywhere(house, sky, viewer, name, ids, None), viewer, ids, now)
        _agree(_everywhere(house, sky, viewer, name, ids, between), viewer, ids, now)
        assert set(map(tuple, _everywhere(house, sky, viewer, name, ids, start).values())) == {()}


def _agree(
    found: dict[str, list[int]],
    viewer: Viewer,
    ids: list[int],
    audiences: dict[int, tuple[frozenset[str], frozenset[str]]],
) -> None:
    expected = sorted(ids[n] for n, audience in audiences.items() if may_see(viewer, *audience))
    assert found == dict.fromkeys(found, expected)
