"""The wall board: for whom the hub knows, with the rights of who looks and no more, live, and without another machine."""

from __future__ import annotations

from collections.abc import Callable

import httpx
from hub_support import Hub, Visit, rows_of, wait_for
from playwright.sync_api import Page, expect

BOARD = "/services/board/"
_UNDECIDED = """
    SELECT max(candidate_id)::VARCHAR AS candidate_id FROM candidates WHERE object_id NOT IN (SELECT object_id FROM decisions)
"""
_FORGED = """() => new Promise(done => {
    const heard = [], socket = new WebSocket(location.href.replace("http", "ws") + "ws", ["bokeh", "e30.e30"]);
    socket.onmessage = message => heard.push(message.data);
    socket.onclose = () => done(heard.length);
})"""


def _figure(page: Page, name: str) -> int:
    figure = page.locator(f'.board dl div:has(dt:text-is("{name}")) dd')
    return int(wait_for(lambda: figure.text_content(timeout=60_000)))


def test_nobody_sees_it_without_logging_in(hub: Hub) -> None:
    with httpx.Client(base_url=hub.url, trust_env=False, timeout=60, follow_redirects=True) as client:
        for path in (BOARD, f"{BOARD}autoload.js?bokeh-autoload-element=1", f"{BOARD}metadata"):
            answer = client.get(path)
            assert "candidates" not in answer.text
            assert answer.text.startswith("skyhub board") or answer.url.path == "/hub/login"


def test_each_sees_what_is_theirs_as_it_comes(hub: Hub, visit: Callable[..., Visit]) -> None:
    scanner, visitor = (
        visit(name).log_in(f"/hub/login?next={BOARD}", dashboard=False) for name in ("scanner-ztf", "visitor")
    )
    seen = "as scanner-ztf sees it (night-shift, ztf-transients)"
    expect(scanner.locator(".board header")).to_contain_text(seen, timeout=60_000)
    assert _figure(scanner, "alerts") > _figure(visitor, "alerts") > 0
    decided, of_visitor = _figure(scanner, "decided"), _figure(visitor, "decided")
    with hub.service("scanner-ztf") as client:
        [waiting] = rows_of(client, _UNDECIDED)
        body = {"key": "of the board", "candidate_id": waiting["candidate_id"], "verdict": "reject"}
        assert client.post("/api/decisions", json=body).status_code == 200
    wait_for(lambda: _figure(scanner, "decided") == decided + 1)
    assert _figure(visitor, "decided") == of_visitor
    assert visitor.evaluate(_FORGED) == 0
    assert visitor.locator("button, input, a").count() == 0
