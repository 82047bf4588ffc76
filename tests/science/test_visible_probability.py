"""How much of a map is seen, and what stands over which place: against astropy, and against closed forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import AltAz, EarthLocation, SkyCoord, get_body
from astropy.time import Time
from skyhub.errors import InvalidInput
from skyhub.science.sky_shapes import Cone, skymap_of
from skyhub.science.skymaps import SkyMap, read_sky_map
from skyhub.science.visibility import Constraints, Site, globe_at, local_sky
from skyhub.science.visible_probability import patches_of, visible_probability

PALOMAR = Site(33.3574, -116.8599, 1712)
T0 = 58_598.346  # 25 April 2019, 08:18 UTC
UP = Constraints(airmass=None, sun_altitude=None)


@pytest.fixture(scope="module")
def s190425z(shared: Path) -> SkyMap:
    return read_sky_map(shared / "skymaps/S190425z_GW190425_bayestar.fits.gz")


def test_times_outside_of_the_tables_are_refused() -> None:
    with pytest.raises(InvalidInput, match="1972 to 2100"):
        globe_at(30_000.0)


def test_what_stands_over_which_place_is_as_astropy_says() -> None:
    globe, time = globe_at(T0), Time(T0, format="mjd", scale="utc")
    for name, found, tolerance in (("sun", globe.sun, 0.01), ("moon", globe.moon, 0.01)):
        body = get_body(name, time).itrs.spherical
        assert found == pytest.approx((body.lon.wrap_at(180 * u.deg).deg, body.lat.deg), abs=tolerance)
    ra, dec = np.array([10.0, 200.0, 300.0]), np.array([-80.0, 5.0, 45.0])
    lon, lat = globe.under(ra, dec)
    places = EarthLocation(lon * u.deg, lat * u.deg)
    star = SkyCoord(ra, dec, unit="deg").transform_to(AltAz(obstime=time, location=places))
    assert star.alt.deg == pytest.approx(90, abs=0.01)  # aberration is 20 arcsec


def test_of_a_cone_at_the_zenith_all_is_seen_and_of_one_on_the_horizon_half() -> None:
    sky = local_sky(Site(0.0, 0.0, 0.0), T0)
    [x, y, z] = sky.up[0]
    ra, dec = float(np.degrees(np.arctan2(y, x))) % 360, float(np.degrees(np.arcsin(z)))
    for away, share in ((0.0, 1.0), (90.0, 0.5), (120.0, 0.0)):
        patches = patches_of(skymap_of(Cone((ra + away) % 360, dec, 4.0, 0.9)))
        now, ever = visible_probability(sky, patches, UP)
        assert now[0] == pytest.approx(share, abs=0.02)
        assert ever == pytest.approx(now[0])


def test_patches_hold_what_the_map_holds(s190425z: SkyMap) -> None:
    for most in (1500, 10):
        patches = patches_of(s190425z, most)
        assert 0.999 <= patches.probability.sum() <= 1 + 1e-9
        assert len(patches.ra) <= max(most, 3072)
    assert len(patches_of(skymap_of(Cone(10.0, 5.0, 0.5, 0.9))).ra) > 300


def test_of_a_real_map_as_much_is_seen_as_astropy_says(s190425z: SkyMap) -> None:
    time = Time(T0, format="mjd", scale="utc")
    ra, dec = s190425z.centres
    here = EarthLocation(PALOMAR.longitude * u.deg, PALOMAR.latitude * u.deg, PALOMAR.elevation * u.m)
    up = SkyCoord(ra, dec, unit="deg").transform_to(AltAz(obstime=time, location=here)).alt.deg
    for airmass, least in ((2.0, 30.0), (2.5, np.degrees(np.arcsin(1 / 2.5)))):
        constraints = Constraints(airmass=airmass, sun_altitude=None)
        now, _ = visible_probability(local_sky(PALOMAR, T0), patches_of(s190425z), constraints)
        assert now[0] == pytest.approx(s190425z.probability[up >= least].sum(), abs=0.01)
