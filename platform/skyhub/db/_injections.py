"""Injections: objects on which the scanners of a group decide again, seeing nothing of what was decided before.

A decision, its source and its entry in the journal belong to an injection or to none. A viewer sees, of each object, those
of one injection or those of none: this is asked at every read, beside the access filter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from skyhub.db._access import AccessTable, Viewer

__all__ = ["Injection", "Injections"]

COLUMN = "injection_id"
_JOURNAL = frozenset(("decision", "sources"))
"""Kinds of changes that tell of decisions."""
_IN_JOURNAL = f"if(kind IN {tuple(sorted(_JOURNAL))}, payload->>'object_id', '')"


class Injection(NamedTuple):
    """An injection that is open."""

    number: int
    group_id: int
    author: str
    """Who prepared it and knows."""
    scanners: frozenset[str]
    """Who was in the group then: a token for other groups does not tell them either."""
    object_ids: frozenset[str]


class Injections:
    """The injections that are open.

    Parameters
    ----------
    access
        Tells who is in which group.
    """

    def __init__(self, access: AccessTable) -> None:
        self._access = access
        self._open: tuple[Injection, ...] = ()

    def load(self, injections: Iterable[Injection]) -> None:
        """These are open from now on, and no others."""
        self._open = tuple(sorted(injections))

    def of(self, viewer: Viewer, object_id: str) -> int | None:
        """The injection whose decisions on an object the viewer sees; None if it is those that stand."""
        return next((i.number for i in self._blind(viewer) if object_id in i.object_ids), None)

    def shows(self, viewer: Viewer, kind: str, payload: Mapping[str, Any], number: int | None) -> bool:
        """Whether a viewer hears of a change that belongs to an injection or to none."""
        return number == (self.of(viewer, str(payload.get("object_id"))) if kind in _JOURNAL else None)

    def condition(self, viewer: Viewer, table: str) -> str:
        """Which rows of a table with the column ``injection_id`` a viewer sees, as SQL."""
        object_id = _IN_JOURNAL if table == "changes" else "object_id"
        told: list[str] = []
        taken: set[str] = set()
        for injection in self._blind(viewer):
            if names := injection.object_ids - taken:
                told.append(f"({COLUMN} = {injection.number} AND {object_id} IN ({_quoted(sorted(names))}))")
            taken |= names
        if not taken:
            return f"{COLUMN} IS NULL"
        standing = f"({COLUMN} IS NULL AND coalesce({object_id} NOT IN ({_quoted(sorted(taken))}), true))"
        return f"({' OR '.join([standing, *told])})"

    def _blind(self, viewer: Viewer) -> list[Injection]:
        """Those of which the viewer is to know nothing."""
        if not self._open or viewer.administers:
            return []
        groups = self._access.group_ids(viewer)
        return [
            i for i in self._open if viewer.name != i.author and (viewer.name in i.scanners or i.group_id in groups)
        ]


def _quoted(names: Sequence[str]) -> str:
    return ", ".join("'" + name.replace("'", "''") + "'" for name in names)
