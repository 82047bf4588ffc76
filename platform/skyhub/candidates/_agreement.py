"""How far scanners agree: what two or more of them decided on one object in one night, for one group.

Nobody learns another's figures, unless the other has chosen to be named (`skyhub.candidates.PREFERENCES`). All pairs of
scanners are told together; on request one's own against all others, which nobody else can ask for. Disagreements name
objects, never scanners.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from itertools import combinations
from typing import Any, NamedTuple

from skyhub.candidates._preferences import named_scanners
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, PermissionRefused
from skyhub.science.agreement import agreement_fraction, cohen_kappa, confusion_table, kappa_error
from skyhub.science.proportions import wilson_interval

__all__ = ["scanner_agreement"]

_CLASSES = ("save", "reject")
_MOST_NIGHTS = 100
_FEWEST_UNNAMED = 3
"""Scanners, of whom none can be told apart by taking away one's own figures and those of who is named."""
_DECIDED = """
    SELECT d.decision_id, d.object_id, d.candidate_id, d.user_name, d.verdict, d.group_ids, c.dayobs
    FROM @decisions AS d JOIN (SELECT DISTINCT candidate_id, dayobs FROM @candidates WHERE list_contains(?, dayobs)) AS c
        USING (candidate_id)
    WHERE d.verdict <> 'undo' AND d.decision_id NOT IN (SELECT undoes FROM @decisions WHERE undoes IS NOT NULL)
    ORDER BY d.decision_id
"""


class _Pair(NamedTuple):
    """Two decisions on one object in one night for one group, by two scanners in the order of their names."""

    first: dict[str, Any]
    second: dict[str, Any]

    @property
    def agrees(self) -> bool:
        return bool(self.first["verdict"] == self.second["verdict"])


def scanner_agreement(
    db: Database,
    viewer: Viewer,
    nights: Sequence[date],
    groups: Sequence[str] = (),
    *,
    me: bool = False,
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """How far the scanners of groups agree on the candidates of nights.

    Of each scanner the newest decision on an object in a night counts, for each group; undone ones do not.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and for what time.
    nights
        At least one.
    groups
        Some of the viewer's groups; all of them by default.
    me
        Tell also how the viewer's own decisions compare with all others'.

    Returns
    -------
    dict
        ``nights, groups, n_scanners, n_objects`` (in a night, decided by two or more), ``n_pairs`` of decisions, ``n_agreed``,
        ``agreement`` (fraction of pairs) with ``agreement_low`` and ``agreement_high`` (Wilson, 68 %), ``kappa`` (mean of
        Cohen's over pairs of scanners, where defined [1]_; of two scanners Cohen's own) over ``n_kappas`` pairs,
        ``classes`` and ``confusion`` (each pair of decisions counted both ways, so that it is symmetric), ``mine`` (null
        unless asked for: ``n_pairs, agreement, kappa, kappa_error, confusion``, own class by row, others' by column),
        ``named`` (the same with ``user``, of those who have chosen to be named, unless one or two others are left, whose
        figures would follow) and ``disagreements``: ``dayobs, object_id, candidate_id, n_save, n_reject`` and, if asked
        for, ``mine``.

    Raises
    ------
    InvalidInput
        If no night, or more than 100, are given.
    PermissionRefused
        If the viewer is not in one of the groups.

    References
    ----------
    .. [1] Light 1971, Psychological Bulletin 76, 365. doi:10.1037/h0031643
    """
    if not 1 <= len(nights) <= _MOST_NIGHTS:
        raise InvalidInput(f"{len(nights)} nights were given: 1 to {_MOST_NIGHTS} are permitted.", "nights")
    chosen = _groups(db, viewer, groups)
    rows = db.reader.rows(viewer, _DECIDED, [list(nights)], as_of)
    pairs = _pairs(rows, chosen)
    decided = [d for pair in pairs for d in pair]
    scanners = {d["user_name"] for d in decided}
    told = {
        "nights": sorted(set(nights)),
        "groups": db.access.group_names(chosen - db.access.private),
        "n_scanners": len(scanners),
        "n_objects": len({(d["object_id"], d["dayobs"]) for d in decided}),
        **_of_all(pairs),
        "mine": _of_one(pairs, viewer.name) if me else None,
        "named": _of_named(db, pairs, scanners),
        "disagreements": _disagreements(pairs, viewer.name if me else None),
    }
    document: dict[str, Any] = json_value(told)
    return document


def _groups(db: Database, viewer: Viewer, names: Sequence[str]) -> set[int]:
    mine = db.access.group_ids(viewer)
    chosen = {db.access.groups.get(name, -1) for name in names}
    if not chosen <= mine:
        shown = ", ".join(db.access.group_names(mine - db.access.private)) or "none"
        raise PermissionRefused(f"{', '.join(names)} are not all your groups: {shown} are permitted.", "groups")
    return chosen or mine


def _pairs(rows: Sequence[dict[str, Any]], groups: set[int]) -> list[_Pair]:
    """Each pair of decisions once, also if it is one of several groups."""
    newest: dict[tuple[date, str, int], dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        for group in groups.intersection(row["group_ids"]):
            newest[row["dayobs"], row["object_id"], group][row["user_name"]] = row
    found = {}
    for by_scanner in newest.values():
        for first, second in combinations(sorted(by_scanner), 2):
            pair = _Pair(by_scanner[first], by_scanner[second])
            found[pair.first["decision_id"], pair.second["decision_id"]] = pair
    return list(found.values())


def _of_all(pairs: Sequence[_Pair]) -> dict[str, Any]:
    by_scanners: dict[tuple[str, str], list[_Pair]] = defaultdict(list)
    for pair in pairs:
        by_scanners[pair.first["user_name"], pair.second["user_name"]].append(pair)
    kappas = [cohen_kappa(_table(some)) for some in by_scanners.values()]
    defined = [kappa for kappa in kappas if not math.isnan(kappa)]
    table = _table(pairs)
    n_agreed = sum(pair.agrees for pair in pairs)
    low, high = wilson_interval(n_agreed, len(pairs))
    return {
        "n_pairs": len(pairs),
        "n_agreed": n_agreed,
        "agreement": _known(agreement_fraction(table)),
        "agreement_low": float(low),
        "agreement_high": float(high),
        "kappa": sum(defined) / len(defined) if defined else None,
        "n_kappas": len(defined),
        "classes": _CLASSES,
        "confusion": (table + table.T).tolist(),
    }


def _of_one(pairs: Sequence[_Pair], name: str) -> dict[str, Any]:
    """One scanner (row) against all others (column)."""
    turned = [_Pair(*sorted(p, key=lambda d: d["user_name"] != name)) for p in pairs]
    own = [pair for pair in turned if pair.first["user_name"] == name]
    table = _table(own)
    return {
        "n_pairs": len(own),
        "agreement": _known(agreement_fraction(table)),
        "kappa": _known(cohen_kappa(table)),
        "kappa_error": _known(kappa_error(table)),
        "confusion": table.tolist(),
    }


def _of_named(db: Database, pairs: Sequence[_Pair], scanners: set[str]) -> list[dict[str, Any]]:
    named = named_scanners(db, scanners)
    if 0 < len(scanners - named) < _FEWEST_UNNAMED:
        return []
    return [{"user": name, **_of_one(pairs, name)} for name in sorted(named)]


def _disagreements(pairs: Sequence[_Pair], name: str | None) -> list[dict[str, Any]]:
    unlike: dict[tuple[date, str], dict[int, dict[str, Any]]] = defaultdict(dict)
    for pair in pairs:
        unlike[pair.first["dayobs"], pair.first["object_id"]] |= {d["decision_id"]: d for d in pair}
    found = []
    for (night, object_id), by_number in sorted(unlike.items()):
        decided = [by_number[number] for number in sorted(by_number)]
        counts = {f"n_{verdict}": sum(d["verdict"] == verdict for d in decided) for verdict in _CLASSES}
        if not all(counts.values()):
            continue
        mine = [d["verdict"] for d in decided if d["user_name"] == name]
        about = {"dayobs": night, "object_id": object_id, "candidate_id": str(decided[-1]["candidate_id"]), **counts}
        found.append(about if name is None else {**about, "mine": mine[-1] if mine else None})
    return found


def _table(pairs: Sequence[_Pair]) -> Any:
    return confusion_table([p.first["verdict"] for p in pairs], [p.second["verdict"] for p in pairs], _CLASSES)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
