"""Why fields are in plans or not: each verdict by a case made for it, gains against unions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.field_tiles import field_ranges
from skyhub.science.footprints import rectangle
from skyhub.science.planning import VERDICTS, FieldVerdict, Plan, Planner, Strategy, explain_fields
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import cover
from skyhub.science.visibility import Constraints, Horizon, Site, airmass, local_sky
from support.effort import repeats

PALOMAR = Site(33.3574, -116.8599, 1712)
RA, DEC = (x.ravel() for x in np.meshgrid(np.arange(152.0, 168.0, 1.5), np.arange(4.0, 18.0, 1.5)))
MIDDLE = int(np.argmin(np.hypot(RA - 160.0, DEC - 10.0)))
NIGHT = Constraints(airmass=2.5, sun_altitude=-12.0)


def _planner(**wishes: Any) -> Planner:
    asked = {"begin": 58_925.1, "end": 58_925.5, "filters": ("g", "r"), "exposure": 120.0, **wishes}
    return Planner(skymap_of(Cone(160.0, 10.0, 3.0, 0.9)), rectangle(2.0, 2.0), RA, DEC, PALOMAR, Strategy(**asked))


def _middle(planner: Planner) -> FieldVerdict:
    [found] = explain_fields(planner, [], [MIDDLE])
    return found


def test_without_a_night_there_is_nothing_to_explain() -> None:
    with pytest.raises(InvalidInput, match="Sun is never below"):
        _middle(_planner(begin=58_925.7, end=58_925.9))


def test_what_is_left_out_is_said_to_be() -> None:
    found = _middle(_planner(excluded=frozenset({MIDDLE})))
    assert found.verdict == "excluded"
    assert found.gain == pytest.approx(found.probability)


def test_every_field_has_a_verdict() -> None:
    planner = _planner()
    plan = planner.optimise()
    found = explain_fields(planner, plan.exposures, range(len(RA)))
    assert [each.field for each in found] == list(range(len(RA)))
    assert {each.field for each in found if each.verdict == "observed"} == set(plan.fields.tolist())
    assert {each.verdict for each in found} <= set(VERDICTS)
    far = found[int(np.argmax(np.hypot(RA - 160.0, DEC - 10.0)))]
    assert (far.verdict, far.probability, far.gain) == ("no probability", 0.0, 0.0)


def test_an_observed_field_tells_when_and_how_high() -> None:
    planner = _planner(most_fields=3)
    plan = planner.optimise()
    for each in explain_fields(planner, plan.exposures, plan.fields.tolist()):
        own = [e for e in plan.exposures if e.field == each.field]
        assert each.starts == tuple(e.start for e in own)
        sky = local_sky(PALOMAR, np.array([e.start + 60 / 86_400 for e in own]))
        truth = airmass(sky.altitude(RA[[each.field]], DEC[[each.field]])[0])
        assert each.airmass == pytest.approx(truth.tolist(), rel=1e-9)
        assert each.best_airmass is not None
        assert 1 <= each.best_airmass <= min(each.airmass) * (1 + 1e-4)


@settings(max_examples=repeats(30))
@given(st.sets(st.integers(0, len(RA) - 1), min_size=1, max_size=8), st.integers(0, len(RA) - 1))
def test_gains_are_differences_of_unions(some: set[int], other: int) -> None:
    planner = _planner()
    plan = [e for e in planner.preview().exposures[:1] for _ in some]
    plan = [e._replace(field=place) for e, place in zip(plan, sorted(some), strict=True)]
    [found] = explain_fields(planner, plan, [other])
    gain = _union(planner, some | {other}) - _union(planner, some - {other})
    assert found.gain == pytest.approx(gain, abs=2e-5)
    assert found.probability == pytest.approx(_union(planner, {other}), abs=2e-5)


def _union(planner: Planner, some: set[int]) -> float:
    places = np.array(sorted(some), dtype=np.int64)
    return cover(planner.sky_map, field_ranges(planner.footprint, places, RA[places], DEC[places])).probability


@pytest.mark.parametrize(
    ("limits", "site", "named"),
    [
        (replace(NIGHT, airmass=1.001), PALOMAR, ("airmass",)),
        (replace(NIGHT, altitude=80.0), PALOMAR, ("altitude",)),
        (replace(NIGHT, moon_separation=170.0), PALOMAR, ("moon_separation",)),
        (replace(NIGHT, airmass=None, altitude=-90.0, hour_angle=0.0), PALOMAR, ("hour_angle",)),
        (NIGHT, Site(-70.0, -116.9), ("airmass",)),
    ],
    ids=["airmass", "altitude", "Moon", "hour angle", "far south"],
)
def test_limits_that_are_never_kept_are_named(limits: Constraints, site: Site, named: tuple[str, ...]) -> None:
    found = _middle(replace(_planner(constraints=limits, end=58_925.9), site=site))
    assert (found.verdict, found.limits) == ("out of limits", named)
    assert found.observable < 1


def test_limits_that_are_kept_by_turns_are_all_named() -> None:
    """The field is high enough only in the south, where a wall stands."""
    wall = Horizon((0.0, 115.0, 120.0, 240.0, 245.0), (0.0, 0.0, 89.0, 89.0, 0.0))
    found = _middle(_planner(constraints=replace(NIGHT, airmass=1.1, horizon=wall)))
    assert (found.verdict, found.limits) == ("out of limits", ("airmass", "horizon"))
    assert found.best_airmass is not None
    assert found.best_airmass < 1.1


def test_visits_that_do_not_fit_are_told() -> None:
    found = _middle(_planner(gap=36_000.0))
    assert found.verdict == "visits do not fit"
    assert found.observable > 2


def test_fields_lose_to_what_is_seen_already_or_adds_more() -> None:
    planner = _planner(most_fields=1)
    plan: Plan = planner.optimise()
    verdicts = {each.field: each for each in explain_fields(planner, plan.exposures, range(len(RA)))}
    left = max((v for v in verdicts.values() if v.verdict != "observed"), key=lambda v: v.gain)
    assert left.verdict == "no room"
    twice = replace(planner, ra=np.append(RA, RA[plan.fields]), dec=np.append(DEC, DEC[plan.fields]))
    [same] = explain_fields(twice, plan.exposures, [len(RA)])
    assert (same.verdict, same.gain) == ("adds too little", 0.0)
