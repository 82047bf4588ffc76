"""Requests to a broker: in time, tried again, and never believed blindly."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import httpx

from skyhub.adapters._retry_after import retry_after
from skyhub.adapters.brokers._health import Health
from skyhub.config import BrokerSettings
from skyhub.errors import InvalidInput, NotFound

__all__ = ["BrokerHttp", "records", "rejected_shape"]

_BUSY = 429
_AGAIN = frozenset({500, 502, 503, 504})
_FIRST_WAIT, _LONGEST_WAIT = 0.25, 4.0
_LARGEST = 64 * 2**20
_SHOWN = 200


class _Failed(Exception):
    """One attempt failed in a way in which another may succeed."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class BrokerHttp:
    """A broker's HTTP interface.

    Parameters
    ----------
    name, url, settings
        The broker's name and address, and how patient one is with it.
    login
        Gives the headers that authorise a request; called with True when the last ones were refused.
    secrets
        Texts that are never shown, whatever a broker answers.
    """

    def __init__(
        self,
        name: str,
        url: str,
        settings: BrokerSettings,
        login: Callable[[bool], Mapping[str, str]] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.health = Health(name, settings.slow_seconds, settings.calls_per_hour)
        self._name, self._url, self._settings = name, url.rstrip("/"), settings
        self._login, self._secrets = login, secrets
        self._client = httpx.Client(
            timeout=settings.timeout_seconds,
            headers={"User-Agent": "skyhub", "Accept": "*/*"},
            trust_env=False,
            verify=url.startswith("https:"),  # authorities are read where they are needed alone
        )

    def json(self, method: str, path: str, *, plain: bool = False, **options: Any) -> Any:
        """The JSON document at a path; NaN in it stands for no value, integers stay integers.

        Parameters
        ----------
        method, path
            Of the request; a path may be a whole address.
        plain
            Without authorisation.
        **options
            ``params``, ``json`` or ``data``.
        """
        return self._try(lambda: self._document(self._send(method, path, plain, options)))

    def content(self, method: str, path: str, *, plain: bool = False, **options: Any) -> bytes:
        """The bytes at a path; a page of HTML in their place is nonsense."""
        found: bytes = self._try(lambda: self._binary(self._send(method, path, plain, options)))
        return found

    def nonsense(self, what: str) -> NoReturn:
        """Say that an answer has not the form that it has by the broker's description."""
        raise self.health.failed(f"it talks nonsense: {self._clean(what)}.")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _try(self, attempt: Callable[[], Any]) -> Any:
        with self.health.asking():
            for number in range(self._settings.retries + 1):
                self.health.count()
                begin = time.monotonic()
                try:
                    found = attempt()
                except _Failed as error:
                    wait = self._wait(number, error.retry_after)
                    if number == self._settings.retries or wait is None:
                        raise self.health.failed(self._clean(str(error)), error.retry_after) from error
                    time.sleep(wait)
                except (InvalidInput, NotFound):
                    self.health.answered(time.monotonic() - begin)
                    raise
                else:
                    self.health.answered(time.monotonic() - begin)
                    return found
        raise AssertionError("a last attempt returns or raises")

    def _wait(self, number: int, retry_after: float | None) -> float | None:
        """How long to wait before the next attempt; None if that is too long to wait for here."""
        if retry_after is not None:
            return retry_after if retry_after <= _LONGEST_WAIT else None
        return min(_FIRST_WAIT * 2.0**number, _LONGEST_WAIT) * random.uniform(0.5, 1.0)

    def _send(self, method: str, path: str, plain: bool, options: Mapping[str, Any]) -> httpx.Response:
        url = path if path.startswith(("http://", "https://")) else f"{self._url}/{path.lstrip('/')}"
        login = None if plain else self._login
        answer = self._request(method, url, login(False) if login else {}, options)
        if answer.status_code in (401, 403) and login is not None:
            answer = self._request(method, url, login(True), options)
        self._require_good(answer)
        return answer

    def _request(self, method: str, url: str, headers: Mapping[str, str], options: Mapping[str, Any]) -> httpx.Response:
        end = time.monotonic() + self._settings.timeout_seconds
        try:
            with self._client.stream(method, url, headers=headers, **options) as answer:
                parts: list[bytes] = []
                size = 0
                for part in answer.iter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > _LARGEST:
                        raise _Failed(f"it sends more than {_LARGEST} bytes.")
                    if time.monotonic() > end:
                        raise _Failed(f"it sent no whole answer within {self._settings.timeout_seconds:g} s.")
        except httpx.TimeoutException as error:
            raise _Failed(f"it did not answer within {self._settings.timeout_seconds:g} s.") from error
        except httpx.HTTPError as error:
            raise _Failed(f"it does not answer: {error or type(error).__name__}.") from error
        return httpx.Response(
            answer.status_code,
            headers={k: v for k, v in answer.headers.items() if k.lower() != "content-encoding"},
            content=b"".join(parts),
        )

    def _require_good(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if answer.is_success:
            return
        if status == _BUSY:
            raise _Failed("it wants fewer requests (429).", retry_after(answer))
        if status in _AGAIN:
            raise _Failed(f"it failed at this ({status}).", retry_after(answer))
        if status in (401, 403):
            raise _Failed(f"it does not accept the account ({status}): are its settings right?", 60.0)
        if status == 404:
            raise NotFound(f"{self._name} knows nothing of this (404).", self._name)
        if 400 <= status < 500:
            raise InvalidInput(f"{self._name} refuses the question ({status}): {self._words(answer)}", self._name)
        raise _Failed(f"it talks nonsense: status {status}.")

    def _document(self, answer: httpx.Response) -> Any:
        try:
            return json.loads(answer.content, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as error:
            kind = answer.headers.get("content-type", "nothing")
            raise _Failed(f"it talks nonsense: {kind} in place of JSON ({self._words(answer)}).") from error

    def _binary(self, answer: httpx.Response) -> bytes:
        if not answer.content or answer.content.lstrip()[:1] in (b"<", b"{"):
            raise _Failed(f"it talks nonsense: {self._words(answer) or 'nothing'} in place of an image.")
        return answer.content

    def _words(self, answer: httpx.Response) -> str:
        return self._clean(" ".join(answer.text.split())[:_SHOWN])

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…") if secret else text
        return text


def records(http: BrokerHttp, given: Any, what: str) -> list[dict[str, Any]]:
    """The records of an answer that is a list of them by the broker's description."""
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        rejected_shape(http, given, f"a list of {what}")
    return given  # type: ignore[no-any-return]


def rejected_shape(http: BrokerHttp, given: Any, wanted: str) -> NoReturn:
    """Say that an answer is no such thing as was wanted."""
    http.nonsense(f"{type(given).__name__} {str(given)[:80]!r} in place of {wanted}")
