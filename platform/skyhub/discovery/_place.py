"""An event, the localization in which something is looked for, and what its map says of positions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skyhub.db import Database, Viewer
from skyhub.errors import NotFound
from skyhub.events import event_localizations, event_row
from skyhub.localizations import map_of
from skyhub.science.nights import mjd_of_datetime
from skyhub.science.skymaps import SkyMap

__all__ = ["Place", "place_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """Where and since when something of an event is looked for."""

    event_id: int
    event: str
    t0: float
    """Time of the event (MJD, UTC)."""
    localization: dict[str, Any]
    sky_map: SkyMap

    def distances(self, cell: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mean and standard deviation (Mpc) of the distance along the lines of sight of cells; NaN where the map says none."""
        nothing = np.full(len(cell), np.nan)
        if self.sky_map.distances is None:
            return nothing, nothing
        mean, square = self.sky_map.distances.take(cell).moments()
        with np.errstate(invalid="ignore"):
            spread = np.sqrt(np.maximum(square - mean**2, 0))
        return np.where(cell >= 0, mean, np.nan), np.where(cell >= 0, spread, np.nan)


def place_of(db: Database, viewer: Viewer, name: str, localization_id: int | None, as_of: datetime | None) -> Place:
    """The place to look in.

    Raises
    ------
    NotFound
        If the viewer may see no such event, or no such localization of it.
    """
    event = event_row(db, viewer, name, as_of)
    found = event_localizations(db, viewer, event["event_id"], as_of)
    chosen = [one for one in found if localization_id in (None, int(one["localization_id"]))]
    if not chosen:
        known = ", ".join(one["localization_id"] for one in found) or "none"
        raise NotFound(
            f"{event['event']} has no localization {localization_id or ''} among those that you may see: {known} are there.",
            "localization",
        )
    sky_map = map_of(db, viewer, int(chosen[0]["localization_id"]), as_of)
    return Place(
        event["event_id"],
        event["event"],
        mjd_of_datetime(event["trigger_time"].replace(tzinfo=UTC)),
        chosen[0],
        sky_map,
    )
