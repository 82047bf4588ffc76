"""An account at the other side: the header that tells it, and what is never repeated of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Account", "account_of"]


class Account(NamedTuple):
    """How requests are authorised."""

    headers: dict[str, str]
    hidden: tuple[str, ...]
    """Texts that must not come out: secrets, and what they are packed in."""


def account_of(secrets: Mapping[str, str], scheme: str) -> Account:
    """An account by its ``token`` under a scheme, else by ``username`` and ``password`` (RFC 7617)."""
    hidden = tuple(value for name, value in secrets.items() if value and name != "username")
    if "token" in secrets:
        return Account({"Authorization": f"{scheme} {secrets['token']}"}, hidden)
    pair = f"{secrets.get('username', '')}:{secrets.get('password', '')}"
    packed = b64encode(pair.encode()).decode()
    return Account({"Authorization": f"Basic {packed}"}, (packed, *hidden))
