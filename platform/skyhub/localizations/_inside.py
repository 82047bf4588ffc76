"""The condition that something lies inside a localization, as whatever looks for objects asks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.localizations._maps import map_of
from skyhub.records import Record

__all__ = ["InsideLocalization", "PlaceTest", "inside"]

PlaceTest: TypeAlias = Callable[[NDArray[np.int64]], NDArray[np.bool_]]
"""Which of some order-29 NESTED HEALPix indices are as asked."""


class InsideLocalization(Record):
    """Where a selection of objects lies on the sky; anywhere by default."""

    localization: int | None = Field(
        None, ge=1, lt=2**63, description="Inside this localization, by its number (localization_id)"
    )
    level: float = Field(0.9, gt=0, le=1, description="How deep inside: credible level not more than this")


def inside(db: Database, viewer: Viewer, asked: InsideLocalization, as_of: datetime | None = None) -> PlaceTest | None:
    """The test that positions lie where the credible level is no more than is asked for.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    asked
        The localization and the level.
    as_of
        Only a localization that was known at this time.

    Returns
    -------
    callable or None
        Takes order-29 NESTED HEALPix indices of shape ``(n,)`` and returns which lie inside; None if no localization is
        asked for. Where the map has no probability nothing is inside, whatever the level.

    Raises
    ------
    InvalidInput
        If the viewer may see no such localization.
    """
    if asked.localization is None:
        return None
    try:
        sky_map = map_of(db, viewer, asked.localization, as_of)
    except NotFound as error:
        raise InvalidInput(f"{error.message} GET /api/localizations lists them.", "localization") from error
    return partial(sky_map.holds, level=asked.level)
