"""The desk of the scanner: what surrounds a candidate, comments, classes, groups; over a real service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from skyhub.client import Sky
from skyhub_widgets import SkyDesk
from skyhub_widgets._desk_messages import answer
from support.houses import SCANNER, candidates_of
from support.services import Served

NAME = "ZTF26partner"


@pytest.fixture
def desk_sky(served: Served) -> Iterator[Sky]:
    with served.sky(SCANNER) as sky:
        yield sky


def said(sky: Sky, **message: Any) -> dict[str, Any]:
    return answer(SkyDesk(sky), {"id": "1", "object_id": NAME, **message})


@pytest.mark.parametrize(
    "message",
    [
        {"type": "comment", "text": ""},
        {"type": "classify", "classification": "Unicorn"},
        {"type": "classify", "classification": "SN Ia", "probability": 2},
        {"type": "keep", "groups": ["bursts"], "others": []},
        {"type": "details", "id": "999999", "dayobs": "2026-11-21"},
        {"type": "details", "object_id": "ZTF26caltech", "dayobs": "2026-11-21"},
    ],
    ids=str,
)
def test_what_the_service_refuses_is_said(desk_sky: Sky, message: dict[str, Any]) -> None:
    answered = said(desk_sky, **message)
    assert (answered["type"], answered["to"]) == ("desk_failed", message["type"])
    assert answered["message"]


def test_what_surrounds_a_candidate(served: Served, desk_sky: Sky) -> None:
    number = str(candidates_of(served.db, SCANNER)[NAME])
    desk_sky.annotations.add(object_id=NAME, origin="Gaia", data={"plx": 1.5})
    assert said(desk_sky, type="comment", text="**rising**")["type"] == "desk_done"
    details = said(desk_sky, type="details", id=number, dayobs="2026-11-21")["details"]
    assert [c["text"] for c in details["comments"]] == ["**rising**"]
    assert [a["origin"] for a in details["about"]["annotations"]] == ["Gaia"]
    assert {reason["filter"]["group"] for reason in details["why"]} <= {"transients", None}
    assert details["centroid"]["points"]
    assert {row["origin"] for row in details["distributions"]} == {"ZTF"}
    assert "photometry" not in details["about"]


def test_without_a_service_there_is_no_image(desk_sky: Sky) -> None:
    answered = said(desk_sky, type="image")
    assert (answered["type"], set(answered["image"].values())) == ("image", {None})


def test_classes_and_groups(desk_sky: Sky) -> None:
    assert "SN Ia" in said(desk_sky, type="classes")["classes"]
    assert said(desk_sky, type="classify", classification="Ia", probability=0.5)["message"].endswith("as SN Ia.")
    assert "saved for transients" in said(desk_sky, type="keep", groups=["transients"], others=[])["message"]
    assert "taken off transients" in said(desk_sky, type="keep", groups=[], others=["transients"])["message"]
    assert "as they were" in said(desk_sky, type="keep", groups=[], others=[])["message"]
