"""Servers of channels on this machine: webhooks that answer as they are told, and a mail server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from aiosmtpd.controller import Controller
from skyhub.ports import free_port

__all__ = ["Hooks", "Mailbox", "mail_server", "webhooks"]


@dataclass
class Hooks:
    """A server of webhooks: what it received, and what it answers next (200 when nothing is said)."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    hold: threading.Event | None = None
    """Answers wait for it."""

    @property
    def transactions(self) -> dict[str, dict[str, Any]]:
        """What a home server of Matrix keeps: of each transaction the first."""
        kept: dict[str, dict[str, Any]] = {}
        for request in self.received:
            kept.setdefault(request["path"], request)
        return kept


@contextmanager
def webhooks() -> Iterator[Hooks]:
    """A server for the duration of a ``with`` block."""
    hooks = Hooks()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            hooks.received.append(
                {"method": self.command, "path": self.path, "body": body, "headers": dict(self.headers.items())}
            )
            if hooks.hold is not None:
                hooks.hold.wait(20)
            self.send_response(hooks.answers.pop(0) if hooks.answers else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_POST = do_PUT = _answer

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hooks.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hooks
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """A mail server: what it took, and its answers to the next letters."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            letter = cast(EmailMessage, BytesParser(policy=default).parsebytes(envelope.content))
            letter["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
            self.letters.append(letter)
        return answer


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server for the duration of a ``with`` block."""
    box = Mailbox(free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
