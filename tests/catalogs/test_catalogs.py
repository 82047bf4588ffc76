"""Entries of catalogues: stored once, corrected by new versions, found by place, under rights and as of any time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skyhub.catalogs import GALAXIES, KINDS, SPATIAL_ENTRIES, galaxies_near, inside_of, near_places, store_entries
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.records import find, remove
from skyhub.science.coordinates import Position
from support.houses import candidates_of
from support.services import Served
from support.strategies import dec, ra

SONJA = Viewer("sonja", scopes=ROLES["scientist"])
OLAF = Viewer("olaf", scopes=ROLES["scientist"])
SCANNER = Viewer("scanner", scopes=ROLES["scanner"])
HERE = Position(150.0, 2.0)


def _galaxies(*rows: dict[str, Any]) -> pa.Table:
    return _table("G", rows)


def _entries(*rows: dict[str, Any]) -> pa.Table:
    return _table("E", rows)


def _table(letter: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    whole = [{"name": f"{letter}{n}", "ra": 150.0, "dec": 2.0, **row} for n, row in enumerate(rows)]
    return pa.table({name: [row.get(name) for row in whole] for name in {k: 0 for row in whole for k in row}})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (_galaxies({}).slice(0, 0), "0 entries"),
        (_galaxies({"colour": 1.0}), "colour"),
        (_galaxies({}).drop_columns("dec"), "name, ra and dec needed"),
        (_galaxies({}, {"ra": 400.0}), "entry 2: ra is 400"),
        (_galaxies({"name": None}), "name is missing"),
        (_galaxies({"name": ""}), "name is missing"),
        (_galaxies({"ra": float("nan")}), "ra is nan"),
        (_galaxies({"ra": "x"}), "none for its column"),
        (_galaxies({"name": "A"}, {"name": "A"}), "occurs twice"),
    ],
)
def test_entries_that_cannot_be_are_refused_and_nothing_is_stored(db: Database, table: pa.Table, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        store_entries(db, SONJA, GALAXIES, "Mine", table)
    assert find(db, SONJA, KINDS[0]) == []
    assert galaxies_near(db, SONJA, HERE, 3600).num_rows == 0


def test_an_ellipse_needs_an_extent(db: Database) -> None:
    with pytest.raises(InvalidInput, match="amaj is missing"):
        store_entries(db, SONJA, SPATIAL_ENTRIES, "Mine", _entries({"phi": 3.0}))
    with pytest.raises(InvalidInput, match="amin is 0 deg"):
        store_entries(db, SONJA, SPATIAL_ENTRIES, "Mine", _entries({"amaj": 1.0, "amin": 0.0}))


def test_who_may_write_to_a_catalogue(db: Database) -> None:
    with pytest.raises(PermissionRefused, match="upload"):
        store_entries(db, SCANNER, GALAXIES, "Mine", _galaxies({}))
    store_entries(db, SONJA, GALAXIES, "Mine", _galaxies({}))
    with pytest.raises(PermissionRefused, match="its author"):
        store_entries(db, OLAF, GALAXIES, "Mine", _galaxies({"ra": 151.0}))
    store_entries(db, ADMINISTRATOR, GALAXIES, "Mine", _galaxies({"ra": 151.0}))
    assert galaxies_near(db, SCANNER, Position(151.0, 2.0)).num_rows == 1


def test_entries_are_stored_once_and_corrections_are_versions(db: Database) -> None:
    table = _galaxies({"distance": 40.0}, {"ra": 150.001}, {"ra": 151.0})
    assert store_entries(db, SONJA, GALAXIES, "Mine", table).stored == 3
    again = store_entries(db, SONJA, GALAXIES, "Mine", table)
    assert (again.stored, again.duplicates) == (0, 3)
    before = datetime.now(UTC)
    changed = _galaxies({"distance": 41.0}, {"ra": 150.001}, {"ra": 152.0}, {"ra": 153.0})
    third = store_entries(db, SONJA, GALAXIES, "Mine", changed)
    assert (third.stored, third.duplicates) == (3, 1)
    [near, _] = galaxies_near(db, SONJA, HERE, 10).to_pylist()
    assert near["distance"] == 41.0
    [near, _] = galaxies_near(db, SONJA, HERE, 10, as_of=before).to_pylist()
    assert near["distance"] == 40.0
    assert galaxies_near(db, SONJA, Position(151.0, 2.0)).num_rows == 0
    assert galaxies_near(db, SONJA, Position(151.0, 2.0), as_of=before).num_rows == 1
    versions = db.reader.rows(SONJA, "SELECT galaxy_id, version FROM @galaxies* WHERE name = 'G0' ORDER BY version")
    assert [row["version"] for row in versions] == [1, 2]
    assert len({row["galaxy_id"] for row in versions}) == 1


def test_catalogues_are_kept_apart(db: Database) -> None:
    store_entries(db, SONJA, GALAXIES, "A", _galaxies({}))
    store_entries(db, SONJA, GALAXIES, "B", _galaxies({"ra": 150.001}))
    assert galaxies_near(db, SONJA, HERE)["catalog"].to_pylist() == ["A", "B"]
    assert galaxies_near(db, SONJA, HERE, catalog="B")["catalog"].to_pylist() == ["B"]
    [first] = find(db, SONJA, KINDS[0], {"name": "A"})
    remove(db, SONJA, KINDS[0], int(first["galaxy_catalog_id"]))
    assert galaxies_near(db, SONJA, HERE)["catalog"].to_pylist() == ["B"]


def test_galaxies_come_nearest_first_with_their_offset(db: Database) -> None:
    rows = [{"ra": 150.0, "dec": 2.0 + arcsec / 3600} for arcsec in (8.0, 3.0, 0.5, 11.0)]
    rows[0] |= {"redshift": 0.0302}
    rows[1] |= {"distance": 40.0, "redshift": 0.0302}
    rows[2] |= {"redshift": 1e-4}
    store_entries(db, SONJA, GALAXIES, "Mine", _galaxies(*rows))
    found = galaxies_near(db, SONJA, HERE, 10).to_pylist()
    assert [row["name"] for row in found] == ["G2", "G1", "G0"]
    assert [row["separation_arcsec"] for row in found] == pytest.approx([0.5, 3.0, 8.0], abs=1e-3)
    assert found[0]["offset_kpc"] is None
    assert found[1]["offset_kpc"] == pytest.approx(3 * 0.1905, rel=0.01)
    assert found[2]["offset_kpc"] == pytest.approx(8 * 0.624, rel=0.02)
    assert galaxies_near(db, SONJA, HERE, 10, limit=1).num_rows == 1
    for radius in (0, -1, float("nan"), 18_001):
        with pytest.raises(InvalidInput, match="the radius is"):
            galaxies_near(db, SONJA, HERE, radius)


def test_the_index_of_places_follows_its_table(db: Database) -> None:
    random = np.random.default_rng(7)
    for part in range(5):
        rows = [{"name": f"P{part}-{n}", "ra": float(x)} for n, x in enumerate(random.uniform(149, 151, 50))]
        store_entries(db, SONJA, GALAXIES, "Mine", _galaxies(*rows))
        assert galaxies_near(db, SONJA, HERE, 3600).num_rows == 50 * (part + 1)
        assert len(near_places(db, "galaxies", HERE, 2).hpx) == 50 * (part + 1)


def test_case_39_a_position_inside_one_of_the_fermi_sources(shared: Path, served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        path = shared / "survey" / "skyportal" / "gll_psc_v27.csv"
        done = sky.catalogs.add(path, "4FGL")
        assert done["read"] == done["stored"] + len(done["rejected"])
        again = sky.catalogs.add(path, "4FGL")
        assert (again["stored"], again["duplicates"]) == (0, done["stored"])
        assert sky.catalogs.inside(33.043637, 53.36078)["name"].to_pylist() == ["4FGL J0212.1+5321"]
        assert len(sky.catalogs.inside(33.043637, 53.36078, catalog="other")) == 0
        assert sky.sql("SELECT count(*) AS n FROM spatial_entries").to_rows()[0]["n"] == done["stored"]
        for place in ((33.0,), ("ZTF", 3.0)):
            with pytest.raises(InvalidInput, match="is no place"):
                sky.catalogs.inside(*place)


_numbers = count(1)


@given(ra, dec, st.floats(0.01, 20), st.floats(0.1, 1), st.floats(-180, 180), st.floats(0, 360), st.floats(0, 1.5))
def test_positions_are_inside_an_ellipse_as_astropy_offsets_say(
    db: Database, a: float, d: float, amaj: float, ratio: float, phi: float, direction: float, distance: float,
) -> None:  # fmt: skip
    from astropy import units as u
    from astropy.coordinates import SkyCoord

    own = f"catalog {next(_numbers)}"
    one = _entries({"ra": a % 360, "dec": d, "amaj": amaj, "amin": amaj * ratio, "phi": phi})
    store_entries(db, SONJA, SPATIAL_ENTRIES, own, one)
    centre = SkyCoord(a, d, unit="deg")
    x = distance * amaj * np.cos(np.radians(direction))
    y = distance * amaj * ratio * np.sin(np.radians(direction))
    east = x * np.sin(np.radians(phi)) + y * np.cos(np.radians(phi))
    north = x * np.cos(np.radians(phi)) - y * np.sin(np.radians(phi))
    place = SkyCoord(east * u.deg, north * u.deg, frame=centre.skyoffset_frame()).icrs
    if abs(distance - 1) > 0.01 and (ratio < 0.999 or amaj < 1):
        found = inside_of(db, SONJA, Position(place.ra.deg, place.dec.deg), own)
        assert found.num_rows == (distance < 1)


def test_galaxies_near_an_object_through_the_service(shared: Path, served: Served) -> None:
    [object_id] = {_object(served, number) for number in list(candidates_of(served.db).values())[:1]}
    with served.sky(SONJA) as sky, served.sky(ADMINISTRATOR) as admin:
        place = admin.source(object_id)
        near = _galaxies({"ra": place["ra"], "dec": place["dec"] + 2 / 3600, "distance": 100.0})
        done = sky.galaxies.add(near, "Mine")
        assert (done["read"], done["stored"]) == (1, 1)
        [host] = admin.galaxies(object_id).to_rows()
        assert host["separation_arcsec"] == pytest.approx(2, abs=1e-3)
        assert len(admin.galaxies(cone=(place["ra"], place["dec"], 1.0))) == 0
        assert len(admin.catalogs.inside(object_id)) == 0
        with pytest.raises(NotFound):
            admin.galaxies("ZTF00nothing")
        with pytest.raises(InvalidInput, match="either a position"):
            admin.transport.get("/api/galaxies", at="1 2", object_id=object_id)
        clu = sky.galaxies.add(shared / "survey" / "skyportal" / "CLU_mini.hdf5", "CLU")
        assert (clu["stored"], clu["unknown_columns"]) == (92, ["btc"])
        assert sky.galaxy_catalogs(name="CLU").to_rows()[0]["author"] == "sonja"
        assert sky.sql("SELECT catalog, count(*) AS n FROM galaxies GROUP BY 1 ORDER BY 2").to_rows() == [
            {"catalog": "Mine", "n": 1},
            {"catalog": "CLU", "n": 92},
        ]


def _object(served: Served, candidate_id: int) -> str:
    sql = "SELECT object_id FROM @candidates WHERE candidate_id = ?"
    return str(served.db.reader.rows(ADMINISTRATOR, sql, [candidate_id])[0]["object_id"])


def test_an_objects_place_is_not_told_to_those_who_may_not_see_it(served: Served) -> None:
    number = next(iter(candidates_of(served.db).values()))
    object_id = _object(served, number)
    with served.sky(Viewer("stranger", scopes=ROLES["scientist"])) as sky:
        hidden = [row["object_id"] for row in sky.sql("SELECT object_id FROM objects").to_rows()]
        if object_id not in hidden:
            with pytest.raises(NotFound):
                sky.galaxies(object_id)
            with pytest.raises(NotFound):
                sky.catalogs.inside(object_id)
