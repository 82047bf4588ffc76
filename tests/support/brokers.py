"""Brokers for tests: a server on this machine that speaks their protocols, with recorded replies and real packets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlsplit

import fastavro
import yaml


class Asked(NamedTuple):
    """A request as the server got it."""

    method: str
    path: str
    given: dict[str, Any]
    """Its parameters, form or JSON."""
    headers: dict[str, str]


class Reply(NamedTuple):
    """What the server answers; `cut` sends only so many bytes of it, `after` waits first (s)."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = {}
    cut: int | None = None
    after: float = 0.0


Answer = Callable[[Asked], Any]


@dataclass
class BrokerServer:
    """Answers by path; faults come first, one for each request."""

    answers: dict[str, Answer] = field(default_factory=dict)
    faults: list[Reply] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def reply(self, asked: Asked) -> Reply:
        """The next fault, or the answer of the path; what is not known is a 404."""
        self.asked.append(asked)
        if self.faults:
            return self.faults.pop(0)
        found = self.answer(asked)
        if isinstance(found, Reply):
            return found
        return Reply(b"", 404) if found is None else json_reply(found)

    def answer(self, asked: Asked) -> Any:
        """What is said at a path; None if it is not known."""
        answer = self.answers.get(asked.path)
        return None if answer is None else answer(asked)


def json_reply(document: Any, **more: Any) -> Reply:
    """A document as an answer."""
    return Reply(json.dumps(document).encode(), headers={"Content-Type": "application/json"}, **more)


@contextmanager
def broker_server(**answers: Answer) -> Iterator[BrokerServer]:
    """A broker on a free port of this machine."""
    with on_this_machine(BrokerServer(dict(answers))) as broker:
        yield broker


B = TypeVar("B", bound=BrokerServer)


@contextmanager
def on_this_machine(broker: B) -> Iterator[B]:
    """Let a server answer on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._answer(Asked("GET", parts.path, dict(parse_qsl(parts.query)), dict(self.headers)))

        def _do_with_body(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            is_json = "json" in self.headers.get("Content-Type", "")
            given = json.loads(body) if is_json else dict(parse_qsl(body))
            self._answer(Asked(self.command, urlsplit(self.path).path, given, dict(self.headers)))

        do_POST = do_PUT = do_DELETE = _do_with_body

        def _answer(self, asked: Asked) -> None:
            reply = broker.reply(asked)
            time.sleep(reply.after)
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body[: reply.cut])
                self.close_connection = reply.cut is not None
            except OSError:  # whoever asked has gone
                pass

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    broker.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield broker
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def recorded(shared: Path, name: str) -> dict[str, Any]:
    """The recorded replies of a broker: documents by path."""
    text = (shared / "logs" / "broker_responses" / f"{name}.yaml").read_text()
    found = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {
        urlsplit(i["request"]["uri"]).path: json.loads(i["response"]["body"]["string"]) for i in found["interactions"]
    }


def real_packets(shared: Path, name: str) -> list[dict[str, Any]]:
    """The real ZTF alerts of an object, in the order of their times."""
    packets = []
    for path in (shared / "alerts" / "ztf" / name).glob("*.avro"):
        with path.open("rb") as file:
            packets += list(fastavro.reader(file))
    return sorted(packets, key=lambda packet: packet["candidate"]["jd"])
