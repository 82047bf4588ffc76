"""Groups and tokens through the client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from skyhub.client._tables import SkyTable
from skyhub.client._times import iso_time
from skyhub.client._transport import Transport, path_part

__all__ = ["Groups", "Tokens"]

_Documents: TypeAlias = "list[dict[str, Any]]"


class Groups:
    """Groups: call it for a table of those that you may know of, or use its methods to look after yours.

    Parameters
    ----------
    transport
        How the data service is reached.

    Examples
    --------
    >>> sky.groups.create("kilonovae", description="Counterparts of mergers")   # doctest: +SKIP
    >>> sky.groups.add_member("kilonovae", "vera")                              # doctest: +SKIP
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self, *, mine: bool = False, as_of: datetime | str | None = None) -> SkyTable:
        """The groups that you may know of, or only those that you are in."""
        return SkyTable.from_rows(self.list(mine=mine, as_of=as_of))

    def list(self, *, mine: bool = False, as_of: datetime | str | None = None) -> _Documents:
        """The same as documents."""
        at = iso_time(as_of)
        groups: _Documents = self._transport.get("/api/groups", mine=mine, as_of=at)["groups"]
        return groups

    def get(self, name: str, *, as_of: datetime | str | None = None) -> dict[str, Any]:
        """One group; its members are told to them and to administrators."""
        document: dict[str, Any] = self._transport.get(f"/api/groups/{path_part(name)}", as_of=iso_time(as_of))
        return document

    def create(self, name: str, **settings: Any) -> dict[str, Any]:
        """Make a group and be its first member and administrator.

        Parameters
        ----------
        name
            Letters, digits, ``.``, ``_``, ``-``; it never changes.
        **settings
            ``nickname``, ``description``, ``private``, ``savers`` (who may save for it; all members by default).
        """
        document: dict[str, Any] = self._transport.post("/api/groups", {"name": name, **settings})
        return document

    def change(self, name: str, **settings: Any) -> dict[str, Any]:
        """Correct settings of a group that you administer."""
        return self._document("PATCH", name, settings)

    def add_member(self, name: str, user: str) -> dict[str, Any]:
        """Put a user into a group that you administer."""
        return self._document("PUT", name, None, "members", user)

    def remove_member(self, name: str, user: str) -> None:
        """Take a user out of a group that you administer, or leave it yourself."""
        self._document("DELETE", name, None, "members", user)

    def add_admin(self, name: str, user: str) -> dict[str, Any]:
        """Let a member look after a group."""
        return self._document("PUT", name, None, "admins", user)

    def remove_admin(self, name: str, user: str) -> dict[str, Any]:
        """Take the care of a group from a member."""
        return self._document("DELETE", name, None, "admins", user)

    def set_streams(self, name: str, streams: Sequence[str]) -> dict[str, Any]:
        """Say which streams the members are entitled to; for administrators of the platform."""
        return self._document("PUT", name, {"streams": [*streams]}, "streams")

    def history(self, name: str, *, as_of: datetime | str | None = None) -> SkyTable:
        """All versions of a group's settings, oldest first."""
        path = f"/api/groups/{path_part(name)}/history"
        return SkyTable.from_rows(self._transport.get(path, as_of=iso_time(as_of))["rows"])

    def users(self) -> Sequence[str]:
        """Names of all users."""
        users: Sequence[str] = self._transport.get("/api/users")["users"]
        return users

    def _document(self, method: str, name: str, body: Any = None, *parts: str) -> dict[str, Any]:
        path = "/".join(path_part(part) for part in (name, *parts))
        document: dict[str, Any] = self._transport.send(method, f"/api/groups/{path}", body)
        return document

    def __repr__(self) -> str:
        return "<groups: (), list, get, create, change, add_member, remove_member, add_admin, remove_admin, history>"


class Tokens:
    """Tokens with fewer rights than you: call it for a table of yours, `make` one, `revoke` it.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __call__(self) -> SkyTable:
        """Your tokens that are in force: what they are good for, until when, when they were last used."""
        return SkyTable.from_rows(self._transport.get("/api/tokens")["tokens"])

    def make(
        self, name: str, scopes: Sequence[str] = ("view",), groups: Sequence[str] | None = None, hours: float = 24.0
    ) -> str:
        """Make a token; it is shown this once.

        Parameters
        ----------
        name
            What it is for.
        scopes
            Some of yours.
        groups
            Some of yours; by default all that you are in when it is used, and what is yours alone.
        hours
            How long it is good for (h).
        """
        body = {"name": name, "scopes": [*scopes], "groups": None if groups is None else [*groups], "hours": hours}
        return str(self._transport.post("/api/tokens", body)["token"])

    def revoke(self, token_id: int | str) -> None:
        """End a token at once."""
        self._transport.send("DELETE", f"/api/tokens/{path_part(token_id)}")

    def __repr__(self) -> str:
        return "<tokens: (), make, revoke>"
