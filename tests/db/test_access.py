"""Row-level access: the reader's answer is the rule as it is stated, for any groups, streams, viewers and rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import skyhub
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.db import ADMINISTRATOR, PERSONAL, PUBLIC, SCOPES, AccessTable, Database, Viewer
from skyhub.errors import PermissionRefused
from skyhub.team import add_groups, add_streams, personal_group
from support.effort import repeats

GROUPS = [f"g{n}" for n in range(4)]
STREAMS = [f"s{n}" for n in range(3)]
USERS = ["ann", "bob", "g0"]

Row = tuple[frozenset[str], frozenset[str]]

_rows = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from([*GROUPS, "~ann", "~bob"]), max_size=3), st.frozensets(st.sampled_from(STREAMS))
    ),
    max_size=12,
)
_viewers = st.builds(
    Viewer,
    st.sampled_from(USERS),
    st.frozensets(st.sampled_from([*GROUPS, "~ann", "unheard of"])),
    st.frozensets(st.sampled_from([*STREAMS, "unheard of"])),
    st.sampled_from([frozenset({"view"}), frozenset(SCOPES) - {"administer"}, frozenset({"view", "administer"})]),
)
_of_groups = st.fixed_dictionaries({g: st.frozensets(st.sampled_from(STREAMS)) for g in GROUPS})


def _may_see(viewer: Viewer, row: Row, group_streams: dict[str, frozenset[str]]) -> bool:
    """DESIGN: in at least one of the row's groups, and entitled to all of its streams; the empty set is public."""
    if "administer" in viewer.scopes:
        return True
    groups, streams = row
    member = {g for g in viewer.groups if not g.startswith(PERSONAL)} | {PERSONAL + viewer.name}
    entitled = set(viewer.streams).union(*(group_streams.get(g, frozenset()) for g in member))
    return (not groups or bool(groups & member)) and streams <= entitled


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with Database(tmp_path_factory.mktemp("access")) as db:
        add_streams(db, STREAMS)
        add_groups(db, {name: () for name in (*GROUPS, "~ann", "~bob")})
        yield db


@settings(max_examples=repeats(80))
@given(_rows, _viewers, _of_groups)
def test_the_reader_shows_what_the_rule_says(
    population: Database, rows: list[Row], viewer: Viewer, of_groups: dict[str, frozenset[str]]
) -> None:
    db = population
    db.access.group_streams = {db.access.groups[g]: {db.access.streams[s] for s in of_groups[g]} for g in of_groups}
    db.access.changed()

    def replace(transaction: object) -> None:
        for number, (groups, streams) in enumerate(rows):
            acl = transaction.acl([db.access.groups[g] for g in groups], [db.access.streams[s] for s in streams])  # type: ignore[attr-defined]
            transaction.insert("objects", [{"object_id": f"{stamp}-{number}", "acl": acl}])  # type: ignore[attr-defined]

    stamp = db.writer.write(lambda t: t.next_id("changes", "seq"))
    db.writer.write(replace)
    found = db.reader.rows(viewer, "SELECT object_id FROM @objects WHERE starts_with(object_id, ?)", [f"{stamp}-"])
    expected = {f"{stamp}-{n}" for n, row in enumerate(rows) if _may_see(viewer, row, of_groups)}
    assert {row["object_id"] for row in found} == expected


@given(_rows, st.lists(_viewers, min_size=1, max_size=4), _of_groups)
def test_what_is_kept_in_memory_is_never_out_of_date(
    rows: list[Row], viewers: list[Viewer], of_groups: dict[str, frozenset[str]]
) -> None:
    access = AccessTable()
    access.groups = {name: n for n, name in enumerate([*GROUPS, "~ann", "~bob"], start=1)}
    access.streams = {name: n for n, name in enumerate(STREAMS, start=1)}
    access.group_streams = {access.groups[g]: {access.streams[s] for s in of_groups[g]} for g in of_groups}
    for groups, streams in rows:
        acl = access.number([access.groups[g] for g in groups], [access.streams[s] for s in streams])
        for viewer in viewers:
            seen = access.visible(viewer)
            assert len(seen) == len(access)
            assert seen[acl] == _may_see(viewer, (groups, streams), of_groups)
            assert seen[PUBLIC]


@given(_rows)
def test_equal_sets_have_one_number(rows: list[Row]) -> None:
    access = AccessTable()
    numbers = {name: n for n, name in enumerate([*GROUPS, "~ann", "~bob", *STREAMS], start=1)}
    acls = {row: access.number([numbers[g] for g in row[0]], [numbers[s] for s in row[1]]) for row in rows}
    assert len(set(acls.values())) == len(acls)
    assert len(access) == len({*acls, (frozenset(), frozenset())})
    for (groups, streams), acl in acls.items():
        assert access.members(acl) == ({numbers[g] for g in groups}, {numbers[s] for s in streams})


def test_the_sets_survive_a_restart(tmp_path: Path) -> None:
    with Database(tmp_path) as db:
        add_groups(db, {"g0": ["s0"], "g1": []})
        acls = [db.writer.write(lambda t, g=g: t.acl(groups=g)) for g in ([1], [2], [1, 2])]
        db.writer.write(lambda t: t.insert("objects", [{"object_id": str(acl), "acl": acl} for acl in acls]))
    with Database(tmp_path) as db:
        assert [db.access.members(acl)[0] for acl in acls] == [{1}, {2}, {1, 2}]
        viewer = Viewer("ann", frozenset({"g1"}))
        found = db.reader.rows(viewer, "SELECT object_id FROM @objects ORDER BY 1")
        assert [row["object_id"] for row in found] == [str(acls[1]), str(acls[2])]


def test_a_personal_group_holds_its_user_alone(db: Database) -> None:
    ann = Viewer("ann", frozenset({"~bob"}))
    number = personal_group(db, ann)
    assert personal_group(db, ann) == number
    acl = db.writer.write(lambda t: t.acl(groups=[number]))
    db.writer.write(lambda t: t.insert("objects", [{"object_id": "hers", "acl": acl}]))
    sees = {
        name: len(db.reader.rows(Viewer(name, groups), "SELECT * FROM @objects"))
        for name, groups in {"ann": frozenset(), "bob": frozenset({"~ann"}), "~ann": frozenset({"~ann"})}.items()
    }
    assert sees == {"ann": 1, "bob": 0, "~ann": 0}
    assert db.access.group_ids(ann) == set()
    assert number not in db.access.group_ids(ADMINISTRATOR)


def test_a_new_stream_of_a_group_takes_effect_at_once(db: Database) -> None:
    add_groups(db, {"g": []})
    add_streams(db, ["ztf-partnership"])
    acl = db.writer.write(lambda t: t.acl(streams=[db.access.streams["ztf-partnership"]]))
    db.writer.write(lambda t: t.insert("objects", [{"object_id": "x", "acl": acl}]))
    viewer = Viewer("ann", frozenset({"g"}))
    assert db.reader.rows(viewer, "SELECT * FROM @objects") == []
    add_groups(db, {"g": ["ztf-partnership"]})
    assert len(db.reader.rows(viewer, "SELECT * FROM @objects")) == 1


@pytest.mark.parametrize("name", ["nothing", "sqlite_master", "duckdb_secrets", "alerts_old", "information_schema"])
def test_tables_that_are_none_of_the_platforms_are_refused(db: Database, name: str) -> None:
    with pytest.raises(ValueError, match="no table of the platform"):
        db.reader.rows(ADMINISTRATOR, f"SELECT * FROM @{name}")


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_is_needed(scope: str) -> None:
    with pytest.raises(PermissionRefused, match=f"custom:skyhub:{scope}"):
        Viewer("ann", scopes=frozenset(SCOPES) - {scope, "administer"}).require(scope)
    Viewer("ann", scopes=frozenset({scope})).require(scope)
    ADMINISTRATOR.require(scope)


def test_every_table_is_protected_or_known_not_to_be(db: Database) -> None:
    open_tables = {name for name, columns in db.reader.columns.items() if "acl" not in columns}
    assert open_tables == {
        "streams", "users", "user_groups", "user_streams", "visits", "migrations", "photometry_runs",
        "photometry_overlay", "shipped_data", "intake_states", "refused_messages", "intake_positions", "intake_orders",
        "message_marks", "schedule_marks", "default_plan_marks", "owners_behind",
    }  # fmt: skip
    assert all("known_at" in columns for name, columns in db.reader.columns.items() if name != "migrations")


_SQL_TABLE = re.compile(r"\b(?:FROM|JOIN)\s+(@?)([a-z_]+)\b(?!\s*\()")
_WRITERS_OWN = {
    "alerts/_store.py", "photometry/_store.py", "ingest/_pipeline.py", "candidates/_passing.py",
    "team/_records.py", "team/_groups.py", "team/_accounts.py", "db/_database.py", "db/_writer.py",
    "db/_migrations.py", "db/_runs.py", "db/_layout.py", "db/_overlay.py",
}  # fmt: skip
"""Modules whose statements run in the writer's transaction (or load the access table itself)."""
_EXAMPLES = {"sql/_descriptions.py", "client/_sql.py", "sql/_joins.py", "sql/_engine.py"}
"""Modules whose statements are examples for users, or run in workers, which hold only what their viewer may see."""
_OF_USERS = {"board/_state.py"}
"""Modules that send SQL as users do, which is read with their rights."""
_WRITERS_STATEMENTS = {
    "notes/_packets.py": {"annotations"},
    "events/_elsewhere.py": {"event_maps"},
    "notify/_outbox.py": {"delivery_states"},
    "notify/_watch.py": {"messages"},
    "care/_backup.py": {"changes"},
    "facilities/_fields.py": {"instrument_fields"},
    "submissions/_sending.py": {"circulars"},
    "submissions/_signing.py": {"circulars"},
    "submissions/_standing.py": {"circular_states"},
    "sql/_user_tables.py": {"user_tables"},
    "candidates/_decisions.py": {"decisions", "sources"},
    "candidates/_injections.py": {"injections"},
    "candidates/_versions.py": {"filters", "filter_states"},
    "candidates/_annotating.py": {"annotations"},
    "candidates/_autosave.py": {"decisions", "sources"},
    "photometry/_merging.py": {"photometry_statistics"},
    "requests/_standing.py": {"request_states"},
    "requests/_rule_sendings.py": {"rule_sendings"},
    "requests/_outcome.py": {"request_transactions"},
    "reports/_runs.py": {"report_runs", "report_states"},
    "reports/_claims.py": {"report_runs", "report_states"},
    "reports/_owned.py": {"report_runs", "report_states"},
    "reports/_proposing.py": {"report_templates", "report_template_states"},
}


_ASKED_LATER = {"candidates/_book.py", "candidates/_decided.py", "candidates/_injection_results.py"}
"""Modules that hold the decisions of all, of injections too, and show of them what the filter permits or figures alone."""


def _statements(path: Path) -> Iterator[tuple[str, str]]:
    """The tables after FROM and JOIN in the string literals of a module."""
    import ast

    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _SQL_TABLE.findall(node.value)


def test_no_statement_reads_a_protected_table_past_the_filter(db: Database) -> None:
    package = Path(skyhub.__file__).parent
    protected = {name for name, columns in db.reader.columns.items() if "acl" in columns}
    filtered, past = 0, []
    for path in sorted(package.rglob("*.py")):
        name = str(path.relative_to(package))
        for at, table in _statements(path):
            filtered += bool(at)
            permitted = name in _WRITERS_OWN | _EXAMPLES | _OF_USERS | _ASKED_LATER or table in _WRITERS_STATEMENTS.get(
                name, set()
            )
            if table in protected and not at and not permitted:
                past.append((name, table))
    assert past == [], past
    assert filtered > 20


def test_nothing_else_opens_the_owners_file() -> None:
    package = Path(skyhub.__file__).parent
    opening = {str(p.relative_to(package)) for p in package.rglob("*.py") if "duckdb.connect(" in p.read_text("utf-8")}
    assert opening == {
        "db/_database.py", "db/_run_files.py", "db/_run_reads.py", "care/_snapshot.py",
        "candidates/_sandbox.py", "photometry/_identity.py", "photometry/_twins.py", "sql/_engine.py",
        "sql/_light_curves.py",
    }  # fmt: skip
