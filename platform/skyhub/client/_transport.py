"""Talking to the data service over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import pyarrow as pa

from skyhub.client._query_log import QueryLog
from skyhub.client._times import iso_time
from skyhub.errors import SkyhubError, Unavailable, error_from_json

__all__ = ["ARROW", "Transport", "path_part"]

ARROW = "application/vnd.apache.arrow.stream"
_SECONDS = 60.0
_LOOK_SECONDS = 0.1


class Transport:
    """Requests to the data service with one caller's token.

    Parameters
    ----------
    url
        Base URL of the data service.
    token
        A token of the hub, or one that the service issued.
    reads_at
        The time (ISO 8601) as of which all is read that names no other.
    log
        Where all requests are noted.
    """

    def __init__(self, url: str, token: str, reads_at: str | None = None, log: QueryLog | None = None) -> None:
        self.url = url.rstrip("/")
        self.reads_at = reads_at
        self._log = log
        self._headers = {"Authorization": f"Bearer {token}"}
        self._client = self._connect(httpx.Timeout(_SECONDS))

    def moment(self, as_of: datetime | str | None) -> str | None:
        """The time as of which to read, as it travels in a body: the one that is named, else `reads_at`."""
        return iso_time(as_of) or self.reads_at

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON document at a path; parameters that are None are left out."""
        return self._send("GET", path, params=self._asked(parameters)).json()

    def get_while(self, going: Callable[[], bool], path: str, **parameters: Any) -> Any:
        """The JSON document at a path, however long it takes, while it is still wanted.

        Once `going` says no the connection is closed, which may end the work for the answer.

        Raises
        ------
        Unavailable
            If `going` said no before the answer had come.
        """
        asked = self._asked(parameters)
        with ThreadPoolExecutor(1, "skyhub-answer") as thread:  # this one may have a loop that runs
            asking = thread.submit(asyncio.run, self._answer_while(going, path, asked))
        try:
            return self._checked(asking.result(), "GET", path, {"params": asked}).json()
        except httpx.HTTPError as error:
            raise self._no_answer(error) from error

    def get_bytes(self, path: str, **parameters: Any) -> bytes:
        """The bytes at a path."""
        return self._send("GET", path, params=self._asked(parameters)).content

    def get_arrow(self, path: str, **parameters: Any) -> pa.Table:
        """The table at a path."""
        answer = self._send("GET", path, params=self._asked(parameters), headers={"Accept": ARROW})
        return pa.ipc.open_stream(answer.content).read_all()

    def post(self, path: str, document: Any, **parameters: Any) -> Any:
        """Send a JSON document and return the JSON answer; parameters that are None are left out."""
        return self._send("POST", path, json=document, params=_given(parameters)).json()

    def send(self, method: str, path: str, document: Any = None) -> Any:
        """Send a JSON document by any method and return the JSON answer."""
        return self._send(method, path, json=document).json()

    def post_for_arrow(self, path: str, document: Any) -> pa.Table:
        """Send a JSON document and return the table that comes back."""
        answer = self._send("POST", path, json=document, headers={"Accept": ARROW})
        return pa.ipc.open_stream(answer.content).read_all()

    def post_arrow(self, path: str, table: pa.Table, *, patient: bool = False, **parameters: Any) -> Any:
        """Send a table and return the JSON answer; if `patient`, however long it takes."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return self._send(
            "POST",
            path,
            content=sink.getvalue().to_pybytes(),
            headers={"Content-Type": ARROW},
            params=_given(parameters),
            **({"timeout": httpx.Timeout(_SECONDS, read=None)} if patient else {}),
        ).json()

    def exchange(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        media_type: str | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> httpx.Response:
        """Send bytes by any method and return the whole answer."""
        headers = {} if media_type is None else {"Content-Type": media_type}
        return self._send(method, path, content=content, headers=headers, params=_given(parameters or {}))

    def post_for_lines(self, path: str, document: Any) -> Generator[Any]:
        """Send a JSON document and return the JSON documents that come back, as they come; closing it ends the answer."""
        with self.stream_client() as client:
            try:
                with client.stream("POST", path, json=document, headers={"Accept-Encoding": "identity"}) as answer:
                    if not answer.is_success:
                        answer.read()
                        raise _error_of(answer, self.url)
                    yield from map(json.loads, answer.iter_lines())
            except httpx.HTTPError as error:
                raise Unavailable(
                    f"the data service at {self.url} went away: {error}. Try again in a moment.", self.url
                ) from error

    def stream_client(self) -> httpx.Client:
        """A client of its own for a long stream; the service says something every 15 s, or it is gone."""
        return self._connect(httpx.Timeout(10.0, read=_SECONDS))

    def be_patient(self) -> None:
        """From now on, wait for each answer as long as it takes."""
        self._client.timeout = httpx.Timeout(_SECONDS, read=None)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _asked(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return _given({"as_of": self.reads_at, **_given(parameters)})

    def _connect(self, timeout: httpx.Timeout) -> httpx.Client:
        # Reading the certificate authorities takes 20 ms, which a connection without TLS need not wait for.
        secure = self.url.startswith("https:")
        return httpx.Client(base_url=self.url, headers=self._headers, timeout=timeout, trust_env=False, verify=secure)

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        if self._client.is_closed:
            raise Unavailable(f"the connection to {self.url} is closed: connect again.", self.url)
        try:
            answer = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise self._no_answer(error) from error
        return self._checked(answer, method, path, options)

    async def _answer_while(self, going: Callable[[], bool], path: str, parameters: dict[str, Any]) -> httpx.Response:
        secure, timeout = self.url.startswith("https:"), httpx.Timeout(_SECONDS, read=None)
        client = httpx.AsyncClient(
            base_url=self.url, headers=self._headers, timeout=timeout, trust_env=False, verify=secure
        )
        async with client:
            asking = asyncio.ensure_future(client.get(path, params=parameters))
            while going() and not asking.done():
                await asyncio.wait([asking], timeout=_LOOK_SECONDS)
            if asking.done():
                return await asking
            asking.cancel()
            await asyncio.wait([asking])
        raise Unavailable("the question was given up before its answer had come: ask again.", path)

    def _no_answer(self, error: httpx.HTTPError) -> Unavailable:
        return Unavailable(f"the data service at {self.url} does not answer: {error}. Try again in a moment.", self.url)

    def _checked(self, answer: httpx.Response, method: str, path: str, options: Mapping[str, Any]) -> httpx.Response:
        if answer.is_success:
            if self._log is not None:
                self._log.note(method, path, options, answer)
            return answer
        raise _error_of(answer, self.url)


def _error_of(answer: httpx.Response, url: str) -> SkyhubError:
    """What a refusal says."""
    try:
        document = answer.json()
    except json.JSONDecodeError:
        document = None
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        return error_from_json(answer.status_code, document)
    if answer.status_code in (502, 503, 504):  # a proxy's words, or another server's
        return Unavailable(f"the data service at {url} does not answer ({answer.status_code}).", url)
    return error_from_json(answer.status_code, answer.text[:200])


def _given(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def path_part(text: object) -> str:
    """One part of a path, whatever characters it has."""
    return quote(str(text), safe="")
