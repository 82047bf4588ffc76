"""The rule in ten lines, viewers of every role, rows for every sort of audience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args, get_origin

from skyhub.db import ADMINISTRATOR, PERSONAL, ROLES, Database, Viewer
from skyhub.kinds import KINDS
from skyhub.records import Kind
from skyhub.team import change_group, personal_group
from support.services import Served

GROUP_STREAMS = {"transients": {"ztf-partnership"}, "bursts": set[str](), "stars": {"ztf-partnership", "ztf-caltech"}}
LEADERS = {"transients": {"leader", "former"}}
"""Who is on the list of a group's administrators; one of them has left the group since."""

_WORK = ROLES["scientist"]
VIEWERS = {
    viewer.name if viewer.personal else f"{viewer.name}'s token": viewer
    for viewer in (
        Viewer("visitor"),
        Viewer("reader", frozenset({"transients"})),
        Viewer("author", frozenset({"transients"}), scopes=_WORK),
        Viewer("author", frozenset({"bursts"}), scopes=_WORK, personal=False),
        Viewer("colleague", frozenset({"transients"}), scopes=_WORK),
        Viewer("leader", frozenset({"transients"}), frozenset({"ztf-caltech"}), _WORK),
        Viewer("former", frozenset({"bursts"}), scopes=_WORK),
        Viewer("outsider", frozenset({"bursts", "~author", "unheard-of"}), scopes=_WORK),
        Viewer("entitled", streams=frozenset({"ztf-partnership"}), scopes=_WORK),
        Viewer("guest", frozenset({"bursts"}), frozenset({"ztf-partnership"}), _WORK),
        Viewer("everybody", frozenset(GROUP_STREAMS), scopes=_WORK),
        ADMINISTRATOR,
    )
}
AUDIENCES: dict[str, tuple[set[str], set[str]]] = {
    "public": (set(), set()),
    "one group": ({"transients"}, set()),
    "two groups": ({"transients", "bursts"}, set()),
    "another group": ({"stars"}, set()),
    "a stream": (set(), {"ztf-partnership"}),
    "two groups and a stream": ({"transients", "bursts"}, {"ztf-partnership"}),
    "a group and a stream it lacks": ({"transients"}, {"ztf-caltech"}),
    "the author": ({"~author"}, set()),
}


def may_see(viewer: Viewer, groups: Iterable[str], streams: Iterable[str]) -> bool:
    """The rule: in at least one of a row's groups (or it has none), and entitled to all of its streams."""
    if "administer" in viewer.scopes:
        return True
    mine = {group for group in viewer.groups if not group.startswith(PERSONAL)}
    entitled = set(viewer.streams).union(*(GROUP_STREAMS.get(group, set()) for group in mine))
    mine |= {PERSONAL + viewer.name} if viewer.personal else set()
    return (not set(groups) or bool(mine & set(groups))) and set(streams) <= entitled


def may_change(viewer: Viewer, groups: Iterable[str]) -> bool:
    """The rule for rows that a viewer sees: one's own, those of groups that one is in and looks after, or all."""
    leads = {group for group, names in LEADERS.items() if viewer.name in names} & viewer.groups & set(groups)
    return viewer.name == "author" or bool(leads) or "administer" in viewer.scopes


@dataclass
class Matrix(Served):
    """The service, and the identifiers of the rows of each kind and audience."""

    kept: dict[tuple[str, str], int] = field(default_factory=dict)
    """Records that were corrected once."""
    removed: dict[tuple[str, str], int] = field(default_factory=dict)
    at_first: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the first versions were known, and no others."""

    def seen(self, viewer: Viewer, table: str, rows: Mapping[tuple[str, str], int] | None = None) -> set[int]:
        """Which of the rows of a kind the viewer sees, by the rule."""
        given = self.kept if rows is None else rows
        return {n for (kind, name), n in given.items() if kind == table and may_see(viewer, *AUDIENCES[name])}


def fill(matrix: Matrix) -> Matrix:
    """Store two records of each kind for each audience; correct the one, then remove the other."""
    db = matrix.db
    for group, names in LEADERS.items():
        change_group(db, ADMINISTRATOR, group, {"admins": sorted(names)})
    for rows in (matrix.kept, matrix.removed):
        for kind in KINDS:
            rows |= {(kind.table, name): n for name, n in store(db, kind).items()}
    matrix.at_first = db.writer.write(lambda transaction: transaction.now)
    for kind in KINDS:
        _correct(db, kind, {name: n for (table, name), n in matrix.kept.items() if table == kind.table})
        gone = {n: 2 for (table, _), n in matrix.removed.items() if table == kind.table}
        db.writer.write(lambda t, k=kind, g=gone: t.supersede(k.table, k.id_column, g))  # type: ignore[misc]
    return matrix


def store(db: Database, kind: Kind[Any], audiences: Iterable[str] = tuple(AUDIENCES)) -> dict[str, int]:
    """First versions of records by ``author``, one for each audience."""
    names = list(audiences)
    numbers = {name: acl_of(db, *AUDIENCES[name]) for name in names}

    def write(transaction: Any) -> dict[str, int]:
        first = transaction.next_id(kind.table, kind.id_column, len(names))
        ids = {name: first + n for n, name in enumerate(names)}
        transaction.insert(kind.table, [_row(kind, ids[name], 1, numbers[name]) for name in names])
        return ids

    return db.writer.write(write)


def acl_of(db: Database, groups: Iterable[str], streams: Iterable[str]) -> int:
    """The number of an audience."""
    personal_group(db, Viewer("author"))
    numbers = [db.access.groups[group] for group in groups], [db.access.streams[stream] for stream in streams]
    return db.writer.write(lambda transaction: transaction.acl(*numbers))


def _correct(db: Database, kind: Kind[Any], ids: Mapping[str, int]) -> None:
    numbers = {name: acl_of(db, *AUDIENCES[name]) for name in ids}

    def write(transaction: Any) -> None:
        transaction.insert(kind.table, [_row(kind, ids[name], 2, numbers[name]) for name in ids])
        transaction.supersede(kind.table, kind.id_column, dict.fromkeys(ids.values(), 2))

    db.writer.write(write)


def _row(kind: Kind[Any], number: int, version: int, acl: int) -> dict[str, Any]:
    own = {name: _value(kind, name, sql, number) for name, sql in kind.columns.items()}
    who = {"version": version, "author": "author", "edited_by": "author", "acl": acl}
    return {**own, kind.id_column: number, **who}


def _value(kind: Kind[Any], name: str, sql: str, number: int) -> Any:
    """Some value of a field: what is optional is left out, texts differ from record to record."""
    annotation = kind.annotations[name]
    options, origin = get_args(annotation), get_origin(annotation) or annotation
    if type(None) in options:
        return None
    if origin is Literal:
        return options[0]
    if sql == "VARCHAR":
        return {str: f"{name} {number}", list: "[]", tuple: "[]"}.get(origin, "{}")
    simple = {"BIGINT": number, "DOUBLE": 1.5, "BOOLEAN": False, "DATE": date(2026, 1, 1)}
    return [] if sql.endswith("[]") else simple.get(sql, datetime(2026, 1, 1))
