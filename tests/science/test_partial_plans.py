"""Plans without balance: against all sequences of small nights, with the bound, and what is kept of each visit."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from skyhub.science.footprints import rectangle
from skyhub.science.planning import Exposure, Machine, Pass, Plan, Planner, Strategy, joint_plans, visits_completed
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import cover
from skyhub.science.visibility import Site

PALOMAR = Site(33.3574, -116.8599, 1712)
EVENING = 58_925.12
MINUTE = 1 / 1440
DAY = 86_400.0


def _evening(ra: list[float], minutes: float, **wishes: object) -> Planner:
    """Some fields on one declination in the west, after sunset: the lower their right ascension, the sooner they set."""
    asked = Strategy(
        EVENING, EVENING + minutes * MINUTE, **{"filters": ("g", "r"), "exposure": 600.0, "balanced": False, **wishes}
    )  # type: ignore[arg-type]
    sky_map = skymap_of(Cone(50.0, 10.0, 15.0, 0.9))
    return Planner(
        sky_map, rectangle(3.0, 3.0), np.array(ra), np.full(len(ra), 10.0), PALOMAR, asked, Machine(overhead=60.0)
    )


def _credit(planner: Planner, by_visit: list[frozenset[int]]) -> float:
    held = [cover(planner.sky_map, planner.seen.ranges(np.array(sorted(some), dtype=np.int64))) for some in by_visit]
    return sum(each.probability for each in held) / len(held)


def _best_of_all(planner: Planner) -> float:
    """The most that any sequence of exposures reaches: all are tried, each begun as early as can be."""
    sets, gap = planner.strategy.sets, planner.strategy.gap / DAY
    credits: dict[tuple[frozenset[int], ...], float] = {}

    def value(done: dict[tuple[int, int], float]) -> float:
        key = tuple(frozenset(f for f, v in done if v == visit) for visit in range(len(sets)))
        if key not in credits:
            credits[key] = _credit(planner, list(key))
        return credits[key]

    def tried(free: float, at: int | None, band: str, done: dict[tuple[int, int], float]) -> float:
        best = value(done)
        for field in planner.fields.tolist():
            for visit, (one,) in enumerate(sets):
                if (field, visit) in done:
                    continue
                wait = (
                    0.0
                    if at is None
                    else planner.machine.overhead + planner.machine.filter_change * (one.filter != band)
                )
                others = [start for (f, _), start in done.items() if f == field]
                ready = max(free + wait / DAY, *(start + gap for start in others), 0.0)
                start = planner.sight.earliest(field, ready, one.exposure / DAY)
                if start is not None:
                    end = start + one.exposure / DAY
                    best = max(best, tried(end, field, one.filter, {**done, (field, visit): start}))
        return best

    return tried(planner.sight.dark[0].begin, None, "", {})


@pytest.mark.parametrize(
    ("ra", "minutes", "gap"),
    [
        ([40.0, 44.0, 60.0], 40.0, 900.0),
        ([38.0, 41.0, 44.0], 60.0, 1800.0),
        ([40.0, 60.0], 60.0, 1800.0),
        ([45.0, 60.0, 63.0], 25.0, 1800.0),
    ],
)
def test_small_nights_are_planned_as_well_as_by_trying_all(ra: list[float], minutes: float, gap: float) -> None:
    planner = _evening(ra, minutes, gap=gap)
    truth = _best_of_all(planner)
    plan = planner.optimise()
    assert plan.probability == pytest.approx(truth, abs=1e-9)
    assert plan.upper_bound >= truth - 1e-9
    _check(plan, planner)


def _check(plan: Plan, planner: Planner) -> None:
    """What holds of every plan without balance."""
    sets, gap = planner.strategy.sets, planner.strategy.gap
    done = [each for each in visits_completed(plan.exposures, sets, gap) if each is not None]
    assert len(done) * len(sets[0]) == len(plan.exposures)
    assert [sorted(f for v, f in done if v == n) for n in range(len(sets))] == [own.tolist() for own in plan.by_visit]
    assert plan.probability == pytest.approx(_credit(planner, [frozenset(own.tolist()) for own in plan.by_visit]))
    assert plan.probability <= plan.upper_bound <= 1
    for field in plan.fields.tolist():
        starts = [each.start for each in plan.exposures if each.field == field][:: len(sets[0])]
        assert all((b - a) * DAY >= gap - 1e-3 for a, b in pairwise(starts))


@pytest.mark.parametrize(
    "wishes",
    [
        {"integrated": True, "visits": 2, "exposure": 120.0},
        {"visits": 3, "filters": ("r",)},
        {"most_fields": 2},
        {"low_airmass": True},
    ],
)
def test_parts_of_fields_keep_the_rules(wishes: dict[str, object]) -> None:
    planner = _evening([40.0, 43.0, 60.0, 64.0], 90.0, **wishes)
    quick, best = planner.preview(), planner.optimise()
    for plan in (quick, best):
        _check(plan, planner)
    assert quick.probability <= best.probability + 1e-9
    assert best.upper_bound <= quick.upper_bound + 1e-5
    if "most_fields" in wishes:
        assert len(best.fields) <= 2


def test_fields_are_left_out_and_pinned_in_each_visit() -> None:
    planner = _evening([60.0, 63.0, 66.0, 80.0], 60.0, gap=900.0, excluded=frozenset({0}), pinned=frozenset({3}))
    plan = planner.optimise()
    assert 0 not in plan.fields
    assert all(3 in own for own in plan.by_visit)


def test_one_visit_has_no_parts() -> None:
    planner = _evening([60.0, 63.0], 60.0, filters=("r",))
    assert planner.preview().by_visit == ()


def test_time_at_the_telescope_bounds_the_visits() -> None:
    planner = _evening([60.0, 63.0, 66.0], 90.0, gap=900.0, most_seconds=2 * 660.0)
    plan = planner.optimise()
    _check(plan, planner)
    assert len(plan.exposures) <= 2


def test_telescopes_together_count_what_is_seen_at_least_once() -> None:
    one = _evening([45.0, 60.0, 63.0], 25.0)
    found = joint_plans([one, _evening([52.0, 66.0], 25.0)])
    assert max(len(plan.fields) for plan in found.plans.values()) >= 2
    seen = sum(
        float(cover(one.sky_map, one.seen.ranges(plan.fields)).probability) for n, plan in found.plans.items() if n == 0
    )
    assert seen <= found.probability <= found.upper_bound


def test_what_completes_a_visit_is_told() -> None:
    g, r = Pass("g", 60.0), Pass("r", 60.0)
    plan = [
        Exposure(1, "g", 1.0, 60.0),
        Exposure(1, "r", 1.01, 60.0),
        Exposure(1, "g", 1.5, 60.0),
        Exposure(1, "r", 2.0, 60.0),
    ]
    assert visits_completed(plan, [(g,), (r,)], 1800.0) == [(0, 1), None, None, (1, 1)]
    assert visits_completed(plan, [(g, r), (g, r)], 1800.0) == [None, (0, 1), None, (1, 1)]
    assert visits_completed(plan[:1] + plan[2:], [(g, r)], 0.0) == [None, None, (0, 1)]
