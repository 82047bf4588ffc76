"""Several telescopes on one map: each plans what the others leave, in turn, as long as all together gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from skyhub.errors import InvalidInput
from skyhub.science.field_tiles import FieldRanges, joined_ranges
from skyhub.science.observed_sky import observed_sky, remaining_map
from skyhub.science.planning._plan import Plan, Planner
from skyhub.science.skymaps import Coverage, cover

__all__ = ["JointPlan", "joint_plans", "require_one_map"]

_TURNS = 2
"""How often each telescope plans."""
_LEAST = 1e-4
"""Probability that a telescope has to add."""
_QUICK, _PLANNED = 0.1, 0.9
"""Shares of the work that are done when all have their previews, and their plans."""

Told = Callable[[int, str, float], None]


def _silent(place: int, stage: str, share: float) -> None:
    """Tell nobody."""


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


def joint_plans(
    planners: Sequence[Planner], seconds: float = 6.0, *, optimise: bool = True, told: Told = _silent
) -> JointPlan:
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
    told
        Is told the place of the telescope that plans, the stage and the share of all that is done; what it raises ends the work.

    Raises
    ------
    InvalidInput
        If the maps differ, or no telescope can observe anything.
    """
    require_one_map(planners)
    quick, idle = _alone(planners, told)
    plans: dict[int, Plan] = {}
    budget = seconds / (_TURNS * len(planners))
    turns = _TURNS * sorted(quick, key=lambda n: -quick[n].probability)
    for turn, place in enumerate(turns):
        rest = {n: plan for n, plan in plans.items() if n != place}
        tell = _within(told, place, turn, len(turns))
        made = _for_the_rest(planners, rest, place, budget if optimise else None, tell)
        if made is not None and _gain(planners, {**rest, place: made}, plans) > _LEAST:
            plans = {**rest, place: made}
    total = _together(planners, plans)
    missing = {n: "it adds nothing to what the others see" for n in quick if n not in plans}
    whole = {n: planners[n].weighed(plan) for n, plan in sorted(plans.items())}
    without = {n: _together(planners, {m: p for m, p in plans.items() if m != n}).probability for n in plans}
    bounds = [_bound(planners[n], optimise, _within(told, n, 0, 1)) for n in quick]
    return JointPlan(
        whole,
        {n: total.probability - without[n] for n in whole},
        idle | missing,
        total.probability,
        total.area,
        min(1.0, sum(bounds)),
    )


def require_one_map(planners: Sequence[Planner]) -> None:
    """Raise `InvalidInput` if planners are of different maps."""
    first = planners[0].sky_map
    for other in planners[1:]:
        if not (np.array_equal(first.low, other.sky_map.low) and np.array_equal(first.density, other.sky_map.density)):
            raise InvalidInput(
                "the telescopes plan for different maps: let all of them point at galaxies of one catalogue, or none.",
                "pointings",
            )


def _within(told: Told, place: int, turn: int, turns: int) -> Callable[[str, float], None]:
    """What tells of all turns when a telescope tells of its own."""

    def tell(stage: str, share: float) -> None:
        told(place, stage, _QUICK + (_PLANNED - _QUICK) * (turn + share) / turns)

    return tell


def _bound(planner: Planner, optimise: bool, tell: Callable[[str, float], None]) -> float:
    tell("bound", 1.0)
    return planner.seen_bound(rough=not optimise)


def _alone(planners: Sequence[Planner], told: Told) -> tuple[dict[int, Plan], dict[int, str]]:
    """Previews of the telescopes that can observe, and why the others cannot."""
    quick: dict[int, Plan] = {}
    idle: dict[int, str] = {}
    for place, planner in enumerate(planners):
        told(place, "preview", _QUICK * place / len(planners))
        try:
            quick[place] = planner.preview()
        except InvalidInput as error:
            idle[place] = error.message
            reason = error
    if not quick:
        raise reason
    return quick, idle


def _for_the_rest(
    planners: Sequence[Planner],
    others: Mapping[int, Plan],
    place: int,
    budget: float | None,
    tell: Callable[[str, float], None],
) -> Plan | None:
    """The plan of a telescope for what others leave; None if that is nothing."""
    planner = planners[place]
    try:
        if others:
            tiles = _tiles(planners, others)
            count = sum(len(part) for part in tiles)
            seen = observed_sky(tiles, np.arange(count), np.full(count, np.nan))
            planner = planner.on(remaining_map(planner.sky_map, seen))
        return planner.preview() if budget is None else planner.optimise(budget, tell)
    except InvalidInput:
        return None


def _tiles(planners: Sequence[Planner], plans: Mapping[int, Plan]) -> list[FieldRanges]:
    return [planners[n].seen.ranges(plan.fields) for n, plan in plans.items()]


def _together(planners: Sequence[Planner], plans: Mapping[int, Plan]) -> Coverage:
    """The probability and the area of the union of all fields."""
    return cover(planners[0].sky_map, joined_ranges(_tiles(planners, plans)))


def _gain(planners: Sequence[Planner], after: Mapping[int, Plan], before: Mapping[int, Plan]) -> float:
    return _together(planners, after).probability - _together(planners, before).probability
