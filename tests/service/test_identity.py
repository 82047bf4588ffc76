"""Whom a token of the hub stands for, asked of a server that answers like the hub."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import httpx
import pytest
from skyhub.db import Database, Viewer
from skyhub.errors import NotAuthenticated, Unavailable
from skyhub.ports import free_port
from skyhub.service import HubIdentity, create_app
from skyhub.service import _identity as module
from skyhub.team import meet_groups
from skyhub.web import Context, TokenSigner
from support.services import fake_hub

ANN = {
    "name": "ann",
    "kind": "user",
    "groups": ["transients", "~bob"],
    "scopes": [
        "custom:skyhub:view",
        "custom:skyhub:scan",
        "custom:other:administer",
        "admin:users",
        "custom:skyhub:fly",
        "self",
    ],
}


def _ask(url: str, *tokens: str) -> list[Viewer]:
    async def ask() -> list[Viewer]:
        identity = HubIdentity(url)
        return [await identity.viewer(token) for token in tokens]

    return asyncio.run(ask())


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_the_hub_does_not_know_is_refused(status: int) -> None:
    with fake_hub({"bad": status}) as (url, _), pytest.raises(NotAuthenticated, match="hub does not know"):
        _ask(url, "bad")


@pytest.mark.parametrize("status", [404, 429, 500, 502, 503])
def test_a_hub_in_trouble_is_told(status: int) -> None:
    with fake_hub({"t": status}) as (url, _), pytest.raises(Unavailable, match=f"the hub answers {status}"):
        _ask(url, "t")


def test_a_hub_that_is_down_is_told() -> None:
    with pytest.raises(Unavailable, match="the hub does not answer"):
        _ask(f"http://127.0.0.1:{free_port()}/hub/api", "t")


@pytest.mark.parametrize(
    "body", [b"", b"<html>log in</html>", b"[]", b"{}", b'{"name": "ann"}', b'{"name": "ann", "scopes": null}', b"null"]
)
def test_an_answer_that_is_not_the_hubs_is_told(body: bytes) -> None:
    with fake_hub({"t": body}) as (url, _), pytest.raises(Unavailable, match="cannot be read"):
        _ask(url, "t")


def test_groups_and_scopes_are_the_hubs() -> None:
    with fake_hub({"t": ANN}) as (url, _):
        [viewer] = _ask(url, "t")
    assert viewer == Viewer("ann", frozenset({"transients", "~bob"}), frozenset(), frozenset({"view", "scan"}))


def test_an_answer_is_kept_for_a_while_by_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_hub({"t": ANN, "u": {**ANN, "name": "bob"}}) as (url, asked):
        assert [v.name for v in _ask(url, "t", "u", "t", "u")] == ["ann", "bob", "ann", "bob"]
        assert asked == ["t", "u"]
        asked.clear()
        monkeypatch.setattr(module, "_KEPT_SECONDS", -1.0)
        _ask(url, "t", "t")
        assert asked == ["t", "t"]


def test_a_user_who_is_forgotten_is_asked_anew() -> None:
    users: dict[str, Any] = {"t": ANN, "u": {**ANN, "name": "bob"}}
    with fake_hub(users) as (url, asked):

        async def ask() -> list[Viewer]:
            identity = HubIdentity(url)
            before = [await identity.viewer(token) for token in ("t", "u")]
            users["t"] = {**ANN, "groups": []}
            identity.forget("ann")
            return before + [await identity.viewer(token) for token in ("t", "u")]

        viewers = asyncio.run(ask())
        assert [len(v.groups) for v in viewers] == [2, 2, 0, 2]
        assert asked == ["t", "u", "t"]


def test_an_answer_that_a_change_overtook_is_not_kept() -> None:
    with fake_hub({"t": ANN}) as (url, asked):
        identity = HubIdentity(url, lambda groups: identity.forget("ann"))

        async def ask() -> None:
            await identity.viewer("t")
            await identity.viewer("t")

        asyncio.run(ask())
        assert asked == ["t", "t"]


def test_groups_made_on_the_hub_are_met(house: Database) -> None:
    with fake_hub({"t": {**ANN, "groups": ["made-elsewhere", "~bob"]}}) as (url, _):
        app = create_app(Context(house, TokenSigner(house.data_dir), HubIdentity(url, partial(meet_groups, house))))

        async def ask() -> Any:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return (await client.get("/api/me", headers={"Authorization": "token t"})).json()

        assert asyncio.run(ask())["groups"] == ["made-elsewhere"]
    assert "~bob" not in house.access.groups


def test_a_refusal_is_not_kept() -> None:
    users: dict[str, Any] = {"t": 503}
    with fake_hub(users) as (url, _):

        async def ask() -> Viewer:
            identity = HubIdentity(url)
            with pytest.raises(Unavailable):
                await identity.viewer("t")
            users["t"] = ANN
            return await identity.viewer("t")

        assert asyncio.run(ask()).name == "ann"


def test_the_environments_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    with fake_hub({"t": ANN}) as (url, _):
        assert _ask(url, "t")[0].name == "ann"


def test_the_service_takes_tokens_of_the_hub(house: Database) -> None:
    users: dict[str, Any] = {
        "scanner": ANN,
        "no-scopes": {**ANN, "scopes": []},
        "odd": b"nothing",
        "operator": {"name": "root", "groups": [], "scopes": ["custom:skyhub:view", "custom:skyhub:administer"]},
    }
    with fake_hub(users) as (url, asked):
        app = create_app(Context(house, TokenSigner(house.data_dir), HubIdentity(url)))

        async def ask() -> dict[str, httpx.Response]:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return {
                    token: await client.get("/api/me", headers={"Authorization": f"token {token}"})
                    for token in (*users, "unknown", "a.b.c")
                }

        answers = asyncio.run(ask())
        assert answers["scanner"].json() == {"name": "ann", "groups": ["transients"], "scopes": ["scan", "view"]}
        assert answers["operator"].json()["groups"] == ["bursts", "stars", "transients"]
        statuses = {token: answer.status_code for token, answer in answers.items()}
        assert statuses == {"scanner": 200, "no-scopes": 403, "odd": 503, "operator": 200, "unknown": 401, "a.b.c": 401}
        assert "a.b.c" not in asked
