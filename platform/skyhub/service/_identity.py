"""Who a token of the hub stands for: its name, groups and scopes, asked of the hub and kept for a short while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import httpx
from starlette.concurrency import run_in_threadpool

from skyhub.db import SCOPES, Viewer
from skyhub.errors import NotAuthenticated, Unavailable

__all__ = ["SCOPE_PREFIX", "HubIdentity"]

SCOPE_PREFIX = "custom:skyhub:"
"""What the hub writes before each scope of skyhub."""

_KEPT_SECONDS = 30.0
_MOST_KEPT = 10_000


class HubIdentity:
    """Asks the hub's API about tokens.

    Parameters
    ----------
    api_url
        The hub's API, such as ``http://127.0.0.1:8081/hub/api``.
    meet
        Takes in the groups of whoever comes: some may have been made on the hub since.

    Notes
    -----
    A revoked token, or a change of groups on the hub, takes effect within 30 s; a change made here, at once (`forget`).
    """

    def __init__(self, api_url: str, meet: Callable[[Iterable[str]], None] = lambda groups: None) -> None:
        secure = api_url.startswith("https:")
        self._client = httpx.AsyncClient(base_url=api_url, timeout=10, trust_env=False, verify=secure)
        self._meet = meet
        self._kept: dict[str, tuple[float, Viewer]] = {}
        self._epoch = 0

    async def viewer(self, token: str) -> Viewer:
        """The viewer behind a token.

        Raises
        ------
        NotAuthenticated
            If the hub does not know it.
        Unavailable
            If the hub does not answer.
        """
        kept = self._kept.get(token)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        epoch = self._epoch
        viewer = await self._ask(token)
        await run_in_threadpool(self._meet, viewer.groups)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        if epoch == self._epoch:  # else the answer may be older than a change
            self._kept[token] = (time.monotonic() + _KEPT_SECONDS, viewer)
        return viewer

    def forget(self, user: str) -> None:
        """Ask the hub anew about this user's tokens: their rights have changed."""
        self._epoch += 1
        self._kept = {token: kept for token, kept in self._kept.items() if kept[1].name != user}

    async def _ask(self, token: str) -> Viewer:
        try:
            answer = await self._client.get("/user", headers={"Authorization": f"token {token}"})
        except httpx.HTTPError as error:
            raise Unavailable(f"the hub does not answer: {error}. Try again in a moment.", "hub") from error
        if answer.status_code in (401, 403):
            raise NotAuthenticated("the hub does not know the token: log in again, or make a new one.", "token")
        if answer.status_code != 200:
            raise Unavailable(f"the hub answers {answer.status_code}. Try again in a moment.", "hub")
        try:
            model = answer.json()
            scopes = {s.removeprefix(SCOPE_PREFIX) for s in model["scopes"] if s.startswith(SCOPE_PREFIX)}
            return Viewer(model["name"], frozenset(model.get("groups") or ()), scopes=frozenset(scopes & SCOPES.keys()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable(
                f"the hub's answer cannot be read: {error!r}. Is {self._client.base_url} the hub?", "hub"
            ) from error
