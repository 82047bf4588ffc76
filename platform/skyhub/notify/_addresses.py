"""Where messages may be sent to: what the operator permits, and how an address is shown without its secret."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import httpx

from skyhub.config import NotificationSettings
from skyhub.errors import InvalidInput

__all__ = ["ChannelType", "checked_address", "shown_address"]

ChannelType: TypeAlias = Literal["email", "slack", "matrix"]

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
_PORTS = {"https": 443, "http": 80}


def checked_address(channel_type: ChannelType, address: str, settings: NotificationSettings) -> str:
    """An address to which the operator permits to send.

    Raises
    ------
    InvalidInput
        If it is none, or not permitted; of the address of a webhook, which is a secret, no more than the server is told.
    """
    return _checked_mail(address, settings) if channel_type == "email" else _checked_url(address, settings)


def shown_address(channel_type: ChannelType, address: str, room: str | None = None) -> str:
    """What may be shown of an address: of a webhook the server, of a mailbox its first letter and the domain."""
    if channel_type == "email":
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}…@{domain}"
    return " ".join(part for part in (_origin(httpx.URL(address)), room) if part)


def _checked_mail(address: str, settings: NotificationSettings) -> str:
    found = _MAIL.fullmatch(address)
    if not found:
        raise InvalidInput(f"{address[:60]!r} is no address of e-mail: name@example.org is permitted.", "address")
    if settings.smtp_host is None:
        raise InvalidInput("no e-mail is sent from here: an administrator sets notifications.smtp_host.", "address")
    domains = [domain.lower() for domain in settings.mail_domains]
    if "*" not in domains and found[1].lower() not in domains:
        raise InvalidInput(
            f"e-mail to {found[1]} is not permitted: {', '.join(domains) or 'none'} are (notifications.mail_domains).",
            "address",
        )
    return address


def _checked_url(address: str, settings: NotificationSettings) -> str:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.scheme not in _PORTS or not url.host or url.userinfo or url.fragment:
        raise InvalidInput("the address is no URL of a server: https://example.org/… is permitted.", "address")
    permitted = [httpx.URL(origin) for origin in settings.origins]
    if _place(url) not in map(_place, permitted):
        raise InvalidInput(
            f"{_origin(url)} is not permitted: {', '.join(settings.origins) or 'none'} are (notifications.origins).",
            "address",
        )
    return str(url)


def _place(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or _PORTS[url.scheme]


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
