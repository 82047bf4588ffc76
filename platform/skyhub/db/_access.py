"""Row-level access: who may see a row is one small integer, the interned set of its groups and streams.

A row is visible iff the caller is in at least one of its groups (or it has none) *and* entitled to all of its
streams. The empty set is public and has the number 0.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.errors import PermissionRefused

__all__ = ["ADMINISTRATOR", "PERSONAL", "PUBLIC", "ROLES", "SCOPES", "AccessTable", "Viewer"]

PUBLIC = 0
PERSONAL = "~"
"""First character of the group that holds only the user whose name follows."""

SCOPES = {
    "view": "See candidates, sources, light curves and reports that one's groups may see.",
    "scan": "Save and reject candidates for one's groups.",
    "save": "Save sources, comment, annotate, classify, tag, note redshifts and keep lists for one's groups.",
    "upload": "Upload photometry, spectra, catalogues and tables.",
    "trigger": "Ask for observations on the allocations of one's groups.",
    "report": "Run reports with one's own rights.",
    "approve": "Approve and send circulars of one's groups.",
    "execute": "Execute queued reports with the rights of those who asked for them.",
    "ingest": "Bring alerts and other data into the platform.",
    "administer": "See everything and administer the platform.",
}

ROLES = {
    "viewer": frozenset({"view"}),
    "scanner": frozenset({"view", "scan", "save", "report"}),
    "scientist": frozenset({"view", "scan", "save", "report", "upload", "trigger", "approve"}),
    "administrator": frozenset(SCOPES),
}
"""What people may do, by the name of their role."""


@dataclass(frozen=True)
class Viewer:
    """Who asks: name, groups, extra streams and the scopes of the token in use."""

    name: str
    groups: frozenset[str] = frozenset()
    streams: frozenset[str] = frozenset()
    scopes: frozenset[str] = field(default_factory=lambda: frozenset({"view"}))
    personal: bool = True
    """Whether the rows of this user alone are seen; a token for chosen groups leaves them out."""

    @property
    def administers(self) -> bool:
        """Whether every row is visible."""
        return "administer" in self.scopes

    def require(self, scope: str) -> None:
        """Raise `PermissionRefused` unless the token carries `scope` (administrators carry all)."""
        if scope not in self.scopes and not self.administers:
            raise PermissionRefused(
                f"{self.name} may not do this: it needs the scope custom:skyhub:{scope} "
                f"({SCOPES[scope]}) and the token has {sorted(self.scopes)}. Ask an administrator for the role."
            )


ADMINISTRATOR = Viewer("administrator", scopes=frozenset(SCOPES))

_Key = tuple[frozenset[int], frozenset[int]]
_Who = tuple[str, frozenset[str], frozenset[str], bool]
"""On what it depends what somebody may see; None stands for administrators."""


class AccessTable:
    """The sets of groups and streams behind every ``acl``, and what each viewer may see.

    The table lives in memory and is loaded from the database at start; only the writer adds to it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.groups: dict[str, int] = {}
        self.streams: dict[str, int] = {}
        self.group_streams: dict[int, set[int]] = {}
        self.group_admins: dict[int, set[str]] = {}
        self.group_savers: dict[int, set[str]] = {}
        """Who may save for a group; a group that is not named here lets all of its members."""
        self.private: set[int] = set()
        """Groups that are unknown to those who are not in them."""
        self._sets: list[_Key] = [(frozenset(), frozenset())]
        self._numbers: dict[_Key, int] = {self._sets[0]: PUBLIC}
        self._visible: dict[_Who | None, NDArray[np.bool_]] = {}

    def load(self, acl: int, groups: Iterable[int], streams: Iterable[int]) -> None:
        """Take in a row of the ``acls`` table; rows come in the order of their number."""
        key = (frozenset(groups), frozenset(streams))
        if acl != len(self._sets):
            raise ValueError(f"acl {acl} is out of order: expected {len(self._sets)}")
        self._sets.append(key)
        self._numbers[key] = acl

    def __len__(self) -> int:
        return len(self._sets)

    def rows_from(self, first: int) -> list[dict[str, Any]]:
        """The sets from number `first` on, as rows of the ``acls`` table."""
        return [
            {"acl": acl, "group_ids": sorted(groups), "stream_ids": sorted(streams)}
            for acl, (groups, streams) in enumerate(self._sets[first:], start=first)
        ]

    def number(self, groups: Iterable[int] = (), streams: Iterable[int] = ()) -> int:
        """The acl of a set of groups and streams; a new set gets the next number."""
        key = (frozenset(groups), frozenset(streams))
        with self._lock:
            known = self._numbers.get(key)
            if known is not None:
                return known
            acl = len(self._sets)
            self._sets.append(key)
            self._numbers[key] = acl
            self._visible.clear()
            return acl

    def members(self, acl: int) -> _Key:
        """The groups and streams of an acl."""
        return self._sets[acl]

    def changed(self) -> None:
        """Forget the cached visible sets: groups or their streams have changed."""
        with self._lock:
            self._visible.clear()

    def visible(self, viewer: Viewer) -> NDArray[np.bool_]:
        """Which acls a viewer may see, shape ``(n_acls,)``."""
        key = None if viewer.administers else (viewer.name, viewer.groups, viewer.streams, viewer.personal)
        with self._lock:
            mask = self._visible.get(key)
            if mask is None:
                mask = self._visible[key] = self._mask(viewer) if key else np.ones(len(self._sets), dtype=bool)
            return mask

    def group_ids(self, viewer: Viewer) -> set[int]:
        """The numbers of the viewer's groups; all of them for an administrator."""
        if viewer.administers:
            return {number for name, number in self.groups.items() if not name.startswith(PERSONAL)}
        return {self.groups[g] for g in viewer.groups if g in self.groups and not g.startswith(PERSONAL)}

    def administered(self, viewer: Viewer) -> set[int]:
        """The groups that the viewer is in and looks after; all of them for an administrator."""
        mine = self.group_ids(viewer)
        return mine if viewer.administers else {g for g in mine if viewer.name in self.group_admins.get(g, ())}

    def savable(self, viewer: Viewer) -> set[int]:
        """The groups that the viewer is in and may save for; all of them for an administrator."""
        mine, savers = self.group_ids(viewer), self.group_savers
        return mine if viewer.administers else {g for g in mine if g not in savers or viewer.name in savers[g]}

    def entitled(self, viewer: Viewer) -> set[int]:
        """The streams that the viewer is entitled to: through groups, and extra ones."""
        streams = {self.streams[s] for s in viewer.streams if s in self.streams}
        return streams.union(*(self.group_streams.get(group, set()) for group in self.group_ids(viewer)))

    def names_known_to(self, viewer: Viewer, ids: Iterable[int]) -> list[str]:
        """Names of those groups that the viewer may know of, sorted."""
        known = self.group_ids(viewer) | {self.groups.get(f"{PERSONAL}{viewer.name}", -1)}
        return self.group_names(i for i in ids if i not in self.private or i in known)

    def group_names(self, ids: Iterable[int]) -> list[str]:
        """Names of groups by number, sorted."""
        names = self.names_of_groups()
        return sorted(names[i] for i in ids if i in names)

    def names_of_groups(self) -> dict[int, str]:
        """Names of all groups by number."""
        return {number: name for name, number in self.groups.items()}

    def _mask(self, viewer: Viewer) -> NDArray[np.bool_]:
        mine, entitled = self.group_ids(viewer), self.entitled(viewer)
        if viewer.personal and (own := self.groups.get(f"{PERSONAL}{viewer.name}")) is not None:
            mine = mine | {own}
        rule = [(not groups or bool(groups & mine)) and streams <= entitled for groups, streams in self._sets]
        return np.array(rule, dtype=bool)
