"""Users and members of groups as the hub says, asked with the data service's own token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from skyhub.db import ROLES, Viewer
from skyhub.errors import Conflict, NotFound, Unavailable

__all__ = ["ROLES_OF_HUB", "HubDirectory"]

ROLES_OF_HUB = {
    "user": "viewer",
    "scanner": "scanner",
    "scientist": "scientist",
    "skyhub-administrator": "administrator",
}
"""The hub's roles that the database knows, by name; rights of others come only with the hub's own tokens."""

_PAGINATED = {"Accept": "application/jupyterhub-pagination+json"}


class HubDirectory:
    """The hub's users and groups.

    Parameters
    ----------
    api_url
        The hub's API, such as ``http://127.0.0.1:8081/hub/api``.
    token
        The data service's own token; its role on the hub must let it read users and change groups.
    """

    def __init__(self, api_url: str, token: str) -> None:
        headers = {"Authorization": f"token {token}"}
        secure = api_url.startswith("https:")
        self._client = httpx.Client(base_url=api_url, headers=headers, timeout=10, trust_env=False, verify=secure)

    def users(self) -> list[str]:
        """Names of all users."""
        return [model["name"] for model in self._pages("/users")]

    def members(self) -> dict[str, Sequence[str]]:
        """All groups with their members."""
        return {model["name"]: model.get("users", []) for model in self._pages("/groups")}

    def groups_of(self, user: str) -> list[str]:
        """The groups of a user."""
        model = self._user(user)
        return [] if model is None else model.get("groups", [])

    def viewer(self, user: str) -> Viewer | None:
        """The rights that a user has now, through roles of their own and of their groups."""
        model = self._user(user)
        if model is None:
            return None
        groups = frozenset(model.get("groups", []))
        roles = {"user", *model.get("roles", [])}
        roles |= {
            role for group in self._pages("/groups") if group["name"] in groups for role in group.get("roles", [])
        }
        scopes = frozenset[str]().union(*(ROLES[ROLES_OF_HUB[role]] for role in roles & ROLES_OF_HUB.keys()))
        return Viewer(user, groups, scopes=scopes)

    def create(self, group: str) -> None:
        """Make a group without members."""
        self._send("POST", _path("groups", group))

    def add(self, group: str, user: str) -> None:
        """Put a user into a group."""
        self._send("POST", _path("groups", group, "users"), {"users": [user]})

    def remove(self, group: str, user: str) -> None:
        """Take a user out of a group."""
        self._send("DELETE", _path("groups", group, "users"), {"users": [user]})

    def _user(self, name: str) -> dict[str, Any] | None:
        try:
            model: dict[str, Any] = self._send("GET", _path("users", name)).json()
        except NotFound:
            return None
        return model

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        offset: int | None = 0
        while offset is not None:
            page = self._send("GET", f"{path}?offset={offset}").json()
            yield from page["items"]
            following = page["_pagination"]["next"]
            offset = following and following["offset"]

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            answer = self._client.request(method, path, json=body, headers=_PAGINATED)
        except httpx.HTTPError as error:
            raise Unavailable(f"the hub does not answer: {error}. Try again in a moment.", "hub") from error
        if answer.is_success:
            return answer
        if answer.status_code == 404:
            raise NotFound(f"the hub has nothing at {path}.", path)
        if answer.status_code == 409:
            raise Conflict("the hub has a group of this name already: choose another.", "name")
        raise Unavailable(
            f"the hub answers {answer.status_code} to {method} {path}: does the role of the data service permit it?",
            "hub",
        )


def _path(*parts: str) -> str:
    return "/" + "/".join(quote(part, safe="") for part in parts)
