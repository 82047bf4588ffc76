"""Purity of filters by what people decided: of the candidates that were looked at, the share that was real."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from skyhub.candidates._decisions import current_decisions
from skyhub.candidates._filter_book import known_filters
from skyhub.candidates._saved import saving_groups
from skyhub.classification import class_names
from skyhub.db import Database, Viewer, json_value
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.proportions import ONE_SIGMA, wilson_interval

__all__ = ["filter_purity"]

_MOST_NIGHTS = 100
_PASSED = """
    SELECT DISTINCT filter_id, filter_version, dayobs, object_id FROM @candidates
    WHERE list_contains(?, dayobs) ORDER BY filter_id, filter_version, dayobs
"""
_CLASSIFIED = """
    SELECT object_id, bool_or(list_has_any(
        list_transform(list_append(coalesce(path, []), classification), lambda name: lower(name)), ?)) AS is_wanted
    FROM @classifications
    WHERE object_id IN (SELECT unnest(?)) AND NOT ml AND coalesce(probability, 1) >= 0.5 GROUP BY object_id
"""

_Status: TypeAlias = Literal["real", "not_real", "disputed", "undecided"]


class _Seen(NamedTuple):
    """What people said of objects."""

    decisions: Mapping[str, Sequence[Mapping[str, Any]]]
    sources: Mapping[str, set[int]]
    classes: Mapping[str, bool]
    """Whether the class of an object is one of those that count as real."""

    def of(self, object_id: str, groups: Mapping[int, str]) -> _Status:
        """What an object is for some groups."""
        if object_id in self.classes:
            return "real" if self.classes[object_id] else "not_real"
        names = set(groups.values())
        said = {d["verdict"] for d in self.decisions.get(object_id, ()) if names.intersection(d["groups"])}
        if "save" in said and not self.sources.get(object_id, set()).intersection(groups):
            return "not_real"
        if len(said) == 1:
            return "real" if "save" in said else "not_real"
        return "disputed" if said else "undecided"


def filter_purity(
    db: Database,
    viewer: Viewer,
    nights: Sequence[date],
    filter_ids: Sequence[int] = (),
    *,
    classes: Sequence[str] = (),
    confidence: float = ONE_SIGMA,
    as_of: datetime | None = None,
) -> list[dict[str, Any]]:
    """Purity of filters by what people decided on the candidates of nights, by version and night.

    An object is *real* if scanners saved it for the filter's group, and *not real* if they rejected it or the group has taken
    it off its list; *disputed* if some did one and some the other. Each scanner's decision in force counts; what was saved
    without a candidate (by a filter, or from the page of the object) does not.

    Parameters
    ----------
    db, viewer, as_of
        The database, who asks, and for what time.
    nights
        At least one.
    filter_ids
        Which filters; all that the viewer may see by default.
    classes
        If given, what people have classified is real if it is one of these classes or below them in its taxonomy, whatever
        was decided on it.
    confidence
        Probability of the intervals (Wilson, `skyhub.science.proportions.wilson_interval`).

    Returns
    -------
    list of dict
        Of each version that let something through, of all nights together (``dayobs`` null) and of each night:
        ``filter_id, name, version, live, dayobs, n_passed`` (objects), ``n_real, n_not_real, n_disputed, n_undecided``,
        ``purity`` (real of real and not real; null if nothing was decided) with ``purity_low`` and ``purity_high``, and
        ``purity_least`` and ``purity_most``: if none, or all, of what is disputed or undecided were real.

    Raises
    ------
    NotFound
        If there is no such filter among those that the viewer may see.
    InvalidInput
        If no night, or more than 100, are given.
    """
    if not 1 <= len(nights) <= _MOST_NIGHTS:
        raise InvalidInput(f"{len(nights)} nights were given: 1 to {_MOST_NIGHTS} are permitted.", "nights")
    known = known_filters(db, viewer, as_of)
    if missing := sorted(set(filter_ids) - known.keys()):
        raise NotFound(f"there is no filter {missing[0]} among those that you may see.", str(missing[0]))
    wanted = set(filter_ids) or known.keys()
    passed = [row for row in db.reader.rows(viewer, _PASSED, [list(nights)], as_of) if row["filter_id"] in wanted]
    seen = _seen(db, viewer, sorted({row["object_id"] for row in passed}), classes, as_of)
    names, mine = db.access.names_of_groups(), db.access.group_ids(viewer)
    found = []
    for (number, version), by_night in _by_version(passed).items():
        live, row = known[number].live_at(), known[number].newest
        groups = mine if row["group_id"] is None else {row["group_id"]}
        named = {group: names[group] for group in groups}
        about = {"filter_id": str(number), "name": row["name"], "version": version}
        about["live"] = live is not None and live["version"] == version
        for night, objects in ((None, set().union(*by_night.values())), *by_night.items()):
            figures = _figures([seen.of(name, named) for name in objects], confidence)
            found.append(json_value({**about, "dayobs": night, **figures}))
    return found


def _by_version(passed: Iterable[Mapping[str, Any]]) -> dict[tuple[int, int], dict[date, set[str]]]:
    """The objects that each version let through, by night."""
    found: dict[tuple[int, int], dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in passed:
        found[row["filter_id"], row["filter_version"]][row["dayobs"]].add(row["object_id"])
    return found


def _seen(db: Database, viewer: Viewer, names: Sequence[str], classes: Sequence[str], as_of: datetime | None) -> _Seen:
    classified: list[dict[str, Any]] = []
    if classes:
        lowered = [name.lower() for name in class_names(db, viewer, classes)]
        classified = db.reader.rows(viewer, _CLASSIFIED, [lowered, list(names)], as_of)
    return _Seen(
        current_decisions(db, viewer, names, as_of),
        saving_groups(db, viewer, names, as_of),
        {row["object_id"]: row["is_wanted"] for row in classified},
    )


def _figures(statuses: Sequence[_Status], confidence: float) -> dict[str, Any]:
    n_passed = len(statuses)
    counts = {f"n_{name}": statuses.count(name) for name in ("real", "not_real", "disputed", "undecided")}
    n_real, n_not_real = counts["n_real"], counts["n_not_real"]
    n_decided = n_real + n_not_real
    low, high = wilson_interval(n_real, n_decided, confidence)
    return {
        "n_passed": n_passed,
        **counts,
        "purity": n_real / n_decided if n_decided else None,
        "purity_low": float(low),
        "purity_high": float(high),
        "purity_least": n_real / n_passed,
        "purity_most": 1 - n_not_real / n_passed,
    }
