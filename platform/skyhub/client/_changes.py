"""Live changes: a thread that follows the event stream, through interruptions, without a gap."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx

from skyhub.client._transport import Transport

__all__ = ["Changes"]

_log = logging.getLogger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0

Callback = Callable[[dict[str, Any]], None]


class Changes:
    """The live changes that the caller may see.

    Parameters
    ----------
    transport
        How the data service is reached.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._callbacks: list[Callback] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._response: httpx.Response | None = None

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Call `callback` with each change, and with ``{"kind": "connection", "connected": bool}`` as the stream comes and goes.

        Callbacks run in a thread of their own. The function that is returned ends the subscription.
        """
        with self._lock:
            self._callbacks.append(callback)
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, name="skyhub-changes", daemon=True)
                self._thread.start()

        def stop() -> None:
            with self._lock, suppress(ValueError):
                self._callbacks.remove(callback)

        return stop

    def close(self) -> None:
        """End the stream."""
        self._closed.set()
        response = self._response
        if response is not None:
            response.close()

    def _follow(self) -> None:
        last: str | None = None
        wait = _FIRST_WAIT
        with self._transport.stream_client() as client:
            while not self._closed.is_set():
                try:
                    for identifier, document in self._listen(client, last):
                        last, wait = identifier, _FIRST_WAIT
                        if document is not None:
                            self._tell(document)
                    self._closed.wait(_FIRST_WAIT)
                    continue
                except Exception as error:  # broken off, closed by another thread, or damaged: it is taken up again
                    _log.debug("stream of changes interrupted: %s", error)
                self._tell({"kind": "connection", "connected": False})
                self._closed.wait(wait)
                wait = min(2 * wait, _LONGEST_WAIT)

    def _listen(self, client: httpx.Client, last: str | None) -> Iterator[tuple[str, dict[str, Any] | None]]:
        headers = {"Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = last
        with client.stream("GET", "/api/changes", headers=headers) as response:
            self._response = response
            if self._closed.is_set():
                return
            response.raise_for_status()
            event: dict[str, str] = {}
            for line in response.iter_lines():
                if line.startswith(":"):
                    continue
                if line:
                    name, _, value = line.partition(":")
                    event[name] = value.removeprefix(" ")
                elif event:
                    yield event.get("id", last or "0"), self._document(event)
                    event = {}

    def _document(self, event: dict[str, str]) -> dict[str, Any] | None:
        if event.get("event") == "hello":
            self._tell({"kind": "connection", "connected": True})
            return None
        document: dict[str, Any] = json.loads(event["data"])
        return document

    def _tell(self, document: dict[str, Any]) -> None:
        with self._lock:
            callbacks = list(self._callbacks)
        for callback in callbacks:
            try:
                callback(document)
            except Exception:
                _log.exception("a listener failed on %s", document.get("kind"))
