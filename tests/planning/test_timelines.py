"""Plans along their nights, and plans that tell how far they are: against the almanac's own numbers and unions on the sky."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planning_support import BOX, GRID, MAP, START
from skyhub.client import Sky
from skyhub.client._plans import JointPlan, Plan
from skyhub.db import ADMINISTRATOR
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.field_tiles import field_ranges, joined_ranges
from skyhub.science.footprints import rectangle
from skyhub.science.planning import growing_probability
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import cover, write_sky_map
from skyhub.science.visibility import Site, airmass, local_sky
from support.houses import OTHER, SCANNER
from support.services import Served


@pytest.fixture(scope="module")
def planned(still: Served) -> Iterator[tuple[Sky, Plan]]:
    """A plan in two filters over a map that only administrators see."""
    with still.sky(ADMINISTRATOR) as sky:
        sky.instruments.set_fields("ZTF", GRID, BOX)
        number = sky.localizations.add(write_sky_map(MAP), name="cone", groups=["transients"])["localization_id"]
        yield sky, sky.plans.draft(number, "ZTF", START, "g,r", hours=9, method="preview", max_fields=6)


def test_the_probability_grows_to_that_of_the_union() -> None:
    ra, dec = np.array([[each["ra"], each["dec"]] for each in GRID[40:60]]).T
    seen = field_ranges(rectangle(2.0, 2.0), np.arange(20), ra, dec)
    grown = growing_probability(MAP, seen)
    for count in (1, 7, 20):
        part = field_ranges(rectangle(2.0, 2.0), np.arange(count), ra[:count], dec[:count])
        assert grown[count - 1] == pytest.approx(cover(MAP, part).probability, abs=1e-12)
    assert growing_probability(MAP, field_ranges(rectangle(2.0, 2.0), [], [], [])).tolist() == []


def test_what_has_no_timeline_is_refused(planned: tuple[Sky, Plan]) -> None:
    sky, plan = planned
    with pytest.raises(InvalidInput, match="observations"):
        sky.plans.timeline(Plan({**plan, "observations": []}))
    strange = {**plan["observations"][0], "field_id": 7}
    with pytest.raises(InvalidInput, match="field 7 is none of those of ZTF"):
        sky.plans.timeline(Plan({**plan, "observations": [strange]}))
    with pytest.raises(InvalidInput, match="give its path or bytes"):
        sky.plans.timeline(Plan({**plan, "localization_id": None}))
    with pytest.raises(NotFound):
        sky.plans.timeline(99)


def test_a_timeline_has_the_night_the_airmass_and_the_growing_probability(planned: tuple[Sky, Plan]) -> None:
    sky, plan = planned
    told = sky.plans.timeline(plan)
    [night] = told["nights"]
    assert night["night"] == "2020-03-16"
    begins, ends = zip(*(night["twilights"][n] for n in ("sunset", "civil", "nautical", "astronomical")), strict=True)
    assert list(begins) == sorted(begins)
    assert list(ends) == sorted(ends, reverse=True)
    assert begins[0] == night["begin"] == pytest.approx(told["mjd"][0], abs=1e-6)
    site = Site(33.3574, -116.8599, 1712)
    at = np.searchsorted(told["mjd"], begins[1])
    assert told["sun_altitude"][at - 1] > -6 > told["sun_altitude"][at]
    observed = told["observations"]
    assert len(observed) == plan["n_observations"]
    grown = [each["probability"] for each in observed]
    assert all(a <= b for a, b in pairwise(grown))
    assert grown[0] == 0
    assert grown[-1] == pytest.approx(plan["probability"], abs=1e-9)
    first, row = observed[0], plan["observations"][0]
    truth = airmass(local_sky(site, [(first["start"] + first["end"]) / 2]).altitude([row["ra"]], [row["dec"]]))[0, 0]
    assert first["airmass"] == pytest.approx(truth, abs=2e-3)
    field = told["fields"][0]
    assert (field["field_id"], len(field["outline"])) == (row["field_id"], 4)
    assert len(told["fields"]) == plan["n_fields"]


def test_a_kept_plan_has_the_same_timeline_for_who_may_see_it(planned: tuple[Sky, Plan], still: Served) -> None:
    sky, plan = planned
    number = sky.plans.save(plan, "cone", groups=["transients"])["plan_id"]
    assert sky.plans.timeline(number) == sky.plans.timeline(plan)
    with still.sky(SCANNER) as hers:
        assert len(hers.plans.timeline(number)["observations"]) == plan["n_observations"]
    with still.sky(OTHER) as his:
        for asked in (number, plan):
            with pytest.raises(NotFound):
                his.plans.timeline(asked)


def test_progress_is_told_and_ends_in_the_same_plan(planned: tuple[Sky, Plan]) -> None:
    sky, plan = planned
    told: list[tuple[str, float]] = []
    wishes: dict[str, Any] = {"hours": 9, "max_fields": 6, "method": "optimise"}
    followed = sky.plans.draft(plan["localization_id"], "ZTF", START, "g,r", told=lambda *at: told.append(at), **wishes)
    plain = sky.plans.draft(plan["localization_id"], "ZTF", START, "g,r", **wishes)
    assert followed["observations"] == plain["observations"]
    assert told
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1


def test_what_is_wrong_is_told_at_the_end_of_the_lines(planned: tuple[Sky, Plan], tmp_path: Path) -> None:
    sky, plan = planned
    for wishes, message in (({"hours": 9, "airmass": 0.5}, "airmass"), ({"hours": 1}, "Sun is never below")):
        with pytest.raises(InvalidInput, match=message):
            sky.plans.draft(plan["localization_id"], "ZTF", "2020-03-17T18:00:00", "r", told=lambda *at: None, **wishes)
    with pytest.raises(NotFound):
        sky.plans.draft(99, "ZTF", START, "r", hours=9, told=lambda *at: None)


def test_who_is_told_may_end_the_work(planned: tuple[Sky, Plan]) -> None:
    sky, plan = planned

    def stop(stage: str, share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sky.plans.draft(plan["localization_id"], "ZTF", START, "g,r", hours=9, told=stop)
    assert sky.plans.draft(plan["localization_id"], "ZTF", START, "r", hours=9, method="preview")["n_fields"] > 0


@pytest.fixture(scope="module")
def together(planned: tuple[Sky, Plan]) -> JointPlan:
    """Plans of two telescopes on the same map."""
    sky, plan = planned
    sky.instruments.add(
        name="Finder", telescope="P60", type="imager", filters=["sdssr"], footprint="box(0, 0, 1.5, 1.5, 0)"
    )
    wishes: dict[str, Any] = {"hours": 9, "method": "preview", "max_fields": 4}
    own = {"ZTF": {"excluded_fields": [100]}, "Finder": {"filters": ["r"], "exposure": 60}}
    return sky.plans.together(plan["localization_id"], ["ZTF", "Finder"], START, "g,r", own=own, **wishes)


def test_timelines_of_different_maps_are_refused(planned: tuple[Sky, Plan], together: JointPlan) -> None:
    sky, _ = planned
    other = sky.localizations.add(write_sky_map(skymap_of(Cone(160.0, 10.0, 2.0, 0.9))), name="small")
    elsewhere = sky.plans.draft(other["localization_id"], "ZTF", START, "r", hours=9, method="preview", max_fields=1)
    with pytest.raises(InvalidInput, match="plan for different maps"):
        sky.plans.timelines([together["plans"][0], elsewhere])
    with pytest.raises(InvalidInput, match="plans"):
        sky.plans.timelines([])


def test_several_telescopes_grow_to_the_union_of_their_fields(planned: tuple[Sky, Plan], together: JointPlan) -> None:
    sky, _ = planned
    found = sky.plans.timelines(together["plans"])
    assert found["timelines"] == [sky.plans.timeline(plan) for plan in together["plans"]]
    grown = found["together"]["probability"]
    assert found["together"]["end"] == sorted(found["together"]["end"])
    assert all(a <= b for a, b in pairwise(grown))
    assert grown[-1] == found["probability"] == pytest.approx(together["probability"], abs=1e-12)
    assert found["area"] == pytest.approx(together["area"])
    tiles = []
    for side, plan in zip((2.0, 1.5), together["plans"], strict=True):
        rows = {row["field_id"]: row for row in plan["observations"]}
        ra, dec = ([row[axis] for row in rows.values()] for axis in ("ra", "dec"))
        tiles.append(field_ranges(rectangle(side, side), [*rows], ra, dec))
    assert cover(MAP, joined_ranges(tiles)).probability == pytest.approx(grown[-1], abs=1e-12)


def test_joint_progress_names_the_telescope_and_can_be_ended(planned: tuple[Sky, Plan], together: JointPlan) -> None:
    sky, plan = planned
    asked = (plan["localization_id"], ["ZTF", "Finder"], START, "r")
    wishes: dict[str, Any] = {"hours": 9, "max_fields": 3, "budget": 2}
    told: list[tuple[str, float]] = []
    followed = sky.plans.together(*asked, told=lambda *at: told.append(at), **wishes)
    plain = sky.plans.together(*asked, **wishes)
    assert [p["observations"] for p in followed["plans"]] == [p["observations"] for p in plain["plans"]]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1
    assert {stage.partition(": ")[0] for stage, _ in told} <= {"begin", "ZTF", "Finder"}

    def stop(stage: str, share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sky.plans.together(*asked, told=stop, **wishes)
    with pytest.raises(InvalidInput, match="Finder has no filter 'g'") as refused:
        sky.plans.together(asked[0], asked[1], START, "g", told=lambda *at: None, **wishes)
    assert refused.value.where == "own.Finder.filters"


def test_plans_of_several_telescopes_are_kept_together(
    planned: tuple[Sky, Plan], together: JointPlan, still: Served
) -> None:
    sky, plan = planned
    kept = sky.plans.save_together(together, "first night", groups=["transients"])
    assert [one["name"] for one in kept] == ["first night, ZTF", "first night, Finder"]
    assert len({one["together"] for one in kept}) == 1
    loaded = sky.plans.load_together(kept[1]["plan_id"])
    assert [p["observations"] for p in loaded["plans"]] == [p["observations"] for p in together["plans"]]
    assert loaded["probability"] == pytest.approx(together["probability"])
    assert loaded["probability"] <= loaded["upper_bound"] <= 1
    assert repr(loaded).startswith("<JointPlan with ZTF, Finder: ")
    alone = sky.plans.save(plan, "alone")["plan_id"]
    with pytest.raises(InvalidInput, match="of one telescope alone"):
        sky.plans.load_together(alone)
    with still.sky(SCANNER) as hers:
        assert hers.plans.load_together(kept[0]["plan_id"])["probability"] == loaded["probability"]
    with still.sky(OTHER) as his:
        with pytest.raises(NotFound):
            his.plans.load_together(kept[0]["plan_id"])
        with pytest.raises(NotFound):
            his.plans.timelines(together["plans"])


def test_without_balance_each_visit_counts_for_its_part(planned: tuple[Sky, Plan]) -> None:
    sky, plan = planned
    wishes: dict[str, Any] = {"hours": 1.2, "exposure": 300, "gap": 60, "method": "preview"}
    asked = (plan["localization_id"], "ZTF", START, "g,r")
    with pytest.raises(InvalidInput, match="do not fit in the"):
        sky.plans.draft(*asked, **wishes)
    parts = sky.plans.draft(*asked, balance_exposure=False, **wishes)
    assert parts["probability"] == pytest.approx(np.mean(parts["probability_by_visit"]))
    assert parts["complete_probability"] <= parts["probability"] <= parts["seen_probability"]
    assert parts["probability"] <= parts["upper_bound"]
    grown = [row["probability"] for row in sky.plans.timeline(parts)["observations"]]
    assert grown == sorted(grown)
    assert grown[-1] == pytest.approx(parts["probability"])
    assert sky.plans.timelines([parts])["probability"] == pytest.approx(parts["seen_probability"])
    assert "visits do not fit" not in set(sky.plans.explain(parts)["verdict"].to_pylist())
    assert "averaged over the visits" in " ".join(parts.export("gcn").decode().split())
    kept = sky.plans.save(parts, "parts", groups=["transients"])
    assert sky.plans.load(kept["plan_id"])["wishes"]["balance_exposure"] is False
