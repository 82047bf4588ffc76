"""Serving the board: at once, though Panel, which is large and slow to load, is loaded when somebody first looks."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPConnection, HTTPMessageDelegate, HTTPServerConnectionDelegate
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler

if TYPE_CHECKING:
    from bokeh.server.tornado import BokehTornado

__all__ = ["serve_board"]

_LOADING = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="1">
<title>skyhub board</title></head><body style="background:#0b1017;color:#98a6b5;font:18px system-ui,sans-serif">
<p>The board is being loaded…</p></body></html>"""


def serve_board(data_url: str, host: str, port: int, prefix: str) -> None:
    """Serve the board until the process is told to stop.

    Parameters
    ----------
    data_url
        Base URL of the data service.
    host, port
        Where to answer.
    prefix
        Path that the hub's proxy serves it under.
    """
    asyncio.run(_serve(_Gate(data_url, prefix), host, port))


async def _serve(gate: _Gate, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = HTTPServer(gate, xheaders=True)
    server.listen(port, host)
    await stop.wait()
    server.stop()
    gate.end()


class _Gate(HTTPServerConnectionDelegate):
    """Passes requests to the application once it is loaded."""

    def __init__(self, data_url: str, prefix: str) -> None:
        self._asked = (data_url, prefix)
        self._application: BokehTornado | None = None
        self._loading: asyncio.Task[None] | None = None
        self._waiting = Application([(".*", _Waiting, {"gate": self})])

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """What Tornado calls for each request."""
        return (self._application or self._waiting).start_request(server_conn, request_conn)

    def load(self) -> None:
        """Begin to load the application, unless it is under way."""
        self._loading = self._loading or asyncio.create_task(self._load())

    def end(self) -> None:
        """End what has begun."""
        if self._application is not None:
            self._application.stop()

    async def _load(self) -> None:
        await asyncio.to_thread(__import__, "skyhub.board._application")
        from skyhub.board._application import board_application

        application = board_application(*self._asked)
        application.initialize(IOLoop.current())
        application.start()
        self._application = application


class _Waiting(RequestHandler):
    """Says that the board is being loaded to people, and that something is here to the hub."""

    def initialize(self, gate: _Gate) -> None:
        self._gate = gate

    def get(self) -> None:
        self.set_header(
            "Connection", "close"
        )  # who answers the next request on a connection is settled before it comes
        if "text/html" in self.request.headers.get("Accept", ""):
            self._gate.load()
            self.finish(_LOADING)
        else:
            self.finish("skyhub board\n")
