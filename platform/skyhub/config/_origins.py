"""Which texts are addresses of servers."""

from __future__ import annotations

from urllib.parse import urlsplit

__all__ = ["is_address", "is_origin"]

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_origin(text: str) -> bool:
    """Whether a text is a scheme, a host and perhaps a port, and nothing else."""
    scheme, _, rest = text.partition("://")
    if scheme not in ("https", "http") or not rest or set("/@?# ") & set(rest):
        return False
    try:
        urlsplit(text).port  # noqa: B018  (raises)
    except ValueError:
        return False
    return True


def is_address(text: str) -> bool:
    """Whether secrets may be sent to an address: one of https, or of this machine itself."""
    parts = urlsplit(text)
    own = "@" not in parts.netloc and not set(" #") & set(text)
    return (
        own
        and bool(parts.hostname)
        and (parts.scheme == "https" or (parts.scheme, parts.hostname in _LOOPBACK) == ("http", True))
    )
