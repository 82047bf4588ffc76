"""GCN's circulars: sent through its interface with a token (OAuth 2, RFC 6749), looked for among the newest, or put into its form.

Neither secrets nor tokens are ever logged or told in errors.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from skyhub.adapters.channels import NotDelivered

__all__ = ["GcnAccount", "GcnCirculars", "OutgoingCircular", "form_address"]

_SECONDS = 20.0
_SCOPE = "gcn.nasa.gov/circular-submitter"
_LATER = (408, 425, 429)
_TOKEN_MARGIN = 60.0
_MOST_LOOKED_AT = 200
_GAP = 3
"""So many numbers in a row without a circular are the end."""
_LINK = re.compile(r"/circulars/(\d{1,9})")


@dataclass(frozen=True)
class GcnAccount:
    """Who sends: a client that is registered with GCN, and the token by which a submitter has linked his account to it."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    """Without one the client asks for a token in its own name."""


@dataclass(frozen=True)
class OutgoingCircular:
    """What GCN is to publish."""

    subject: str
    body: str
    format: str = "text/plain"
    """``text/plain`` or ``text/markdown``."""


def form_address(origin: str, circular: OutgoingCircular) -> str:
    """The address of GCN's form with a circular filled in, for a person to send."""
    return f"{origin}/circulars/new?{urlencode({'subject': circular.subject, 'body': circular.body})}"


class GcnCirculars:
    """GCN's interface to circulars, with the rights of an account.

    Parameters
    ----------
    origin
        GCN's site.
    token_url
        Where tokens are from.
    account
        Who sends.
    """

    def __init__(self, origin: str, token_url: str, account: GcnAccount) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells the whole address of each request
        self._origin, self._token_url, self._account = origin, token_url, account
        self._token, self._until = "", 0.0

    def submit(self, circular: OutgoingCircular) -> int:
        """Send a circular; its number. A token that is not accepted is asked for anew once.

        Raises
        ------
        NotDelivered
            If it was refused (for good, unless GCN has too much to do), or may have arrived without an answer.
        """
        document = {"subject": circular.subject, "body": circular.body, "format": circular.format}
        answer = self._post(document)
        if answer.status_code == 401:
            self._token = ""
            answer = self._post(document)
        if answer.is_success:
            return _number(answer)
        raise _refusal(answer, "GCN")

    def find(self, circular: OutgoingCircular, since: datetime) -> int | None:
        """The number of a circular of the same subject and text that was published after a time; None if there is none.

        Parameters
        ----------
        circular
            What was sent.
        since
            When it was first sent, by this machine's clock; that of GCN may be ten minutes behind.

        Raises
        ------
        NotDelivered
            If GCN does not tell, so that nobody knows.
        """
        earliest = (since.timestamp() - 600) * 1000
        wanted = _plain(circular.subject), _plain(circular.body)
        with _client() as client:
            for document in self._newest_first(client):
                if document.get("createdOn", 0) < earliest:
                    return None
                if (_plain(document.get("subject")), _plain(document.get("body"))) == wanted:
                    return int(document["circularId"])
        return None

    def _newest_first(self, client: httpx.Client) -> Iterator[dict[str, Any]]:
        """The circulars of the archive: those after the newest one of the feed, which is some minutes old, then backwards."""
        feed = _LINK.findall(self._get(client, "/circulars.atom").text)
        if not feed:
            raise NotDelivered(
                "GCN's feed of circulars names none: it is not known whether ours is there.", unsure=True
            )
        newest = max(map(int, feed))
        later: list[dict[str, Any]] = []
        missing, number = 0, newest
        while missing < _GAP and len(later) < _MOST_LOOKED_AT:
            number += 1
            document = self._document(client, number)
            missing = 0 if document else missing + 1
            later += [document] if document else []
        yield from reversed(later)
        for number in range(newest, max(newest - _MOST_LOOKED_AT, 0), -1):
            if document := self._document(client, number):
                yield document
        if newest > _MOST_LOOKED_AT:
            raise NotDelivered(f"more than {_MOST_LOOKED_AT} circulars came since: look for it at GCN.", unsure=True)

    def _document(self, client: httpx.Client, number: int) -> dict[str, Any] | None:
        answer = self._get(client, f"/circulars/{number}.json", absent=True)
        if answer.status_code == 404:
            return None
        try:
            document: dict[str, Any] = answer.json()
        except ValueError:
            raise NotDelivered(f"GCN's circular {number} is no JSON.", unsure=True) from None
        return document

    def _get(self, client: httpx.Client, path: str, absent: bool = False) -> httpx.Response:
        try:
            answer = client.get(self._origin + path)
        except httpx.HTTPError as error:
            raise NotDelivered(f"GCN's archive cannot be read: {type(error).__name__}.", unsure=True) from None
        if answer.is_success or (absent and answer.status_code == 404):
            return answer
        raise NotDelivered(f"GCN's archive answered {answer.status_code}.", unsure=True)

    def _post(self, document: dict[str, str]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._access_token()}"}
        return _ask("GCN", f"{self._origin}/api/circulars", json=document, headers=headers, unsure=True)

    def _access_token(self) -> str:
        if not self._token or time.monotonic() > self._until:
            self._token, lasts = self._new_token()
            self._until = time.monotonic() + lasts - _TOKEN_MARGIN
        return self._token

    def _new_token(self) -> tuple[str, float]:
        linked = self._account.refresh_token
        wish = {"grant_type": "refresh_token", "refresh_token": linked} if linked else {
            "grant_type": "client_credentials", "scope": _SCOPE,
        }  # fmt: skip
        auth = (self._account.client_id, self._account.client_secret)
        answer = _ask("the server of tokens", self._token_url, data=wish, auth=auth)
        if not answer.is_success:
            raise _refusal(answer, "the server of tokens")
        try:
            document = answer.json()
            return str(document["access_token"]), float(document.get("expires_in", 300))
        except (ValueError, KeyError, TypeError):
            raise NotDelivered("the server of tokens gave none.", final=True) from None


def _client() -> httpx.Client:
    return httpx.Client(trust_env=False, follow_redirects=False, timeout=_SECONDS)


def _ask(whom: str, url: str, unsure: bool = False, **options: Any) -> httpx.Response:
    try:
        with _client() as client:
            return client.post(url, **options)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL) as error:
        raise NotDelivered(f"{whom} cannot be reached: {type(error).__name__}.") from None
    except httpx.HTTPError as error:
        raise NotDelivered(f"{whom} did not answer: {type(error).__name__}.", unsure=unsure) from None


def _number(answer: httpx.Response) -> int:
    try:
        return int(answer.json()["circularId"])
    except (ValueError, KeyError, TypeError):
        raise NotDelivered("GCN took it and told no number.", unsure=True) from None


def _refusal(answer: httpx.Response, whom: str) -> NotDelivered:
    """Why something was not taken; a server that fails may have taken it all the same."""
    code = answer.status_code
    wait = answer.headers.get("retry-after", "")
    reason = (
        " ".join(answer.text.split())[:200] if answer.headers.get("content-type", "").startswith("text/plain") else ""
    )
    return NotDelivered(
        f"{whom} answered {code}{f': {reason}' if reason else ''}.",
        final=code < 500 and code not in _LATER,
        unsure=code >= 500 and whom == "GCN",
        retry_after=float(wait) if wait.isdecimal() and len(wait) < 9 else None,
    )


def _plain(text: Any) -> str:
    return " ".join(str(text).split())
