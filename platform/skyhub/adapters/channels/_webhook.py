"""Slack (incoming webhooks) and Matrix (the client-server API); neither address nor token is ever logged."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote

import httpx

from skyhub.adapters._retry_after import retry_after
from skyhub.adapters.channels._letter import Letter, NotDelivered

__all__ = ["post_to_matrix", "post_to_slack"]

_SECONDS = 15.0
_LATER = (408, 425, 429)


def post_to_slack(address: str, letter: Letter) -> None:
    """Post a letter to an incoming webhook. Raises `NotDelivered`."""
    link = [f"<{_plain(letter.link)}|Open>"] if letter.link else []
    text = "\n".join([f"*{_plain(letter.title)}*", *map(_plain, letter.lines), *link])
    _send("POST", address, {"text": text}, {"Idempotency-Key": letter.key})


def post_to_matrix(address: str, room: str, token: str, letter: Letter) -> None:
    """Put a letter into a room. Raises `NotDelivered`.

    The key is the transaction's identifier, by which the home server knows a second try and drops it.
    """
    path = f"/_matrix/client/v3/rooms/{quote(room, safe='')}/send/m.room.message/{letter.key}"
    link = [letter.link] if letter.link else []
    html = [f"<strong>{escape(letter.title)}</strong>", *map(escape, letter.lines)]
    html += [f'<a href="{escape(url)}">Open</a>' for url in link]
    body = {
        "msgtype": "m.text",
        "body": "\n".join([letter.title, *letter.lines, *link]),
        "format": "org.matrix.custom.html",
        "formatted_body": "<br>".join(html),
    }
    _send("PUT", address.rstrip("/") + path, body, {"Authorization": f"Bearer {token}"})


def _send(method: str, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells the whole address of each request
    try:
        with httpx.Client(trust_env=False, follow_redirects=False, timeout=_SECONDS) as client:
            answer = client.request(method, url, json=body, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL) as error:
        raise NotDelivered(f"the server cannot be reached: {type(error).__name__}.") from None
    except httpx.HTTPError as error:
        raise NotDelivered(f"the server did not answer: {type(error).__name__}.", unsure=True) from None
    if answer.is_success:
        return
    final = answer.status_code < 500 and answer.status_code not in _LATER
    raise NotDelivered(f"the server answered {answer.status_code}.", final=final, retry_after=retry_after(answer))


def _plain(text: str) -> str:
    """Text that Slack takes for nothing else."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
