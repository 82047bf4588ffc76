"""Plans that are kept: what is refused, who sees them, what is approved, the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from planning_support import BOX, GRID, MAP, OBSERVATION, PLAN, START
from skyhub.client import Sky
from skyhub.client._plans import Plan
from skyhub.db import ADMINISTRATOR
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from skyhub.planning import PLANS, KeptPlan
from skyhub.science.planning import VERDICTS
from skyhub.science.skymaps import write_sky_map
from support.houses import OTHER, SCANNER
from support.services import Served


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"observations": []}, "no observations"),
        ({"observations": [{**OBSERVATION, "dec": 91}]}, "dec"),
        ({"observations": [{**OBSERVATION, "start": "soon"}]}, "start"),
        ({"observations": [{**OBSERVATION, "start": "2020-03-17T03:00:00+02:00"}]}, "leave the zone out"),
        ({"observations": [{**OBSERVATION, "exposure_s": 0}]}, "exposure_s"),
        ({"observations": [OBSERVATION, {**OBSERVATION, "start": START}]}, "not in the order of their starts"),
        ({"probability": 0.7}, "probability ≤ bound"),
        ({"upper_bound": 1.1}, "probability ≤ bound"),
        ({"probability": float("nan")}, "JSON|finite"),
        ({"wishes": {"filters": ["r"]}}, "start"),
        ({"wishes": {**PLAN["wishes"], "seeing": 1}}, "seeing"),
        ({"state": "approved"}, "what was approved is nothing"),
        ({"state": "sent", "approved": "0" * 64}, "what was approved is 0000"),
        ({"state": "done"}, "state"),
    ],
)
def test_what_is_no_plan_is_not_kept(sky: Sky, changes: dict[str, Any], message: str) -> None:
    with pytest.raises((InvalidInput, ValueError), match=message):
        sky.plans.add(name="wrong", **{**PLAN, **changes})
    assert sky.plans.rows() == []


def test_plans_of_what_is_not_there_are_refused(sky: Sky) -> None:
    with pytest.raises(NotFound, match="no localization 99"):
        sky.plans.add(name="nowhere", **{**PLAN, "localization_id": 99})
    with pytest.raises(NotFound):
        sky.plans.load(1)


def test_equal_plans_have_equal_digests() -> None:
    plan = KeptPlan(name="a", **PLAN)
    other = KeptPlan(name="b", **{**PLAN, "observations": [{**OBSERVATION, "ra": 160.1}]})
    assert plan.digest == plan.model_copy(update={"name": "b"}).digest != other.digest
    assert PLANS.bulky == {"observations"}


def test_an_approval_is_of_what_was_seen(sky: Sky) -> None:
    first = sky.plans.add(name="first", **PLAN)
    assert (first["state"], first["n_fields"], first["n_observations"]) == ("draft", 1, 1)
    moved = [{**OBSERVATION, "exposure_s": 60.0}]
    sky.plans.edit(first["plan_id"], observations=moved)
    with pytest.raises(Conflict, match="look at it again"):
        sky.plans.approve(first)
    approved = sky.plans.approve(sky.plans.load(first["plan_id"]))
    assert approved["state"] == "approved"
    with pytest.raises(InvalidInput, match="make it a draft again"):
        sky.plans.edit(first["plan_id"], observations=[OBSERVATION])
    sky.plans.edit(first["plan_id"], observations=[OBSERVATION], state="draft", approved=None)
    assert sky.plans.edit(first["plan_id"], state="cancelled")["state"] == "cancelled"
    states = [version["state"] for version in sky.plans.history(first["plan_id"])]
    assert states == ["draft", "draft", "approved", "draft", "cancelled"]


def test_a_plan_is_seen_by_those_who_see_its_localization(served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        sky.instruments.set_fields("ZTF", GRID, BOX)
    with served.sky(replace(SCANNER, scopes=SCANNER.scopes | {"upload"})) as sky:
        number = sky.localizations.add(write_sky_map(MAP), name="hers")["localization_id"]
        draft = sky.plans.draft(number, "ZTF", START, "r", hours=9, method="preview", max_fields=4)
        kept = sky.plans.save(draft, "hers")
        with pytest.raises(PermissionRefused):
            sky.plans.share(kept["plan_id"], "public")
        loaded = sky.plans.load(kept["plan_id"])
        assert loaded["observations"] == draft["observations"]
        assert (loaded["probability"], loaded["wishes"]) == (draft["probability"], draft["wishes"])
        assert repr(loaded).startswith("<Plan with ZTF: 4 observations of 4 fields")
        _check_explanations(sky, draft, kept["plan_id"])
        before = datetime.now(UTC)
        sky.plans.remove(kept["plan_id"])
        assert sky.plans.rows() == []
        assert [row["name"] for row in sky.plans.rows(as_of=before)] == ["hers"]
        assert sky.plans.load(kept["plan_id"], as_of=before)["observations"] == draft["observations"]
        again = sky.plans.save(draft, "again")["plan_id"]
    with served.sky(OTHER) as sky:
        assert sky.plans.rows() == []
        for read in (sky.plans.get, sky.plans.load, sky.plans.history):
            with pytest.raises(NotFound):
                read(again)
        for path in ("observations", "explanation", "export"):
            with pytest.raises(NotFound):
                sky.transport.get(f"/api/plans/{again}/{path}")
        with pytest.raises(NotFound):
            sky.plans.explain(draft)


def _check_explanations(sky: Sky, draft: Plan, number: str) -> None:
    """The kept plan is explained as the draft was."""
    rows = list(sky.plans.explain(draft).to_pandas().to_dict("records"))
    observed = {row["field_id"] for row in rows if row["verdict"] == "observed"}
    assert observed == {each["field_id"] for each in draft["observations"]}
    assert {"observed", "no room"} <= {row["verdict"] for row in rows} <= set(VERDICTS)
    assert len(sky.plans.explain(number)) == len(rows)
    [one] = sky.plans.explain(number, fields=[draft["observations"][0]["field_id"]]).to_pandas().to_dict("records")
    assert (list(one["starts"]), one["verdict"]) == ([draft["observations"][0]["start"]], "observed")
    with pytest.raises(InvalidInput, match="the field 1 is none of those of ZTF"):
        sky.plans.explain(draft, fields=[1])


def test_plans_from_files_are_explained_with_the_file(sky: Sky) -> None:
    sky.instruments.set_fields("ZTF", GRID, BOX)
    content = write_sky_map(MAP)
    draft = sky.plans.draft(content, "ZTF", START, "r", hours=9, method="preview")
    with pytest.raises(InvalidInput, match="the plan is from a file"):
        sky.plans.explain(draft)
    assert len(sky.plans.explain(draft, content)) >= draft["n_fields"]
    number = sky.plans.save(draft, "from a file")["plan_id"]
    with pytest.raises(InvalidInput, match="made from a file that is not kept"):
        sky.plans.explain(number)
