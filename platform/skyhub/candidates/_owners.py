"""Whose filters they are: what passes is saved with the rights that the owner has at that time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from skyhub.candidates._filters import Filter
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import SkyhubError
from skyhub.team import AccountDirectory

__all__ = ["Owners", "OwnersBook", "owner_name", "savable_by"]

Owners: TypeAlias = Mapping[str, Viewer | None]
"""Rights by the name of an owner; None if there is no such user any more."""

_log = logging.getLogger(__name__)


class OwnersBook:
    """Where the rights of owners are looked up: the accounts of the database, unless the service knows a better place.

    Parameters
    ----------
    db
        The database.
    """

    def __init__(self, db: Database) -> None:
        self.viewer: Callable[[str], Viewer | None] = AccountDirectory(db).viewer

    def rights(self, name: str) -> Viewer | None:
        """The rights that an owner has now; None if there is no such user any more. Not to be called in the writer's thread."""
        return ADMINISTRATOR if name == ADMINISTRATOR.name else self.viewer(name)

    def known(self, names: Iterable[str]) -> dict[str, Viewer | None]:
        """The rights of some users by name; whose cannot be known now is left out. Not to be called in the writer's thread."""
        found = {}
        for name in sorted(set(names)):
            try:
                found[name] = self.rights(name)
            except SkyhubError as error:
                _log.warning("what is to be done for %s waits, whose rights are not known now: %s", name, error)
        return found

    def with_rights(
        self,
        rows_but: Callable[[list[str]], Sequence[Mapping[str, Any]]],
        needed: Callable[[Mapping[str, Any]], bool] = lambda row: True,
    ) -> Iterator[tuple[Mapping[str, Any], Viewer | None]]:
        """Rows that wait for something to be done in the name of their users, with the rights of these.

        Rows of users whose rights cannot be known now are left out, and hold up none of the others. Not to be called in the
        writer's thread.

        Parameters
        ----------
        rows_but
            Gives the rows, each with a ``user_name``, in their order, without those of some users; it may give the first of them.
        needed
            Whether rights are needed for a row; the others come without.
        """
        unknown = list[str]()
        while True:
            n_unknown = len(unknown)
            for row in rows_but(unknown):
                name, viewer = row["user_name"], None
                if needed(row):
                    if name in unknown:
                        continue
                    found = self.known([name])
                    if name not in found:
                        unknown.append(name)
                        continue
                    viewer = found[name]
                yield row, viewer
            if len(unknown) == n_unknown:
                return

    def of(self, versions: Iterable[Filter]) -> dict[str, Viewer | None]:
        """The owners of those versions that save what passes. Must not be called in the writer's thread."""
        return {name: self._owner(name) for name in sorted({owner_name(v) for v in versions if v.autosave})}

    def _owner(self, name: str) -> Viewer | None:
        try:
            return self.rights(name)
        except SkyhubError as error:
            _log.error("nothing is saved for %s, whose rights are not known now: %s", name, error)
            return None


def owner_name(version: Filter) -> str:
    """In whose name something is written: the author's, or that of the platform's operator."""
    return version.author or ADMINISTRATOR.name


def savable_by(db: Database, owner: Viewer | None, groups: Iterable[int], streams: Iterable[int]) -> set[int]:
    """Of some groups, those for which an owner may save what is seen through some streams."""
    if owner is None or not (owner.administers or "save" in owner.scopes):
        return set()
    if not (owner.administers or set(streams) <= db.access.entitled(owner)):
        return set()
    return set(groups) & db.access.savable(owner)
