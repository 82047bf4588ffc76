"""Sky maps that lie elsewhere: fetched from permitted hosts alone, within bounds of size and time."""

from __future__ import annotations

import logging
import time
from urllib.parse import urljoin

import httpx

from skyhub.config import MapSettings
from skyhub.errors import SkyhubError

__all__ = ["NotFetched", "fetch_map"]

_MOST_REDIRECTS = 5
_REFUSED = frozenset({400, 401, 403, 405, 410, 451})


class NotFetched(SkyhubError):
    """A map that could not be fetched.

    Parameters
    ----------
    message
        Why.
    final
        Whether it is of no use to ask again.
    """

    code = "not_fetched"
    status = 503

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def fetch_map(url: str, settings: MapSettings) -> bytes:
    """The bytes at an address, as they are there; each address on the way must be of a permitted host.

    Parameters
    ----------
    url
        The address.
    settings
        The hosts that are permitted, and the bounds of time and size.

    Raises
    ------
    NotFetched
        If it is not there yet, comes too slowly or broken; for good if it is too large, refused, or lies where nothing may be
        fetched from.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)
    end = time.monotonic() + settings.timeout_seconds
    headers = {"User-Agent": "skyhub", "Accept": "*/*", "Accept-Encoding": "identity"}
    try:
        with httpx.Client(trust_env=False, timeout=settings.timeout_seconds, headers=headers) as client:
            for _ in range(_MOST_REDIRECTS + 1):
                if not settings.permits(url):
                    raise NotFetched("it leads to a host that maps.hosts does not permit.", final=True)
                with client.stream("GET", url) as answer:
                    if not answer.has_redirect_location:
                        return _content(answer, settings, end)
                    url = urljoin(url, answer.headers["location"])
    except httpx.TimeoutException:
        raise _late(settings) from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NotFetched(f"the server does not answer as it should: {type(error).__name__}.") from None
    raise NotFetched(f"it leads on more than {_MOST_REDIRECTS} times.", final=True)


def _content(answer: httpx.Response, settings: MapSettings, end: float) -> bytes:
    if not answer.is_success:
        raise NotFetched(f"the server answered {answer.status_code}.", final=answer.status_code in _REFUSED)
    most, content = settings.largest_megabytes * 1_000_000, bytearray()
    for part in answer.iter_raw():
        content += part
        if len(content) > most:
            raise NotFetched(f"it has more than the {settings.largest_megabytes} MB that are permitted.", final=True)
        if time.monotonic() > end:
            raise _late(settings)
    return bytes(content)


def _late(settings: MapSettings) -> NotFetched:
    return NotFetched(f"it was not there within {settings.timeout_seconds:g} s.")
