"""Accounts at GCN: by which a group's circulars are sent; secrets go in and come out no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, StorageError
from skyhub.followup import Sealer
from skyhub.records import Kind, Record

__all__ = ["CIRCULAR_ACCOUNTS", "CircularAccount"]

_WRITE_ONLY: dict[str, Any] = {"writeOnly": True}
_SECRETS = ("client_secret", "refresh_token")


class CircularAccount(Record):
    """By whom circulars are sent. ``client_secret`` and ``refresh_token`` never come back; an edit without them keeps them."""

    name: str = Field(min_length=1, max_length=60, description="What it is called")
    way: Literal["api", "email"] = Field(description="api, or email")
    address: str | None = Field(
        None,
        max_length=200,
        pattern=r"^[^@\s<>]+@[^@\s<>]+$",
        description="For email: the address that GCN knows the submitter by",
    )
    client_id: str | None = Field(None, max_length=200, description="For the api: the client that GCN has registered")
    client_secret: str | None = Field(
        None, min_length=1, max_length=2000, description="Its secret; write only", json_schema_extra=_WRITE_ONLY
    )
    refresh_token: str | None = Field(
        None,
        min_length=1,
        max_length=8000,
        description="The token by which the submitter has linked his account at GCN; write only",
        json_schema_extra=_WRITE_ONLY,
    )
    sealed: str | None = Field(
        None,
        description="The secrets, encrypted; kept by the platform",
        json_schema_extra={"readOnly": True} | _WRITE_ONLY,
    )

    @model_validator(mode="after")
    def _has_what_its_way_needs(self) -> Self:
        if (self.way == "email") != (self.address is not None):
            raise ValueError("an address is needed for email, and for nothing else")
        if (self.way == "api") != (self.client_id is not None):
            raise ValueError("a client_id is needed for the api, and for nothing else")
        if self.way == "email" and (self.client_secret or self.refresh_token):
            raise ValueError("client_secret and refresh_token are for the api alone")
        return self


def _prepare(db: Database, viewer: Viewer, accounts: Sequence[CircularAccount]) -> list[CircularAccount]:
    """Accounts with their secrets sealed."""
    return [_sealed(Sealer(db.data_dir), account) for account in accounts]


def _sealed(sealer: Sealer, account: CircularAccount) -> CircularAccount:
    if account.way == "email":
        return account.model_copy(update={"sealed": None})
    try:
        before = sealer.open(account.sealed) if account.sealed else {}
    except StorageError as error:
        raise InvalidInput(f"{error.message} Remove the account and add it anew.", "sealed") from error
    given = {name: getattr(account, name) for name in _SECRETS}
    secrets = before | {name: value for name, value in given.items() if value is not None}
    if "client_secret" not in secrets:
        raise InvalidInput("no client_secret was given: GCN gives it with the client_id.", "client_secret")
    return account.model_copy(update={**dict.fromkeys(_SECRETS), "sealed": sealer.seal(secrets)})


CIRCULAR_ACCOUNTS = Kind(
    "circular_accounts",
    "circular_account",
    CircularAccount,
    scope="approve",
    sharing="own",
    key=("name",),
    secret=frozenset({*_SECRETS, "sealed"}),
    announced=("name",),
    prepare=_prepare,
)
"""The kind of record."""
