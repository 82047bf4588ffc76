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
from skyhub.client._plans import Plan
from skyhub.db import ADMINISTRATOR
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.field_tiles import field_ranges
from skyhub.science.footprints import rectangle
from skyhub.science.planning import growing_probability
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
