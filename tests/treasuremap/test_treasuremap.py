"""The Treasure Map: nothing leaves unless what was shown is approved; what comes in comes in once, where it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from skyhub.client import Sky
from skyhub.config import TreasureMapSettings
from skyhub.db import ADMINISTRATOR, ROLES, Viewer
from skyhub.errors import Conflict, InvalidInput, NotFound, PermissionRefused, Unavailable
from skyhub.science.sky_shapes import Cone
from support.houses import SCANNER
from support.services import Served
from support.treasuremap import DOI, EVENT, TOKEN, TreasureMapServer, busy, treasuremap_server

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])
T0 = datetime(2020, 3, 17, 2, 0, 0, tzinfo=UTC)
MJD = 58925.125
LOG = {
    "ra": [160.0, 200.0, 0.005],
    "dec": [10.0, -20.0, 5.0],
    "mjd": [MJD, MJD + 0.01, MJD + 0.02],
    "filter": ["r", "g", "i"],
    "limmag": [20.5, 21.0, None],
}
OTHER: dict[str, Any] = {
    "instrumentid": 38,
    "status": "completed",
    "depth_unit": "ab_mag",
    "band": "i",
    "pos_angle": 90.0,
}


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[TreasureMapServer]:
    with treasuremap_server() as server:
        monkeypatch.setenv("SKYHUB_TREASUREMAP__URL", server.url)
        yield server


@pytest.fixture
def vera(served: Served) -> Iterator[Sky]:
    with served.sky(VERA) as client:
        yield client


def _allocation(sky: Sky, instrument: str = "ZTF", **secrets: str) -> int:
    given = secrets or {"treasuremap_token": TOKEN}
    fields = {"title": "ToO", "pi": "V. Rubin", "instrument": instrument, "types": ["observation_plan"]}
    return int(sky.allocations.add(**fields, secrets=given)["allocation_id"])


def _event(sky: Sky) -> int:
    return int(sky.localizations.add(Cone(160.0, 10.0, 3.0, 0.9), dateobs=T0)["localization_id"])


def test_tokens_go_to_no_other_place() -> None:
    for url in ("http://treasuremap.space/api/v1", "ftp://treasuremap.space", "https://user@treasuremap.space"):
        with pytest.raises(ValueError, match=r"url|https"):
            TreasureMapSettings(url=url)


def test_who_may_not_share_shares_nothing(there: TreasureMapServer, served: Served, vera: Sky) -> None:
    number, event = _allocation(vera), _event(vera)
    vera.observations.add(LOG, "ZTF")
    with served.sky(SCANNER) as scanner, pytest.raises(PermissionRefused):
        scanner.treasuremap.share(number, EVENT, localization_id=event)
    with served.sky(STRANGER) as stranger, pytest.raises(NotFound):
        stranger.treasuremap.share(number, EVENT, localization_id=event)
    for what in ({}, {"localization_id": event, "plan_id": 1}):
        with pytest.raises(InvalidInput, match="either a localization"):
            vera.treasuremap.share(number, EVENT, **what)
    with pytest.raises(InvalidInput, match="graceid"):
        vera.treasuremap.share(number, "S190425z&x=1", localization_id=event)
    with pytest.raises(InvalidInput, match="has no treasuremap_id"):
        vera.treasuremap.share(_allocation(vera, "ATLAS"), EVENT, localization_id=event)
    with pytest.raises(InvalidInput, match="no secret treasuremap_token"):
        vera.treasuremap.share(_allocation(vera, password="x"), EVENT, localization_id=event)
    wrong = _allocation(vera, treasuremap_token="another")
    with pytest.raises(Unavailable, match="does not accept the account"):
        vera.treasuremap.share(wrong, EVENT, localization_id=event)
    assert there.writes == []


def test_without_a_setting_nobody_is_asked(served: Served, vera: Sky) -> None:
    number = _allocation(vera)
    with pytest.raises(InvalidInput, match="SKYHUB_TREASUREMAP"):
        vera.treasuremap.fetch(number, EVENT)


def test_observations_are_shared_once_and_only_as_they_were_shown(
    there: TreasureMapServer, served: Served, vera: Sky
) -> None:
    number, event = _allocation(vera), _event(vera)
    vera.observations.add(LOG, "ZTF")
    shown = vera.treasuremap.share(number, EVENT, localization_id=event)
    assert (len(shown["pointings"]), shown["left_out"], shown["sent"]) == (2, 1, False)
    assert there.writes == []
    with pytest.raises(Conflict, match="look at it again"):
        vera.treasuremap.share(number, EVENT, localization_id=event, approved="0" * 64)
    assert there.writes == []
    sent = vera.treasuremap.share(number, EVENT, localization_id=event, approved=shown["digest"])
    assert (sent["sent"], sent["pointing_ids"], sent["refused"]) == (True, [500, 501], [])
    assert {p["position"] for p in there.pointings} == {"POINT (160.0 10.0)", "POINT (200.0 -20.0)"}
    first = next(p for p in there.pointings if p["band"] == "r")
    assert (first["instrumentid"], first["depth"], first["depth_unit"]) == (47, 20.5, "ab_mag")
    assert first["time"].startswith("2020-03-17T03:00:00")
    assert TOKEN not in str(shown) + str(sent)

    again = vera.treasuremap.share(number, EVENT, localization_id=event)
    assert (again["pointings"], again["already"]) == ([], 2)
    vera.treasuremap.share(number, EVENT, localization_id=event, approved=again["digest"])
    assert len(there.writes) == 1
    back = vera.treasuremap.fetch(number, EVENT)
    assert (back["read"], back["stored"], back["duplicates"]) == (2, 0, 2)

    doi = vera.treasuremap.request_doi(number, [500, 501], [{"name": "V. Rubin", "affiliation": "Carnegie"}])
    assert doi == DOI
    kept = vera.treasuremap(EVENT).to_pandas()
    assert kept["doi_url"].tolist() == [DOI, DOI]
    assert kept["status"].tolist() == ["completed", "completed"]
    with pytest.raises(InvalidInput, match="only planned ones"):
        vera.treasuremap.cancel(number, [500])
    with pytest.raises(NotFound, match="no pointing 999"):
        vera.treasuremap.request_doi(number, [999])
    with served.sky(STRANGER) as stranger:
        assert len(stranger.treasuremap()) == 0
        assert stranger.sql("SELECT * FROM treasuremap_pointings").to_pandas().empty


def test_what_is_refused_there_is_not_kept_as_shared(there: TreasureMapServer, vera: Sky) -> None:
    number, event = _allocation(vera), _event(vera)
    vera.observations.add(LOG, "ZTF")
    shown = vera.treasuremap.share(number, EVENT, localization_id=event)
    hidden = there.add(**shown["pointings"][0] | {"instrumentid": 1})
    sent = vera.treasuremap.share(number, EVENT, localization_id=event, approved=shown["digest"])
    assert len(sent["pointing_ids"]) == len(sent["refused"]) == 1
    [row] = vera.treasuremap().to_pandas().to_dict("records")
    assert int(row["pointing_id"]) == sent["pointing_ids"][0] != hidden["id"]
    assert (row["ra"], row["band"]) == (shown["pointings"][1]["ra"], shown["pointings"][1]["band"])
    there.server.faults = [busy()]
    with pytest.raises(Unavailable, match="failed at this"):
        vera.treasuremap.fetch(number, EVENT)
    there.server.answers["/api/v1/pointings"] = lambda asked: {"error": TOKEN}
    with pytest.raises(Unavailable, match="talks nonsense") as refusal:
        vera.treasuremap.fetch(number, EVENT)
    assert TOKEN not in str(refusal.value)


def test_an_approved_plan_is_shared_as_planned_and_cancelled(there: TreasureMapServer, vera: Sky) -> None:
    number = _allocation(vera)
    observation = {
        "field_id": 7, "ra": 359.9, "dec": 10.0, "filter": "r", "bandpass": "ztfr", "start": "2020-03-17T03:00:00.000",
        "exposure_s": 30.0,
    }  # fmt: skip
    plan = {
        "localization_id": None, "instrument": "ZTF", "telescope": "P48", "visits": 1, "probability": 0.5,
        "upper_bound": 0.6, "area": 4.0, "notes": [], "planned_at": "2020-03-17T01:00:00Z", "observations": [observation],
        "wishes": {"start": "2020-03-17T02:00:00", "hours": 9, "filters": ["r"]},
    }  # fmt: skip
    kept = vera.plans.save(plan, "first")
    identifier = int(kept["plan_id"])
    with pytest.raises(InvalidInput, match="is draft: only plans that somebody approved"):
        vera.treasuremap.share(number, EVENT, plan_id=identifier)
    vera.plans.approve(kept)
    shown = vera.treasuremap.share(number, EVENT, plan_id=identifier)
    sent = vera.treasuremap.share(number, EVENT, plan_id=identifier, approved=shown["digest"])
    [planned] = there.pointings
    assert (planned["status"], planned["position"], planned["band"]) == ("planned", "POINT (359.9 10.0)", "r")
    assert vera.treasuremap.share(number, EVENT, plan_id=identifier)["already"] == 1
    with pytest.raises(InvalidInput, match="only completed ones"):
        vera.treasuremap.request_doi(number, sent["pointing_ids"])
    assert vera.treasuremap.cancel(number, sent["pointing_ids"]) == 1
    assert planned["status"] == "cancelled"
    assert vera.treasuremap().to_pandas()["status"].tolist() == ["cancelled"]
    assert vera.treasuremap.fetch(number, EVENT)["cancelled"] == 1


def test_pointings_of_others_become_observations_where_they_are(there: TreasureMapServer, vera: Sky) -> None:
    number = _allocation(vera)
    time = T0.replace(tzinfo=None)
    there.add(ra=-160.0, dec=-30.0, time=time.isoformat(), depth=23.5, **OTHER)
    there.add(
        ra=20.0,
        dec=-31.0,
        time=(time + timedelta(hours=1)).isoformat(),
        depth=3.631e-6,
        **{**OTHER, "depth_unit": "flux_jy"},
    )
    there.add(
        ra=21.0, dec=-31.0, time=(time + timedelta(hours=2)).isoformat(), depth=None, **{**OTHER, "band": "other"}
    )
    there.add(ra=22.0, dec=-31.0, time=time.isoformat(), depth=22.0, **{**OTHER, "instrumentid": 9999})
    there.add(ra=23.0, dec=-31.0, time=time.isoformat(), depth=22.0, **{**OTHER, "status": "planned"})
    there.add(ra=24.0, dec=-31.0, time="soon", depth=22.0, **OTHER)
    found = vera.treasuremap.fetch(number, EVENT)
    assert found == {"read": 5, "stored": 3, "duplicates": 0, "planned": 1, "cancelled": 0, "unknown": {"9999": 1}}
    rows = vera.observations(instrument="DECam").to_pandas().sort_values("mjd")
    assert rows["ra"].tolist() == [200.0, 20.0, 21.0]
    assert rows["dec"].tolist() == [-30.0, -31.0, -31.0]
    assert rows["origin"].unique().tolist() == ["treasuremap"]
    assert rows["filter"].tolist()[:2] == ["desi", "desi"]
    assert rows["limiting_magnitude"].tolist()[:2] == pytest.approx([23.5, 22.5], abs=1e-3)
    assert rows["position_angle"].tolist() == [90.0] * 3
    again = vera.treasuremap.fetch(number, EVENT)
    assert (again["stored"], again["duplicates"]) == (0, 3)
    event = _event(vera)
    assert vera.localizations.coverage(event)["n_observations"] == 3
    shown = vera.treasuremap.share(_allocation(vera, "DECam"), EVENT, localization_id=event)
    assert shown["pointings"] == []


def test_administrators_use_no_token_that_is_not_there(there: TreasureMapServer, served: Served) -> None:
    with served.sky(ADMINISTRATOR) as every, pytest.raises(NotFound):
        every.treasuremap.fetch(10**6, EVENT)
