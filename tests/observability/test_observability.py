"""Observability through the service and the client: what is refused, who sees what, telescopes' limits, earlier times."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from skyhub.client import Sky
from skyhub.client._observability import CONDITIONS
from skyhub.db import ADMINISTRATOR, Database, Viewer
from skyhub.errors import InvalidInput, NotFound
from skyhub.facilities import KINDS, ground_telescopes
from skyhub.observability import Asked, hours_of_year, night_curves, observability, sky_over
from skyhub.records import add, edit
from skyhub.science.nights import mjd_of_datetime
from skyhub.science.visibility import Constraints, Site, local_sky, night_at, night_sky, windows
from support.houses import COLLEAGUE, OTHER, SCANNER, VISITOR
from support.services import Served

TELESCOPES = KINDS[0]
NIGHT = "2026-11-21"
READS: tuple[Callable[..., Any], ...] = (observability, night_curves, hours_of_year)
PALOMAR = Asked(telescope=["P48"], night=NIGHT)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    ("asked", "what", "error", "message"),
    [
        ({}, {}, InvalidInput, "an object or a position"),
        ({}, {"object_id": "ZTF26public", "position": "150 2"}, InvalidInput, "not both"),
        ({}, {"position": "here"}, InvalidInput, "is no position"),
        ({}, {"position": "150 92"}, InvalidInput, "outside of the sky"),
        ({}, {"object_id": "nothing"}, NotFound, "no object 'nothing'"),
        ({"telescope": ["P49"]}, {"position": "150 2"}, NotFound, "no telescope 'P49': add it first, or use one of"),
        ({"telescope": ["Swift"]}, {"position": "150 2"}, InvalidInput, "no fixed place"),
        ({"night": "tonight"}, {"position": "150 2"}, InvalidInput, "is no night"),
        ({"night": "9999-12-31"}, {"position": "150 2"}, InvalidInput, "1973 to 2099"),
        ({"airmass": 0.5}, {"position": "150 2"}, InvalidInput, "airmass is 0.5"),
        ({"moon_separation": 200}, {"position": "150 2"}, InvalidInput, "0 to 180"),
    ],
)
def test_what_cannot_be_is_refused(
    house: Database, read: Callable[..., Any], asked: dict[str, Any], what: dict[str, Any], error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        read(house, ADMINISTRATOR, Asked(**{"telescope": ["P48"], "night": NIGHT, **asked}), **what)


def test_the_sky_over_a_telescope_is_bounded_by_its_horizon(house: Database) -> None:
    """Against altitudes that astropy has confirmed: the lines hold to the aberration, 20 arcsec."""
    moment = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
    found = sky_over(house, VISITOR, "P48", moment)
    assert (found["telescope"], found["time"]) == ("P48", "2026-11-22T05:30:00.000Z")
    [telescope] = ground_telescopes(house, VISITOR, ["P48"], None)
    site = Site(telescope["latitude"], telescope["longitude"], telescope["elevation"])
    sky = local_sky(site, mjd_of_datetime(moment))
    for line, altitude in (("horizon", 0.0), ("airmass_2", 30.0)):
        ra, dec = np.array(found[line]).T
        assert sky.altitude(ra, dec)[:, 0] == pytest.approx(altitude, abs=0.01)
        assert found[line][0] == pytest.approx(found[line][-1], abs=0.01)
        assert np.ptp(sky.azimuth(ra, dec)) > 355
    assert sky.towards(*np.array(found["night_side"]).T, sky.sun) == pytest.approx(0, abs=2e-4)
    for name, time, error in (
        ("P49", moment, NotFound),
        ("Swift", moment, InvalidInput),
        ("P48", moment.replace(1950), InvalidInput),
    ):
        with pytest.raises(error):
            sky_over(house, VISITOR, name, time)


def test_a_year_has_its_bounds(house: Database) -> None:
    for options in ({"nights": 0}, {"nights": 367}, {"every": 0}, {"every": 1000}):
        with pytest.raises(InvalidInput, match="1 to 366"):
            hours_of_year(house, ADMINISTRATOR, PALOMAR, position="150 2", **options)
    with pytest.raises(InvalidInput, match="too many at once"):
        hours_of_year(house, ADMINISTRATOR, Asked(), position="150 2")
    with pytest.raises(InvalidInput, match="1972 to 2100"):
        hours_of_year(house, ADMINISTRATOR, Asked(telescope=["P48"], night="2099-12-30"), position="150 2", nights=9)


def test_the_service_refuses_with_the_name_of_what_is_wrong(still: Served) -> None:
    with still.sky(SCANNER) as sky:
        for given in ({"airmass": "much"}, {"airmass": "nan"}, {"formula": "plane"}):
            with pytest.raises(InvalidInput, match=next(iter(given))):
                sky.observability(position="150 2", telescopes="P48", **given)
        with pytest.raises(InvalidInput, match="airmas is no condition: airmass"):
            sky.observability("ZTF26public", airmas=2)
        with pytest.raises(InvalidInput, match="name an object"):
            sky.observability()
        with pytest.raises(InvalidInput, match="time 'yesterday' is no time"):
            sky.observability.sky("P48", "yesterday")


@pytest.mark.parametrize("viewer", [ADMINISTRATOR, SCANNER, COLLEAGUE, OTHER, VISITOR], ids=lambda v: v.name)
def test_an_object_can_be_planned_by_who_sees_it(house: Database, viewer: Viewer) -> None:
    seen = {row["object_id"] for row in house.reader.rows(viewer, "SELECT object_id FROM @objects")}
    for name in ("ZTF26public", "ZTF26partner", "ZTF26caltech"):
        for read in READS:
            options = {"nights": 2} if read is hours_of_year else {}
            if name in seen:
                assert len(read(house, viewer, PALOMAR, object_id=name, **options)) > 0
            else:
                with pytest.raises(NotFound, match=f"no object '{name}'"):
                    read(house, viewer, PALOMAR, object_id=name, **options)
    assert "ZTF26public" in seen


def test_an_object_is_observed_where_it_is(house: Database) -> None:
    [by_name] = observability(house, SCANNER, PALOMAR, object_id="ZTF26public")
    [place] = house.reader.rows(ADMINISTRATOR, "SELECT ra, dec FROM @objects WHERE object_id = 'ZTF26public'")
    [by_place] = observability(house, SCANNER, PALOMAR, position=f"{place['ra']} {place['dec']}")
    assert by_name == by_place
    site = Site(33.3574, -116.8599, 1712)
    [expected] = windows(night_sky(site, date(2026, 11, 21)), place["ra"], place["dec"], Constraints())
    assert by_name["windows"] == [list(w) for w in expected]
    assert by_name["hours"] == pytest.approx(24 * sum(end - begin for begin, end in expected))
    night = night_at(site, date(2026, 11, 21))
    assert by_name["midnight"] == night.midnight
    assert by_name["twilights"]["astronomical"]["begin"] == night.dark["astronomical"].begin
    begin, end = by_name["windows"][0]
    assert begin <= by_name["best_mjd"] <= end
    assert by_name["best_airmass"] == pytest.approx(1 / np.sin(np.radians(by_name["best_altitude"])))


def test_the_own_limits_of_a_telescope_count(house: Database) -> None:
    """All stand at one place; the pole is 28.8 deg high there."""
    site = {"latitude": 28.76, "longitude": -17.88, "elevation": 2300.0}
    records = [
        {"nickname": "free", "name": "Free", **site},
        {"nickname": "low", "name": "Low", "aliases": ["the low one"], "minimum_altitude": 30.0, **site},
        {
            "nickname": "walled",
            "name": "Walled",
            "horizon": [{"azimuth": a, "altitude": h} for a, h in ((0, 40), (30, 10), (330, 10))],
            **site,
        },
    ]
    add(house, ADMINISTRATOR, TELESCOPES, records)
    asked = Asked(telescope=["free", "the low one", "walled", "Free"], night=NIGHT, airmass=3)
    rows = {row["telescope"]: row for row in observability(house, SCANNER, asked, position="10 89.9")}
    assert rows.keys() == {"free", "low", "walled"}
    assert rows["free"]["hours"] == pytest.approx(
        24 * np.subtract(*[rows["free"]["twilights"]["astronomical"][k] for k in ("end", "begin")]), abs=0.01
    )
    for name in ("low", "walled"):
        assert (rows[name]["hours"], rows[name]["windows"], rows[name]["best_mjd"]) == (0, [], None)
    curves = night_curves(house, SCANNER, asked, position="10 89.9").to_pandas()
    assert curves.groupby("telescope")["observable"].any().to_dict() == {"free": True, "low": False, "walled": False}
    assert curves["altitude"].between(28, 30).all()


def test_all_telescopes_on_the_ground_are_looked_at_by_default(house: Database) -> None:
    rows = observability(house, SCANNER, Asked(night=NIGHT), object_id="ZTF26public")
    ground = {telescope["nickname"] for telescope in ground_telescopes(house, SCANNER)}
    assert {row["telescope"] for row in rows} == ground
    assert len(rows) > 80
    hours = [row["hours"] for row in rows]
    assert hours == sorted(hours, reverse=True)
    assert json.loads(json.dumps(rows)) == rows


def test_polar_days_have_no_window_and_a_curve_from_noon_to_noon(house: Database) -> None:
    record = {"nickname": "arctic", "name": "Arctic", "latitude": 78.22, "longitude": 15.65, "elevation": 500.0}
    add(house, ADMINISTRATOR, TELESCOPES, [record])
    asked = Asked(telescope=["arctic"], night="2026-06-21")
    [row] = observability(house, SCANNER, asked, position="10 80")
    assert row["hours"] == 0
    assert {twilight["state"] for twilight in row["twilights"].values()} == {"never"}
    assert len(night_curves(house, SCANNER, asked, position="10 80")) == 289
    assert hours_of_year(house, SCANNER, asked, position="10 80", nights=30)["hours"].to_pylist() == [0] * 30


def test_positions_and_telescopes_are_those_of_the_time(house: Database) -> None:
    then = house.writer.write(lambda transaction: transaction.now)
    [telescope] = ground_telescopes(house, SCANNER, ["P48"])
    edit(house, ADMINISTRATOR, TELESCOPES, int(telescope["telescope_id"]), {"minimum_altitude": 59.0})
    now, earlier = (
        observability(house, SCANNER, PALOMAR, object_id="ZTF26public", as_of=as_of)[0]["hours"]
        for as_of in (None, then)
    )
    assert now < earlier
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    for read in READS:
        with pytest.raises(NotFound):
            read(house, SCANNER, PALOMAR, object_id="ZTF26public", as_of=long_ago)
        with pytest.raises(NotFound):
            read(house, SCANNER, PALOMAR, position="150 2", as_of=long_ago)


def test_the_client_asks_for_a_night_along_it_and_over_the_year(sky: Sky) -> None:
    rows = sky.observability("ZTF26public", telescopes=["P48", "LT"], night=date(2026, 11, 21), airmass=2.5)
    assert set(rows["telescope"].to_pylist()) == {"P48", "LT"}
    for where in ({"object_id": "ZTF26public"}, {"position": "10:00:24 +02:12:00"}):
        night = sky.observability.night(**where, telescopes="P48", night=NIGHT)
        assert {"mjd", "altitude", "airmass", "moon_separation", "observable"} <= set(night.columns)
        assert night.plot().get_ylabel() == "altitude (deg)"
        year = sky.observability.year(**where, telescopes="P48", night=NIGHT, nights=20, every=18)
        assert year["night"].to_pylist() == [date(2026, 11, 21) + timedelta(days=18 * k) for k in range(20)]
        assert max(year["hours"].to_pylist()) > 5
        assert min(year["hours"].to_pylist()) == 0
        assert year.plot().get_ylabel() == "hours in the night"


def test_the_conditions_have_one_name_everywhere() -> None:
    own = {"horizon", "lowest"}
    assert set(CONDITIONS) == {field.name for field in fields(Constraints)} - own
    assert set(CONDITIONS) == Asked.model_fields.keys() - {"telescope", "night"}
    asked, constraints = Asked(), Constraints()
    assert all(getattr(asked, name) == getattr(constraints, name) for name in CONDITIONS)


def test_the_service_starts_without_astropy_and_scipy() -> None:
    code = "import sys, skyhub.observability.routes; print(sorted({'astropy', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
