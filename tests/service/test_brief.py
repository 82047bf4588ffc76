"""A service that is open for a moment ends when it is told to, after the answers that are under way."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import httpx
import pytest
import uvicorn
from skyhub.service._brief import BriefServer
from support.services import wait_until


def _server(answer: Any) -> tuple[BriefServer, socket.socket, str]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(answer, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
    return BriefServer(config), listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


async def _answer(send: Any, body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    await _answer(send, scope["path"].encode())


def test_nobody_waits_for_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    server, listener, url = _server(_echo)
    with server.running(listener), httpx.Client(trust_env=False) as client:
        assert client.get(f"{url}/here").text == "/here"
        wait_until(lambda: server.started)
        waited: list[float] = []
        monkeypatch.setattr("asyncio.sleep", _noted(asyncio.sleep, waited))
    assert waited == [0, 0]
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def _noted(sleep: Any, waited: list[float]) -> Any:
    async def noted(seconds: float) -> None:
        waited.append(seconds)
        await sleep(seconds)

    return noted


def test_one_that_is_told_at_once_ends() -> None:
    server, listener, _ = _server(_echo)
    with server.running(listener):
        pass
    assert not listener.fileno() >= 0


def test_an_answer_under_way_is_given() -> None:
    asked, go_on = threading.Event(), threading.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        asked.set()
        await asyncio.to_thread(go_on.wait)
        await _answer(send, b"x" * 5_000_000)

    server, listener, url = _server(slow)
    answers: list[bytes] = []
    reader = threading.Thread(target=lambda: answers.append(httpx.get(url, trust_env=False).content))
    with server.running(listener):
        reader.start()
        asked.wait()
        threading.Timer(0.1, go_on.set).start()
    reader.join()
    assert answers == [b"x" * 5_000_000]
