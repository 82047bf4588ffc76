"""Groups, tokens and shared folders on a hub: the hub's membership is the truth, and changes take effect at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hub_support import Hub

NOTEBOOK = {"type": "notebook", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}


@pytest.fixture(scope="module")
def scientist(hub: Hub) -> Iterator[httpx.Client]:
    with hub.service("scientist") as client:
        yield client


@pytest.fixture(scope="module")
def visitor(hub: Hub) -> Iterator[httpx.Client]:
    with hub.service("visitor") as client:
        yield client


@pytest.fixture(scope="module")
def hub_api(hub: Hub) -> Iterator[httpx.Client]:
    with hub.api("admin") as client:
        yield client


def _me(client: httpx.Client) -> dict[str, Any]:
    me: dict[str, Any] = client.get("/api/me").json()
    return me


def _groups(client: httpx.Client) -> dict[str, dict[str, Any]]:
    return {group["name"]: group for group in client.get("/api/groups").json()["groups"]}


def _with(hub: Hub, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{hub.url}/services/data", headers=headers, trust_env=False, timeout=60)


def _hub_token(hub: Hub, name: str, **body: Any) -> httpx.Client:
    with hub.api("admin") as client:
        return _with(hub, client.post(f"/hub/api/users/{name}/tokens", json=body).json()["token"])


def test_a_visitor_makes_no_group(visitor: httpx.Client, hub_api: httpx.Client) -> None:
    assert visitor.post("/api/groups", json={"name": "visitors-own"}).status_code == 403
    assert hub_api.get("/hub/api/groups/visitors-own").status_code == 404


def test_a_group_made_here_is_the_hubs_and_takes_effect_at_once(
    scientist: httpx.Client, visitor: httpx.Client, admin: httpx.Client, hub_api: httpx.Client
) -> None:
    made = scientist.post("/api/groups", json={"name": "kilonovae", "private": True})
    assert (made.status_code, made.json()["members"]) == (200, ["scientist"])
    assert hub_api.get("/hub/api/groups/kilonovae").json()["users"] == ["scientist"]
    assert "kilonovae" in _me(scientist)["groups"]
    assert _me(visitor)["groups"] == []
    assert "kilonovae" not in _groups(visitor)
    assert scientist.put("/api/groups/kilonovae/members/nobody").status_code == 404
    assert scientist.put("/api/groups/kilonovae/members/visitor").json()["members"] == ["scientist", "visitor"]
    assert _me(visitor)["groups"] == ["kilonovae"]
    assert _groups(visitor)["kilonovae"]["admins"] == ["scientist"]
    assert visitor.put("/api/groups/kilonovae/members/scanner-ztf").status_code == 403
    assert scientist.delete("/api/groups/kilonovae/members/visitor").status_code == 200
    assert _me(visitor)["groups"] == []
    assert visitor.get("/api/groups/kilonovae").status_code == 404
    assert scientist.delete("/api/groups/kilonovae/members/scientist").status_code == 409
    assert admin.delete("/api/groups/kilonovae/members/scientist").status_code == 200
    assert "kilonovae" not in _me(scientist)["groups"]
    assert scientist.post("/api/groups", json={"name": "night-shift"}).status_code == 409


def test_groups_of_the_hub_come_and_go_and_their_data_stay(
    hub: Hub, scientist: httpx.Client, admin: httpx.Client, hub_api: httpx.Client
) -> None:
    assert hub_api.post("/hub/api/groups/made-elsewhere", json={"users": ["visitor"]}).status_code == 201
    with _hub_token(hub, "visitor") as fresh:
        assert _me(fresh)["groups"] == ["made-elsewhere"]
        assert _groups(fresh)["made-elsewhere"]["members"] == ["visitor"]
    assert admin.patch("/api/groups/made-elsewhere", json={"description": "kept"}).status_code == 200
    assert hub_api.delete("/hub/api/groups/made-elsewhere").status_code == 204
    gone = _groups(admin)["made-elsewhere"]
    assert (gone["present"], gone["members"], gone["description"]) == (False, [], "kept")
    assert scientist.post("/api/groups", json={"name": "made-elsewhere"}).status_code == 409
    with _hub_token(hub, "visitor") as fresh:
        assert _me(fresh)["groups"] == []


def test_scoped_tokens_of_the_hub_do_no_more_than_they_say(hub: Hub, scientist: httpx.Client) -> None:
    with _hub_token(hub, "scientist", scopes=["custom:skyhub:view"]) as limited:
        assert _me(limited)["scopes"] == ["view"]
        assert _me(limited)["groups"] == _me(scientist)["groups"]
        assert limited.post("/api/groups", json={"name": "not-mine"}).status_code == 403
    with _hub_token(hub, "scientist", scopes=["self"]) as blind:
        assert blind.get("/api/me").status_code == 403


def test_tokens_made_here_have_what_their_owner_has_now(
    hub: Hub, scientist: httpx.Client, admin: httpx.Client, hub_api: httpx.Client
) -> None:
    asked = {"name": "script", "scopes": ["view", "scan"], "groups": ["night-shift", "ztf-transients"]}
    assert scientist.post("/api/tokens", json=asked).status_code == 403
    with hub.service("scanner-ztf") as owner:
        made = owner.post("/api/tokens", json=asked).json()
        with _with(hub, made["token"]) as script:
            expected = {"name": "scanner-ztf", "groups": ["night-shift", "ztf-transients"], "scopes": ["scan", "view"]}
            assert _me(script) == expected
            assert admin.delete("/api/groups/night-shift/members/scanner-ztf").status_code == 200
            assert _me(script)["groups"] == ["ztf-transients"]
            assert admin.put("/api/groups/night-shift/members/scanner-ztf").status_code == 200
            assert _me(script) == expected
            assert [t["name"] for t in owner.get("/api/tokens").json()["tokens"]] == ["script"]
            assert owner.delete(f"/api/tokens/{made['token_id']}").status_code == 200
            assert script.get("/api/me").status_code == 401
    root = admin.post("/api/tokens", json={"name": "root", "scopes": ["view", "administer"]}).json()["token"]
    with _with(hub, root) as script:
        assert _me(script)["scopes"] == ["administer", "view"]


def test_a_token_ends_with_its_owner(hub: Hub, hub_api: httpx.Client, admin: httpx.Client) -> None:
    assert hub_api.post("/hub/api/users/guest").status_code == 201
    with _hub_token(hub, "guest") as guest:
        token = guest.post("/api/tokens", json={"name": "n", "scopes": ["view"]}).json()["token"]
    assert hub_api.delete("/hub/api/users/guest").status_code == 204
    with _with(hub, token) as orphan:
        assert orphan.get("/api/me").status_code == 401


def test_a_groups_folder_is_its_members(hub: Hub, admin: httpx.Client) -> None:
    for name in ("scanner-ztf", "scanner-grb", "visitor"):
        hub.start_server(name)
    path = "api/contents/shared/night-shift/plan.ipynb"
    with hub.api("scanner-ztf") as writer:
        assert writer.put(f"/user/scanner-ztf/{path}", json=NOTEBOOK).status_code == 201
    with hub.api("scanner-grb") as colleague, hub.api("visitor") as outsider:
        seen = colleague.get(f"/user/scanner-grb/{path}")
        assert (seen.status_code, seen.json()["type"]) == (200, "notebook")
        assert outsider.get(f"/user/visitor/{path}").status_code == 404
        assert outsider.get("/user/visitor/api/contents/shared").json()["content"] == []
        assert admin.put("/api/groups/night-shift/members/visitor").status_code == 200
        assert outsider.get(f"/user/visitor/{path}").status_code == 200
        assert admin.delete("/api/groups/night-shift/members/visitor").status_code == 200
        assert outsider.get(f"/user/visitor/{path}").status_code == 404
        shared = {entry["name"] for entry in colleague.get("/user/scanner-grb/api/contents/shared").json()["content"]}
        assert shared == {"grb-afterglows", "night-shift"}
