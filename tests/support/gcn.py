"""GCN on this machine: tokens by OAuth 2, circulars by its interface, an archive, a feed that is some minutes old."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

__all__ = ["CLIENT", "Gcn", "gcn_server"]

CLIENT = {"client_id": "skyhub", "client_secret": "SECRET-OF-CLIENT", "refresh_token": "SECRET-OF-VERA"}


@dataclass
class Gcn:
    """What GCN has published, and what it answers next (as it should when nothing is said)."""

    url: str = ""
    answers: list[int | str] = field(default_factory=list)
    """To posts: a status, ``lost`` (published, and the connection breaks), or ``unnumbered`` (published, no number told)."""
    archive: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False
    """Whether the archive answers 503."""
    in_feed: int = 0
    """How many circulars the feed knows."""
    grants: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    posts: int = 0
    retry_after: str = ""

    def publish(self, subject: str, body: str) -> int:
        """A new circular; its number."""
        number = len(self.archive) + 1
        document = {"circularId": number, "subject": subject, "body": body, "submitter": "A. Author"}
        self.archive.append({**document, "createdOn": int(time.time() * 1000)})
        return number


class _Handler(BaseHTTPRequestHandler):
    gcn: Gcn

    def _say(self, status: int, body: bytes = b"", kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.gcn.retry_after:
            self.send_header("Retry-After", self.gcn.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/oauth2/token":
            self._token(parse_qs(content.decode()))
        elif self.path == "/api/circulars":
            self._circular(json.loads(content))
        else:
            self._say(404)

    def _token(self, asked: dict[str, list[str]]) -> None:
        basic = base64.b64encode(f"{CLIENT['client_id']}:{CLIENT['client_secret']}".encode()).decode()
        grant = asked["grant_type"][0]
        linked = asked.get("refresh_token") == [CLIENT["refresh_token"]]
        own = grant == "client_credentials" and asked.get("scope") == ["gcn.nasa.gov/circular-submitter"]
        if self.headers["Authorization"] != f"Basic {basic}" or not (linked or own):
            self._say(400, b'{"error": "invalid_client"}')
            return
        self.gcn.grants.append(grant)
        self.gcn.tokens.append(f"TOKEN-{len(self.gcn.tokens)}")
        self._say(200, json.dumps({"access_token": self.gcn.tokens[-1], "expires_in": 3600}).encode())

    def _circular(self, document: dict[str, str]) -> None:
        self.gcn.posts += 1
        answer = self.gcn.answers.pop(0) if self.gcn.answers else 200
        if isinstance(answer, int) and answer != 200:
            self._say(answer, b"subject is invalid" if answer == 400 else b"", "text/plain")
        elif self.headers["Authorization"] != f"Bearer {self.gcn.tokens[-1]}" or document.keys() != {
            "subject",
            "body",
            "format",
        }:
            self._say(403)
        else:
            self.gcn.publish(document["subject"], document["body"])
            if answer == "lost":
                self.connection.close()
            else:
                self._say(200, json.dumps({} if answer == "unnumbered" else self.gcn.archive[-1]).encode())

    def do_GET(self) -> None:
        if self.gcn.closed:
            self._say(503)
        elif self.path == "/circulars.atom":
            known = "".join(
                f'<entry><link href="{self.gcn.url}/circulars/{n}"/></entry>' for n in range(1, self.gcn.in_feed + 1)
            )
            self._say(200, f"<feed>{known}</feed>".encode(), "application/xml")
        else:
            number = int(self.path.removeprefix("/circulars/").removesuffix(".json"))
            there = 0 < number <= len(self.gcn.archive)
            self._say(200 if there else 404, json.dumps(self.gcn.archive[number - 1]).encode() if there else b"")

    def log_message(self, *arguments: Any) -> None:
        pass


@contextmanager
def gcn_server() -> Iterator[Gcn]:
    """A server for the duration of a ``with`` block."""
    gcn = Gcn()
    gcn.publish("GRB 230812B: an older one", "A. Author reports: nothing.")
    gcn.in_feed = 1

    handler = type("Handler", (_Handler,), {"gcn": gcn})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    gcn.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield gcn
    finally:
        server.shutdown()
        server.server_close()
