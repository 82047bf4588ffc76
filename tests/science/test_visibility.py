"""Visibility: nights by almanacs, the sky against astropy and closed forms, masks against astroplan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import astropy_iers_data
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from skyhub.errors import InvalidInput
from skyhub.science.coordinates import separations
from skyhub.science.nights import datetime_of_mjd, mjd_of_datetime
from skyhub.science.visibility import (
    AIRMASS_FORMULAS,
    Constraints,
    Dark,
    Horizon,
    Site,
    airmass,
    altitude_of_airmass,
    current_night,
    hours_by_night,
    local_sky,
    night_at,
    night_sky,
    night_window,
    observable,
    sun_and_moon,
    windows,
)
from support.strategies import positions

PALOMAR = Site(33.3574, -116.8599, 1712)
PARANAL = Site(-24.6272, -70.4042, 2635)
GREENWICH = Site(51.4769, 0.0)
TROMSO = Site(69.65, 18.96)

sites = st.builds(Site, st.floats(-89.9, 89.9), st.floats(-180, 360), st.floats(0, 5000))
times = st.floats(50_000, 70_000)
nights = st.dates(date(1973, 1, 1), date(2090, 12, 31))


@pytest.fixture(scope="module")
def iers() -> Iterator[None]:
    """Astropy with the same tables of the Earth's orientation, and without a network."""
    from astropy.utils import iers

    table = iers.IERS_A.open(astropy_iers_data.IERS_A_FILE)
    with iers.conf.set_temp("auto_download", False), iers.earth_orientation_table.set(table):
        yield


def _moment(mjd: float | None) -> datetime:
    assert mjd is not None
    return datetime_of_mjd(mjd)


def _astropy(site: Site, mjd: Any) -> tuple[Any, Any]:
    from astropy.coordinates import EarthLocation
    from astropy.time import Time

    place = EarthLocation.from_geodetic(site.longitude, site.latitude, site.elevation)
    return place, Time(mjd, format="mjd", scale="utc")


# What cannot be.


@pytest.mark.parametrize(
    ("latitude", "longitude", "elevation"), [(91, 0, 0), (0, -181, 0), (0, 0, 1e6), (np.nan, 0, 0)]
)
def test_a_site_is_on_the_earth(latitude: float, longitude: float, elevation: float) -> None:
    with pytest.raises(InvalidInput, match="is permitted"):
        Site(latitude, longitude, elevation)


@pytest.mark.parametrize("mjd", [[], [np.nan], [41_000.0], [90_000.0], [[61_000.0]]])
def test_times_lie_between_1972_and_2100(mjd: Any) -> None:
    with pytest.raises(InvalidInput, match="1972 to 2100"):
        local_sky(PALOMAR, mjd)


@pytest.mark.parametrize(("ra", "dec"), [([0], [91]), ([np.nan], [0]), ([0, 1], [0]), ([0], [np.nan])])
def test_positions_are_on_the_sky(ra: Any, dec: Any) -> None:
    sky = local_sky(PALOMAR, 61_365.0)
    with pytest.raises(InvalidInput, match="permitted"):
        observable(sky, ra, dec, Constraints())


@pytest.mark.parametrize(
    "limits",
    [
        {"airmass": 0.9},
        {"airmass": np.nan},
        {"airmass": np.inf},
        {"formula": "plane"},
        {"sun_altitude": -91},
        {"moon_separation": -1},
        {"moon_separation": 181},
        {"altitude": np.nan},
        {"hour_angle": 13},
        {"horizon": Horizon((), ())},
        {"horizon": Horizon((0.0, 90.0), (20.0,))},
    ],
)
def test_constraints_that_cannot_be_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"permitted|one at least"):
        Constraints(**limits)


def test_windows_need_times_that_ascend() -> None:
    with pytest.raises(InvalidInput, match="ascend"):
        windows(local_sky(PALOMAR, [61_365.2, 61_365.1]), [0], [0], Constraints())


# Airmass.


def test_airmass_at_the_zenith_and_at_the_horizon() -> None:
    assert airmass([90.0], "secant") == pytest.approx(1)
    assert airmass([90.0], "kasten-young") == pytest.approx(1, abs=3e-4)
    assert airmass([90.0], "pickering") == pytest.approx(1, abs=1e-6)
    assert airmass([1e-9], "kasten-young") == pytest.approx(37.92, abs=0.01)
    assert airmass([1e-9], "pickering") == pytest.approx(38.75, abs=0.01)
    assert np.isinf(airmass([-0.1, -90.0], "pickering")).all()


@pytest.mark.parametrize("formula", AIRMASS_FORMULAS)
@given(altitude=st.floats(3, 90))
def test_airmass_falls_with_altitude_and_can_be_inverted(formula: Any, altitude: float) -> None:
    there, higher = airmass([altitude, min(altitude + 0.5, 90)], formula)
    assert higher <= there + 1e-6  # Pickering's has its least value a little below the zenith
    assume(there >= 1)
    if altitude < 85:
        assert altitude_of_airmass(there, formula) == pytest.approx(altitude, abs=2e-4)
    if altitude > 20:
        assert there == pytest.approx(1 / np.sin(np.radians(altitude)), rel=0.01)


# Nights by almanacs.


def test_sun_as_published_for_the_solar_position_algorithm() -> None:
    """Reda & Andreas 2004, Solar Energy 76, 577, appendix A.5. doi:10.1016/j.solener.2003.12.003"""
    golden = Site(39.742476, -105.1786, 1830.14)
    sky = local_sky(golden, mjd_of_datetime(datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC)))
    assert sky.sun_altitude[0] == pytest.approx(39.872046, abs=5e-4)
    azimuth = np.degrees(np.arctan2(np.sum(sky.sun * sky.east), np.sum(sky.sun * sky.north))) % 360
    assert azimuth == pytest.approx(194.340241, abs=3e-3)
    night = night_at(golden, date(2003, 10, 16)).dark["sunset"]
    assert abs(_moment(night.begin) - datetime(2003, 10, 17, 0, 20, 19, tzinfo=UTC)) < timedelta(seconds=5)
    assert abs(_moment(night.end) - datetime(2003, 10, 17, 13, 12, 43, tzinfo=UTC)) < timedelta(seconds=5)


def test_midsummer_in_greenwich_has_no_dark_and_sets_as_almanacs_say() -> None:
    night = night_at(GREENWICH, date(2024, 6, 21))
    sunset = night.dark["sunset"]
    assert abs(_moment(sunset.begin) - datetime(2024, 6, 21, 20, 21, tzinfo=UTC)) < timedelta(minutes=1)
    assert abs(_moment(sunset.end) - datetime(2024, 6, 22, 3, 43, tzinfo=UTC)) < timedelta(minutes=1)
    assert night.dark["astronomical"] == Dark("never", None, None)
    assert night.dark["astronomical"].hours == 0


def test_moon_is_lit_as_in_meeus() -> None:
    """Meeus 1998, Astronomical Algorithms, example 48.a: 1992 April 12, 0h TD."""
    begin = mjd_of_datetime(datetime(1992, 4, 12, tzinfo=UTC)) - 58.7 / 86_400
    assert local_sky(GREENWICH, begin).illumination[0] == pytest.approx(0.6786, abs=2e-4)


def test_polar_day_and_polar_night_are_said() -> None:
    summer, winter = night_at(TROMSO, date(2026, 6, 21)), night_at(TROMSO, date(2026, 12, 21))
    assert {dark.state for dark in summer.dark.values()} == {"never"}
    assert winter.dark["sunset"].state == "always"
    assert winter.dark["sunset"].hours == pytest.approx(24)
    assert (winter.dark["sunset"].begin, winter.dark["sunset"].end) == (winter.begin, winter.end)
    assert winter.dark["civil"].state == "sets"


@given(site=sites, night=nights)
def test_twilights_come_in_their_order(site: Site, night: date) -> None:
    found = night_at(site, night)
    assert found.begin <= found.midnight <= found.end
    darks = list(found.dark.values())
    for brighter, darker in pairwise(darks):
        if darker.begin is None or darker.end is None:
            assert darker.state == "never"
            continue
        assert brighter.begin is not None
        assert brighter.end is not None
        assert brighter.begin <= darker.begin <= found.midnight <= darker.end <= brighter.end


@given(site=sites, night=nights)
def test_the_sun_is_at_its_altitude_when_it_passes_it(site: Site, night: date) -> None:
    found = night_at(site, night)
    for dark in found.dark.values():
        passed = [t for t in (dark.begin, dark.end) if t is not None and t not in (found.begin, found.end)]
        if passed:
            level = {-50 / 60, -6.0, -12.0, -18.0}
            assert all(min(abs(h - x) for x in level) < 1e-4 for h in local_sky(site, passed).sun_altitude)


@given(site=sites, night=nights)
def test_the_moon_is_at_the_horizon_when_it_rises_and_sets(site: Site, night: date) -> None:
    found = night_at(site, night)
    minute = 1 / 1440
    for moment, sense in ((found.moonrise, 1), (found.moonset, -1)):
        if moment is not None:
            before, at, after = local_sky(site, [moment - minute, moment, moment + minute]).moon_altitude
            assert at == pytest.approx(-50 / 60, abs=1e-4)
            assert sense * (after - before) > 0


@given(site=sites, night=nights, share=st.floats(0.001, 0.999))
def test_a_time_belongs_to_the_night_that_it_lies_in(site: Site, night: date, share: float) -> None:
    begin, end = night_window(site, night)
    assert current_night(site, begin + share * (end - begin)) == night


# The sky against astropy and closed forms.


@pytest.mark.usefixtures("iers")
@pytest.mark.parametrize("site", [PALOMAR, PARANAL, TROMSO])
@pytest.mark.parametrize("begin", [45_000.3, 58_600.0, 61_365.1])
def test_altitude_and_azimuth_agree_with_astropy(site: Site, begin: float) -> None:
    from astropy.coordinates import AltAz, SkyCoord, get_body

    random = np.random.default_rng(5)
    ra, dec = random.uniform(0, 360, 200), np.degrees(np.arcsin(random.uniform(-1, 1, 200)))
    mjd = begin + np.linspace(0, 1, 20)
    sky = local_sky(site, mjd)
    place, obstime = _astropy(site, mjd)
    frame = AltAz(obstime=obstime, location=place)
    theirs = SkyCoord(ra[:, None], dec[:, None], unit="deg").transform_to(AltAz(obstime=obstime[None], location=place))
    apart = separations(theirs.az.deg, theirs.alt.deg, sky.azimuth(ra, dec), sky.altitude(ra, dec)) * 3600
    near_sun = sky.towards(ra, dec, sky.sun) > np.cos(np.radians(5))
    assert apart[~near_sun].max() < 0.2
    assert apart.max() < 2
    for body, altitude, arcsec in (("sun", sky.sun_altitude, 0.1), ("moon", sky.moon_altitude, 1.5)):
        seen = get_body(body, obstime, place).transform_to(frame)
        assert np.abs(seen.alt.deg - altitude).max() * 3600 < arcsec
    moon = get_body("moon", obstime, place)
    target = SkyCoord(ra[0], dec[0], unit="deg").transform_to(moon.frame.replicate_without_data())
    assert sky.moon_separation(ra[:1], dec[:1])[0] == pytest.approx(target.separation(moon).deg, abs=5e-4)


@pytest.mark.usefixtures("iers")
def test_hour_and_parallactic_angles_agree_with_astropy() -> None:
    from astropy.coordinates import HADec, SkyCoord

    mjd, ra, dec = 61_365.3, np.array([10.0, 120.0, 300.0]), np.array([-20.0, 5.0, 60.0])
    sky = local_sky(PALOMAR, mjd)
    place, obstime = _astropy(PALOMAR, mjd)
    theirs = SkyCoord(ra, dec, unit="deg").transform_to(HADec(obstime=obstime, location=place))
    assert sky.hour_angle(ra, dec)[:, 0] == pytest.approx(theirs.ha.wrap_at("12h").hour, abs=1e-5)
    h, d, lat = theirs.ha.radian, theirs.dec.radian, np.radians(PALOMAR.latitude)
    angle = np.degrees(np.arctan2(np.sin(h), np.tan(lat) * np.cos(d) - np.sin(d) * np.cos(h)))
    assert sky.parallactic_angle(ra, dec)[:, 0] == pytest.approx(angle, abs=1e-3)


@given(site=sites, mjd=times)
def test_the_zenith_is_where_up_points(site: Site, mjd: float) -> None:
    sky = local_sky(site, mjd)
    apparent = sky.up[0] - sky.velocity[0] + sky.up[0] * (sky.up[0] @ sky.velocity[0])
    ra, dec = np.degrees(np.arctan2(apparent[1], apparent[0])), np.degrees(np.arcsin(apparent[2]))
    assert sky.altitude(ra, dec)[0, 0] == pytest.approx(90, abs=1e-4)


@given(site=sites, mjd=times)
def test_the_pole_stands_as_high_as_the_latitude(site: Site, mjd: float) -> None:
    """To what precession since 2000, nutation and aberration amount to."""
    moved = abs(mjd - 51_544) / 36_525 * 2004.2 / 3600 + 0.02
    assert local_sky(site, mjd).altitude(0, 90)[0, 0] == pytest.approx(site.latitude, abs=moved)


@given(site=sites, mjd=times, place=positions)
def test_the_sky_comes_back_after_a_sidereal_day(site: Site, mjd: float, place: tuple[float, float]) -> None:
    altitude = local_sky(site, [mjd, mjd + 0.99726957]).altitude(*place)[0]
    assert altitude[0] == pytest.approx(altitude[1], abs=1e-3)


# Masks and windows.


@pytest.mark.usefixtures("iers")
@pytest.mark.filterwarnings("ignore:transforming other coordinates")
@pytest.mark.parametrize("night", [date(2026, 11, 21), date(2026, 6, 28), date(2019, 4, 25)])
def test_masks_are_those_of_astroplan(night: date) -> None:
    from astroplan import AirmassConstraint, AtNightConstraint, MoonSeparationConstraint, Observer
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    random = np.random.default_rng(7)
    ra, dec = random.uniform(0, 360, 150), np.degrees(np.arcsin(random.uniform(-1, 1, 150)))
    sky = night_sky(PALOMAR, night, 20)
    place, obstime = _astropy(PALOMAR, sky.mjd)
    asked = [
        AirmassConstraint(2.0, boolean_constraint=True),
        AtNightConstraint.twilight_astronomical(),
        MoonSeparationConstraint(min=30 * u.deg),
    ]
    targets = SkyCoord(ra, dec, unit="deg")
    theirs = np.logical_and.reduce([c(Observer(place), targets, obstime, grid_times_targets=True) for c in asked])
    ours = observable(sky, ra, dec, Constraints(airmass=2.0, sun_altitude=-18, moon_separation=30))
    assert ours.any()
    assert np.mean(ours == theirs) >= 0.9999


@given(place=positions, night=nights, limits=st.sampled_from(range(5)))
def test_windows_begin_and_end_where_the_mask_changes(place: tuple[float, float], night: date, limits: int) -> None:
    constraints = (
        Constraints(),
        Constraints(airmass=1.5, formula="pickering", sun_altitude=-12, moon_separation=60, moon_by_illumination=True),
        Constraints(airmass=None, altitude=20, moon_separation=40, moon_up_only=True),
        Constraints(sun_altitude=None, hour_angle=2.0),
        Constraints(airmass=3, horizon=Horizon((0.0, 90.0, 180.0), (20.0, 50.0, 30.0))),
    )[limits]
    ra, dec = [place[0]], [place[1]]
    coarse = windows(night_sky(PARANAL, night), ra, dec, constraints)[0]
    fine = night_sky(PARANAL, night, 0.5)
    mask = observable(fine, ra, dec, constraints)[0]
    inside = np.zeros_like(mask)
    near_an_end = np.zeros_like(mask)
    for begin, end in coarse:
        inside |= (begin <= fine.mjd) & (fine.mjd <= end)
        near_an_end |= np.minimum(np.abs(fine.mjd - begin), np.abs(fine.mjd - end)) < 0.5 / 1440
    # What is shorter than a step, 5 minutes, is not seen.
    assert np.count_nonzero((mask != inside) & ~near_an_end) <= 10


def test_hours_of_a_year_are_those_of_its_nights() -> None:
    """A star that culminates at midnight in December, from Paranal."""
    year = [date(2026, 1, 1) + timedelta(days=10 * k) for k in range(37)]
    ra, dec = [83.63, 263.63], [-5.0, -25.0]
    constraints = Constraints(airmass=2.0)
    hours = hours_by_night(PARANAL, year, ra, dec, constraints)
    assert hours.shape == (2, 37)
    for k in (0, 9, 18, 36):
        for n, found in enumerate(windows(night_sky(PARANAL, year[k]), ra, dec, constraints)):
            assert hours[n, k] == pytest.approx(24 * sum(w.end - w.begin for w in found), abs=0.1)
    assert year[int(np.argmax(hours[0]))].month in (11, 12, 1)
    assert hours[0, 16] == 0  # the Sun is near
    assert year[int(np.argmax(hours[1]))].month in (6, 7)


def test_no_night_where_the_sun_does_not_set() -> None:
    assert hours_by_night(TROMSO, [date(2026, 6, 21)], [0.0], [80.0], Constraints(airmass=3)).item() == 0
    assert hours_by_night(TROMSO, [date(2026, 12, 21)], [0.0], [80.0], Constraints(airmass=3)).item() > 10


def test_a_lowest_altitude_and_a_horizon_count_as_well_as_airmass() -> None:
    assert Constraints(airmass=2.0).lowest == pytest.approx(30)
    assert Constraints(airmass=2.0, altitude=40).lowest == 40
    assert Constraints(airmass=None, altitude=-5).lowest == -5
    sky, ra = night_sky(PALOMAR, date(2026, 11, 21)), [83.6]
    plain = Constraints(airmass=3)
    everywhere = Constraints(airmass=None, altitude=0, horizon=Horizon((0.0,), (np.degrees(np.arcsin(1 / 3)),)))
    assert (observable(sky, ra, [22.0], plain) == observable(sky, ra, [22.0], everywhere)).all()


def test_the_new_moon_may_be_nearer_than_the_full_one() -> None:
    sky = local_sky(PALOMAR, [61_354.0, 61_368.5])  # new Moon of 9 November 2026, full Moon of 24 November
    assert sky.illumination[0] < 0.02
    assert sky.illumination[1] > 0.98
    always = {"airmass": None, "altitude": -90, "sun_altitude": None, "moon_separation": 30}
    for k, moon in enumerate(sky.moon):
        ra, dec = np.degrees(np.arctan2(moon[1], moon[0])) + 20, np.degrees(np.arcsin(moon[2]))
        plain = observable(sky, ra, dec, Constraints(**always))[0, k]
        lit = observable(sky, ra, dec, Constraints(**always, moon_by_illumination=True))[0, k]
        assert (plain, lit) == (False, k == 0)


@pytest.mark.parametrize("mjd", [51544.5, 58598.346, 60082.541, 61366.125])
def test_sun_and_moon_stand_where_astropy_has_them(mjd: float) -> None:
    from astropy.coordinates import get_body
    from astropy.time import Time

    places = sun_and_moon(mjd)
    for name in ("sun", "moon"):
        ra, dec = places[name]
        theirs = get_body(name, Time(mjd, format="mjd", scale="utc"))
        assert separations(ra, dec, theirs.ra.deg, theirs.dec.deg) < 0.01
