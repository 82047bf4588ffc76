"""Signed tokens that the data service issues itself: for the operator, and for one run of a report."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt

from skyhub.db import ADMINISTRATOR, Viewer
from skyhub.errors import NotAuthenticated, StorageError

__all__ = ["TOKEN_PREFIX", "TokenSigner"]

TOKEN_PREFIX = "sky_"
"""How a token begins that a user made here; what follows says nothing, its digest is in the database."""

_ALGORITHM = "HS256"
_OPERATOR_DAYS = 366
_KEY_BYTES = 32
_MOST_KEPT = 10_000


class TokenSigner:
    """Issues and reads signed tokens; the key lies in the data directory, readable by its owner alone.

    Parameters
    ----------
    data_dir
        The data directory.
    """

    def __init__(self, data_dir: Path) -> None:
        self._key = _key(data_dir / "secrets" / "token-key")
        self._read: dict[str, tuple[float, Viewer]] = {}

    def issue(self, viewer: Viewer, lifetime: timedelta) -> str:
        """A token that reads as `viewer` until its lifetime is over."""
        claims = {
            "sub": viewer.name,
            "groups": sorted(viewer.groups),
            "streams": sorted(viewer.streams),
            "scopes": sorted(viewer.scopes),
            "personal": viewer.personal,
            "exp": datetime.now(UTC) + lifetime,
        }
        return jwt.encode(claims, self._key, _ALGORITHM)

    def issue_for_operator(self) -> str:
        """The token with which commands on this data directory talk to the running service."""
        return self.issue(ADMINISTRATOR, timedelta(days=_OPERATOR_DAYS))

    def read(self, token: str) -> Viewer:
        """Who a token stands for. Raises `NotAuthenticated` if it is forged or has expired."""
        kept = self._read.get(token)
        if kept is None or kept[0] <= time.time():
            kept = self._verified(token)
            if len(self._read) >= _MOST_KEPT:
                self._read.clear()
            self._read[token] = kept
        return kept[1]

    def _verified(self, token: str) -> tuple[float, Viewer]:
        try:
            claims = jwt.decode(token, self._key, [_ALGORITHM], options={"require": ["sub", "exp"]})
        except jwt.InvalidTokenError as error:
            raise NotAuthenticated(f"the token is not valid: {error}. Ask for a new one.", "token") from error
        groups, streams, scopes = (frozenset(claims[name]) for name in ("groups", "streams", "scopes"))
        return float(claims["exp"]), Viewer(claims["sub"], groups, streams, scopes, bool(claims.get("personal", True)))

    def ends_at(self, token: str) -> datetime:
        """When a token that was read ends."""
        return datetime.fromtimestamp(jwt.decode(token, self._key, [_ALGORITHM])["exp"], UTC)

    @staticmethod
    def recognises(token: str) -> bool:
        """Whether a token has the form of a signed one."""
        return token.count(".") == 2


def _key(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(_KEY_BYTES))
        fresh.replace(path)
    try:
        key = bytes.fromhex(path.read_text())
    except (OSError, ValueError):
        key = b""
    if len(key) < _KEY_BYTES:
        raise StorageError(f"{path} holds no key: remove it, and a new one is made; tokens given out end.", str(path))
    return key
