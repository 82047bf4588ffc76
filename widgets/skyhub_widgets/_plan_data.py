"""A plan and its timeline as the plots take them: columns, and colours by the order of the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from skyhub.errors import InvalidInput

from skyhub_widgets._styles import filter_style

__all__ = ["NO_PLAN", "PlannedNight", "order_colours", "planned_night"]

Floats = npt.NDArray[np.float64]

_GRADIENT = np.array([[92, 80, 160], [49, 104, 142], [38, 130, 142], [53, 183, 121], [144, 215, 67]], dtype=float)
"""Colours of the first field to the last (viridis without its ends): told apart by the colour-blind, on light and dark."""
_NEEDED = ("nights", "mjd", "moon_altitude", "observations", "fields")


@dataclass(frozen=True)
class PlannedNight:
    """What is drawn of a plan; observations in their order."""

    nights: Sequence[Mapping[str, Any]] = ()
    mjd: Floats = field(default_factory=lambda: np.empty(0))
    moon: Floats = field(default_factory=lambda: np.empty(0))
    """Altitude of the Moon (deg) at `mjd`."""
    start: Floats = field(default_factory=lambda: np.empty(0))
    end: Floats = field(default_factory=lambda: np.empty(0))
    """Of each observation (MJD, UTC)."""
    airmass: Floats = field(default_factory=lambda: np.empty(0))
    probability: Floats = field(default_factory=lambda: np.empty(0))
    """Within the fields that have all visits when it ends."""
    fields: Sequence[str] = ()
    filters: Sequence[str] = ()
    colours: Sequence[str] = ()
    """By the order of the fields' first visits."""
    bound: float | None = None
    limit: float | None = None
    """Largest airmass that was asked for."""

    @property
    def bands(self) -> list[str]:
        """The filters in the order of their first use."""
        return list(dict.fromkeys(self.filters))

    def packed(self) -> dict[str, Any]:
        """As it travels to the browser."""
        doubles = {name: getattr(self, name).astype("<f8").tobytes() for name in ("mjd", "start", "end")}
        singles = {name: getattr(self, name).astype("<f4").tobytes() for name in ("moon", "airmass", "probability")}
        return {
            **doubles, **singles, "nights": [dict(night) for night in self.nights], "fields": list(self.fields),
            "filters": list(self.filters), "colours": list(self.colours), "bound": self.bound, "limit": self.limit,
            "bands": [{"name": name, "marker": filter_style(name)["marker"]} for name in self.bands],
        }  # fmt: skip


NO_PLAN = PlannedNight()


def order_colours(count: int) -> list[str]:
    """Colours (``#rrggbb``) of so many things in an order.

    Examples
    --------
    >>> order_colours(2)
    ['#5c50a0', '#90d743']
    """
    at = np.linspace(0, len(_GRADIENT) - 1, count)
    channels = [np.interp(at, np.arange(len(_GRADIENT)), _GRADIENT[:, k]) for k in range(3)]
    return ["#{:02x}{:02x}{:02x}".format(*rgb) for rgb in np.round(np.transpose(channels)).astype(int).tolist()]


def planned_night(plan: Mapping[str, Any], timeline: Mapping[str, Any]) -> PlannedNight:
    """A plan with its timeline, as ``sky.plans.draft`` and ``sky.plans.timeline`` give them.

    Raises
    ------
    InvalidInput
        If the timeline is none, or of another plan.
    """
    missing = [name for name in _NEEDED if name not in timeline]
    if missing:
        raise InvalidInput(
            f"the timeline has no {', '.join(missing)}: give what sky.plans.timeline(plan) returns.", "timeline"
        )
    rows = timeline["observations"]
    if len(rows) != len(plan["observations"]):
        raise InvalidInput(
            f"the plan has {len(plan['observations'])} observations, the timeline {len(rows)}: give the timeline of this plan.",
            "timeline",
        )
    names = [str(each["field_id"]) for each in timeline["fields"]]
    colours = dict(zip(names, order_colours(len(names)), strict=True))
    own = [str(row["field_id"]) for row in rows]
    numbers = {
        name: np.array([row[name] for row in rows], dtype=float) for name in ("start", "end", "airmass", "probability")
    }
    return PlannedNight(
        nights=timeline["nights"],
        mjd=np.array(timeline["mjd"], dtype=float),
        moon=np.array(timeline["moon_altitude"], dtype=float),
        **numbers,
        fields=own,
        filters=[str(row["filter"]) for row in rows],
        colours=[colours[name] for name in own],
        bound=plan["upper_bound"],
        limit=plan["wishes"].get("airmass"),
    )
