"""A server of sky maps on this machine that answers as it is told: late, cut off, too long, or elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

__all__ = ["Answer", "MapServer", "map_server"]


@dataclass(frozen=True)
class Answer:
    """What is answered to one request."""

    status: int = 200
    content: bytes = b""
    location: str | None = None
    promised: int | None = None
    """The length that is announced, if it is another one."""
    pause: float = 0.0
    """Seconds between pieces of a hundred bytes."""


@dataclass
class MapServer:
    """Its address, what it answers next (404 when nothing is said), and for what it was asked."""

    host: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str = "skymap.fits") -> str:
        """The address of a map."""
        return f"http://{self.host}/{path}"


@contextmanager
def map_server() -> Iterator[MapServer]:
    """A server for the duration of a ``with`` block."""
    told = MapServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            answer = told.answers.pop(0) if told.answers else Answer(404)
            self.send_response(answer.status)
            if answer.location is not None:
                self.send_header("Location", answer.location)
            self.send_header("Content-Length", str(answer.promised or len(answer.content)))
            self.end_headers()
            with suppress(OSError):  # who asks may go away
                for begin in range(0, len(answer.content), 100 if answer.pause else 2**30):
                    time.sleep(answer.pause)
                    self.wfile.write(answer.content[begin : begin + 100] if answer.pause else answer.content)
                    self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        told.host = f"127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield told
        server.shutdown()
