"""Localizations are stored once, seen by those who may, and answer as their maps do."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skyhub.client import Sky
from skyhub.db import ADMINISTRATOR, ROLES, Database, Viewer
from skyhub.errors import InvalidInput, NotFound, PermissionRefused
from skyhub.localizations import LOCALIZATIONS, map_of, shape_of, store_localization
from skyhub.records import add, find, remove
from skyhub.science.sky_shapes import Annulus, Circles, Cone, Ellipse, Polygon, SkyShape, skymap_of
from skyhub.science.skymaps import read_sky_map, write_sky_map
from support.commands import skyhub
from support.services import Served

VERA = Viewer("vera", frozenset({"transients"}), scopes=ROLES["scientist"])
STRANGER = Viewer("stranger", frozenset({"bursts"}), scopes=ROLES["scientist"])
SCANNER = Viewer("sam", frozenset({"transients"}), scopes=ROLES["scanner"])
T0 = datetime(2026, 11, 19, 3, 0, 0, tzinfo=UTC)
CONE = Cone.from_90(150.0, 2.0, 3.0)


def _store(db: Database, viewer: Viewer = VERA, shape: SkyShape = CONE, **said: Any) -> dict[str, Any]:
    return store_localization(db, viewer, skymap_of(shape), said.pop("name", shape.name), **said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "kind"),
        ({"kind": "square"}, "kind"),
        ({"kind": "cone", "ra": 400, "dec": 0, "radius": 1, "level": 0.9}, "ra"),
        ({"kind": "cone", "ra": 0, "dec": 0, "radius": 1}, "level"),
        ({"kind": "polygon", "ra": [0, 1], "dec": [0, 1]}, "three different corners"),
        ({"kind": "cone", "ra": 0, "dec": 0, "radius": float("nan"), "level": 0.9}, "radius"),
    ],
)
def test_documents_of_no_shape_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        shape_of(given)


def test_a_scanner_may_not_store_and_a_digest_is_not_a_map(db: Database) -> None:
    with pytest.raises(PermissionRefused):
        _store(db, SCANNER)
    with pytest.raises(InvalidInput, match="no such file"):
        add(db, VERA, LOCALIZATIONS, [{"name": "guessed", "digest": "0" * 64}])
    assert find(db, ADMINISTRATOR, LOCALIZATIONS) == []


def test_the_same_map_of_the_same_event_is_stored_once(db: Database) -> None:
    first = _store(db, dateobs=T0)
    assert (first["read"], first["stored"], first["duplicates"]) == (1, 1, 0)
    again = _store(db, dateobs=T0)
    assert (again["stored"], again["duplicates"]) == (0, 1)
    assert again["localization"]["localization_id"] == first["localization"]["localization_id"]
    assert _store(db, dateobs=T0 + timedelta(days=1))["stored"] == 1
    assert _store(db, shape=Cone.from_90(150.0, 2.0, 4.0), name=CONE.name, dateobs=T0)["stored"] == 1
    assert len(find(db, VERA, LOCALIZATIONS)) == 3


def test_its_facts_are_those_of_the_map_whatever_was_said(db: Database) -> None:
    record = _store(db)["localization"]
    assert record["area_90"] == pytest.approx(np.pi * 9, rel=3e-3)
    digest = db.reader.rows(VERA, "SELECT digest FROM @localizations")[0]["digest"]
    said = add(db, VERA, LOCALIZATIONS, [{"name": "mine", "digest": digest, "area_90": 1.0, "distmean": 40.0}])
    assert said["records"][0]["area_90"] == record["area_90"]
    assert said["records"][0]["distmean"] is None
    assert "digest" not in record


def test_those_of_other_groups_see_nothing_of_it(db: Database) -> None:
    number = int(_store(db)["localization"]["localization_id"])
    assert find(db, STRANGER, LOCALIZATIONS) == []
    with pytest.raises(NotFound):
        map_of(db, STRANGER, number)
    digest = db.reader.rows(VERA, "SELECT digest FROM @localizations")[0]["digest"]
    with pytest.raises(InvalidInput, match="no such file"):
        add(db, STRANGER, LOCALIZATIONS, [{"name": "stolen", "digest": digest}])
    assert map_of(db, VERA, number).area_within(0.9) == pytest.approx(np.pi * 9, rel=3e-3)


def test_a_removed_one_stays_readable_as_of_before(db: Database) -> None:
    number = int(_store(db)["localization"]["localization_id"])
    then = db.writer.write(lambda transaction: transaction.now)
    remove(db, VERA, LOCALIZATIONS, number)
    with pytest.raises(NotFound):
        map_of(db, VERA, number)
    assert len(map_of(db, VERA, number, then)) > 1000


@pytest.mark.parametrize("name", ["S190814bv_GW190814_bayestar.multiorder.fits", "GRB220617A_IPN_map_hpx.fits.gz"])
def test_a_map_comes_back_as_it_was(db: Database, shared: Path, name: str) -> None:
    given = read_sky_map(shared / "skymaps" / name)
    number = int(store_localization(db, VERA, given, name)["localization"]["localization_id"])
    from skyhub.localizations._maps import _packed, _unpacked

    for found in (map_of(db, VERA, number), _unpacked(_packed(given))):
        assert found.low.tolist() == given.low.tolist()
        assert found.density.tolist() == given.density.tolist()
        assert found.facts == given.facts
        assert (found.distances is None) == (given.distances is None)


def test_the_migration_has_the_columns_of_the_kind(db: Database) -> None:
    with db._connection.cursor() as cursor:
        cursor.execute(LOCALIZATIONS.ddl.replace("CREATE TABLE localizations", "CREATE TEMP TABLE expected"))
        found, expected = (
            cursor.execute(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index", [name]
            ).fetchall()
            for name in ("localizations", "expected")
        )
    assert found == expected


def test_the_client_brings_shapes_and_asks_their_maps(sky: Sky) -> None:
    shapes: list[SkyShape] = [
        CONE,
        Ellipse(150, 2, 3, 2, 10, 0.9),
        Polygon((150, 152, 151), (0, 0, 2)),
        Annulus(150, 2, 30, 1, 0.9),
        Circles((150, 151), (2, 2), (1, 1)),
    ]
    for shape in shapes:
        assert sky.localizations.add(shape, dateobs=T0).get("name") == shape.name
    assert len(sky.localizations.list()) == len(shapes)
    rows = sky.localizations.rows(name=CONE.name)
    found = sky.localizations.get(rows[0]["localization_id"])
    assert found.level_of([150.0, 150.0], [2.0, 5.0]) == pytest.approx([0, 0.9], abs=0.03)
    assert found.to_healpix(64).sum() == pytest.approx(1)
    assert np.isnan(found.level_of([150.0], [2.0], [40.0])).all()
    [line] = found.contour(0.9)
    away = np.hypot((line[:, 0] - 150) * np.cos(np.radians(2)), line[:, 1] - 2)
    assert away == pytest.approx(np.full(len(line), 3.0), abs=0.15)
    assert found.stats()["area_90"] == pytest.approx(found["area_90"])
    assert "150.00000_2.00000" in repr(found)


def test_positions_are_looked_up_by_the_service(served: Served) -> None:
    with served.sky(ADMINISTRATOR) as sky:
        path = f"/api/localizations/{sky.localizations.add(CONE)['localization_id']}/search"
        found = sky.transport.post(path, {"ra": [150.0, 10.0], "dec": [2.0, 0.0]})
        assert found["searched_prob"] == pytest.approx([0, 1], abs=0.02)
        with pytest.raises(InvalidInput, match="different lengths"):
            sky.transport.post(path, {"ra": [150.0, 10.0], "dec": [2.0]})
        with pytest.raises(InvalidInput):
            sky.transport.post(path, {"ra": [400.0], "dec": [2.0]})
        for body in ({}, {"content": b64encode(b"nothing").decode()}, {"content": "", "shape": {}}):
            with pytest.raises(InvalidInput):
                sky.transport.post("/api/localizations/maps", body)


def test_files_are_ingested_once(tmp_path: Path) -> None:
    good, bad = tmp_path / "maps" / "cone.fits", tmp_path / "maps" / "cut.fits"
    good.parent.mkdir()
    good.write_bytes(write_sky_map(skymap_of(CONE)))
    bad.write_bytes(good.read_bytes()[:9000])
    words = ["ingest", "localization", good.parent, "--event", "2026-11-19T03:00:00"]
    first = skyhub(*words, data_dir=tmp_path / "data")
    assert [first[key] for key in ("read", "stored", "duplicates")] == [1, 1, 0]
    assert [r["file"] for r in first["rejected"]] == [str(bad)]
    again = skyhub(*words, data_dir=tmp_path / "data")
    assert [again[key] for key in ("stored", "duplicates")] == [0, 1]
    assert skyhub("ingest", "localization", bad, data_dir=tmp_path / "data", status=2)["stored"] == 0
    found = skyhub("sql", "SELECT name, area_90 FROM localizations", data_dir=tmp_path / "data")
    assert found["rows"] == [["cone.fits", pytest.approx(np.pi * 9, rel=3e-3)]]
