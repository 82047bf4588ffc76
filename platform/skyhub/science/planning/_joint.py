"""Several telescopes on one map: each plans what the others leave, in turn, as long as all together gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skyhub.errors import InvalidInput
from skyhub.science.field_tiles import FieldRanges
from skyhub.science.observed_sky import observed_sky, remaining_map
from skyhub.science.planning._plan import Plan, Planner
from skyhub.science.skymaps import Coverage, cover

__all__ = ["JointPlan", "joint_plans"]

_TURNS = 2
"""How often each telescope plans."""
_LEAST = 1e-4
"""Probability that a telescope has to add."""


@dataclass(frozen=True)
class JointPlan:
    """Plans of several telescopes for one map."""

    plans: dict[int, Plan]
    """By the place of the telescope; probabilities and bounds are those of each alone."""
    added: dict[int, float]
    """Probability that all together would lose without each."""
    idle: dict[int, str]
    """Why the other telescopes do nothing."""
    probability: float
    """Of the map within the fields of all, overlaps once."""
    area: float
    """Of the sky within them (deg²)."""
    upper_bound: float
    """No plans of these telescopes have more probability together."""


def joint_plans(planners: Sequence[Planner], seconds: float = 6.0, *, optimise: bool = True) -> JointPlan:
    """Plans of several telescopes: what one sees is worth nothing to the others.

    The telescope that covers most alone begins. Each then plans for what the others leave, twice; what does not add to the whole
    is not taken.

    Parameters
    ----------
    planners
        One for each telescope, all of one map.
    seconds
        Time for the integer programs of all (s).
    optimise
        Whether plans are optimised, or previews.

    Raises
    ------
    InvalidInput
        If the maps differ, or no telescope can observe anything.
    """
    _require_one_map(planners)
    quick, idle = _alone(planners)
    plans: dict[int, Plan] = {}
    budget = seconds / (_TURNS * len(planners))
    for _ in range(_TURNS):
        for place in sorted(quick, key=lambda n: -quick[n].probability):
            rest = {n: plan for n, plan in plans.items() if n != place}
            made = _for_the_rest(planners, rest, place, budget if optimise else None)
            if made is not None and _gain(planners, {**rest, place: made}, plans) > _LEAST:
                plans = {**rest, place: made}
    total = _together(planners, plans)
    missing = {n: "it adds nothing to what the others see" for n in quick if n not in plans}
    whole = {n: planners[n].weighed(plan) for n, plan in sorted(plans.items())}
    without = {n: _together(planners, {m: p for m, p in plans.items() if m != n}).probability for n in plans}
    return JointPlan(
        whole,
        {n: total.probability - without[n] for n in whole},
        idle | missing,
        total.probability,
        total.area,
        min(1.0, sum(planners[n].upper_bound if optimise else planners[n].rough_bound for n in quick)),
    )


def _require_one_map(planners: Sequence[Planner]) -> None:
    first = planners[0].sky_map
    for other in planners[1:]:
        if not (np.array_equal(first.low, other.sky_map.low) and np.array_equal(first.density, other.sky_map.density)):
            raise InvalidInput(
                "the telescopes plan for different maps: let all of them point at galaxies of one catalogue, or none.",
                "pointings",
            )


def _alone(planners: Sequence[Planner]) -> tuple[dict[int, Plan], dict[int, str]]:
    """Previews of the telescopes that can observe, and why the others cannot."""
    quick: dict[int, Plan] = {}
    idle: dict[int, str] = {}
    for place, planner in enumerate(planners):
        try:
            quick[place] = planner.preview()
        except InvalidInput as error:
            idle[place] = error.message
            reason = error
    if not quick:
        raise reason
    return quick, idle


def _for_the_rest(
    planners: Sequence[Planner], others: Mapping[int, Plan], place: int, budget: float | None
) -> Plan | None:
    """The plan of a telescope for what others leave; None if that is nothing."""
    planner = planners[place]
    try:
        if others:
            tiles = _tiles(planners, others)
            count = sum(len(part) for part in tiles)
            seen = observed_sky(tiles, np.arange(count), np.full(count, np.nan))
            planner = planner.on(remaining_map(planner.sky_map, seen))
        return planner.preview() if budget is None else planner.optimise(budget)
    except InvalidInput:
        return None


def _tiles(planners: Sequence[Planner], plans: Mapping[int, Plan]) -> list[FieldRanges]:
    return [planners[n].seen.ranges(plan.fields) for n, plan in plans.items()]


def _together(planners: Sequence[Planner], plans: Mapping[int, Plan]) -> Coverage:
    """The probability and the area of the union of all fields."""
    tiles = _tiles(planners, plans)
    low, high = (
        np.concatenate([np.empty(0, dtype=np.int64), *parts])
        for parts in ([t.low for t in tiles], [t.high for t in tiles])
    )
    return cover(planners[0].sky_map, FieldRanges(np.zeros(1, dtype=np.int64), np.array([0, len(low)]), low, high))


def _gain(planners: Sequence[Planner], after: Mapping[int, Plan], before: Mapping[int, Plan]) -> float:
    return _together(planners, after).probability - _together(planners, before).probability
