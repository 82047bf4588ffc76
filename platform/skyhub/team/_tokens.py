"""Tokens with fewer rights than their owner: made here, kept as a digest, revoked at once.

What such a token may do is asked at each use: what it was made for, as far as its owner still has these rights.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool

from skyhub.db import ADMINISTRATOR, Database, Transaction, Viewer, iso
from skyhub.errors import InvalidInput, NotAuthenticated, NotFound, PermissionRefused
from skyhub.team._records import personal_group
from skyhub.web import TOKEN_PREFIX, Directory

__all__ = ["TokenRequest", "UserTokens"]

_BYTES = 32
_LONGEST_NAME, _LONGEST_HOURS = 64, 366 * 24.0
_KEPT_SECONDS = 30.0
_NOTED_SECONDS = 600.0
"""How often the use of a token is written down, at most."""
_STORED = "SELECT * FROM @tokens ORDER BY token_id"
_USES = "SELECT token_id, max(known_at) AS used_at FROM @token_uses GROUP BY token_id"


@dataclass(frozen=True)
class TokenRequest:
    """What a token shall be good for."""

    name: str
    scopes: Sequence[str]
    groups: Sequence[str] | None
    """None: all groups that the owner is in when the token is used."""
    hours: float


@dataclass(frozen=True)
class _Token:
    token_id: int
    name: str
    owner: str
    scopes: frozenset[str]
    groups: frozenset[str] | None
    issued: Viewer
    """The owner's rights when it was made."""
    expires_at: datetime


class UserTokens:
    """The tokens that users made.

    Parameters
    ----------
    db
        The database.
    directory
        Who tells the owners' present rights.
    hub
        Whether the directory is a hub's, which knows all users; else owners it does not know keep the rights they had.
    """

    def __init__(self, db: Database, directory: Directory, hub: bool) -> None:
        self._db, self._directory, self._hub = db, directory, hub
        self._lock = threading.Lock()
        rows = db.reader.rows(ADMINISTRATOR, _STORED)
        self._tokens = {row["digest"]: _token(row) for row in rows}
        self._owners: dict[str, tuple[float, Viewer | None]] = {}
        self._noted: dict[int, float] = {}
        self._epoch = 0

    async def viewer(self, token: str) -> Viewer:
        """Whom a token stands for, with the rights it has now. Raises `NotAuthenticated` if it has none."""
        known = self._tokens.get(_digest(token))
        if known is None or known.expires_at <= datetime.now(UTC):
            raise NotAuthenticated("the token is not known, was revoked or has expired: make a new one.", "token")
        owner = await run_in_threadpool(self._owner, known)
        if self._noted.get(known.token_id, -_NOTED_SECONDS) + _NOTED_SECONDS <= time.monotonic():
            self._noted[known.token_id] = time.monotonic()
            await run_in_threadpool(self._note, known)
        return _limited(known, owner)

    def forget(self, user: str) -> None:
        """Ask anew about this user's rights: they have changed."""
        with self._lock:
            self._epoch += 1
            self._owners.pop(user, None)

    def make(self, viewer: Viewer, wanted: TokenRequest, until: datetime | None = None) -> dict[str, Any]:
        """Make a token with some of the viewer's rights: its record, and once, under ``token``, itself.

        Parameters
        ----------
        viewer
            Who makes it and will own it.
        wanted
            What it shall be good for.
        until
            When the token with which the viewer asks ends, if it is known: this one ends no later.

        Raises
        ------
        PermissionRefused
            If a scope or a group is not the viewer's.
        """
        _check(self._db, viewer, wanted)
        secret = TOKEN_PREFIX + secrets.token_urlsafe(_BYTES)
        ends = datetime.now(UTC) + timedelta(hours=wanted.hours)
        ends = min(ends, until) if until else ends
        own = personal_group(self._db, viewer)
        row = {
            "version": 1,
            "name": wanted.name.strip(),
            "owner": viewer.name,
            "digest": _digest(secret),
            "scopes": sorted(set(wanted.scopes)),
            "groups": None if wanted.groups is None else sorted(set(wanted.groups)),
            "owner_groups": sorted(viewer.groups),
            "owner_streams": sorted(viewer.streams),
            "expires_at": ends.replace(tzinfo=None),
        }

        def write(transaction: Transaction) -> dict[str, Any]:
            number = transaction.next_id("tokens", "token_id")
            stored = {**row, "token_id": number, "acl": transaction.acl(groups=[own])}
            transaction.insert("tokens", [stored])
            _announce(transaction, viewer, "added", number, own)
            return {**stored, "known_at": transaction.now}

        stored = self._db.writer.write(write)
        self._tokens[row["digest"]] = _token(stored)
        return {**_document(stored, None), "token": secret}

    def listed(self, viewer: Viewer) -> list[dict[str, Any]]:
        """The viewer's own tokens that are in force, without themselves."""
        used = {row["token_id"]: row["used_at"] for row in self._db.reader.rows(viewer, _USES)}
        now = datetime.now(UTC).replace(tzinfo=None)
        rows = [row for row in self._db.reader.rows(viewer, _STORED) if row["owner"] == viewer.name]
        return [_document(row, used.get(row["token_id"])) for row in rows if row["expires_at"] > now]

    def revoke(self, viewer: Viewer, token_id: int) -> str:
        """End a token, at once: one's own, or anybody's as an administrator; returns whose it was."""
        found = [t for t in self._tokens.items() if t[1].token_id == token_id]
        if not found or not (found[0][1].owner == viewer.name or viewer.administers):
            raise NotFound(f"there is no token {token_id} of yours.", str(token_id))
        digest, token = found[0]
        own = personal_group(self._db, token.issued)

        def write(transaction: Transaction) -> None:
            transaction.supersede("tokens", "token_id", {token_id: 2})
            _announce(transaction, viewer, "removed", token_id, own)

        self._tokens.pop(digest, None)
        self._db.writer.write(write)
        return token.owner

    def _owner(self, token: _Token) -> Viewer:
        """The owner's rights, at most half a minute old."""
        kept = self._owners.get(token.owner)
        if kept is None or kept[0] < time.monotonic():
            epoch, kept = self._epoch, (time.monotonic() + _KEPT_SECONDS, self._directory.viewer(token.owner))
            with self._lock:
                if epoch == self._epoch:
                    self._owners[token.owner] = kept
        if kept[1] is None and self._hub:
            raise NotAuthenticated(f"{token.owner}, who made the token, is no user of the hub any more.", "token")
        return kept[1] or token.issued

    def _note(self, token: _Token) -> None:
        own = personal_group(self._db, token.issued)
        self._db.writer.submit(
            lambda t: t.insert("token_uses", [{"token_id": token.token_id, "acl": t.acl(groups=[own])}])
        )


def _limited(token: _Token, owner: Viewer) -> Viewer:
    """The rights of a token: what it was made for, as far as its owner has them."""
    scopes = token.scopes if owner.administers else token.scopes & owner.scopes
    if token.groups is None:
        return replace(owner, scopes=scopes)
    groups = token.groups if owner.administers else token.groups & owner.groups
    return Viewer(owner.name, groups, owner.streams, scopes, personal=False)


def _check(db: Database, viewer: Viewer, wanted: TokenRequest) -> None:
    if not 1 <= len(wanted.name.strip()) <= _LONGEST_NAME:
        raise InvalidInput(f"the name has {len(wanted.name)} characters: 1 to {_LONGEST_NAME} are permitted.", "name")
    if not 0 < wanted.hours <= _LONGEST_HOURS:
        raise InvalidInput(f"{wanted.hours} hours: more than 0, at most {_LONGEST_HOURS:.0f} are permitted.", "hours")
    if not wanted.scopes:
        raise InvalidInput(f"no scope was given: {', '.join(sorted(viewer.scopes))} are permitted.", "scopes")
    if not set(wanted.scopes) <= viewer.scopes:
        raise PermissionRefused(
            f"{', '.join(wanted.scopes)} were asked for: {', '.join(sorted(viewer.scopes))} are permitted.", "scopes"
        )
    if wanted.groups is not None and "administer" in wanted.scopes:
        raise InvalidInput("who administers sees all groups: leave the groups out, or the scope administer.", "groups")
    mine = set(db.access.group_names(db.access.group_ids(viewer)))
    if wanted.groups is not None and not set(wanted.groups) <= mine:
        raise PermissionRefused(
            f"{', '.join(wanted.groups)} were asked for: {', '.join(sorted(mine)) or 'no groups'} are permitted.",
            "groups",
        )


def _token(row: dict[str, Any]) -> _Token:
    scopes = frozenset(row["scopes"])
    issued = Viewer(row["owner"], frozenset(row["owner_groups"]), frozenset(row["owner_streams"]), scopes)
    groups = None if row["groups"] is None else frozenset(row["groups"])
    ends = row["expires_at"].replace(tzinfo=UTC)
    return _Token(row["token_id"], row["name"], row["owner"], scopes, groups, issued, ends)


def _document(row: dict[str, Any], used: datetime | None) -> dict[str, Any]:
    plain = {"token_id": str(row["token_id"]), **{key: row[key] for key in ("name", "owner", "scopes", "groups")}}
    times = {"made_at": iso(row["known_at"]), "expires_at": iso(row["expires_at"]), "used_at": used and iso(used)}
    return {**plain, **times}


def _announce(transaction: Transaction, viewer: Viewer, action: str, token_id: int, own: int) -> None:
    payload = {"user": viewer.name, "action": action, "token_id": str(token_id)}
    transaction.announce("tokens", payload, transaction.acl(groups=[own]))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
