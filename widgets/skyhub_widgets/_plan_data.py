"""Plans and their timelines as the plots take them: columns, and colours by the order of the fields, or by the telescope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from skyhub.errors import InvalidInput

from skyhub_widgets._styles import filter_style

__all__ = [
    "NO_PLAN",
    "Growth",
    "PlannedNight",
    "SiteNight",
    "joint_label",
    "joint_night",
    "order_colours",
    "planned_night",
    "telescope_colours",
]

Floats = npt.NDArray[np.float64]

_GRADIENT = np.array([[92, 80, 160], [49, 104, 142], [38, 130, 142], [53, 183, 121], [144, 215, 67]], dtype=float)
"""Colours of the first field to the last (viridis without its ends): told apart by the colour-blind, on light and dark."""
_TELESCOPES = (
    "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#8a6d3b", "#7a5fd0", "#b2182b", "#607d8b", "#4d9221",
)  # fmt: skip
"""Colours of telescopes (Okabe & Ito's first, without the blue of the page): told apart by the colour-blind, on light and dark."""
_NEEDED = ("nights", "mjd", "moon_altitude", "observations", "fields")


@dataclass(frozen=True)
class Growth:
    """How a probability grows: it has each value from a time on."""

    name: str
    colour: str
    """``#rrggbb``; empty for the colour of the page."""
    end: Floats
    """MJD, UTC."""
    probability: Floats

    def packed(self) -> dict[str, Any]:
        """As it travels to the browser."""
        doubles, singles = self.end.astype("<f8").tobytes(), self.probability.astype("<f4").tobytes()
        return {"name": self.name, "colour": self.colour, "end": doubles, "probability": singles}


@dataclass(frozen=True)
class SiteNight:
    """Twilights and the Moon at the site of one of several telescopes."""

    nights: Sequence[Mapping[str, Any]]
    mjd: Floats
    moon: Floats
    """Altitude of the Moon (deg) at `mjd`."""

    def packed(self) -> dict[str, Any]:
        """As it travels to the browser."""
        times, heights = self.mjd.astype("<f8").tobytes(), self.moon.astype("<f4").tobytes()
        return {"nights": [dict(night) for night in self.nights], "mjd": times, "moon": heights}


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
    lanes: Sequence[str] = ()
    """In which lane each is drawn: its filter, or its telescope."""
    colours: Sequence[str] = ()
    """By the order of the fields' first visits, or by the telescope."""
    growths: Sequence[Growth] = ()
    """Of all, then of each telescope if there are several."""
    sites: Sequence[SiteNight] = ()
    """Of several telescopes, by their lanes."""
    bound: float | None = None
    limit: float | None = None
    """Largest airmass that was asked for."""

    @property
    def bands(self) -> list[str]:
        """The lanes in the order of their first use; of several telescopes in their own."""
        return [growth.name for growth in self.growths[1:]] or list(dict.fromkeys(self.lanes))

    def packed(self) -> dict[str, Any]:
        """As it travels to the browser."""
        doubles = {name: getattr(self, name).astype("<f8").tobytes() for name in ("mjd", "start", "end")}
        singles = {name: getattr(self, name).astype("<f4").tobytes() for name in ("moon", "airmass", "probability")}
        return {
            **doubles, **singles, "nights": [dict(night) for night in self.nights], "fields": list(self.fields),
            "filters": list(self.filters), "lanes": list(self.lanes), "colours": list(self.colours), "bound": self.bound,
            "limit": self.limit, "growths": [each.packed() for each in self.growths],
            "sites": [each.packed() for each in self.sites],
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


def telescope_colours(count: int) -> list[str]:
    """Colours (``#rrggbb``) of so many telescopes."""
    return [_TELESCOPES[n % len(_TELESCOPES)] for n in range(count)]


def joint_label(instrument: str, field_id: object) -> str:
    """What a field is called where those of several instruments are shown."""
    return f"{instrument} {field_id}"


def planned_night(plan: Mapping[str, Any], timeline: Mapping[str, Any]) -> PlannedNight:
    """A plan with its timeline, as ``sky.plans.draft`` and ``sky.plans.timeline`` give them.

    Raises
    ------
    InvalidInput
        If the timeline is none, or of another plan.
    """
    rows = _rows_of(plan, timeline)
    names = [str(each["field_id"]) for each in timeline["fields"]]
    colours = dict(zip(names, order_colours(len(names)), strict=True))
    own = [str(row["field_id"]) for row in rows]
    filters = [str(row["filter"]) for row in rows]
    numbers = _numbers(rows)
    return PlannedNight(
        nights=timeline["nights"],
        mjd=np.array(timeline["mjd"], dtype=float),
        moon=np.array(timeline["moon_altitude"], dtype=float),
        **numbers,
        fields=own,
        filters=filters,
        lanes=filters,
        colours=[colours[name] for name in own],
        growths=[Growth("", "", numbers["end"], numbers["probability"])],
        bound=plan["upper_bound"],
        limit=plan["wishes"].get("airmass"),
    )


def joint_night(joint: Mapping[str, Any], told: Mapping[str, Any]) -> PlannedNight:
    """Plans of several telescopes, as ``sky.plans.together`` and ``sky.plans.timelines`` give them; a lane for each.

    Raises
    ------
    InvalidInput
        If the timelines are none, or of other plans.
    """
    plans, timelines = joint["plans"], told.get("timelines", ())
    if len(plans) != len(timelines) or "together" not in told:
        raise InvalidInput(
            f"there are {len(plans)} plans and {len(timelines)} timelines: give what sky.plans.timelines returns.",
            "timelines",
        )
    colours = telescope_colours(len(plans))
    names = [plan["instrument"] for plan in plans]
    parts = [
        (row, name, colour)
        for plan, timeline, name, colour in zip(plans, timelines, names, colours, strict=True)
        for row in _rows_of(plan, timeline)
    ]
    parts.sort(key=lambda part: float(part[0]["start"]))
    end, grown = (np.array(told["together"][name], dtype=float) for name in ("end", "probability"))
    numbers = _numbers([row for row, _, _ in parts])
    numbers["probability"] = np.concatenate([[0.0], grown])[np.searchsorted(end, numbers["end"], side="right")]
    limits = {plan["wishes"].get("airmass") for plan in plans}
    alone = [
        (name, colour, _numbers(line["observations"]))
        for name, colour, line in zip(names, colours, timelines, strict=True)
    ]
    return PlannedNight(
        nights=[_around(timelines)],
        **numbers,
        fields=[joint_label(name, row["field_id"]) for row, name, _ in parts],
        filters=[str(row["filter"]) for row, _, _ in parts],
        lanes=[name for _, name, _ in parts],
        colours=[colour for _, _, colour in parts],
        growths=[
            Growth("all together", "", end, grown),
            *(Growth(n, c, o["end"], o["probability"]) for n, c, o in alone),
        ],
        sites=[
            SiteNight(line["nights"], np.array(line["mjd"], dtype=float), np.array(line["moon_altitude"], dtype=float))
            for line in timelines
        ],
        bound=joint["upper_bound"],
        limit=limits.pop() if len(limits) == 1 else None,
    )


def _around(timelines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The time from the first night of all telescopes to the last."""
    nights = [night for line in timelines for night in line["nights"]]
    return {
        "begin": min(night["begin"] for night in nights), "end": max(night["end"] for night in nights), "twilights": {},
        "moon_illumination": nights[0]["moon_illumination"],
    }  # fmt: skip


def _numbers(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Columns of numbers of observations, by their names."""
    names = ("start", "end", "airmass", "probability")
    return {name: np.array([row[name] for row in rows], dtype=float) for name in names}


def _rows_of(plan: Mapping[str, Any], timeline: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The observations of a timeline. Raises `InvalidInput` if it is none, or of another plan."""
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
    return list(rows)
