"""Users and groups of the hub: pages, roles, and a hub in trouble; tests/hub/test_team.py asks a real one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from skyhub.db import ROLES, Viewer
from skyhub.errors import Conflict, NotFound, SkyhubError, Unavailable
from skyhub.ports import free_port
from skyhub.service import HubDirectory

GROUPS = [
    {"name": "night-shift", "users": ["ann", "bob"], "roles": ["scanner"]},
    {"name": "a/b", "users": ["ann"], "roles": ["elsewhere"]},
    {"name": "empty", "users": [], "roles": ["skyhub-administrator"]},
]
USERS = [
    {"name": "ann", "groups": ["night-shift", "a/b"], "roles": ["user", "scientist"]},
    {"name": "bob", "groups": ["night-shift"], "roles": ["user"]},
    {"name": "cid", "groups": [], "roles": []},
]
PAGE = 2


@contextmanager
def _hub(status: int | None = None) -> Iterator[tuple[HubDirectory, list[tuple[str, str, Any]]]]:
    """A server with the hub's pages of users and groups, or with one answer to everything; what it was asked."""
    asked: list[tuple[str, str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked.append((self.command, self.path, json.loads(self.rfile.read(length)) if length else None))
            url = urlsplit(self.path)
            items = {"/hub/api/users": USERS, "/hub/api/groups": GROUPS}.get(url.path)
            one = {f"/hub/api/users/{user['name']}": user for user in USERS}.get(url.path)
            document: Any = one
            if items is not None:
                offset = int(parse_qs(url.query)["offset"][0])
                following = {"offset": offset + PAGE} if offset + PAGE < len(items) else None
                document = {"items": items[offset : offset + PAGE], "_pagination": {"next": following}}
            body = json.dumps(document).encode()
            self.send_response(status or (404 if document is None and self.command == "GET" else 200))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _answer

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield HubDirectory(f"http://127.0.0.1:{server.server_port}/hub/api", "secret"), asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "error"), [(403, Unavailable), (500, Unavailable), (404, NotFound), (409, Conflict)]
)
def test_a_hub_that_refuses_is_told(status: int, error: type[SkyhubError]) -> None:
    with _hub(status) as (directory, _):
        for attempt in (
            directory.users,
            directory.members,
            lambda: directory.create("g"),
            lambda: directory.add("g", "ann"),
        ):
            with pytest.raises(error):
                attempt()


def test_a_hub_that_is_down_is_told() -> None:
    with pytest.raises(Unavailable, match="the hub does not answer"):
        HubDirectory(f"http://127.0.0.1:{free_port()}/hub/api", "secret").users()


def test_all_pages_are_read() -> None:
    with _hub() as (directory, _):
        assert directory.users() == ["ann", "bob", "cid"]
        assert directory.members() == {"night-shift": ["ann", "bob"], "a/b": ["ann"], "empty": []}
        assert directory.groups_of("ann") == ["night-shift", "a/b"]
        assert directory.groups_of("nobody") == []


def test_rights_come_from_the_roles_of_a_user_and_of_their_groups() -> None:
    with _hub() as (directory, _):
        assert directory.viewer("ann") == Viewer("ann", frozenset({"night-shift", "a/b"}), scopes=ROLES["scientist"])
        assert directory.viewer("bob") == Viewer("bob", frozenset({"night-shift"}), scopes=ROLES["scanner"])
        assert directory.viewer("cid") == Viewer("cid", scopes=ROLES["viewer"])
        assert directory.viewer("nobody") is None


def test_odd_names_stay_one_part_of_the_path() -> None:
    with _hub() as (directory, asked):
        directory.create("a/b?c")
        directory.add("../users", "ann")
        directory.remove("a b", "ann")
    assert asked == [
        ("POST", "/hub/api/groups/a%2Fb%3Fc", None),
        ("POST", "/hub/api/groups/..%2Fusers/users", {"users": ["ann"]}),
        ("DELETE", "/hub/api/groups/a%20b/users", {"users": ["ann"]}),
    ]
