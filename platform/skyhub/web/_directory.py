"""Who is in which group: the hub's knowledge, or the accounts' where there is no hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from skyhub.db import Viewer

__all__ = ["Directory"]


class Directory(Protocol):
    """Knows users, and keeps the members of groups."""

    def users(self) -> list[str]:
        """Names of all users."""
        ...

    def members(self) -> dict[str, Sequence[str]]:
        """All groups with their members."""
        ...

    def groups_of(self, user: str) -> list[str]:
        """The groups of a user."""
        ...

    def viewer(self, user: str) -> Viewer | None:
        """The rights that a user has now; None if there is no such user."""
        ...

    def create(self, group: str) -> None:
        """Make a group without members."""
        ...

    def add(self, group: str, user: str) -> None:
        """Put a user into a group."""
        ...

    def remove(self, group: str, user: str) -> None:
        """Take a user out of a group."""
        ...
