"""A line to the interface of a telescope: every exchange is kept, no secret is repeated, no answer is believed blindly."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from skyhub.adapters._retry_after import retry_after
from skyhub.adapters.telescopes._account import Account
from skyhub.adapters.telescopes._protocol import Exchange, NotAnswered, Refused

__all__ = ["Line", "origin_of", "reasons_in"]

_LARGEST = 32 * 2**20
_LONGEST_KEPT = 20_000
_LONGEST_SHOWN = 400
_AWAY = (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol)
_LATER = (408, 425, 429)
_SIGNED = re.compile(r"(https?://[^\s\"?<>]+)\?[^\s\"<>]+")
"""What the other side puts behind an address may be a key."""


class Line:
    """An HTTP interface that is spoken to with an account.

    Parameters
    ----------
    url
        Its address; nothing else is ever asked, and redirections are not followed.
    account
        How requests are authorised; by nothing if it is left out.
    timeout_seconds
        How long one answer may take.
    exchanges
        Where exchanges are kept, if another line has some already.
    """

    def __init__(
        self,
        url: str,
        account: Account | None,
        timeout_seconds: float,
        exchanges: list[Exchange] | None = None,
    ) -> None:
        self.exchanges = [] if exchanges is None else exchanges
        self._url, self._seconds = url.rstrip("/"), timeout_seconds
        headers, self._hidden = account or Account({}, ())
        self._headers = {"User-Agent": "skyhub", "Accept": "application/json, */*;q=0.5", **headers}

    def json(self, method: str, path: str = "", body: Any = None, **parameters: Any) -> Any:
        """The document that is answered; None if the answer has nothing in it.

        Raises
        ------
        Refused
            If it answers that it will not, with its reasons.
        NotAnswered
            If it does not answer now, wants fewer requests, breaks down, or talks nonsense.
        """
        content = self.content(method, path, body, **parameters)
        if not content.strip():
            return None
        try:
            return json.loads(content, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            shown = self._clean(content[:_LONGEST_SHOWN].decode("utf-8", "replace"))
            raise NotAnswered(f"it talks nonsense: {shown!r} in place of JSON.", unsure=method != "GET") from None

    def content(self, method: str, path: str = "", body: Any = None, **parameters: Any) -> bytes:
        """The bytes that are answered; raises as `json` does."""
        url = f"{self._url}{path}"
        given = {name: value for name, value in parameters.items() if value is not None}
        sent = "" if body is None else json.dumps(body, allow_nan=False)
        begin = time.monotonic()
        try:
            answer = self._answer(method, url, sent, given)
        except NotAnswered as error:
            self._keep(method, url, given, sent, None, error.message, begin)
            raise
        self._keep(method, url, given, sent, answer.status_code, _text_of(answer.content), begin)
        self._require_good(method, answer)
        return answer.content

    def _answer(self, method: str, url: str, sent: str, given: Mapping[str, Any]) -> httpx.Response:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells the whole address of each request
        headers = {**self._headers, **({"Content-Type": "application/json"} if sent else {})}
        end, writes = time.monotonic() + self._seconds, method != "GET"
        parts: list[bytes] = []
        try:
            with (
                httpx.Client(trust_env=False, timeout=self._seconds, verify=url.startswith("https:")) as client,
                client.stream(method, url, content=sent or None, headers=headers, params=given or None) as answer,
            ):
                for part in answer.iter_bytes():
                    parts.append(part)
                    if time.monotonic() > end or sum(map(len, parts)) > _LARGEST:
                        raise NotAnswered("its answer is too slow or too long.", unsure=writes)
        except _AWAY as error:
            raise NotAnswered(f"it cannot be reached: {type(error).__name__}.") from None
        except httpx.HTTPError as error:
            raise NotAnswered(f"it did not answer: {type(error).__name__}.", unsure=writes) from None
        kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-encoding"}
        return httpx.Response(answer.status_code, headers=kept, content=b"".join(parts))

    def _require_good(self, method: str, answer: httpx.Response) -> None:
        status = answer.status_code
        if answer.is_success:
            return
        if status in _LATER or (status == 503 and retry_after(answer) is not None):
            raise NotAnswered(f"it wants fewer requests ({status}).", retry_after=retry_after(answer))
        if status >= 500:
            raise NotAnswered(f"it failed at this ({status}).", unsure=method != "GET", retry_after=retry_after(answer))
        if status in (401, 403):
            raise Refused(f"it does not accept the account ({status}): are the allocation's secrets right?", status)
        if answer.is_redirect:
            raise Refused(f"it sends elsewhere ({status}): its address in the settings is not right.", status)
        raise Refused(self._clean(_words_of(answer)) or f"it answers {status} without a word.", status)

    def _keep(
        self,
        method: str,
        url: str,
        given: Mapping[str, Any],
        sent: str,
        status: int | None,
        received: str,
        begin: float,
    ) -> None:
        asked = f"{self._clean(url)}?{urlencode(given)}" if given else self._clean(url)
        told, heard = (self._clean(text)[:_LONGEST_KEPT] for text in (sent, received))
        self.exchanges.append(Exchange(method, asked, told, status, heard, round(time.monotonic() - begin, 3)))

    def _clean(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, "…")
        return _SIGNED.sub(r"\1?…", text)


def origin_of(url: str) -> tuple[str, str]:
    """The server of an address: its scheme, and its host with the port."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def reasons_in(document: Any) -> str:
    """The reasons in a document that refuses something, by field; empty if there are none."""
    return "; ".join(_reasons(document))[:_LONGEST_SHOWN] if document else ""


def _words_of(answer: httpx.Response) -> str:
    try:
        return reasons_in(answer.json())
    except ValueError:
        return " ".join(answer.text.split())[:_LONGEST_SHOWN]


def _text_of(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"{len(content)} bytes"


def _reasons(given: Any, where: str = "") -> list[str]:
    if isinstance(given, dict):
        told = {name: value for name, value in given.items() if name not in ("status", "code") and value}
        return [text for name, value in told.items() for text in _reasons(value, _place(where, name))]
    if isinstance(given, list):
        return list(dict.fromkeys(text for value in given for text in _reasons(value, where)))
    return [f"{where}: {given}" if where else str(given)]


def _place(where: str, name: str) -> str:
    return where if name in ("message", "detail", "non_field_errors", "errors") else f"{where}.{name}".lstrip(".")
