"""Talking to the Treasure Map with the token of an allocation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from skyhub.adapters.treasuremap import TreasureMap
from skyhub.config import load_settings
from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.facilities import instrument_named
from skyhub.followup import ALLOCATIONS, allocation_secrets
from skyhub.records import current_row

__all__ = ["Account", "account_of"]

_TOKEN = "treasuremap_token"


class Account(NamedTuple):
    """With whose token what instrument is spoken of."""

    service: TreasureMap
    allocation: dict[str, Any]
    instrument: dict[str, Any]


@contextmanager
def account_of(db: Database, viewer: Viewer, allocation_id: int) -> Iterator[Account]:
    """The Treasure Map's account of an allocation that the viewer may use.

    Raises
    ------
    NotFound, PermissionRefused
        If the viewer may not see the allocation, or not ask for observations.
    InvalidInput
        If no Treasure Map is permitted by the settings, or the allocation has no token of it.
    """
    viewer.require(ALLOCATIONS.scope)
    allocation = current_row(db, viewer, ALLOCATIONS, allocation_id)
    settings = load_settings().treasuremap
    if settings is None:
        raise InvalidInput("the operator has named no Treasure Map: the setting is SKYHUB_TREASUREMAP.", "treasuremap")
    token = allocation_secrets(db, viewer, allocation_id).get(_TOKEN) if allocation["sealed"] else None
    if not token:
        raise InvalidInput(
            f"allocation {allocation_id} has no secret {_TOKEN}: add the token of an account by an edit.",
            "allocation_id",
        )
    service = TreasureMap(settings, token)
    try:
        yield Account(service, allocation, instrument_named(db, viewer, allocation["instrument"]))
    finally:
        service.close()
