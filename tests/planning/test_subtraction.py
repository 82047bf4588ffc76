"""Plans for what was not observed yet: the rest of the map is planned for, and explanations say what was taken out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from planning_support import BOX, GRID, MAP, START
from skyhub.client import Sky
from skyhub.errors import InvalidInput
from skyhub.science.skymaps import write_sky_map

T0 = datetime(2020, 3, 17, 1, 0, 0, tzinfo=UTC)
WISHES: dict[str, Any] = {"hours": 9, "exposure": 60, "method": "preview"}


def test_what_was_observed_is_not_planned_again(sky: Sky) -> None:
    sky.instruments.set_fields("ZTF", GRID, BOX)
    number = sky.localizations.add(write_sky_map(MAP), name="map", dateobs=T0)["localization_id"]
    fresh = sky.plans.draft(number, "ZTF", START, "r", **WISHES, max_fields=4)
    with pytest.raises(InvalidInput, match="store the map first"):
        sky.plans.draft(write_sky_map(MAP), "ZTF", START, "r", **WISHES, subtract="observed")
    nothing = sky.plans.draft(number, "ZTF", START, "r", **WISHES, max_fields=4, subtract="observed")
    assert nothing["probability"] == pytest.approx(fresh["probability"])
    assert "nothing was observed" in nothing["notes"][-1]

    seen = [row["field_id"] for row in fresh["observations"]]
    times = [(T0 + timedelta(minutes=n)).isoformat() for n in range(len(seen))]
    sky.observations.add({"field_id": seen, "time": times, "filter": ["r"] * 4, "limmag": [20.0] * 4}, "ZTF")
    covered = sky.localizations.coverage(number)["probability"]
    assert covered == pytest.approx(fresh["probability"], abs=0.01)

    rest = sky.plans.draft(number, "ZTF", START, "r", **WISHES, max_fields=4, subtract="observed")
    assert not {row["field_id"] for row in rest["observations"]} & set(seen)
    assert 0 < rest["probability"] < 1 - covered
    assert f"4 observations hold {covered:.3f} of the probability" in rest["notes"][-1]
    both = sky.localizations.coverage(number, start="2019-01-01")["probability"] + rest["probability"]
    assert fresh["probability"] < both <= 1
    rows = {row["field_id"]: row for row in sky.plans.explain(rest).to_pandas().to_dict("records")}
    assert rows[seen[0]]["verdict"] != "observed"
    assert rows[seen[0]]["probability"] < 0.01
    assert rows[seen[0]]["subtracted"] > 0.05

    deeper = sky.plans.draft(
        number, "ZTF", START, "r", **WISHES, max_fields=4, subtract="observed", subtract_deeper=20.5
    )
    assert deeper["probability"] == pytest.approx(fresh["probability"])
    often = sky.plans.draft(number, "ZTF", START, "r", **WISHES, max_fields=4, subtract="observed", subtract_visits=5)
    assert often["probability"] == pytest.approx(fresh["probability"])
    kept = sky.plans.save(rest, "the rest")
    assert sky.plans.get(kept["plan_id"])["wishes"]["subtract"] == "observed"

    everywhere = [row["field_id"] for row in GRID]
    times = [(T0 + timedelta(seconds=n)).isoformat() for n in range(len(everywhere))]
    sky.observations.add({"field_id": everywhere, "time": times}, "ZTF")
    with pytest.raises(InvalidInput, match="all probability of the map was observed"):
        sky.plans.draft(number, "ZTF", START, "r", **WISHES, subtract="observed")
