"""A plan along its nights: twilights and Moon, airmass of each exposure, and how the probability grows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from skyhub.db import Database, Viewer
from skyhub.errors import InvalidInput
from skyhub.planning._asked import PlanAsked
from skyhub.planning._draft import planner_of
from skyhub.planning._exposures import exposures_of
from skyhub.planning._instrument import Equipment
from skyhub.planning._kept import Observation, asked_of, kept_plan
from skyhub.records import Record
from skyhub.science.field_tiles import joined_ranges
from skyhub.science.planning import Exposure, Planner, growing_probability, require_one_map, visits_completed
from skyhub.science.skymaps import cover
from skyhub.science.visibility import Night, airmass, current_night, local_sky, night_at

__all__ = ["JointTimelineAsked", "TimelineAsked", "timeline_of_kept_plan", "timeline_of_plan", "timeline_of_plans"]

_DAY = 86_400.0
_STEP = 10 / 1440
"""Between the times at which Sun and Moon are followed (d)."""


class TimelineAsked(PlanAsked):
    """A plan, and what was asked for when it was made."""

    observations: list[Observation] = Field(min_length=1, max_length=20_000, description="Those of the plan")


class JointTimelineAsked(Record):
    """Plans of one localization, each with what was asked for when it was made."""

    plans: list[TimelineAsked] = Field(min_length=1, max_length=10, description="One for each telescope")


def timeline_of_plan(db: Database, viewer: Viewer, asked: TimelineAsked) -> dict[str, Any]:
    """A plan along its nights.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    asked
        What the plan was asked for, and its observations.

    Returns
    -------
    dict
        ``nights``: of each ``night, begin, end`` (sunset and sunrise, or noons), ``twilights`` (begin and end by name),
        ``moonrise, moonset, moon_illumination``; ``mjd`` every 10 minutes with ``sun_altitude, moon_altitude`` (deg);
        ``observations`` in order: ``field_id, filter, start, end`` (MJD, UTC), ``airmass`` at the middle, ``probability``
        within the fields that have all visits when it ends; ``fields`` by their first start: ``field_id, ra, dec`` (ICRS,
        deg), ``outline`` of what the camera sees.

    Raises
    ------
    NotFound, InvalidInput
        If the viewer may not see what is named, or a field is none of the instrument's that were asked for.
    """
    return _timeline(*_planned(db, viewer, asked, asked.observations))


def timeline_of_plans(db: Database, viewer: Viewer, asked: JointTimelineAsked) -> dict[str, Any]:
    """Plans of several telescopes for one localization along their nights.

    Parameters
    ----------
    db, viewer
        The database, and who asks.
    asked
        The plans, as `timeline_of_plan` takes each.

    Returns
    -------
    dict
        ``timelines`` of the plans, in their order, as `timeline_of_plan` gives them; ``together``: by ``end`` (MJD, UTC) of
        exposures the ``probability`` within the fields of all telescopes that are complete by then, overlaps counted once;
        ``probability`` and ``area`` (deg²) at last.

    Raises
    ------
    NotFound, InvalidInput
        If the viewer may not see what is named, or the plans are for different maps.
    """
    planned = [_planned(db, viewer, each, each.observations) for each in asked.plans]
    require_one_map([planner for planner, _, _ in planned])
    done = sorted(
        ((end, n, place) for n, (planner, _, own) in enumerate(planned) for end, place in _completions(planner, own)),
    )
    seen = joined_ranges([planned[n][0].seen.ranges(np.array([place])) for _, n, place in done])
    sky_map = planned[0][0].sky_map
    grown = growing_probability(sky_map, seen).tolist()
    return {
        "timelines": [_timeline(*each) for each in planned],
        "together": {"end": [end for end, _, _ in done], "probability": grown},
        "probability": grown[-1] if grown else 0.0,
        "area": cover(sky_map, seen).area,
    }


def timeline_of_kept_plan(db: Database, viewer: Viewer, plan_id: int, as_of: datetime | None = None) -> dict[str, Any]:
    """A kept plan along its nights, by what was known when it was made; see `timeline_of_plan`."""
    plan = kept_plan(db, viewer, plan_id, as_of)
    if plan.localization_id is None:
        raise InvalidInput(
            f"plan {plan_id} was made from a file that is not kept: ask with the file, by POST /api/plans/timeline.",
            "localization_id",
        )
    return _timeline(*_planned(db, viewer, asked_of(plan), plan.observations))


_Planned = tuple[Planner, Equipment, list[Exposure]]


def _planned(db: Database, viewer: Viewer, asked: PlanAsked, observations: Sequence[Observation]) -> _Planned:
    planner, equipment = planner_of(db, viewer, asked)
    return planner, equipment, exposures_of(equipment, observations, "observations")


def _timeline(planner: Planner, equipment: Equipment, exposures: Sequence[Exposure]) -> dict[str, Any]:
    nights = _nights(planner, exposures)
    times = np.arange(nights[0]["begin"], nights[-1]["end"] + _STEP, _STEP)
    sky = local_sky(planner.site, times)
    return {
        "nights": nights,
        "mjd": times.round(6).tolist(),
        "sun_altitude": sky.sun_altitude.round(2).tolist(),
        "moon_altitude": sky.moon_altitude.round(2).tolist(),
        "observations": _observations(planner, equipment, exposures),
        "fields": _fields(planner, equipment, exposures),
    }


def _nights(planner: Planner, exposures: Sequence[Exposure]) -> list[dict[str, Any]]:
    """The nights from the first exposure to the last."""
    first, last = (current_night(planner.site, each.start) for each in (exposures[0], exposures[-1]))
    dates: list[date] = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [_night(night_at(planner.site, each)) for each in dates]


def _night(night: Night) -> dict[str, Any]:
    sunset = night.dark["sunset"]
    begin, end = sunset.begin or night.begin, sunset.end or night.end
    known = {name: [dark.begin, dark.end] for name, dark in night.dark.items() if dark.begin is not None}
    return {
        "night": night.night.isoformat(),
        "begin": begin,
        "end": end,
        "twilights": known,
        "moonrise": night.moonrise,
        "moonset": night.moonset,
        "moon_illumination": night.moon_illumination,
    }


def _observations(planner: Planner, equipment: Equipment, exposures: Sequence[Exposure]) -> list[dict[str, Any]]:
    grown = _grown(planner, exposures).tolist()
    heights = _airmass_at_middles(planner, exposures)
    return [
        {
            "field_id": int(equipment.field_ids[each.field]),
            "filter": each.filter,
            "start": each.start,
            "end": each.start + each.seconds / _DAY,
            "airmass": round(height, 3),
            "probability": probability,
        }
        for each, height, probability in zip(exposures, heights, grown, strict=True)
    ]


def _airmass_at_middles(planner: Planner, exposures: Sequence[Exposure]) -> list[float]:
    fields, places = np.unique([each.field for each in exposures], return_inverse=True)
    sky = local_sky(planner.site, [each.start + each.seconds / _DAY / 2 for each in exposures])
    altitude = sky.altitude(planner.ra[fields], planner.dec[fields])[places, np.arange(len(exposures))]
    return [float(value) for value in airmass(altitude, planner.strategy.constraints.formula)]


def _completions(planner: Planner, exposures: Sequence[Exposure]) -> list[tuple[float, int]]:
    """When (MJD, UTC) each field counts for all telescopes, and its place: when it has all its visits, without balance any."""
    needed = 1 if planner.strategy.is_partial else len(planner.strategy.sets)
    visits: dict[int, int] = {}
    done: list[tuple[float, int]] = []
    for end, _, place in _visits(planner, exposures):
        visits[place] = visits.get(place, 0) + 1
        if visits[place] == needed:
            done.append((end, place))
    return done


def _visits(planner: Planner, exposures: Sequence[Exposure]) -> list[tuple[float, int, int]]:
    """When (MJD, UTC) each visit is completed, which, and the place of its field, in order."""
    found = visits_completed(exposures, planner.strategy.sets, planner.strategy.gap)
    return [(each.end, *done) for each, done in zip(exposures, found, strict=True) if done is not None]


def _grown(planner: Planner, exposures: Sequence[Exposure]) -> NDArray[np.float64]:
    """The probability after each exposure: within the fields that have all visits, or of all visits without balance."""
    if not planner.strategy.is_partial:
        return _grown_in(planner, _completions(planner, exposures), exposures)
    visits, count = _visits(planner, exposures), len(planner.strategy.sets)
    parts = [[(end, place) for end, visit, place in visits if visit == number] for number in range(count)]
    return np.asarray(np.mean([_grown_in(planner, part, exposures) for part in parts], axis=0))


def _grown_in(
    planner: Planner, done: Sequence[tuple[float, int]], exposures: Sequence[Exposure]
) -> NDArray[np.float64]:
    """The probability within fields that are completed at some times after each exposure."""
    seen = planner.seen.ranges(np.array([place for _, place in done], dtype=np.int64))
    grown = np.concatenate([[0.0], growing_probability(planner.sky_map, seen)])
    count = np.searchsorted([end for end, _ in done], [each.end for each in exposures], side="right")
    return np.asarray(grown[count])


def _fields(planner: Planner, equipment: Equipment, exposures: Sequence[Exposure]) -> list[dict[str, Any]]:
    hull = equipment.footprint.hull()
    return [
        {
            **equipment.pointing(place),
            "outline": np.round(hull.corners(planner.ra[place], planner.dec[place])[0], 4).tolist(),
        }
        for place in dict.fromkeys(each.field for each in exposures)
    ]
