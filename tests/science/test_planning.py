"""Plans: bad input, closed forms, optima by trying everything, and published cases replayed by a simulator of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from math import acos, degrees, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.facilities import read_grid
from skyhub.science.coordinates import hpx_index, separations
from skyhub.science.field_tiles import field_ranges
from skyhub.science.footprints import parse_footprint, rectangle
from skyhub.science.planning import (
    Exposure,
    Machine,
    Plan,
    Planner,
    Sight,
    Strategy,
    atoms_of,
    best_cover,
    dark_times,
    galaxy_map,
    galaxy_tiles,
    greedy_cover,
    joint_plans,
    own_tiles,
    replay,
    swapped,
)
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import cover, read_sky_map
from skyhub.science.vectors import unit_vectors
from skyhub.science.visibility import Constraints, Site, Window, local_sky
from support.effort import repeats

PALOMAR = Site(33.3574, -116.8599, 1712)
S190425Z = 58_598.345891
"""Time of the merger (MJD, UTC)."""
DAY = 86_400.0
MACHINE = Machine()
RA, DEC = (x.ravel() for x in np.meshgrid(np.arange(150.0, 170.0, 1.5), np.arange(2.0, 20.0, 1.5)))
"""A grid of overlapping fields, 2 deg wide, that is up in March."""


@pytest.fixture(scope="module")
def survey(shared: Path) -> dict[str, Any]:
    """ZTF's grid, and the square that its published plans took for its camera."""
    folder = shared / "survey/skyportal"
    fields = read_grid(folder / "ZTF_Fields.csv").fields
    return {
        "footprint": parse_footprint((folder / "ZTF_Square_Region.reg").read_text()),
        "ra": np.array([f.ra for f in fields]),
        "dec": np.array([f.dec for f in fields]),
    }


@pytest.fixture(scope="module")
def gw190425(shared: Path, survey: dict[str, Any]) -> Planner:
    sky_map = read_sky_map(shared / "skymaps/S190425z_GW190425_bayestar.fits.gz")
    return Planner(sky_map=sky_map, site=PALOMAR, strategy=_night("r", visits=1), **survey)


def _night(*filters: str, exposure: float = 300.0, visits: int | None = None) -> Strategy:
    return Strategy(S190425Z, S190425Z + 1, filters, exposure, visits)


def _small(radius: float = 3.0, **wishes: Any) -> Planner:
    asked = {"begin": 58_925.1, "end": 58_925.5, "filters": ("g", "r"), "exposure": 120.0, **wishes}
    return Planner(skymap_of(Cone(160.0, 10.0, radius, 0.9)), rectangle(2.0, 2.0), RA, DEC, PALOMAR, Strategy(**asked))


@pytest.mark.parametrize(
    ("wishes", "where"),
    [
        ({"end": 58_925.1}, "end"),
        ({"end": 58_925.0}, "end"),
        ({"end": 58_990.0}, "end"),
        ({"end": float("nan")}, "end"),
        ({"filters": ()}, "filters"),
        ({"filters": ("r", "r")}, "filters"),
        ({"visits": 0}, "visits"),
        ({"visits": 1000}, "visits"),
        ({"gap": -1.0}, "gap"),
        ({"exposure": 0.0}, "exposure"),
        ({"exposure": float("nan")}, "exposure"),
        ({"exposure": {"g": 30.0}}, "exposure"),
        ({"most_fields": 0}, "max_fields"),
        ({"pinned": frozenset({1, 2}), "excluded": frozenset({2})}, "pinned_fields"),
        ({"pinned": frozenset({1, 2}), "most_fields": 1}, "pinned_fields"),
    ],
)
def test_wishes_that_cannot_be_are_refused(wishes: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _small(**wishes)
    assert refused.value.where == where


@pytest.mark.parametrize("wrong", [{"overhead": -1.0}, {"slew_rate": 0.0}, {"filter_change": float("nan")}])
def test_machines_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="permitted"):
        Machine(**wrong)


@pytest.mark.parametrize(
    ("planner", "text"),
    [
        (lambda: _small(begin=58_925.7, end=58_925.9), "Sun is never below"),
        (
            lambda: replace(_small(), site=Site(90.0, 0.0), strategy=_small(begin=58_660.0, end=58_661.0).strategy),
            "Sun is never",
        ),
        (lambda: replace(_small(), site=Site(-60.0, 10.0)), "none of the fields"),
        (lambda: replace(_small(), sky_map=skymap_of(Cone(340.0, -60.0, 1.0, 0.9))), "none of the fields"),
        (lambda: _small(end=58_925.5, gap=43_000.0), "do not fit"),
    ],
    ids=["day", "summer at the pole", "below the horizon", "no field there", "gap longer than the night"],
)
def test_plans_without_a_night_or_a_field_say_what_to_change(planner: Callable[[], Planner], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        planner().optimise()


def test_a_winter_at_the_pole_is_one_night() -> None:
    [dark] = dark_times(Site(90.0, 0.0), 58_840.0, 58_841.0, -18.0)
    assert (dark.begin, dark.end) == (58_840.0, 58_841.0)
    low = Constraints(airmass=8.0, sun_altitude=-18.0)
    planner = replace(_small(begin=58_840.0, end=58_841.0, constraints=low), site=Site(90.0, 0.0))
    plan = planner.optimise()
    assert plan.probability > 0.9
    assert all(58_840.0 <= e.start <= 58_841.0 for e in plan.exposures)


@given(st.floats(0, 180), st.floats(0.1, 10), st.floats(0.05, 5))
def test_slews_cover_their_angle(angle: float, rate: float, acceleration: float) -> None:
    """The integral of a motion that is accelerated for half of its time, but not beyond its rate, is the angle."""
    seconds = float(Machine(slew_rate=rate, slew_acceleration=acceleration).slew(angle))
    ramp = min(seconds / 2, rate / acceleration)
    assert acceleration * ramp * (seconds - ramp) == pytest.approx(angle, rel=1e-9, abs=1e-9)


@given(st.sets(st.integers(0, len(RA) - 1), min_size=1, max_size=12), st.floats(0.5, 8.0))
def test_atoms_count_overlaps_once(some: set[int], radius: float) -> None:
    places = np.array(sorted(some))
    sky_map = skymap_of(Cone(160.0, 10.0, radius, 0.9))
    ranges = field_ranges(rectangle(2.0, 2.0), places, RA[places], DEC[places], 10)
    atoms = atoms_of(sky_map, ranges)
    union = cover(sky_map, ranges).probability
    assert atoms.covered(np.arange(len(places))) + atoms.neglected == pytest.approx(union, abs=1e-12)
    assert atoms.without(np.arange(len(places))).weight.size == 0
    assert atoms.single.sum() >= atoms.covered(np.arange(len(places))) - 1e-12


def test_atoms_in_a_credible_region_weigh_its_probability() -> None:
    sky_map = skymap_of(Cone(160.0, 10.0, 3.0, 0.9))
    ranges = field_ranges(rectangle(30.0, 30.0), [0], [160.0], [10.0], 10)
    assert atoms_of(sky_map, ranges, 0.5).weight.sum() == pytest.approx(0.5, abs=0.01)


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_small_choices_are_as_good_as_trying_all(seed: int, room: int) -> None:
    draw = np.random.default_rng(seed)
    places = draw.choice(len(RA), 8, replace=False)
    ranges = field_ranges(rectangle(4.0, 4.0), places, RA[places], DEC[places], 10)
    atoms = atoms_of(skymap_of(Cone(160.0, 10.0, 5.0, 0.9)), ranges)
    fits = np.ones((8, 1), dtype=bool)
    truth = max(atoms.covered(np.array(some)) for some in combinations(range(8), room))
    found = best_cover(atoms, fits, np.array([room]))
    assert len(found.fields) <= room
    assert atoms.covered(found.fields) >= truth * (1 - 3e-3) - 0.01 * truth
    assert atoms.covered(greedy_cover(atoms, fits, np.array([room])).fields) >= (1 - 1 / np.e) * truth - 1e-4


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_swaps_only_gain_and_keep_what_fits_and_is_pinned(seed: int, room: int) -> None:
    planner = _small()
    rng = np.random.default_rng(seed)
    some = rng.choice(len(RA), 12, replace=False)
    atoms = atoms_of(planner.sky_map, field_ranges(planner.footprint, some, RA[some], DEC[some]))
    fits, rooms = rng.random((12, 3)) < 0.7, np.full(3, room)
    pinned = np.flatnonzero(fits.any(axis=1))[-1:]
    before = greedy_cover(atoms, fits, rooms, None, pinned)
    after = swapped(atoms, fits, rooms, before, pinned)
    assert atoms.covered(after.fields) >= atoms.covered(before.fields) - 1e-12
    assert fits[after.fields, after.slots].all()
    assert np.bincount(after.slots, minlength=3).max(initial=0) <= room
    assert len(set(after.fields.tolist())) == len(before.fields)
    assert set(pinned.tolist()) <= set(after.fields.tolist())


@settings(max_examples=repeats(60, 12))
@given(
    st.floats(1.0, 6.0), st.sampled_from([30.0, 120.0, 600.0]), st.sampled_from([0.0, 600.0, 1800.0]), st.integers(1, 3)
)
def test_plans_keep_their_rules(radius: float, exposure: float, gap: float, visits: int) -> None:
    planner = _small(radius, exposure=exposure, gap=gap, visits=visits, filters=("g",))
    plan = planner.optimise()
    _check(plan, planner)
    preview = planner.preview()
    assert preview.probability <= plan.probability + 1e-9
    assert plan.upper_bound <= preview.upper_bound + 1e-5
    _check(preview, planner)


def test_most_fields_and_credible_levels_are_kept() -> None:
    assert len(_small(most_fields=3).optimise().fields) == 3
    few = _small(credible_level=0.5).optimise()
    assert 0.5 < few.probability < _small().optimise().probability


@pytest.mark.parametrize("make", [Planner.preview, Planner.optimise], ids=["preview", "optimise"])
def test_fields_are_left_out_and_pinned(make: Callable[[Planner], Plan]) -> None:
    planner = _small(most_fields=6)
    free = make(planner)
    poor = int(planner.fields[np.argmin(planner.atoms.single)])
    best = int(planner.fields[np.argmax(planner.atoms.single)])
    assert poor not in free.fields
    asked = replace(planner.strategy, excluded=frozenset({best}), pinned=frozenset({poor}))
    other = planner.revised(asked)
    made = make(other)
    _check(made, other)
    assert poor in made.fields
    assert best not in made.fields
    assert made.probability < free.probability
    assert made.fields.tolist() == make(replace(planner, strategy=asked)).fields.tolist()
    assert other.upper_bound <= planner.upper_bound + 1e-9


def test_a_field_that_cannot_be_observed_is_pinned_in_vain() -> None:
    planner = _small()
    never = int(np.setdiff1d(np.arange(len(planner.ra)), planner.fields)[0])
    made = replace(planner, strategy=replace(planner.strategy, pinned=frozenset({never}))).preview()
    assert never not in made.fields
    assert made.fields.tolist() == planner.preview().fields.tolist()


def test_exposures_may_differ_by_filter() -> None:
    planner = _small(exposure={"g": 60.0, "r": 200.0})
    plan = planner.optimise()
    _check(plan, planner)
    assert {(e.filter, e.seconds) for e in plan.exposures} == {("g", 60.0), ("r", 200.0)}


def test_other_wishes_do_not_compute_the_sky_again() -> None:
    first = _small()
    first.optimise()
    other = first.revised(replace(first.strategy, exposure=60.0))
    assert other.ranges is first.ranges
    assert other.atoms is first.atoms
    later = first.revised(replace(first.strategy, begin=58_925.2))
    assert later.sight is not first.sight


def test_shorter_exposures_admit_fields_that_longer_ones_did_not() -> None:
    long = _small(filters=("r",), exposure=3600.0, constraints=Constraints(airmass=1.1, sun_altitude=-12.0))
    long.preview()
    asked = replace(long.strategy, exposure=60.0)
    fresh = replace(long, strategy=asked)
    assert len(fresh.fields) > len(long.fields)
    assert long.revised(asked).fields.tolist() == fresh.fields.tolist()


def test_stages_are_told_and_can_end_the_work() -> None:
    told: list[str] = []
    _small().optimise(told=lambda stage, _share: told.append(stage))
    assert told == ["visibility", "preview", "optimise", "bound", "replay"]

    def stop(stage: str, _share: float) -> None:
        if stage == "optimise":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _small().optimise(told=stop)


def test_a_replay_begins_late_and_loses_what_it_cannot_make() -> None:
    sight = Sight((Window(0.0, 0.1),), np.zeros((3, 1)), np.array([[0.1], [0.1], [0.05]]))
    vectors = unit_vectors([0.0, 60.0, 0.0], [0.0, 0.0, 0.0])
    plan = [
        Exposure(0, "r", 0.0, 100.0), Exposure(1, "r", 110 / DAY, 100.0), Exposure(1, "g", 0.01, 100.0),
        Exposure(2, "g", 0.06, 100.0), Exposure(0, "g", 0.07, 100.0), Exposure(0, "g", 0.0995, 100.0),
    ]  # fmt: skip
    done = replay(plan, sight, MACHINE, vectors, closed=[Window(0.069, 0.0701)])
    late = (100 + float(MACHINE.slew(60.0))) / DAY
    assert [e.start for e in done.executed] == pytest.approx([0.0, late, 0.01])
    assert [lost.reason for lost in done.lost] == [
        "the field is out of its limits", "the dome is closed", "it is not dark"
    ]  # fmt: skip
    assert done.completed(2, 600.0).tolist() == [1]
    assert done.completed(2, 900.0).tolist() == []


@pytest.mark.parametrize(
    ("strategy", "least", "published"),
    [
        pytest.param(_night("r", visits=1), 0.464, 0.393, marks=pytest.mark.slow),
        (_night("g", "r"), 0.33, 0.270),
        pytest.param(_night("g", "r", exposure=30.0), 0.585, 0.0, marks=pytest.mark.slow),
    ],
    ids=["300 s r", "300 s g+r", "30 s g+r"],
)
def test_gw190425_is_covered_better_than_published(
    gw190425: Planner, strategy: Strategy, least: float, published: float
) -> None:
    planner = gw190425.revised(strategy)
    plan = planner.optimise()
    executed = _simulated(plan, planner, len(strategy.passes), strategy.gap)
    assert executed >= least > published
    assert abs(plan.probability - executed) <= 0.005
    assert planner.preview().probability >= 0.93 * plan.probability
    _check(plan, planner)
    assert plan.probability >= 0.96 * plan.upper_bound


def test_gw190814_takes_a_few_fields(shared: Path, survey: dict[str, Any]) -> None:
    sky_map = read_sky_map(shared / "skymaps/S190814bv_GW190814_LALInference.v1.fits.gz")
    asked = Strategy(58_709.88, 58_710.88, ("g", "r"), credible_level=0.9)
    plan = Planner(sky_map=sky_map, site=PALOMAR, strategy=asked, **survey).optimise()
    assert len(plan.fields) <= 6
    assert plan.probability > 0.9


@given(st.floats(0.0, 360.0), st.floats(-90.0, 90.0), st.floats(1.0, 8.0))
def test_own_tiles_hold_the_region_that_they_are_for(ra: float, dec: float, radius: float) -> None:
    sky_map, camera = skymap_of(Cone(ra, dec, radius, 0.9)), rectangle(1.5, 1.0)
    tiles = own_tiles(sky_map, camera, 0.9)
    seen = cover(sky_map, field_ranges(camera, np.arange(len(tiles.ra)), tiles.ra, tiles.dec))
    assert seen.probability > 0.89
    assert len(tiles.ra) < 3 * sky_map.area_within(0.9) / 1.5 + 30


def test_a_region_within_the_camera_gets_one_tile_at_its_middle() -> None:
    tiles = own_tiles(skymap_of(Cone(359.9, 40.0, 0.3, 0.9)), rectangle(2.0, 2.0), 0.9)
    assert len(tiles.ra) == 1
    assert float(separations(tiles.ra, tiles.dec, 359.9, 40.0)[0]) < 0.05


def test_visits_of_all_filters_are_taken_at_once() -> None:
    planner = _small(integrated=True, exposure={"g": 60.0, "r": 90.0}, visits=2)
    plan = planner.optimise()
    assert plan.probability <= plan.upper_bound
    for field in plan.fields.tolist():
        own = [e for e in plan.exposures if e.field == field]
        assert [len({e.filter for e in own[n : n + 2]}) for n in (0, 2)] == [2, 2]
        assert {e.filter: e.seconds for e in own} == {"g": 60.0, "r": 90.0}
        for first, second in (own[:2], own[2:]):
            assert (second.start - first.end) * DAY == pytest.approx(70.0, abs=1e-3)
        assert (own[2].start - own[0].start) * DAY >= 1800 - 1e-3
    changes = sum(a.filter != b.filter for a, b in zip(plan.exposures, plan.exposures[1:], strict=False))
    assert changes == len(plan.exposures) / 2


def test_time_at_the_telescope_and_low_airmass_are_kept() -> None:
    with pytest.raises(InvalidInput, match=r"4\.3 minutes, shorter than the visits of one field"):
        _small(most_seconds=259.0).preview()
    few = _small(most_seconds=4 * 260.0 + 10).optimise()
    assert len(few.fields) == 4
    planner = _small(most_fields=6, filters=("r",))
    high = planner.revised(replace(planner.strategy, low_airmass=True))
    lowest = [_mean_altitude(each.preview(), each) for each in (planner, high)]
    assert lowest[1] > lowest[0]


def _mean_altitude(plan: Plan, planner: Planner) -> float:
    fields, starts = [e.field for e in plan.exposures], [e.start for e in plan.exposures]
    sky = local_sky(planner.site, starts)
    return float(np.mean(np.diag(sky.altitude(planner.ra[fields], planner.dec[fields]))))


def test_a_bright_moon_is_kept_out() -> None:
    moonlit = {"begin": 58_918.1, "end": 58_918.5}
    dark = Constraints(airmass=2.5, sun_altitude=-12.0, moon_illumination=0.2)
    assert _small(**moonlit).preview().probability > 0.9
    with pytest.raises(InvalidInput, match="none of the fields"):
        _small(**moonlit, constraints=dark).preview()


def test_no_galaxies_are_no_map() -> None:
    for hpx, share in (([], []), ([3], [0.0])):
        with pytest.raises(InvalidInput, match="no galaxy"):
            galaxy_map(hpx, share)


def test_galaxies_that_lie_together_share_a_pointing() -> None:
    camera = rectangle(0.4, 0.4)
    ra, dec = np.array([150.0, 150.3, 170.0]), np.array([10.0, 10.0, -5.0])
    tiles = galaxy_tiles(ra, dec, [0.3, 0.2, 0.5], camera)
    assert len(tiles.ra) == 2
    assert (tiles.ra[1], tiles.dec[1]) == pytest.approx((150.15, 10.0), abs=1e-3)
    sky_map = galaxy_map(hpx_index(ra, dec), [0.3, 0.2, 0.5])
    assert sky_map.probability.sum() == pytest.approx(1.0)
    seen = field_ranges(camera, np.arange(2), tiles.ra, tiles.dec)
    assert cover(sky_map, seen).probability == pytest.approx(1.0)


def test_telescopes_share_what_they_see() -> None:
    north = _small(radius=6.0, filters=("r",), exposure=600.0, most_fields=8)
    south = replace(north, site=Site(-30.17, -70.81, 2207))
    day = replace(north, site=Site(33.36, 63.14, 1712), strategy=replace(north.strategy, begin=58_925.15, end=58_925.3))
    found = joint_plans([north, south, day], optimise=False)
    fields = [set(plan.fields.tolist()) for plan in found.plans.values()]
    assert found.plans.keys() == {0, 1}
    assert "never below" in found.idle[2]
    assert not fields[0] & fields[1]
    assert max(plan.probability for plan in found.plans.values()) < found.probability <= found.upper_bound
    everything = field_ranges(
        north.footprint, np.array([*fields[0], *fields[1]]), *(x[[*fields[0], *fields[1]]] for x in (RA, DEC))
    )
    assert found.probability == pytest.approx(cover(north.sky_map, everything).probability)
    assert sum(found.added.values()) <= found.probability + 1e-9
    with pytest.raises(InvalidInput, match="different maps"):
        joint_plans([north, _small(radius=2.0)])


def test_too_many_tiles_are_refused() -> None:
    with pytest.raises(InvalidInput, match="at most 20000"):
        own_tiles(skymap_of(Cone(10.0, 40.0, 30.0, 0.9)), rectangle(0.1, 0.1), 0.9)


def _check(plan: Plan, planner: Planner) -> None:
    """What holds of every plan."""
    asked = planner.strategy
    assert plan.probability <= plan.upper_bound <= 1
    everything = field_ranges(planner.footprint, plan.fields, planner.ra[plan.fields], planner.dec[plan.fields])
    truth = cover(planner.sky_map, everything)
    assert plan.probability == pytest.approx(truth.probability, abs=1e-12)
    assert plan.area <= truth.area * (1 + 1e-12)
    assert _simulated(plan, planner, len(asked.passes), asked.gap) == pytest.approx(plan.probability, abs=0.005)
    for field in plan.fields.tolist():
        own = [e for e in plan.exposures if e.field == field]
        assert sorted(e.filter for e in own) == sorted(p.filter for p in asked.passes)
        assert np.all(np.diff([e.start for e in own]) * DAY >= asked.gap - 1e-3)


def _simulated(plan: Plan, planner: Planner, visits: int, gap: float) -> float:
    """The probability that a telescope executes, by other means than the planner's."""
    vectors = unit_vectors(planner.ra, planner.dec)
    free, at, name = 0.0, -1, ""
    starts: dict[int, list[float]] = {}
    for exposure in plan.exposures:
        start = exposure.start
        if at >= 0:
            angle = degrees(acos(min(1.0, float(vectors[at] @ vectors[exposure.field]))))
            slew = 2 * sqrt(angle / 0.4) if angle < 16.9 else angle / 2.6 + 6.5
            start = max(start, free + (max(slew, 10.0) + 60.0 * (exposure.filter != name)) / DAY)
        times = np.array([start, start + exposure.seconds / DAY])
        sky = local_sky(planner.site, times)
        height = sky.altitude(planner.ra[[exposure.field]], planner.dec[[exposure.field]])[0]
        if height.min() < degrees(np.arcsin(1 / 2.51)) or sky.sun_altitude.max() > -11.95:
            continue
        free, at, name = times[1], exposure.field, exposure.filter
        if not starts.get(exposure.field) or (start - starts[exposure.field][-1]) * DAY > gap - 0.01:
            starts.setdefault(exposure.field, []).append(start)
    done = np.array([f for f, own in starts.items() if len(own) >= visits], dtype=np.int64)
    return cover(
        planner.sky_map, field_ranges(planner.footprint, done, planner.ra[done], planner.dec[done])
    ).probability
