"""Who can see a localization, and many targets from many telescopes: refusals, rights, and the answers for one at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from skyhub.db import ADMINISTRATOR
from skyhub.errors import InvalidInput, NotFound
from skyhub.science.sky_shapes import Cone
from support.houses import OTHER, SCANNER, VISITOR
from support.services import Served

NIGHT = "2026-11-21"
MOMENT = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
"""Night in America, day in Asia."""
THREE = ["P48", "LT", "Subaru"]


@pytest.fixture(scope="module")
def number(still: Served) -> str:
    with still.sky(ADMINISTRATOR) as sky:
        found = sky.localizations.add(Cone(60.0, 20.0, 5.0, 0.9), name="over America", groups=["transients"])
        return str(found["localization_id"])


@pytest.mark.parametrize(
    ("targets", "options", "error", "said"),
    [
        ([], {}, InvalidInput, "targets"),
        ([{"name": "here"}], {}, InvalidInput, "name with ra and dec"),
        ([("here", 10.0, 95.0)], {}, InvalidInput, "dec"),
        (["nothing"], {}, NotFound, "no object 'nothing'"),
        ([("here", 10.0, 5.0)], {"telescopes": "P49"}, NotFound, "no telescope 'P49'"),
        ([("here", 10.0, 5.0)], {"telescopes": "Swift"}, InvalidInput, "no fixed place"),
        ([("here", 10.0, 5.0)], {"night": "soon"}, InvalidInput, "is no night"),
        ([("here", 10.0, 5.0)], {"airmas": 2}, InvalidInput, "airmas is no condition"),
        ([("here", 10.0, 5.0)] * 5000, {}, InvalidInput, "too many at once"),
    ],
)
def test_targets_that_cannot_be_are_refused(
    still: Served, targets: list[Any], options: dict[str, Any], error: Any, said: str
) -> None:
    with still.sky(SCANNER) as sky, pytest.raises(error, match=said):
        sky.observability.targets(targets, **options)


def test_pairs_are_what_each_alone_is(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        places = [("Orion", 83.8, -5.4), ("north", 200.0, 80.0), ("south", 10.0, -75.0)]
        options: dict[str, Any] = {"telescopes": THREE, "night": NIGHT, "moon_separation": 30}
        rows = sky.observability.targets(["ZTF26public", *places], **options).to_rows()
        assert [row["target"] for row in rows[::3]] == ["ZTF26public", "Orion", "north", "south"]
        assert [row["telescope"] for row in rows[:3]] == THREE
        for name, ra, dec in places:
            alone = sky.observability(position=f"{ra} {dec}", **options).to_rows()
            for one in alone:
                [pair] = [r for r in rows if (r["target"], r["telescope"]) == (name, one["telescope"])]
                assert pair["hours"] == pytest.approx(one["hours"], abs=0.2)
                for column in ("best_mjd", "best_altitude", "best_airmass", "best_moon_separation"):
                    assert pair[column] == pytest.approx(one[column]), column
        figure = sky.observability.targets(places, **options).plot()
        assert [text.get_text() for text in figure.get_yticklabels()] == ["Orion", "north", "south"]


def test_rows_of_sources_and_galaxies_are_targets(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        rows = [
            {"object_id": "ZTF26public", "ra": 1.0, "score": 0.5},
            {"name": "M31", "ra": 10.7, "dec": 41.3, "mag": 3},
        ]
        found = sky.observability.targets(rows, telescopes="P48", night=NIGHT).to_rows()
        assert [row["target"] for row in found] == ["ZTF26public", "M31"]


def test_who_sees_a_localization_sees_who_observes_it(still: Served, number: str) -> None:
    for viewer in (OTHER, VISITOR):
        with still.sky(viewer) as sky, pytest.raises(NotFound, match=f"no localization {number}"):
            sky.observability.observers(number)
    with still.sky(SCANNER) as sky:
        for options, error in (({"telescopes": "P49"}, NotFound), ({"airmass": 0.5}, InvalidInput)):
            with pytest.raises(error):
                sky.observability.observers(number, **options)
        with pytest.raises(InvalidInput, match="1972 to 2100"):
            sky.observability.observers(number, "1950-01-01")


def test_the_probability_of_each_telescope_is_what_its_sky_says(still: Served, number: str) -> None:
    with still.sky(SCANNER) as sky:
        found = sky.observability.observers(number, MOMENT, telescopes=["P48", "Skymapper", "DCT"])
        rows = {row["telescope"]: row for row in found["telescopes"]}
        assert next(iter(rows)) in ("P48", "DCT")
        palomar, australia = rows["P48"], rows["Skymapper"]
        assert palomar["now"] == pytest.approx(1, abs=0.01)  # it stands high there at midnight
        assert (australia["now"], australia["sun_altitude"] > 0) == (0, True)
        assert 0 < australia["tonight"] <= 1
        assert australia["begin"] > found["time"]
        assert palomar["begin"] == found["time"]
        [curve] = [sky.observability(position="60 20", telescopes="P48", night=NIGHT).to_rows()[0]]
        end = datetime.fromisoformat(palomar["end"]).timestamp() / 86_400 + 40_587
        assert end == pytest.approx(json.loads(curve["windows"])[-1][1], abs=0.03)
        assert np.array(found["to_earth"]) @ np.array(found["to_earth"]).T == pytest.approx(np.eye(3))
        assert found["sun"][1] == pytest.approx(-20.1, abs=0.2)
        assert len(found.telescopes) == 3
        assert found.plot().get_xlabel() == "longitude (deg)"


def test_a_target_is_seen_or_not(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        rows = sky.observability.observers(position="60 20", time=MOMENT, telescopes=["P48", "Skymapper"])["telescopes"]
        assert [(row["telescope"], row["now"]) for row in rows] == [("P48", 1), ("Skymapper", 0)]
        [alone] = sky.observability(position="60 20", telescopes="P48", night=NIGHT).to_rows()
        assert alone["hours"] > 0
        assert sky.observability.observers(object_id="ZTF26public", time=MOMENT, telescopes="P48")["telescopes"]
        for what, error in (
            ({}, InvalidInput),
            ({"object_id": "nothing"}, NotFound),
            ({"position": "150 95"}, InvalidInput),
        ):
            with pytest.raises(error):
                sky.observability.observers(time=MOMENT, **what)


def test_a_radio_telescope_observes_by_day(still: Served) -> None:
    noon = "2026-11-21T19:30:00"  # in New Mexico; the Sun is in Libra, the place in Virgo
    with still.sky(SCANNER) as sky:
        found = sky.observability.observers(position="190 10", time=noon, telescopes=["VLA", "APO"])["telescopes"]
        rows = {row["telescope"]: row for row in found}
        assert min(row["sun_altitude"] for row in found) > 20
        assert (rows["VLA"]["now"], rows["APO"]["now"]) == (1, 0)
        assert rows["VLA"]["begin"] == "2026-11-21T19:30:00.000Z"
        night = sky.observability.targets(
            [{"name": "x", "ra": 190.0, "dec": 10.0}], telescopes=["VLA", "APO"], night="2026-11-21"
        )
        hours = {row["telescope"]: row["hours"] for row in night.to_rows()}
        assert hours["VLA"] > 6 > 3 > hours["APO"]


def test_at_midsummer_in_the_north_nobody_waits_for_night(still: Served, number: str) -> None:
    with still.sky(ADMINISTRATOR) as sky:
        sky.telescopes.add(
            nickname="Spitsbergen", name="Spitsbergen", latitude=78.2, longitude=15.6, elevation=10, diameter=1.0
        )
        [row] = sky.observability.observers(number, "2026-06-21T00:00:00", telescopes="Spitsbergen")["telescopes"]
        assert (row["now"], row["tonight"], row["begin"]) == (0, 0, None)
