"""What is found around positions is what a look at every entry finds; hosts by closed forms and published cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skyhub.catalogs import SPATIAL_ENTRIES, store_entries
from skyhub.context import CONTEXT, context_of, known_sky
from skyhub.db import ADMINISTRATOR, Database
from skyhub.science.distances import luminosity_distance, modulus_at
from support.catalogs import ARCSEC, load
from support.effort import repeats
from support.strategies import dec, ra

RADII = {"tns": 5, "star": 10, "agn": 5, "variable": 5}


def _alerts(*places: tuple[float, float], mag: float = 18.0) -> pa.Table:
    columns = zip(*places, strict=True) if places else ((), ())
    ra_deg, dec_deg = (pa.array(column, pa.float64()) for column in columns)
    return pa.table({"ra": ra_deg, "dec": dec_deg, "mag": pa.array([mag] * len(places), pa.float64())})


def _one(db: Database, a: float, d: float, mag: float = 18.0) -> Mapping[str, Any]:
    [row] = context_of(known_sky(db), _alerts((a, d), mag=mag)).to_pylist()
    return row  # type: ignore[no-any-return]


def test_nothing_is_found_without_catalogues(db: Database) -> None:
    assert len(context_of(known_sky(db), _alerts())) == 0
    row = _one(db, 10, 20)
    assert row.pop("searched") == []
    assert set(row.values()) == {None}
    assert context_of(known_sky(db), _alerts((10, 20))).schema == CONTEXT


def test_no_match_differs_from_no_catalogue(db: Database) -> None:
    load(db, "tns", {"ra": 10.0, "dec": 21.0})
    assert (_one(db, 10, 20)["searched"], _one(db, 10, 20)["tns_sep"]) == (["tns"], None)
    assert _one(db, 10, 21)["tns_name"] == "tns 0"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=repeats(48))
@given(a=ra, d=dec | st.sampled_from([90.0, -89.9999]), seed=st.integers(0, 2**32 - 1))
def test_the_nearest_are_those_of_astropy(db: Database, a: float, d: float, seed: int) -> None:
    random, centre = np.random.default_rng(seed), SkyCoord(a, d, unit="deg")

    def around(count: int) -> SkyCoord:
        angle, distance = random.uniform(0, 360, count), 20 * ARCSEC * np.sqrt(random.random(count))
        return centre.directional_offset_by(angle * u.deg, distance * u.deg)

    entries = {kind: around(6) for kind in RADII}
    for kind, places in entries.items():
        load(db, kind, *({"ra": p.ra.deg, "dec": p.dec.deg} for p in places))
    alerts = around(10)
    found = context_of(known_sky(db), _alerts(*zip(alerts.ra.deg, alerts.dec.deg, strict=True))).to_pylist()
    for kind, radius in RADII.items():
        nearest, separation, _ = alerts.match_to_catalog_sky(entries[kind])
        for row, n, distance in zip(found, nearest.tolist(), separation.arcsec.tolist(), strict=True):
            expected = (f"{kind} {n}", pytest.approx(distance, abs=1e-5)) if distance <= radius else (None, None)
            assert (row[f"{kind}_name"], row[f"{kind}_sep"]) == expected


def test_what_a_catalogue_says_is_kept(db: Database) -> None:
    load(db, "tns", {"ra": 360.0, "dec": 0.0, "class": "SN II", "redshift": 0.01})
    load(db, "star", {"ra": 0.001, "dec": 0.0, "mag": 9.5})
    load(db, "variable", {"ra": 0.0, "dec": 0.0, "class": "RRAB", "period": 0.5})
    row = _one(db, 359.9999, 0.0)
    assert (row["tns_class"], row["tns_z"], row["tns_catalog"]) == ("SN II", 0.01, "my tns")
    assert row["tns_sep"] == pytest.approx(0.36, abs=1e-4)
    assert (row["star_mag"], row["star_sep"]) == (9.5, pytest.approx(3.96, abs=1e-4))
    assert (row["variable_class"], row["variable_period"]) == ("RRAB", 0.5)
    assert (row["agn_name"], row["host_name"]) == (None, None)


def test_the_host_is_not_always_the_nearest_galaxy(db: Database) -> None:
    large = {"name": "Large", "ra": 10.0, "dec": 20.0, "major_diameter": 2.0, "axis_ratio": 0.5, "position_angle": 0.0}
    small = {"name": "Small", "ra": 10.0, "dec": 20.0 + 50 * ARCSEC, "major_diameter": 0.2, "axis_ratio": 1.0}
    load(db, "galaxy", large, small)
    along = _one(db, 10.0, 20.0 + 39 * ARCSEC)  # 11″ = 1.83 radii from the small one, 39″ = 0.65 from the large
    assert (along["host_name"], along["host_radii"]) == ("Large", pytest.approx(0.65, rel=1e-4))
    assert along["host_sep"] == pytest.approx(39, abs=1e-3)
    assert _one(db, 10.0, 20.0 + 49 * ARCSEC)["host_name"] == "Small"
    for arcsec, host in ((99.9, "Large"), (100.1, None)):
        assert _one(db, 10.0, 20.0 - arcsec * ARCSEC)["host_name"] == host
        beside = arcsec / 2 * ARCSEC / np.cos(np.radians(20))
        assert _one(db, 10.0 + beside, 20.0)["host_name"] == host


def test_giants_are_found_from_far_away(db: Database) -> None:
    andromeda = {"ra": 10.6847, "dec": 41.2687, "major_diameter": 190, "axis_ratio": 0.32, "position_angle": 35}
    load(db, "galaxy", {"name": "M31", "distance": 0.78, **andromeda}, {"ra": 11.6, "dec": 42.6, "redshift": 0.1})
    row = _one(db, 11.4, 42.2)
    assert row["host_name"] == "M31"
    assert row["host_sep"] / 60 == pytest.approx(64.4, abs=0.2)
    assert _one(db, 11.6, 42.6)["host_name"] == "galaxy 1"


def test_the_distance_is_the_given_one_or_that_of_the_redshift(db: Database) -> None:
    load(db, "galaxy", {"ra": 10.0, "dec": 20.0, "distance": 100.0, "redshift": 0.03},
         {"ra": 20.0, "dec": 20.0, "redshift": 0.03}, {"ra": 30.0, "dec": 20.0, "redshift": 1e-4})  # fmt: skip
    given, told, none = (_one(db, a, 20.0 + ARCSEC) for a in (10, 20, 30))
    assert (given["host_distance"], given["abs_mag"]) == (100.0, pytest.approx(18.0 - 35.0))
    assert told["host_distance"] == pytest.approx(float(luminosity_distance(0.03)), rel=1e-4)
    assert told["abs_mag"] == pytest.approx(18.0 - modulus_at(0.03), abs=1e-3)
    assert told["host_kpc"] == pytest.approx(0.621, rel=0.01)
    assert (none["host_z"], none["host_distance"], none["abs_mag"], none["host_kpc"]) == (1e-4, None, None, None)


def test_gw170817_lies_in_ngc_4993(db: Database) -> None:
    """AT 2017gfo, 10.6″ = 2.0 kpc from NGC 4993 (Coulter et al. 2017, doi:10.1126/science.aap9811), M_i = −15.7 on 17.46 mag."""
    shape = {"major_diameter": 1.3, "axis_ratio": 0.85, "position_angle": 173.2}
    load(db, "galaxy", {"name": "NGC 4993", "ra": 197.44871, "dec": -23.38400, "distance": 40.0, **shape})
    row = _one(db, 197.450354, -23.381484, mag=17.46)
    assert row["host_name"] == "NGC 4993"
    assert row["host_sep"] == pytest.approx(10.6, abs=0.1)
    assert row["host_kpc"] == pytest.approx(2.0, abs=0.1)
    assert row["abs_mag"] == pytest.approx(-15.7, abs=0.3)


def test_newer_copies_and_removed_catalogues_are_followed(db: Database) -> None:
    load(db, "star", {"ra": 10.0, "dec": 20.0})
    first = known_sky(db)
    assert known_sky(db) is first
    load(db, "galaxy", {"ra": 10.0, "dec": 20.0})
    assert not first.holds(db.writer)
    second = known_sky(db)
    assert second.kinds["star"].sky is first.kinds["star"].sky
    assert (_one(db, 10, 20)["star_name"], _one(db, 10, 20)["host_name"]) == ("star 0", "galaxy 0")
    load(db, "star", {"name": "other", "ra": 10.0, "dec": 20.0})
    assert _one(db, 10, 20)["star_name"] == "other"
    table = pa.table({"name": ["x"], "ra": [10.0], "dec": [20.0], "amaj": [0.1], "amin": [0.1]})
    held = known_sky(db)
    store_entries(db, ADMINISTRATOR, SPATIAL_ENTRIES, "4FGL", table)
    assert known_sky(db) is held
